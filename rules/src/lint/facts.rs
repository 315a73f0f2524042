//! What single-valued terms must be, or cannot be, wherever a condition holds.
//!
//! In: the members of an `and`, one by one. Out: whether one more can hold beside them. Only what is certain counts: a
//! comparison that is not understood here contradicts nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::Multiplicity;
use crate::fields::Literal;
use crate::ir::{Comparison, IrKind, IrNode, Predicate, Term};
use crate::syntax::Operator;
use crate::work::steps;

/// Facts about each term.
#[derive(Default)]
pub(super) struct Facts<'i> {
    terms: HashMap<&'i Term, TermFacts<'i>>,
    /// Macro bodies that were taken, and whether they hold: a second time says nothing new.
    seen: HashSet<(*const IrNode, bool)>,
}

/// Comparisons that hold, and comparisons that do not.
#[derive(Default)]
struct TermFacts<'i> {
    /// The values of which it is one and that no other fact excludes, where some comparison says so.
    allowed: Option<HashSet<&'i Literal>>,
    /// The values that it is none of.
    denied: HashSet<&'i Literal>,
    /// Other comparisons, each with whether it holds.
    others: Vec<(&'i Comparison, bool)>,
}

/// Most values that a term may have for another comparison to be held against each; beyond, nothing is said.
const MAX_HELD: usize = 1_000;

/// Most other comparisons that are kept for a term: a value is held against each of them.
const MAX_OTHERS: usize = 64;

impl<'i> Facts<'i> {
    /// Takes a member of the condition's `and`, or with `holds` false one that is negated.
    pub(super) fn learn(&mut self, node: &'i IrNode, holds: bool) {
        match &node.kind {
            IrKind::And(members) if holds => {
                members.iter().for_each(|member| self.learn(member, true));
            }
            IrKind::Or(members) if !holds => {
                members.iter().for_each(|member| self.learn(member, false));
            }
            IrKind::Macro { body, .. } => {
                if self.seen.insert((Arc::as_ptr(body), holds)) {
                    self.learn(body, holds);
                }
            }
            IrKind::Not(member) => self.learn(member, !holds),
            IrKind::Check(check) if is_single(check) => self
                .terms
                .entry(&check.left)
                .or_default()
                .learn(&check.comparison, holds),
            IrKind::Check(_) | IrKind::And(_) | IrKind::Or(_) => {}
        }
    }

    /// Whether the member cannot hold beside these facts.
    pub(super) fn contradict(&self, node: &IrNode) -> bool {
        match &node.kind {
            IrKind::And(members) => members.iter().any(|member| self.contradict(member)),
            IrKind::Macro { body, .. } => self.contradict(body),
            IrKind::Check(check) if is_single(check) => self
                .terms
                .get(&check.left)
                .is_some_and(|facts| facts.contradict(&check.comparison, true)),
            IrKind::Not(member) => match &member.kind {
                IrKind::Check(check) if is_single(check) => self
                    .terms
                    .get(&check.left)
                    .is_some_and(|facts| facts.contradict(&check.comparison, false)),
                _ => false,
            },
            IrKind::Check(_) | IrKind::Or(_) => false,
        }
    }
}

fn is_single(check: &Predicate) -> bool {
    check.left.multiplicity == Multiplicity::One
}

impl<'i> TermFacts<'i> {
    #[expect(
        clippy::mutable_key_type,
        reason = "patterns are compared by their texts, which their caches are no part of"
    )]
    fn learn(&mut self, comparison: &'i Comparison, holds: bool) {
        match (wanted_values(comparison), holds) {
            (Some(values), true) => {
                let mut values: HashSet<_> = values.into_iter().collect();
                match &self.allowed {
                    Some(known) => values.retain(|value| known.contains(value)),
                    None => values.retain(|value| self.may_be(value)),
                }
                self.allowed = Some(values);
            }
            (Some(values), false) => {
                if let Some(allowed) = &mut self.allowed {
                    for value in &values {
                        allowed.remove(value);
                    }
                }
                self.denied.extend(values);
            }
            (None, _) if self.others.len() < MAX_OTHERS => {
                if let Some(allowed) = &mut self.allowed {
                    allowed.retain(|value| passes(comparison, value) != Some(!holds));
                }
                self.others.push((comparison, holds));
            }
            (None, _) => {}
        }
    }

    /// Facts that contradict each other contradict nothing: that is said once, where it begins.
    fn contradict(&self, comparison: &Comparison, holds: bool) -> bool {
        let wanted = wanted_values(comparison);
        if let Some(allowed) = &self.allowed {
            return !allowed.is_empty()
                && match (wanted, holds) {
                    (Some(values), true) => !values.iter().any(|value| allowed.contains(value)),
                    (Some(values), false) => {
                        values.len() >= allowed.len()
                            && allowed.is_subset(&values.into_iter().collect())
                    }
                    (None, _) if allowed.len() > MAX_HELD => false,
                    (None, _) => !allowed
                        .iter()
                        .inspect(|_| steps(1))
                        .any(|value| passes(comparison, value) != Some(!holds)),
                };
        }
        match (wanted, holds) {
            (Some(values), true) => {
                !values.is_empty() && !values.iter().any(|value| self.may_be(value))
            }
            (None, true) => self
                .others
                .iter()
                .any(|(known, known_holds)| *known_holds && are_apart(known, comparison)),
            (_, false) => false,
        }
    }

    fn may_be(&self, value: &Literal) -> bool {
        !self.denied.contains(value)
            && self
                .others
                .iter()
                .all(|(known, holds)| passes(known, value) != Some(!holds))
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

/// Whether a value passes a comparison; nothing where that is not told by looking at the two.
fn passes(comparison: &Comparison, value: &Literal) -> Option<bool> {
    if let Some(values) = wanted_values(comparison) {
        return Some(values.contains(&value));
    }
    let Comparison::Constant {
        operator,
        value: constant,
    } = comparison
    else {
        return None;
    };
    if *operator == Operator::NotEqual && !matches!(constant, Literal::Net(_)) {
        return Some(value != constant);
    }
    if let (Literal::Text(value), Literal::Text(constant)) = (value, constant) {
        return match operator {
            Operator::StartsWith => Some(value.starts_with(constant)),
            Operator::EndsWith => Some(value.ends_with(constant)),
            Operator::Contains => Some(memchr::memmem::find(value, constant).is_some()),
            _ => None,
        };
    }
    let (value, constant) = (integer(value)?, integer(constant)?);
    match operator {
        Operator::Less => Some(value < constant),
        Operator::LessOrEqual => Some(value <= constant),
        Operator::Greater => Some(value > constant),
        Operator::GreaterOrEqual => Some(value >= constant),
        _ => None,
    }
}

fn integer(literal: &Literal) -> Option<i128> {
    match literal {
        Literal::Int(value) => Some(i128::from(*value)),
        Literal::Uint(value) => Some(i128::from(*value)),
        _ => None,
    }
}

/// Whether no value passes both: two beginnings, or two ends, of which neither continues the other.
fn are_apart(first: &Comparison, second: &Comparison) -> bool {
    let text = |comparison: &Comparison| match comparison {
        Comparison::Constant {
            operator,
            value: Literal::Text(text),
        } => Some((*operator, text.clone())),
        _ => None,
    };
    match (text(first), text(second)) {
        (Some((Operator::StartsWith, first)), Some((Operator::StartsWith, second))) => {
            !first.starts_with(&second) && !second.starts_with(&first)
        }
        (Some((Operator::EndsWith, first)), Some((Operator::EndsWith, second))) => {
            !first.ends_with(&second) && !second.ends_with(&first)
        }
        _ => false,
    }
}
