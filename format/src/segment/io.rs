//! Where the bytes of a segment go.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

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

/// A file that nobody but its owner may read.
#[derive(Debug)]
pub struct FileIo {
    file: File,
    length: u64,
}

impl FileIo {
    /// Creates the file. One that exists is left alone and is an error.
    pub fn create(path: &Path) -> io::Result<FileIo> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        Ok(FileIo { file, length: 0 })
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
