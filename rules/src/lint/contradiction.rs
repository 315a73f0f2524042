//! Checks that can never be true: alone, or beside the others of their `and`.

use std::collections::HashSet;
use std::sync::Arc;

use super::facts::Facts;
use crate::fields::Literal;
use crate::ir::{Comparison, IrKind, IrNode, Predicate};
use crate::source::Span;
use crate::syntax::Operator;
use crate::{Code, Diagnostic, Multiplicity};

/// Most members of `and`s that are held against each other; beyond, the lint is silent rather than slow.
const MAX_CONJUNCTS: usize = 1_000_000;

/// Looks for comparisons that no event satisfies.
#[derive(Default)]
pub(super) struct NeverTrue {
    /// Macro bodies that were looked at: rules share them, and macros may double at every level.
    seen: HashSet<*const IrNode>,
    conjuncts: usize,
}

impl NeverTrue {
    /// Reports every check that cannot hold, alone or beside the others of its `and`.
    pub(super) fn look(&mut self, node: &IrNode, found: &mut Vec<Diagnostic>) {
        match &node.kind {
            IrKind::And(members) => {
                let mut group = Group {
                    facts: Facts::default(),
                    seen: HashSet::new(),
                    conjuncts: &mut self.conjuncts,
                };
                for member in members {
                    group.take(member, found);
                }
                members.iter().for_each(|member| self.look(member, found));
            }
            IrKind::Or(members) => members.iter().for_each(|member| self.look(member, found)),
            IrKind::Not(member) => self.look(member, found),
            IrKind::Macro { body, .. } => {
                if self.seen.insert(Arc::as_ptr(body)) {
                    self.look(body, found);
                }
            }
            IrKind::Check(check) if is_impossible(check, node) => {
                let message = "this comparison can never be true";
                report(message, node.origin.clone(), found);
            }
            IrKind::Check(_) => {}
        }
    }
}

/// Whether a check alone cannot hold.
fn is_impossible(check: &Predicate, node: &IrNode) -> bool {
    match &check.comparison {
        Comparison::Constant {
            operator: Operator::Less,
            value: Literal::Uint(0),
        } => true,
        Comparison::Set { values, .. } if values.is_empty() => {
            // An empty list by name is how rule files offer a place for additions; empty parentheses are a mistake.
            let text = node.origin.as_ref().map_or("", |origin| origin.text());
            let is_written_empty = text
                .strip_suffix(')')
                .is_some_and(|text| text.trim_end().ends_with('('));
            is_written_empty && check.left.multiplicity != Multiplicity::List
        }
        _ => false,
    }
}

/// One `and`, as far as it was read.
struct Group<'i, 'n> {
    facts: Facts<'i>,
    seen: HashSet<*const IrNode>,
    conjuncts: &'n mut usize,
}

impl<'i> Group<'i, '_> {
    /// Holds one member against those before it, the members of macros included.
    fn take(&mut self, node: &'i IrNode, found: &mut Vec<Diagnostic>) {
        *self.conjuncts += 1;
        if *self.conjuncts > MAX_CONJUNCTS {
            return;
        }
        match &node.kind {
            IrKind::Macro { body, .. } => {
                if self.seen.insert(Arc::as_ptr(body)) {
                    self.take(body, found);
                }
            }
            IrKind::And(members) => members.iter().for_each(|member| self.take(member, found)),
            IrKind::Check(_) | IrKind::Not(_) => {
                if self.facts.contradict(node) {
                    let message = "this comparison contradicts an earlier one of the same field and can never be true";
                    report(message, node.origin.clone(), found);
                } else {
                    self.facts.learn(node, true);
                }
            }
            IrKind::Or(_) => {}
        }
    }
}

fn report(message: &str, span: Option<Span>, found: &mut Vec<Diagnostic>) {
    found.push(Diagnostic::new(Code::NeverTrue, message).at(span));
}
