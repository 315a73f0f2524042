//! Mounts, by mount namespace: what the snapshot found, and what was mounted and unmounted since.
//!
//! In: rows of STATE items, and calls that succeeded. Out: the mounts of a namespace, and the one that a path lies on.
//! Paths are compared as text, since nothing of the file systems is there to follow links by; moves of the root (`pivot_root`) are not recorded.
//! Only captures of ours have mounts: Falco's tell none.
//!
//! A namespace is known once it was read, or was made from one that was. What happens in others changes nothing, so that a list is never half of one.

use std::collections::{HashMap, HashSet};

use super::text::Text;

/// A mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where it is mounted, seen from the root of the host.
    pub mountpoint: Text,
    /// The type of its file system; empty where not known.
    pub kind: Text,
    /// What is mounted: a device, a name, or of a bind mount the path.
    pub source: Text,
    /// Which directory of the file system is mounted; `/` unless it is a part of it.
    pub root: Text,
    /// Its options as /proc lists them; empty of what was mounted since.
    pub options: Text,
    /// The device, the kernel's encoding; 0 where not known.
    pub device: u32,
}

/// The mounts of one namespace, in the order in which they were mounted.
#[derive(Clone, Debug, Default)]
struct Namespace {
    mounts: Vec<Mount>,
    /// What happened up to here was seen when the list was read, nanoseconds of boot time.
    read: u64,
    /// The snapshot that read it; 0 if it was made from another.
    epoch: u32,
}

/// Every namespace that is known.
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct Mounts {
    namespaces: HashMap<u64, Namespace>,
    /// Mounts of all namespaces.
    count: usize,
}

impl Mounts {
    /// The mounts of a namespace; none if it is not known.
    pub(in crate::state) fn list(&self, namespace: u64) -> Option<&[Mount]> {
        let found = self.namespaces.get(&namespace)?;
        Some(&found.mounts)
    }

    /// The mount that a path lies on: the last of those whose mountpoint is the longest part of it.
    pub(in crate::state) fn of_path(&self, namespace: u64, path: &[u8]) -> Option<&Mount> {
        let mounts = self.list(namespace)?.iter();
        mounts
            .filter(|mount| is_below(path, &mount.mountpoint))
            .max_by_key(|mount| mount.mountpoint.len())
    }

    pub(in crate::state) fn len(&self) -> usize {
        self.count
    }

    /// A row of a snapshot. One of a later snapshot adds nothing: what happened since is more exact. False if there is no room.
    pub(in crate::state) fn observe(
        &mut self,
        namespace: u64,
        mount: Mount,
        (epoch, time): (u32, u64),
        limit: usize,
    ) -> bool {
        let known = self.namespaces.get(&namespace);
        if known.is_some_and(|known| known.epoch != epoch) {
            return true;
        }
        if self.count >= limit {
            return false;
        }
        let entry = self.namespaces.entry(namespace).or_default();
        entry.epoch = epoch;
        entry.read = entry.read.max(time);
        entry.mounts.push(mount);
        self.count += 1;
        true
    }

    /// Something was mounted at `time`. False if there is no room.
    pub(in crate::state) fn mount(
        &mut self,
        namespace: u64,
        mount: Mount,
        time: u64,
        limit: usize,
    ) -> bool {
        let Some(entry) = self.changing(namespace, time) else {
            return true;
        };
        entry.mounts.push(mount);
        self.count += 1;
        if self.count <= limit {
            return true;
        }
        self.forget(namespace);
        false
    }

    /// What lay at or below `from` lies at or below `to` now.
    pub(in crate::state) fn relocate(&mut self, namespace: u64, from: &[u8], to: &[u8], time: u64) {
        let Some(entry) = self.changing(namespace, time) else {
            return;
        };
        for mount in &mut entry.mounts {
            if let Some(rest) = below(&mount.mountpoint, from) {
                mount.mountpoint = [to, rest].concat().into();
            }
        }
    }

    /// The last mount at a path was taken away, or, lazily, everything at and below it.
    pub(in crate::state) fn unmount(
        &mut self,
        namespace: u64,
        path: &[u8],
        lazily: bool,
        time: u64,
    ) {
        let Some(entry) = self.changing(namespace, time) else {
            return;
        };
        let before = entry.mounts.len();
        let last = entry
            .mounts
            .iter()
            .rposition(|mount| *mount.mountpoint == *path);
        if let Some(last) = last {
            entry.mounts.remove(last);
        }
        // A lazy call takes what lies below along, unless another mount still covers the place.
        let is_bare = entry.mounts.iter().all(|mount| *mount.mountpoint != *path);
        if lazily && last.is_some() && is_bare {
            entry
                .mounts
                .retain(|mount| !is_below(&mount.mountpoint, path));
        }
        let gone = before - entry.mounts.len();
        self.count = self.count.saturating_sub(gone);
    }

    /// A namespace was made from another at `time`. False if there is no room.
    pub(in crate::state) fn copy(&mut self, from: u64, to: u64, time: u64, limit: usize) -> bool {
        if from == to || self.namespaces.contains_key(&to) {
            return true;
        }
        let Some(source) = self.namespaces.get(&from) else {
            return true;
        };
        if self.count.saturating_add(source.mounts.len()) > limit {
            return false;
        }
        let copy = Namespace {
            mounts: source.mounts.clone(),
            read: time,
            epoch: 0,
        };
        self.count += copy.mounts.len();
        self.namespaces.insert(to, copy);
        true
    }

    /// Forgets namespaces that nobody is in.
    pub(in crate::state) fn retain(&mut self, inhabited: &HashSet<u64>) {
        self.namespaces
            .retain(|namespace, _| inhabited.contains(namespace));
        self.count = self
            .namespaces
            .values()
            .map(|entry| entry.mounts.len())
            .sum();
    }

    fn forget(&mut self, namespace: u64) {
        if let Some(entry) = self.namespaces.remove(&namespace) {
            self.count = self.count.saturating_sub(entry.mounts.len());
        }
    }

    /// A namespace that is known, to be changed by what happened after it was read.
    fn changing(&mut self, namespace: u64, time: u64) -> Option<&mut Namespace> {
        let entry = self.namespaces.get_mut(&namespace)?;
        (time > entry.read).then_some(entry)
    }
}

/// Whether a path is a directory or lies below it.
fn is_below(path: &[u8], directory: &[u8]) -> bool {
    below(path, directory).is_some()
}

/// What stands of a path behind a directory; empty for the directory itself.
fn below<'a>(path: &'a [u8], directory: &[u8]) -> Option<&'a [u8]> {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    let rest = path.strip_prefix(directory)?;
    (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: u64 = 1;
    const LIMIT: usize = 8;

    fn at(mountpoint: &str, source: &str) -> Mount {
        Mount {
            mountpoint: mountpoint.as_bytes().into(),
            kind: b"ext4"[..].into(),
            source: source.as_bytes().into(),
            root: b"/"[..].into(),
            options: Text::from([]),
            device: 0,
        }
    }

    fn host() -> Mounts {
        let mut mounts = Mounts::default();
        for (mountpoint, source) in [("/", "sda"), ("/home", "sdb"), ("/home/me/usb", "sdc")] {
            assert!(mounts.observe(HOST, at(mountpoint, source), (1, 100), LIMIT));
        }
        mounts
    }

    #[track_caller]
    fn check(mounts: &Mounts, path: &str, expected: Option<&str>) {
        let found = mounts.of_path(HOST, path.as_bytes());
        let source = found.map(|mount| String::from_utf8_lossy(&mount.source).into_owned());
        assert_eq!(source.as_deref(), expected, "{path}");
    }

    #[test]
    fn a_path_lies_on_the_deepest_and_last_mount() {
        let mut mounts = host();
        check(&mounts, "/", Some("sda"));
        check(&mounts, "/homes/x", Some("sda"));
        check(&mounts, "/home", Some("sdb"));
        check(&mounts, "/home/me/usb/x", Some("sdc"));
        assert!(mounts.mount(HOST, at("/home", "over"), 101, LIMIT));
        check(&mounts, "/home/x", Some("over"));
        assert_eq!(mounts.of_path(2, b"/"), None);
    }

    #[test]
    fn what_was_unmounted_uncovers_what_was_there() {
        let mut mounts = host();
        assert!(mounts.mount(HOST, at("/home", "over"), 101, LIMIT));
        mounts.unmount(HOST, b"/home", false, 102);
        check(&mounts, "/home/x", Some("sdb"));
        mounts.unmount(HOST, b"/home", true, 103);
        check(&mounts, "/home/me/usb/x", Some("sda"));
        assert_eq!(mounts.len(), 1);
        mounts.unmount(HOST, b"/nothing", false, 104);
        assert_eq!(mounts.len(), 1);
    }

    #[test]
    fn what_the_snapshot_saw_does_not_happen_again() {
        let mut mounts = host();
        assert!(mounts.mount(HOST, at("/home", "over"), 99, LIMIT));
        check(&mounts, "/home/x", Some("sdb"));
        assert!(mounts.observe(HOST, at("/old", "sdx"), (2, 500), LIMIT));
        check(&mounts, "/old/x", Some("sda"));
    }

    #[test]
    fn a_move_takes_what_is_below_along() {
        let mut mounts = host();
        mounts.relocate(HOST, b"/home", b"/mnt", 101);
        check(&mounts, "/mnt/me/usb/x", Some("sdc"));
        check(&mounts, "/home/me", Some("sda"));
    }

    #[test]
    fn a_namespace_is_its_own_after_it_was_made() {
        const CHILD: u64 = 2;
        let mut mounts = host();
        assert!(mounts.copy(HOST, CHILD, 200, LIMIT));
        mounts.unmount(CHILD, b"/home/me/usb", false, 201);
        check(&mounts, "/home/me/usb/x", Some("sdc"));
        assert_eq!(mounts.list(CHILD).map(<[Mount]>::len), Some(2));
        assert_eq!(mounts.len(), 5);
        mounts.retain(&HashSet::from([HOST]));
        assert_eq!((mounts.list(CHILD), mounts.len()), (None, 3));
    }

    #[test]
    fn no_more_than_the_limit_is_kept() {
        let mut mounts = host();
        assert!(!mounts.copy(HOST, 2, 200, 5));
        assert!(!mounts.observe(HOST, at("/x", "x"), (1, 100), 3));
        assert!(!mounts.mount(HOST, at("/x", "x"), 201, 3));
        // Half a list would be a wrong one.
        assert_eq!((mounts.list(HOST), mounts.len()), (None, 0));
    }
}
