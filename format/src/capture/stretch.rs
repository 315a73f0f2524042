//! Which part of a capture is read for a span of time: from the snapshot that state begins with to the span's last block.
//!
//! In: what indexes tell, and a span. Out: a [`Stretch`], and its items.
//! It chooses whole blocks; which of their rows lie within the span is the reader's to say.

use std::collections::BTreeMap;

use falco_abi::EventId;

use super::cut::Cut;
use super::items::Items;
use super::open::Capture;
use super::outline::{Outline, Sketch, entries, lost_at, pairs_at};
use super::segment::Segment;
use crate::clock::{ClockMap, ClockPair, UnixNanos};
use crate::layout::ItemKind;
use crate::lost::LostInterval;
use crate::segment::IndexEntry;
use crate::span::Span;

/// A part of a capture: segments, the last of them perhaps not to its end.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    /// The first segment that is read, and the one behind the last.
    segments: (usize, usize),
    /// Where reading of the last one stops; `None` for its end.
    stop: Option<usize>,
    /// Losses of within the span that are only told behind it.
    lost: Vec<LostInterval>,
    /// From when on it is read; none from the capture's beginning.
    pub from: Option<UnixNanos>,
    /// What lies in front of it.
    pub passed: Passed,
    /// Segments behind it.
    pub segments_behind: u64,
}

/// What stands in front of what is read, as far as indexes tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Segments.
    pub segments: u64,
    /// Rows of events.
    pub rows: u64,
    /// The same by event.
    pub event_counts: BTreeMap<EventId, u64>,
    /// What goes on from there; none where a boot begins with what is read.
    pub carried: Option<Carried>,
}

/// What holds of a boot of which the beginning is passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Its clock so far.
    pub clock: Vec<ClockPair>,
    /// Boot time of its first event.
    pub first_time: Option<u64>,
    /// Boot time of the last event that is passed over.
    pub last_time: Option<u64>,
    /// When the snapshot was taken that state begins with.
    pub state_from: Option<UnixNanos>,
}

impl Capture {
    /// What is read of a capture for a span of time. State begins with the last whole snapshot before the span; with the capture's first item where it must be exact.
    pub fn stretch(&self, outline: &Outline, span: &Span, is_exact: bool) -> Stretch {
        let planner = Planner {
            capture: self,
            sketches: &outline.sketches,
            span,
        };
        planner.stretch(is_exact).unwrap_or_default()
    }

    /// Everything of a part, in stream order.
    pub fn items_of(&self, stretch: &Stretch) -> Items<'_> {
        let (first, end) = stretch.segments;
        let segments = self.part(stretch);
        let is_last = end >= self.segments().len() && stretch.stop.is_none();
        let cut = Cut::new(first > 0, (!is_last).then_some(stretch.stop));
        Items::of(segments, cut.with_lost(&stretch.lost))
    }

    /// Bytes of the segments of a part.
    pub fn bytes_of(&self, stretch: &Stretch) -> u64 {
        self.part(stretch).iter().map(Segment::bytes).sum()
    }

    /// The segments of a part.
    pub fn part(&self, stretch: &Stretch) -> &[Segment] {
        let (first, end) = stretch.segments;
        let end = end.min(self.segments().len());
        self.segments().get(first..end).unwrap_or_default()
    }
}

impl Stretch {
    /// The same with everything that follows.
    pub fn to_the_end(&self) -> Stretch {
        let (first, end) = self.segments;
        let end = if first == end { end } else { usize::MAX };
        Stretch {
            segments: (first, end),
            passed: self.passed.clone(),
            ..Stretch::default()
        }
    }

    /// The same with its last segment to its end.
    pub fn in_whole_segments(&self) -> Stretch {
        Stretch {
            stop: None,
            lost: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether nothing is read.
    pub fn is_empty(&self) -> bool {
        self.segments.0 == self.segments.1
    }
}

struct Planner<'a> {
    capture: &'a Capture,
    sketches: &'a [Sketch],
    span: &'a Span,
}

impl Planner<'_> {
    /// None where nothing of the capture lies within.
    fn stretch(&self, is_exact: bool) -> Option<Stretch> {
        let is_asked = |sketch: &Sketch| sketch.touches(self.span);
        let asked = self.sketches.iter().position(is_asked);
        let asked = asked.zip(self.sketches.iter().rposition(is_asked));
        let (first, last) = asked.or_else(|| self.nearest().map(|at| (at, at)))?;
        let begin = if is_exact { 0 } else { self.begin(first) };
        let (end, stop) = match self.span.until {
            Some(_) => self.end(last),
            None => (self.sketches.len(), None),
        };
        let mut passed = self.passed(begin);
        passed.carried = self.carried(begin);
        let state_from = passed
            .carried
            .as_ref()
            .and_then(|carried| carried.state_from);
        let times = self.sketch(begin).and_then(|sketch| sketch.times);
        let from = state_from.or(times.map(|(first, _)| first));
        Some(Stretch {
            segments: (begin, end),
            stop,
            lost: self.lost_behind(last, (end, stop)),
            from: from.filter(|_| begin > 0),
            passed,
            segments_behind: self.sketches.len().saturating_sub(end) as u64,
        })
    }

    /// The segment beside which a span lies that has no event, within the capture: what was lost there is told beside it.
    fn nearest(&self) -> Option<usize> {
        let since = self.span.since.unwrap_or_default();
        let times = |sketch: &Sketch| sketch.times;
        let is_within = |(first, last)| self.span.touches(first, last);
        let all = self.sketches.iter().filter_map(times);
        let all = all.reduce(|all, times| (all.0.min(times.0), all.1.max(times.1)));
        all.filter(|all| is_within(*all))?;
        let is_before = |sketch: &Sketch| times(sketch).is_some_and(|(first, _)| first <= since);
        self.sketches.iter().rposition(is_before)
    }

    fn sketch(&self, at: usize) -> Option<&Sketch> {
        self.sketches.get(at)
    }

    fn world(&self, at: usize) -> Option<usize> {
        self.sketch(at).map(|sketch| sketch.world)
    }

    /// The first segment of a segment's world.
    fn world_begin(&self, at: usize) -> usize {
        let world = self.world(at);
        let is_here = |sketch: &Sketch| Some(sketch.world) == world;
        self.sketches.iter().position(is_here).unwrap_or(at)
    }

    /// The segment with whose snapshot state begins: the last one up to the span's first that has a whole one in front of the span, else the first of the world.
    fn begin(&self, first: usize) -> usize {
        let world_begin = self.world_begin(first);
        let begins = |at: &usize| {
            self.sketch(*at).is_some_and(|sketch| {
                let events_at = sketch.events_at.unwrap_or(u64::MAX);
                let is_before = |(offset, _)| *at < first || offset < events_at;
                sketch.state.is_some_and(is_before)
            })
        };
        let mut candidates = (world_begin..first.saturating_add(1)).rev();
        candidates.find(begins).unwrap_or(world_begin)
    }

    /// The clock of a world as it is known before a segment.
    fn clock_before(&self, at: usize) -> ClockMap {
        let begin = self.world_begin(at);
        let before = self.sketches.get(begin..at).unwrap_or_default();
        let pairs: Vec<_> = before.iter().flat_map(|sketch| &sketch.pairs).collect();
        ClockMap::from_pairs(&pairs.into_iter().copied().collect::<Vec<_>>())
    }

    /// The last boot time of the snapshots in front of a segment.
    fn state_until(&self, at: usize) -> u64 {
        let before = self.sketches.get(self.world_begin(at)..at);
        let untils = before
            .unwrap_or_default()
            .iter()
            .map(|sketch| sketch.state_until);
        untils.max().unwrap_or(0)
    }

    fn passed(&self, begin: usize) -> Passed {
        let mut passed = Passed::default();
        for sketch in self.sketches.iter().take(begin) {
            passed.segments = passed.segments.saturating_add(1);
            passed.rows = passed.rows.saturating_add(sketch.rows);
            for (event, count) in &sketch.event_counts {
                let counted = passed.event_counts.entry(*event).or_default();
                *counted = counted.saturating_add(*count);
            }
        }
        passed
    }

    fn carried(&self, begin: usize) -> Option<Carried> {
        let world_begin = self.world_begin(begin);
        let passed = self.sketches.get(world_begin..begin)?;
        if passed.is_empty() {
            return None;
        }
        let boottimes = || passed.iter().filter_map(|sketch| sketch.boottime);
        let clock = self.clock_before(begin);
        let here = self.sketch(begin)?;
        let mut clock_here = clock.clone();
        clock_here.add(&here.pairs);
        let state = here.state.map(|(_, time)| time);
        Some(Carried {
            clock: clock.pairs().to_vec(),
            first_time: boottimes().next().map(|(first, _)| first),
            last_time: boottimes().next_back().map(|(_, last)| last),
            state_from: state.and_then(|time| clock_here.known_realtime(time)),
        })
    }

    /// Behind which segment reading ends, and where in it: at the first block behind the span, and behind those that the snapshots in front of the span must be compared with.
    fn end(&self, last: usize) -> (usize, Option<usize>) {
        let mut look = Look {
            clock: self.clock_before(last),
            until: self.state_until(last),
            has_span: false,
        };
        let mut at = last;
        loop {
            if let Some(stop) = self.stop(at, &mut look) {
                return (at.saturating_add(1), Some(stop));
            }
            at = at.saturating_add(1);
            let goes_on = self.world(at).is_some() && self.world(at) == self.world(last);
            let first = self.sketch(at).and_then(|sketch| sketch.boottime);
            if !goes_on || first.is_none_or(|(first, _)| first > look.until) {
                return (at, None);
            }
            look.has_span = true;
        }
    }

    /// Where reading of a segment stops.
    fn stop(&self, at: usize, look: &mut Look) -> Option<usize> {
        let segment = self.capture.segments().get(at)?;
        let entries = entries(segment);
        let begun = if look.has_span {
            0
        } else {
            let mut clock = look.clock.clone();
            let asked = entries.iter().enumerate().filter(|(_, entry)| {
                if entry.kind == ItemKind::CLOCK {
                    clock.add(&pairs_at(segment, entry.offset));
                }
                entry.kind == ItemKind::EVENTS && self.is_begun(entry, &clock)
            });
            asked.last().map_or(0, |(index, _)| index.saturating_add(1))
        };
        for entry in entries.iter().take(begun) {
            look.snapshot(entry);
        }
        let mut rest = entries.iter().skip(begun);
        let stop = rest.find(|entry| {
            look.snapshot(entry);
            entry.kind == ItemKind::EVENTS && entry.first_time > look.until
        });
        stop.and_then(|entry| usize::try_from(entry.offset).ok())
    }

    /// Whether a block begins before the span ends.
    fn is_begun(&self, entry: &IndexEntry, clock: &ClockMap) -> bool {
        let (first, _) = clock.realtime_range(entry.first_time, entry.last_time);
        clock.is_empty() || self.span.is_begun(first)
    }

    /// Losses that are told behind the end and began before the span's.
    fn lost_behind(&self, last: usize, (end, stop): (usize, Option<usize>)) -> Vec<LostInterval> {
        let world = self.world(last);
        let mut clock = self.clock_before(last);
        let mut lost = Vec::new();
        let rest = self
            .sketches
            .iter()
            .zip(self.capture.segments())
            .enumerate();
        for (at, (sketch, segment)) in rest.skip(last) {
            if Some(sketch.world) != world {
                break;
            }
            clock.add(&sketch.pairs);
            let read_to = match at.saturating_add(1).cmp(&end) {
                std::cmp::Ordering::Less => u64::MAX,
                std::cmp::Ordering::Equal => stop.map_or(u64::MAX, |stop| stop as u64),
                std::cmp::Ordering::Greater => 0,
            };
            let unread = sketch.lost_at.iter().filter(|offset| **offset >= read_to);
            let told = unread.flat_map(|offset| lost_at(segment, *offset));
            lost.extend(told.filter(|interval| self.is_within(interval, &clock)));
        }
        lost
    }

    fn is_within(&self, interval: &LostInterval, clock: &ClockMap) -> bool {
        let next = match interval.next_good_time {
            u64::MAX => UnixNanos(u64::MAX),
            next => clock.realtime(next),
        };
        self.span
            .touches(clock.realtime(interval.last_good_time), next)
    }
}

/// How far is read.
struct Look {
    clock: ClockMap,
    /// The last boot time that a snapshot's rows have: what changes until then, they must be compared with.
    until: u64,
    /// Whether the span's last block is behind.
    has_span: bool,
}

impl Look {
    fn snapshot(&mut self, entry: &IndexEntry) {
        if entry.kind == ItemKind::STATE {
            self.until = self.until.max(entry.last_time);
        }
    }
}
