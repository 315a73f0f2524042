//! What is left of each condition once the type of the event is known.
//!
//! Types that every condition treats alike share one class, so that the work grows with the classes and not the types.

use std::collections::HashMap;

use super::Root;
use super::graph::{Graph, Node, NodeId};
use crate::EventTypeId;
use crate::work::steps;

/// The conditions that remain for the types of one class, in place order.
#[derive(Debug, Default)]
pub(super) struct Class {
    pub(super) roots: Vec<(u32, NodeId)>,
}

/// The classes, and the class of each type.
#[derive(Debug)]
pub(super) struct Classes {
    pub(super) classes: Vec<Class>,
    pub(super) of_type: Vec<u32>,
}

pub(super) fn specialize(
    graph: &mut Graph<'_>,
    roots: &[Root<'_>],
    nodes: &[NodeId],
    types: usize,
) -> Classes {
    let sets: Vec<_> = graph.type_sets().cloned().collect();
    let mut known: HashMap<Vec<bool>, u32> = HashMap::new();
    let mut result = Classes {
        classes: Vec::new(),
        of_type: Vec::new(),
    };
    for index in 0..types {
        let id = EventTypeId(u16::try_from(index).unwrap_or(u16::MAX));
        steps(sets.len() + roots.len());
        let asked = sets
            .iter()
            .map(|set| set.get(index).copied().unwrap_or(false));
        let signature: Vec<_> = asked
            .chain(roots.iter().map(|root| root.event_types.contains(id)))
            .collect();
        let next = crate::source::offset(result.classes.len());
        let class = *known.entry(signature).or_insert(next);
        if class == next {
            result
                .classes
                .push(class_of(graph, roots, nodes, index, id));
        }
        result.of_type.push(class);
    }
    result
}

fn class_of(
    graph: &mut Graph<'_>,
    roots: &[Root<'_>],
    nodes: &[NodeId],
    index: usize,
    id: EventTypeId,
) -> Class {
    let mut memo = HashMap::new();
    let mut class = Class::default();
    for (root, node) in roots.iter().zip(nodes) {
        if !root.event_types.contains(id) {
            continue;
        }
        let rest = known_type(graph, *node, index, &mut memo);
        if *graph.node(rest) != Node::Const(false) {
            class.roots.push((root.index, rest));
        }
    }
    class
}

fn known_type(
    graph: &mut Graph<'_>,
    id: NodeId,
    index: usize,
    memo: &mut HashMap<NodeId, NodeId>,
) -> NodeId {
    if !graph.asks_type(id) {
        return id;
    }
    if let Some(known) = memo.get(&id) {
        return *known;
    }
    let result = match graph.node(id).clone() {
        Node::Types(types) => graph.intern(Node::Const(types.get(index).copied().unwrap_or(false))),
        Node::Not(member) => {
            let member = known_type(graph, member, index, memo);
            graph.not(member)
        }
        Node::And(members) => {
            let members = members
                .iter()
                .map(|member| known_type(graph, *member, index, memo))
                .collect();
            graph.and(members)
        }
        Node::Or(members) => {
            let members = members
                .iter()
                .map(|member| known_type(graph, *member, index, memo))
                .collect();
            graph.or(members)
        }
        Node::Const(_) | Node::Leaf(_) => id,
    };
    memo.insert(id, result);
    result
}
