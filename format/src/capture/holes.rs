//! Which segments are absent, and whether anything explains that.
//!
//! In: the segments of a capture in order. Out: marks in them: how many are missing or were dropped by retention in front of each, and what is absent behind the last one of a recording.
//! It rests on segment numbers, on what ends say of their sequel, and on DROPPED items, which are looked for only where a number is absent.

use std::collections::BTreeMap;

use super::beside::{After, Before};
use super::segment::Segment;
use crate::dropped::{DroppedRange, Numbers};
use crate::segment::{FormatVersion, Sequel};

/// The first version whose recorders tell what they drop, and what follows a segment.
const TELLS: FormatVersion = FormatVersion { major: 1, minor: 1 };

/// Numbers that are absent.
struct Hole {
    /// The segment beside it.
    segment: usize,
    place: usize,
    first: u64,
    last: u64,
    is_before: bool,
    /// Whether the chain goes on over it: a recorder passes over names that somebody has taken, and a repaired copy keeps the numbers of what was there.
    is_chained: bool,
}

/// Marks what is absent beside each segment. `told` is what others know of what was dropped of the first directory.
pub(super) fn mark(segments: &mut [Segment], told: &[DroppedRange]) {
    for segment in segments.iter_mut() {
        (segment.before, segment.after) = (Before::default(), After::default());
    }
    let holes = holes(segments);
    if holes.is_empty() {
        return;
    }
    let mut dropped = dropped(segments, &holes);
    if let Some(first) = segments.first() {
        let numbers = dropped.entry(first.place).or_default();
        told.iter()
            .for_each(|range| numbers.insert(range.first, range.last));
    }
    for hole in holes {
        let explained = dropped.get(&hole.place);
        let explained = |last| explained.map_or(0, |numbers| numbers.count(hole.first, last));
        let Some(segment) = segments.get_mut(hole.segment) else {
            continue;
        };
        if hole.is_before {
            segment.before = before(segment, &hole, explained(hole.last));
        } else if explained(hole.last) > 0 {
            segment.after = After::Dropped(explained(u64::MAX));
        } else {
            segment.after = after(segment);
        }
    }
}

fn before(segment: &Segment, hole: &Hole, dropped: u64) -> Before {
    let absent = hole.last.saturating_sub(hole.first).saturating_add(1);
    let missing = absent.saturating_sub(dropped);
    let is_told = segment
        .header()
        .is_none_or(|header| header.version >= TELLS);
    let missing = if hole.is_chained { 0 } else { missing };
    let is_known = hole.first > 1 || (segment.listing.is_some() && is_told);
    Before {
        missing: if is_known { missing } else { 0 },
        dropped,
        is_unknown: missing > 0 && !is_known,
    }
}

fn after(segment: &Segment) -> After {
    match (segment.sequel(), segment.listing) {
        (Sequel::Missing, _) => After::Missing,
        (_, None) => After::NotGiven,
        (_, Some(listing)) if listing.is_held => After::BeingWritten,
        (_, Some(_)) => After::Missing,
    }
}

fn holes(segments: &[Segment]) -> Vec<Hole> {
    let mut holes = Vec::new();
    let mut last: Option<(usize, &Segment)> = None;
    let read = |(_, segment): &(usize, &Segment)| !segment.is_passed_over();
    for (index, segment) in segments.iter().enumerate().filter(read) {
        let beside = last.filter(|(_, last)| last.is_beside(segment));
        if beside.is_none() {
            holes.extend(last.and_then(|(index, last)| behind(index, last)));
        }
        let hole = in_front(index, segment, beside.map(|(_, last)| last));
        if let Some((index, last)) = beside
            && hole.is_none()
            && has_lost_its_sequel(last, segment)
        {
            holes.extend(behind(index, last));
        }
        holes.extend(hole);
        last = Some((index, segment));
    }
    holes.extend(last.and_then(|(index, last)| behind(index, last)));
    holes
}

/// The numbers that are absent in front of a segment.
fn in_front(index: usize, segment: &Segment, last: Option<&Segment>) -> Option<Hole> {
    let first = last.map_or(Some(0), Segment::number)?.checked_add(1)?;
    let number = segment.number().filter(|number| *number > first)?;
    // What a copy says was missing is missing, though its chain goes on.
    let tied = last.filter(|last| last.sequel() != Sequel::Missing);
    Some(Hole {
        segment: index,
        place: segment.place,
        first,
        last: number.saturating_sub(1),
        is_before: true,
        is_chained: tied.is_some_and(|last| follows(last, segment)),
    })
}

/// The number that is absent behind a segment whose recording went on.
fn behind(index: usize, segment: &Segment) -> Option<Hole> {
    let next = segment.number()?.checked_add(1)?;
    segment.sequel().is_followed().then_some(Hole {
        segment: index,
        place: segment.place,
        first: next,
        last: next,
        is_before: false,
        is_chained: false,
    })
}

/// Whether a segment's recording went on, and the segment with the next number is of another one.
fn has_lost_its_sequel(segment: &Segment, next: &Segment) -> bool {
    let runs = segment.recording().zip(next.recording());
    segment.sequel().is_followed() && runs.is_some_and(|(run, next)| run != next)
}

impl Segment {
    /// Whether something is missing beside it that nothing explains.
    pub(super) fn lacks_neighbours(&self) -> bool {
        self.before.missing > 0 || self.after == After::Missing
    }
}

/// What segments say that retention dropped, by place, as far as holes need it. The newest is asked first: it knows most.
fn dropped(segments: &[Segment], holes: &[Hole]) -> BTreeMap<usize, Numbers> {
    let places: BTreeMap<&str, usize> = segments
        .iter()
        .map(|segment| (segment.directory(), segment.place))
        .collect();
    let mut dropped: BTreeMap<usize, Numbers> = BTreeMap::new();
    for segment in segments.iter().rev().filter(|one| !one.is_passed_over()) {
        let ranges = segment.dropped();
        for range in &ranges {
            let place = match range.directory.as_str() {
                "" => Some(&segment.place),
                // Of a directory that was given alone, the root is not there.
                DroppedRange::ROOT if segment.directory().is_empty() => None,
                DroppedRange::ROOT => places.get(""),
                name => places.get(name),
            };
            if let Some(place) = place {
                let numbers = dropped.entry(*place).or_default();
                numbers.insert(range.first, range.last);
            }
        }
        let is_explained = |hole: &Hole| {
            let absent = hole.last.saturating_sub(hole.first).saturating_add(1);
            let numbers = dropped.get(&hole.place);
            numbers.is_some_and(|numbers| numbers.count(hole.first, hole.last) == absent)
        };
        if !ranges.is_empty() && holes.iter().all(is_explained) {
            break;
        }
    }
    dropped
}

/// Whether a segment names the digest of the one before it.
pub(super) fn follows(before: &Segment, after: &Segment) -> bool {
    let previous = after.header().and_then(|header| header.previous);
    previous == Some(before.digest())
}
