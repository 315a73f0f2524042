//! What kind of event it is, and where it comes from.

use falco_abi::{Category, events};
use falco_rules::{ArgumentKind, FieldArgument, FieldType, Value};

use crate::dialect::catalog::Origin;
use crate::fields::declare::{Field, field, key, string};
use crate::fields::event_types;
use crate::fields::{Basis, EventContext};
use crate::state::FdKind;
use crate::state::facets::Facets;

use FieldType::{Bool, Charbuf, Int16, Uint32};

pub(super) const ORIGIN: &[Field] = &[
    field(
        "evt.source",
        Charbuf,
        source,
        "Name of the source of events: `syscall`.",
    )
    .of(Basis::Word),
    field(
        "evt.is_async",
        Bool,
        is_async,
        "Whether the event comes from the recorder's own lookups, not from the kernel.",
    ),
    field(
        "evt.asynctype",
        Charbuf,
        async_type,
        "Kind of an event from the recorder's lookups, such as `container`.",
    )
    .of(Basis::Word),
    field(
        "evt.pluginname",
        Charbuf,
        nothing,
        "Always absent: no plugin defines events of this source.",
    ),
    field(
        "evt.plugininfo",
        Charbuf,
        nothing,
        "Always absent: no plugin defines events of this source.",
    ),
    field(
        "evt.hostname",
        Charbuf,
        hostname,
        "Name of the recorded node.",
    )
    .of(Basis::Word),
];

pub(super) const FIELDS: &[Field] = &[
    field(
        "evt.type",
        Charbuf,
        event_type,
        "Name of the event, such as `openat`.",
    )
    .of(Basis::Word)
    .of_result(),
    field(
        "evt.type.is",
        Uint32,
        event_type_is,
        "1 if the event has the type named after the dot, else 0.",
    )
    .takes(ArgumentKind::KeyRequired),
    field(
        "syscall.type",
        Charbuf,
        syscall_type,
        "Name of the call; absent for events that are no system calls.",
    )
    .of(Basis::Word),
    field(
        "evt.category",
        Charbuf,
        category,
        "Category of the event, such as `file`, `net`, `process`.",
    )
    .reads(
        Facets::ANCESTRY
            .and(Facets::DESCRIPTORS)
            .and(Facets::SOCKETS),
    )
    .of(Basis::Word),
    field("evt.cpu", Int16, cpu, "CPU on which it happened.").of_result(),
];

fn source<'e>(_: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Str(b"syscall")
}

/// The kind of an event that comes from lookups.
fn lookup<'e>(event: &EventContext<'e>) -> Option<&'e [u8]> {
    let row = event.row;
    if row.manner().has_named_lookups() {
        let ty = row.falco_event().filter(|ty| ty.name == "asyncevent")?;
        return Some(row.falco_bytes(ty.param("name")?).unwrap_or_default());
    }
    (row.event() == events::container::EVENT).then_some(&b"container"[..])
}

fn is_async<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Bool(lookup(event).is_some())
}

fn async_type<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    string(lookup(event))
}

fn nothing<'e>(_: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Absent
}

fn hostname<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    string(event.state.host().name.as_deref())
}

pub(super) fn type_name(event: &EventContext<'_>) -> &'static str {
    event_types::name(falco_rules::Event::event_type(event))
}

fn event_type<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Str(type_name(event).as_bytes())
}

fn event_type_is<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    Value::Uint(u64::from(key(argument) == Some(type_name(event))))
}

fn syscall_type<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let is_call = match (event.row.falco_event(), event.def) {
        (Some(ty), _) => ty.origin == Origin::Syscall,
        (None, Some(def)) => !def.syscalls.is_empty() || event.is_generic(),
        (None, None) => false,
    };
    string(is_call.then(|| type_name(event)))
}

/// Falco names the category of a transfer by what the descriptor is.
fn category<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let name = match event.category() {
        Category::IoRead | Category::IoWrite | Category::IoOther => {
            match event.fd().and_then(|fd| fd.file).map(|file| file.kind) {
                Some(FdKind::File | FdKind::Directory) => "file",
                Some(FdKind::Ipv4 | FdKind::Ipv6) => "net",
                Some(FdKind::Pipe | FdKind::Unix | FdKind::Event | FdKind::Signal) => "ipc",
                _ => "unknown",
            }
        }
        Category::Ipc => "IPC",
        other => other.name(),
    };
    Value::Str(name.as_bytes())
}

fn cpu<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Int(i64::from(event.row.cpu()))
}
