//! Reading a file below the root of a container, whose owner may have put anything there.
//!
//! A directory and a name in, bytes out. Links lead nowhere outside, devices and pipes are never opened, and no more than a limit is read.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    CWD, FileType, Mode, OFlags, ResolveFlags, fstat, open, openat, openat2, readlinkat,
};

/// The longest file that is read, in bytes. Longer ones are cut: hundreds of accounts have room.
pub(super) const FILE_MAX: u64 = 256 << 10;

/// A process by its directory in /proc: once that is open, another that gets the same number is never taken for it.
pub(super) struct Process(OwnedFd);

impl Process {
    /// Opens the directory.
    pub(super) fn open(proc: &Path, pid: u32) -> io::Result<Process> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Process(open(
            proc.join(pid.to_string()),
            flags,
            Mode::empty(),
        )?))
    }

    /// Its root directory, as it is for that process.
    pub(super) fn root(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(openat(&self.0, "root", flags, Mode::empty())?)
    }

    /// The inode of its mount namespace.
    pub(super) fn mount_namespace(&self) -> Option<u64> {
        let link = readlinkat(&self.0, "ns/mnt", Vec::new()).ok()?;
        let text = link.to_str().ok()?;
        text.split_once('[')?.1.trim_end_matches(']').parse().ok()
    }

    /// Its control groups, as lines of text.
    pub(super) fn cgroups(&self) -> io::Result<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = openat(&self.0, "cgroup", flags, Mode::empty())?;
        let mut bytes = Vec::new();
        File::from(file).take(FILE_MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// A directory that is a root, by the path that a runtime noted: no link.
pub(super) fn open_root(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty())?)
}

/// Whether two are the same directory.
pub(super) fn is_same(one: &OwnedFd, other: &OwnedFd) -> bool {
    let place = |root| fstat(root).ok().map(|found| (found.st_dev, found.st_ino));
    place(one).is_some() && place(one) == place(other)
}

/// Reads a regular file below a root.
///
/// It is looked at before it is opened: to open a device may do something, and to open a pipe may wait for ever.
pub(super) fn read_below(root: &OwnedFd, name: &str) -> io::Result<Vec<u8>> {
    // What is mounted inside may be a file system of the container's own making.
    let inside = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_XDEV;
    let place = openat2(
        root.as_fd(),
        name,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        inside,
    )?;
    let found = fstat(&place)?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    let again = format!("/proc/self/fd/{}", place.as_raw_fd());
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(CWD, again.as_str(), flags, Mode::empty())?;
    let mut bytes = Vec::new();
    File::from(file).take(FILE_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn root(folder: &Path) -> OwnedFd {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        open(folder, flags, Mode::empty()).expect("a directory")
    }

    #[test]
    fn only_regular_files_inside_are_read() {
        let folder = tempfile::tempdir().expect("a directory");
        let below = folder.path().join("root");
        std::fs::create_dir_all(below.join("etc")).expect("a directory");
        std::fs::write(folder.path().join("secret"), "outside").expect("a file");
        std::fs::write(below.join("etc/real"), "inside").expect("a file");
        symlink("/etc/real", below.join("etc/absolute")).expect("a link");
        symlink("../../secret", below.join("etc/upward")).expect("a link");
        symlink("/etc/loop", below.join("etc/loop")).expect("a link");
        symlink("/proc/self/environ", below.join("etc/proc")).expect("a link");
        rustix::fs::mkfifoat(CWD, below.join("etc/fifo"), Mode::RUSR).expect("a pipe");
        let root = root(&below);
        let read = |name: &str| read_below(&root, name).ok();
        assert_eq!(read("etc/real").as_deref(), Some(&b"inside"[..]));
        assert_eq!(read("etc/absolute").as_deref(), Some(&b"inside"[..]));
        for name in [
            "etc",
            "etc/upward",
            "etc/loop",
            "etc/proc",
            "etc/fifo",
            "etc/none",
        ] {
            assert_eq!(read(name), None, "{name}");
        }
    }

    #[test]
    fn long_files_are_cut() {
        let folder = tempfile::tempdir().expect("a directory");
        let long = usize::try_from(FILE_MAX).expect("small") + 5;
        std::fs::write(folder.path().join("long"), vec![b'x'; long]).expect("a file");
        let bytes = read_below(&root(folder.path()), "long").expect("bytes");
        assert_eq!(bytes.len(), long - 5);
    }
}
