//! What was replaced, and what was kept and why: counted, never remembered.
//!
//! In: one count at a time. Out: sums. No text of a capture goes through here.

use std::ops::AddAssign;

/// Who says that something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kept {
    /// The words that every Linux machine has.
    BuiltIn,
    /// A file of what to keep.
    File,
    /// Rules, which compare with it.
    Rules,
    /// It is a short number.
    Number,
    /// It is one letter.
    Letter,
    /// It is an address that names nobody, or lies in a network that is kept.
    Network,
}

/// What something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Replaced {
    /// A word, or a part of one.
    Word,
    /// A long number, an id, a number of hardware.
    Number,
    /// An address.
    Address,
    /// Bytes that are no text.
    Bytes,
}

/// Names of who keeps, in the order of [`Kept`].
const KEPT: [&str; 6] = [
    "words of every Linux machine",
    "words of files of --keep",
    "words that rules compare with",
    "short numbers",
    "single letters",
    "addresses of kept networks",
];
/// Names of what is replaced, in the order of [`Replaced`].
const REPLACED: [&str; 4] = [
    "words",
    "long numbers and ids",
    "addresses",
    "runs of bytes",
];

/// Counts of what was met: of each word as often as it stands somewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    kept: [u64; KEPT.len()],
    replaced: [u64; REPLACED.len()],
}

impl Tally {
    /// Counts something that was kept.
    pub(super) fn keep(&mut self, by: Kept) {
        if let Some(count) = self.kept.get_mut(by as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// Counts something that was replaced.
    pub(super) fn replace(&mut self, what: Replaced) {
        if let Some(count) = self.replaced.get_mut(what as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// What was replaced, by name.
    pub fn replaced(&self) -> impl Iterator<Item = (&'static str, u64)> {
        REPLACED.into_iter().zip(self.replaced)
    }

    /// What was kept, by who says so.
    pub fn kept(&self) -> impl Iterator<Item = (&'static str, u64)> {
        KEPT.into_iter().zip(self.kept)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        let kept = self.kept.iter_mut().zip(other.kept);
        let replaced = self.replaced.iter_mut().zip(other.replaced);
        for (sum, count) in kept.chain(replaced) {
            *sum = sum.saturating_add(count);
        }
    }
}
