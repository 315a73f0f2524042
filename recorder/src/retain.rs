//! Which segments are kept: a budget in bytes, an age, and pins.
//!
//! Owns the list of sealed segments of all boots below a root; the segment that is being written is never in it.
//! A segment is pinned by a file of its name with `.pin` behind it: it stays, whatever the budget, and counts against it.
//!
//! Nothing but the budget and the age drops anything: a disk that somebody else fills does not, or whoever can write to it could make the recorder forget.
//! A budget that the disk has no room for is taken to be what it has room for, so that the oldest goes before the disk is full.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use falco_format::{Directory, DroppedRange, Segment};

use crate::dropped::Dropped;
use crate::kept::{KeptSegment, PIN_SUFFIX};

/// The share of the budget that what is pinned leaves to the rest in any case: pins may keep evidence, and not the recorder from recording.
const UNPINNED_SHARE: u64 = 8;
/// The share of the room on a disk that no budget takes, and the least of it, of a small disk a quarter: what a file system needs, and a segment's beginning.
const DISK_SHARE: u64 = 16;
const DISK_SPARE_BYTES: u64 = 2 << 20;
const SMALL_DISK_SHARE: u64 = 4;
/// How many segments are looked at in one go for whether they are still there.
const LOOKED_AT: usize = 1024;

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// The most bytes of all segments together.
    pub bytes: Option<u64>,
    /// The greatest age of a segment, counted from its last write.
    pub max_age: Option<Duration>,
}

/// The segments that are kept.
#[derive(Debug)]
pub struct Retention {
    root: Arc<Directory>,
    budget: Budget,
    /// Oldest first.
    kept: VecDeque<KeptSegment>,
    /// The directory that is recorded to.
    own: Option<OsString>,
    /// How many were dropped.
    pub dropped: u64,
    /// Which ones, now and before.
    numbers: Dropped,
    /// Where the next look begins.
    looked_at: usize,
}

impl Retention {
    /// Begins with the segments that are below a root, oldest first.
    pub fn new(
        root: Arc<Directory>,
        own: Option<OsString>,
        budget: Budget,
        existing: impl IntoIterator<Item = KeptSegment>,
        numbers: Dropped,
    ) -> Retention {
        Retention {
            root,
            budget,
            kept: existing.into_iter().collect(),
            own,
            dropped: 0,
            numbers,
            looked_at: 0,
        }
    }

    /// Makes the budget what the disk has room for, if it is more. Returns what it is then.
    pub fn fit_to(&mut self, room: u64) -> Option<u64> {
        let kept = self.bytes();
        let all = kept.saturating_add(room);
        let spare = (all / DISK_SHARE).max(DISK_SPARE_BYTES.min(all / SMALL_DISK_SHARE));
        // What is there already is never too much: a disk that somebody has filled meanwhile costs no history.
        let most = all.saturating_sub(spare).max(kept);
        let limit = self.budget.bytes.filter(|limit| *limit > most)?;
        self.budget.bytes = Some(most.min(limit));
        self.budget.bytes
    }

    /// Goes on in another directory, of a root that may have been made anew under the same path.
    pub fn move_to(&mut self, root: &Arc<Directory>, own: Option<&OsStr>) {
        self.root = Arc::clone(root);
        self.own = own.map(OsStr::to_owned);
        let mut kept = std::mem::take(&mut self.kept);
        kept.retain(|kept| self.is_whole(kept));
        self.kept = kept;
    }

    /// Takes note of a segment that has been finished.
    pub fn add(&mut self, kept: KeptSegment) {
        self.kept.push_back(kept);
    }

    /// How many bytes there are for what is not pinned, with a budget.
    pub fn available(&self) -> Option<u64> {
        let limit = self.budget.bytes?;
        let pinned = self.kept.iter().filter(|kept| !self.is_droppable(kept));
        let pinned = pinned.fold(0_u64, |sum, kept| sum.saturating_add(kept.bytes));
        let least = limit / UNPINNED_SHARE;
        Some(limit.saturating_sub(pinned).max(least))
    }

    /// Everything that was dropped, as the segments of the directory that is recorded to tell it.
    pub fn ranges(&self) -> Vec<DroppedRange> {
        self.numbers.ranges(self.own.as_deref())
    }

    /// Drops what the budget has no room for beside the active segment's bytes. `tell` is told before anything goes, so that a crash in between makes no hole that nobody explains, and returns what the active segment takes then.
    pub fn enforce(
        &mut self,
        active_bytes: u64,
        now: SystemTime,
        mut tell: impl FnMut(&[DroppedRange]) -> u64,
    ) {
        let mut due = self.due(active_bytes, now);
        while !due.is_empty() {
            // One that somebody else removed is not there to be dropped.
            let mut dropped = Dropped::default();
            let there = due.iter().filter_map(|place| self.kept.get(*place));
            let there = there.filter(|kept| self.is_there(kept));
            there.for_each(|kept| dropped.insert(kept));
            let active_bytes = tell(&dropped.ranges(self.own.as_deref()));
            for place in due.into_iter().rev() {
                self.drop_at(place);
            }
            due = self.due(active_bytes, now);
        }
    }

    /// The places of those that are to be dropped, ascending: the oldest that are not pinned.
    fn due(&self, active_bytes: u64, now: SystemTime) -> Vec<usize> {
        let mut all = self.bytes().saturating_add(active_bytes);
        let mut due = Vec::new();
        if self.budget.max_age.is_none() && !self.is_over(all) {
            return due;
        }
        for (place, kept) in self.kept.iter().enumerate() {
            if !self.is_droppable(kept) {
                continue;
            }
            let max_age = self.budget.max_age;
            let is_too_old = max_age.is_some_and(|max_age| self.age(kept, now) > max_age);
            if !is_too_old && !self.is_over(all) {
                break;
            }
            all = all.saturating_sub(kept.bytes);
            due.push(place);
        }
        due
    }

    /// The segments of this recording that are not there any more, or not as they were. They are told once.
    pub fn missing(&mut self) -> Vec<KeptSegment> {
        let from = if self.looked_at < self.kept.len() {
            self.looked_at
        } else {
            0
        };
        let until = from.saturating_add(LOOKED_AT).min(self.kept.len());
        let own = |place: &usize| {
            let kept = self.kept.get(*place).filter(|kept| kept.rows.is_some());
            kept.is_some_and(|kept| !self.is_whole(kept))
        };
        let gone: Vec<usize> = (from..until).filter(own).collect();
        self.looked_at = until.saturating_sub(gone.len());
        let mut missing: Vec<KeptSegment> = Vec::new();
        for place in gone.into_iter().rev() {
            missing.extend(self.kept.remove(place));
        }
        missing.reverse();
        missing
    }

    /// How much is kept.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// How many segments there are, and their bytes.
    pub fn count(&self) -> (u64, u64) {
        (self.kept.len() as u64, self.bytes())
    }

    /// The oldest segment.
    pub fn oldest(&self) -> Option<&KeptSegment> {
        self.kept.front()
    }

    /// The segment that is dropped next, when one has to be.
    pub fn next_to_go(&self) -> Option<&KeptSegment> {
        self.kept.iter().find(|kept| self.is_droppable(kept))
    }

    /// When a segment was begun, nanoseconds since the epoch.
    pub fn begun(&self, kept: &KeptSegment) -> Option<u64> {
        self.in_its_directory(kept, |directory| {
            let segment = Segment::open_in(directory, &kept.name).ok()?;
            segment.header().map(|header| header.created_realtime.0)
        })
    }

    /// How many pins there are, in the directories of segments and in the one that is recorded to.
    pub fn pins(&self, own: Option<&OsStr>) -> u64 {
        let mut places: Vec<Option<&OsStr>> = vec![own];
        for kept in &self.kept {
            let place = kept.place.as_deref();
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let pins = places.into_iter().map(|place| {
            let names = match place {
                None => self.root.names(),
                Some(place) => self.root.subdirectory(place).and_then(|one| one.names()),
            };
            let names = names.unwrap_or_default();
            let suffix = PIN_SUFFIX.as_bytes();
            let is_pin = |name: &&OsString| name.as_encoded_bytes().ends_with(suffix);
            names.iter().filter(is_pin).count() as u64
        });
        pins.sum()
    }

    fn bytes(&self) -> u64 {
        let bytes = self.kept.iter().map(|kept| kept.bytes);
        bytes.fold(0, u64::saturating_add)
    }

    fn is_over(&self, bytes: u64) -> bool {
        self.budget.bytes.is_some_and(|limit| bytes > limit)
    }

    /// Drops a segment.
    fn drop_at(&mut self, place: usize) {
        let Some(kept) = self.kept.remove(place) else {
            return;
        };
        // One that somebody else removed is gone as well.
        let removed = self.in_its_directory(&kept, |directory| directory.remove(&kept.name).ok());
        if removed.is_some() {
            self.dropped = self.dropped.saturating_add(1);
            self.numbers.insert(&kept);
        }
        if let Some(place) = &kept.place
            && !self.kept.iter().any(|other| other.place == kept.place)
        {
            // The directory of a boot goes with its last segment, unless something else is in it.
            if self.root.remove_directory(place).is_ok() {
                self.numbers.forget(place);
            }
        }
    }

    fn is_there(&self, kept: &KeptSegment) -> bool {
        let entry = self.in_its_directory(kept, |directory| directory.entry(&kept.name).ok());
        entry.is_some()
    }

    fn is_whole(&self, kept: &KeptSegment) -> bool {
        let entry = self.in_its_directory(kept, |directory| directory.entry(&kept.name).ok());
        entry.is_some_and(|entry| entry.is_file && entry.bytes == kept.bytes)
    }

    fn is_droppable(&self, kept: &KeptSegment) -> bool {
        let name = kept.pin_name();
        let pin = self.in_its_directory(kept, |directory| directory.entry(&name).ok());
        pin.is_none()
    }

    /// How long ago a segment was last written.
    pub fn age(&self, kept: &KeptSegment, now: SystemTime) -> Duration {
        let entry = self.in_its_directory(kept, |directory| directory.entry(&kept.name).ok());
        entry
            .and_then(|entry| now.duration_since(entry.modified).ok())
            .unwrap_or_default()
    }

    /// Does something in the directory of a segment. Directories of boots are opened each time: there may be more than a process may hold.
    fn in_its_directory<T>(
        &self,
        kept: &KeptSegment,
        act: impl FnOnce(&Directory) -> Option<T>,
    ) -> Option<T> {
        match &kept.place {
            None => act(&self.root),
            Some(place) => act(&self.root.subdirectory(place).ok()?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const MINUTE: Duration = Duration::from_secs(60);

    /// A root with this many segments of 100 bytes; the first half in the directory of an older boot.
    fn folder(count: u64, budget: Budget) -> (tempfile::TempDir, Retention) {
        let folder = tempfile::tempdir().expect("a scratch directory");
        for place in ["old", "new"] {
            fs::create_dir(folder.path().join(place)).expect("made");
        }
        let kept = (1..=count).map(|number| {
            let place = if number <= count / 2 { "old" } else { "new" };
            let name = format!("{number}.flc");
            fs::write(folder.path().join(place).join(&name), [0; 100]).expect("write");
            KeptSegment {
                rows: Some(7),
                ..KeptSegment::earlier(Some(OsStr::new(place)), name.into(), 100)
            }
        });
        let kept: Vec<KeptSegment> = kept.collect();
        let root = Arc::new(Directory::open(folder.path()).expect("opened"));
        let own = Some(OsString::from("new"));
        let retention = Retention::new(root, own, budget, kept, Dropped::default());
        (folder, retention)
    }

    fn bytes(limit: u64) -> Budget {
        Budget {
            bytes: Some(limit),
            max_age: None,
        }
    }

    fn left(folder: &tempfile::TempDir) -> Vec<String> {
        let mut names = Vec::new();
        for place in ["old", "new"] {
            let entries = fs::read_dir(folder.path().join(place));
            for entry in entries.into_iter().flatten().flatten() {
                names.extend(entry.file_name().into_string());
            }
        }
        names.retain(|name| name.ends_with(".flc"));
        names.sort();
        names
    }

    #[test]
    fn the_oldest_of_all_boots_that_is_not_pinned_goes_first() {
        let (folder, mut retention) = folder(4, bytes(350));
        fs::write(folder.path().join("old/1.flc.pin"), "").expect("pin");
        let mut told = Vec::new();
        let mut enforce = |retention: &mut Retention, active: u64| {
            retention.enforce(active, SystemTime::now(), |ranges| {
                let ranges = ranges.iter();
                told.extend(ranges.map(|one| (one.directory.clone(), one.first, one.last)));
                active
            });
        };
        enforce(&mut retention, 50);
        assert_eq!(left(&folder), ["1.flc", "3.flc", "4.flc"]);
        assert_eq!(retention.dropped, 1);
        enforce(&mut retention, 350);
        assert_eq!(left(&folder), ["1.flc"]);
        let expected = [("old".to_owned(), 2, 2), (String::new(), 3, 4)];
        assert_eq!(told, expected, "what goes is told first");
        assert!(folder.path().join("old").exists(), "a pin is in it");
        assert!(!folder.path().join("new").exists(), "it is empty");
    }

    #[test]
    fn pins_leave_something_to_the_rest() {
        let (folder, retention) = folder(4, bytes(400));
        assert_eq!(retention.available(), Some(400));
        for pin in ["old/1", "old/2", "new/3", "new/4"] {
            fs::write(folder.path().join(format!("{pin}.flc.pin")), "").expect("pin");
        }
        assert_eq!(retention.available(), Some(50));
    }

    #[test]
    fn what_the_telling_takes_counts_and_what_others_removed_is_not_told() {
        let (folder, mut retention) = folder(4, bytes(400));
        fs::remove_file(folder.path().join("old/1.flc")).expect("removed");
        let mut told = Vec::new();
        retention.enforce(1, SystemTime::now(), |ranges| {
            told.push(ranges.len());
            150
        });
        assert_eq!((left(&folder).len(), told), (2, vec![0, 1]));
        let numbers: Vec<_> = retention.ranges().iter().map(|one| one.first).collect();
        assert_eq!(numbers, [2_u64; 0], "its directory went with it");
    }

    #[test]
    fn without_a_budget_nothing_goes() {
        let (folder, mut retention) = folder(3, Budget::default());
        retention.enforce(1 << 40, SystemTime::now(), |_| unreachable!());
        assert_eq!((left(&folder).len(), retention.available()), (3, None));
    }

    #[test]
    fn age_decides_as_well() {
        let budget = Budget {
            bytes: None,
            max_age: Some(MINUTE),
        };
        let (folder, mut retention) = folder(2, budget);
        retention.enforce(0, SystemTime::now(), |_| unreachable!());
        assert_eq!(left(&folder).len(), 2);
        retention.enforce(0, SystemTime::now() + 60 * MINUTE, |_| 0);
        assert_eq!(left(&folder).len(), 0);
    }

    #[test]
    fn a_budget_is_what_the_disk_has_room_for_and_never_less_than_what_is_there() {
        let check = |limit: u64, room: u64, expected: Option<u64>| {
            let (_folder, mut retention) = folder(4, bytes(limit));
            assert_eq!(retention.fit_to(room), expected, "{limit} in {room}");
        };
        check(1 << 30, 2 << 30, None);
        check(2 << 30, 32 << 20, Some((32 << 20) + 400 - (2 << 20) - 25));
        check(1 << 30, 4_000, Some(3_300));
        check(1 << 30, 0, Some(400));
        check(100, 0, None);
    }

    #[test]
    fn what_somebody_removed_or_cut_is_told_once() {
        let (folder, mut retention) = folder(4, Budget::default());
        assert!(retention.missing().is_empty());
        fs::remove_file(folder.path().join("old/2.flc")).expect("removed");
        fs::write(folder.path().join("new/3.flc"), [0; 99]).expect("cut");
        let missing = retention.missing();
        let names: Vec<_> = missing.iter().map(|kept| kept.name.to_owned()).collect();
        assert_eq!(names, ["2.flc", "3.flc"]);
        assert!(retention.missing().is_empty() && retention.missing().is_empty());
        assert_eq!(retention.bytes(), 200);
    }
}
