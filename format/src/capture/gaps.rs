//! What lies between segments, and at the ends of a capture: told from headers and ends alone.
//!
//! In: the segments of a capture. Out: where nobody recorded, where an end is missing, and where segments are.
//! Whether a gap is harmless is the reader's concern.

use super::beside::After;
use super::checks::clock_of;
use super::holes::follows;
use super::items::{Item, Items};
use super::open::Capture;
use super::segment::Segment;
use crate::clock::ClockMap;
use crate::segment::Sequel;

/// What a gap is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// The first segment is not number 1, and nobody knows what became of those before it: it was given by itself, or its recorder did not tell yet.
    Beginning,
    /// The last segment was given by itself, and its recording went on.
    Ending,
    /// A writer ended in order, and another one began later.
    Pause,
    /// The end of a segment is missing: its writer died or gave it up, or the end was cut off.
    Unsealed,
    /// So many segments in front of one that is there are missing.
    Missing(u64),
    /// The recording went on behind a segment, and nothing of that is there.
    MissingSequel,
    /// So many segments were dropped by retention.
    Dropped(u64),
    /// The recording goes on as it is read.
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
    /// The last segment before it that tells of a moment.
    since: Option<&'a Segment>,
}

impl Gap<'_> {
    /// The last moment before the gap that the capture tells of, in nanoseconds of boot time.
    pub fn from_boottime(&self) -> Option<u64> {
        last_moment(self.before?).or_else(|| last_moment(self.since?))
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
        let mut last: Option<&Segment> = None;
        // The last one that tells of a moment, for those that hold nothing.
        let mut since: Option<&Segment> = None;
        let read = |segment: &&Segment| segment.why_passed_over().is_none();
        for segment in self.segments().iter().filter(read) {
            gaps.extend(
                between(last, segment)
                    .into_iter()
                    .map(|gap| Gap { since, ..gap }),
            );
            if segment.has_items() || last.is_some_and(|last| !last.is_beside(segment)) {
                since = Some(segment);
            }
            last = Some(segment);
        }
        let end = last.and_then(|last| Some((last, kind_behind(last)?)));
        gaps.extend(end.map(|(last, kind)| Gap {
            kind,
            before: Some(last),
            after: None,
            since,
        }));
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

/// What lies in front of a segment.
fn between<'a>(last: Option<&'a Segment>, segment: &'a Segment) -> Vec<Gap<'a>> {
    let beside = last.filter(|last| last.is_beside(segment));
    let gap = |kind, before, after| Gap {
        kind,
        before,
        after,
        since: None,
    };
    let absent = segment.before;
    let in_front = [
        (absent.dropped > 0).then_some(GapKind::Dropped(absent.dropped)),
        (absent.missing > 0).then_some(GapKind::Missing(absent.missing)),
        absent.is_unknown.then_some(GapKind::Beginning),
    ];
    let in_front = in_front.into_iter().flatten();
    let mut gaps: Vec<Gap<'_>> = in_front
        .map(|kind| gap(kind, beside, Some(segment)))
        .collect();
    let Some(last) = last else {
        return gaps;
    };
    let is_missing = beside.is_some() && absent.missing > 0;
    if let Some(kind) = kind_behind(last).filter(|_| !is_missing) {
        let after = beside
            .map(|_| segment)
            .or((kind == GapKind::Unsealed).then_some(segment));
        gaps.insert(0, gap(kind, Some(last), after));
    } else if gaps.is_empty() && is_pause(last, segment) {
        gaps.push(gap(GapKind::Pause, Some(last), Some(segment)));
    }
    gaps
}

/// Whether a recording ended in order before a segment, and another one began with it. Of a segment that somebody put there nothing can be said.
fn is_pause(last: &Segment, segment: &Segment) -> bool {
    let runs = last.recording().zip(segment.recording());
    !last.is_beside(segment)
        || (runs.is_some_and(|(run, next)| run != next) && follows(last, segment))
}

/// What a segment lacks behind it.
fn kind_behind(segment: &Segment) -> Option<GapKind> {
    match segment.after {
        After::Missing => return Some(GapKind::MissingSequel),
        After::Dropped(count) => return Some(GapKind::Dropped(count)),
        After::NotGiven => return Some(GapKind::Ending),
        After::BeingWritten => return Some(GapKind::BeingWritten),
        After::Nothing => {}
    }
    if segment.is_live() {
        Some(GapKind::BeingWritten)
    } else if !segment.is_sealed() || segment.sequel() == Sequel::EndMissing {
        Some(GapKind::Unsealed)
    } else {
        None
    }
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
