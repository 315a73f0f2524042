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
        self.of_entry(entry)
            .filter_map(move |(fact, count)| match fact {
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
        let is_meant = |(fact, _): &(&Fact, &u64)| is_meant(fact);
        let all = || self.facts.iter().map(|((_, fact), count)| (fact, count));
        match entry {
            Some(entry) => self.of_entry(entry).filter(is_meant).map(of_count).sum(),
            None => all().filter(is_meant).map(of_count).sum(),
        }
    }

    /// What was so of one rule. Rules that shadow each other make as many facts as there are pairs of them, so no rule looks through those of the others.
    fn of_entry(&self, entry: u32) -> impl Iterator<Item = (&Fact, &u64)> {
        let first = (entry, Fact::Alert(Side::Old));
        let from = self.facts.range(first..);
        let own = from.take_while(move |((of, _), _)| *of == entry);
        own.map(|((_, fact), count)| (fact, count))
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

fn of_count((_, count): (&Fact, &u64)) -> u64 {
    *count
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_so_of_a_rule_begins_with_its_first_fact() {
        let kinds = [Kind::Gained, Kind::Lost, Kind::Changed];
        let sides = [Side::Old, Side::New];
        let reasons = [None, Some(Reason::NoRule), Some(Reason::Shadowed(0))];
        let differs = kinds
            .iter()
            .flat_map(|kind| reasons.map(|reason| Fact::Differs(*kind, reason)));
        let of_sides = sides.map(|side| [Fact::Alert(side), Fact::Shadowed(side, 0)]);
        let facts: Vec<_> = differs.chain(of_sides.into_iter().flatten()).collect();
        let mut found = Found::default();
        for entry in 0..3 {
            for fact in &facts {
                found.facts.insert((entry, *fact), u64::from(entry) + 1);
            }
        }
        for entry in 0..3 {
            assert_eq!(found.of_entry(entry).count(), facts.len());
            let count = u64::from(entry) + 1;
            assert_eq!(found.alerts(Side::Old, Some(entry)), count);
            assert_eq!(found.differing(Kind::Lost, Some(entry)), 3 * count);
        }
        assert_eq!(found.alerts(Side::New, None), 6);
        assert_eq!(found.alerts(Side::New, Some(3)), 0);
    }
}
