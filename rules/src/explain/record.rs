//! The plain evaluation with everything written down: each part's value, what the event had, and where the part is written.
//!
//! In: a checked condition and an event. Out: an [`Explanation`].

use std::collections::HashMap;
use std::sync::Arc;

use super::items::Items;
use super::parts::{Explanation, Part, PartKind, PartOrigin};
use super::values::found;
use super::{decide, plain, print};
use crate::fields::Literal;
use crate::ir::{Comparison, IrKind, IrNode, Predicate, Term, TermKind};
use crate::source::Span;
use crate::syntax::Operator;
use crate::transform::{Buffers, each_value};
use crate::{BoundField, Event, FieldDef};

/// Most parts that are recorded before macros that were met already are no longer opened, and values that do not hold
/// are left out: macros may double at every level, and a reader is lost long before.
const MAX_PARTS: usize = 100_000;

/// Explains a condition for an event.
pub(crate) fn explain<E: Event + ?Sized>(
    condition: &IrNode,
    event: &E,
    defs: &[FieldDef],
    items: &Items,
) -> Explanation {
    let mut recorder = Recorder {
        event,
        defs,
        items,
        parts: Vec::new(),
        bodies: HashMap::new(),
    };
    let holds = recorder.evaluate(condition, 0);
    let mut parts = recorder.parts;
    decide::mark(&mut parts);
    Explanation { holds, parts }
}

struct Recorder<'r, E: ?Sized> {
    event: &'r E,
    defs: &'r [FieldDef],
    items: &'r Items,
    parts: Vec<Part>,
    /// The values of the macro bodies that were met.
    bodies: HashMap<*const IrNode, bool>,
}

impl<E: Event + ?Sized> Recorder<'_, E> {
    /// Evaluates a node and all below it, none left out, and records each before its members, values of lists included.
    fn evaluate(&mut self, node: &IrNode, depth: u32) -> bool {
        let at = self.parts.len();
        let part = self.part(node, depth);
        self.parts.push(part);
        let holds = match &node.kind {
            // Plain loops: adapters would put more frames between two levels of the recursion.
            IrKind::And(members) => {
                let mut all = true;
                for member in members {
                    all &= self.evaluate(member, depth + 1);
                }
                all
            }
            IrKind::Or(members) => {
                let mut any = false;
                for member in members {
                    any |= self.evaluate(member, depth + 1);
                }
                any
            }
            IrKind::Not(member) => !self.evaluate(member, depth + 1),
            IrKind::Macro { body, .. } => self.body(body, depth + 1),
            IrKind::Check(predicate) => {
                self.values(predicate, node, depth + 1);
                plain::check(predicate, self.event)
            }
        };
        let end = self.parts.len();
        let part = self.parts.get_mut(at);
        let part = part.expect("it was recorded before its members");
        part.holds = holds;
        part.end = end;
        holds
    }

    fn body(&mut self, body: &Arc<IrNode>, depth: u32) -> bool {
        let known = self.bodies.get(&Arc::as_ptr(body)).copied();
        if let Some(known) = known.filter(|_| self.parts.len() > MAX_PARTS) {
            return known;
        }
        let holds = self.evaluate(body, depth);
        self.bodies.insert(Arc::as_ptr(body), holds);
        holds
    }

    /// A node as far as it is known before its members.
    #[inline(never)]
    fn part(&self, node: &IrNode, depth: u32) -> Part {
        let kind = match &node.kind {
            IrKind::And(_) => PartKind::And,
            IrKind::Or(_) => PartKind::Or,
            IrKind::Not(_) => PartKind::Not,
            IrKind::Check(_) => PartKind::Check,
            IrKind::Macro { name, .. } => PartKind::Macro(name.to_string()),
        };
        let mut part = self.empty(kind, depth, node.origin.as_ref());
        if let IrKind::Check(predicate) = &node.kind {
            part.text = print::check(predicate, self.defs);
            part.found = Some(found(&predicate.left, self.event, self.defs));
            push_fields(&predicate.left, &mut part.fields);
            if let Comparison::Term { right, .. } = &predicate.comparison {
                part.compared = Some(found(right, self.event, self.defs));
                push_fields(right, &mut part.fields);
            }
        }
        part
    }

    fn empty(&self, kind: PartKind, depth: u32, span: Option<&Span>) -> Part {
        let origin = span.map(|span| PartOrigin {
            span: span.clone(),
            item: self.items.of(span),
        });
        Part {
            kind,
            depth,
            end: 0,
            text: String::new(),
            found: None,
            compared: None,
            fields: Vec::new(),
            origin,
            holds: false,
            decides: false,
            is_lacking: false,
        }
    }

    /// The values of a check that has a list of them, each as if it were the only one.
    #[inline(never)]
    fn values(&mut self, predicate: &Predicate, node: &IrNode, depth: u32) {
        let Some((operator, literals)) = listed(predicate) else {
            return;
        };
        let holding = self.passing(predicate, operator, literals);
        let origins = node.value_origins.iter();
        for ((holds, literal), span) in holding.into_iter().zip(literals).zip(origins) {
            if !holds && self.parts.len() > MAX_PARTS {
                continue;
            }
            let mut part = self.empty(PartKind::Value, depth, span.as_ref());
            part.text = print::literal(operator, literal);
            part.holds = holds;
            part.end = self.parts.len() + 1;
            self.parts.push(part);
        }
    }

    /// Whether some value of the left side passes each of the values alone.
    fn passing(
        &self,
        predicate: &Predicate,
        operator: Operator,
        literals: &[Literal],
    ) -> Vec<bool> {
        let mut passing = vec![false; literals.len()];
        let buffers = Buffers::default();
        let is_present = each_value(&predicate.left, self.event, &buffers, &mut |value| {
            for (passes, literal) in passing.iter_mut().zip(literals) {
                *passes |= plain::compare(operator, value, literal);
            }
        });
        if !is_present {
            passing.fill(false);
        }
        passing
    }
}

/// The operator and the values of a check that has a list of them.
fn listed(predicate: &Predicate) -> Option<(Operator, &[Literal])> {
    match &predicate.comparison {
        Comparison::Set { operator, values } => Some((*operator, values)),
        Comparison::Modified {
            operator, values, ..
        } => Some((*operator, values)),
        Comparison::Exists | Comparison::Constant { .. } | Comparison::Term { .. } => None,
    }
}

fn push_fields(term: &Term, out: &mut Vec<BoundField>) {
    match &term.kind {
        TermKind::Field(field) | TermKind::EventType(field) => out.push(field.clone()),
        TermKind::Call {
            arguments: members, ..
        }
        | TermKind::List(members) => members.iter().for_each(|member| push_fields(member, out)),
        TermKind::Text(_) => {}
    }
}
