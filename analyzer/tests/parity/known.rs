//! Differences from Falco that stay, each with its reason.

use super::ledger::Difference;

/// Matches any place or any thing.
const ANY: &str = "*";

/// Why values of some kind differ.
struct Known {
    /// The set, as in `PARITY.md`.
    set: &'static str,
    /// The capture or case, or [`ANY`].
    place: &'static str,
    /// What differs, or [`ANY`].
    what: &'static str,
    reason: &'static str,
}

const KNOWN: &[Known] = &[Known {
    set: "filters",
    place: ANY,
    what: "proc.apid intersects (1,2)",
    reason: "Falco finds no ancestor in the set, although nearly every process descends from 1. \
        A condition that can never hold is of no use to anyone, so we look.",
}];

impl Known {
    fn covers(&self, set: &str, place: &str, what: &str) -> bool {
        self.set == set
            && (self.place == ANY || self.place == place)
            && (self.what == ANY || self.what == what)
    }
}

/// Why a difference is there.
pub(crate) fn reason(set: &str, place: &str, what: &str) -> Option<&'static str> {
    let mut rows = KNOWN.iter();
    rows.find(|row| row.covers(set, place, what))
        .map(|row| row.reason)
}

/// Rows of a set that no difference needs.
pub(crate) fn stale(set: &str, differences: &[Difference]) -> Vec<String> {
    let is_needed = |row: &&Known| {
        differences
            .iter()
            .any(|difference| row.covers(set, &difference.place, &difference.what))
    };
    KNOWN
        .iter()
        .filter(|row| row.set == set && !is_needed(row))
        .map(|row| format!("{} in {}", row.what, row.place))
        .collect()
}
