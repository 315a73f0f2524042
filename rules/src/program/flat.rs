//! Nodes and their flat form: groups become steps that name the step to go on with.
//!
//! In: nodes of a program, and which of them are known to hold. Out: steps of the same program, and what nodes are made of.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use super::{Entry, FAILS, FORGETS, HOLDS, Node, Op, Program, Question, Ref, Step};

/// What a node is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape<'p> {
    Const(bool),
    Leaf(u32),
    Group { members: &'p [Ref], is_and: bool },
}

impl Program {
    /// The flat form of a node, or of its opposite.
    pub(crate) fn flatten(&mut self, reference: Ref) -> Entry {
        Entry(self.flatten_into(reference, FAILS, HOLDS))
    }

    /// What is left to be asked of a node, all of which must hold, where some of its needs are known to.
    pub(crate) fn rest(&self, reference: Ref, known: &[Ref]) -> Vec<Ref> {
        let needs = self.needs(reference);
        if !needs.iter().any(|need| known.contains(need)) {
            return vec![reference];
        }
        let rest = needs.iter().filter(|need| !known.contains(need));
        rest.copied().collect()
    }

    /// The flat form of what all must hold.
    pub(crate) fn flatten_all(&mut self, needs: &[Ref]) -> Entry {
        let flatten = |next, need: &Ref| self.flatten_into(*need, FAILS, next);
        Entry(needs.iter().rev().fold(HOLDS, flatten))
    }

    /// Adds the steps that evaluate a node and go on where its result says. Every node but the shared ones has one
    /// parent, so that steps are as many as nodes; recursion is as deep as the condition, which the loader bounds.
    fn flatten_into(&mut self, reference: Ref, if_not: u32, if_so: u32) -> u32 {
        let (if_not, if_so) = if reference.is_negated() {
            (if_so, if_not)
        } else {
            (if_not, if_so)
        };
        let node = self.node(reference);
        let memo = node.memo;
        let (members, is_and) = match node.op.clone() {
            Op::Const(value) => {
                return self.push_step(Question::Const(value), memo, if_not, if_so);
            }
            Op::Leaf(leaf) => return self.push_step(Question::Leaf(leaf), memo, if_not, if_so),
            Op::And(members) => (members, true),
            Op::Or(members) => (members, false),
        };
        if memo.is_none() {
            return self.flatten_group(&members, is_and, if_not, if_so);
        }
        let group = self.shared_group(reference.node(), &members, is_and);
        self.push_step(Question::Group(group), memo, if_not, if_so)
    }

    fn push_step(&mut self, question: Question, memo: Option<u32>, if_not: u32, if_so: u32) -> u32 {
        self.steps.push(Step {
            question,
            memo: memo.unwrap_or(FORGETS),
            if_not,
            if_so,
        });
        crate::source::place(self.steps.len() - 1)
    }

    fn shared_group(&mut self, node: usize, members: &Range<u32>, is_and: bool) -> Entry {
        if let Some(known) = self.groups.get(&node) {
            return *known;
        }
        let entry = Entry(self.flatten_group(members, is_and, FAILS, HOLDS));
        self.groups.insert(node, entry);
        entry
    }

    /// The last member first: each goes on with the one behind it until one decides.
    fn flatten_group(
        &mut self,
        members: &Range<u32>,
        is_and: bool,
        if_not: u32,
        if_so: u32,
    ) -> u32 {
        let members = self.members(members).to_vec();
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
        let members = self.members.get(range.start as usize..range.end as usize);
        members.expect("a group's members stand before it")
    }

    fn node(&self, reference: Ref) -> &Node {
        let node = self.nodes.get(reference.node());
        node.expect("a reference is made of a node")
    }

    /// What a node is made of, whether or not it is asked for its opposite.
    pub(crate) fn shape(&self, reference: Ref) -> Shape<'_> {
        match &self.node(reference).op {
            Op::Const(value) => Shape::Const(*value),
            Op::Leaf(leaf) => Shape::Leaf(*leaf),
            Op::And(members) => Shape::Group {
                members: self.members(members),
                is_and: true,
            },
            Op::Or(members) => Shape::Group {
                members: self.members(members),
                is_and: false,
            },
        }
    }

    /// The tests below a node, each once.
    pub(crate) fn leaves_of(&self, reference: Ref) -> BTreeSet<u32> {
        let mut leaves = BTreeSet::new();
        let mut met = HashSet::new();
        let mut open = vec![reference];
        while let Some(reference) = open.pop() {
            if !met.insert(reference.node()) {
                continue;
            }
            match self.shape(reference) {
                Shape::Const(_) => {}
                Shape::Leaf(leaf) => drop(leaves.insert(leaf)),
                Shape::Group { members, .. } => open.extend(members),
            }
        }
        leaves
    }

    /// What must hold for a node to hold: the members of an `and`.
    pub(crate) fn needs(&self, reference: Ref) -> &[Ref] {
        match &self.node(reference).op {
            Op::And(members) if !reference.is_negated() => self.members(members),
            _ => &[],
        }
    }
}
