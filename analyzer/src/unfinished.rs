//! Files and directories that have their names only when they are whole.
//!
//! In: the name, and what goes into it. Out: the file or directory under its name, or nothing.
//! Until it is whole it has another name beside its own. Whoever writes it holds a lock on it: so what a killed program left behind is told from what another one is writing, and is taken away by the next.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What a name ends in while the file is written.
const SUFFIX: &str = ".unfinished";
/// Only the owner reads what is made of captures, as with captures themselves.
const MODE: u32 = 0o600;

/// The same of directories.
const DIRECTORY_MODE: u32 = 0o700;

/// Why a file cannot be begun.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// Another program is writing it.
    #[error("another program is writing it")]
    Busy,
    /// It cannot be made, or what is there cannot be taken away.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A file that is being written. Dropped before it is finished, it goes away.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    temporary: PathBuf,
    /// Keeps the lock for as long as the file is unfinished.
    lock: File,
    is_finished: bool,
}

/// The name that a file has while it is written.
#[must_use]
pub fn unfinished_name(path: &Path) -> PathBuf {
    let mut name: OsString = path.file_name().unwrap_or_default().to_owned();
    name.push(SUFFIX);
    path.with_file_name(name)
}

impl Unfinished {
    /// Begins a file, and hands out the handle that its bytes go to. What a killed program left under the other name is taken away.
    ///
    /// # Errors
    /// When another program is writing it, or it cannot be made.
    pub fn begin(path: &Path) -> Result<(Self, File), BeginError> {
        let temporary = unfinished_name(path);
        let file = match create(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                take_away(&temporary)?;
                create(&temporary)?
            }
            other => other?,
        };
        lock(&file)?;
        let unfinished = Self {
            path: path.to_owned(),
            temporary,
            lock: file.try_clone()?,
            is_finished: false,
        };
        Ok((unfinished, file))
    }

    /// Gives the file its name, once its bytes are on the disk.
    ///
    /// # Errors
    /// When they cannot be brought there, or the name cannot be given.
    pub fn finish(mut self) -> io::Result<()> {
        self.lock.sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_finished {
            // Nobody can be told here, and the name says that the file is not finished.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// A directory that is being filled. Dropped before it is finished, it goes away with all that is in it.
#[derive(Debug)]
pub struct UnfinishedDirectory {
    path: PathBuf,
    temporary: PathBuf,
    /// Keeps the lock for as long as the directory is unfinished.
    _lock: File,
    is_finished: bool,
}

impl UnfinishedDirectory {
    /// Begins a directory, whose name must be free or that of an empty one. What a killed program left under the other name is taken away.
    ///
    /// # Errors
    /// When another program is filling it, something is there already, or it cannot be made.
    pub fn begin(path: &Path) -> Result<Self, BeginError> {
        match fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
            Ok(true) => return Err(io::Error::from(io::ErrorKind::DirectoryNotEmpty).into()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let temporary = unfinished_name(path);
        if let Some(above) = temporary.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(DIRECTORY_MODE)
                .create(above)?;
        }
        let mut made = DirBuilder::new().mode(DIRECTORY_MODE).create(&temporary);
        if made
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists)
        {
            if !temporary.symlink_metadata()?.is_dir() {
                return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
            }
            lock(&File::open(&temporary)?)?;
            fs::remove_dir_all(&temporary)?;
            made = DirBuilder::new().mode(DIRECTORY_MODE).create(&temporary);
        }
        made?;
        let handle = File::open(&temporary)?;
        lock(&handle)?;
        Ok(Self {
            path: path.to_owned(),
            temporary,
            _lock: handle,
            is_finished: false,
        })
    }

    /// Where to put what belongs into it, for now.
    #[must_use]
    pub fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Gives the directory its name.
    ///
    /// # Errors
    /// When the name cannot be given.
    pub fn finish(mut self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.path)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for UnfinishedDirectory {
    fn drop(&mut self) {
        if !self.is_finished {
            // As of a file: nobody can be told, and the name tells.
            let _ = fs::remove_dir_all(&self.temporary);
        }
    }
}

fn create(temporary: &Path) -> io::Result<File> {
    // Nothing that stands there already is opened for writing, whoever put it there.
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(temporary)
}

/// Takes away what a killed program left: a file that nobody holds.
fn take_away(temporary: &Path) -> Result<(), BeginError> {
    if !temporary.symlink_metadata()?.is_file() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
    }
    lock(&File::open(temporary)?)?;
    Ok(fs::remove_file(temporary)?)
}

fn lock(file: &File) -> Result<(), BeginError> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => BeginError::Busy,
        TryLockError::Error(error) => BeginError::Io(error),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_has_its_name_when_it_is_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        let (unfinished, mut file) = Unfinished::begin(&path).expect("begins");
        file.write_all(b"new").expect("written");
        assert!(!path.exists() && unfinished.temporary.exists());
        assert!(matches!(Unfinished::begin(&path), Err(BeginError::Busy)));
        unfinished.finish().expect("finished");
        assert_eq!(fs::read(&path).expect("there"), b"new");
        assert_eq!(fs::read_dir(directory.path()).expect("reads").count(), 1);
    }

    #[test]
    fn what_a_killed_program_left_does_not_block_the_next() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("file");
        fs::write(unfinished_name(&path), "half").expect("written");
        let (unfinished, mut file) = Unfinished::begin(&path).expect("begins");
        file.write_all(b"whole").expect("written");
        unfinished.finish().expect("finished");
        assert_eq!(fs::read(&path).expect("there"), b"whole");
        drop(Unfinished::begin(&path).expect("begins"));
        assert_eq!(fs::read_dir(directory.path()).expect("reads").count(), 1);
    }

    #[test]
    fn a_directory_has_its_name_when_it_is_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a/copy");
        let temporary = unfinished_name(&path);
        fs::create_dir_all(&temporary).expect("made");
        fs::write(temporary.join("left"), "half").expect("written");
        let begun = UnfinishedDirectory::begin(&path).expect("begins");
        assert!(matches!(
            UnfinishedDirectory::begin(&path),
            Err(BeginError::Busy)
        ));
        drop(begun);
        assert!(!temporary.exists() && !path.exists());
        let begun = UnfinishedDirectory::begin(&path).expect("begins");
        fs::write(begun.temporary().join("whole"), "x").expect("written");
        begun.finish().expect("finished");
        assert_eq!(fs::read_dir(&path).expect("reads").count(), 1);
        assert!(matches!(
            UnfinishedDirectory::begin(&path),
            Err(BeginError::Io(_))
        ));
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, other) = (
            directory.path().join("file"),
            directory.path().join("other"),
        );
        fs::write(&other, "kept").expect("written");
        std::os::unix::fs::symlink(&other, unfinished_name(&path)).expect("a link");
        Unfinished::begin(&path).expect_err("refused");
        assert_eq!(fs::read(&other).expect("there"), b"kept");
    }
}
