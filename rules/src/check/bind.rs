//! Field names to fields of the schema, arguments included, and their slots.
//!
//! One binder serves all rules of one source, so that conditions and outputs share one numbering of slots.

use std::collections::HashMap;
use std::sync::Arc;

use super::aliases::alias;
use crate::diagnostic::Suggestions;
use crate::fields::takes_dotted_key;
use crate::ir::{Term, TermKind};
use crate::regex::{Pattern, Patterns};
use crate::{
    ArgumentKind, BoundField, Code, FieldArgument, FieldDef, FieldId, FieldType, Multiplicity,
    Schema,
};

/// The field that holds an event's type, and the one that holds a system call's.
const EVENT_TYPE_FIELDS: [&str; 2] = ["evt.type", "syscall.type"];

/// A field and its argument, with the type its values have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BoundName {
    pub(crate) field: FieldId,
    pub(crate) argument: FieldArgument,
    pub(crate) ty: FieldType,
    pub(crate) multiplicity: Multiplicity,
}

/// Why a name could not be bound.
#[derive(Debug)]
pub(crate) struct BindError {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// A source's place among those that are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SourceIndex(pub(super) usize);

impl SourceIndex {
    /// The source of a filter or an output that stands alone.
    pub(crate) const ONLY: Self = Self(0);
}

/// The schema's names, and the slots given out so far.
#[derive(Clone)]
pub(crate) struct Binder<'s> {
    schema: &'s dyn Schema,
    source: SourceIndex,
    by_name: HashMap<&'static str, FieldId>,
    event_types: HashMap<&'s str, u16>,
    slots: Vec<BoundField>,
    slot_of: HashMap<(FieldId, FieldArgument), u32>,
    patterns: Patterns,
    suggestions: Suggestions,
}

impl<'s> Binder<'s> {
    pub(crate) fn new(schema: &'s dyn Schema) -> Self {
        Self::of_source(schema, SourceIndex::ONLY)
    }

    pub(super) fn of_source(schema: &'s dyn Schema, source: SourceIndex) -> Self {
        let ids = (0..=u16::MAX).map(FieldId);
        let by_name = schema
            .fields()
            .iter()
            .zip(ids)
            .map(|(def, id)| (def.name, id))
            .collect();
        let event_types = schema
            .event_types()
            .iter()
            .zip(0..=u16::MAX)
            .map(|(def, id)| (def.name, id))
            .collect();
        Self {
            schema,
            source,
            by_name,
            event_types,
            slots: Vec::new(),
            slot_of: HashMap::new(),
            patterns: Patterns::default(),
            suggestions: Suggestions::default(),
        }
    }

    pub(crate) fn schema(&self) -> &'s dyn Schema {
        self.schema
    }

    /// Which of the offered sources it binds for.
    pub(crate) fn source(&self) -> SourceIndex {
        self.source
    }

    pub(crate) fn into_slots(self) -> Vec<BoundField> {
        self.slots
    }

    pub(super) fn def(&self, id: FieldId) -> &'static FieldDef {
        let def = self.schema.fields().get(usize::from(id.0));
        def.expect("fields are known by their places in the schema")
    }

    /// Finds the field for a name as a condition has it, with the text of its brackets.
    pub(crate) fn bind(&self, name: &str, argument: Option<&str>) -> Result<BoundName, BindError> {
        if let Some(def) = self.by_name.get(name).map(|id| self.def(*id)) {
            return self.bind_exact(name, def, argument);
        }
        if let Some((prefix, parameter)) = self.split_parameter(name) {
            return match (self.bind_parameter(prefix, parameter), argument) {
                (Some(bound), None) => Ok(bound),
                (Some(_), Some(_)) => Err(argument_error(format!(
                    "field '{name}' takes no argument in brackets"
                ))),
                (None, _) => Err(BindError {
                    code: Code::UnknownField,
                    message: format!(
                        "unknown event argument '{parameter}': no event has one of this name"
                    ),
                    help: None,
                }),
            };
        }
        if let Some((def, key)) = self.split_key(name).filter(|_| argument.is_none()) {
            return self.bind_exact(def.name, def, Some(key));
        }
        Err(BindError {
            code: Code::UnknownField,
            message: format!("unknown field `{name}`"),
            help: self
                .meant(name)
                .map(|found| format!("did you mean `{found}`?")),
        })
    }

    /// The field that an unknown name probably means.
    pub(crate) fn meant(&self, name: &str) -> Option<&'static str> {
        let is_known = |ours: &&str| {
            let field = ours.split('[').next().unwrap_or_default();
            self.by_name.contains_key(field)
        };
        let known = self.schema.fields().iter().map(|def| def.name);
        alias(name)
            .filter(is_known)
            .or_else(|| self.suggestions.similar(name, known))
    }

    /// Whether a name could be a field at all: the cheap question, asked for every constant of every rule.
    pub(crate) fn may_be_field(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
            || self.split_parameter(name).is_some()
            || self.split_key(name).is_some()
    }

    /// `thread.cgroup.NAME` as field and key.
    fn split_key<'n>(&self, name: &'n str) -> Option<(&'static FieldDef, &'n str)> {
        let (field, key) = name.rsplit_once('.')?;
        let def = self.by_name.get(field).map(|id| self.def(*id))?;
        (takes_dotted_key(def) && !key.is_empty()).then_some((def, key))
    }

    /// `evt.arg.NAME` as field and parameter.
    fn split_parameter<'n>(&self, name: &'n str) -> Option<(&'static FieldDef, &'n str)> {
        self.schema.fields().iter().find_map(|def| {
            let takes = matches!(
                def.argument,
                ArgumentKind::EventParameter | ArgumentKind::RawEventParameter
            );
            let parameter = name.strip_prefix(def.name)?.strip_prefix('.')?;
            takes.then_some((def, parameter))
        })
    }

    pub(crate) fn bind_parameter(
        &self,
        def: &'static FieldDef,
        parameter: &str,
    ) -> Option<BoundName> {
        let parameter_type = self.schema.parameter_type(parameter)?;
        let is_raw = def.argument == ArgumentKind::RawEventParameter;
        Some(BoundName {
            field: *self.by_name.get(def.name)?,
            argument: FieldArgument::Key(parameter.into()),
            ty: if is_raw { parameter_type } else { def.ty },
            multiplicity: Multiplicity::One,
        })
    }

    fn bind_exact(
        &self,
        name: &str,
        def: &FieldDef,
        argument: Option<&str>,
    ) -> Result<BoundName, BindError> {
        let index = |text: &str| {
            text.trim().parse().map(FieldArgument::Index).map_err(|_| {
                argument_error(format!(
                    "field '{name}' takes a number in its brackets, not '{text}'"
                ))
            })
        };
        let argument = match (def.argument, argument) {
            (ArgumentKind::None, Some(_)) => {
                return Err(argument_error(format!("field '{name}' takes no argument")));
            }
            (ArgumentKind::IndexRequired | ArgumentKind::KeyRequired, None) => {
                return Err(argument_error(format!(
                    "field '{name}' needs an argument in brackets"
                )));
            }
            (ArgumentKind::EventParameter | ArgumentKind::RawEventParameter, None) => {
                return Err(argument_error(format!(
                    "field '{name}' needs an event parameter: '{name}.NAME'"
                )));
            }
            (ArgumentKind::RawEventParameter, Some(text)) => {
                return Err(argument_error(format!(
                    "write '{name}.{text}': '{name}' takes no brackets"
                )));
            }
            (_, None) => FieldArgument::None,
            (ArgumentKind::KeyRequired | ArgumentKind::KeyOptional, Some(text)) => {
                FieldArgument::Key(text.into())
            }
            (ArgumentKind::EventParameter, Some(text)) => index(text)?,
            (ArgumentKind::IndexRequired | ArgumentKind::IndexOptional, Some(text)) => index(text)?,
        };
        let has_argument = argument != FieldArgument::None;
        let multiplicity = if has_argument {
            Multiplicity::One
        } else {
            def.multiplicity
        };
        let field = self.by_name.get(name);
        let field = *field.expect("a field of the schema is known by its name");
        Ok(BoundName {
            field,
            argument,
            ty: def.ty,
            multiplicity,
        })
    }

    /// The slot of a field, a new one at its first use.
    pub(crate) fn slot(&mut self, bound: &BoundName) -> u32 {
        let key = (bound.field, bound.argument.clone());
        if let Some(slot) = self.slot_of.get(&key) {
            return *slot;
        }
        let slot = crate::source::offset(self.slots.len());
        self.slots.push(BoundField {
            field: bound.field,
            argument: bound.argument.clone(),
            slot,
        });
        self.slot_of.insert(key, slot);
        slot
    }

    pub(crate) fn term(&mut self, bound: BoundName) -> Term {
        let slot = self.slot(&bound);
        let name = self.def(bound.field).name;
        let field = BoundField {
            field: bound.field,
            argument: bound.argument,
            slot,
        };
        let kind = if name == EVENT_TYPE_FIELDS[0] {
            TermKind::EventType(field)
        } else {
            TermKind::Field(field)
        };
        Term {
            kind,
            ty: bound.ty,
            multiplicity: bound.multiplicity,
            names_event_type: EVENT_TYPE_FIELDS.contains(&name),
        }
    }

    /// Whether the term is `evt.type`, whose constants must be event types.
    pub(crate) fn is_event_type_field(&self, term: &Term) -> bool {
        matches!(term.kind, TermKind::EventType(_))
    }

    /// Whether the term is `evt.rawarg.NAME`.
    pub(crate) fn is_raw_parameter(&self, term: &Term) -> bool {
        let TermKind::Field(bound) = &term.kind else {
            return false;
        };
        self.def(bound.field).argument == ArgumentKind::RawEventParameter
    }

    /// A regular expression, compiled.
    pub(crate) fn pattern(&mut self, text: &str) -> Result<Arc<Pattern>, String> {
        self.patterns.compiled(text)
    }

    pub(crate) fn is_event_type(&self, name: &str) -> bool {
        self.event_types.contains_key(name)
    }

    pub(crate) fn similar_event_type(&self, name: &str) -> Option<String> {
        let known = self.schema.event_types().iter().map(|def| def.name);
        let found = self.suggestions.similar(name, known);
        found.map(|found| format!("did you mean `{found}`?"))
    }
}

fn argument_error(message: String) -> BindError {
    BindError {
        code: Code::InvalidFieldArgument,
        message,
        help: None,
    }
}
