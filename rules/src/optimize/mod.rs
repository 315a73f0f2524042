//! From typed conditions to one program for all rules.
//!
//! In: the conditions of a rule set. Out: a [`Program`] whose equal parts are one node each, whose alternatives over one
//! field are one test, and which knows for every event type the rules that can match and what is left of their
//! conditions once the type is known. What several of these need is asked ahead of them, once: the nodes they share, and
//! the fields that they ask for different texts.

mod emit;
mod estimate;
mod graph;
mod index;
mod leaf;
mod specialize;
mod text;

use std::sync::Arc;

pub(crate) use specialize::MAX_CLASS_PARTS;
#[cfg(test)]
pub(crate) use text::field_text;
pub(crate) use text::{part_text, predicate_text, term_text};

use crate::EventTypeDef;
use crate::event_types::EventTypeSet;
use crate::ir::{IrNode, Predicate};
use crate::program::{Leaf, Program, Ref};

/// One condition and the types of events it is evaluated for.
pub(crate) struct Root<'i> {
    pub(crate) condition: &'i IrNode,
    pub(crate) event_types: &'i EventTypeSet,
    /// What the program calls the condition when it matches.
    pub(crate) index: u32,
}

/// Which conditions imply which, as far as their shared parts show.
pub(crate) struct Implications<'t> {
    graph: graph::Graph<'t>,
}

impl<'t> Implications<'t> {
    pub(crate) fn new(types: &'t [EventTypeDef]) -> Self {
        Self {
            graph: graph::Graph::new(types),
        }
    }

    /// Adds a condition and names it.
    pub(crate) fn add(&mut self, condition: &IrNode) -> u32 {
        self.graph.add(condition)
    }

    /// How many comparisons [`Self::implies`] takes at most.
    pub(crate) fn steps(&self, first: u32, second: u32) -> usize {
        self.graph.implication_steps(first, second)
    }

    /// Whether the first holds only where the second does: true is certain, false is not.
    pub(crate) fn implies(&self, first: u32, second: u32) -> bool {
        self.graph.implies(first, second)
    }
}

/// What a program is made of, for those who look into it.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// What each leaf asks.
    pub(crate) parts: Vec<Part>,
    /// The conditions of each class, in place order.
    pub(crate) conditions: Vec<Outlined>,
}

/// What a leaf of the program asks, as it was before it was compiled.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Test(Arc<leaf::LeafSpec>),
    Types(Arc<EventTypeSet>),
}

/// A condition of a class of event types.
#[derive(Debug)]
pub(crate) struct Outlined {
    pub(crate) class: u32,
    /// What it is called.
    pub(crate) index: u32,
    pub(crate) node: Ref,
    /// What is asked behind the guards, in this order, until one does not hold.
    pub(crate) rest: Vec<Ref>,
}

/// One comparison as a program tests it.
pub(crate) fn leaf_of(predicate: &Predicate) -> Leaf {
    leaf::LeafSpec::new(predicate).leaf()
}

/// Builds the program of a rule set, in which classes of types have so many parts of their own at most, as a rule
/// [`MAX_CLASS_PARTS`].
pub(crate) fn optimize(roots: &[Root<'_>], types: &[EventTypeDef], most_parts: usize) -> Program {
    optimize_with_outline(roots, types, most_parts).0
}

/// The same, and what it is made of.
pub(crate) fn optimize_with_outline(
    roots: &[Root<'_>],
    types: &[EventTypeDef],
    most_parts: usize,
) -> (Program, Outline) {
    let mut graph = graph::Graph::new(types);
    let nodes: Vec<_> = roots.iter().map(|root| graph.add(root.condition)).collect();
    let classes = specialize::specialize(&mut graph, roots, &nodes, types.len(), most_parts);
    emit::emit(&graph, classes)
}
