//! The events that came nearest to a rule: those that lack the fewest parts of its condition, grouped by what they lack.
//!
//! In: events that were measured. Out: the groups that lack least, each with how many events it has and the first of them.
//! Memory is bounded by the number of groups. Which groups are kept depends on what they lack alone, and never on how the
//! stream is cut: a group that is among the nearest of the whole is among the nearest of each part that it occurs in, so
//! no part forgets it, and its count is exact.

use std::collections::BTreeMap;

use falco_rules::{FoundValue, Gauge, Lack};

use super::event::ExplainedEvent;
use crate::pipeline::Seen;

/// How many groups are kept: more than anybody reads, so that what is shown of them can be chosen by another order.
const GROUPS_MAX: usize = 64;

/// How many events of a group are kept.
const EXAMPLES_MAX: usize = 3;

/// What a group lacks: how many parts, and which.
type Key = (u32, Vec<u32>);

/// The nearest events that were seen so far.
#[derive(Debug, Default)]
pub struct Nearest {
    groups: BTreeMap<Key, NearestGroup>,
}

/// Events that lack the same parts.
#[derive(Clone, Debug)]
pub struct NearestGroup {
    /// What they lack.
    pub lacks: Vec<Lack>,
    /// How many events there are.
    pub count: u64,
    /// The first of them.
    pub events: Vec<NearestEvent>,
    /// By which input the first was in, and which number it has: the order in which groups are shown.
    first: (usize, u64),
}

/// An event that came near.
#[derive(Clone, Debug)]
pub struct NearestEvent {
    /// The event.
    pub event: ExplainedEvent,
    /// What it has of the left side of each lacking part.
    pub found: Vec<FoundValue>,
}

impl Nearest {
    /// Farther than this, an event is in none of the groups that are kept.
    pub(super) fn farthest(&self) -> u32 {
        let is_full = self.groups.len() >= GROUPS_MAX;
        let last = self.groups.last_key_value().filter(|_| is_full);
        last.map_or(u32::MAX, |((cost, _), _)| *cost)
    }

    /// Takes an event that was just measured; `name` is asked for it if it is one of the first.
    pub(super) fn add(
        &mut self,
        cost: u32,
        gauge: &mut Gauge,
        seen: &Seen<'_>,
        name: impl FnOnce() -> ExplainedEvent,
    ) {
        let numbers = gauge.lacking(seen.context);
        let found = |gauge: &Gauge, numbers: &[u32]| {
            let found = numbers.iter();
            found
                .filter_map(|number| gauge.found(*number, seen.context))
                .collect()
        };
        if let Some(group) = self.groups.get_mut(&(cost, numbers.clone())) {
            group.count += 1;
            if group.events.len() < EXAMPLES_MAX {
                group.events.push(NearestEvent {
                    event: name(),
                    found: found(gauge, &numbers),
                });
            }
            return;
        }
        let lacks = numbers.iter().filter_map(|number| gauge.lack(*number));
        let group = NearestGroup {
            lacks: lacks.cloned().collect(),
            count: 1,
            events: vec![NearestEvent {
                event: name(),
                found: found(gauge, &numbers),
            }],
            first: (0, seen.number),
        };
        self.groups.insert((cost, numbers), group);
        self.cut();
    }

    /// Takes what a later part of the stream had, of the input of this place.
    pub(super) fn join(&mut self, later: Nearest, input: usize) {
        for (key, mut group) in later.groups {
            for near in &mut group.events {
                near.event.input = input;
            }
            match self.groups.get_mut(&key) {
                Some(known) => {
                    known.count += group.count;
                    let left = EXAMPLES_MAX.saturating_sub(known.events.len());
                    known.events.extend(group.events.into_iter().take(left));
                }
                None => {
                    group.first.0 = input;
                    self.groups.insert(key, group);
                }
            }
        }
        self.cut();
    }

    fn cut(&mut self) {
        while self.groups.len() > GROUPS_MAX {
            self.groups.pop_last();
        }
    }

    /// The groups that lack least, in the order of their first events where they lack as many parts.
    #[must_use]
    pub fn groups(&self) -> Vec<&NearestGroup> {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|((cost, _), group)| (*cost, group.first));
        groups.into_iter().map(|(_, group)| group).collect()
    }

    /// Whether there is no event that is near.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}
