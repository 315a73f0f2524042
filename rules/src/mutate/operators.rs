//! Which changes the parts of a condition are given.
//!
//! In: the conditions of a source's rules. Out: mutants, each with what it changes in every condition that has the part.
//!
//! | change | of | what becomes of it |
//! |---|---|---|
//! | dropped | members of `and` and `or`, exceptions, tuples of an exception's values | the others alone |
//! | negated | checks and macros | `not` in front; what has `not` in front loses it |
//! | widened | a comparison with a constant | `exists`; a shorter beginning, end or middle; `<=` for `<` and `>=` for `>` |
//! | value dropped | a list of several values, where it is written | the other values |

use std::collections::HashMap;
use std::sync::Arc;

use super::types::{possible, without};
use super::{Change, Mutant};
use crate::Schema;
use crate::coverage::Covering;
use crate::coverage::graph::{Condition, Node, Op, Override, Role};
use crate::coverage::leaf::{Leaves, is_any_of_its_values, listed};
use crate::fields::Literal;
use crate::ir::{Comparison, Predicate};
use crate::optimize::{predicate_text, term_text};
use crate::source::Span;
use crate::syntax::Operator;

/// What was done to a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MutantKind {
    /// It was taken out.
    Dropped,
    /// It holds where it did not, and does not where it did.
    Negated,
    /// It holds more often.
    Widened,
    /// A value was taken out of a list.
    ValueDropped,
}

/// What names a mutant: what is done, to which part or place, and what stands there instead.
type Key = (MutantKind, u32, Option<u32>, u32, u32, String);

/// What is changed: a node of a condition, and what becomes of it.
type Place = (usize, u32, Override);

/// Collects mutants: those of one place of a file are one.
#[derive(Default)]
struct Collected {
    mutants: Vec<(Mutant, Vec<Place>)>,
    known: HashMap<Key, usize>,
}

/// A change of one node.
struct Changed {
    kind: MutantKind,
    item: u32,
    part: Option<u32>,
    span: Span,
    after: String,
    of_exception: Option<String>,
    over: Override,
}

/// The mutants of all conditions.
pub(super) fn mutants(covering: &mut Covering<'_>, schema: &dyn Schema) -> Vec<Mutant> {
    let mut collected = Collected::default();
    let Covering {
        conditions, leaves, ..
    } = covering;
    for (number, condition) in conditions.iter().enumerate() {
        for (place, node) in (0..).zip(&condition.nodes) {
            for changed in changes(condition, node, leaves, schema) {
                collected.push(changed, (number, place));
            }
        }
    }
    let parts = covering.parts();
    let settled = collected.mutants.into_iter().map(|(mut mutant, places)| {
        mutant.item = mutant_item(&mutant, parts);
        mutant.changes = settle(covering, schema, &places);
        mutant
    });
    settled.collect()
}

/// A value's part knows the list that it stands in.
fn mutant_item(mutant: &Mutant, parts: &[crate::CoverPart]) -> u32 {
    let is_here = |part: &&crate::CoverPart| {
        mutant.kind == MutantKind::ValueDropped
            && part.kind == crate::CoverKind::Value
            && part.span == mutant.span
    };
    parts
        .iter()
        .find(is_here)
        .map_or(mutant.item, |part| part.item)
}

impl Collected {
    fn push(&mut self, changed: Changed, (condition, node): (usize, u32)) {
        let Changed {
            kind,
            item,
            part,
            span,
            after,
            of_exception,
            over,
        } = changed;
        let key = (kind, item, part, span.start, span.end, after.clone());
        let place = *self.known.entry(key).or_insert_with(|| {
            let mutant = Mutant {
                kind,
                item,
                span,
                after,
                of_exception,
                changes: Vec::new(),
            };
            self.mutants.push((mutant, Vec::new()));
            self.mutants.len() - 1
        });
        if let Some((_, places)) = self.mutants.get_mut(place) {
            places.push((condition, node, over));
        }
    }
}

/// Changes by condition, with the types of events that the changed one can match.
fn settle(covering: &Covering<'_>, schema: &dyn Schema, places: &[Place]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (condition, node, over) in places {
        match changes.last_mut() {
            Some(last) if last.condition == *condition => last.overrides.push((*node, *over)),
            _ => changes.push(Change {
                condition: *condition,
                overrides: vec![(*node, *over)],
                types: crate::EventTypeSet::none(0),
            }),
        }
    }
    for change in &mut changes {
        if let Some(condition) = covering.conditions.get(change.condition) {
            let graph = (condition, &covering.leaves);
            change.types = possible(graph, &change.overrides, schema.event_types());
        }
    }
    changes
}

/// A node that is to be changed.
struct Site<'c> {
    node: &'c Node,
    /// Its part; of a `not` that of what it negates.
    part: Option<u32>,
    span: Span,
    /// What stands there, or would if it were not made of an exception.
    text: String,
}

/// The changes of one node.
fn changes(
    condition: &Condition,
    node: &Node,
    leaves: &mut Leaves,
    schema: &dyn Schema,
) -> Vec<Changed> {
    let Some(span) = node.span.clone().map(|span| span.trimmed()) else {
        return Vec::new();
    };
    let part = match &node.op {
        Op::Not(member) => (condition.nodes.get(*member as usize)).and_then(|member| member.part),
        _ => node.part,
    };
    let text = if node.is_of_exception {
        node_text(condition, node, leaves, schema)
    } else {
        span.text().to_owned()
    };
    let site = Site {
        node,
        part,
        span,
        text,
    };
    let mut found = site.of_groups();
    if let Op::Leaf(place) = node.op
        && let Some(of) = condition.leaves.get(place as usize)
    {
        let predicate = Arc::clone(&leaves.get(of.leaf).predicate);
        for (variant, after) in wider(&predicate, &site.text, node.role, schema) {
            if let Some(bit) = leaves.ask(of.leaf, variant) {
                found.push(site.changed(MutantKind::Widened, after, Override::Bit(bit)));
            }
        }
        found.extend(site.of_values(of.leaf, &predicate, leaves));
    }
    found
}

impl Site<'_> {
    fn changed(&self, kind: MutantKind, after: String, over: Override) -> Changed {
        Changed {
            kind,
            item: self.node.item,
            part: self.part,
            span: self.span.clone(),
            after,
            of_exception: self.node.is_of_exception.then(|| self.text.clone()),
            over,
        }
    }

    /// It is taken out of its group, or negated.
    fn of_groups(&self) -> Vec<Changed> {
        let node = self.node;
        let mut found = Vec::new();
        // A group of the kind of the one that it stands in changes with its members.
        let is_member = match (&node.op, node.role) {
            (Op::And(_), Role::Factor) | (Op::Or(_), Role::Alternative) => false,
            (_, role) => matches!(role, Role::Factor | Role::Alternative),
        };
        if is_member {
            let constant = Override::Constant(node.role == Role::Factor);
            found.push(self.changed(MutantKind::Dropped, String::new(), constant));
        }
        let negated = match &node.op {
            Op::Not(_) => {
                let bare = self.text.strip_prefix("not").unwrap_or(&self.text);
                Some(bare.trim_start().to_owned())
            }
            Op::Leaf(_) | Op::Macro(_) if node.role != Role::Negated => {
                Some(format!("not {}", self.text))
            }
            Op::And(_) | Op::Or(_) | Op::Leaf(_) | Op::Macro(_) => None,
        };
        let negated =
            negated.map(|after| self.changed(MutantKind::Negated, after, Override::Negated));
        found.extend(negated);
        found
    }

    /// A value is taken out of its list.
    fn of_values(&self, leaf: u32, predicate: &Predicate, leaves: &mut Leaves) -> Vec<Changed> {
        let values = listed(predicate).map_or(0, |(_, values)| values.len());
        let each = (0..values).filter(|_| values > 1).filter_map(|value| {
            let over = if is_any_of_its_values(predicate) {
                Override::Without(value)
            } else {
                Override::Bit(leaves.ask(leaf, without(predicate, value)?)?)
            };
            let origin = self.node.value_spans.get(value)?.as_ref()?;
            Some(Changed {
                kind: MutantKind::ValueDropped,
                item: self.node.item,
                part: self.node.values.get(value).copied(),
                span: origin.trimmed(),
                after: String::new(),
                of_exception: None,
                over,
            })
        });
        each.collect()
    }
}

/// A condition as it is made of an exception.
fn node_text(condition: &Condition, node: &Node, leaves: &Leaves, schema: &dyn Schema) -> String {
    let of = |member: &u32| {
        let member = condition.nodes.get(*member as usize);
        member.map_or_else(String::new, |member| {
            node_text(condition, member, leaves, schema)
        })
    };
    let group = |members: &[u32], word: &str| {
        let members: Vec<_> = members.iter().map(of).collect();
        format!("({})", members.join(word))
    };
    match &node.op {
        Op::And(members) => group(members, " and "),
        Op::Or(members) => group(members, " or "),
        Op::Not(member) => format!("not {}", of(member)),
        Op::Macro(body) => of(body),
        Op::Leaf(place) => {
            let of = condition.leaves.get(*place as usize);
            of.map_or_else(String::new, |of| {
                predicate_text(&leaves.get(of.leaf).predicate, schema)
            })
        }
    }
}

/// Predicates that hold where this one does and more often, with their text.
fn wider(
    predicate: &Predicate,
    text: &str,
    role: Role,
    schema: &dyn Schema,
) -> Vec<(Predicate, String)> {
    let Comparison::Constant { operator, value } = &predicate.comparison else {
        return Vec::new();
    };
    let with = |comparison, text: String| {
        let left = predicate.left.clone();
        vec![(Predicate { left, comparison }, text)]
    };
    if let Some((longer, value)) = shorter(*operator, value) {
        let (old, new) = (
            longer.as_str(),
            String::from_utf8_lossy(&value).into_owned(),
        );
        let after = match text.rfind(old) {
            Some(at) => replaced(text, at, old.len(), &new),
            None => return Vec::new(),
        };
        let comparison = Comparison::Constant {
            operator: *operator,
            value: Literal::Text(value),
        };
        return with(comparison, after);
    }
    let boundary = match operator {
        Operator::Less => Some(Operator::LessOrEqual),
        Operator::Greater => Some(Operator::GreaterOrEqual),
        _ => None,
    };
    if let Some(boundary) = boundary {
        let comparison = Comparison::Constant {
            operator: boundary,
            value: value.clone(),
        };
        let after = text.replacen(operator.as_str(), boundary.as_str(), 1);
        return with(comparison, after);
    }
    // Every event has a type, so that this is the same as to take the check out.
    let is_dropped = predicate.left.names_event_type && role == Role::Factor;
    if is_dropped || matches!(operator, Operator::LessOrEqual | Operator::GreaterOrEqual) {
        return Vec::new();
    }
    let after = format!("{} exists", term_text(&predicate.left, schema));
    with(Comparison::Exists, after)
}

fn replaced(text: &str, at: usize, length: usize, new: &str) -> String {
    let before = text.get(..at).unwrap_or_default();
    let behind = text.get(at + length..).unwrap_or_default();
    format!("{before}{new}{behind}")
}

/// A text that is part of more values, and the one that it is made from: without its last part of a path, or half as
/// long; from its beginning where ends are compared.
fn shorter(operator: Operator, value: &Literal) -> Option<(String, Box<[u8]>)> {
    let from_front = match operator {
        Operator::StartsWith | Operator::Contains | Operator::IContains => false,
        Operator::EndsWith => true,
        _ => return None,
    };
    let Literal::Text(text) = value else {
        return None;
    };
    let text = std::str::from_utf8(text).ok()?;
    let half = (0..=text.len() / 2).rev();
    let half = half
        .into_iter()
        .find(|at| text.is_char_boundary(*at))
        .filter(|at| *at > 0)?;
    let rest = if from_front {
        let inner = text.get(1..)?;
        let at = inner.find('/').map_or(half, |at| at + 1);
        text.get(at..)?
    } else {
        let inner = text.get(..text.len() - 1)?;
        let at = inner.rfind('/').map_or(half, |at| at + 1);
        text.get(..at)?
    };
    let is_shorter = !rest.is_empty() && rest.len() < text.len();
    is_shorter.then(|| (text.to_owned(), rest.as_bytes().into()))
}
