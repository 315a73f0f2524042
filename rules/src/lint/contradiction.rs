//! Checks that can never be true: alone, or beside the others of their `and`.

use std::collections::HashMap;

use crate::fields::Literal;
use crate::ir::{Comparison, IrKind, IrNode, Term};
use crate::source::Span;
use crate::syntax::Operator;
use crate::{Code, Diagnostic, Multiplicity};

/// Reports every check and every pair of checks that cannot hold.
pub(super) fn never_true(node: &IrNode, found: &mut Vec<Diagnostic>) {
    match &node.kind {
        IrKind::And(members) => {
            let mut allowed: HashMap<&Term, Vec<&Literal>> = HashMap::new();
            members
                .iter()
                .for_each(|member| conjunct(member, &mut allowed, found));
            members.iter().for_each(|member| never_true(member, found));
        }
        IrKind::Or(members) => members.iter().for_each(|member| never_true(member, found)),
        IrKind::Not(member) => never_true(member, found),
        IrKind::Macro { body, .. } => never_true(body, found),
        IrKind::Check(check) => {
            let is_below_zero = matches!(
                &check.comparison,
                Comparison::Constant {
                    operator: Operator::Less,
                    value: Literal::Uint(0)
                }
            );
            // An empty list by name is how rule files offer a place for additions; empty parentheses are a mistake.
            let is_written_empty = || {
                let text = node.origin.as_ref().map_or("", |origin| origin.text());
                text.strip_suffix(')')
                    .is_some_and(|text| text.trim_end().ends_with('('))
            };
            let is_empty = matches!(&check.comparison, Comparison::Set { values, .. } if values.is_empty())
                && is_written_empty();
            if is_below_zero || (is_empty && check.left.multiplicity != Multiplicity::List) {
                report(
                    "this comparison can never be true",
                    node.origin.clone(),
                    found,
                );
            }
        }
    }
}

/// Narrows what each term may be by one member of an `and`, the members of macros included.
fn conjunct<'i>(
    node: &'i IrNode,
    allowed: &mut HashMap<&'i Term, Vec<&'i Literal>>,
    found: &mut Vec<Diagnostic>,
) {
    match &node.kind {
        IrKind::Macro { body, .. } => conjunct(body, allowed, found),
        IrKind::And(members) => members
            .iter()
            .for_each(|member| conjunct(member, allowed, found)),
        IrKind::Check(check) if check.left.multiplicity == Multiplicity::One => {
            let Some(values) = wanted_values(&check.comparison) else {
                return;
            };
            let Some(known) = allowed.get_mut(&check.left) else {
                allowed.insert(&check.left, values);
                return;
            };
            if known.iter().any(|value| values.contains(value)) {
                known.retain(|value| values.contains(value));
            } else if !known.is_empty() {
                let message = "this comparison contradicts an earlier one of the same field and can never be true";
                report(message, node.origin.clone(), found);
            }
        }
        _ => {}
    }
}

/// The values of which the comparison wants one; nothing for every other comparison, nor where values overlap.
pub(super) fn wanted_values(comparison: &Comparison) -> Option<Vec<&Literal>> {
    let values = match comparison {
        Comparison::Constant {
            operator: Operator::Equal,
            value,
        } => vec![value],
        Comparison::Set {
            operator: Operator::In | Operator::Intersects,
            values,
        } => values.iter().collect(),
        _ => return None,
    };
    let is_range = |value: &&Literal| matches!(value, Literal::Net(_));
    (!values.iter().any(is_range)).then_some(values)
}

fn report(message: &str, span: Option<Span>, found: &mut Vec<Diagnostic>) {
    found.push(Diagnostic::new(Code::NeverTrue, message).at(span));
}
