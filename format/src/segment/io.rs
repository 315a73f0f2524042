//! Where the bytes of a segment go.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::directory::Directory;
use crate::locks;

/// An append-only place for the bytes of one segment.
pub trait SegmentIo {
    /// Appends all of these bytes, or fails as if none of them had been appended: what comes next stands where they would have.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything appended so far survives a loss of power.
    fn sync(&mut self) -> io::Result<()>;
}

impl<T: SegmentIo + ?Sized> SegmentIo for Box<T> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        (**self).append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        (**self).sync()
    }
}

/// What became of a file while it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is there, with all its bytes.
    Whole,
    /// It was removed, or something else has its name.
    Removed,
    /// Bytes were cut off.
    Cut,
}

/// A file that nobody but its owner may read.
#[derive(Debug)]
pub struct FileIo {
    file: File,
    length: u64,
}

impl FileIo {
    /// Creates the file and marks it as being written. One that exists is left alone and is an error.
    pub fn create(path: &Path) -> io::Result<FileIo> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        Ok(FileIo::begun(file))
    }

    /// The same in a directory that is open.
    pub fn create_in(directory: &Directory, name: &OsStr) -> io::Result<FileIo> {
        let file = directory.create(name)?;
        Ok(FileIo::begun(file))
    }

    /// Marks it as being written, best effort: a file system without locks has its segments told as unfinished.
    fn begun(file: File) -> FileIo {
        let _ = locks::hold(&file);
        FileIo { file, length: 0 }
    }

    /// What became of the file since it was created under this name. Where nobody answers, it is taken to be whole.
    pub fn fate(&self, directory: &Directory, name: &OsStr) -> Fate {
        let Ok(own) = self.file.metadata() else {
            return Fate::Whole;
        };
        let is_named = match directory.entry(name) {
            Ok(entry) => entry.identity == (own.dev(), own.ino()),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        if own.nlink() == 0 || !is_named {
            Fate::Removed
        } else if own.len() < self.length {
            Fate::Cut
        } else {
            Fate::Whole
        }
    }
}

impl SegmentIo for FileIo {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write_all_at(bytes, self.length);
        match written {
            Ok(()) => {
                self.length = self.length.saturating_add(bytes.len() as u64);
                Ok(())
            }
            Err(error) => {
                // What a full disk took of the item is cut off again. Where that fails too, readers see a torn tail, or the next append overwrites it.
                let _ = self.file.set_len(self.length);
                Err(error)
            }
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
}
