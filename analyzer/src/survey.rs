//! What a capture holds, told from its items alone: no row is decoded but for those of blocks in which an event has no time.
//!
//! In: the items of a capture, or of a part of it. Out: its segments, times, counts, losses and damage.
//! At the ends of a span of time rows are decoded too, for their times alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use falco_abi::EventId;
use falco_format::{Block, BootId, ClockMap, Item, Projection, Schema, Span, UnixNanos};

use crate::pipeline::{Part, Tally, TimeRange};

/// One segment of a capture.
#[derive(Clone, Debug)]
pub struct SegmentSurvey {
    /// Its number within the capture.
    pub number: u64,
    /// The node's name.
    pub node: String,
    /// The boot.
    pub boot_id: BootId,
    /// When the segment was begun; 0 where nobody knows, as of a `.scap` file.
    pub created: UnixNanos,
    /// Times since boot of its events, of those that have one.
    pub times: Option<TimeRange>,
    /// What it holds.
    pub tally: Tally,
}

impl SegmentSurvey {
    /// Whether the recorder ended it: an unsealed one is still being written, or its recorder was killed.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.tally.sealed > 0
    }
}

/// A capture.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Its segments, in order.
    pub segments: Vec<SegmentSurvey>,
    /// All of them together.
    pub total: Tally,
    /// Boot time to wall-clock time, by the boot: the boots of one root count from moments of their own.
    clocks: BTreeMap<BootId, ClockMap>,
    /// Names of events, as the capture's own schema has them.
    names: BTreeMap<EventId, String>,
}

impl Survey {
    /// First and last event in nanoseconds since the epoch, of those that have a time: old `.scap` files have some at 0, which nobody took for 1970. Nothing where no clock is known.
    #[must_use]
    pub fn realtime(&self) -> Option<TimeRange<UnixNanos>> {
        self.segments
            .iter()
            .filter_map(|segment| self.realtime_of(segment))
            .reduce(spanning)
    }

    /// The same of one of its segments.
    #[must_use]
    pub fn realtime_of(&self, segment: &SegmentSurvey) -> Option<TimeRange<UnixNanos>> {
        let clock = self.clocks.get(&segment.boot_id)?;
        let range = segment.times?;
        Some(TimeRange {
            first: clock.known_realtime(range.first)?,
            last: clock.known_realtime(range.last)?,
        })
    }

    /// The name of an event; its number where the capture does not say.
    #[must_use]
    pub fn event_name(&self, event: EventId) -> String {
        self.names
            .get(&event)
            .cloned()
            .unwrap_or_else(|| format!("event {}", event.0))
    }

    /// Events by name, the most frequent first, equal counts by name.
    #[must_use]
    pub fn events_by_name(&self) -> Vec<(String, u64)> {
        let mut counts: Vec<_> = self
            .total
            .by_event
            .iter()
            .map(|(event, count)| (self.event_name(*event), *count))
            .collect();
        counts.sort_by(|(name, count), (other_name, other)| {
            other.cmp(count).then_with(|| name.cmp(other_name))
        });
        counts
    }

    /// Encoded bytes of EVENTS blocks per event.
    #[must_use]
    pub fn bytes_per_event(&self) -> Option<f64> {
        (self.total.events > 0).then(|| self.total.encoded_bytes as f64 / self.total.events as f64)
    }

    /// The clock of the segment that is read.
    fn clock(&self) -> Option<&ClockMap> {
        self.clocks.get(&self.segments.last()?.boot_id)
    }

    /// Whether all rows of a block lie within a span.
    fn has_all(&self, block: &Block, span: Span) -> bool {
        let (first, last) = (block.first_time(), block.last_time());
        let is_within = |clock: &ClockMap| {
            let (earliest, latest) = clock.realtime_range(first, last);
            span.contains(earliest) && span.contains(latest)
        };
        span.is_open() || self.clock().is_some_and(is_within)
    }

    /// Counts the rows of a block that lie within a span; of one that does not decode nobody knows which.
    fn count_within(&mut self, block: &Block, span: Span) {
        let Some(clock) = self.clock() else {
            return;
        };
        let (earliest, latest) = clock.realtime_range(block.first_time(), block.last_time());
        if !span.touches(earliest, latest) {
            return;
        }
        let Ok(rows) = block.decode(&Projection::rows()) else {
            return;
        };
        let rows = rows.iter().map(|row| (row.event(), row.time()));
        let within: Vec<_> = rows
            .filter(|(_, time)| span.contains(clock.realtime(*time)))
            .collect();
        self.total.rows_of(block, &within);
        if let Some(segment) = self.segments.last_mut() {
            segment.tally.rows_of(block, &within);
            let times = within.iter().map(|(_, time)| TimeRange {
                first: *time,
                last: *time,
            });
            segment.times = segment.times.into_iter().chain(times).reduce(spanning);
        }
    }

    fn learn(&mut self, schema: &Arc<Schema>) {
        for event in schema.events() {
            self.names
                .entry(event.id)
                .or_insert_with(|| event.name.clone());
        }
    }
}

/// Surveys a capture.
#[must_use]
pub fn survey(items: impl Iterator<Item = Item>) -> Survey {
    survey_of(items, &Part::whole())
}

/// Surveys the items of a part of a capture: of the events those of its time are counted.
#[must_use]
pub fn survey_of(items: impl Iterator<Item = Item>, part: &Part) -> Survey {
    let mut survey = Survey::default();
    let carried = part.passed().and_then(|passed| passed.carried.as_ref());
    let mut carried = carried.map(|carried| carried.clock.as_slice());
    for item in items {
        match &item {
            Item::Segment(header) => {
                if let Some(clock) = carried.take() {
                    survey.clocks.entry(header.boot_id).or_default().add(clock);
                }
                survey.segments.push(SegmentSurvey {
                    number: header.segment_number,
                    node: header.node.clone(),
                    boot_id: header.boot_id,
                    created: header.created_realtime,
                    times: None,
                    tally: Tally::default(),
                });
            }
            Item::Schema(schema) => survey.learn(schema),
            Item::Clock(pairs) => {
                if let Some(segment) = survey.segments.last() {
                    let clock = survey.clocks.entry(segment.boot_id);
                    clock.or_default().add(pairs);
                }
            }
            Item::Events(block) if !survey.has_all(block, part.span) => {
                survey.count_within(block, part.span);
                continue;
            }
            Item::Events(block) => {
                if let Some(segment) = survey.segments.last_mut() {
                    let ranges = segment.times.into_iter().chain(times_of(block));
                    segment.times = ranges.reduce(spanning);
                }
            }
            _ => {}
        }
        survey.total.item(&item);
        if let Some(segment) = survey.segments.last_mut() {
            segment.tally.item(&item);
        }
    }
    survey
}

/// The range that spans both.
fn spanning<T: Ord>(one: TimeRange<T>, other: TimeRange<T>) -> TimeRange<T> {
    TimeRange {
        first: one.first.min(other.first),
        last: one.last.max(other.last),
    }
}

/// First and last time of a block's rows, of those that have one.
fn times_of(block: &Block) -> Option<TimeRange> {
    let (first, last) = (block.first_time(), block.last_time());
    if first > 0 || last == 0 {
        return (last > 0).then_some(TimeRange { first, last });
    }
    let rows = block.decode(&Projection::rows()).ok()?;
    let first = rows
        .iter()
        .map(|row| row.time())
        .filter(|time| *time > 0)
        .min()?;
    Some(TimeRange { first, last })
}
