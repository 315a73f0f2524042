//! Which segments retention has dropped, of all boots below a root: what each new segment begins with, so that nobody takes the holes for evidence that was removed.
//!
//! In: what earlier segments say, and what is dropped now. Out: ranges, as DROPPED items carry them.
//! A segment that somebody else removed is never in it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use falco_format::{Directory, DroppedRange, FormatVersion, Numbers, Segment, segment_number};

use crate::kept::KeptSegment;

/// The first version whose recorders told what they dropped.
const TELLS: FormatVersion = FormatVersion { major: 1, minor: 1 };

/// Segment numbers by directory below the root; the root itself is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    places: BTreeMap<Option<OsString>, Numbers>,
}

impl Dropped {
    /// Takes over what the segments of a directory say. The newest that can be read knows all that those before it knew.
    pub fn learn(&mut self, directory: &Directory, place: Option<&OsStr>, kept: &[KeptSegment]) {
        let open = |kept: &KeptSegment| Segment::open_in(directory, &kept.name).ok();
        let newest = kept.iter().rev().filter_map(open);
        let Some(newest) = newest.into_iter().find(|one| one.header().is_some()) else {
            return;
        };
        if newest.header().is_some_and(|header| header.version < TELLS) {
            self.take_for_dropped(place, kept);
        }
        for range in newest.dropped() {
            let of = match range.directory.as_str() {
                "" => place.map(OsStr::to_owned),
                DroppedRange::ROOT => None,
                name => Some(name.into()),
            };
            let numbers = self.places.entry(of).or_default();
            numbers.insert(range.first, range.last);
        }
    }

    /// What is not there of a directory whose recorder did not tell: nobody can say who took it.
    fn take_for_dropped(&mut self, place: Option<&OsStr>, kept: &[KeptSegment]) {
        let numbers = self.places.entry(place.map(OsStr::to_owned)).or_default();
        let mut next = 1;
        for number in kept.iter().filter_map(number_of) {
            numbers.insert(next, number.saturating_sub(1));
            next = number.saturating_add(1);
        }
    }

    /// Takes note of a segment that is dropped.
    pub fn insert(&mut self, kept: &KeptSegment) {
        if let Some(number) = number_of(kept) {
            let numbers = self.places.entry(kept.place.clone()).or_default();
            numbers.insert(number, number);
        }
    }

    /// Forgets a directory that is not there any more.
    pub fn forget(&mut self, place: &OsStr) {
        self.places.remove(&Some(place.to_owned()));
    }

    /// Everything, as it is told in a segment of this directory; what is nearest to it first.
    pub fn ranges(&self, own: Option<&OsStr>) -> Vec<DroppedRange> {
        let is_own = |place: &Option<OsString>| place.as_deref() == own;
        let others = self.places.iter().rev().filter(|(place, _)| !is_own(place));
        let own = self.places.iter().filter(|(place, _)| is_own(place));
        let named = own
            .map(|(_, numbers)| (String::new(), numbers))
            .chain(others.map(|(place, numbers)| (name_of(place.as_deref()), numbers)));
        let ranges = named.flat_map(|(directory, numbers)| {
            numbers.ranges().map(move |(first, last)| DroppedRange {
                directory: directory.clone(),
                first,
                last,
            })
        });
        ranges.collect()
    }
}

/// How a directory is named in a segment of another one.
fn name_of(place: Option<&OsStr>) -> String {
    place.map_or_else(
        || DroppedRange::ROOT.to_owned(),
        |place| place.to_string_lossy().into_owned(),
    )
}

fn number_of(kept: &KeptSegment) -> Option<u64> {
    segment_number(Path::new(&kept.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use falco_format::{
        BootId, CaptureIdentity, CaptureWriter, Dialect, UnixNanos, segment_file_name,
    };

    fn kept(place: Option<&str>, number: u64) -> KeptSegment {
        KeptSegment::earlier(place.map(OsStr::new), segment_file_name(number).into(), 0)
    }

    fn ranges(dropped: &Dropped, own: Option<&str>) -> Vec<(String, u64, u64)> {
        let ranges = dropped.ranges(own.map(OsStr::new)).into_iter();
        let plain = ranges.map(|range| (range.directory, range.first, range.last));
        plain.collect()
    }

    #[test]
    fn what_is_dropped_is_named_as_the_segment_that_tells_needs_it() {
        let mut dropped = Dropped::default();
        for (place, number) in [
            (None, 7),
            (Some("old"), 1),
            (Some("new"), 2),
            (Some("new"), 1),
        ] {
            dropped.insert(&kept(place, number));
        }
        let row = |name: &str, first, last| (name.to_owned(), first, last);
        let of_new = [row("", 1, 2), row("old", 1, 1), row(".", 7, 7)];
        assert_eq!(ranges(&dropped, Some("new")), of_new);
        let of_root = [row("", 7, 7), row("old", 1, 1), row("new", 1, 2)];
        assert_eq!(ranges(&dropped, None), of_root);
        dropped.forget(OsStr::new("new"));
        assert_eq!(
            ranges(&dropped, Some("new")),
            [row("old", 1, 1), row(".", 7, 7)]
        );
    }

    #[test]
    fn a_recorder_goes_on_with_what_the_one_before_it_knew() {
        let place = tempfile::tempdir().expect("a directory");
        let identity = CaptureIdentity {
            boot_id: BootId([1; 16]),
            node: "node".into(),
            dialect: Dialect::Native,
        };
        let mut before = Dropped::default();
        before.insert(&kept(Some("own"), 1));
        before.insert(&kept(Some("other"), 3));
        before.insert(&kept(None, 5));
        let mut writer = CaptureWriter::open(place.path(), identity).expect("opens");
        let mut segment = writer.next_segment(UnixNanos(1)).expect("a segment");
        let told = before.ranges(Some(OsStr::new("own")));
        segment.dropped(&told).expect("written");
        drop(segment);
        // One that was only begun does not hide what the one before it says.
        let empty = place.path().join(segment_file_name(2));
        std::fs::write(empty, "").expect("written");
        let directory = Directory::open(place.path()).expect("opens");
        let mut after = Dropped::default();
        let all = [kept(Some("own"), 1), kept(Some("own"), 2)];
        after.learn(&directory, Some(OsStr::new("own")), &all);
        assert_eq!(after, before);
    }

    #[test]
    fn what_is_not_there_of_before_recorders_told_is_taken_for_dropped() {
        let mut dropped = Dropped::default();
        let all = [3, 4, 7].map(|number| kept(None, number));
        dropped.take_for_dropped(None, &all);
        let expected = [(String::new(), 1, 2), (String::new(), 5, 6)];
        assert_eq!(ranges(&dropped, None), expected);
    }
}
