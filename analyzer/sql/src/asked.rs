//! What is to be answered: what `-c`, `-f` or standard input say, or whoever sits at the terminal.
//!
//! In: the command line, and what the standard streams are. Out: where the statements come from.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::args::Args;

/// What stands for standard input.
const STDIN: &str = "-";

/// Where statements come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The command line.
    Commands(Vec<String>),
    /// Files, and standard input for `-`.
    Files(Vec<PathBuf>),
    /// Whoever sits at the terminal.
    Shell,
}

impl Asked {
    /// What the command line asks for.
    pub(crate) fn of(args: &Args) -> Result<Self> {
        if !args.commands.is_empty() {
            return Ok(Asked::Commands(args.commands.clone()));
        }
        let is_shell = io::stdin().is_terminal() && io::stdout().is_terminal();
        let files = if args.files.is_empty() && !is_shell {
            vec![PathBuf::from(STDIN)]
        } else {
            args.files.clone()
        };
        let is_read = is_shell && files.is_empty() || files.iter().any(|file| is_stdin(file));
        if is_read && args.sources.iter().any(|source| is_stdin(source)) {
            bail!("standard input is a capture here: give the query with -c, or -f FILE");
        }
        Ok(if files.is_empty() {
            Asked::Shell
        } else {
            Asked::Files(files)
        })
    }
}

/// Whether a path stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}
