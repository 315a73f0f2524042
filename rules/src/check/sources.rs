//! The sources of events that rules are loaded for: each with its schema and the binder of its names.
//!
//! In: schemas, in the order in which callers know their sources. Out: the one that a rule's `source` names.
//! Lists, macros and the names of rules are common to all sources; what a name of a field means is not.

use super::Binder;
use super::bind::SourceIndex;
use crate::{BoundField, Schema};

/// All sources that are offered.
#[derive(Clone)]
pub(crate) struct Sources<'s> {
    binders: Vec<Binder<'s>>,
}

impl<'s> Sources<'s> {
    /// Of two schemas for one source the first counts.
    pub(crate) fn new(schemas: &[&'s dyn Schema]) -> Self {
        let mut binders: Vec<Binder<'s>> = Vec::with_capacity(schemas.len());
        for schema in schemas {
            let is_known = |known: &Binder<'_>| known.schema().source() == schema.source();
            if !binders.iter().any(is_known) {
                binders.push(Binder::of_source(*schema, SourceIndex(binders.len())));
            }
        }
        Self { binders }
    }

    /// The place of the source of this name, if it is offered.
    pub(crate) fn position(&self, name: &str) -> Option<SourceIndex> {
        let is_named = |binder: &Binder<'_>| binder.schema().source() == name;
        self.binders.iter().position(is_named).map(SourceIndex)
    }

    /// The binder of a rule's source; nothing for a rule of a source that is not offered.
    pub(crate) fn binder(&mut self, source: Option<SourceIndex>) -> Option<&mut Binder<'s>> {
        self.binders.get_mut(source?.0)
    }

    /// Every schema, in the order given.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = &'s dyn Schema> {
        self.binders.iter().map(Binder::schema)
    }

    /// Every schema with the fields that rules of its source read, by slot.
    pub(crate) fn into_slots(self) -> Vec<(&'s dyn Schema, Vec<BoundField>)> {
        let slots = |binder: Binder<'s>| (binder.schema(), binder.into_slots());
        self.binders.into_iter().map(slots).collect()
    }
}
