//! The source `syscall`: its fields, its event types, its parameters.

use std::sync::LazyLock;

use falco_rules::{
    ArgumentKind, BoundField, Event, EventTypeDef, EventTypeId, FieldArgument, FieldDef, FieldId,
    FieldType, ImpossibleText, Schema, Value,
};

use super::EventContext;
use super::declare::{Field, Nature, TimeKind};
use super::{
    arguments, container, event, event_types, fd, fdlist, fs_path, memory, process, schedule,
    services, thread, user,
};

/// The source `syscall`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SyscallSchema;

/// The one there is.
pub static SCHEMA: SyscallSchema = SyscallSchema;

/// Every declaration, in the order of the reference.
static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let classes: [&[&[Field]]; 11] = [
        &event::FIELDS,
        &process::FIELDS,
        &[thread::FIELDS],
        &[user::FIELDS],
        &fd::FIELDS,
        &[fs_path::FIELDS],
        &[fdlist::FIELDS],
        &[memory::FIELDS],
        &[schedule::FIELDS],
        &container::FIELDS,
        &[fd::OURS, process::OURS],
    ];
    classes.concat().concat()
});

static DEFS: LazyLock<Vec<FieldDef>> =
    LazyLock::new(|| FIELDS.iter().map(|field| field.def).collect());

/// The declaration of a field.
#[inline]
pub(super) fn declaration(field: FieldId) -> Option<&'static Field> {
    FIELDS.get(usize::from(field.0))
}

/// What is true of a field's values; of a field that is not there, nothing is.
#[must_use]
pub fn nature(field: FieldId) -> Nature {
    declaration(field).map_or(Nature::PLAIN, |field| field.nature)
}

/// Whether two fields are one under two names: the same is done to get their values.
#[must_use]
pub(crate) fn are_alike(one: &BoundField, other: &BoundField) -> bool {
    let extract = |field: &BoundField| declaration(field.field).map(|declared| declared.extract);
    match (extract(one), extract(other)) {
        (Some(of_one), Some(of_other)) => {
            std::ptr::fn_addr_eq(of_one, of_other) && one.argument == other.argument
        }
        _ => false,
    }
}

/// Whether a field of this name is the event's own time, in whichever form: Falco's class of the event itself has no other times.
#[must_use]
pub fn is_time_of_event(name: &str) -> bool {
    // Rules are full of names, and few of them are the event's own.
    if !name.starts_with("evt.") {
        return false;
    }
    let mut all = (0..).map(FieldId).zip(SCHEMA.fields());
    let found = all.find(|(_, def)| def.name == name);
    let is_time =
        |time: Option<TimeKind>| matches!(time, Some(TimeKind::Instant | TimeKind::OfEvent));
    found.is_some_and(|(id, _)| is_time(nature(id).time))
}

impl Schema for SyscallSchema {
    fn source(&self) -> &'static str {
        "syscall"
    }

    fn fields(&self) -> &'static [FieldDef] {
        &DEFS
    }

    fn event_types(&self) -> &[EventTypeDef] {
        event_types::defs()
    }

    fn parameter_type(&self, name: &str) -> Option<FieldType> {
        arguments::parameter_type(name)
    }

    fn service_port(&self, name: &str) -> Option<u16> {
        services::port(name)
    }

    /// Known of event parameters: an event has those of its row in the event table and no others.
    fn never_has(&self, event_type: EventTypeId, field: FieldId, argument: &FieldArgument) -> bool {
        let names_parameter = declaration(field).is_some_and(|field| {
            matches!(
                field.def.argument,
                ArgumentKind::EventParameter | ArgumentKind::RawEventParameter
            )
        });
        match argument {
            FieldArgument::Key(name) if names_parameter => {
                !event_types::event_ids_of(event_type).any(|event| arguments::has(event, name))
            }
            _ => false,
        }
    }

    fn has_na_value(&self, field: FieldId) -> bool {
        nature(field).is_na_where_unknown
    }

    fn never_holds(&self, field: FieldId, text: &[u8]) -> Option<ImpossibleText> {
        nature(field).limit.and_then(|limit| limit(text))
    }

    fn seldom_holds(&self, field: FieldId, text: &[u8]) -> Option<ImpossibleText> {
        nature(field).seldom.and_then(|seldom| seldom(text))
    }

    fn is_always_absent(&self, field: FieldId) -> bool {
        nature(field).is_always_absent
    }
}

/// An event answers for a field by what the field's declaration says.
impl Event for EventContext<'_> {
    fn event_type(&self) -> EventTypeId {
        self.event_type
    }

    #[inline]
    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        declaration(field.field).map_or(Value::Absent, |declared| {
            (declared.extract)(self, &field.argument)
        })
    }

    fn printed<'e>(&'e self, field: &BoundField) -> Value<'e> {
        declaration(field.field).map_or(Value::Absent, |declared| {
            (declared.printed)(self, &field.argument)
        })
    }
}
