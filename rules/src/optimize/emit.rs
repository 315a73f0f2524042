//! From the graph to the program: only what a class reaches, what decides soonest first, results remembered where
//! shared.

use std::collections::{BTreeMap, HashMap};

use super::estimate::Estimate;
use super::graph::{Graph, Node, NodeId};
use super::leaf::{LeafSpec, Test};
use super::specialize::Classes;
use crate::ir::TermKind;
use crate::program::{Class, Fold, Guard, Leaf, Op, Program, Ref, Source};

pub(super) fn emit(graph: &Graph<'_>, classes: Classes) -> Program {
    let mut emitter = Emitter {
        graph,
        program: Program::default(),
        done: HashMap::new(),
        estimates: Vec::new(),
        uses: HashMap::new(),
    };
    emitter.count_uses(&classes);
    for class in &classes.classes {
        let roots: Vec<(u32, Ref)> = class
            .roots
            .iter()
            .map(|(index, node)| (*index, emitter.node(*node).0))
            .collect();
        let guards = emitter.guards(&roots);
        let flatten = |(index, node): (u32, Ref)| (index, emitter.program.flatten(node));
        let roots = roots.into_iter().map(flatten).collect();
        emitter.program.classes.push(Class { roots, guards });
    }
    emitter.program.class_of_type = classes.of_type.into();
    emitter.program
}

struct Emitter<'g, 's> {
    graph: &'g Graph<'s>,
    program: Program,
    /// Node of the program and what it is guessed to be like, by node of the graph.
    done: HashMap<NodeId, (Ref, Estimate)>,
    /// By node of the program.
    estimates: Vec<Estimate>,
    /// How many parents and roots refer to a node.
    uses: HashMap<NodeId, u32>,
}

/// Most nodes that are evaluated ahead of the conditions that need them.
const MAX_GUARDS: usize = 24;

impl Emitter<'_, '_> {
    /// What several conditions of a class need, the most needed and cheapest first.
    fn guards(&mut self, roots: &[(u32, Ref)]) -> Box<[Guard]> {
        let mut needed_by: BTreeMap<Ref, Vec<usize>> = BTreeMap::new();
        for (place, (_, node)) in roots.iter().enumerate() {
            for need in self.program.needs(*node) {
                needed_by.entry(*need).or_default().push(place);
            }
        }
        let mut shared: Vec<_> = needed_by
            .into_iter()
            .filter(|(_, places)| places.len() > 1)
            .collect();
        // A guard that costs much must often rule out much.
        let rank = |(node, places): &(Ref, Vec<usize>)| {
            let known = self.estimates.get(node.node()).copied();
            let known = known.unwrap_or(Estimate::new(f32::MAX, 1.0));
            let known = if node.is_negated() {
                known.negated()
            } else {
                known
            };
            known.rank(true) / f32::from(u16::try_from(places.len()).unwrap_or(u16::MAX))
        };
        shared.sort_by(|left, right| rank(left).total_cmp(&rank(right)));
        shared.truncate(MAX_GUARDS);
        let guard = |(node, places): (Ref, Vec<usize>)| {
            let mut needed_by = vec![0_u64; roots.len().div_ceil(64)];
            for place in places {
                if let Some(word) = needed_by.get_mut(place / 64) {
                    *word |= 1 << (place % 64);
                }
            }
            Guard {
                entry: self.program.flatten(node),
                needed_by: needed_by.into(),
            }
        };
        shared.into_iter().map(guard).collect()
    }

    fn count_uses(&mut self, classes: &Classes) {
        let mut pending: Vec<NodeId> = Vec::new();
        for class in &classes.classes {
            for (_, root) in &class.roots {
                self.count_use(*root, &mut pending);
            }
        }
        while let Some(id) = pending.pop() {
            match self.graph.node(id) {
                Node::And(members) | Node::Or(members) => {
                    members
                        .iter()
                        .for_each(|member| self.count_use(*member, &mut pending));
                }
                Node::Not(member) => self.count_use(*member, &mut pending),
                Node::Const(_) | Node::Leaf(_) | Node::Types(_) => {}
            }
        }
    }

    fn count_use(&mut self, id: NodeId, pending: &mut Vec<NodeId>) {
        let uses = self.uses.entry(id).or_insert(0);
        *uses += 1;
        if *uses == 1 {
            pending.push(id);
        }
    }

    /// The node of the program for a node of the graph, and the guesses about it.
    fn node(&mut self, id: NodeId) -> (Ref, Estimate) {
        if let Some(done) = self.done.get(&id) {
            return *done;
        }
        let constant = |value| {
            (
                Op::Const(value),
                Estimate::new(0.0, f32::from(u8::from(value))),
            )
        };
        let (op, estimate) = match self.graph.node(id) {
            Node::Const(value) => constant(*value),
            Node::Types(_) => constant(false),
            Node::Not(member) => {
                let (member, estimate) = self.node(*member);
                let done = (member.negated(), estimate.negated());
                self.done.insert(id, done);
                return done;
            }
            Node::And(members) => {
                let (members, estimate) = self.members(members, true);
                (Op::And(members), estimate)
            }
            Node::Or(members) => {
                let (members, estimate) = self.members(members, false);
                (Op::Or(members), estimate)
            }
            Node::Leaf(spec) => self.leaf(spec).unwrap_or_else(|| constant(false)),
        };
        let is_constant = matches!(op, Op::Const(_));
        let is_shared = self.uses.get(&id).copied().unwrap_or(0) > 1 && !is_constant;
        let done = (self.program.push(op, is_shared), estimate);
        self.estimates.push(estimate);
        self.done.insert(id, done);
        done
    }

    fn members(&mut self, members: &[NodeId], is_and: bool) -> (std::ops::Range<u32>, Estimate) {
        let mut emitted: Vec<_> = members.iter().map(|member| self.node(*member)).collect();
        emitted.sort_by(|(_, left), (_, right)| left.rank(is_and).total_cmp(&right.rank(is_and)));
        let estimate = Estimate::group(emitted.iter().map(|(_, estimate)| *estimate), is_and);
        let members = self
            .program
            .push_members(emitted.into_iter().map(|(node, _)| node));
        (members, estimate)
    }

    fn leaf(&mut self, spec: &LeafSpec) -> Option<(Op, Estimate)> {
        let fold = match &spec.test {
            Test::Exists => Fold::Exists,
            Test::All { .. } => Fold::All,
            Test::None { .. } => Fold::None,
            _ => Fold::Any,
        };
        let (source, extraction) = match &spec.term.kind {
            TermKind::Field(field) | TermKind::EventType(field) => {
                (Source::Field(field.clone()), 2.0)
            }
            _ => (Source::Computed(Box::new(spec.term.clone())), 50.0),
        };
        let (leaf, estimate) = match (&spec.test, spec.matcher()) {
            (Test::Term { operator, right }, _) => {
                let left = Box::new(spec.term.clone());
                let right = Box::new(right.clone());
                (
                    Leaf::Terms {
                        operator: *operator,
                        left,
                        right,
                    },
                    Estimate::new(100.0, 0.1),
                )
            }
            (test, Some(matcher)) => {
                let estimate = Estimate::test(&matcher, extraction);
                let is_none = matches!(test, Test::None { .. });
                let estimate = if is_none {
                    estimate.negated()
                } else {
                    estimate
                };
                (
                    Leaf::Test {
                        source,
                        fold,
                        matcher,
                    },
                    estimate,
                )
            }
            (_, None) => return None,
        };
        Some((Op::Leaf(self.program.push_leaf(leaf)), estimate))
    }
}
