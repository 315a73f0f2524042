//! A little room on the disk that is kept for the end: so that a full disk does not prevent the recorder from saying what it lost.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// How many bytes are kept: LOST intervals of a thousand CPUs, an index, and an end.
const RESERVE_BYTES: usize = 256 << 10;
/// The file's name. It holds zeros and is no part of the capture.
const NAME: &str = ".reserve";

/// The room, until it is released.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    /// Takes the room. An error means that the disk has less than that.
    pub(super) fn take(directory: &Path) -> io::Result<Reserve> {
        let reserve = Reserve {
            path: directory.join(NAME),
        };
        let mut options = OpenOptions::new();
        let mut file: File = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&reserve.path)?;
        // Written rather than allocated: every file system understands that.
        file.write_all(&vec![0; RESERVE_BYTES])?;
        Ok(reserve)
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        // A file that is gone already has released its room.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_is_released() {
        let folder = tempfile::tempdir().expect("a scratch directory");
        let reserve = Reserve::take(folder.path()).expect("room");
        let path = folder.path().join(NAME);
        assert_eq!(
            fs::metadata(&path).expect("there").len(),
            RESERVE_BYTES as u64
        );
        drop(reserve);
        assert!(!path.exists());
    }
}
