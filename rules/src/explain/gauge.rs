//! How far events are from a rule: how many parts of its condition would have to be otherwise for it to hold.
//!
//! In: a rule's condition once, then events of its types. Out: a number for each, and which parts these are.
//! It asks the optimised tests, each at most once for an event, and stops where an event is farther than anybody wants to
//! know; so a pass over millions of events can afford it. What it says is what [`super::record`] says: a test compares.

use std::collections::HashMap;
use std::sync::Arc;

use super::parts::FoundValue;
use super::{print, values};
use crate::ir::{IrKind, IrNode, Predicate};
use crate::optimize::leaf_of;
use crate::program::Leaf;
use crate::source::Span;
use crate::transform::Buffers;
use crate::{Event, FieldDef};

/// An event that lacks more parts than this is not near, whatever the others are.
pub(crate) const MAX_LACKING: u32 = 64;

/// A part that an event lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The comparison, to be pasted into a filter.
    pub text: String,
    /// Whether it would have to hold; else it holds and would have to not hold.
    pub must_hold: bool,
    /// Where it is written.
    pub span: Option<Span>,
    /// The macros around it, the outermost first.
    pub macros: Vec<Arc<str>>,
}

/// A node of the condition; macros are their bodies, and a body that stands in several places is one node.
#[derive(Debug)]
enum Node {
    Leaf(u32),
    Not(usize),
    All(Vec<usize>),
    Any(Vec<usize>),
}

/// What is asked of a node: how many leaves it takes to make it hold, or not hold.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Of which event it is known.
    event: u64,
    cost: u32,
    /// Whether it is the cost, or only more than was asked for.
    is_exact: bool,
}

/// Measures events against one rule, for one thread.
#[derive(Debug)]
pub struct Gauge {
    defs: &'static [FieldDef],
    /// Each comparison once, wherever it stands, and as it is tested.
    predicates: Vec<Arc<Predicate>>,
    tests: Vec<Leaf>,
    /// By leaf, its test.
    leaves: Vec<usize>,
    /// By leaf.
    lacks: Vec<Lack>,
    nodes: Vec<Node>,
    root: usize,
    /// By test, of which event its value is known, and the value.
    values: Vec<(u64, bool)>,
    /// By node, to make it hold and to make it not hold.
    known: Vec<[Known; 2]>,
    event: u64,
    buffers: Buffers,
}

impl Gauge {
    pub(crate) fn new(condition: &IrNode, defs: &'static [FieldDef]) -> Self {
        let mut builder = Builder {
            defs,
            predicates: Vec::new(),
            tests: Vec::new(),
            by_predicate: HashMap::new(),
            leaves: Vec::new(),
            lacks: Vec::new(),
            nodes: Vec::new(),
            bodies: HashMap::new(),
            macros: Vec::new(),
        };
        let root = builder.add(condition, true);
        let Builder {
            predicates,
            tests,
            leaves,
            lacks,
            nodes,
            ..
        } = builder;
        Self {
            values: vec![(0, false); tests.len()],
            known: vec![[Known::default(); 2]; nodes.len()],
            defs,
            predicates,
            tests,
            leaves,
            lacks,
            nodes,
            root,
            event: 0,
            buffers: Buffers::default(),
        }
    }

    /// What a number of [`Gauge::lacking`] stands for. Numbers are the same for every gauge of a rule.
    #[must_use]
    pub fn lack(&self, number: u32) -> Option<&Lack> {
        self.lacks.get(number as usize)
    }

    /// What the event has of the left side of such a part.
    #[must_use]
    pub fn found<E: Event + ?Sized>(&self, number: u32, event: &E) -> Option<FoundValue> {
        let test = self.leaves.get(number as usize)?;
        let predicate = self.predicates.get(*test)?;
        Some(values::found(&predicate.left, event, self.defs))
    }

    /// How many parts the event lacks, if that is no more than `most` and no more than 64. None where it is farther.
    pub fn measure<E: Event + ?Sized>(&mut self, event: &E, most: u32) -> Option<u32> {
        self.event += 1;
        let most = most.min(MAX_LACKING);
        let cost = self.cost(self.root, true, most + 1, event);
        (cost <= most).then_some(cost)
    }

    /// Which parts the event lacks that was measured last and found near, in order, each once.
    pub fn lacking<E: Event + ?Sized>(&mut self, event: &E) -> Vec<u32> {
        let mut found = Vec::new();
        self.gather(self.root, true, event, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// How many leaves it takes to make a node hold (or not); `limit` or more where it is not less than that.
    fn cost<E: Event + ?Sized>(&mut self, at: usize, wanted: bool, limit: u32, event: &E) -> u32 {
        if limit == 0 {
            return 0;
        }
        let known = self
            .known
            .get(at)
            .map(|[not, so]| if wanted { *so } else { *not });
        let known = known.filter(|known| known.event == self.event);
        // What was given up once is asked to the end the second time, so that it is never asked a third.
        let mut limit = limit;
        match known {
            Some(known) if known.is_exact || known.cost >= limit => return known.cost,
            Some(_) => limit = MAX_LACKING + 1,
            None => {}
        }
        let cost = self.cost_anew(at, wanted, limit, event);
        if let Some([not, so]) = self.known.get_mut(at) {
            *if wanted { so } else { not } = Known {
                event: self.event,
                cost,
                is_exact: cost < limit,
            };
        }
        cost
    }

    fn cost_anew<E: Event + ?Sized>(
        &mut self,
        at: usize,
        wanted: bool,
        limit: u32,
        event: &E,
    ) -> u32 {
        let (needs_all, count) = match self.nodes.get(at) {
            Some(Node::Leaf(leaf)) => return u32::from(self.value(*leaf, event) != wanted),
            Some(Node::Not(member)) => return self.cost(*member, !wanted, limit, event),
            Some(Node::All(members)) => (wanted, members.len()),
            Some(Node::Any(members)) => (!wanted, members.len()),
            None => return 0,
        };
        let mut found = if needs_all { 0 } else { limit };
        for index in 0..count {
            let Some(member) = self.member(at, index) else {
                break;
            };
            if needs_all {
                let left = limit.saturating_sub(found);
                found = found.saturating_add(self.cost(member, wanted, left, event));
                if found >= limit {
                    return limit;
                }
            } else {
                found = found.min(self.cost(member, wanted, found, event));
                if found == 0 {
                    return 0;
                }
            }
        }
        found
    }

    fn member(&self, at: usize, index: usize) -> Option<usize> {
        match self.nodes.get(at)? {
            Node::All(members) | Node::Any(members) => members.get(index).copied(),
            Node::Leaf(_) | Node::Not(_) => None,
        }
    }

    fn value<E: Event + ?Sized>(&mut self, leaf: u32, event: &E) -> bool {
        let Some(at) = self.leaves.get(leaf as usize).copied() else {
            return false;
        };
        let known = self.values.get(at).copied();
        if let Some((_, value)) = known.filter(|(of, _)| *of == self.event) {
            return value;
        }
        let test = self.tests.get(at);
        let value = test.is_some_and(|test| test.holds(event, &self.buffers));
        if let Some(known) = self.values.get_mut(at) {
            *known = (self.event, value);
        }
        value
    }

    /// The leaves that [`Gauge::cost`] counted: the first of the cheapest where one is enough.
    fn gather<E: Event + ?Sized>(
        &mut self,
        at: usize,
        wanted: bool,
        event: &E,
        found: &mut Vec<u32>,
    ) {
        let exact = MAX_LACKING + 1;
        if self.cost(at, wanted, exact, event) == 0 {
            return;
        }
        let (needs_all, count) = match self.nodes.get(at) {
            Some(Node::Leaf(leaf)) => return found.push(*leaf),
            Some(Node::Not(member)) => return self.gather(*member, !wanted, event, found),
            Some(Node::All(members)) => (wanted, members.len()),
            Some(Node::Any(members)) => (!wanted, members.len()),
            None => return,
        };
        let members: Vec<_> = (0..count)
            .filter_map(|index| self.member(at, index))
            .collect();
        if needs_all {
            for member in members {
                self.gather(member, wanted, event, found);
            }
            return;
        }
        let costs: Vec<_> = (members.into_iter())
            .map(|member| (self.cost(member, wanted, exact, event), member))
            .collect();
        if let Some((_, member)) = costs.into_iter().min_by_key(|(cost, _)| *cost) {
            self.gather(member, wanted, event, found);
        }
    }
}

struct Builder<'r> {
    defs: &'static [FieldDef],
    predicates: Vec<Arc<Predicate>>,
    tests: Vec<Leaf>,
    by_predicate: HashMap<&'r Predicate, usize>,
    leaves: Vec<usize>,
    lacks: Vec<Lack>,
    nodes: Vec<Node>,
    /// The nodes of the macro bodies, each with whether it would have to hold.
    bodies: HashMap<(*const IrNode, bool), usize>,
    macros: Vec<Arc<str>>,
}

impl<'r> Builder<'r> {
    fn add(&mut self, node: &'r IrNode, wanted: bool) -> usize {
        let made = match &node.kind {
            IrKind::And(members) => Node::All(self.add_all(members, wanted)),
            IrKind::Or(members) => Node::Any(self.add_all(members, wanted)),
            IrKind::Not(member) => Node::Not(self.add(member, !wanted)),
            IrKind::Macro { name, body } => return self.body(name, body, wanted),
            IrKind::Check(predicate) => Node::Leaf(self.leaf(predicate, node, wanted)),
        };
        self.nodes.push(made);
        self.nodes.len() - 1
    }

    fn add_all(&mut self, members: &'r [IrNode], wanted: bool) -> Vec<usize> {
        let mut added = Vec::with_capacity(members.len());
        for member in members {
            added.push(self.add(member, wanted));
        }
        added
    }

    fn body(&mut self, name: &Arc<str>, body: &'r Arc<IrNode>, wanted: bool) -> usize {
        let key = (Arc::as_ptr(body), wanted);
        if let Some(known) = self.bodies.get(&key) {
            return *known;
        }
        self.macros.push(Arc::clone(name));
        let made = self.add(body, wanted);
        self.macros.pop();
        self.bodies.insert(key, made);
        made
    }

    #[inline(never)]
    fn leaf(&mut self, predicate: &'r Arc<Predicate>, node: &IrNode, wanted: bool) -> u32 {
        let next = self.tests.len();
        let test = *self.by_predicate.entry(predicate).or_insert(next);
        if test == next {
            self.tests.push(leaf_of(predicate));
            self.predicates.push(Arc::clone(predicate));
        }
        self.lacks.push(Lack {
            text: print::check(predicate, self.defs),
            must_hold: wanted,
            span: node.origin.clone(),
            macros: self.macros.clone(),
        });
        self.leaves.push(test);
        crate::source::place(self.leaves.len() - 1)
    }
}
