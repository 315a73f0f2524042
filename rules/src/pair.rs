//! Two rule sets judged together: what both ask of an event is asked once.
//!
//! In: an old and a new rule set whose fields are numbered alike (see [`Loader::beside`](crate::Loader::beside)). Out: one
//! program for both, and for each event which rules of either set hold.
//! A condition that both sets have is evaluated once, whatever the rules are called; parts of others are shared as those of
//! one rule set are. Which of the rules that hold alerts is for the caller to say: all of both sets are told, since one that
//! another rule shadows in one set may alert in the other.

use std::collections::HashMap;

use crate::event_types::EventTypeSet;
use crate::optimize::{Implications, MAX_CLASS_PARTS, Root, optimize};
use crate::program::{Memo, Program};
use crate::rule_set::SourceRules;
use crate::{BoundField, Event, RuleIndex, RuleSet, Schema};

/// The rules that one condition of the program stands for.
#[derive(Clone, Copy, Debug, Default)]
struct Called {
    old: Option<RuleIndex>,
    new: Option<RuleIndex>,
}

/// Two rule sets' rules of one source as one program.
#[derive(Debug)]
pub struct RulePair {
    program: Program,
    /// By what the program calls its conditions.
    called: Vec<Called>,
    event_types: EventTypeSet,
    slots: Vec<BoundField>,
    /// What a rule's condition is, disabled rules' too: equal where equal conditions are; by place, none for rules of other
    /// sources.
    old_conditions: Vec<Option<u32>>,
    new_conditions: Vec<Option<u32>>,
}

/// Both sides of a pair are asked for by every thread.
const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<RulePair>();
};

impl RulePair {
    /// The rules that both sets have of the schema's source.
    ///
    /// # Panics
    /// Where the new set was not loaded beside the old one, so that one number stands for two fields.
    #[must_use]
    pub fn new(old: &RuleSet, new: &RuleSet, schema: &dyn Schema) -> Self {
        let (old_roots, new_roots) = (all_roots(old, schema), all_roots(new, schema));
        let slots = |rules: &RuleSet| {
            let of_source = rules.of_source(schema.source());
            of_source.map_or_else(Vec::new, |rules| rules.slots().to_vec())
        };
        let (old_slots, slots) = (slots(old), slots(new));
        assert!(
            slots.starts_with(&old_slots),
            "the new rules were loaded beside the old ones"
        );
        let mut implications = Implications::new(schema.event_types());
        let mut asked = HashMap::new();
        let mut conditions = |rules: &RuleSet, roots: &[Root<'_>]| {
            let mut conditions = vec![None; rules.rules().len()];
            for root in roots {
                // Which types a condition is asked for depends on how it is written.
                let key = (implications.add(root.condition), root.event_types.clone());
                let next = crate::source::place(asked.len());
                let condition = *asked.entry(key).or_insert(next);
                if let Some(place) = conditions.get_mut(root.index as usize) {
                    *place = Some(condition);
                }
            }
            conditions
        };
        let old_conditions = conditions(old, &old_roots);
        let new_conditions = conditions(new, &new_roots);
        let mut joined = Joined::default();
        joined.add(old, old_roots, &old_conditions, |called| &mut called.old);
        joined.add(new, new_roots, &new_conditions, |called| &mut called.new);
        let mut event_types = EventTypeSet::none(schema.event_types().len());
        for root in &joined.roots {
            event_types.unite(root.event_types);
        }
        RulePair {
            program: optimize(&joined.roots, schema.event_types(), MAX_CLASS_PARTS),
            called: joined.called,
            event_types,
            slots,
            old_conditions,
            new_conditions,
        }
    }

    /// The types of events that some enabled rule of either set can match.
    #[must_use]
    pub fn event_types(&self) -> &EventTypeSet {
        &self.event_types
    }

    /// Every field that a condition or an output of either set reads.
    #[must_use]
    pub fn slots(&self) -> &[BoundField] {
        &self.slots
    }

    /// Whether a rule of the old set and one of the new set ask the same, however it is written.
    #[must_use]
    pub fn is_same_condition(&self, old: RuleIndex, new: RuleIndex) -> bool {
        let old = self.old_condition(old);
        old.is_some() && old == self.new_condition(new)
    }

    /// What a rule of the old set asks: a number that is equal where that is equal. None for rules of other sources.
    #[must_use]
    pub fn old_condition(&self, old: RuleIndex) -> Option<u32> {
        self.old_conditions.get(old.0 as usize).copied().flatten()
    }

    /// The same of the new set.
    #[must_use]
    pub fn new_condition(&self, new: RuleIndex) -> Option<u32> {
        self.new_conditions.get(new.0 as usize).copied().flatten()
    }

    /// How many conditions are evaluated for both sets.
    #[must_use]
    pub fn conditions(&self) -> usize {
        self.called.len()
    }

    /// What one thread needs to judge events.
    #[must_use]
    pub fn scanner(&self) -> PairScanner<'_> {
        PairScanner {
            pair: self,
            memo: Memo::default(),
        }
    }
}

/// The conditions of a set's rules of the schema's source, disabled ones among them.
fn all_roots<'r>(rules: &'r RuleSet, schema: &dyn Schema) -> Vec<Root<'r>> {
    let of_source = rules.of_source(schema.source());
    of_source.map_or_else(Vec::new, SourceRules::every_root)
}

/// Conditions of both sets, each once.
#[derive(Default)]
struct Joined<'r> {
    roots: Vec<Root<'r>>,
    called: Vec<Called>,
    /// By condition, what the program calls it: more than one name where more than one rule of a set asks it.
    known: HashMap<u32, Vec<u32>>,
}

impl<'r> Joined<'r> {
    /// Adds the enabled rules of a set; `side` is the place of its rules.
    fn add(
        &mut self,
        rules: &RuleSet,
        roots: Vec<Root<'r>>,
        conditions: &[Option<u32>],
        side: impl for<'c> Fn(&'c mut Called) -> &'c mut Option<RuleIndex>,
    ) {
        for root in roots {
            let rule = RuleIndex(root.index);
            let is_enabled = rules.rule(rule).is_some_and(|rule| rule.enabled);
            let condition = conditions.get(root.index as usize).copied().flatten();
            let Some(condition) = condition.filter(|_| is_enabled) else {
                continue;
            };
            let known = self.known.entry(condition).or_default();
            let free = known.iter().copied().find(|place| {
                let called = self.called.get_mut(*place as usize);
                called.is_some_and(|called| side(called).is_none())
            });
            if let Some(called) = free.and_then(|place| self.called.get_mut(place as usize)) {
                *side(called) = Some(rule);
                continue;
            }
            let index = crate::source::place(self.called.len());
            known.push(index);
            let mut called = Called::default();
            *side(&mut called) = Some(rule);
            self.called.push(called);
            self.roots.push(Root { index, ..root });
        }
    }
}

/// Judges events by both sets for one thread.
#[derive(Debug)]
pub struct PairScanner<'p> {
    pair: &'p RulePair,
    memo: Memo,
}

impl PairScanner<'_> {
    /// Puts the enabled rules of either set that hold for the event, in place order.
    pub fn scan<E: Event + ?Sized>(
        &mut self,
        event: &E,
        old: &mut Vec<RuleIndex>,
        new: &mut Vec<RuleIndex>,
    ) {
        old.clear();
        new.clear();
        let RulePair {
            program, called, ..
        } = self.pair;
        program.scan(event, &mut self.memo, |index| {
            let called = called.get(index as usize);
            let called = called.expect("a condition is called as it was joined");
            old.extend(called.old);
            new.extend(called.new);
            true
        });
        // Conditions that both sets have stand where the old one has them.
        old.sort_unstable();
        new.sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::agreement::{condition, event, rule_file};
    use crate::testing::{TestEvent, TestSchema};
    use crate::{Loader, RuleMatching};

    const SHARED: &str = "proc.pid < 2";

    fn loaded<'s>(mut loader: Loader<'s>, text: &str) -> Loader<'s> {
        let report = loader.load("rules.yaml", text);
        assert!(report.errors.is_empty(), "{:?} in {text}", report.errors);
        loader
    }

    fn pair(old: &str, new: &str) -> (RuleSet, RuleSet, RulePair) {
        let old = loaded(Loader::new(&TestSchema), old);
        let new = loaded(old.beside(), new);
        let (old, new) = (old.finish(), new.finish());
        let (old, new) = (old.expect("no errors"), new.expect("no errors"));
        let pair = RulePair::new(&old, &new, &TestSchema);
        (old, new, pair)
    }

    /// Each set alone says the same of an event as both together.
    fn agrees(old: &str, new: &str, events: &[TestEvent]) {
        let (old, new, pair) = pair(old, new);
        let mut scanner = pair.scanner();
        let (mut of_old, mut of_new) = (Vec::new(), Vec::new());
        for event in events {
            scanner.scan(event, &mut of_old, &mut of_new);
            for (rules, found) in [(&old, &of_old), (&new, &of_new)] {
                let mut alone = Vec::new();
                let mut scanner = rules.scanner(RuleMatching::All);
                scanner.scan(event, &mut alone);
                assert_eq!(&alone, found, "{event:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

        #[test]
        fn each_set_says_what_it_says_alone(
            conditions in prop::collection::vec(condition(), 1..6),
            other in prop::collection::vec(condition(), 0..3),
            from in 0_usize..4,
            events in prop::collection::vec(event(), 1..8),
        ) {
            // The new set has some of the old conditions in another order, and others.
            let kept = conditions.iter().rev().skip(from % conditions.len());
            let new: Vec<_> = other.iter().chain(kept).collect();
            agrees(&rule_file(SHARED, conditions.iter()), &rule_file(SHARED, new.into_iter()), &events);
        }
    }

    fn rule(name: &str, condition: &str) -> String {
        format!(
            "- rule: {name}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n"
        )
    }

    #[test]
    fn what_both_ask_is_evaluated_once() {
        let check = |old: &[&str], new: &[&str], conditions: usize, same: bool| {
            let file = |all: &[&str]| {
                let rules = all.iter().enumerate();
                let rules = rules.map(|(place, text)| rule(&format!("R{place}"), text));
                rules.collect::<String>()
            };
            let (_, _, pair) = pair(&file(old), &file(new));
            assert_eq!(pair.conditions(), conditions, "{old:?} {new:?}");
            let is_same = pair.is_same_condition(RuleIndex(0), RuleIndex(0));
            assert_eq!(is_same, same, "{old:?} {new:?}");
        };
        let (shell, open) = ("proc.name = bash", "evt.type = open and fd.name = /etc");
        check(&[shell], &[shell], 1, true);
        // However it is written.
        check(
            &["proc.name in (a, b)"],
            &["(proc.name=a or proc.name == b)"],
            1,
            true,
        );
        check(&[shell, open], &[open, shell], 2, false);
        check(&[shell], &[open], 2, false);
        // Two of one set are two.
        check(&[shell, shell], &[shell], 2, true);
        check(&[], &[open], 1, false);
    }

    #[test]
    fn disabled_rules_are_known_and_not_asked() {
        let old = rule("R", "proc.name = bash");
        let new = old.replace("  priority", "  enabled: false\n  priority");
        let (_, _, pair) = pair(&old, &new);
        assert!(pair.is_same_condition(RuleIndex(0), RuleIndex(0)));
        let (mut of_old, mut of_new) = (Vec::new(), Vec::new());
        let event = TestEvent::new("open").text("proc.name", "bash");
        pair.scanner().scan(&event, &mut of_old, &mut of_new);
        assert_eq!((of_old.len(), of_new.len()), (1, 0));
    }
}
