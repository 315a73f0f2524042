//! Which parts of rules were ever tried: observed on events, and told part by part.
//!
//! ```text
//! part     what authors wrote: checks, alternatives, macros, exceptions, values of lists, each with its place
//! leaf     tests, and what each answers for an event
//! graph    conditions, evaluated from answers alone
//! pattern  which answers events gave, each combination once
//! tally    what that proves of parts: the definition of coverage
//! ```
//!
//! In: enabled rules of one source and events. Out: a [`Coverage`]. Judging itself has nothing of this in it.

pub(crate) mod graph;
pub(crate) mod leaf;
pub(crate) mod part;
pub(crate) mod pattern;
pub(crate) mod tally;
#[cfg(test)]
mod tests;

use crate::event_types::EventTypeSet;
use crate::transform::Buffers;
use crate::{Event, RuleIndex, RuleMatching, Scanner, Schema, SourceRules};

use graph::{Builder, Condition};
use leaf::Leaves;
use part::Parts;
pub use part::{CoverItem, CoverKind, CoverPart, ItemKind};
pub use pattern::{MAX_PATTERNS, Observed};
pub use tally::{PartTally, RuleTally};

/// The rules of a source, ready to be observed: immutable, shared by all threads, one [`Coverer`] for each.
pub struct Covering<'r> {
    source: SourceRules<'r>,
    matching: RuleMatching,
    pub(crate) leaves: Leaves,
    pub(crate) conditions: Vec<Condition>,
    /// The types of events that each condition is observed on.
    watched: Vec<EventTypeSet>,
    parts: Parts<'r>,
}

/// What was proven.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Each enabled rule, in place order.
    pub rules: Vec<(RuleIndex, RuleTally)>,
    /// Each part, by its place in [`Covering::parts`].
    pub parts: Vec<PartTally>,
}

/// Observes for one thread.
pub struct Coverer<'c> {
    covering: &'c Covering<'c>,
    scanner: Scanner<'c>,
    matches: Vec<RuleIndex>,
    buffers: Buffers,
    /// The answers of all leaves, and the number of the event that they are of.
    answers: Vec<u64>,
    answered: Vec<u64>,
    event: u64,
    /// Memory for one pattern.
    words: Vec<u64>,
    observed: Observed,
}

impl<'r> Covering<'r> {
    /// The enabled rules of a source. The schema is the one that they were loaded with.
    #[must_use]
    pub fn new(source: SourceRules<'r>, schema: &dyn Schema, matching: RuleMatching) -> Self {
        let mut covering = Self::unlaid(source, schema, matching);
        covering.lay_out();
        covering
    }

    /// The same, before it is settled what else is asked of tests.
    pub(crate) fn unlaid(
        source: SourceRules<'r>,
        schema: &dyn Schema,
        matching: RuleMatching,
    ) -> Self {
        let mut leaves = Leaves::default();
        let mut parts = Parts::new(source.items());
        let mut builder = Builder {
            leaves: &mut leaves,
            parts: &mut parts,
        };
        let rules = source.all_rules();
        let roots = source.roots(schema);
        let (mut conditions, mut watched) = (Vec::new(), Vec::new());
        for root in &roots {
            let Some(rule) = rules.get(root.index as usize) else {
                continue;
            };
            conditions.push(builder.condition(RuleIndex(root.index), rule, root.condition));
            watched.push(root.event_types.clone());
        }
        Self {
            source,
            matching,
            leaves,
            conditions,
            watched,
            parts,
        }
    }

    /// Settles what is asked.
    pub(crate) fn lay_out(&mut self) {
        self.leaves.lay_out();
        for condition in &mut self.conditions {
            condition.lay_out(&self.leaves, 1);
        }
    }

    /// Observes a condition on more types of events.
    pub(crate) fn watch(&mut self, condition: usize, types: &EventTypeSet) {
        if let Some(watched) = self.watched.get_mut(condition) {
            watched.unite(types);
        }
    }

    /// The rules, macros and lists that parts are written in.
    #[must_use]
    pub fn items(&self) -> &[CoverItem] {
        self.parts.items()
    }

    /// The parts.
    #[must_use]
    pub fn parts(&self) -> &[CoverPart] {
        self.parts.parts()
    }

    /// The types of events that are to be observed.
    #[must_use]
    pub fn event_types(&self) -> EventTypeSet {
        let mut all = self.source.event_types().clone();
        self.watched.iter().for_each(|types| all.unite(types));
        all
    }

    /// The rule of a condition.
    pub(crate) fn rule_of(&self, condition: usize) -> RuleIndex {
        let condition = self.conditions.get(condition);
        condition.expect("it is one of these rules").rule
    }

    /// The types of events that a condition's rule can match.
    pub(crate) fn types_of(&self, condition: &Condition) -> Option<&EventTypeSet> {
        let rule = self.source.all_rules().get(condition.rule.0 as usize)?;
        Some(&rule.event_types)
    }

    /// What one thread needs.
    #[must_use]
    pub fn coverer(&self) -> Coverer<'_> {
        Coverer {
            covering: self,
            scanner: self.source.scanner(self.matching),
            matches: Vec::new(),
            buffers: Buffers::default(),
            answers: vec![0; self.leaves.words()],
            answered: vec![0; self.leaves.len()],
            event: 0,
            words: Vec::new(),
            observed: Observed::of(self.conditions.len()),
        }
    }

    /// What was observed comes to.
    #[must_use]
    pub fn coverage(&self, observed: &Observed) -> Coverage {
        let mut parts = vec![PartTally::default(); self.parts().len()];
        let mut rules = Vec::new();
        for (place, condition) in self.conditions.iter().enumerate() {
            let mut rule = RuleTally::default();
            let patterns = observed.conditions.get(place);
            let patterns = patterns.map_or(&[][..], |patterns| patterns.list());
            for pattern in patterns {
                let event_type = pattern.words.first().copied().unwrap_or(u64::MAX);
                let event_type = crate::EventTypeId(u16::try_from(event_type).unwrap_or(u16::MAX));
                let types = self.types_of(condition);
                if types.is_some_and(|types| types.contains(event_type)) {
                    tally::add(condition, &self.leaves, pattern, &mut rule, &mut parts);
                }
            }
            rules.push((condition.rule, rule));
        }
        Coverage { rules, parts }
    }
}

impl Coverer<'_> {
    /// Observes an event, and appends the rules that alert of it.
    pub fn observe<E: Event + ?Sized>(&mut self, event: &E, alerts: &mut Vec<RuleIndex>) {
        self.matches.clear();
        self.scanner.scan(event, &mut self.matches);
        alerts.extend_from_slice(&self.matches);
        self.next_event();
        for place in 0..self.covering.conditions.len() {
            if !self.answer(place, event) {
                continue;
            }
            let condition = self.covering.conditions.get(place);
            let is_alert =
                condition.is_some_and(|condition| self.matches.contains(&condition.rule));
            if let Some(patterns) = self.observed.conditions.get_mut(place) {
                patterns.take(&self.words, is_alert);
            }
        }
    }

    /// Begins with the next event.
    pub(crate) fn next_event(&mut self) {
        self.event += 1;
    }

    /// Puts a condition's pattern for this event into `words`; false where it is not observed on events of its type.
    pub(crate) fn answer<E: Event + ?Sized>(&mut self, place: usize, event: &E) -> bool {
        let covering = self.covering;
        let event_type = event.event_type();
        let watched = covering.watched.get(place);
        let (Some(condition), true) = (
            covering.conditions.get(place),
            watched.is_some_and(|types| types.contains(event_type)),
        ) else {
            return false;
        };
        self.words.clear();
        self.words.push(u64::from(event_type.0));
        for of in &condition.leaves {
            let leaf = covering.leaves.get(of.leaf);
            let range = leaf.first_word()..leaf.first_word() + leaf.words();
            let (Some(answers), Some(answered)) = (
                self.answers.get_mut(range),
                self.answered.get_mut(of.leaf as usize),
            ) else {
                continue;
            };
            if *answered != self.event {
                *answered = self.event;
                answers.fill(0);
                leaf.answer(event, &self.buffers, answers);
            }
            self.words.extend_from_slice(answers);
        }
        true
    }

    /// The rule of a condition.
    pub(crate) fn rule_of(&self, condition: usize) -> RuleIndex {
        self.covering.rule_of(condition)
    }

    /// The pattern that was put together last.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// Whether so much is held that it should be taken.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.observed.is_full()
    }

    /// What was observed since this was asked last.
    pub fn take(&mut self) -> Observed {
        let anew = Observed::of(self.covering.conditions.len());
        std::mem::replace(&mut self.observed, anew)
    }
}
