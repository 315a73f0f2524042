//! Reading /proc with bounds: whole small files, links, directory listings.
//!
//! Owns what counts as vanished (the process ended while it was looked at) and what as unreadable.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The longest file of /proc that is read whole, in bytes: tables of sockets and mounts on busy hosts reach tens of megabytes.
const FILE_MAX: u64 = 64 << 20;

/// A /proc, and the count of what could not be read in it.
#[derive(Debug)]
pub(super) struct Proc {
    root: PathBuf,
    /// How many files, links and directories could not be read although they were there.
    pub(super) unreadable: u32,
}

impl Proc {
    /// The /proc at a path.
    pub(super) fn at(root: impl Into<PathBuf>) -> Proc {
        Proc {
            root: root.into(),
            unreadable: 0,
        }
    }

    /// The path of something below it.
    pub(super) fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.root.join(below)
    }

    /// Reads a file whole, up to a bound.
    pub(super) fn read(&mut self, below: impl AsRef<Path>) -> Option<Vec<u8>> {
        let read = || -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            File::open(self.path(below))?
                .take(FILE_MAX)
                .read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let result = read();
        self.counted(result)
    }

    /// Reads a file whole as text; bytes that are not UTF-8 are replaced.
    pub(super) fn text(&mut self, below: impl AsRef<Path>) -> Option<String> {
        self.read(below)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads where a link points to.
    pub(super) fn link(&mut self, below: impl AsRef<Path>) -> Option<Vec<u8>> {
        let result = std::fs::read_link(self.path(below));
        self.counted(result)
            .map(|target| target.into_os_string().into_vec())
    }

    /// The inode in a namespace link such as `mnt:[4026531841]`.
    pub(super) fn namespace(&mut self, below: impl AsRef<Path>) -> Option<u64> {
        let link = self.link(below)?;
        let text = std::str::from_utf8(&link).ok()?;
        text.split_once('[')?.1.trim_end_matches(']').parse().ok()
    }

    /// The names in a directory that are numbers, ascending.
    pub(super) fn numbers(&mut self, below: impl AsRef<Path>) -> Vec<u32> {
        let listed = std::fs::read_dir(self.path(below));
        let Some(entries) = self.counted(listed) else {
            return Vec::new();
        };
        let mut numbers: Vec<u32> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers
    }

    /// Passes a result on, counting errors that do not mean that the process has ended.
    pub(super) fn counted<T>(&mut self, result: io::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if !vanished(&error) {
                    self.unreadable = self.unreadable.saturating_add(1);
                }
                None
            }
        }
    }
}

/// Whether an error means that what was looked at is gone.
fn vanished(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENOENT | libc::ESRCH | libc::ENXIO)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_vanished_is_not_counted_and_what_is_refused_is() {
        let folder = tempfile::tempdir().expect("a scratch directory");
        std::fs::write(folder.path().join("comm"), "x\n").expect("write");
        std::fs::create_dir(folder.path().join("12")).expect("mkdir");
        std::fs::create_dir(folder.path().join("7")).expect("mkdir");
        let mut proc = Proc::at(folder.path());
        assert_eq!(proc.text("comm").as_deref(), Some("x\n"));
        assert_eq!(proc.numbers(""), [7, 12]);
        assert_eq!(proc.read("gone"), None);
        assert_eq!(proc.unreadable, 0);
        // A directory cannot be read as a file.
        assert_eq!(proc.read("12"), None);
        assert_eq!(proc.unreadable, 1);
    }
}
