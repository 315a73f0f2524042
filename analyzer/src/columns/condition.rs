//! A condition of Falco's language that rows of `events` are asked before they are built.
//!
//! In: its text, or a condition that somebody else compiled. Out: a filter that queries share.
//! It leaves out rows and says nothing of those that stay: whoever asked looks at them again.

use std::fmt;

use falco_rules::{Diagnostic, FieldType, Filter, Multiplicity};

use super::{Column, ColumnSource};
use crate::fields::SCHEMA;

/// As what a condition compares a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// As text, up to its first NUL.
    Text,
    /// As an address.
    Address,
    /// As a number.
    Number,
    /// As true or false.
    Bool,
}

impl Column {
    /// The field that it shows and as what conditions compare it; none where that is not what the column shows, or not one value.
    #[must_use]
    pub fn compared(&self) -> Option<(&'static str, FieldKind)> {
        let ColumnSource::Field(_, def) = &self.source else {
            return None;
        };
        let kind = match def.ty {
            FieldType::Charbuf | FieldType::Fspath | FieldType::Fsrelpath => FieldKind::Text,
            FieldType::Ipaddr => FieldKind::Address,
            FieldType::Bool => FieldKind::Bool,
            FieldType::Int8
            | FieldType::Int16
            | FieldType::Int32
            | FieldType::Int64
            | FieldType::Uint8
            | FieldType::Uint16
            | FieldType::Uint32
            | FieldType::Uint64
            | FieldType::Pid
            | FieldType::Port => FieldKind::Number,
            _ => return None,
        };
        (def.multiplicity == Multiplicity::One).then_some((def.name, kind))
    }
}

/// A compiled condition with its text.
pub struct Condition {
    text: String,
    filter: Filter,
}

impl Condition {
    /// Compiles a condition without lists and macros.
    ///
    /// # Errors
    /// Every error of the condition.
    pub fn compile(text: &str) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self {
            text: text.to_owned(),
            filter: Filter::compile(&SCHEMA, text)?,
        })
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it is compiled to.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.filter
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.text).finish()
    }
}

/// Two of one text are one.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}
