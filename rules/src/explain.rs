//! The plain evaluator: the meaning of conditions, written down node by node without any short cut.
//!
//! In: a checked condition and an event. Out: whether it holds, and on request the value of each node.
//! The program of [`crate::optimize`] must always agree with it; a property test holds them against each other.

use std::collections::HashMap;
use std::sync::Arc;

use crate::compile::{Glob, PathSet, compare_values, text_of};
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
    /// One of the values of the check above that has a list of them: whether the field passes it alone.
    Value,
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

/// Whether the condition holds. Every node is evaluated, none left out.
pub(crate) fn holds<E: Event + ?Sized>(node: &IrNode, event: &E) -> bool {
    match &node.kind {
        IrKind::And(members) => members
            .iter()
            .fold(true, |all, member| holds(member, event) & all),
        IrKind::Or(members) => members
            .iter()
            .fold(false, |any, member| holds(member, event) | any),
        IrKind::Not(member) => !holds(member, event),
        IrKind::Macro { body, .. } => holds(body, event),
        IrKind::Check(predicate) => check(predicate, event),
    }
}

/// Most nodes that are recorded before macros that were met already are no longer opened: macros may double at every
/// level, and a reader is lost long before.
const MAX_NODES: usize = 100_000;

/// Records the value of every node.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) nodes: Vec<ExplainedNode>,
    /// The values of the macro bodies that were met.
    bodies: HashMap<*const IrNode, bool>,
}

impl Recorder {
    /// Evaluates a node and all below it, none left out, and records each before its members, values of lists included.
    pub(crate) fn evaluate<E: Event + ?Sized>(
        &mut self,
        node: &IrNode,
        event: &E,
        depth: u32,
    ) -> bool {
        let at = self.nodes.len();
        let kind = match &node.kind {
            IrKind::And(_) => NodeKind::And,
            IrKind::Or(_) => NodeKind::Or,
            IrKind::Not(_) => NodeKind::Not,
            IrKind::Check(_) => NodeKind::Check,
            IrKind::Macro { name, .. } => NodeKind::Macro(name.to_string()),
        };
        self.nodes.push(ExplainedNode {
            kind,
            depth,
            span: node.origin.clone(),
            holds: false,
        });
        let mut inner = |member: &IrNode| self.evaluate(member, event, depth + 1);
        let holds = match &node.kind {
            IrKind::And(members) => members.iter().fold(true, |all, member| inner(member) & all),
            IrKind::Or(members) => members
                .iter()
                .fold(false, |any, member| inner(member) | any),
            IrKind::Not(member) => !inner(member),
            IrKind::Macro { body, .. } => self.body(body, event, depth + 1),
            IrKind::Check(predicate) => {
                let values = values(predicate, node, event, depth + 1);
                self.nodes.extend(values);
                check(predicate, event)
            }
        };
        let explained = self.nodes.get_mut(at);
        explained.expect("it was recorded before its members").holds = holds;
        holds
    }

    fn body<E: Event + ?Sized>(&mut self, body: &Arc<IrNode>, event: &E, depth: u32) -> bool {
        let known = self.bodies.get(&Arc::as_ptr(body)).copied();
        if let Some(known) = known.filter(|_| self.nodes.len() > MAX_NODES) {
            return known;
        }
        let holds = self.evaluate(body, event, depth);
        self.bodies.insert(Arc::as_ptr(body), holds);
        holds
    }
}

/// The values of a check that has a list of them, each as if it were the only one.
fn values<E: Event + ?Sized>(
    predicate: &Predicate,
    node: &IrNode,
    event: &E,
    depth: u32,
) -> Vec<ExplainedNode> {
    let (operator, literals) = match &predicate.comparison {
        Comparison::Set { operator, values } => (*operator, values),
        Comparison::Modified {
            operator, values, ..
        } => (*operator, values),
        Comparison::Exists | Comparison::Constant { .. } | Comparison::Term { .. } => {
            return Vec::new();
        }
    };
    let mut found = vec![false; literals.len()];
    let buffers = Buffers::default();
    let is_present = each_value(&predicate.left, event, &buffers, &mut |value| {
        for (found, literal) in found.iter_mut().zip(literals) {
            *found |= compare(operator, value, literal);
        }
    });
    let origins = node.value_origins.iter().cloned();
    let explained = found
        .into_iter()
        .zip(origins)
        .map(|(found, span)| ExplainedNode {
            kind: NodeKind::Value,
            depth,
            span,
            holds: is_present && found,
        });
    explained.collect()
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
        Literal::Pattern(pattern) => {
            return text_of(found).is_some_and(|text| pattern.matches(text));
        }
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
        Operator::PMatch => PathSet::new([&**pattern]).matches(text),
        _ => compare_values(operator, found, value),
    }
}
