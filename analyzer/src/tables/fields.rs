//! Fields of events that cells are made of.
//!
//! In: names of fields. Out: what a pass must be asked for, and cells with the values that rules see.

use falco_rules::{
    BoundField, Event as _, FieldArgument, FieldDef, FieldId, Schema as _, Value, value_to_text,
};

use super::cells::Cell;
use crate::fields::SCHEMA;
use crate::pipeline::Seen;

/// A field, with the name of its argument where it takes one.
pub(super) struct AskedField {
    bound: BoundField,
    def: FieldDef,
}

impl AskedField {
    /// The field of a name; none where the source declares no such field.
    pub(super) fn named(name: &str, argument: Option<&str>) -> Option<AskedField> {
        let mut all = (0..).map(FieldId).zip(SCHEMA.fields());
        let (field, def) = all.find(|(_, def)| def.name == name)?;
        let argument = argument.map_or(FieldArgument::None, |key| FieldArgument::Key(key.into()));
        Some(AskedField {
            bound: BoundField {
                field,
                argument,
                slot: u32::from(field.0),
            },
            def: *def,
        })
    }

    /// What a pass is asked for.
    pub(super) fn bound(&self) -> &BoundField {
        &self.bound
    }

    /// Its value, as text where it is neither a number nor a truth value.
    pub(super) fn cell(&self, seen: &Seen<'_>) -> Cell {
        match seen.context.extract(&self.bound) {
            Value::Absent => Cell::Null,
            Value::Bool(value) => Cell::Bool(value),
            Value::Str(b"") => Cell::Null,
            Value::Str(bytes) => Cell::text(bytes),
            Value::Int(value) => Cell::Int(value),
            Value::Uint(value) => Cell::Uint(value),
            other => self.as_text(other),
        }
    }

    /// Its value as a number.
    pub(super) fn int(&self, seen: &Seen<'_>) -> Option<i64> {
        match seen.context.extract(&self.bound) {
            Value::Int(value) => Some(value),
            Value::Uint(value) => i64::try_from(value).ok(),
            _ => None,
        }
    }

    /// Its value as Falco prints it.
    pub(super) fn printed(&self, seen: &Seen<'_>) -> Cell {
        match seen.context.printed(&self.bound) {
            Value::Absent => Cell::Null,
            value => self.as_text(value),
        }
    }

    fn as_text(&self, value: Value<'_>) -> Cell {
        let mut text = String::new();
        value_to_text(value, &self.def, &mut text);
        Cell::Text(text.into())
    }
}
