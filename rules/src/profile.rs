//! What rules cost: how often each condition, macro and test was evaluated for some events, how often it held, and how
//! long that took.
//!
//! In: enabled rules of one source and events. Out: a [`Profile`]. The rules run as the program that judges, compiled once
//! more with its tests known by name, and watched; judging itself has nothing of this in it. A macro is no part of that
//! program, where its tests stand among others': it is judged as if it were a rule, for the events that rules with it
//! see.

mod count;
mod reorder;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::event_types::{EventTypeSet, type_ids};
use crate::ir::{IrKind, IrNode};
use crate::optimize::{MAX_CLASS_PARTS, Outline, Root, optimize_with_outline, part_text};
use crate::program::{Memo, Program};
use crate::{Event, Rule, RuleIndex, RuleMatching, Schema, SourceRules};

use count::{ConditionCount, Counter, PartCount};

/// The rules of a source, ready to be profiled: immutable, shared by all threads, one [`Profiler`] for each.
pub struct Profiling<'r> {
    rules: &'r [Rule],
    schema: &'r dyn Schema,
    matching: RuleMatching,
    judged: Watched,
    macros: Vec<Macro>,
    macro_program: Watched,
}

/// A program and what its parts are.
struct Watched {
    program: Program,
    outline: Outline,
}

/// A macro that rules name, directly or through others.
struct Macro {
    name: Arc<str>,
    body: Arc<IrNode>,
    event_types: EventTypeSet,
}

/// What was counted: to be added up over threads and captures.
#[derive(Clone, Debug, Default)]
pub struct ProfileCounts {
    /// Events by type.
    events: Vec<u64>,
    conditions: Vec<ConditionCount>,
    parts: Vec<PartCount>,
    macros: Vec<ConditionCount>,
}

/// Profiles for one thread.
pub struct Profiler<'p> {
    profiling: &'p Profiling<'p>,
    memo: Memo,
    macro_memo: Memo,
    judged: Counter,
    macros: Counter,
    events: Vec<u64>,
}

/// What rules cost. Times are those of tests alone, in nanoseconds; what looking at the clock takes is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Events that some rule could match.
    pub events: u64,
    /// The enabled rules, the most expensive first.
    pub rules: Vec<RuleProfile>,
    /// Their macros, the most expensive first.
    pub macros: Vec<MacroProfile>,
    /// Their tests, the most expensive first.
    pub parts: Vec<PartProfile>,
}

/// What one rule cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleProfile {
    /// The rule.
    pub rule: RuleIndex,
    /// Events of types that it can match.
    pub events: u64,
    /// Events for which its condition was evaluated: what many rules need, asked ahead of them, had not ruled it out.
    pub evaluations: u64,
    /// Events for which it held.
    pub matches: u64,
    /// Time of its own tests, and its share of those that were made ahead for several.
    pub ns: u64,
    /// Time that another order of its tests would have saved, by what they cost and how often they held here; a guess,
    /// since a test may hold more or less often where others did not go before.
    pub reordering_ns: u64,
}

/// What one macro cost, had it been evaluated for each event that a rule with it sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MacroProfile {
    /// Its name.
    pub name: String,
    /// Events for which it was evaluated.
    pub evaluations: u64,
    /// Events for which it held.
    pub matches: u64,
    /// Time of its tests.
    pub ns: u64,
}

/// What one test cost, wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartProfile {
    /// What it asks; alternatives of several checks may be one test.
    pub text: String,
    /// The rules that it stands in, in place order.
    pub rules: Vec<RuleIndex>,
    /// How often it was asked.
    pub asked: u64,
    /// How often it was made: its result is remembered where rules share it.
    pub made: u64,
    /// How often it held when it was asked.
    pub held: u64,
    /// Time it took.
    pub ns: u64,
}

impl<'r> Profiling<'r> {
    /// Compiles the rules of a source for this. The schema is the one that they were loaded with.
    #[must_use]
    pub fn new(source: SourceRules<'r>, schema: &'r dyn Schema, matching: RuleMatching) -> Self {
        let roots = source.roots(schema);
        let macros = macros(&roots);
        let macro_roots: Vec<_> = (0..)
            .zip(&macros)
            .map(|(index, known)| Root {
                condition: &known.body,
                event_types: &known.event_types,
                index,
            })
            .collect();
        let macro_program = Watched::new(&macro_roots, schema);
        Self {
            rules: source.all_rules(),
            schema,
            matching,
            judged: Watched::new(&roots, schema),
            macros,
            macro_program,
        }
    }

    /// What one thread needs.
    #[must_use]
    pub fn profiler(&self) -> Profiler<'_> {
        Profiler {
            profiling: self,
            memo: Memo::default(),
            macro_memo: Memo::default(),
            judged: Counter::new(self.rules.len(), self.judged.outline.parts.len()),
            macros: Counter::new(self.macros.len(), self.macro_program.outline.parts.len()),
            events: vec![0; self.schema.event_types().len()],
        }
    }

    /// What the counts come to.
    #[must_use]
    pub fn profile(&self, counts: &ProfileCounts) -> Profile {
        let events_of = |types: &EventTypeSet| -> u64 {
            let ids = type_ids(counts.events.len()).zip(&counts.events);
            ids.filter(|(id, _)| types.contains(*id))
                .map(|(_, count)| count)
                .sum()
        };
        let saved = reorder::savings(&self.judged, counts);
        let rules = (0..).map(RuleIndex).zip(self.rules).zip(&counts.conditions);
        let mut rules: Vec<_> = rules
            .filter(|((_, rule), _)| rule.enabled && rule.source == self.schema.source())
            .map(|((index, rule), count)| RuleProfile {
                rule: index,
                events: events_of(&rule.event_types),
                evaluations: count.asked,
                matches: count.held,
                ns: count.ns,
                reordering_ns: saved.get(&index.0).copied().unwrap_or(0),
            })
            .collect();
        rules.sort_by_key(|rule| (std::cmp::Reverse(rule.ns), rule.rule));
        let macros = self.macros.iter().zip(&counts.macros);
        let mut macros: Vec<_> = macros
            .map(|(known, count)| MacroProfile {
                name: known.name.to_string(),
                evaluations: events_of(&known.event_types),
                matches: count.held,
                ns: count.ns,
            })
            .collect();
        macros.sort_by(|left, right| (right.ns, &left.name).cmp(&(left.ns, &right.name)));
        Profile {
            events: counts.events.iter().sum(),
            rules,
            macros,
            parts: self.parts(counts),
        }
    }

    fn parts(&self, counts: &ProfileCounts) -> Vec<PartProfile> {
        let Watched { program, outline } = &self.judged;
        let mut users: Vec<Vec<RuleIndex>> = vec![Vec::new(); outline.parts.len()];
        for condition in &outline.conditions {
            for leaf in program.leaves_of(condition.node) {
                let users = users.get_mut(leaf as usize);
                users
                    .expect(count::IS_PART)
                    .push(RuleIndex(condition.index));
            }
        }
        let parts = outline.parts.iter().zip(users).zip(&counts.parts);
        let mut parts: Vec<_> = parts
            .filter(|(_, count)| count.asked > 0)
            .map(|((part, mut rules), count)| {
                rules.sort_unstable();
                rules.dedup();
                PartProfile {
                    text: part_text(part, self.schema),
                    rules,
                    asked: count.asked,
                    made: count.made,
                    held: count.held,
                    ns: count.ns,
                }
            })
            .collect();
        parts.sort_by(|left, right| (right.ns, &left.text).cmp(&(left.ns, &right.text)));
        parts
    }
}

impl Watched {
    fn new(roots: &[Root<'_>], schema: &dyn Schema) -> Self {
        let types = schema.event_types();
        let (program, outline) = optimize_with_outline(roots, types, MAX_CLASS_PARTS);
        Self { program, outline }
    }
}

/// The macros of conditions, in the order in which they are met, and the types of events that rules with them see.
fn macros(roots: &[Root<'_>]) -> Vec<Macro> {
    let mut found: Vec<Macro> = Vec::new();
    let mut places: HashMap<*const IrNode, usize> = HashMap::new();
    for root in roots {
        let mut met = HashSet::new();
        let mut open = vec![root.condition];
        while let Some(node) = open.pop() {
            match &node.kind {
                IrKind::And(members) | IrKind::Or(members) => open.extend(members.iter().rev()),
                IrKind::Not(member) => open.push(member),
                IrKind::Check(_) => {}
                IrKind::Macro { name, body } if met.insert(Arc::as_ptr(body)) => {
                    let place = *places.entry(Arc::as_ptr(body)).or_insert(found.len());
                    match found.get_mut(place) {
                        Some(known) => known.event_types.unite(root.event_types),
                        None => found.push(Macro {
                            name: Arc::clone(name),
                            body: Arc::clone(body),
                            event_types: root.event_types.clone(),
                        }),
                    }
                    open.push(body);
                }
                IrKind::Macro { .. } => {}
            }
        }
    }
    found
}

impl Profiler<'_> {
    /// Judges an event and appends the rules that match, as a [`crate::Scanner`] does, and counts.
    pub fn scan<E: Event + ?Sized>(&mut self, event: &E, matches: &mut Vec<RuleIndex>) {
        let event_type = usize::from(event.event_type().0);
        let Some(events) = self.events.get_mut(event_type) else {
            return;
        };
        *events += 1;
        let goes_on = self.profiling.matching == RuleMatching::All;
        let program = &self.profiling.judged.program;
        program.scan_watched(event, &mut self.memo, &mut self.judged, |index| {
            matches.push(RuleIndex(index));
            goes_on
        });
        let program = &self.profiling.macro_program.program;
        program.scan_watched(event, &mut self.macro_memo, &mut self.macros, |_| true);
    }

    /// What was counted since this was asked last.
    pub fn take(&mut self) -> ProfileCounts {
        let (conditions, parts) = self.judged.take();
        let (macros, _) = self.macros.take();
        let none = vec![0; self.events.len()];
        ProfileCounts {
            events: std::mem::replace(&mut self.events, none),
            conditions,
            parts,
            macros,
        }
    }
}

impl ProfileCounts {
    /// Adds what another thread counted for the same rules.
    pub fn add(&mut self, other: &Self) {
        count::add(&mut self.events, &other.events, |sum, count| *sum += count);
        count::add(&mut self.conditions, &other.conditions, ConditionCount::add);
        count::add(&mut self.macros, &other.macros, ConditionCount::add);
        count::add(&mut self.parts, &other.parts, PartCount::add);
    }
}
