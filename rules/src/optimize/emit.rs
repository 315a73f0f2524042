//! From the graph to the program: only what a class reaches, what decides soonest first, results remembered where
//! shared.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::estimate::Estimate;
use super::graph::{Graph, Node, NodeId};
use super::index::{Needs, index};
use super::leaf::LeafSpec;
use super::specialize::Classes;
use super::{Outline, Outlined, Part};
use crate::block::{BLOCK_CONDITIONS, Block, Class, Condition, Guard};
use crate::event_types::EventTypeSet;
use crate::program::{Fold, Leaf, Op, Program, Ref, Source};

pub(super) fn emit(graph: &Graph<'_>, classes: Classes) -> (Program, Outline) {
    let mut emitter = Emitter {
        graph,
        program: Program::default(),
        outline: Outline::default(),
        done: HashMap::new(),
        estimates: Vec::new(),
        uses: HashMap::new(),
        needs: Needs::default(),
    };
    emitter.count_uses(&classes);
    for (number, class) in (0..).zip(&classes.classes) {
        let blocks = class
            .roots
            .chunks(BLOCK_CONDITIONS)
            .map(|roots| emitter.block(number, roots))
            .collect();
        emitter.program.classes.push(Class { blocks });
    }
    emitter.program.class_of_type = classes.of_type.into();
    (emitter.program, emitter.outline)
}

struct Emitter<'g, 's> {
    graph: &'g Graph<'s>,
    program: Program,
    outline: Outline,
    /// Node of the program and what it is guessed to be like, by node of the graph.
    done: HashMap<NodeId, (Ref, Estimate)>,
    /// By node of the program.
    estimates: Vec<Estimate>,
    /// How many parents and roots refer to a node.
    uses: HashMap<NodeId, u32>,
    needs: Needs,
}

/// Most nodes that are evaluated ahead of the conditions that need them.
const MAX_GUARDS: usize = 24;

/// The order of guards: one that costs much must often rule out much.
fn rank(estimate: Estimate, conditions: u32) -> f32 {
    let conditions = u8::try_from(conditions).expect("a block's conditions are the bits of a word");
    estimate.rank(true) / f32::from(conditions)
}

/// What a guard costs at most that is asked for one condition alone too: no other test of the condition is cheaper, and
/// the condition need not ask again what is known to hold.
const ALWAYS_ASKED_COST: f32 = 5.0;

impl Emitter<'_, '_> {
    fn block(&mut self, class: u32, roots: &[(u32, NodeId)]) -> Block {
        let emitted: Vec<(u32, Ref)> = roots
            .iter()
            .map(|(index, node)| (*index, self.node(*node).0))
            .collect();
        let (mut guards, always) = self.guards(&emitted);
        let nodes: Vec<_> = roots.iter().map(|(_, node)| *node).collect();
        let known = index(self.graph, &mut self.needs, &nodes);
        let index = known.map_or_else(Box::default, |known| {
            let guard = Guard {
                entry: None,
                needed_by: known.conditions,
                spared: 1,
            };
            guards.push((rank(known.estimate, known.conditions.count_ones()), guard));
            known.lookups
        });
        guards.sort_by(|(left, _), (right, _)| left.total_cmp(right));
        let condition = |(index, node): &(u32, Ref)| {
            let (index, node) = (*index, *node);
            let rest = self.program.rest(node, &always);
            let entry = self.program.flatten_all(&rest);
            self.outline.conditions.push(Outlined {
                class,
                index,
                node,
                rest,
            });
            Condition { index, entry }
        };
        Block {
            roots: emitted.iter().map(condition).collect(),
            guards: guards.into_iter().map(|(_, guard)| guard).collect(),
            index,
        }
    }

    /// What several conditions of a block need, each with its rank: the most needed and cheapest. Besides the nodes of
    /// those that are always asked.
    fn guards(&mut self, roots: &[(u32, Ref)]) -> (Vec<(f32, Guard)>, Vec<Ref>) {
        let mut needed_by: BTreeMap<Ref, u64> = BTreeMap::new();
        for (place, (_, node)) in roots.iter().enumerate() {
            for need in self.program.needs(*node) {
                *needed_by.entry(*need).or_default() |= 1 << place;
            }
        }
        let mut shared: Vec<_> = needed_by
            .into_iter()
            .filter(|(_, conditions)| conditions.count_ones() > 1)
            .map(|(node, conditions)| {
                let estimate = self.estimate(node);
                (
                    rank(estimate, conditions.count_ones()),
                    node,
                    conditions,
                    estimate.cost,
                )
            })
            .collect();
        shared.sort_by(|(left, ..), (right, ..)| left.total_cmp(right));
        shared.truncate(MAX_GUARDS);
        let is_always_asked = |cost: f32| cost <= ALWAYS_ASKED_COST;
        let always = shared
            .iter()
            .filter(|(.., cost)| is_always_asked(*cost))
            .map(|(_, node, ..)| *node)
            .collect();
        let guard = |(rank, node, needed_by, cost)| {
            let guard = Guard {
                entry: Some(self.program.flatten(node)),
                needed_by,
                spared: u64::from(!is_always_asked(cost)),
            };
            (rank, guard)
        };
        (shared.into_iter().map(guard).collect(), always)
    }

    fn estimate(&self, node: Ref) -> Estimate {
        let known = self.estimates.get(node.node());
        let known = *known.expect("a node is guessed about when it is made");
        if node.is_negated() {
            known.negated()
        } else {
            known
        }
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
        let (op, estimate) = match self.graph.node(id) {
            Node::Const(value) => (
                Op::Const(*value),
                Estimate::new(0.0, f32::from(u8::from(*value))),
            ),
            Node::Types(types) => {
                self.outline.parts.push(Part::Types(Arc::clone(types)));
                let leaf = Leaf::Types(EventTypeSet::clone(types));
                (
                    Op::Leaf(self.program.push_leaf(leaf)),
                    Estimate::types(types),
                )
            }
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
            Node::Leaf(spec) => {
                self.outline.parts.push(Part::Test(Arc::clone(spec)));
                self.leaf(spec)
            }
        };
        let is_constant = matches!(op, Op::Const(_));
        let uses = self.uses.get(&id);
        let uses = *uses.expect("what a class reaches was counted");
        let is_shared = uses > 1 && !is_constant;
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

    fn leaf(&mut self, spec: &LeafSpec) -> (Op, Estimate) {
        let leaf = spec.leaf();
        let estimate = match &leaf {
            Leaf::Terms { .. } => Estimate::new(100.0, 0.1),
            Leaf::Types(types) => Estimate::types(types),
            Leaf::Test {
                source,
                fold,
                matcher,
            } => {
                let extraction = match source {
                    Source::Field(_) => 2.0,
                    Source::Computed(_) => 50.0,
                };
                let estimate = Estimate::test(matcher, extraction);
                if *fold == Fold::None {
                    estimate.negated()
                } else {
                    estimate
                }
            }
        };
        (Op::Leaf(self.program.push_leaf(leaf)), estimate)
    }
}
