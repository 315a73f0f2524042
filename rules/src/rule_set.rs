//! Rules ready to judge events: immutable, shared by all threads, one [`Scanner`] for each.

use crate::event_types::EventTypeSet;
use crate::explain::Recorder;
use crate::ir::IrNode;
use crate::load::Selection;
use crate::optimize::{Root, optimize};
use crate::program::{Memo, Program};
use crate::source::Span;
use crate::{BoundField, Event, EventTypeId, ExplainedNode, Priority, Schema, Template};

/// One rule, enabled or not.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// How grave its alerts are.
    pub priority: Priority,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// The source whose events it sees.
    pub source: String,
    /// Its `desc`.
    pub description: String,
    /// Its output, compiled.
    pub output: Template,
    /// Its output as text.
    pub output_text: String,
    /// Its condition as the files have it, appends included.
    pub condition_text: String,
    /// Its condition in normal form, with lists, macros and exceptions in it.
    pub condition_compiled: String,
    /// Whether it judges events.
    pub enabled: bool,
    /// Whether it asks for a capture when it matches.
    pub capture: bool,
    /// How long that capture shall be, in milliseconds.
    pub capture_duration_ms: Option<u32>,
    /// Names of its exceptions.
    pub exceptions: Vec<String>,
    /// Names of the macros in its condition, macros in macros included.
    pub macros: Vec<String>,
    /// Names of the lists in its condition and its macros.
    pub lists: Vec<String>,
    /// Every field that its condition compares, macros included, as outputs name them, sorted.
    pub condition_fields: Vec<String>,
    /// Every operator of its condition, sorted.
    pub condition_operators: Vec<&'static str>,
    /// Where it is defined.
    pub span: Option<Span>,
    /// The types of events it can match.
    pub event_types: EventTypeSet,
}

/// A rule's place in [`RuleSet::rules`], which is its order under [`RuleMatching::First`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u32);

/// Which of the rules that match an event alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuleMatching {
    /// The first in place order; it shadows the others.
    #[default]
    First,
    /// Every one.
    All,
}

/// Rules, compiled together.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    conditions: Vec<IrNode>,
    program: Program,
    event_types: EventTypeSet,
    slots: Vec<BoundField>,
}

/// All threads judge by one rule set.
const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<RuleSet>();
};

impl RuleSet {
    pub(crate) fn build(
        built: Vec<(Rule, IrNode)>,
        schema: &dyn Schema,
        slots: Vec<BoundField>,
        selection: &Selection,
    ) -> Self {
        let (mut rules, conditions): (Vec<_>, Vec<_>) = built.into_iter().unzip();
        for rule in &mut rules {
            rule.enabled = selection.enables(rule);
        }
        let mut event_types = EventTypeSet::none(schema.event_types().len());
        let mut roots = Vec::new();
        for ((rule, condition), index) in rules.iter().zip(&conditions).zip(0..) {
            if rule.enabled {
                event_types.unite(&rule.event_types);
                roots.push(Root {
                    condition,
                    event_types: &rule.event_types,
                    index,
                });
            }
        }
        let program = optimize(&roots, schema.event_types());
        Self {
            rules,
            conditions,
            program,
            event_types,
            slots,
        }
    }

    /// Every rule, in place order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule at a place.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.rules.get(index.0 as usize)
    }

    /// The types of events that some enabled rule can match.
    #[must_use]
    pub fn event_types(&self) -> &EventTypeSet {
        &self.event_types
    }

    /// Every field that a condition or an output reads, by slot.
    #[must_use]
    pub fn slots(&self) -> &[BoundField] {
        &self.slots
    }

    /// The enabled rules that are evaluated for events of a type, in place order.
    pub fn rules_for(&self, event_type: EventTypeId) -> impl Iterator<Item = RuleIndex> + '_ {
        self.program.roots(event_type).map(RuleIndex)
    }

    /// How many nodes and distinct tests the compiled program has.
    #[must_use]
    pub fn program_size(&self) -> (usize, usize) {
        self.program.size()
    }

    /// What one thread needs to judge events.
    #[must_use]
    pub fn scanner(&self, matching: RuleMatching) -> Scanner<'_> {
        Scanner {
            rule_set: self,
            matching,
            memo: Memo::default(),
        }
    }

    /// The value of every node of a rule's condition for an event, a node before its members; empty for no such rule.
    /// Beyond 100,000 nodes the bodies of macros that were met before are left out.
    #[must_use]
    pub fn explain<E: Event + ?Sized>(&self, index: RuleIndex, event: &E) -> Vec<ExplainedNode> {
        let mut recorder = Recorder::default();
        if let Some(condition) = self.conditions.get(index.0 as usize) {
            recorder.evaluate(condition, event, 0);
        }
        recorder.nodes
    }

    /// The rules that match, found without short cuts by the plain evaluator: slow, and right by inspection.
    #[must_use]
    pub fn matches_plain<E: Event + ?Sized>(
        &self,
        event: &E,
        matching: RuleMatching,
    ) -> Vec<RuleIndex> {
        let event_type = event.event_type();
        let matching_rules =
            self.rules
                .iter()
                .zip(&self.conditions)
                .zip(0..)
                .filter(|((rule, condition), _)| {
                    rule.enabled
                        && rule.event_types.contains(event_type)
                        && crate::explain::holds(condition, event)
                });
        let limit = if matching == RuleMatching::First {
            1
        } else {
            usize::MAX
        };
        matching_rules
            .map(|(_, index)| RuleIndex(index))
            .take(limit)
            .collect()
    }
}

/// Judges events for one thread.
#[derive(Debug)]
pub struct Scanner<'r> {
    rule_set: &'r RuleSet,
    matching: RuleMatching,
    memo: Memo,
}

impl Scanner<'_> {
    /// Appends the enabled rules that match the event, in place order; one at most under [`RuleMatching::First`].
    pub fn scan<E: Event + ?Sized>(&mut self, event: &E, matches: &mut Vec<RuleIndex>) {
        let goes_on = self.matching == RuleMatching::All;
        self.rule_set.program.scan(event, &mut self.memo, |index| {
            matches.push(RuleIndex(index));
            goes_on
        });
    }
}
