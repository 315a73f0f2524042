//! Conditions as one graph in which every distinct part is one node.
//!
//! Nodes only ever refer to earlier nodes, so that passes over the graph are plain loops.

use std::collections::HashMap;
use std::sync::Arc;

use super::leaf::LeafSpec;
use crate::EventTypeDef;
use crate::event_types::EventTypeSet;
use crate::ir::{IrKind, IrNode, Term};
use crate::syntax::Operator;
use crate::work::steps;

pub(super) type NodeId = u32;

/// Groups are joined with the groups inside them up to this many members, which bounds the work on chains of macros.
const MAX_FLAT_MEMBERS: usize = 4_096;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Const(bool),
    And(Box<[NodeId]>),
    Or(Box<[NodeId]>),
    Not(NodeId),
    Leaf(Arc<LeafSpec>),
    /// Holds for these types of events.
    Types(Arc<EventTypeSet>),
}

/// Most constants that are copied into joined tests of one graph. Macros that add a word to a long list can be as many as
/// the file has lines, each with a copy of the list; beyond, alternatives stay tests of their own.
const MAX_COPIED_CONSTANTS: usize = 1 << 22;

/// Most members of groups that are copied into the groups around them, in one graph: a macro of thousands can stand in
/// as many rules. Beyond, groups stay groups of their own.
const MAX_OPENED_MEMBERS: usize = 1 << 21;

/// Alternatives that make one test.
struct Merging {
    id: NodeId,
    first: Arc<LeafSpec>,
    operator: Operator,
    others: Vec<Arc<LeafSpec>>,
}

/// A node, and whether a [`Node::Types`] is below it.
struct Known {
    node: Node,
    asks_type: bool,
}

pub(super) struct Graph<'s> {
    types: &'s [EventTypeDef],
    /// How many constants may still be copied.
    may_copy: usize,
    /// How many members of groups may still be.
    may_open: usize,
    nodes: Vec<Known>,
    ids: HashMap<Node, NodeId>,
    macros: HashMap<*const IrNode, NodeId>,
}

impl<'s> Graph<'s> {
    pub(super) fn new(types: &'s [EventTypeDef]) -> Self {
        Self {
            types,
            may_copy: MAX_COPIED_CONSTANTS,
            may_open: MAX_OPENED_MEMBERS,
            nodes: Vec::new(),
            ids: HashMap::new(),
            macros: HashMap::new(),
        }
    }

    fn known(&self, id: NodeId) -> &Known {
        let known = self.nodes.get(id as usize);
        known.expect("the number of a node is given with the node")
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.known(id).node
    }

    pub(super) fn asks_type(&self, id: NodeId) -> bool {
        self.known(id).asks_type
    }

    /// The distinct sets of types that conditions ask for.
    pub(super) fn type_sets(&self) -> impl Iterator<Item = &EventTypeSet> {
        self.nodes.iter().filter_map(|known| {
            if let Node::Types(set) = &known.node {
                Some(&**set)
            } else {
                None
            }
        })
    }

    pub(super) fn intern(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.ids.get(&node) {
            return *id;
        }
        let asks_type = match &node {
            Node::Types(_) => true,
            Node::And(members) | Node::Or(members) => {
                members.iter().any(|member| self.asks_type(*member))
            }
            Node::Not(member) => self.asks_type(*member),
            Node::Const(_) | Node::Leaf(_) => false,
        };
        let id = crate::source::place(self.nodes.len());
        self.nodes.push(Known {
            node: node.clone(),
            asks_type,
        });
        self.ids.insert(node, id);
        id
    }

    /// Adds a condition. Recursion is as deep as the condition, which the loader bounds.
    pub(super) fn add(&mut self, node: &IrNode) -> NodeId {
        match &node.kind {
            IrKind::Check(predicate) => self.leaf(LeafSpec::new(predicate)),
            IrKind::Not(member) => {
                let member = self.add(member);
                self.not(member)
            }
            IrKind::And(members) => {
                let members: Vec<_> = members.iter().map(|member| self.add(member)).collect();
                self.and(members)
            }
            IrKind::Or(members) => {
                let members: Vec<_> = members.iter().map(|member| self.add(member)).collect();
                self.or(members)
            }
            IrKind::Macro { body, .. } => {
                if let Some(id) = self.macros.get(&Arc::as_ptr(body)) {
                    return *id;
                }
                let id = self.add(body);
                self.macros.insert(Arc::as_ptr(body), id);
                id
            }
        }
    }

    fn leaf(&mut self, spec: LeafSpec) -> NodeId {
        match spec.event_types(self.types) {
            Some(types) => self.intern(Node::Types(types.into())),
            None => self.intern(Node::Leaf(Arc::new(spec))),
        }
    }

    pub(super) fn not(&mut self, member: NodeId) -> NodeId {
        match self.node(member) {
            Node::Const(value) => {
                let value = !value;
                self.intern(Node::Const(value))
            }
            Node::Not(inner) => *inner,
            Node::Types(types) => {
                let complement = types.complement();
                self.intern(Node::Types(complement.into()))
            }
            _ => self.intern(Node::Not(member)),
        }
    }

    /// `and`, in which several `not`s become one `not` of an `or`: alternatives merge, exclusions do not.
    pub(super) fn and(&mut self, members: Vec<NodeId>) -> NodeId {
        let Some(members) = self.flat(members, true) else {
            return self.intern(Node::Const(false));
        };
        let inner = |id: &NodeId, graph: &Self| {
            if let Node::Not(inner) = graph.node(*id) {
                Some(*inner)
            } else {
                None
            }
        };
        let excluded: Vec<_> = members
            .iter()
            .filter_map(|member| inner(member, self))
            .collect();
        if excluded.len() < 2 {
            return self.group(members, true);
        }
        let mut kept: Vec<_> = members
            .into_iter()
            .filter(|member| inner(member, self).is_none())
            .collect();
        let alternatives = self.or(excluded);
        let exclusion = self.not(alternatives);
        if *self.node(exclusion) == Node::Const(false) {
            return exclusion;
        }
        if *self.node(exclusion) != Node::Const(true) {
            kept.push(exclusion);
        }
        self.group(kept, true)
    }

    /// `or`, in which alternatives over one field become one test.
    pub(super) fn or(&mut self, members: Vec<NodeId>) -> NodeId {
        let Some(members) = self.flat(members, false) else {
            return self.intern(Node::Const(true));
        };
        let mut merged: Vec<Merging> = Vec::new();
        let mut by_test: HashMap<(&Term, Operator), usize> = HashMap::new();
        let mut alternatives = Vec::new();
        for member in &members {
            let leaf = match self.node(*member) {
                Node::Leaf(spec) => spec.mergeable().map(|(operator, _)| (spec, operator)),
                _ => None,
            };
            let Some((spec, operator)) = leaf else {
                alternatives.push(*member);
                continue;
            };
            let place = *by_test
                .entry((&spec.term, operator))
                .or_insert(merged.len());
            match merged.get_mut(place) {
                Some(known) => known.others.push(Arc::clone(spec)),
                None => merged.push(Merging {
                    id: *member,
                    first: Arc::clone(spec),
                    operator,
                    others: Vec::new(),
                }),
            }
        }
        for merging in merged {
            self.merge(merging, &mut alternatives);
        }
        self.group(alternatives, false)
    }

    /// One leaf for alternatives of one test, or the alternatives themselves where joining them would copy too much.
    fn merge(&mut self, merging: Merging, alternatives: &mut Vec<NodeId>) {
        let Merging {
            id,
            first,
            operator,
            others,
        } = merging;
        let constants = |spec: &LeafSpec| spec.constants().len();
        let copied = constants(&first) + others.iter().map(|spec| constants(spec)).sum::<usize>();
        match self.may_copy.checked_sub(copied) {
            Some(rest) if !others.is_empty() => {
                self.may_copy = rest;
                alternatives.push(self.leaf(first.joined(operator, &others)));
            }
            _ => {
                alternatives.push(id);
                let others = others.into_iter().map(|spec| self.intern(Node::Leaf(spec)));
                alternatives.extend(others);
            }
        }
    }

    /// How many pairs of conjuncts [`Self::implies`] looks at, at most, alternatives and constants counted one by one.
    pub(super) fn implication_steps(&self, first: NodeId, second: NodeId) -> usize {
        let size = |id: NodeId| match self.node(id) {
            Node::Or(members) => members.len(),
            Node::Types(types) => types.of_how_many(),
            Node::Leaf(spec) => spec.constants().len().max(1),
            _ => 1,
        };
        let (count, sizes) = (
            match self.node(first) {
                Node::And(members) => members.len(),
                _ => 1,
            },
            match self.node(second) {
                Node::And(members) => members.iter().map(|member| size(*member)).sum(),
                _ => size(second),
            },
        );
        count.saturating_mul(sizes)
    }

    /// Whether the first holds only where the second does, as far as members and event types show.
    pub(super) fn implies(&self, first: NodeId, second: NodeId) -> bool {
        if first == second {
            return true;
        }
        let members = |id| match self.node(id) {
            Node::And(members) => members.to_vec(),
            _ => vec![id],
        };
        let given = members(first);
        members(second)
            .iter()
            .all(|needed| given.iter().any(|known| self.follows(*known, *needed)))
    }

    /// Whether one conjunct follows from another: the same node, fewer types, or one of the alternatives.
    fn follows(&self, known: NodeId, needed: NodeId) -> bool {
        match (self.node(known), self.node(needed)) {
            _ if known == needed => true,
            (Node::Types(known), Node::Types(needed)) => known.is_within(needed),
            (_, Node::Or(alternatives)) => alternatives.contains(&known),
            (Node::Leaf(known), Node::Leaf(needed)) => needed.is_wider_than(known),
            _ => false,
        }
    }

    /// Members with inner groups of the same kind opened and constants gone; nothing if a constant decides.
    fn flat(&mut self, members: Vec<NodeId>, is_and: bool) -> Option<Vec<NodeId>> {
        let mut flat = Vec::with_capacity(members.len());
        let mut may_open = self.may_open;
        for member in members {
            match (self.node(member), is_and) {
                (Node::Const(value), _) if *value == is_and => {}
                (Node::Const(_), _) => return None,
                (Node::And(inner), true) | (Node::Or(inner), false)
                    if flat.len() + inner.len() <= MAX_FLAT_MEMBERS && inner.len() <= may_open =>
                {
                    steps(inner.len());
                    may_open -= inner.len();
                    flat.extend(inner);
                }
                _ => flat.push(member),
            }
        }
        self.may_open = may_open;
        flat.sort_unstable();
        flat.dedup();
        Some(flat)
    }

    fn group(&mut self, mut members: Vec<NodeId>, is_and: bool) -> NodeId {
        members.sort_unstable();
        members.dedup();
        match members.as_slice() {
            [] => self.intern(Node::Const(is_and)),
            [only] => *only,
            _ if is_and => self.intern(Node::And(members.into())),
            _ => self.intern(Node::Or(members.into())),
        }
    }
}
