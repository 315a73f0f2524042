//! Which fields and operators a condition uses, for those who describe rules.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::Schema;
use crate::ir::{Comparison, IrKind, IrNode, Term, TermKind};
use crate::template::field_key;

/// What a condition uses, macros included.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    pub(super) fields: BTreeSet<String>,
    pub(super) operators: BTreeSet<&'static str>,
}

/// What the bodies of macros use, each looked at once. A body is kept, so that its address stays its own.
#[derive(Debug, Default)]
pub(super) struct KnownUses {
    bodies: HashMap<*const IrNode, (Arc<IrNode>, Arc<Uses>)>,
    /// How many names were put together so far.
    pub(super) names: usize,
}

impl KnownUses {
    pub(super) fn of(&mut self, condition: &IrNode, schema: &dyn Schema) -> Uses {
        let mut uses = Uses::default();
        self.add(condition, schema, &mut uses);
        uses
    }

    fn add(&mut self, node: &IrNode, schema: &dyn Schema, uses: &mut Uses) {
        match &node.kind {
            IrKind::And(members) | IrKind::Or(members) => {
                members
                    .iter()
                    .for_each(|member| self.add(member, schema, uses));
            }
            IrKind::Not(member) => self.add(member, schema, uses),
            IrKind::Macro { body, .. } => {
                let known = self.of_body(body, schema);
                self.names = self.names.saturating_add(known.fields.len());
                uses.fields.extend(known.fields.iter().cloned());
                uses.operators.extend(&known.operators);
            }
            IrKind::Check(check) => uses.add_check(check, schema),
        }
    }

    fn of_body(&mut self, body: &Arc<IrNode>, schema: &dyn Schema) -> Arc<Uses> {
        if let Some((_, known)) = self.bodies.get(&Arc::as_ptr(body)) {
            return Arc::clone(known);
        }
        let found = Arc::new(self.of(body, schema));
        self.bodies
            .insert(Arc::as_ptr(body), (Arc::clone(body), Arc::clone(&found)));
        found
    }
}

impl Uses {
    fn add_check(&mut self, check: &crate::ir::Predicate, schema: &dyn Schema) {
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
