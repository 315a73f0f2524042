//! The ledger: what the intrusion did, in order, one line per act.
//!
//! A line holds tab-separated words: the act, the process (0 where only the kernel knows it), and the act's own words.
//! It is written without a buffer, since the processes of the tree append to the same file in turn.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An open ledger.
pub(crate) struct Ledger {
    file: File,
    path: PathBuf,
}

impl Ledger {
    /// Begins an empty one.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        File::create(path)?;
        Self::append(path)
    }

    /// Goes on with one that exists.
    pub(crate) fn append(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Self {
            file,
            path: path.to_path_buf(),
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A file was opened.
    pub(crate) fn opened(&self, pid: u32, path: &str) -> io::Result<()> {
        self.line("open", pid, &[path])
    }

    /// A program was executed.
    pub(crate) fn executed(&self, pid: u32, argv: &[&str]) -> io::Result<()> {
        self.line("exec", pid, argv)
    }

    /// A socket was connected.
    pub(crate) fn connected(&self, pid: u32, address: &str) -> io::Result<()> {
        self.line("connect", pid, &[address])
    }

    /// A container is about to run.
    pub(crate) fn container(&self, id: &str) -> io::Result<()> {
        self.line("container", 0, &[id])
    }

    /// A part was left out, and why.
    pub(crate) fn skipped(&self, part: &str, reason: &str) -> io::Result<()> {
        println!("intrusion: without {part}: {reason}");
        self.line("skipped", 0, &[part, reason])
    }

    fn line(&self, act: &str, pid: u32, words: &[&str]) -> io::Result<()> {
        let mut line = format!("{act}\t{pid}");
        for word in words {
            line.push('\t');
            line.push_str(word);
        }
        line.push('\n');
        (&self.file).write_all(line.as_bytes())
    }
}
