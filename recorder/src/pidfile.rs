//! A file with the recorder's process id, for those who start and stop services by such files.
//!
//! It is there from when recording has begun to when everything is sealed.
//! It appears whole, by a rename, so that no link under its name is followed and nobody reads half a number.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The file; dropping it removes it.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
}

impl PidFile {
    /// Writes it. One that is there is of a recorder that was killed, and is replaced.
    pub fn write(path: &Path) -> io::Result<PidFile> {
        let own = std::process::id();
        let mut name = OsString::from(path);
        name.push(format!(".{own}"));
        let unfinished = PathBuf::from(name);
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(&unfinished)?;
        let written = writeln!(file, "{own}").and_then(|()| fs::rename(&unfinished, path));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written.map(|()| PidFile {
            path: path.to_path_buf(),
        })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Another recorder's that has taken the name meanwhile stays.
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        if text.trim().parse() == Ok(std::process::id()) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_as_long_as_it_is_held_whatever_was_there() {
        type Plant = fn(&Path);
        let check = |plant: Plant| {
            let folder = tempfile::tempdir().expect("a scratch directory");
            let (path, other) = (folder.path().join("pid"), folder.path().join("other"));
            fs::write(&other, "another's").expect("written");
            plant(&path);
            let held = PidFile::write(&path).expect("written");
            let text = fs::read_to_string(&path).expect("there");
            assert_eq!(text, format!("{}\n", std::process::id()));
            drop(held);
            assert!(fs::symlink_metadata(&path).is_err());
            assert_eq!(fs::read(&other).expect("there"), b"another's");
            assert_eq!(fs::read_dir(folder.path()).expect("a list").count(), 1);
        };
        check(|_| {});
        check(|path| fs::write(path, "12345678\n").expect("written"));
        check(|path| std::os::unix::fs::symlink("other", path).expect("linked"));
    }

    #[test]
    fn another_recorders_stays_and_a_place_that_is_none_is_an_error() {
        let folder = tempfile::tempdir().expect("a scratch directory");
        let path = folder.path().join("pid");
        let held = PidFile::write(&path).expect("written");
        fs::write(&path, "1\n").expect("written");
        drop(held);
        assert_eq!(fs::read(&path).expect("there"), b"1\n");
        assert!(PidFile::write(Path::new("/nowhere/pid")).is_err());
        assert!(PidFile::write(folder.path()).is_err());
    }
}
