//! Rules ready to judge events: immutable, shared by all threads, one [`Scanner`] for each.

use crate::event_types::EventTypeSet;
use crate::explain::Items;
use crate::ir::IrNode;
use crate::optimize::{MAX_CLASS_PARTS, Root, optimize};
use crate::program::{Memo, Program};
use crate::source::Span;
use crate::{
    BoundField, Event, EventTypeId, Explanation, FieldDef, Gauge, Priority, Schema, Template,
};

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

/// Rules, compiled together: those of each source into a program of its own.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    conditions: Vec<IrNode>,
    /// In the order in which the schemas were given.
    sources: Vec<Compiled>,
    /// Where things are written, for explanations.
    items: Items,
}

/// What the rules of one source were compiled into.
#[derive(Debug)]
struct Compiled {
    name: &'static str,
    program: Program,
    event_types: EventTypeSet,
    slots: Vec<BoundField>,
    fields: &'static [FieldDef],
}

/// All threads judge by one rule set.
const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<RuleSet>();
};

impl RuleSet {
    pub(crate) fn build(
        built: Vec<(Rule, IrNode)>,
        sources: Vec<(&dyn Schema, Vec<BoundField>)>,
        enables: impl Fn(&Rule) -> bool,
    ) -> Self {
        let (mut rules, conditions): (Vec<_>, Vec<_>) = built.into_iter().unzip();
        for rule in &mut rules {
            rule.enabled = enables(rule);
        }
        let sources = sources
            .into_iter()
            .map(|(schema, slots)| {
                Compiled::new(&rules, &conditions, schema, slots, MAX_CLASS_PARTS)
            })
            .collect();
        Self {
            rules,
            conditions,
            sources,
            items: Items::default(),
        }
    }

    /// The same rules, as they are where classes would have more than so many parts.
    #[cfg(test)]
    pub(crate) fn with_class_parts(mut self, schema: &dyn Schema, most: usize) -> Self {
        let (rules, conditions) = (&self.rules, &self.conditions);
        for compiled in &mut self.sources {
            let slots = std::mem::take(&mut compiled.slots);
            *compiled = Compiled::new(rules, conditions, schema, slots, most);
        }
        self
    }

    /// The program of the only source's rules, as text.
    #[cfg(test)]
    pub(crate) fn dump(&self, schema: &dyn Schema, most_class_parts: usize) -> String {
        let roots = roots(&self.rules, &self.conditions, schema);
        let types = schema.event_types();
        let (program, outline) =
            crate::optimize::optimize_with_outline(&roots, types, most_class_parts);
        let names: Vec<_> = self.rules.iter().map(|rule| rule.name.as_str()).collect();
        crate::program::dump::dump(&program, &outline.parts, schema, &names)
    }

    /// Every rule of every source, in place order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule at a place.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.rules.get(index.0 as usize)
    }

    /// The sources that rules were loaded for, whether there are any or not, in the order of their schemas.
    pub fn sources(&self) -> impl Iterator<Item = SourceRules<'_>> {
        let rules = self;
        self.sources
            .iter()
            .map(move |compiled| SourceRules { rules, compiled })
    }

    /// The rules that judge events of a source; nothing if its schema was not among those that rules were loaded for.
    #[must_use]
    pub fn of_source(&self, name: &str) -> Option<SourceRules<'_>> {
        self.sources().find(|source| source.name() == name)
    }

    /// Why a rule's condition holds for an event of its source, or does not; nothing for no such rule. Every part is
    /// evaluated, whether the rule is enabled and whatever other rules say.
    #[must_use]
    pub fn explain<E: Event + ?Sized>(&self, index: RuleIndex, event: &E) -> Option<Explanation> {
        let (condition, fields) = self.condition(index)?;
        let items = &self.items;
        Some(crate::explain::explain(condition, event, fields, items))
    }

    /// What measures how far events are from a rule; nothing for no such rule.
    #[must_use]
    pub fn gauge(&self, index: RuleIndex) -> Option<Gauge> {
        let (condition, fields) = self.condition(index)?;
        Some(Gauge::new(condition, fields))
    }

    /// The conditions of all rules, in place order.
    pub(crate) fn conditions(&self) -> &[IrNode] {
        &self.conditions
    }

    /// A rule's condition, and the fields of its source.
    pub(crate) fn condition(&self, index: RuleIndex) -> Option<(&IrNode, &'static [FieldDef])> {
        let source = &self.rule(index)?.source;
        let compiled = self.sources.iter().find(|known| known.name == source)?;
        let condition = self.conditions.get(index.0 as usize)?;
        Some((condition, compiled.fields))
    }
}

/// Where rules were loaded for one source: its rules, without a name.
impl RuleSet {
    fn first(&self) -> SourceRules<'_> {
        // No data decides how many schemas a program has.
        let first = self.sources().next();
        first.expect("rules were loaded for one source at least")
    }

    /// As [`SourceRules::event_types`].
    #[must_use]
    pub fn event_types(&self) -> &EventTypeSet {
        self.first().event_types()
    }

    /// As [`SourceRules::slots`].
    #[must_use]
    pub fn slots(&self) -> &[BoundField] {
        self.first().slots()
    }

    /// As [`SourceRules::rules_for`].
    pub fn rules_for(&self, event_type: EventTypeId) -> impl Iterator<Item = RuleIndex> + '_ {
        self.first().rules_for(event_type)
    }

    /// As [`SourceRules::program_size`].
    #[must_use]
    pub fn program_size(&self) -> (usize, usize) {
        self.first().program_size()
    }

    /// As [`SourceRules::scanner`].
    #[must_use]
    pub fn scanner(&self, matching: RuleMatching) -> Scanner<'_> {
        self.first().scanner(matching)
    }

    /// As [`SourceRules::matches_plain`].
    #[must_use]
    pub fn matches_plain<E: Event + ?Sized>(
        &self,
        event: &E,
        matching: RuleMatching,
    ) -> Vec<RuleIndex> {
        self.first().matches_plain(event, matching)
    }
}

/// The conditions of those rules that judge events of the schema's source.
fn roots<'r>(rules: &'r [Rule], conditions: &'r [IrNode], schema: &dyn Schema) -> Vec<Root<'r>> {
    let numbered = rules.iter().zip(conditions).zip(0..);
    numbered
        .filter(|((rule, _), _)| rule.enabled && rule.source == schema.source())
        .map(|((rule, condition), index)| Root {
            condition,
            event_types: &rule.event_types,
            index,
        })
        .collect()
}

impl Compiled {
    /// The program of those rules that are of the schema's source.
    fn new(
        rules: &[Rule],
        conditions: &[IrNode],
        schema: &dyn Schema,
        slots: Vec<BoundField>,
        most_class_parts: usize,
    ) -> Self {
        let mut event_types = EventTypeSet::none(schema.event_types().len());
        let roots = roots(rules, conditions, schema);
        for root in &roots {
            event_types.unite(root.event_types);
        }
        let program = optimize(&roots, schema.event_types(), most_class_parts);
        Self {
            name: schema.source(),
            program,
            event_types,
            slots,
            fields: schema.fields(),
        }
    }
}

/// The rules of one source: what judges its events.
#[derive(Clone, Copy, Debug)]
pub struct SourceRules<'r> {
    rules: &'r RuleSet,
    compiled: &'r Compiled,
}

impl<'r> SourceRules<'r> {
    /// The source's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.compiled.name
    }

    /// Its rules, enabled or not, in place order.
    pub fn rules(&self) -> impl Iterator<Item = (RuleIndex, &'r Rule)> + use<'r> {
        let name = self.name();
        let numbered = (0..).map(RuleIndex).zip(&self.rules.rules);
        numbered.filter(move |(_, rule)| rule.source == name)
    }

    /// The types of events that some enabled rule can match.
    #[must_use]
    pub fn event_types(&self) -> &'r EventTypeSet {
        &self.compiled.event_types
    }

    /// Every field that a condition or an output reads, by slot.
    #[must_use]
    pub fn slots(&self) -> &'r [BoundField] {
        &self.compiled.slots
    }

    /// The enabled rules that are evaluated for events of a type, in place order.
    pub fn rules_for(&self, event_type: EventTypeId) -> impl Iterator<Item = RuleIndex> + use<'r> {
        // Where one class has all types, the type is the program's to ask.
        let rules = self.rules;
        let roots = self.compiled.program.roots(event_type).map(RuleIndex);
        roots.filter(move |index| {
            let rule = rules
                .rule(*index)
                .expect("a condition is called as its rule");
            rule.event_types.contains(event_type)
        })
    }

    /// How many nodes and distinct tests the compiled program has.
    #[must_use]
    pub fn program_size(&self) -> (usize, usize) {
        self.compiled.program.size()
    }

    /// What one thread needs to judge events.
    #[must_use]
    pub fn scanner(&self, matching: RuleMatching) -> Scanner<'r> {
        Scanner {
            program: &self.compiled.program,
            matching,
            memo: Memo::default(),
        }
    }

    /// The conditions of those of its rules that judge events.
    pub(crate) fn roots(&self, schema: &dyn Schema) -> Vec<Root<'r>> {
        roots(&self.rules.rules, &self.rules.conditions, schema)
    }

    /// Where things are written.
    pub(crate) fn items(&self) -> &'r Items {
        &self.rules.items
    }

    /// The conditions of all of its rules, enabled or not.
    pub(crate) fn every_root(self) -> Vec<Root<'r>> {
        let conditions = &self.rules.conditions;
        let rules = self.rules().filter_map(|(index, rule)| {
            Some(Root {
                condition: conditions.get(index.0 as usize)?,
                event_types: &rule.event_types,
                index: index.0,
            })
        });
        rules.collect()
    }

    /// The rules of every source, in place order.
    pub(crate) fn all_rules(&self) -> &'r [Rule] {
        &self.rules.rules
    }

    /// The rules that match, found without short cuts by the plain evaluator: slow, and right by inspection.
    #[must_use]
    pub fn matches_plain<E: Event + ?Sized>(
        &self,
        event: &E,
        matching: RuleMatching,
    ) -> Vec<RuleIndex> {
        let event_type = event.event_type();
        let limit = if matching == RuleMatching::First {
            1
        } else {
            usize::MAX
        };
        let name = self.name();
        let is_asked = |rule: &Rule| {
            rule.enabled && rule.source == name && rule.event_types.contains(event_type)
        };
        (0..)
            .map(RuleIndex)
            .zip(self.rules.rules.iter().zip(&self.rules.conditions))
            .filter(|(_, (rule, condition))| {
                is_asked(rule) && crate::explain::holds(condition, event)
            })
            .map(|(index, _)| index)
            .take(limit)
            .collect()
    }
}

/// Judges events for one thread.
#[derive(Debug)]
pub struct Scanner<'r> {
    program: &'r Program,
    matching: RuleMatching,
    memo: Memo,
}

impl Scanner<'_> {
    /// Appends the enabled rules that match the event, in place order; one at most under [`RuleMatching::First`].
    pub fn scan<E: Event + ?Sized>(&mut self, event: &E, matches: &mut Vec<RuleIndex>) {
        let goes_on = self.matching == RuleMatching::All;
        self.program.scan(event, &mut self.memo, |index| {
            matches.push(RuleIndex(index));
            goes_on
        });
    }
}
