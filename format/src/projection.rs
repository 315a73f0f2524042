//! Which events, and which of their columns, a reader wants: nothing else is decompressed.

use std::collections::BTreeMap;

use falco_abi::EventId;

/// Events and columns to decode. Columns that are left out read as absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    others: bool,
    events: BTreeMap<EventId, u64>,
}

impl Projection {
    /// Every event with every column.
    pub fn all() -> Self {
        Projection {
            others: true,
            events: BTreeMap::new(),
        }
    }

    /// No event.
    pub fn none() -> Self {
        Projection {
            others: false,
            events: BTreeMap::new(),
        }
    }

    /// Adds an event with every column.
    #[must_use]
    pub fn with_event(self, event: EventId) -> Self {
        self.with_params(event, u64::MAX)
    }

    /// Adds an event with the columns whose bits are set; bit `i` is parameter `i`. Columns that it already has stay.
    #[must_use]
    pub fn with_params(mut self, event: EventId, columns: u64) -> Self {
        self.add(event, columns);
        self
    }

    /// Adds an event with these columns, in place.
    pub fn add(&mut self, event: EventId, columns: u64) {
        if !self.others {
            *self.events.entry(event).or_insert(0) |= columns;
        }
    }

    /// What either of the two wants.
    #[must_use]
    pub fn union(mut self, other: &Projection) -> Self {
        if other.others {
            return Projection::all();
        }
        for (event, columns) in &other.events {
            self.add(*event, *columns);
        }
        self
    }

    /// The columns wanted of an event; `None` where its rows are not wanted at all.
    pub fn columns(&self, event: EventId) -> Option<u64> {
        if self.others {
            return Some(u64::MAX);
        }
        self.events.get(&event).copied()
    }

    /// Whether any row of the event is wanted.
    pub fn includes(&self, event: EventId) -> bool {
        self.columns(event).is_some()
    }
}
