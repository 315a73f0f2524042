//! Which events, and which of their columns, a reader wants: nothing else is decompressed.

use std::collections::{BTreeMap, BTreeSet};

use falco_abi::EventId;

/// Events and columns to decode. Columns that are left out read as absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// The columns of events that are not named below; `None` where their rows are not wanted.
    others: Option<u64>,
    events: BTreeMap<EventId, u64>,
    /// Events of which, where their rows are not wanted, the first row of each thread is to be told.
    firsts: BTreeSet<EventId>,
    /// Events after which each thread's next row counts as its first.
    forgets: BTreeSet<EventId>,
}

impl Projection {
    /// Every event with every column.
    pub fn all() -> Self {
        Projection::every(u64::MAX)
    }

    /// Every event, also of types that this build does not know, without columns: that it is there, its time, thread and place.
    pub fn rows() -> Self {
        Projection::every(0)
    }

    /// Every event with the columns whose bits are set, also events of types that this build does not know.
    pub fn every(columns: u64) -> Self {
        Projection {
            others: Some(columns),
            ..Projection::none()
        }
    }

    /// No event.
    pub fn none() -> Self {
        Projection {
            others: None,
            events: BTreeMap::new(),
            firsts: BTreeSet::new(),
            forgets: BTreeSet::new(),
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
        let others = self.others.unwrap_or(0);
        *self.events.entry(event).or_insert(others) |= columns;
    }

    /// Adds that of rows of these events that are not wanted [the first of each thread](crate::First) is told, and the first again after a row of one of `forgets`.
    #[must_use]
    pub fn with_firsts(
        mut self,
        events: impl IntoIterator<Item = EventId>,
        forgets: impl IntoIterator<Item = EventId>,
    ) -> Self {
        self.firsts.extend(events);
        self.forgets.extend(forgets);
        self
    }

    /// What either of the two wants.
    #[must_use]
    pub fn union(mut self, other: &Projection) -> Self {
        for (event, columns) in &other.events {
            self.add(*event, *columns);
        }
        if let Some(columns) = other.others {
            self.events.values_mut().for_each(|own| *own |= columns);
            self.others = Some(self.others.unwrap_or(0) | columns);
        }
        self.firsts.extend(&other.firsts);
        self.forgets.extend(&other.forgets);
        self
    }

    /// The columns wanted of an event; `None` where its rows are not wanted at all.
    pub fn columns(&self, event: EventId) -> Option<u64> {
        self.events.get(&event).copied().or(self.others)
    }

    /// Whether the first rows of threads are told of this event, where it is not wanted itself.
    pub(crate) fn wants_firsts_of(&self, event: EventId) -> bool {
        self.firsts.contains(&event)
    }

    /// Whether each thread's next row counts as its first after a row of this event.
    pub(crate) fn forgets_after(&self, event: EventId) -> bool {
        self.forgets.contains(&event)
    }

    /// Whether any row of the event is wanted.
    pub fn includes(&self, event: EventId) -> bool {
        self.columns(event).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: EventId = EventId(7);
    const OTHER: EventId = EventId(8);

    #[test]
    fn a_union_wants_what_either_wants() {
        let some = Projection::none().with_params(NAMED, 0b10);
        let all = Some(u64::MAX);
        let check = |left: &Projection, right: &Projection, named, other| {
            for both in [left.clone().union(right), right.clone().union(left)] {
                assert_eq!((both.columns(NAMED), both.columns(OTHER)), (named, other));
            }
        };
        check(&some, &Projection::none(), Some(0b10), None);
        check(&some, &Projection::rows(), Some(0b10), Some(0));
        check(&some, &Projection::all(), all, all);
        check(&Projection::rows(), &Projection::all(), all, all);
        check(
            &some,
            &Projection::rows().with_params(OTHER, 0b1),
            Some(0b10),
            Some(0b1),
        );
    }
}
