//! The plain evaluator: the meaning of conditions, written down node by node without any short cut.
//!
//! In: a checked condition and an event. Out: whether it holds, and on request the value of each node.
//! The program of [`crate::optimize`] must always agree with it; a property test holds them against each other.

use crate::compile::{Glob, PathSet, Regex, compare_values, text_of};
use crate::fields::Literal;
use crate::ir::{Comparison, IrKind, IrNode, Predicate};
use crate::source::Span;
use crate::syntax::{Modifier, Operator};
use crate::transform::{Buffers, each_value, terms_hold};
use crate::{Event, Multiplicity, Value};

/// What a node of a condition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// `and`
    And,
    /// `or`
    Or,
    /// `not`
    Not,
    /// One comparison.
    Check,
    /// A macro, by name; its body is the node below.
    Macro(String),
}

/// One node of a condition with its value for an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedNode {
    /// What it is.
    pub kind: NodeKind,
    /// How deep it stands; a node's members follow it, one level deeper.
    pub depth: u32,
    /// Where it is written, through macros, lists and exceptions; nothing for text the engine made.
    pub span: Option<Span>,
    /// Whether it holds.
    pub holds: bool,
}

/// Whether the condition holds.
pub(crate) fn holds<E: Event + ?Sized>(node: &IrNode, event: &E) -> bool {
    evaluate(node, event, 0, &mut Vec::new())
}

/// Evaluates every node, none left out, and appends each to `nodes`, a node before its members.
pub(crate) fn evaluate<E: Event + ?Sized>(
    node: &IrNode,
    event: &E,
    depth: u32,
    nodes: &mut Vec<ExplainedNode>,
) -> bool {
    let at = nodes.len();
    let kind = match &node.kind {
        IrKind::And(_) => NodeKind::And,
        IrKind::Or(_) => NodeKind::Or,
        IrKind::Not(_) => NodeKind::Not,
        IrKind::Check(_) => NodeKind::Check,
        IrKind::Macro { name, .. } => NodeKind::Macro(name.to_string()),
    };
    nodes.push(ExplainedNode {
        kind,
        depth,
        span: node.origin.clone(),
        holds: false,
    });
    let mut inner = |member: &IrNode| evaluate(member, event, depth + 1, nodes);
    let holds = match &node.kind {
        IrKind::And(members) => members.iter().fold(true, |all, member| inner(member) & all),
        IrKind::Or(members) => members
            .iter()
            .fold(false, |any, member| inner(member) | any),
        IrKind::Not(member) => !inner(member),
        IrKind::Macro { body, .. } => inner(body),
        IrKind::Check(predicate) => check(predicate, event),
    };
    if let Some(explained) = nodes.get_mut(at) {
        explained.holds = holds;
    }
    holds
}

fn check<E: Event + ?Sized>(predicate: &Predicate, event: &E) -> bool {
    let buffers = Buffers::default();
    let left = &predicate.left;
    let mut results = Vec::new();
    // Whether each value of the left side passes a test.
    let mut each = |test: &dyn Fn(Value<'_>) -> bool| {
        results.clear();
        each_value(left, event, &buffers, &mut |value| {
            results.push(test(value))
        })
        .then(|| results.clone())
    };
    let any = |results: Option<Vec<bool>>| results.is_some_and(|results| results.contains(&true));
    let all = |results: Option<Vec<bool>>| results.is_some_and(|results| !results.contains(&false));
    match &predicate.comparison {
        Comparison::Exists => each(&|_| true).is_some(),
        Comparison::Term { operator, right } => terms_hold(*operator, left, right, event, &buffers),
        Comparison::Constant {
            operator: Operator::NotEqual,
            value,
        } if left.multiplicity == Multiplicity::EitherEnd => {
            all(each(&|found| compare(Operator::NotEqual, found, value)))
        }
        Comparison::Constant { operator, value } => {
            any(each(&|found| compare(*operator, found, value)))
        }
        Comparison::Set { operator, values } => {
            let member =
                |found: Value<'_>| values.iter().any(|value| compare(*operator, found, value));
            if *operator == Operator::In && left.multiplicity == Multiplicity::List {
                all(each(&member))
            } else {
                any(each(&member))
            }
        }
        Comparison::Modified {
            operator,
            modifier,
            values,
        } => any(each(&|found| {
            let passed = values
                .iter()
                .filter(|value| compare(*operator, found, value))
                .count();
            match modifier {
                Modifier::One => passed == 1,
                Modifier::Any => passed >= 1,
                Modifier::All => passed == values.len(),
            }
        })),
    }
}

/// One value against one constant.
fn compare(operator: Operator, found: Value<'_>, constant: &Literal) -> bool {
    let value = match constant {
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Uint(value) => Value::Uint(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::Ip(value) => Value::Ip(*value),
        Literal::Text(text) if matches!(found, Value::Bytes(_)) => Value::Bytes(text),
        Literal::Text(text) => Value::Str(text),
        Literal::Net(network) => {
            let is_inside = matches!(found, Value::Ip(address) if network.contains(&address));
            return matches!(found, Value::Ip(_)) && is_inside == (operator != Operator::NotEqual);
        }
    };
    let (Literal::Text(pattern), Some(text)) = (constant, text_of(found)) else {
        return compare_values(operator, found, value);
    };
    match operator {
        Operator::Glob => Glob::new(pattern, false).matches(text),
        Operator::IGlob => Glob::new(pattern, true).matches(text),
        Operator::Regex => Regex::new(pattern).is_ok_and(|regex| regex.matches(text)),
        Operator::PMatch => PathSet::new([&**pattern]).matches(text),
        _ => compare_values(operator, found, value),
    }
}
