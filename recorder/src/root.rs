//! The root: where recordings are kept, a directory for each boot.
//!
//! Owns which directory a recording goes to, and what of earlier recordings is there.
//! The path that the user gave comes in; a locked root, a [`CaptureWriter`] for this boot and the list of what is kept go out.
//! A boot that is not this one, a name that the machine no longer has or files that somebody planted are never a reason to record nothing: recording begins in a directory of its own.
//! What another node recorded is not ours to drop: it stays, and counts against no budget.

use std::ffi::{OsStr, OsString};
use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use falco_format::text::count;
use falco_format::{
    Access, BootId, CaptureError, CaptureIdentity, CaptureWriter, Directory, Segment, UnixNanos,
    boot_directories, is_boot_directory, segment_number,
};
use thiserror::Error;

use crate::clock;
use crate::dropped::Dropped;
use crate::kept::KeptSegment;

/// How many seconds the name of a new directory may be later than now, where the names before are taken.
const NAMES_TRIED: u64 = 60;
/// How many planted names are told by name: the rest is counted.
const NAMES_TOLD: usize = 5;
const NS_PER_S: u64 = 1_000_000_000;

/// Why nothing can be recorded there.
#[derive(Debug, Error)]
pub enum RootError {
    /// The directory is that of one boot.
    #[error("{0} is the directory of one boot: give the directory that holds it")]
    IsBoot(PathBuf),
    /// Everybody may remove what is recorded.
    #[error(
        "{0} may be written by everybody, who could then remove what is recorded: `chmod go-w` it, or choose another directory"
    )]
    Everybodys(PathBuf),
    /// The capture cannot be begun.
    #[error(transparent)]
    Capture(#[from] CaptureError),
}

/// Where a recording goes.
#[derive(Debug)]
pub struct Store {
    /// The root; it is locked as long as it is held.
    pub root: Arc<Directory>,
    /// The directory of this boot below the root; the root itself where it is `None`.
    pub boot: Option<OsString>,
    /// The capture of this boot.
    pub capture: CaptureWriter,
    /// Segments of earlier recordings, oldest first.
    pub kept: Vec<KeptSegment>,
    /// What earlier recordings dropped.
    pub dropped: Dropped,
    /// What the user should know of the place.
    pub notices: Vec<String>,
}

impl Store {
    /// Opens a root, and in it the directory of this boot; both are made where they do not exist.
    pub fn open(path: &Path, identity: CaptureIdentity) -> Result<Store, RootError> {
        Store::open_for(path, identity, None)
    }

    /// The same, where a group may read along what is there and what is recorded; nobody but the owner where it is `None`.
    pub fn open_for(
        path: &Path,
        identity: CaptureIdentity,
        group: Option<u32>,
    ) -> Result<Store, RootError> {
        let failed = |source| CaptureError::Directory {
            directory: path.to_path_buf(),
            source,
        };
        let root = match group {
            Some(group) => Directory::open_or_make_for(path, group),
            None => Directory::open_or_make(path),
        };
        let root = Arc::new(root.map_err(failed)?);
        refuse_boot(path)?;
        root.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => CaptureError::Busy {
                directory: path.to_path_buf(),
            },
            TryLockError::Error(source) => failed(source),
        })?;
        let mut found = Found {
            identity: &identity,
            kept: Vec::new(),
            dropped: Dropped::default(),
            notices: Vec::new(),
            candidate: None,
        };
        found.look_at_root(&root)?;
        found.look_at_boots(&root).map_err(failed)?;
        let (kept, dropped, notices) = (found.kept, found.dropped, found.notices);
        let continued = found.candidate.and_then(|(name, directory)| {
            let capture = CaptureWriter::in_directory(directory, identity.clone());
            Some((name, capture.ok()?))
        });
        let (name, capture) = match continued {
            Some(continued) => continued,
            None => {
                let (name, directory) = make_boot(&root, identity.boot_id).map_err(failed)?;
                let capture = CaptureWriter::in_directory(Arc::new(directory), identity)?;
                (name, capture)
            }
        };
        Ok(Store {
            root,
            boot: Some(name),
            capture,
            kept,
            dropped,
            notices,
        })
    }

    /// Goes on where somebody removed the directory of the boot, or the root.
    pub fn renew(&mut self) -> Result<(), RootError> {
        let identity = self.capture.identity().clone();
        let path = self.root.path().to_path_buf();
        if self.root.is_gone() {
            *self = Store::open_for(&path, identity, self.root.group())?;
            return Ok(());
        }
        let made = make_boot(&self.root, identity.boot_id);
        let (name, directory) = made.map_err(|source| CaptureError::Directory {
            directory: path,
            source,
        })?;
        self.capture = CaptureWriter::in_directory(Arc::new(directory), identity)?;
        self.boot = Some(name);
        Ok(())
    }

    /// A directory that is no root: one capture, and its budget is its own.
    pub fn plain(capture: CaptureWriter) -> Store {
        let root = Arc::clone(capture.directory());
        let kept = kept_in(&root, None);
        let mut dropped = Dropped::default();
        dropped.learn(&root, None, &kept);
        Store {
            root,
            boot: None,
            capture,
            kept,
            dropped,
            notices: Vec::new(),
        }
    }
}

/// A path that leads to a boot's directory would make a root within it.
fn refuse_boot(path: &Path) -> Result<(), RootError> {
    let absolute = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if absolute.file_name().is_some_and(is_boot_directory) {
        return Err(RootError::IsBoot(path.to_path_buf()));
    }
    Ok(())
}

/// What is in a root.
struct Found<'a> {
    identity: &'a CaptureIdentity,
    kept: Vec<KeptSegment>,
    dropped: Dropped,
    notices: Vec<String>,
    /// The directory of this boot, if there is one that is ours alone.
    candidate: Option<(OsString, Arc<Directory>)>,
}

impl Found<'_> {
    fn look_at_root(&mut self, root: &Directory) -> Result<(), RootError> {
        let path = root.path().display();
        match root.access().unwrap_or(Access::Ours) {
            Access::Ours => {}
            Access::WritableBy { everybody: true } => {
                return Err(RootError::Everybodys(root.path().to_path_buf()));
            }
            Access::WritableBy { everybody: false } => self.notices.push(format!(
                "the group of {path} may write it, and so remove what is recorded: `chmod g-w` it"
            )),
            Access::OwnedBy(user) => self.notices.push(format!(
                "{path} belongs to user {user}, who may remove what is recorded: `chown` it, or choose another directory"
            )),
        }
        self.notices.extend(planted_in(root));
        let kept = kept_in(root, None);
        if !kept.is_empty() && self.is_ours_to_drop(root, &kept) {
            self.notices.push(format!(
                "{path} holds {} of before there was a directory per boot: they stay readable, and count against the budget",
                count(kept.len() as u64, "segment")
            ));
            self.dropped.learn(root, None, &kept);
            self.kept.extend(kept);
        }
        Ok(())
    }

    fn look_at_boots(&mut self, root: &Directory) -> io::Result<()> {
        let own = format!("-{}", self.identity.boot_id.short());
        for name in boot_directories(root)? {
            let Ok(directory) = root.subdirectory(&name) else {
                continue;
            };
            // A directory that somebody else made or may write proves nothing of what is in it.
            if !directory
                .access()
                .is_ok_and(|access| access == Access::Ours)
            {
                self.notices.push(format!(
                    "{} is another user's: it is left alone",
                    directory.path().display()
                ));
                continue;
            }
            self.notices.extend(planted_in(&directory));
            let kept = kept_in(&directory, Some(&name));
            if !self.is_ours_to_drop(&directory, &kept) {
                continue;
            }
            self.dropped.learn(&directory, Some(&name), &kept);
            let directory = self.let_read(directory, &kept)?;
            self.kept.extend(kept);
            if name.to_string_lossy().ends_with(&own) {
                self.candidate = Some((name, Arc::new(directory)));
            }
        }
        Ok(())
    }

    /// Lets those read a boot's directory and its segments who may read along now, and nobody else.
    fn let_read(&mut self, directory: Directory, kept: &[KeptSegment]) -> io::Result<Directory> {
        let Some(group) = directory.group() else {
            directory.keep_private()?;
            return Ok(directory);
        };
        let directory = directory.shared_with(group)?;
        let shared = kept.iter().map(|kept| directory.share(&kept.name));
        let failed = shared.filter(Result::is_err).count();
        if failed > 0 {
            self.notices.push(format!(
                "{}: the group cannot be given {}",
                directory.path().display(),
                count(failed as u64, "segment")
            ));
        }
        Ok(directory)
    }

    /// Whether this node recorded it, or nobody can tell who did.
    fn is_ours_to_drop(&mut self, directory: &Directory, kept: &[KeptSegment]) -> bool {
        let header = kept.iter().find_map(|kept| {
            let segment = Segment::open_in(directory, &kept.name).ok()?;
            segment.header().cloned()
        });
        match header.filter(|header| header.node != self.identity.node) {
            None => true,
            Some(header) => {
                self.notices.push(format!(
                    "{} was recorded on the node {:?}: it is left alone and counts against no budget; remove it when it is not needed",
                    directory.path().display(),
                    header.node
                ));
                false
            }
        }
    }
}

/// The segments of a directory that lies below the root under this name, by number.
fn kept_in(directory: &Directory, place: Option<&OsStr>) -> Vec<KeptSegment> {
    let mut kept: Vec<(u64, KeptSegment)> = Vec::new();
    for name in directory.names().unwrap_or_default() {
        let Some(number) = segment_number(Path::new(&name)) else {
            continue;
        };
        let Ok(entry) = directory.entry(&name) else {
            continue;
        };
        if entry.is_file {
            let bytes = entry.bytes;
            kept.push((number, KeptSegment::earlier(place, name, bytes)));
        }
    }
    kept.sort_by_key(|(number, _)| *number);
    kept.into_iter().map(|(_, kept)| kept).collect()
}

/// What stands under the name of a segment or a boot and is none: no recorder made it, and none opens it.
fn planted_in(directory: &Directory) -> Option<String> {
    let mut names = directory.names().unwrap_or_default();
    names.retain(|name| {
        let Ok(entry) = directory.entry(name) else {
            return false;
        };
        (segment_number(Path::new(name)).is_some() && !entry.is_file)
            || (is_boot_directory(name) && !entry.is_directory)
    });
    let told: Vec<_> = names.iter().take(NAMES_TOLD).collect();
    let others = names.len().saturating_sub(told.len());
    let others = if others == 0 {
        String::new()
    } else {
        format!(" and {others} more")
    };
    (!names.is_empty()).then(|| {
        format!(
            "{}: {told:?}{others} are not what a recorder makes under such names: passed over; see who put them there",
            directory.path().display()
        )
    })
}

/// Makes the directory of a boot.
fn make_boot(root: &Directory, boot_id: BootId) -> io::Result<(OsString, Directory)> {
    let now = clock::realtime();
    let mut result = Err(io::Error::from(io::ErrorKind::AlreadyExists));
    for seconds in 0..NAMES_TRIED {
        let time = UnixNanos(now.0.saturating_add(seconds.saturating_mul(NS_PER_S)));
        let name = OsString::from(format!(
            "{}-{}",
            clock::utc(time, "%Y%m%dT%H%M%SZ"),
            boot_id.short()
        ));
        match root.make(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => {
                result = made.map(|directory| (name, directory));
                break;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use falco_format::Dialect;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn identity(boot: u8, node: &str) -> CaptureIdentity {
        CaptureIdentity {
            boot_id: BootId([boot; 16]),
            node: node.into(),
            dialect: Dialect::Native,
        }
    }

    /// Records a segment of this boot and node below a root; returns the name of its directory and what was said.
    fn record(root: &Path, boot: u8, node: &str) -> (String, Vec<String>, usize) {
        let mut store = Store::open(root, identity(boot, node)).expect("a store");
        let segment = store.capture.next_segment(UnixNanos(1)).expect("a segment");
        let summary = segment.finish().expect("sealed");
        store.capture.sealed(&summary);
        let name = store.boot.expect("a boot").to_string_lossy().into_owned();
        (name, store.notices, store.kept.len())
    }

    #[test]
    fn each_boot_has_a_directory_and_a_second_start_goes_on_in_it() {
        let place = tempfile::tempdir().expect("a directory");
        let root = place.path().join("root");
        let (first, _, kept) = record(&root, 1, "node");
        assert!(first.ends_with("-01010101") && kept == 0, "{first}");
        assert_eq!(record(&root, 1, "node"), (first.clone(), vec![], 1));
        let (second, _, kept) = record(&root, 2, "node");
        assert!(second.ends_with("-02020202") && kept == 2, "{second}");
        let names = fs::read_dir(root.join(first)).expect("a directory");
        assert_eq!(names.count(), 2);
    }

    #[test]
    fn what_is_no_directory_of_this_boot_never_prevents_a_recording() {
        type Plant = fn(&Path);
        let name = "20260102T030405Z-01010101";
        let check = |plant: Plant, said: &str| {
            let place = tempfile::tempdir().expect("a directory");
            plant(&place.path().join(name));
            let (made, notices, _) = record(place.path(), 1, "node");
            assert_ne!(made, name);
            let is_said = notices.iter().any(|notice| notice.contains(said));
            assert!(is_said || said.is_empty(), "{notices:?}");
        };
        check(|path| fs::write(path, "x").expect("written"), name);
        check(|path| symlink("/tmp", path).expect("linked"), name);
        check(
            |path| {
                fs::create_dir(path).expect("made");
                symlink("/etc/passwd", path.join("00000001.flc")).expect("linked");
                fs::create_dir(path.join("00000002.flc")).expect("made");
                fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
                fs::rename(path, path.with_file_name("20260102T030405Z-02020202")).expect("moved");
            },
            r#"["00000001.flc", "00000002.flc"]"#,
        );
        check(
            |path| {
                fs::create_dir(path).expect("made");
                fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("a mode");
            },
            "another user's",
        );
        // The same first digits, and another boot.
        let other: Plant = |path| {
            let mut boot_id = BootId([1; 16]);
            boot_id.0[15] = 9;
            let identity = CaptureIdentity {
                boot_id,
                ..identity(1, "node")
            };
            let mut writer = CaptureWriter::open(path, identity).expect("opens");
            writer.next_segment(UnixNanos(1)).expect("a segment");
        };
        check(other, "");
    }

    #[test]
    fn another_nodes_and_older_recordings_stay() {
        let place = tempfile::tempdir().expect("a directory");
        record(place.path(), 1, "elsewhere");
        let (_, notices, kept) = record(place.path(), 2, "node");
        assert_eq!(kept, 0, "what is another node's is not ours to drop");
        assert!(notices[0].contains("the node \"elsewhere\""), "{notices:?}");
        let mut old = CaptureWriter::open(place.path(), identity(3, "node")).expect("opens");
        old.next_segment(UnixNanos(1)).expect("a segment");
        drop(old);
        let (_, notices, kept) = record(place.path(), 2, "node");
        assert_eq!(kept, 2);
        assert!(
            notices[0].contains("holds 1 segment of before"),
            "{notices:?}"
        );
    }

    #[test]
    fn a_place_that_everybody_may_write_and_a_boot_are_refused() {
        let place = tempfile::tempdir().expect("a directory");
        let (boot, _, _) = record(place.path(), 1, "node");
        let error = Store::open(&place.path().join(boot), identity(1, "node"));
        assert!(matches!(error, Err(RootError::IsBoot(_))), "{error:?}");
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
        let error = Store::open(place.path(), identity(1, "node"));
        assert!(matches!(error, Err(RootError::Everybodys(_))), "{error:?}");
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o770)).expect("a mode");
        let store = Store::open(place.path(), identity(1, "node")).expect("a store");
        assert!(
            store.notices[0].contains("the group"),
            "{:?}",
            store.notices
        );
        let error = Store::open(place.path(), identity(1, "node"));
        assert!(
            matches!(error, Err(RootError::Capture(CaptureError::Busy { .. }))),
            "{error:?}"
        );
    }
}
