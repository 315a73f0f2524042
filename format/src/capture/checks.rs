//! What reading a segment costs nothing to check: its totals, its clock, and what ties it to the segment before it.
//!
//! In: items as they are read. Out: damage that no single item shows. The full proof, every digest, is `verify`'s.

use std::collections::VecDeque;

use super::beside::After;
use super::holes::follows;
use super::segment::Segment;
use crate::block::Block;
use crate::clock::{self, ClockPair};
use crate::layout::ItemKind;
use crate::segment::{DamageKind, End, Found, RawItem, Scanner, Sequel};

/// What was read of a segment so far.
#[derive(Clone, Debug)]
pub(super) struct SegmentCheck {
    items: u64,
    rows: u64,
    first_time: u64,
    last_time: u64,
    /// Where the index starts, or would.
    index_offset: u64,
    /// Something of it was told to be missing, so that totals cannot agree.
    is_damaged: bool,
    /// A clock was read, or it was told that there is none.
    pub(super) has_clock: bool,
    /// A repair or an import tells of damage here.
    pub(super) is_repaired: bool,
    /// The end was read.
    pub(super) is_ended: bool,
}

impl SegmentCheck {
    pub(super) fn new() -> Self {
        SegmentCheck {
            items: 0,
            rows: 0,
            first_time: u64::MAX,
            last_time: 0,
            index_offset: 0,
            is_damaged: false,
            has_clock: false,
            is_repaired: false,
            is_ended: false,
        }
    }

    /// Takes note of a good item.
    pub(super) fn item(&mut self, raw: &RawItem<'_>) {
        self.items = self.items.saturating_add(1);
        match raw.header.kind {
            ItemKind::INDEX => self.index_offset = raw.offset as u64,
            // Without an index, its place is the end's.
            ItemKind::END if self.index_offset == 0 => self.index_offset = raw.offset as u64,
            ItemKind::END => {}
            // An index that is not the last item before the end is none that the end means.
            _ => self.index_offset = 0,
        }
    }

    /// Takes note of a block of events.
    pub(super) fn events(&mut self, block: &Block) {
        self.rows = self.rows.saturating_add(block.rows() as u64);
        if block.rows() > 0 {
            self.first_time = self.first_time.min(block.first_time());
            self.last_time = self.last_time.max(block.last_time());
        }
    }

    pub(super) fn damaged(&mut self) {
        self.is_damaged = true;
    }

    /// What the end says that is not so. Where something is told to be missing, nobody expects them to agree.
    pub(super) fn totals(&self, end: &End) -> Option<DamageKind> {
        let before = self.items.saturating_sub(1);
        let what = if end.items != before {
            "items"
        } else if end.rows != self.rows {
            "rows"
        } else if (end.first_time, end.last_time) != (self.first_time, self.last_time) {
            "times"
        } else if end.index_offset != self.index_offset {
            "places of the index"
        } else {
            return None;
        };
        (!self.is_damaged).then_some(DamageKind::Totals(what))
    }
}

/// What is wrong between a segment and the one that was read before it.
pub(super) fn seam(before: Option<&Segment>, segment: &Segment) -> Option<DamageKind> {
    let absent = segment.before;
    // Of a repaired copy, damage that it tells of says it already.
    let is_told = before.is_some_and(|before| before.sequel() == Sequel::Missing);
    if absent.missing > 0 {
        return (!is_told).then_some(DamageKind::MissingSegments(absent.missing));
    }
    let before = before?;
    // Each boot of a root has a chain of its own, and what was dropped between two is a link that is not there.
    let is_tied = before.is_beside(segment) && segment.header().is_some() && absent.dropped == 0;
    (is_tied && !follows(before, segment)).then_some(DamageKind::DoesNotFollow)
}

/// What is wrong behind a segment when nothing of its recording follows.
pub(super) fn tail(segment: &Segment) -> Option<DamageKind> {
    let is_missing = segment.after == After::Missing && segment.sequel() != Sequel::Missing;
    is_missing.then_some(DamageKind::MissingSequel)
}

/// The clock of a capture, for segments whose own is lost: found once.
#[derive(Clone, Debug, Default)]
pub(super) struct SpareClock {
    /// The last clock that was read, or the next one, with the name of its segment.
    found: Option<(String, Vec<ClockPair>)>,
    /// Whether those ahead were looked at.
    is_searched: bool,
}

impl SpareClock {
    /// Takes note of a clock that was read.
    pub(super) fn read(&mut self, segment: &Segment, pairs: &[ClockPair]) {
        self.found = Some((segment.name().to_owned(), pairs.to_vec()));
    }

    /// A clock for a segment that has none: that of the segment before it, else the next one of this segment or of those behind it.
    pub(super) fn find(
        &mut self,
        segment: &Segment,
        rest: &[Segment],
    ) -> Option<&(String, Vec<ClockPair>)> {
        if self.found.is_none() && !self.is_searched {
            self.is_searched = true;
            let mut ahead: VecDeque<&Segment> = rest.iter().collect();
            ahead.push_front(segment);
            ahead.retain(|other| other.why_passed_over().is_none() && other.is_beside(segment));
            self.found = ahead.into_iter().find_map(clock_of);
        }
        self.found.as_ref()
    }
}

/// The first clock of a segment that can be read, with the segment's name.
pub(super) fn clock_of(segment: &Segment) -> Option<(String, Vec<ClockPair>)> {
    let pairs = Scanner::new(segment.bytes.as_slice()).find_map(|found| match found {
        Found::Item(raw) if raw.header.kind == ItemKind::CLOCK => clock::decode(raw.payload)
            .ok()
            .filter(|pairs| !pairs.is_empty()),
        _ => None,
    })?;
    Some((segment.name().to_owned(), pairs))
}
