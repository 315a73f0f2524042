//! The program of a rule set and its evaluation.
//!
//! In: an event. Out: the conditions that hold for it, in place order. Evaluation cannot fail and does not allocate once
//! a thread's [`Memo`] has its size; a node that several conditions share is evaluated once per event.
//!
//! Nodes are what the optimiser builds with. What runs is their flat form: steps that test one thing each and name the
//! step to go on with, so that groups cost nothing and only shared groups are called.

use std::collections::HashMap;
use std::ops::Range;

use crate::compile::Matcher;
use crate::ir::Term;
use crate::syntax::Operator;
use crate::transform::{Buffers, each_value, terms_hold};
use crate::{BoundField, Event, EventTypeId, Value};

/// A node. Members are earlier nodes.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Const(bool),
    And(Range<u32>),
    Or(Range<u32>),
    Leaf(u32),
}

/// A node, or its opposite: the lowest bit negates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ref(u32);

impl Ref {
    fn new(node: usize) -> Self {
        Self(crate::source::offset(node) << 1)
    }

    pub(crate) fn negated(self) -> Self {
        Self(self.0 ^ 1)
    }

    pub(crate) fn node(self) -> usize {
        (self.0 >> 1) as usize
    }

    pub(crate) fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }
}

/// How the values of a term combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Exists,
    Any,
    All,
    None,
}

#[derive(Debug)]
pub(crate) enum Source {
    Field(BoundField),
    Computed(Box<Term>),
}

#[derive(Debug)]
pub(crate) enum Leaf {
    Test {
        source: Source,
        fold: Fold,
        matcher: Matcher,
    },
    Terms {
        operator: Operator,
        left: Box<Term>,
        right: Box<Term>,
    },
}

/// One node; `memo` is where its result is remembered within an event, if several conditions share it.
#[derive(Debug)]
struct Node {
    op: Op,
    memo: Option<u32>,
}

/// The first step of a flat form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry(u32);

/// Where evaluation ends: beyond every step.
const FAILS: u32 = u32::MAX - 1;
const HOLDS: u32 = u32::MAX;

/// What a step asks.
#[derive(Clone, Copy, Debug)]
enum Question {
    Const(bool),
    Leaf(u32),
    /// A shared group, whose own flat form starts here.
    Group(Entry),
}

/// One question and the steps that follow its answers.
#[derive(Debug)]
struct Step {
    question: Question,
    memo: Option<u32>,
    if_not: u32,
    if_so: u32,
}

/// What is evaluated for events of one class of types.
#[derive(Debug, Default)]
pub(crate) struct Class {
    /// What each condition is called, and its flat form; in place order.
    pub(crate) roots: Box<[(u32, Entry)]>,
    /// Nodes that several conditions need, the most needed first.
    pub(crate) guards: Box<[Guard]>,
}

/// A node, and the conditions that cannot hold without it.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) entry: Entry,
    /// Bit n stands for the n-th condition of the class.
    pub(crate) needed_by: Box<[u64]>,
}

#[derive(Debug, Default)]
pub(crate) struct Program {
    nodes: Vec<Node>,
    memos: u32,
    members: Vec<Ref>,
    leaves: Vec<Leaf>,
    steps: Vec<Step>,
    /// The flat form of each shared group that has one.
    groups: HashMap<usize, Entry>,
    pub(crate) classes: Vec<Class>,
    pub(crate) class_of_type: Box<[u32]>,
}

/// What one thread remembers while it evaluates.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    /// For each shared node, twice the event's number and the result's bit.
    results: Vec<u32>,
    event: u32,
    /// The conditions of the class that may still hold.
    alive: Vec<u64>,
    buffers: Buffers,
}

impl Program {
    pub(crate) fn push(&mut self, op: Op, is_shared: bool) -> Ref {
        let memo = is_shared.then_some(self.memos);
        self.memos += u32::from(is_shared);
        self.nodes.push(Node { op, memo });
        Ref::new(self.nodes.len() - 1)
    }

    pub(crate) fn push_members(&mut self, members: impl Iterator<Item = Ref>) -> Range<u32> {
        let start = crate::source::offset(self.members.len());
        self.members.extend(members);
        start..crate::source::offset(self.members.len())
    }

    pub(crate) fn push_leaf(&mut self, leaf: Leaf) -> u32 {
        self.leaves.push(leaf);
        crate::source::offset(self.leaves.len() - 1)
    }

    /// How many nodes and leaves the program has.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.nodes.len(), self.leaves.len())
    }

    fn class(&self, event_type: EventTypeId) -> Option<&Class> {
        let class = self.class_of_type.get(usize::from(event_type.0))?;
        self.classes.get(*class as usize)
    }

    /// The conditions that are evaluated for events of a type.
    pub(crate) fn roots(&self, event_type: EventTypeId) -> &[(u32, Entry)] {
        self.class(event_type).map_or(&[], |class| &*class.roots)
    }

    /// Calls `found` with each condition that holds, in place order, until it says to stop.
    pub(crate) fn scan<E: Event + ?Sized>(
        &self,
        event: &E,
        memo: &mut Memo,
        mut found: impl FnMut(u32) -> bool,
    ) {
        let Some(class) = self
            .class(event.event_type())
            .filter(|class| !class.roots.is_empty())
        else {
            return;
        };
        memo.next_event(self.memos as usize);
        self.rule_out(class, event, memo);
        for word in 0..memo.alive.len() {
            let mut bits = memo.alive.get(word).copied().unwrap_or(0);
            while bits != 0 {
                let bit = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let Some((index, entry)) = class.roots.get(word * 64 + bit) else {
                    return;
                };
                if self.holds(*entry, event, memo) && !found(*index) {
                    return;
                }
            }
        }
    }

    /// Evaluates what several conditions need, and leaves alive those whose needs are met.
    fn rule_out<E: Event + ?Sized>(&self, class: &Class, event: &E, memo: &mut Memo) {
        memo.alive.clear();
        memo.alive.resize(class.roots.len().div_ceil(64), u64::MAX);
        if let (Some(last), rest @ 1..) = (memo.alive.last_mut(), class.roots.len() % 64) {
            *last = (1 << rest) - 1;
        }
        for guard in &class.guards {
            if guard.is_awaited(&memo.alive) && !self.holds(guard.entry, event, memo) {
                for (alive, needed) in memo.alive.iter_mut().zip(&guard.needed_by) {
                    *alive &= !needed;
                }
            }
        }
    }

    /// Follows the steps to their end. Only shared groups recurse.
    fn holds<E: Event + ?Sized>(&self, entry: Entry, event: &E, memo: &mut Memo) -> bool {
        let mut at = entry.0;
        while let Some(step) = self.steps.get(at as usize) {
            let known = step.memo.and_then(|place| memo.known(place));
            let result = known.unwrap_or_else(|| {
                let result = self.answer(step.question, event, memo);
                if let Some(place) = step.memo {
                    memo.remember(place, result);
                }
                result
            });
            at = if result { step.if_so } else { step.if_not };
        }
        at == HOLDS
    }

    #[inline]
    fn answer<E: Event + ?Sized>(&self, question: Question, event: &E, memo: &mut Memo) -> bool {
        match question {
            Question::Leaf(leaf) => self
                .leaves
                .get(leaf as usize)
                .is_some_and(|leaf| leaf.holds(event, &memo.buffers)),
            Question::Group(entry) => self.holds(entry, event, memo),
            Question::Const(value) => value,
        }
    }

    /// The flat form of a node, or of its opposite.
    pub(crate) fn flatten(&mut self, reference: Ref) -> Entry {
        Entry(self.flatten_into(reference, FAILS, HOLDS))
    }

    /// Adds the steps that evaluate a node and go on where its result says. Every node but the shared ones has one
    /// parent, so that steps are as many as nodes; recursion is as deep as the condition, which the loader bounds.
    fn flatten_into(&mut self, reference: Ref, if_not: u32, if_so: u32) -> u32 {
        let (if_not, if_so) = if reference.is_negated() {
            (if_so, if_not)
        } else {
            (if_not, if_so)
        };
        let Some(node) = self.nodes.get(reference.node()) else {
            return if_not;
        };
        let memo = node.memo;
        let question = match node.op.clone() {
            Op::Const(value) => Question::Const(value),
            Op::Leaf(leaf) => Question::Leaf(leaf),
            group @ (Op::And(_) | Op::Or(_)) if memo.is_some() => {
                Question::Group(self.shared_group(reference.node(), group))
            }
            group => return self.flatten_group(&group, if_not, if_so),
        };
        self.steps.push(Step {
            question,
            memo,
            if_not,
            if_so,
        });
        crate::source::offset(self.steps.len() - 1)
    }

    fn shared_group(&mut self, node: usize, group: Op) -> Entry {
        if let Some(known) = self.groups.get(&node) {
            return *known;
        }
        let entry = Entry(self.flatten_group(&group, FAILS, HOLDS));
        self.groups.insert(node, entry);
        entry
    }

    /// The last member first: each goes on with the one behind it until one decides.
    fn flatten_group(&mut self, group: &Op, if_not: u32, if_so: u32) -> u32 {
        let (range, is_and) = match group {
            Op::And(members) => (members, true),
            Op::Or(members) => (members, false),
            Op::Const(_) | Op::Leaf(_) => return if_not,
        };
        let members = self.members(range).to_vec();
        let undecided = if is_and { if_so } else { if_not };
        members.iter().rev().fold(undecided, |next, member| {
            if is_and {
                self.flatten_into(*member, if_not, next)
            } else {
                self.flatten_into(*member, next, if_so)
            }
        })
    }

    fn members(&self, range: &Range<u32>) -> &[Ref] {
        self.members
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    /// What must hold for a node to hold: the members of an `and`.
    pub(crate) fn needs(&self, reference: Ref) -> &[Ref] {
        match self.nodes.get(reference.node()) {
            Some(Node {
                op: Op::And(members),
                ..
            }) if !reference.is_negated() => self.members(members),
            _ => &[],
        }
    }
}

impl Guard {
    /// Whether more than one condition that may still hold needs it.
    #[inline]
    fn is_awaited(&self, alive: &[u64]) -> bool {
        let mut awaited = false;
        for (needed, alive) in self.needed_by.iter().zip(alive) {
            let waiting = needed & alive;
            if waiting & waiting.wrapping_sub(1) != 0 || (awaited && waiting != 0) {
                return true;
            }
            awaited |= waiting != 0;
        }
        false
    }
}

impl Memo {
    fn next_event(&mut self, nodes: usize) {
        self.results.resize(nodes, 0);
        self.event += 1;
        // Half the numbers are the result bits: start over before they run out.
        if self.event > u32::MAX / 2 - 1 {
            self.results.fill(0);
            self.event = 1;
        }
    }

    #[inline]
    fn known(&self, at: u32) -> Option<bool> {
        let result = self.results.get(at as usize).copied().unwrap_or(0);
        (result >> 1 == self.event).then_some(result & 1 == 1)
    }

    fn remember(&mut self, at: u32, result: bool) {
        if let Some(known) = self.results.get_mut(at as usize) {
            *known = self.event << 1 | u32::from(result);
        }
    }
}

impl Leaf {
    #[inline]
    fn holds<E: Event + ?Sized>(&self, event: &E, buffers: &Buffers) -> bool {
        match self {
            Self::Test {
                source: Source::Field(field),
                fold,
                matcher,
            } => match event.extract(field) {
                Value::Absent => false,
                Value::List(values) => fold.over(values, matcher),
                single => match fold {
                    Fold::Exists => true,
                    Fold::Any | Fold::All => matcher.matches(single),
                    Fold::None => !matcher.matches(single),
                },
            },
            Self::Test {
                source: Source::Computed(term),
                fold,
                matcher,
            } => {
                let (mut any, mut all) = (false, true);
                let is_present = each_value(term, event, buffers, &mut |value| {
                    let passed = matcher.matches(value);
                    any |= passed;
                    all &= passed;
                });
                is_present
                    && match fold {
                        Fold::Exists => true,
                        Fold::Any => any,
                        Fold::All => all,
                        Fold::None => !any,
                    }
            }
            Self::Terms {
                operator,
                left,
                right,
            } => terms_hold(*operator, left, right, event, buffers),
        }
    }
}

impl Fold {
    fn over(self, values: &[Value<'_>], matcher: &Matcher) -> bool {
        match self {
            Self::Exists => true,
            Self::Any => values.iter().any(|value| matcher.matches(*value)),
            Self::All => values.iter().all(|value| matcher.matches(*value)),
            Self::None => !values.iter().any(|value| matcher.matches(*value)),
        }
    }
}
