//! What a capture holds, told from its items alone: no row is decoded.
//!
//! In: the items of a capture. Out: its segments, times, counts, losses and damage.

use std::collections::BTreeMap;
use std::sync::Arc;

use falco_abi::EventId;
use falco_format::{ClockMap, Item, Schema};

use crate::alert::boot_id_text;
use crate::pipeline::{Tally, TimeRange};

/// One segment of a capture.
#[derive(Clone, Debug)]
pub struct SegmentSurvey {
    /// Its number within the capture.
    pub number: u64,
    /// The node's name.
    pub node: String,
    /// The boot id as text.
    pub boot_id: String,
    /// When the segment was begun, in nanoseconds since the epoch; 0 where nobody knows, as of a `.scap` file.
    pub created_ns: u64,
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
    /// Boot time to wall-clock time.
    pub clock: ClockMap,
    /// Names of events, as the capture's own schema has them.
    names: BTreeMap<EventId, String>,
}

impl Survey {
    /// First and last event in nanoseconds since the epoch.
    #[must_use]
    pub fn realtime(&self) -> Option<TimeRange> {
        let range = self.total.boottime?;
        Some(TimeRange {
            first: self.clock.realtime(range.first),
            last: self.clock.realtime(range.last),
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
pub fn survey<'a>(items: impl Iterator<Item = Item<'a>>) -> Survey {
    let mut survey = Survey::default();
    for item in items {
        match &item {
            Item::Segment(header) => survey.segments.push(SegmentSurvey {
                number: header.segment_number,
                node: header.node.clone(),
                boot_id: boot_id_text(&header.boot_id),
                created_ns: header.created_realtime,
                tally: Tally::default(),
            }),
            Item::Schema(schema) => survey.learn(schema),
            Item::Clock(pairs) => survey.clock.add(pairs),
            _ => {}
        }
        survey.total.item(&item);
        if let Some(segment) = survey.segments.last_mut() {
            segment.tally.item(&item);
        }
    }
    survey
}
