//! What the indexes of a capture tell without anything else being read: the times of its segments, their clocks, and where state begins.
//!
//! In: the segments of a capture. Out: a sketch of each; what is read of them for a span of time, [`Stretch`](super::Stretch) says.
//! An index is believed here where everything else only walks items: whoever reads a part cannot know the rest, and `verify` proves that an index is what was written.
//! A segment without an end or with a damaged index is walked once instead.

use std::collections::BTreeMap;

use falco_abi::EventId;
use falco_abi::events::state_complete;

use super::items::{Item, Items};
use super::open::Capture;
use super::segment::{Segment, item_at};
use crate::block::Block;
use crate::boot::BootId;
use crate::clock::{self, ClockMap, ClockPair, UnixNanos};
use crate::layout::ItemKind;
use crate::lost::{self, LostInterval};
use crate::segment::{Dialect, IndexEntry};
use crate::span::Span;

/// What is known of a capture from its indexes.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    pub(super) sketches: Vec<Sketch>,
}

/// What is known of a segment.
#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    /// Which boot and dialect it is of, counted along the stream; nothing of one holds for the next.
    pub(super) world: usize,
    /// Its clock.
    pub(super) pairs: Vec<ClockPair>,
    /// The earliest and latest wall-clock time of its events.
    pub(super) times: Option<(UnixNanos, UnixNanos)>,
    /// The earliest of those that are known at all.
    first_known: Option<UnixNanos>,
    /// Whether it has events before any clock: what their times are, only reading tells.
    pub(super) is_timeless: bool,
    /// The least boot time of its first block of events, and the greatest of its last.
    pub(super) boottime: Option<(u64, u64)>,
    /// Where its first block of events stands.
    pub(super) events_at: Option<u64>,
    /// Where its first snapshot is whole, and from which boot time on.
    pub(super) state: Option<(u64, u64)>,
    /// The last boot time that a row of a snapshot has.
    pub(super) state_until: u64,
    /// Where losses are told.
    pub(super) lost_at: Vec<u64>,
    /// Rows of events.
    pub(super) rows: u64,
    /// The same by event.
    pub(super) event_counts: BTreeMap<EventId, u64>,
}

impl Capture {
    /// Reads what the indexes tell.
    pub fn outline(&self) -> Outline {
        let mut sketches = Vec::with_capacity(self.segments().len());
        let (mut world, mut border) = (0, None::<(BootId, Dialect)>);
        let mut clock = ClockMap::new();
        for segment in self.segments() {
            let header = segment.header().filter(|_| !segment.is_passed_over());
            let here = header.map(|header| (header.boot_id, header.dialect));
            if here.is_some() && here != border {
                world += usize::from(border.is_some());
                border = here;
                clock = ClockMap::new();
            }
            sketches.push(Sketch::of(segment, world, &mut clock));
        }
        Outline { sketches }
    }
}

impl Segment {
    /// The first and last moment that it has events of, by its own clock; none where it has no events or no clock.
    pub fn times(&self) -> Option<(UnixNanos, UnixNanos)> {
        let sketches = vec![Sketch::of(self, 0, &mut ClockMap::new())];
        Outline { sketches }.times()
    }
}

impl Outline {
    /// The first and last moment that something happened at; none where nothing did, or no clock is known.
    pub fn times(&self) -> Option<(UnixNanos, UnixNanos)> {
        let first = self.sketches.iter().filter_map(|sketch| sketch.first_known);
        let last = self.sketches.iter().filter_map(|sketch| sketch.times);
        let last = last.map(|(_, last)| last).max();
        first.min().zip(last)
    }
}

impl Sketch {
    fn of(segment: &Segment, world: usize, clock: &mut ClockMap) -> Sketch {
        let mut sketch = Sketch {
            world,
            ..Sketch::default()
        };
        if segment.is_passed_over() {
            return sketch;
        }
        let mut snapshot = None;
        for entry in entries(segment) {
            match entry.kind {
                ItemKind::CLOCK => {
                    let pairs = pairs_at(segment, entry.offset);
                    clock.add(&pairs);
                    sketch.pairs.extend(pairs);
                }
                ItemKind::LOST => sketch.lost_at.push(entry.offset),
                ItemKind::STATE => {
                    sketch.state_until = sketch.state_until.max(entry.last_time);
                    let from = *snapshot.get_or_insert(entry.first_time);
                    if entry.is_whole_snapshot() && sketch.state.is_none() {
                        sketch.state = Some((entry.offset, from));
                    }
                }
                ItemKind::EVENTS => sketch.events(&entry, clock),
                _ => {}
            }
        }
        sketch
    }

    fn events(&mut self, entry: &IndexEntry, clock: &ClockMap) {
        for (event, count) in &entry.event_counts {
            self.rows = self.rows.saturating_add(u64::from(*count));
            let counted = self.event_counts.entry(*event).or_default();
            *counted = counted.saturating_add(u64::from(*count));
        }
        self.events_at.get_or_insert(entry.offset);
        let first = self.boottime.map_or(entry.first_time, |(first, _)| first);
        self.boottime = Some((first, entry.last_time));
        if clock.is_empty() {
            self.is_timeless = true;
            return;
        }
        let (earliest, latest) = clock.realtime_range(entry.first_time, entry.last_time);
        let known = if earliest.is_known() {
            earliest
        } else {
            latest
        };
        if known.is_known() {
            self.first_known = self.first_known.into_iter().chain([known]).min();
        }
        self.times = Some(self.times.map_or((earliest, latest), |(first, last)| {
            (first.min(earliest), last.max(latest))
        }));
    }

    /// Whether some of its events may lie within a span.
    pub(super) fn touches(&self, span: &Span) -> bool {
        let touches = |(first, last)| span.touches(first, last);
        self.is_timeless || self.times.is_some_and(touches)
    }
}

impl IndexEntry {
    /// Whether a snapshot is whole with these rows.
    fn is_whole_snapshot(&self) -> bool {
        let mut events = self.event_counts.iter();
        events.any(|(event, count)| *event == state_complete::EVENT && *count > 0)
    }
}

/// The items of a segment, by its index; by a walk where it has none.
pub(super) fn entries(segment: &Segment) -> Vec<IndexEntry> {
    if let Some(index) = segment.index() {
        return index.entries;
    }
    let mut items = Items::new(std::slice::from_ref(segment));
    let mut entries = Vec::new();
    while let Some(placed) = items.next_placed() {
        let Some(raw) = placed.raw else {
            continue;
        };
        let block = match &placed.item {
            Item::State(block) | Item::Events(block) => Some(block),
            _ => None,
        };
        entries.push(IndexEntry {
            kind: raw.header.kind,
            offset: raw.offset as u64,
            length: raw.bytes.len() as u64,
            first_time: block.map_or(0, Block::first_time),
            last_time: block.map_or(0, Block::last_time),
            event_counts: block.map_or_else(Vec::new, |block| block.event_counts().collect()),
        });
    }
    entries
}

/// The pairs of a CLOCK item; none where it is damaged, which reading it tells.
pub(super) fn pairs_at(segment: &Segment, offset: u64) -> Vec<ClockPair> {
    payload_at(segment, offset, ItemKind::CLOCK)
        .and_then(|payload| clock::decode(payload).ok())
        .unwrap_or_default()
}

/// The intervals of a LOST item.
pub(super) fn lost_at(segment: &Segment, offset: u64) -> Vec<LostInterval> {
    payload_at(segment, offset, ItemKind::LOST)
        .and_then(|payload| lost::decode(payload).ok())
        .unwrap_or_default()
}

fn payload_at(segment: &Segment, offset: u64, kind: ItemKind) -> Option<&[u8]> {
    let offset = usize::try_from(offset).ok()?;
    let (found, payload) = item_at(segment.bytes.as_slice(), offset)?;
    (found == kind).then_some(payload)
}
