//! What conditions were asked and what they answered: the patterns of answers that events gave, each kept once.
//!
//! In: events, each with the rules that alerted of it. Out: for each condition the distinct patterns, with how many
//! events gave each. All that coverage and mutation ask is a function of a pattern, so nothing else is kept of events.

use std::collections::HashMap;
use std::sync::Arc;

/// Most patterns that are kept of one condition. Each is some hundred bytes; stock rules have some hundred patterns on
/// a capture of millions of events.
pub const MAX_PATTERNS: usize = 1 << 16;

/// Most patterns of one condition that one thread holds before it hands them over.
const MAX_HELD: usize = 1 << 12;

/// One pattern and what gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// The event's type, and then the answers of the condition's tests.
    pub(crate) words: Arc<[u64]>,
    /// How many events gave it.
    pub(crate) events: u64,
    /// Of how many of them the rule alerted.
    pub(crate) alerts: u64,
}

/// The patterns of one condition, in the order in which they were met.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patterns {
    places: HashMap<Arc<[u64]>, usize>,
    list: Vec<Pattern>,
    /// Events whose pattern found no room.
    left_out: u64,
}

/// What was observed: to be added up over portions of a stream in their order, and over captures.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub(crate) conditions: Vec<Patterns>,
}

impl Patterns {
    /// Takes an event.
    pub(crate) fn take(&mut self, words: &[u64], is_alert: bool) {
        self.add(words, (1, u64::from(is_alert)));
    }

    fn add(&mut self, words: &[u64], (events, alerts): (u64, u64)) {
        if let Some(place) = self.places.get(words) {
            if let Some(known) = self.list.get_mut(*place) {
                known.events += events;
                known.alerts += alerts;
            }
            return;
        }
        if self.list.len() >= MAX_PATTERNS {
            self.left_out += events;
            return;
        }
        let words: Arc<[u64]> = words.into();
        self.places.insert(Arc::clone(&words), self.list.len());
        self.list.push(Pattern {
            words,
            events,
            alerts,
        });
    }

    /// The place of a pattern.
    pub(crate) fn place(&self, words: &[u64]) -> Option<usize> {
        self.places.get(words).copied()
    }

    pub(crate) fn list(&self) -> &[Pattern] {
        &self.list
    }
}

impl Observed {
    pub(crate) fn of(conditions: usize) -> Self {
        Self {
            conditions: vec![Patterns::default(); conditions],
        }
    }

    /// Whether it is time to hand it over.
    pub(crate) fn is_full(&self) -> bool {
        let mut conditions = self.conditions.iter();
        conditions.any(|patterns| patterns.list.len() >= MAX_HELD)
    }

    /// Adds what was observed of a later portion of the same rules' events.
    pub fn add(&mut self, other: &Self) {
        if self.conditions.is_empty() {
            self.conditions
                .resize_with(other.conditions.len(), Patterns::default);
        }
        for (own, other) in self.conditions.iter_mut().zip(&other.conditions) {
            for pattern in &other.list {
                own.add(&pattern.words, (pattern.events, pattern.alerts));
            }
            own.left_out += other.left_out;
        }
    }

    /// Events whose answers were of so many kinds that they were not kept, counted for each rule.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        let left_out = self.conditions.iter().map(|patterns| patterns.left_out);
        left_out.sum()
    }
}
