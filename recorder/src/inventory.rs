//! What lies below a root: the segments of all boots with what each tells of itself, and the pins beside them.
//!
//! In: a root, opened for reading. Out: a list, oldest first; pins set and taken away.
//! Listing needs no write and no lock, and works beside a recorder; which segments stay, `retain` decides.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::Path;

use falco_format::text::plain;
use falco_format::{Directory, Segment, UnixNanos, boot_directories, segment_number};

use crate::kept::KeptSegment;

/// How many bytes of a pin's reason are read: a line that somebody wrote.
const REASON_BYTES: u64 = 1024;

/// A segment as it lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Where it lies.
    pub kept: KeptSegment,
    /// When it was begun.
    pub begun: Option<UnixNanos>,
    /// The first and last moment that it has events of.
    pub times: Option<(UnixNanos, UnixNanos)>,
    /// How many events it has; unknown of one that is not sealed.
    pub events: Option<u64>,
    /// What state it is in.
    pub state: State,
    /// Why it is pinned; empty where nobody said why, `None` where it is not.
    pub pin: Option<String>,
}

/// What state a segment is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was ended.
    Sealed,
    /// A recorder writes it.
    Written,
    /// Its recorder died: it is readable up to where it ends.
    Unsealed,
    /// It cannot be read.
    Unreadable,
}

impl State {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            State::Sealed => "sealed",
            State::Written => "written",
            State::Unsealed => "unsealed",
            State::Unreadable => "unreadable",
        }
    }
}

impl Listed {
    /// Whether it may have something of this time or later: what cannot be read might.
    pub fn reaches(&self, time: UnixNanos) -> bool {
        match (self.state, self.times, self.begun) {
            // What is being written goes on until now.
            (State::Written | State::Unreadable, ..) => true,
            (_, Some((_, last)), _) => last >= time,
            (_, None, Some(begun)) => begun >= time,
            (_, None, None) => true,
        }
    }
}

/// The segments below a root, oldest first: those of the root itself, then those of each boot by number.
pub fn list(root: &Directory) -> io::Result<Vec<Listed>> {
    let mut listed = list_in(root, None)?;
    for place in boot_directories(root)? {
        // A directory that is dropped at this moment has nothing any more.
        match root.subdirectory(&place) {
            Ok(directory) => listed.extend(list_in(&directory, Some(&place))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(listed)
}

fn list_in(directory: &Directory, place: Option<&OsStr>) -> io::Result<Vec<Listed>> {
    let is_held = directory.is_held();
    let mut found = Vec::new();
    for name in directory.names()? {
        let Some(number) = segment_number(Path::new(&name)) else {
            continue;
        };
        let Ok(entry) = directory.entry(&name) else {
            continue;
        };
        if entry.is_file {
            let kept = KeptSegment::earlier(place, name, entry.bytes);
            found.push((number, look_at(directory, kept, is_held)));
        }
    }
    found.sort_by_key(|(number, _)| *number);
    Ok(found.into_iter().map(|(_, listed)| listed).collect())
}

/// What a segment tells of itself.
fn look_at(directory: &Directory, kept: KeptSegment, is_held: bool) -> Listed {
    let pin = pin_of(directory, &kept);
    let segment = Segment::open_in(directory, &kept.name).ok();
    let segment = segment.filter(|segment| segment.header().is_some());
    let segment = segment.as_ref();
    let state = match segment {
        None => State::Unreadable,
        Some(segment) if segment.is_sealed() => State::Sealed,
        // A lock on the file alone is not enough: the directory's goes with the recorder too.
        Some(segment) if is_held && segment.is_live() => State::Written,
        Some(_) => State::Unsealed,
    };
    Listed {
        begun: segment
            .and_then(|segment| segment.header())
            .map(|header| header.created_realtime),
        times: segment.and_then(|segment| segment.times()),
        events: segment
            .and_then(|segment| segment.end())
            .map(|end| end.rows),
        state,
        pin,
        kept,
    }
}

/// The reason on a segment's pin.
fn pin_of(directory: &Directory, kept: &KeptSegment) -> Option<String> {
    let name = kept.pin_name();
    directory.entry(&name).ok()?;
    let mut reason = Vec::new();
    // What is no file pins all the same, and says nothing.
    if let Ok(file) = directory.read(&name) {
        let _ = file.take(REASON_BYTES).read_to_end(&mut reason);
    }
    let reason = String::from_utf8_lossy(&reason);
    let first = reason.lines().next().unwrap_or_default();
    Some(plain(first.trim()).to_string())
}

/// Pins a segment. Returns whether it was not pinned before.
pub fn pin(root: &Directory, kept: &KeptSegment, reason: &str) -> io::Result<bool> {
    let boot = kept.place.as_deref().map(|place| root.subdirectory(place));
    let boot = boot.transpose()?;
    let directory = boot.as_ref().unwrap_or(root);
    let name = kept.pin_name();
    let mut file = match directory.create(&name) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error),
    };
    if !reason.is_empty() {
        // Its name alone pins; on a full disk the reason may be lost, and the segment is not.
        let _ = writeln!(file, "{}", plain(reason));
    }
    if let Err(gone) = directory.entry(&kept.name) {
        // The budget was faster: a pin of nothing would only puzzle.
        let _ = directory.remove(&name);
        return Err(gone);
    }
    Ok(true)
}

/// Takes a pin away. Returns whether there was one.
pub fn unpin(root: &Directory, kept: &KeptSegment) -> io::Result<bool> {
    let boot = kept.place.as_deref().map(|place| root.subdirectory(place));
    let boot = boot.transpose()?;
    let directory = boot.as_ref().unwrap_or(root);
    match directory.remove(&kept.pin_name()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The segments that are named so: as they are listed, or by the file's name where that is the only one.
pub fn find<'a>(listed: &'a [Listed], name: &OsString) -> Result<&'a Listed, NotFound> {
    let shown = name.to_string_lossy();
    let exact = listed.iter().find(|one| one.kept.below_root() == shown);
    if let Some(found) = exact {
        return Ok(found);
    }
    let mut named = listed.iter().filter(|one| one.kept.name == *name);
    match (named.next(), named.next()) {
        (Some(found), None) => Ok(found),
        (Some(_), Some(_)) => Err(NotFound::Several(shown.into_owned())),
        (None, _) => Err(NotFound::None(shown.into_owned())),
    }
}

/// Why no segment is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// None has the name.
    #[error("there is no segment {0}: `falco-record list` shows those that are there")]
    None(String),
    /// Several have it.
    #[error(
        "several boots have a segment {0}: put the boot's directory before it, as `falco-record list` shows it"
    )]
    Several(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use falco_format::{BootId, CaptureIdentity, CaptureWriter, Dialect};
    use std::fs;

    const BOOTS: [&str; 2] = ["20260102T030405Z-01010101", "20260103T030405Z-02020202"];

    /// A root with two boots; the first has three segments, the second one, which is never sealed.
    fn root() -> (tempfile::TempDir, Directory) {
        let folder = tempfile::tempdir().expect("a scratch directory");
        for (boot, name) in (1..).zip(BOOTS) {
            let identity = CaptureIdentity {
                boot_id: BootId([boot; 16]),
                node: "node".into(),
                dialect: Dialect::Native,
            };
            let directory = folder.path().join(name);
            let mut writer = CaptureWriter::open(&directory, identity).expect("opens");
            for _ in 0..if boot == 1 { 3 } else { 1 } {
                let time = UnixNanos(u64::from(boot) * 1000);
                let segment = writer.next_segment(time).expect("a segment");
                if boot == 1 {
                    let summary = segment.finish().expect("sealed");
                    writer.sealed(&summary);
                }
            }
        }
        let directory = Directory::open(folder.path()).expect("opened");
        (folder, directory)
    }

    fn names(listed: &[Listed]) -> Vec<String> {
        listed.iter().map(|one| one.kept.below_root()).collect()
    }

    #[test]
    fn segments_are_listed_oldest_first_with_what_they_tell() {
        let (folder, root) = root();
        fs::write(folder.path().join(BOOTS[1]).join("00000002.flc"), "x").expect("written");
        let listed = list(&root).expect("a list");
        let of = |boot: usize, number: u64| format!("{}/{number:08}.flc", BOOTS[boot]);
        assert_eq!(
            names(&listed),
            [of(0, 1), of(0, 2), of(0, 3), of(1, 1), of(1, 2)]
        );
        let states: Vec<_> = listed.iter().map(|one| one.state).collect();
        let (sealed, unsealed) = (State::Sealed, State::Unsealed);
        assert_eq!(
            states,
            [sealed, sealed, sealed, unsealed, State::Unreadable]
        );
        assert_eq!(listed[0].begun, Some(UnixNanos(1000)));
        assert_eq!((listed[0].events, listed[3].events), (Some(0), None));
        assert!(!listed[0].reaches(UnixNanos(1500)) && listed[3].reaches(UnixNanos(1500)));
        assert!(
            listed[4].reaches(UnixNanos(u64::MAX)),
            "what nobody can read may be it"
        );
    }

    #[test]
    fn pins_are_set_once_told_and_taken_away() {
        let (folder, root) = root();
        let listed = list(&root).expect("a list");
        let kept = &listed[1].kept;
        assert!(pin(&root, kept, "case 7\u{1b}[2J\nmore").expect("pinned"));
        assert!(!pin(&root, kept, "again").expect("it was"));
        let reason = list(&root).expect("a list")[1].pin.clone().expect("a pin");
        assert!(
            reason.starts_with("case 7") && !reason.contains('\u{1b}'),
            "{reason:?}"
        );
        assert!(unpin(&root, kept).expect("unpinned"));
        assert!(!unpin(&root, kept).expect("it was not"));
        assert_eq!(list(&root).expect("a list")[1].pin, None);
        // An empty file, or whatever else has the name, pins as well.
        let path = folder.path().join(BOOTS[0]).join("00000001.flc.pin");
        std::os::unix::fs::symlink("/etc/passwd", path).expect("linked");
        assert_eq!(list(&root).expect("a list")[0].pin.as_deref(), Some(""));
        // What is gone meanwhile is not pinned.
        fs::remove_file(folder.path().join(kept.below_root())).expect("removed");
        assert!(pin(&root, kept, "").is_err());
        let left = fs::read_dir(folder.path().join(BOOTS[0])).expect("a list");
        assert_eq!(left.count(), 3, "no pin of nothing");
    }

    #[test]
    fn segments_are_found_by_the_names_that_are_listed() {
        let (_folder, root) = root();
        let listed = list(&root).expect("a list");
        let find = |name: &str| find(&listed, &name.into()).map(|one| one.kept.below_root());
        assert_eq!(
            find("00000002.flc"),
            Ok(format!("{}/00000002.flc", BOOTS[0]))
        );
        let whole = format!("{}/00000001.flc", BOOTS[1]);
        assert_eq!(find(&whole), Ok(whole.clone()));
        assert_eq!(
            find("00000001.flc"),
            Err(NotFound::Several("00000001.flc".into()))
        );
        assert_eq!(find("9.flc"), Err(NotFound::None("9.flc".into())));
    }
}
