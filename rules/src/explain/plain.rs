//! The plain evaluator: the meaning of conditions, written down node by node without any short cut.
//!
//! In: a checked condition and an event. Out: whether it holds.
//! The program of [`crate::optimize`] must always agree with it; a property test holds them against each other.

use crate::compile::{Glob, PathSet, compare_values, text_of};
use crate::fields::Literal;
use crate::ir::{Comparison, IrKind, IrNode, Predicate};
use crate::syntax::{Modifier, Operator};
use crate::transform::{Buffers, each_value, terms_hold};
use crate::{Event, Multiplicity, Value};

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

/// Whether a comparison holds.
pub(super) fn check<E: Event + ?Sized>(predicate: &Predicate, event: &E) -> bool {
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
pub(super) fn compare(operator: Operator, found: Value<'_>, constant: &Literal) -> bool {
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
