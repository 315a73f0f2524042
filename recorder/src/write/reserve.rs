//! A little room on the disk that is kept for the end: so that a full disk does not prevent the recorder from saying what it lost.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::sync::Arc;

use falco_format::Directory;

/// How many bytes are kept: LOST intervals of a thousand CPUs, an index, and an end.
const RESERVE_BYTES: usize = 256 << 10;
/// The file's name. It holds zeros and is no part of the capture.
const NAME: &str = ".reserve";

/// The room, until it is released.
#[derive(Debug)]
pub(super) struct Reserve {
    directory: Arc<Directory>,
}

impl Reserve {
    /// Takes the room. An error means that the disk has less than that.
    pub(super) fn take(directory: &Arc<Directory>) -> io::Result<Reserve> {
        let name = OsStr::new(NAME);
        // One that a recorder left behind that was killed; or what somebody planted, of which only the name goes.
        let _ = directory.remove(name);
        let mut file = directory.create(name)?;
        let reserve = Reserve {
            directory: Arc::clone(directory),
        };
        // Written rather than allocated: every file system understands that.
        file.write_all(&vec![0; RESERVE_BYTES])?;
        Ok(reserve)
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        // A file that is gone already has released its room.
        let _ = self.directory.remove(OsStr::new(NAME));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, Mode, mkfifoat, symlinkat};
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_room_is_taken_and_released_whatever_was_there() {
        type Plant = fn(&Path);
        let check = |plant: Plant| {
            let folder = tempfile::tempdir().expect("a scratch directory");
            let path = folder.path().join(NAME);
            let other = folder.path().join("other");
            fs::write(&other, "root's own").expect("written");
            plant(&path);
            let directory = Arc::new(Directory::open(folder.path()).expect("opened"));
            let reserve = Reserve::take(&directory).expect("room");
            let taken = fs::symlink_metadata(&path).expect("there");
            assert!(taken.is_file() && taken.len() == RESERVE_BYTES as u64);
            drop(reserve);
            assert!(fs::symlink_metadata(&path).is_err());
            assert_eq!(fs::read(&other).expect("there"), b"root's own");
        };
        check(|_| {});
        check(|path| fs::write(path, "left behind").expect("written"));
        check(|path| symlinkat("other", CWD, path).expect("linked"));
        check(|path| fs::hard_link(path.with_file_name("other"), path).expect("linked"));
        check(|path| mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).expect("a pipe"));
    }
}
