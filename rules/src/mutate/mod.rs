//! Rules with one thing changed: what such a change would make of events, without loading or replaying rules again.
//!
//! ```text
//! operators  which changes a condition's parts are given, and what each asks of events beside what is asked anyway
//! types      the events that a changed condition can match
//! edit       a change as the lines of the file before and after it
//! ```
//!
//! A change is one of a rule file: what is changed in a macro or a list is changed in every rule that has it.
//! In: the enabled rules of a source, and what was observed of them. Out: changed rules, and on which of the observed
//! patterns each is another. What alerts come of that, and who would have noticed, is for others to say.

mod edit;
mod operators;
#[cfg(test)]
mod tests;
mod types;

use std::collections::{BTreeSet, HashSet};

use crate::coverage::graph::{Condition, Op, Override};
use crate::coverage::leaf::{Leaves, TRUTH};
use crate::coverage::{Coverer, Covering, Observed};
use crate::event_types::EventTypeSet;
use crate::source::Span;
use crate::{Event, EventTypeId, RuleIndex, RuleMatching, Schema, SourceRules};

pub use edit::Edit;
pub use operators::MutantKind;

/// A changed rule file.
#[derive(Debug)]
pub struct Mutant {
    /// What was done.
    pub kind: MutantKind,
    /// The rule, macro or list that is changed, by its place in [`Covering::items`].
    pub item: u32,
    /// The text that is changed.
    pub span: Span,
    /// What stands there instead; nothing where it is taken out.
    pub after: String,
    /// The condition that is changed, where it is one that was made from an exception.
    of_exception: Option<String>,
    changes: Vec<Change>,
}

/// What a mutant changes in one condition.
#[derive(Debug)]
struct Change {
    condition: usize,
    overrides: Vec<(u32, Override)>,
    /// The types of events that the changed rule can match.
    types: EventTypeSet,
}

/// The rules of a source with their mutants.
pub struct Mutating<'r> {
    covering: Covering<'r>,
    mutants: Vec<Mutant>,
}

/// On which observed patterns mutants are another than the rules: by condition and pattern.
pub struct Differences {
    by_mutant: Vec<HashSet<(u32, u32)>>,
    any: HashSet<(u32, u32)>,
    conditions: BTreeSet<u32>,
}

/// A rule on an event on which some mutant of it is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Differing {
    /// The rule.
    pub rule: RuleIndex,
    condition: u32,
    pattern: u32,
}

impl<'r> Mutating<'r> {
    /// Every mutant of the enabled rules of a source. The schema is the one that they were loaded with.
    #[must_use]
    pub fn new(source: SourceRules<'r>, schema: &dyn Schema, matching: RuleMatching) -> Self {
        let mut covering = Covering::unlaid(source, schema, matching);
        let mutants = operators::mutants(&mut covering, schema);
        Self { covering, mutants }
    }

    /// The same rules without a mutant, so that nothing more is asked of events than their coverage needs.
    #[must_use]
    pub fn without_mutants(
        source: SourceRules<'r>,
        schema: &dyn Schema,
        matching: RuleMatching,
    ) -> Self {
        Self {
            covering: Covering::unlaid(source, schema, matching),
            mutants: Vec::new(),
        }
    }

    /// Leaves out mutants.
    pub fn retain(&mut self, keeps: impl FnMut(&Mutant) -> bool) {
        self.mutants.retain(keeps);
    }

    /// The mutants.
    #[must_use]
    pub fn mutants(&self) -> &[Mutant] {
        &self.mutants
    }

    /// Settles which there are: from here on events can be observed.
    pub fn settle(&mut self) {
        self.covering.lay_out();
        for change in self.mutants.iter().flat_map(|mutant| &mutant.changes) {
            self.covering.watch(change.condition, &change.types);
        }
    }

    /// What observes the rules, for their coverage and for their mutants at once.
    #[must_use]
    pub fn covering(&self) -> &Covering<'r> {
        &self.covering
    }

    /// Where mutants are another than the rules.
    #[must_use]
    pub fn differences(&self, observed: &Observed) -> Differences {
        let mut differences = Differences {
            by_mutant: Vec::new(),
            any: HashSet::new(),
            conditions: BTreeSet::new(),
        };
        let originals = self.originals(observed);
        for mutant in &self.mutants {
            let mut found = HashSet::new();
            for change in &mutant.changes {
                let originals = originals.get(change.condition);
                let originals = originals.map_or(&[][..], Vec::as_slice);
                self.differing(change, observed, originals, &mut found);
            }
            differences
                .conditions
                .extend(found.iter().map(|(condition, _)| *condition));
            differences.any.extend(&found);
            differences.by_mutant.push(found);
        }
        differences
    }

    /// Whether each rule holds on each of its patterns.
    fn originals(&self, observed: &Observed) -> Vec<Vec<bool>> {
        let conditions = self.covering.conditions.iter().zip(&observed.conditions);
        let holds = |(condition, patterns): (&Condition, &crate::coverage::pattern::Patterns)| {
            let types = self.covering.types_of(condition);
            let each = patterns.list().iter().map(|pattern| {
                types.is_some_and(|types| types.contains(type_of(&pattern.words)))
                    && self.holds(condition, &pattern.words, &[])
            });
            each.collect()
        };
        conditions.map(holds).collect()
    }

    fn holds(&self, condition: &Condition, answers: &[u64], overrides: &[(u32, Override)]) -> bool {
        let values = condition.evaluate(&self.covering.leaves, answers, overrides);
        values.last().copied().unwrap_or(false)
    }

    fn differing(
        &self,
        change: &Change,
        observed: &Observed,
        originals: &[bool],
        found: &mut HashSet<(u32, u32)>,
    ) {
        let condition = self.covering.conditions.get(change.condition);
        let patterns = observed.conditions.get(change.condition);
        let (Some(condition), Some(patterns)) = (condition, patterns) else {
            return;
        };
        let number = crate::source::place(change.condition);
        let keeps_types = self
            .covering
            .types_of(condition)
            .is_some_and(|types| *types == change.types);
        for ((place, pattern), original) in (0..).zip(patterns.list()).zip(originals) {
            let words = &pattern.words;
            if keeps_types && is_same(condition, &self.covering.leaves, words, &change.overrides) {
                continue;
            }
            let holds = change.types.contains(type_of(words))
                && self.holds(condition, words, &change.overrides);
            if holds != *original {
                found.insert((number, place));
            }
        }
    }
}

/// Whether no test that is changed answers otherwise; the whole is the same then.
fn is_same(
    condition: &Condition,
    leaves: &Leaves,
    words: &[u64],
    overrides: &[(u32, Override)],
) -> bool {
    overrides.iter().all(|(place, over)| {
        let node = condition.nodes.get(*place as usize);
        let Some(Op::Leaf(leaf)) = node.map(|node| &node.op) else {
            return false;
        };
        let original = Override::Bit(TRUTH);
        let answer = |over| condition.leaf_holds(leaves, *leaf, words, Some(over));
        matches!(over, Override::Bit(_) | Override::Without(_)) && answer(original) == answer(*over)
    })
}

/// The type of the events that gave a pattern.
fn type_of(words: &[u64]) -> EventTypeId {
    let number = words.first().and_then(|word| u16::try_from(*word).ok());
    EventTypeId(number.unwrap_or(u16::MAX))
}

impl Differences {
    /// Whether a mutant is another than the rule there.
    #[must_use]
    pub fn differs(&self, mutant: usize, at: Differing) -> bool {
        let found = self.by_mutant.get(mutant);
        found.is_some_and(|found| found.contains(&(at.condition, at.pattern)))
    }

    /// Whether a mutant is another anywhere.
    #[must_use]
    pub fn is_different(&self, mutant: usize) -> bool {
        let found = self.by_mutant.get(mutant);
        found.is_some_and(|found| !found.is_empty())
    }

    /// Whether some mutant is.
    #[must_use]
    pub fn are_any(&self) -> bool {
        !self.any.is_empty()
    }
}

impl Coverer<'_> {
    /// The rules of which some mutant is another on an event, in place order.
    pub fn differing<E: Event + ?Sized>(
        &mut self,
        event: &E,
        (observed, differences): (&Observed, &Differences),
        found: &mut Vec<Differing>,
    ) {
        self.next_event();
        for condition in &differences.conditions {
            let place = *condition as usize;
            if !self.answer(place, event) {
                continue;
            }
            let patterns = observed.conditions.get(place);
            let pattern = patterns.and_then(|patterns| patterns.place(self.words()));
            let Some(pattern) = pattern.map(crate::source::place) else {
                continue;
            };
            if differences.any.contains(&(*condition, pattern)) {
                found.push(Differing {
                    rule: self.rule_of(place),
                    condition: *condition,
                    pattern,
                });
            }
        }
    }
}
