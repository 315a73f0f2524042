//! A directory that is held by its descriptor: everything in it is opened relative to that.
//!
//! Names in, files out. Whoever may write a directory can put anything under any name, at any moment: a symbolic link to a file of somebody else, a pipe that never answers.
//! So no link is followed below the directory, nothing that exists is opened for writing, nothing but a regular file is read, and renaming what leads to the directory changes nothing for who holds it.
//! The path that the user gave is the user's own and may be a link.

use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{
    AtFlags, Dir, FileType, Gid, Mode, OFlags, fchmod, fchown, fstat, mkdirat, openat, renameat,
    statat, unlinkat,
};

use crate::locks;

/// What stands under a name, links not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whether it is a regular file.
    pub is_file: bool,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// Its bytes.
    pub bytes: u64,
    /// Who owns it.
    pub owner: u32,
    /// Its device and inode.
    pub identity: (u64, u64),
    /// When it was last written.
    pub modified: SystemTime,
}

/// Who may change what a directory holds, besides root and the user who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody.
    Ours,
    /// Another user owns it.
    OwnedBy(u32),
    /// Its group or everybody may write it, and remove what is there.
    WritableBy {
        /// Everybody, not only its group.
        everybody: bool,
    },
}

/// A directory, held by its descriptor.
#[derive(Debug)]
pub struct Directory {
    handle: File,
    path: PathBuf,
    /// The group that may read what is made in it.
    group: Option<u32>,
}

impl Directory {
    /// Opens a directory by a path that is the user's own.
    pub fn open(path: &Path) -> io::Result<Directory> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Directory {
            handle: handle.into(),
            path: path.to_path_buf(),
            group: None,
        })
    }

    /// The same; one that does not exist is made, readable by its owner alone.
    pub fn open_or_make(path: &Path) -> io::Result<Directory> {
        match DirBuilder::new().recursive(true).mode(0o700).create(path) {
            // What is there is opened, which says of anything else that it is not a directory.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        Directory::open(path)
    }

    /// The same for a group, which may read it, what is made in it, and each directory that had to be made on the way there.
    pub fn open_or_make_for(path: &Path, group: u32) -> io::Result<Directory> {
        let above = path.ancestors().filter(|above| *above != Path::new(""));
        let missing: Vec<&Path> = above.take_while(|above| !above.exists()).collect();
        let directory = Directory::open_or_make(path)?.shared_with(group)?;
        for made in missing {
            Directory::open(made)?.shared_with(group)?;
        }
        Ok(directory)
    }

    /// Lets a group read it, and what is made in it from now on.
    pub fn shared_with(mut self, group: u32) -> io::Result<Directory> {
        give(&self.handle, group, SHARED_DIRECTORY)?;
        self.group = Some(group);
        Ok(self)
    }

    /// From now on, what is made in it may be read by the group that may read the directory, if one may.
    pub fn shared_as_it_is(mut self) -> io::Result<Directory> {
        let found = self.handle.metadata()?;
        let is_shared = Mode::from_raw_mode(found.mode()).contains(Mode::RGRP | Mode::XGRP);
        self.group = is_shared.then(|| found.gid());
        Ok(self)
    }

    /// Lets its group read a file that is there.
    pub fn share(&self, name: &OsStr) -> io::Result<()> {
        match self.group {
            Some(group) => give(&self.read(name)?, group, SHARED_FILE),
            None => Ok(()),
        }
    }

    /// Lets nobody but its owner in, whoever was let in before.
    pub fn keep_private(&self) -> io::Result<()> {
        let mode = Mode::from_raw_mode(self.handle.metadata()?.mode());
        if mode.intersects(Mode::RWXG | Mode::RWXO) {
            fchmod(&self.handle, Mode::RWXU)?;
        }
        Ok(())
    }

    /// The group that may read what is made in it.
    pub fn group(&self) -> Option<u32> {
        self.group
    }

    /// A directory in it.
    pub fn subdirectory(&self, name: &OsStr) -> io::Result<Directory> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = openat(&self.handle, name, flags, Mode::empty())?;
        Ok(Directory {
            handle: handle.into(),
            path: self.path.join(name),
            group: self.group,
        })
    }

    /// Makes a directory in it; one that exists is an error.
    pub fn make(&self, name: &OsStr) -> io::Result<Directory> {
        mkdirat(&self.handle, name, Mode::RWXU)?;
        let made = self.subdirectory(name)?;
        // Whoever may write this one could have put another in its place already.
        if made.handle.metadata()?.uid() != own_user() {
            return Err(io::Error::other("it was replaced by another user's"));
        }
        if let Some(group) = self.group {
            // What cannot be given away is kept all the same.
            let _ = give(&made.handle, group, SHARED_DIRECTORY);
        }
        Ok(made)
    }

    /// Opens a regular file for reading. Nothing else is opened, and nothing is waited for.
    pub fn read(&self, name: &OsStr) -> io::Result<File> {
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = openat(&self.handle, name, flags, Mode::empty()).map_err(|error| {
            if error == rustix::io::Errno::LOOP {
                io::Error::other("it is a symbolic link")
            } else {
                error.into()
            }
        })?;
        regular(file.into())
    }

    /// Creates a file that nobody but its owner may read, and its group where there is one. A name that is taken, by whatever, is an error.
    pub fn create(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::WRONLY
            | OFlags::CREATE
            | OFlags::EXCL
            | OFlags::NOFOLLOW
            | OFlags::NONBLOCK
            | OFlags::CLOEXEC;
        let file = openat(&self.handle, name, flags, Mode::RUSR | Mode::WUSR)?;
        if let Some(group) = self.group {
            let _ = give(&file, group, SHARED_FILE);
        }
        Ok(file.into())
    }

    /// What stands under a name.
    pub fn entry(&self, name: &OsStr) -> io::Result<Entry> {
        let found = statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = FileType::from_raw_mode(found.st_mode);
        let seconds = u64::try_from(found.st_mtime).unwrap_or(0);
        Ok(Entry {
            is_file: kind == FileType::RegularFile,
            is_directory: kind == FileType::Directory,
            bytes: u64::try_from(found.st_size).unwrap_or(0),
            owner: found.st_uid,
            identity: (found.st_dev, found.st_ino),
            modified: UNIX_EPOCH
                .checked_add(Duration::from_secs(seconds))
                .unwrap_or(UNIX_EPOCH),
        })
    }

    /// The names in it, sorted.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.handle)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Gives what stands under a name in it another one there; what had that goes away.
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.handle, from, &self.handle, to)?)
    }

    /// Removes a file or a link.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.handle, name, AtFlags::empty())?)
    }

    /// Removes a directory in it that is empty.
    pub fn remove_directory(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.handle, name, AtFlags::REMOVEDIR)?)
    }

    /// Locks it for one writer, as long as it is held. A reader that looks at this very moment is waited for.
    pub fn try_lock(&self) -> Result<(), TryLockError> {
        locks::hold(&self.handle)
    }

    /// Whether a writer holds it. Where nobody answers, none does.
    pub fn is_held(&self) -> bool {
        locks::is_held(&self.handle)
    }

    /// Returns when its names survive a loss of power.
    pub fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }

    /// Whether it was removed: it has no name any more, and takes none.
    pub fn is_gone(&self) -> bool {
        self.handle.metadata().is_ok_and(|found| found.nlink() == 0)
    }

    /// How many bytes its file system has left for this user.
    pub fn room(&self) -> io::Result<u64> {
        let found = rustix::fs::fstatvfs(&self.handle)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    /// Who may change what it holds. What belongs to root is trusted by everybody.
    pub fn access(&self) -> io::Result<Access> {
        const GROUP_WRITES: u32 = 0o020;
        const OTHERS_WRITE: u32 = 0o002;
        const STICKY: u32 = 0o1000;
        let found = self.handle.metadata()?;
        let (owner, mode) = (found.uid(), found.mode());
        let everybody = mode & OTHERS_WRITE != 0;
        // With the sticky bit, others may add and not remove.
        let others_remove = mode & (GROUP_WRITES | OTHERS_WRITE) != 0 && mode & STICKY == 0;
        Ok(if owner != 0 && owner != own_user() {
            Access::OwnedBy(owner)
        } else if others_remove {
            Access::WritableBy { everybody }
        } else {
            Access::Ours
        })
    }

    /// The path it was opened by; it may lead elsewhere by now.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What a group that reads along may do with directories and files: nothing but read.
const SHARED_DIRECTORY: Mode = Mode::RWXU.union(Mode::RGRP).union(Mode::XGRP);
const SHARED_FILE: Mode = Mode::RUSR.union(Mode::WUSR).union(Mode::RGRP);

/// Lets a group read something of ours: first whose it is, then what they may, so that no other group ever may.
fn give(handle: impl AsFd, group: u32, mode: Mode) -> io::Result<()> {
    let found = fstat(&handle)?;
    if found.st_gid != group {
        fchown(&handle, None, Some(Gid::from_raw(group)))?;
    }
    if Mode::from_raw_mode(found.st_mode) != mode {
        fchmod(&handle, mode)?;
    }
    Ok(())
}

fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Opens a regular file by a path that is the user's own, and waits for nothing.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    regular(rustix::fs::open(path, flags, Mode::empty())?.into())
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it is not a regular file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, mkfifoat, symlinkat};
    use std::fs;

    /// A directory with one of each kind of thing that somebody may put there.
    fn planted() -> (tempfile::TempDir, Directory) {
        let folder = tempfile::tempdir().expect("a scratch directory");
        let path = folder.path();
        fs::write(path.join("file"), "text").expect("written");
        fs::create_dir(path.join("directory")).expect("made");
        symlinkat("file", CWD, path.join("link")).expect("linked");
        symlinkat("directory", CWD, path.join("link-to-directory")).expect("linked");
        mkfifoat(CWD, path.join("pipe"), Mode::RUSR | Mode::WUSR).expect("a pipe");
        let directory = Directory::open(path).expect("opened");
        (folder, directory)
    }

    #[test]
    fn nothing_but_a_regular_file_is_read_and_no_name_is_taken_twice() {
        let (_folder, directory) = planted();
        let check = |name: &str, is_read: bool, is_entered: bool| {
            let name = OsStr::new(name);
            assert_eq!(directory.read(name).is_ok(), is_read, "{name:?}");
            assert_eq!(directory.subdirectory(name).is_ok(), is_entered, "{name:?}");
            assert!(directory.create(name).is_err(), "{name:?} is taken");
            assert!(directory.make(name).is_err(), "{name:?} is taken");
        };
        check("file", true, false);
        check("directory", false, true);
        check("link", false, false);
        check("link-to-directory", false, false);
        check("pipe", false, false);
        assert_eq!(directory.names().expect("names").len(), 5);
    }

    #[test]
    fn removing_a_link_leaves_what_it_leads_to() {
        let (folder, directory) = planted();
        directory.remove(OsStr::new("link")).expect("removed");
        assert!(folder.path().join("file").exists());
    }

    #[test]
    fn who_may_change_what_is_there() {
        let (folder, _) = planted();
        let check = |mode: u32, expected| {
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
            fs::set_permissions(folder.path(), permissions).expect("a mode");
            let directory = Directory::open(folder.path()).expect("opened");
            assert_eq!(directory.access().expect("told"), expected, "{mode:o}");
        };
        check(0o700, Access::Ours);
        check(0o755, Access::Ours);
        check(0o1777, Access::Ours);
        check(0o770, Access::WritableBy { everybody: false });
        check(0o777, Access::WritableBy { everybody: true });
    }
}
