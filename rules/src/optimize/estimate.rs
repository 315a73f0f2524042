//! What a part of a condition costs, and how often it holds: the order of evaluation follows from both.
//!
//! The figures are guesses about rules in general and never change a result: in an `and` a cheap test that usually
//! fails comes first, in an `or` a cheap one that usually holds.

use crate::compile::Matcher;
use crate::event_types::EventTypeSet;

/// The extremes are never certain: nothing is known of the events to come.
const RANGE: (f32, f32) = (0.01, 0.99);

/// Guesses about one node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    /// Work, in units of the cheapest test.
    pub(super) cost: f32,
    /// The share of events for which it holds.
    pub(super) holds: f32,
}

impl Estimate {
    pub(super) fn new(cost: f32, holds: f32) -> Self {
        Self {
            cost,
            holds: holds.clamp(RANGE.0, RANGE.1),
        }
    }

    pub(super) fn negated(self) -> Self {
        Self {
            cost: self.cost,
            holds: 1.0 - self.holds,
        }
    }

    /// The work for each time that the node decides its group; the least comes first.
    pub(super) fn rank(self, in_and: bool) -> f32 {
        self.cost / if in_and { 1.0 - self.holds } else { self.holds }
    }

    /// A group whose members are evaluated in this order until one decides.
    pub(super) fn group(members: impl Iterator<Item = Self>, is_and: bool) -> Self {
        let (mut cost, mut undecided) = (0.0, 1.0);
        for member in members {
            cost += undecided * member.cost;
            undecided *= if is_and {
                member.holds
            } else {
                1.0 - member.holds
            };
        }
        Self::new(cost, if is_and { undecided } else { 1.0 - undecided })
    }

    /// Looks at fields that answer for many conditions, of which few pass.
    pub(super) fn lookups(count: usize) -> Self {
        const ONE_LOOKUP: f32 = 20.0;
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        Self::new(ONE_LOOKUP * f32::from(count), 0.1)
    }

    /// A look at the event's type.
    pub(super) fn types(set: &EventTypeSet) -> Self {
        let count = |count: usize| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
        Self::new(1.0, count(set.count()) / count(set.of_how_many()).max(1.0))
    }

    /// One test of values that `extraction` fetches.
    pub(super) fn test(matcher: &Matcher, extraction: f32) -> Self {
        let holds = match matcher {
            Matcher::Always => 0.9,
            Matcher::NotEqual(_) => 0.7,
            Matcher::Number(range) if range.is_all_but_one() => 0.7,
            Matcher::Number(range) if range.is_one() => 0.2,
            Matcher::Number(..) | Matcher::Double(..) | Matcher::Order(..) => 0.5,
            _ => 0.1,
        };
        // A cost is a small number, which a float holds exactly.
        let cost = u16::try_from(matcher.cost()).unwrap_or(u16::MAX);
        Self::new(f32::from(cost) + extraction, holds)
    }
}
