//! What the indexes of a capture add up to, for questions that they alone can answer: how many events there are, and from when to when.
//!
//! In: the segments of a capture. Out: numbers that reading everything would give, or nothing where indexes do not tell them.
//! An index is believed, as it is where a part is read; damage of a block it does not know.

use std::collections::BTreeMap;

use falco_abi::EventId;

use super::open::Capture;
use super::outline::{lost_at, pairs_at};
use super::segment::Segment;
use crate::boot::BootId;
use crate::clock::{ClockMap, UnixNanos};
use crate::layout::ItemKind;
use crate::segment::{Dialect, IndexEntry};

/// The sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Rows of events, by event.
    pub event_counts: BTreeMap<EventId, u64>,
    /// The least and greatest boot time of an event; none where there is no event.
    pub boottime: Option<(u64, u64)>,
    /// The earliest and latest time of an event; none where there is no event, or a clock that is not known or was put back makes them others than those of the first and last rows of blocks.
    pub times: Option<(UnixNanos, UnixNanos)>,
    /// Blocks of events.
    pub blocks: u64,
    /// Events that the recorder lost.
    pub lost_events: u64,
}

impl Capture {
    /// What the indexes add up to; none where a segment has no index, or its values are in the words of Falco or it is derived: of those only reading tells what is an event that is shown.
    pub fn totals(&self) -> Option<Totals> {
        let mut totals = Totals::default();
        let mut clock = Clock::default();
        for segment in self.segments() {
            let header = segment.header().filter(|_| !segment.is_passed_over())?;
            if header.dialect != Dialect::Native {
                return None;
            }
            clock.begin(header.boot_id);
            let entries = segment.index()?.entries;
            if entries.iter().any(|entry| entry.kind == ItemKind::DERIVED) {
                return None;
            }
            for entry in entries {
                totals.entry(segment, &entry, &mut clock);
            }
        }
        if !clock.is_exact {
            totals.times = None;
        }
        Some(totals)
    }
}

/// The clock of the boot that is at hand.
struct Clock {
    boot: Option<BootId>,
    map: ClockMap,
    /// Whether the times so far are those of events.
    is_exact: bool,
}

impl Default for Clock {
    fn default() -> Self {
        Clock {
            boot: None,
            map: ClockMap::new(),
            is_exact: true,
        }
    }
}

impl Clock {
    /// Another boot counts from a moment of its own.
    fn begin(&mut self, boot: BootId) {
        if self.boot != Some(boot) {
            self.boot = Some(boot);
            self.map = ClockMap::new();
        }
    }

    /// The earliest and latest time of a block.
    fn times(&mut self, entry: &IndexEntry) -> (UnixNanos, UnixNanos) {
        let range = self.map.realtime_range(entry.first_time, entry.last_time);
        let ends = [entry.first_time, entry.last_time].map(|time| self.map.realtime(time));
        self.is_exact &= ends == [range.0, range.1] && range.0.is_known();
        range
    }
}

impl Totals {
    /// Rows of events.
    pub fn rows(&self) -> u64 {
        let counts = self.event_counts.values();
        counts.fold(0, |sum, count| sum.saturating_add(*count))
    }

    fn entry(&mut self, segment: &Segment, entry: &IndexEntry, clock: &mut Clock) {
        match entry.kind {
            ItemKind::CLOCK => clock.map.add(&pairs_at(segment, entry.offset)),
            ItemKind::LOST => {
                for interval in lost_at(segment, entry.offset) {
                    self.lost_events = self.lost_events.saturating_add(interval.count);
                }
            }
            ItemKind::EVENTS => self.events(entry, clock),
            _ => {}
        }
    }

    fn events(&mut self, entry: &IndexEntry, clock: &mut Clock) {
        self.blocks = self.blocks.saturating_add(1);
        for (event, count) in &entry.event_counts {
            let counted = self.event_counts.entry(*event).or_default();
            *counted = counted.saturating_add(u64::from(*count));
        }
        let boottime = (entry.first_time, entry.last_time);
        self.boottime = Some(wider(self.boottime, boottime));
        self.times = Some(wider(self.times, clock.times(entry)));
    }
}

/// What holds both.
fn wider<T: Ord + Copy>(range: Option<(T, T)>, other: (T, T)) -> (T, T) {
    range.map_or(other, |range| (range.0.min(other.0), range.1.max(other.1)))
}
