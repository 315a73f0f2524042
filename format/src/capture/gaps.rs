//! What lies between segments, and at the ends of a capture: told from headers and ends alone.
//!
//! In: the segments of a capture. Out: where nobody recorded, where an end is missing, and where segments are.
//! Whether a gap is harmless is the reader's concern.

use super::checks::clock_of;
use super::items::{Item, Items};
use super::open::{Capture, Segment};
use crate::clock::ClockMap;

/// What a gap is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// The first segment is not number 1: what was before it was dropped by retention, removed, or not given.
    Beginning,
    /// A writer ended in order, and another one began later.
    Pause,
    /// The end of a segment is missing: its writer died or gave it up, or the end was cut off.
    Unsealed,
    /// So many segments between two that are there are missing.
    Missing(u64),
    /// The last segment is being written.
    BeingWritten,
}

/// A gap.
#[derive(Clone, Copy, Debug)]
pub struct Gap<'a> {
    /// What it is.
    pub kind: GapKind,
    /// The segment before it.
    pub before: Option<&'a Segment>,
    /// The segment after it.
    pub after: Option<&'a Segment>,
}

impl Gap<'_> {
    /// The last moment before the gap that the capture tells of, in nanoseconds of boot time.
    pub fn from_boottime(&self) -> Option<u64> {
        last_moment(self.before?)
    }

    /// The first moment after the gap, in nanoseconds of boot time: when the segment was begun.
    pub fn to_boottime(&self) -> Option<u64> {
        first_moment(self.after?)
    }

    /// The clocks before and after the gap. Within a boot one stands in for the other; empty where neither is there.
    pub fn clocks(&self) -> (ClockMap, ClockMap) {
        let clock = |segment: Option<&Segment>| segment.map(Segment::clock).unwrap_or_default();
        let (before, after) = (clock(self.before), clock(self.after));
        let is_one_boot = self
            .before
            .zip(self.after)
            .is_none_or(|(before, after)| before.is_beside(after));
        match (before.is_empty(), after.is_empty()) {
            (true, false) if is_one_boot => (after.clone(), after),
            (false, true) if is_one_boot => (before.clone(), before),
            _ => (before, after),
        }
    }
}

impl Capture {
    /// Everything that lies between segments, in order.
    pub fn gaps(&self) -> Vec<Gap<'_>> {
        let mut gaps = Vec::new();
        let mut before: Option<&Segment> = None;
        let read = |segment: &&Segment| segment.why_passed_over().is_none();
        for segment in self.segments().iter().filter(read) {
            gaps.extend(between(before, segment));
            before = Some(segment);
        }
        gaps.extend(before.and_then(last));
        gaps
    }
}

impl Segment {
    /// The first and last moment that it tells of, in nanoseconds of boot time.
    pub fn moments(&self) -> Option<(u64, u64)> {
        first_moment(self).zip(last_moment(self))
    }

    /// Its first clock that can be read; empty where it has none.
    pub fn clock(&self) -> ClockMap {
        clock_of(self).map_or_else(ClockMap::new, |(_, pairs)| ClockMap::from_pairs(&pairs))
    }
}

/// The gap in front of a segment.
fn between<'a>(before: Option<&'a Segment>, after: &'a Segment) -> Option<Gap<'a>> {
    let gap = |kind| Gap {
        kind,
        before,
        after: Some(after),
    };
    let Some(segment) = before else {
        let is_first = after.number().is_none_or(|number| number <= 1);
        return (!is_first).then(|| gap(GapKind::Beginning));
    };
    let missing = missing_between(segment, after);
    let recording = |segment: &Segment| segment.header().and_then(|header| header.recording);
    let runs = recording(segment).zip(recording(after));
    let kind = if missing > 0 {
        GapKind::Missing(missing)
    } else if !segment.is_sealed() {
        GapKind::Unsealed
    } else if !segment.is_beside(after) || runs.is_some_and(|(run, next)| run != next) {
        GapKind::Pause
    } else {
        return None;
    };
    Some(gap(kind))
}

/// What the last segment lacks.
fn last(segment: &Segment) -> Option<Gap<'_>> {
    let kind = if segment.is_sealed() {
        return None;
    } else if segment.is_live() {
        GapKind::BeingWritten
    } else {
        GapKind::Unsealed
    };
    Some(Gap {
        kind,
        before: Some(segment),
        after: None,
    })
}

/// How many segments are missing between two. A repaired copy keeps the numbers of what was there, and its chain says that nothing was taken out since.
pub(super) fn missing_between(before: &Segment, after: &Segment) -> u64 {
    // The directory of another boot counts from 1 again.
    let last = if before.is_beside(after) {
        before.number()
    } else {
        Some(0)
    };
    let Some((last, number)) = last.zip(after.number()) else {
        return 0;
    };
    let missing = number.saturating_sub(last).saturating_sub(1);
    if missing > 0 && follows(before, after) {
        return 0;
    }
    missing
}

/// Whether a segment names the digest of the one before it.
pub(super) fn follows(before: &Segment, after: &Segment) -> bool {
    let previous = after.header().and_then(|header| header.previous);
    previous == Some(before.digest())
}

fn last_moment(segment: &Segment) -> Option<u64> {
    if let Some(end) = segment.end().filter(|end| end.rows > 0) {
        return Some(end.last_time);
    }
    let items = Items::new(std::slice::from_ref(segment));
    items
        .filter_map(|item| moments(&item).map(|(_, last)| last))
        .max()
}

fn first_moment(segment: &Segment) -> Option<u64> {
    Items::new(std::slice::from_ref(segment))
        .find_map(|item| moments(&item).map(|(first, _)| first))
}

/// The first and last moment that an item tells of.
fn moments(item: &Item) -> Option<(u64, u64)> {
    match item {
        Item::Clock(pairs) => {
            // The present is the youngest; an import's clock begins at 0 and tells of no moment.
            let youngest = pairs.iter().map(|pair| pair.boottime_ns).max()?;
            (youngest > 0).then_some((youngest, youngest))
        }
        Item::Events(block) => Some((block.first_time(), block.last_time())),
        _ => None,
    }
}
