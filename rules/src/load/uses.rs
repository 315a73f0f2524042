//! Which fields and operators a condition uses, for those who describe rules.

use std::collections::{BTreeSet, HashSet};

use crate::Schema;
use crate::ir::{Comparison, IrKind, IrNode, Term, TermKind};
use crate::template::field_key;

/// What a condition uses, macros included.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) fields: BTreeSet<String>,
    pub(super) operators: BTreeSet<&'static str>,
    seen: HashSet<*const IrNode>,
}

impl Uses {
    pub(super) fn of(condition: &IrNode, schema: &dyn Schema) -> Self {
        let mut uses = Self::default();
        uses.add(condition, schema);
        uses
    }

    fn add(&mut self, node: &IrNode, schema: &dyn Schema) {
        match &node.kind {
            IrKind::And(members) | IrKind::Or(members) => {
                members.iter().for_each(|member| self.add(member, schema));
            }
            IrKind::Not(member) => self.add(member, schema),
            IrKind::Macro { body, .. } => {
                if self.seen.insert(std::sync::Arc::as_ptr(body)) {
                    self.add(body, schema);
                }
            }
            IrKind::Check(check) => {
                self.add_term(&check.left, schema);
                let operator = match &check.comparison {
                    Comparison::Exists => "exists",
                    Comparison::Constant { operator, .. }
                    | Comparison::Set { operator, .. }
                    | Comparison::Modified { operator, .. } => operator.as_str(),
                    Comparison::Term { operator, right } => {
                        self.add_term(right, schema);
                        operator.as_str()
                    }
                };
                self.operators.insert(operator);
            }
        }
    }

    fn add_term(&mut self, term: &Term, schema: &dyn Schema) {
        match &term.kind {
            TermKind::Field(field) | TermKind::EventType(field) => {
                if let Some(def) = schema.fields().get(usize::from(field.field.0)) {
                    self.fields.insert(field_key(def, &field.argument));
                }
            }
            TermKind::Call {
                arguments: members, ..
            }
            | TermKind::List(members) => {
                members
                    .iter()
                    .for_each(|member| self.add_term(member, schema));
            }
            TermKind::Text(_) => {}
        }
    }
}
