//! What may be so of a rule and an event: how alerts differ, and why.
//!
//! Owns the words that comparison, examples and reports share.

use super::sides::Side;

/// How an alert differs between the sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The new side gives it, the old one does not.
    Gained,
    /// The old side gives it, the new one does not.
    Lost,
    /// Both give it, and it says something else.
    Changed,
}

/// Every kind, in the order in which they are told.
pub const KINDS: [Kind; 3] = [Kind::Lost, Kind::Gained, Kind::Changed];

impl Kind {
    /// In a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Gained => "gained",
            Kind::Lost => "lost",
            Kind::Changed => "changed",
        }
    }

    pub(super) fn place(self) -> usize {
        match self {
            Kind::Gained => 0,
            Kind::Lost => 1,
            Kind::Changed => 2,
        }
    }
}

/// Why a side gives no alert where the other does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It has no such rule.
    NoRule,
    /// Its rule is disabled.
    Disabled,
    /// Another of its rules, by its entry, matches first.
    Shadowed(u32),
    /// Its condition does not hold.
    Condition,
}

/// What was so of a rule and an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// A side gave an alert.
    Alert(Side),
    /// An alert differs; of gained and lost ones, why the other side gives none.
    Differs(Kind, Option<Reason>),
    /// A side's rule holds, and another one by its entry alerts in its place.
    Shadowed(Side, u32),
}
