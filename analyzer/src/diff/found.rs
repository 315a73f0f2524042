//! What was found of all captures: exact counts, and the first examples by position.
//!
//! In: what came of portions, in the order of the stream. Out: counts by rule, and whether anything differs.

use std::collections::BTreeMap;
use std::io;

use falco_format::Block;

use super::compare::{Comparison, Differences, EXAMPLES_IN_ALL_MAX};
use super::example::Example;
use super::kinds::{Fact, Kind, Reason};
use super::sides::{Both, Side};
use crate::pipeline::{Flow, Interest, Sink};

/// Who is told how far the comparison is, and says whether it goes on.
pub trait Progress {
    /// Asked before a block is read what is wanted of it.
    fn block(&mut self, block: &Block) -> Interest;

    /// Asked after a portion whether to go on.
    fn flow(&self) -> Flow;

    /// Told how many of the input's bytes were read.
    fn bytes(&mut self, bytes: u64);
}

/// All that was found.
#[derive(Debug, Default)]
pub struct Found {
    facts: BTreeMap<(u32, Fact), u64>,
    /// Examples, in the order of captures and events.
    pub examples: Vec<Example>,
    kept: BTreeMap<(u32, Kind), usize>,
    /// How many examples were left out because there are too many in all.
    pub examples_left_out: u64,
    /// How many events were judged.
    pub judged: u64,
}

impl Found {
    /// How many alerts a side gives, of a rule or of all.
    #[must_use]
    pub fn alerts(&self, side: Side, entry: Option<u32>) -> u64 {
        self.sum(entry, |fact| *fact == Fact::Alert(side))
    }

    /// How many alerts differ in a way, of a rule or of all.
    #[must_use]
    pub fn differing(&self, kind: Kind, entry: Option<u32>) -> u64 {
        self.sum(
            entry,
            |fact| matches!(fact, Fact::Differs(of, _) if *of == kind),
        )
    }

    /// Why alerts of a rule are gained, or lost.
    pub fn reasons(&self, kind: Kind, entry: u32) -> impl Iterator<Item = (Reason, u64)> {
        let of_entry = self.facts.iter().filter(move |((of, _), _)| *of == entry);
        of_entry.filter_map(move |((_, fact), count)| match fact {
            Fact::Differs(of, Some(reason)) if *of == kind => Some((*reason, *count)),
            _ => None,
        })
    }

    /// How often a rule held and another one alerted in its place, on either side, by both.
    #[must_use]
    pub fn shadowed(&self) -> BTreeMap<(u32, u32), Both<u64>> {
        let mut all: BTreeMap<(u32, u32), Both<u64>> = BTreeMap::new();
        for ((entry, fact), count) in &self.facts {
            if let Fact::Shadowed(side, by) = fact {
                *all.entry((*entry, *by)).or_default().of_mut(*side) += count;
            }
        }
        all
    }

    /// The examples of a rule, of one kind.
    pub fn examples_of(&self, kind: Kind, entry: u32) -> impl Iterator<Item = &Example> {
        let all = self.examples.iter();
        all.filter(move |example| example.entry == entry && example.kind == kind)
    }

    fn sum(&self, entry: Option<u32>, is_meant: impl Fn(&Fact) -> bool) -> u64 {
        let all = self.facts.iter();
        let meant =
            all.filter(|((of, fact), _)| entry.is_none_or(|entry| entry == *of) && is_meant(fact));
        meant.map(|(_, count)| count).sum()
    }

    fn add(&mut self, comparison: &Comparison<'_>, capture: usize, portion: Differences) {
        self.judged += portion.judged;
        for (of, count) in portion.facts {
            *self.facts.entry(of).or_default() += count;
        }
        for example in portion.examples {
            let kept = self.kept.entry((example.entry, example.kind)).or_default();
            if *kept >= comparison.examples() {
                continue;
            }
            *kept += 1;
            if *kept == comparison.examples() {
                comparison.enough(example.entry, example.kind);
            }
            if self.examples.len() >= EXAMPLES_IN_ALL_MAX {
                self.examples_left_out += 1;
                continue;
            }
            self.examples.push(Example { capture, ..example });
        }
    }
}

/// Takes what comes of the portions of one capture.
pub struct Taking<'t, 'r, P> {
    /// What is compared.
    pub comparison: &'t Comparison<'r>,
    /// Where it goes.
    pub found: &'t mut Found,
    /// The capture's place.
    pub capture: usize,
    /// Who is told.
    pub progress: &'t mut P,
}

impl<P: Progress> Sink<Differences> for Taking<'_, '_, P> {
    fn harvest(&mut self, portion: Differences) -> io::Result<Flow> {
        self.found.add(self.comparison, self.capture, portion);
        Ok(self.progress.flow())
    }

    fn block(&mut self, block: &Block) -> Interest {
        self.progress.block(block)
    }

    fn progress(&mut self, bytes: u64) {
        self.progress.bytes(bytes);
    }
}
