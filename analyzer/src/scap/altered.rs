//! What rows cannot hold of a file, counted, so that it is said and not lost in silence.
//!
//! In: each value where it is cut. Out: words for a damaged place at the section's end.
//! Such events and entries are kept: one number tells of thousands of them, and what else they say is right.

use falco_format::text::count;

/// No thread, in a file.
const NO_ID: u64 = u64::MAX;

/// How many events or entries were altered, by what was done to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Altered {
    /// Ids of threads and processes of more than 32 bits: the low ones are kept.
    pub(super) ids: u64,
    /// Events with a number of another width than its type's: it is absent.
    pub(super) numbers: u64,
    /// Events with flags that no reader knows: the low eight are kept.
    pub(super) flags: u64,
    /// Events and entries with more values than this build knows: those are left out. That is no damage, and is told where it is found.
    pub(super) unknown: u64,
    /// Entries that no row can hold.
    pub(super) refused: u64,
}

impl Altered {
    /// An id at the width that rows have. Those of the kernel fit; −1, none, is the greatest.
    pub(super) fn id(&mut self, id: u64) -> u32 {
        if id >= u64::from(u32::MAX) && id != NO_ID {
            self.ids = self.ids.saturating_add(1);
        }
        id as u32
    }

    /// Adds another count.
    pub(super) fn add(&mut self, other: &Self) {
        self.ids = self.ids.saturating_add(other.ids);
        self.numbers = self.numbers.saturating_add(other.numbers);
        self.flags = self.flags.saturating_add(other.flags);
        self.unknown = self.unknown.saturating_add(other.unknown);
        self.refused = self.refused.saturating_add(other.refused);
    }

    /// What was done, in words: a line for each kind.
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        [
            (
                self.ids,
                "thread id",
                "had more than 32 bits; the low ones were kept",
            ),
            (
                self.numbers,
                "event",
                "had a number of another width than its type's; it was left out",
            ),
            (
                self.flags,
                "event",
                "had flags that are not known; the low eight were kept",
            ),
            (
                self.refused,
                "list entry",
                "took more than any row can hold",
            ),
        ]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, noun, words)| format!("{} {words}", count(number, noun)))
    }
}
