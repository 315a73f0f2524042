//! What is left of each condition once the type of the event is known.
//!
//! Types that every condition treats alike share one class, so that the work grows with the classes and not the types.
//! Where even that would grow too large, one class has all types and conditions test the type as they test everything.

use std::collections::HashMap;

use super::Root;
use super::graph::{Graph, Node, NodeId};
use crate::EventTypeId;
use crate::event_types::{EventTypeSet, type_ids};
use crate::work::steps;

/// Most parts that classes have of their own: the conditions of each, and the members of groups that say something else
/// once the type is known. Rules that single out every type make as many classes as there are types, and each would hold
/// all that the file has. A thousand rules like Falco's make a fifth of it; beyond, judging costs a test more for each
/// condition.
pub(crate) const MAX_CLASS_PARTS: usize = 1 << 18;

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

/// Makes no more than `most_parts` of parts that a class has of its own.
pub(super) fn specialize(
    graph: &mut Graph<'_>,
    roots: &[Root<'_>],
    nodes: &[NodeId],
    types: usize,
    most_parts: usize,
) -> Classes {
    let of_type = alike(graph, roots, types);
    let mut specializer = Specializer {
        graph,
        parts_left: most_parts,
    };
    let mut classes = Vec::new();
    for (event_type, class) in type_ids(types).zip(&of_type) {
        // Classes are numbered in the order of their first types.
        if *class as usize == classes.len() {
            match specializer.class_of(roots, nodes, event_type) {
                Some(class) => classes.push(class),
                None => return one_class(graph, roots, nodes, types),
            }
        }
    }
    Classes { classes, of_type }
}

/// For each type the number of its class: no condition tells types of one class apart.
fn alike(graph: &Graph<'_>, roots: &[Root<'_>], types: usize) -> Vec<u32> {
    let mut of_type = vec![0; types];
    let mut count = types.min(1);
    let sets = graph.type_sets();
    for set in sets.chain(roots.iter().map(|root| root.event_types)) {
        if count == types {
            break;
        }
        count = split(&mut of_type, set);
    }
    of_type
}

/// Parts every class into those of its types that the set has and the others; how many classes there are then.
fn split(of_type: &mut [u32], set: &EventTypeSet) -> usize {
    steps(of_type.len());
    let mut parts: HashMap<(u32, bool), u32> = HashMap::new();
    for (event_type, class) in type_ids(of_type.len()).zip(of_type) {
        let next = crate::source::place(parts.len());
        *class = *parts
            .entry((*class, set.contains(event_type)))
            .or_insert(next);
    }
    parts.len()
}

/// One class of all types, whose conditions ask for the type first.
fn one_class(graph: &mut Graph<'_>, roots: &[Root<'_>], nodes: &[NodeId], types: usize) -> Classes {
    let mut class = Class::default();
    for (root, node) in roots.iter().zip(nodes) {
        let types = graph.intern(Node::Types(root.event_types.clone().into()));
        let condition = graph.and(vec![types, *node]);
        if *graph.node(condition) != Node::Const(false) {
            class.roots.push((root.index, condition));
        }
    }
    Classes {
        classes: vec![class],
        of_type: vec![0; types],
    }
}

struct Specializer<'g, 't> {
    graph: &'g mut Graph<'t>,
    parts_left: usize,
}

impl Specializer<'_, '_> {
    /// What the class of a type has; nothing if that is more than may still be made.
    fn class_of(
        &mut self,
        roots: &[Root<'_>],
        nodes: &[NodeId],
        event_type: EventTypeId,
    ) -> Option<Class> {
        let mut memo = HashMap::new();
        let mut class = Class::default();
        for (root, node) in roots.iter().zip(nodes) {
            if !root.event_types.contains(event_type) {
                continue;
            }
            self.take(1)?;
            let rest = self.known_type(*node, event_type, &mut memo)?;
            if *self.graph.node(rest) != Node::Const(false) {
                class.roots.push((root.index, rest));
            }
        }
        Some(class)
    }

    fn take(&mut self, parts: usize) -> Option<()> {
        steps(parts);
        self.parts_left = self.parts_left.checked_sub(parts)?;
        Some(())
    }

    /// What is left of a node. Recursion is as deep as the condition, which the loader bounds.
    fn known_type(
        &mut self,
        id: NodeId,
        event_type: EventTypeId,
        memo: &mut HashMap<NodeId, NodeId>,
    ) -> Option<NodeId> {
        if !self.graph.asks_type(id) {
            return Some(id);
        }
        if let Some(known) = memo.get(&id) {
            return Some(*known);
        }
        let result = match self.graph.node(id).clone() {
            Node::Types(types) => {
                let holds = types.contains(event_type);
                self.graph.intern(Node::Const(holds))
            }
            Node::Not(member) => {
                let member = self.known_type(member, event_type, memo)?;
                self.graph.not(member)
            }
            Node::And(members) => {
                let members = self.known_types(&members, event_type, memo)?;
                self.graph.and(members)
            }
            Node::Or(members) => {
                let members = self.known_types(&members, event_type, memo)?;
                self.graph.or(members)
            }
            Node::Const(_) | Node::Leaf(_) => id,
        };
        memo.insert(id, result);
        Some(result)
    }

    fn known_types(
        &mut self,
        members: &[NodeId],
        event_type: EventTypeId,
        memo: &mut HashMap<NodeId, NodeId>,
    ) -> Option<Vec<NodeId>> {
        self.take(members.len())?;
        let members = members.iter();
        members
            .map(|member| self.known_type(*member, event_type, memo))
            .collect()
    }
}
