//! What a reader of the table `events` asks for, and which blocks that concerns.
//!
//! In: columns, event types, times. Out: the events to show, and for each block whether its rows may be asked for.
//! A plan leaves out only what cannot match: a row that is shown need not, and whoever asked looks again.

use std::collections::BTreeSet;
use std::sync::Arc;

use falco_abi::EventId;
use falco_format::{Block, Span, UnixNanos};
use falco_rules::{EventTypeId, Schema};

use super::Condition;
use crate::fields::event_ids_of;
use crate::pipeline::Shown;

/// Both ends of a range of times of one clock, each inclusive and each open where it is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds<T> {
    /// Nothing before it.
    pub first: Option<T>,
    /// Nothing after it.
    pub last: Option<T>,
}

/// Everything.
impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self {
            first: None,
            last: None,
        }
    }
}

impl<T: Ord + Copy> Bounds<T> {
    /// Whether it leaves out nothing.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.first.is_none() && self.last.is_none()
    }

    /// What lies in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            first: self.first.into_iter().chain(other.first).max(),
            last: self.last.into_iter().chain(other.last).min(),
        }
    }

    /// What holds both: everything between the outer ends.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self {
            first: self.first.zip(other.first).map(|(one, two)| one.min(two)),
            last: self.last.zip(other.last).map(|(one, two)| one.max(two)),
        }
    }

    /// Whether some moment of `first..=last` lies within.
    #[must_use]
    pub fn touches(self, first: T, last: T) -> bool {
        self.first.is_none_or(|bound| last >= bound) && self.last.is_none_or(|bound| first <= bound)
    }
}

/// What is asked of the table, beside its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableQuery {
    /// Only these values of `evt_type`; `None` for every one.
    pub types: Option<BTreeSet<String>>,
    /// Only events that ended within.
    pub time: Bounds<UnixNanos>,
    /// Only events that ended within, in nanoseconds since boot.
    pub boottime: Bounds<u64>,
    /// Only rows that it holds for.
    pub condition: Option<Arc<Condition>>,
    /// No more rows than these are wanted.
    pub limit: Option<u64>,
    /// Whether the state at a time rests on everything before it; else it may begin with the last snapshot before the time that is asked for.
    pub is_state_exact: bool,
}

impl TableQuery {
    /// Whether it leaves out nothing.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let is_timed = !(self.time.is_open() && self.boottime.is_open());
        self.types.is_none() && self.condition.is_none() && self.limit.is_none() && !is_timed
    }

    /// The time that is asked for.
    #[must_use]
    pub fn span(&self) -> Span {
        Span {
            since: self.time.first,
            until: self.time.last,
        }
    }

    /// The events to show. A name that the source does not declare may be that of a newer version's event: all are shown then.
    #[must_use]
    pub fn shown(&self, schema: &dyn Schema) -> Shown {
        let types = self.types.as_ref().and_then(|names| {
            names
                .iter()
                .map(|name| events_named(schema, name))
                .collect::<Option<Vec<_>>>()
        });
        types.map_or(Shown::Every, |events| {
            Shown::Only(events.into_iter().flatten().collect())
        })
    }

    /// Whether a block may hold a row that is asked for, as far as its head tells. Of the time of day the pass itself knows.
    pub(super) fn touches(&self, block: &Block, shown: &Shown) -> bool {
        let is_shown = match shown {
            Shown::Every => true,
            Shown::Only(events) => block
                .event_counts()
                .any(|(event, _)| events.contains(&event)),
        };
        is_shown && self.boottime.touches(block.first_time(), block.last_time())
    }
}

/// The events that a rule calls `name`; `None` where the source declares no such name.
fn events_named(schema: &dyn Schema, name: &str) -> Option<Vec<EventId>> {
    let place = schema
        .event_types()
        .iter()
        .position(|def| def.name == name)?;
    let event_type = EventTypeId(u16::try_from(place).ok()?);
    Some(event_ids_of(event_type).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive_and_narrow_each_other() {
        let bounds = |first, last| Bounds { first, last };
        assert!(bounds(Some(5), Some(9)).touches(9, 20));
        assert!(bounds(Some(5), Some(9)).touches(0, 5));
        assert!(!bounds(Some(5), Some(9)).touches(10, 20));
        assert!(!bounds(Some(5), None).touches(0, 4));
        assert!(Bounds::<UnixNanos>::default().touches(UnixNanos(0), UnixNanos(0)));
        assert_eq!(
            bounds(Some(1), None).and(bounds(Some(3), Some(9))),
            bounds(Some(3), Some(9))
        );
    }

    #[test]
    fn a_hull_is_open_where_either_is() {
        let bounds = |first, last| Bounds { first, last };
        let check = |one: Bounds<u64>, two: Bounds<u64>, expected: Bounds<u64>| {
            assert_eq!(one.hull(two), expected);
            assert_eq!(two.hull(one), expected);
        };
        check(
            bounds(Some(1), Some(4)),
            bounds(Some(3), Some(9)),
            bounds(Some(1), Some(9)),
        );
        check(
            bounds(Some(1), None),
            bounds(Some(3), Some(9)),
            bounds(Some(1), None),
        );
        check(
            bounds(None, Some(4)),
            bounds(Some(3), None),
            Bounds::default(),
        );
    }
}
