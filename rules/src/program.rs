//! The program of a rule set and its evaluation.
//!
//! In: an event. Out: the conditions that hold for it, in place order. Evaluation cannot fail and does not allocate once
//! a thread's [`Memo`] has its size; a node that several conditions share is evaluated once per event.
//!
//! Nodes are what the optimiser builds with. What runs is their flat form: steps that test one thing each and name the
//! step to go on with, so that groups cost nothing and only shared groups are called.

#[cfg(test)]
pub(crate) mod dump;
mod flat;

use std::collections::HashMap;
use std::ops::Range;

use crate::block::{BLOCK_CONDITIONS, Block, Class, Entry};
use crate::compile::Matcher;
use crate::event_types::EventTypeSet;
use crate::ir::Term;
use crate::syntax::Operator;
use crate::transform::{Buffers, each_value, terms_hold};
use crate::{BoundField, Event, EventTypeId, Value};

pub(crate) use flat::Shape;

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
        Self(crate::source::place(node << 1))
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

/// Its kind stands in a byte of its own: hidden in the unused values of some member it would take longer to read.
#[derive(Debug)]
#[repr(u8)]
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
    /// The event is of one of these types: where no class knows that already.
    Types(EventTypeSet),
}

/// One node; `memo` is where its result is remembered within an event, if several conditions share it.
#[derive(Debug)]
struct Node {
    op: Op,
    memo: Option<u32>,
}

/// Where evaluation ends: beyond every step.
const FAILS: u32 = u32::MAX - 1;
const HOLDS: u32 = u32::MAX;
/// No place in the memo, which a program never fills that far.
const FORGETS: u32 = u32::MAX;

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
    /// Where the result is remembered; [`FORGETS`] where nobody asks again.
    memo: u32,
    if_not: u32,
    if_so: u32,
}

impl Step {
    #[inline]
    fn after(&self, result: bool) -> u32 {
        if result { self.if_so } else { self.if_not }
    }
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

/// Who is told what evaluation does. The methods do nothing unless they are written, and cost nothing then.
pub(crate) trait Watch {
    /// Whether it is told of tests: where not, a test stands in place of a call, which would cost as much.
    const OF_TESTS: bool = true;

    /// Makes a test.
    #[inline(always)]
    fn test(&mut self, _leaf: u32, test: impl FnOnce() -> bool) -> bool {
        test()
    }

    /// Says that a test was asked for whose result was remembered.
    #[inline(always)]
    fn remembered(&mut self, _leaf: u32, _holds: bool) {}

    /// Makes the looks at fields of a block's index.
    #[inline(always)]
    fn look(&mut self, look: impl FnOnce() -> u64) -> u64 {
        look()
    }

    /// Says that a guard was asked for these conditions of a block.
    #[inline(always)]
    fn guard(&mut self, _block: &Block, _needed_by: u64) {}

    /// Says that a condition was asked, and its result.
    #[inline(always)]
    fn condition(&mut self, _index: u32, _holds: bool) {}
}

/// Nobody.
impl Watch for () {
    const OF_TESTS: bool = false;
}

/// What one thread remembers while it evaluates.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    /// For each shared node, twice the event's number and the result's bit.
    results: Vec<u32>,
    event: u32,
    /// The steps that wait for a shared group's result; none between events.
    callers: Vec<u32>,
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
        let start = crate::source::place(self.members.len());
        self.members.extend(members);
        start..crate::source::place(self.members.len())
    }

    pub(crate) fn push_leaf(&mut self, leaf: Leaf) -> u32 {
        self.leaves.push(leaf);
        crate::source::place(self.leaves.len() - 1)
    }

    /// How many nodes and leaves the program has.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.nodes.len(), self.leaves.len())
    }

    /// Nothing for a type that the schema does not have.
    fn class(&self, event_type: EventTypeId) -> Option<&Class> {
        let class = self.class_of_type.get(usize::from(event_type.0))?;
        let class = self.classes.get(*class as usize);
        Some(class.expect("a type's class is one of those that were made"))
    }

    /// The conditions that are evaluated for events of a type.
    pub(crate) fn roots(&self, event_type: EventTypeId) -> impl Iterator<Item = u32> + '_ {
        let blocks = self
            .class(event_type)
            .map_or(&[][..], |class| &*class.blocks);
        blocks
            .iter()
            .flat_map(|block| block.roots.iter().map(|root| root.index))
    }

    /// Calls `found` with each condition that holds, in place order, until it says to stop.
    pub(crate) fn scan<E: Event + ?Sized>(
        &self,
        event: &E,
        memo: &mut Memo,
        found: impl FnMut(u32) -> bool,
    ) {
        self.scan_watched(event, memo, &mut (), found);
    }

    /// The same, watched.
    #[inline]
    pub(crate) fn scan_watched<E: Event + ?Sized>(
        &self,
        event: &E,
        memo: &mut Memo,
        watch: &mut impl Watch,
        mut found: impl FnMut(u32) -> bool,
    ) {
        let Some(class) = self
            .class(event.event_type())
            .filter(|class| !class.blocks.is_empty())
        else {
            return;
        };
        memo.next_event(self.memos as usize);
        for block in &class.blocks {
            if !self.scan_block(block, event, memo, watch, &mut found) {
                return;
            }
        }
    }

    /// Evaluates the guards, which rule conditions out, and then what is left. False if `found` says to stop.
    ///
    /// One loop for both, because [`Self::holds`] shall stand here once and in place of a call.
    #[inline]
    fn scan_block<E: Event + ?Sized>(
        &self,
        block: &Block,
        event: &E,
        memo: &mut Memo,
        watch: &mut impl Watch,
        found: &mut impl FnMut(u32) -> bool,
    ) -> bool {
        let mut alive = match block.roots.len() {
            BLOCK_CONDITIONS.. => u64::MAX,
            count => (1 << count) - 1,
        };
        let mut guards = block.guards.iter();
        loop {
            let guard = guards.find(|guard| {
                let waiting = guard.needed_by & alive;
                // Without its lowest bit, unless nobody is spared.
                waiting & waiting.wrapping_sub(guard.spared) != 0
            });
            let (entry, index, needed_by) = if let Some(guard) = guard {
                let Some(entry) = guard.entry else {
                    let passed = watch.look(|| block.passed(event, alive, guard.needed_by));
                    watch.guard(block, guard.needed_by & alive);
                    alive &= passed | !guard.needed_by;
                    continue;
                };
                (entry, None, guard.needed_by)
            } else {
                let place = alive.trailing_zeros() as usize;
                let Some(root) = block.roots.get(place) else {
                    return true;
                };
                (root.entry, Some(root.index), 1 << place)
            };
            let holds = self.holds(entry, event, memo, watch);
            match index {
                Some(index) => watch.condition(index, holds),
                None => watch.guard(block, needed_by & alive),
            }
            if let (true, Some(index)) = (holds, index)
                && !found(index)
            {
                return false;
            }
            if !holds || index.is_some() {
                alive &= !needed_by;
            }
        }
    }

    /// Follows the steps to their end. A shared group returns to the step that asked for it, by a stack of its own: the
    /// test of a field stands inside this loop, and calls between would cost as much as the test.
    #[inline(always)]
    fn holds<E: Event + ?Sized>(
        &self,
        entry: Entry,
        event: &E,
        memo: &mut Memo,
        watch: &mut impl Watch,
    ) -> bool {
        let mut at = entry.0;
        loop {
            let (step, result) = match self.steps.get(at as usize) {
                Some(step) => {
                    let known = memo.known(step.memo);
                    if known >> 1 == memo.event {
                        if let Question::Leaf(leaf) = step.question {
                            watch.remembered(leaf, known & 1 == 1);
                        }
                        at = step.after(known & 1 == 1);
                        continue;
                    }
                    match step.question {
                        Question::Leaf(leaf) => (step, self.ask(leaf, event, memo, watch)),
                        Question::Group(entry) => {
                            memo.callers.push(at);
                            at = entry.0;
                            continue;
                        }
                        Question::Const(value) => (step, value),
                    }
                }
                None => {
                    let Some(caller) = memo.callers.pop() else {
                        return at == HOLDS;
                    };
                    let step = self.steps.get(caller as usize);
                    (step.expect("a caller is a step"), at == HOLDS)
                }
            };
            memo.remember(step.memo, result);
            at = step.after(result);
        }
    }

    #[inline(always)]
    fn ask<E: Event + ?Sized, W: Watch>(
        &self,
        leaf: u32,
        event: &E,
        memo: &Memo,
        watch: &mut W,
    ) -> bool {
        if W::OF_TESTS {
            watch.test(leaf, || self.leaf_holds(leaf, event, memo))
        } else {
            self.leaf_holds(leaf, event, memo)
        }
    }

    #[inline(always)]
    fn leaf_holds<E: Event + ?Sized>(&self, leaf: u32, event: &E, memo: &Memo) -> bool {
        let leaf = self.leaves.get(leaf as usize);
        let leaf = leaf.expect("a step asks a leaf that was made before");
        leaf.holds(event, &memo.buffers)
    }
}

impl Memo {
    fn next_event(&mut self, nodes: usize) {
        if self.results.len() != nodes {
            self.results.resize(nodes, 0);
        }
        self.event += 1;
        // Half the numbers are the result bits: start over before they run out.
        if self.event > u32::MAX / 2 - 1 {
            self.results.fill(0);
            self.event = 1;
        }
    }

    /// What was remembered last: it is of this event if its upper bits are the event's number, which is never 0.
    #[inline]
    fn known(&self, at: u32) -> u32 {
        self.results.get(at as usize).copied().unwrap_or(0)
    }

    #[inline]
    fn remember(&mut self, at: u32, result: bool) {
        if let Some(known) = self.results.get_mut(at as usize) {
            *known = self.event << 1 | u32::from(result);
        }
    }
}

impl Leaf {
    #[inline(always)]
    pub(crate) fn holds<E: Event + ?Sized>(&self, event: &E, buffers: &Buffers) -> bool {
        match self {
            Self::Test {
                source: Source::Field(field),
                fold,
                matcher,
            } => match event.extract(field) {
                Value::Absent => false,
                Value::List(values) => fold.over(values, matcher),
                single => fold.single(matcher, single),
            },
            Self::Test {
                source: Source::Computed(term),
                fold,
                matcher,
            } => fold.over_computed(term, matcher, event, buffers),
            Self::Terms {
                operator,
                left,
                right,
            } => terms_hold(*operator, left, right, event, buffers),
            Self::Types(types) => types.contains(event.event_type()),
        }
    }
}

impl Fold {
    /// Over the one value that there is.
    #[inline(always)]
    pub(crate) fn single(self, matcher: &Matcher, value: Value<'_>) -> bool {
        match self {
            Self::Exists => true,
            Self::Any | Self::All => matcher.matches(value),
            Self::None => !matcher.matches(value),
        }
    }

    /// Apart from the fields' tests, which need no room on the stack for buffers.
    #[inline(never)]
    fn over_computed<E: Event + ?Sized>(
        self,
        term: &Term,
        matcher: &Matcher,
        event: &E,
        buffers: &Buffers,
    ) -> bool {
        let (mut any, mut all) = (false, true);
        let is_present = each_value(term, event, buffers, &mut |value| {
            let passed = matcher.passes(value);
            any |= passed;
            all &= passed;
        });
        is_present
            && match self {
                Self::Exists => true,
                Self::Any => any,
                Self::All => all,
                Self::None => !any,
            }
    }

    #[inline(never)]
    fn over(self, values: &[Value<'_>], matcher: &Matcher) -> bool {
        match self {
            Self::Exists => true,
            Self::Any => values.iter().any(|value| matcher.passes(*value)),
            Self::All => values.iter().all(|value| matcher.passes(*value)),
            Self::None => !values.iter().any(|value| matcher.passes(*value)),
        }
    }
}
