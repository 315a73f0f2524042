//! Which segments are kept: a budget in bytes, an age, and pins.
//!
//! Owns the list of sealed segments of the directory; the segment that is being written is never in it.
//! A segment is pinned by a file of its name with `.pin` behind it: it stays, whatever the budget, and counts against it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// The most bytes of all segments together.
    pub bytes: Option<u64>,
    /// The greatest age of a segment, counted from its last write.
    pub max_age: Option<Duration>,
}

impl Budget {
    /// Whether anything may be dropped at all.
    pub fn is_limited(&self) -> bool {
        self.bytes.is_some() || self.max_age.is_some()
    }
}

/// A segment that is no longer written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its path.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: u64,
}

/// The segments that are kept.
#[derive(Debug)]
pub struct Retention {
    budget: Budget,
    /// Oldest first.
    kept: VecDeque<Kept>,
    /// How many were dropped.
    pub dropped: u64,
}

impl Retention {
    /// Begins with the segments that were there, oldest first.
    pub fn new(budget: Budget, existing: impl IntoIterator<Item = Kept>) -> Retention {
        Retention {
            budget,
            kept: existing.into_iter().collect(),
            dropped: 0,
        }
    }

    /// Takes note of a segment that has been finished.
    pub fn add(&mut self, kept: Kept) {
        self.kept.push_back(kept);
    }

    /// Drops what the budget has no room for beside the active segment's bytes.
    pub fn enforce(&mut self, active_bytes: u64, now: SystemTime) {
        while self.is_over(active_bytes) && self.drop_oldest() {}
        if let Some(max_age) = self.budget.max_age {
            while self
                .kept
                .iter()
                .any(|kept| is_droppable(kept) && age(kept, now) > max_age)
                && self.drop_oldest()
            {}
        }
    }

    /// Makes room on a full disk, where the budget allows to drop anything. Returns whether something went.
    pub fn make_room(&mut self) -> bool {
        self.budget.is_limited() && self.drop_oldest()
    }

    fn is_over(&self, active_bytes: u64) -> bool {
        let Some(limit) = self.budget.bytes else {
            return false;
        };
        let kept = self
            .kept
            .iter()
            .fold(active_bytes, |sum, kept| sum.saturating_add(kept.bytes));
        kept > limit
    }

    /// Drops the oldest segment that is not pinned.
    fn drop_oldest(&mut self) -> bool {
        let Some(place) = self.kept.iter().position(is_droppable) else {
            return false;
        };
        let Some(kept) = self.kept.remove(place) else {
            return false;
        };
        // One that somebody else removed is gone as well.
        if fs::remove_file(&kept.path).is_ok() {
            self.dropped = self.dropped.saturating_add(1);
        }
        true
    }
}

fn is_droppable(kept: &Kept) -> bool {
    !pin_path(&kept.path).exists()
}

/// The file that pins a segment.
pub fn pin_path(segment: &Path) -> PathBuf {
    let mut name = OsString::from(segment);
    name.push(".pin");
    PathBuf::from(name)
}

fn age(kept: &Kept, now: SystemTime) -> Duration {
    let modified = fs::metadata(&kept.path).and_then(|metadata| metadata.modified());
    modified
        .ok()
        .and_then(|time| now.duration_since(time).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(count: u64) -> (tempfile::TempDir, Vec<Kept>) {
        let folder = tempfile::tempdir().expect("a scratch directory");
        let kept = (1..=count).map(|number| {
            let path = folder.path().join(format!("{number}.flc"));
            fs::write(&path, [0; 100]).expect("write");
            Kept { path, bytes: 100 }
        });
        let kept = kept.collect();
        (folder, kept)
    }

    fn left(folder: &tempfile::TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).expect("read_dir");
        let mut names: Vec<_> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".flc"))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_that_is_not_pinned_goes_first() {
        let (folder, kept) = folder(4);
        fs::write(pin_path(&kept[0].path), "").expect("pin");
        let mut retention = Retention::new(
            Budget {
                bytes: Some(350),
                max_age: None,
            },
            kept,
        );
        retention.enforce(50, SystemTime::now());
        assert_eq!(left(&folder), ["1.flc", "3.flc", "4.flc"]);
        assert_eq!(retention.dropped, 1);
        retention.enforce(350, SystemTime::now());
        assert_eq!(left(&folder), ["1.flc"]);
    }

    #[test]
    fn without_a_budget_nothing_goes() {
        let (folder, kept) = folder(3);
        let mut retention = Retention::new(Budget::default(), kept);
        retention.enforce(1 << 40, SystemTime::now());
        assert!(!retention.make_room());
        assert_eq!(left(&folder).len(), 3);
    }

    #[test]
    fn age_decides_as_well() {
        let (folder, kept) = folder(2);
        let budget = Budget {
            bytes: None,
            max_age: Some(Duration::from_secs(60)),
        };
        let mut retention = Retention::new(budget, kept);
        retention.enforce(0, SystemTime::now());
        assert_eq!(left(&folder).len(), 2);
        retention.enforce(0, SystemTime::now() + Duration::from_secs(3600));
        assert_eq!(left(&folder).len(), 0);
    }

    #[test]
    fn a_full_disk_takes_one_at_a_time() {
        let (folder, kept) = folder(2);
        let mut retention = Retention::new(
            Budget {
                bytes: Some(1 << 30),
                max_age: None,
            },
            kept,
        );
        assert!(retention.make_room());
        assert_eq!(left(&folder), ["2.flc"]);
        assert!(retention.make_room() && !retention.make_room());
    }
}
