//! Arguments and result of the event, and what it did to descriptors.

use std::io::Write as _;

use falco_abi::{Category, events};
use falco_rules::{ArgumentKind, FieldArgument, FieldType, Value};

use crate::dialect::catalog::{READS, WAITS, WRITES};
use crate::fields::arguments::Raw;
use crate::fields::declare::{Field, boolean, field, index, key, signed, unsigned};
use crate::fields::flags;
use crate::fields::{Basis, EventContext};
use crate::state::FdKind;
use crate::state::facets::Facets;

use FieldType::{Bool, Bytebuf, Charbuf, Int64, Uint32, Uint64};

pub(super) const FIELDS: &[Field] = &[
    field(
        "evt.args",
        Charbuf,
        args,
        "All arguments as `name=raw(resolved)`, joined by blanks.",
    )
    .reads(Facets::OF_ARGUMENTS),
    field(
        "evt.arg",
        Charbuf,
        arg,
        "One argument, by number in brackets or by name after a dot, resolved where it can be.",
    )
    .reads(Facets::OF_ARGUMENTS)
    .takes(ArgumentKind::EventParameter),
    field(
        "evt.rawarg",
        Charbuf,
        raw_arg,
        "One argument by name after a dot, as the program gave it.",
    )
    .reads(Facets::OF_ARGUMENTS)
    .takes(ArgumentKind::RawEventParameter)
    .printed_as(printed_raw_arg),
    field("evt.info", Charbuf, args, "The same as `evt.args`.").reads(Facets::OF_ARGUMENTS),
    field(
        "evt.buffer",
        Bytebuf,
        buffer,
        "Bytes that were read or written, where payloads were recorded.",
    ),
    field(
        "evt.buflen",
        Uint64,
        buffer_length,
        "How many of them there are.",
    )
    .reads(
        Facets::ANCESTRY
            .and(Facets::DESCRIPTORS)
            .and(Facets::SOCKETS),
    ),
    field(
        "evt.res",
        Charbuf,
        result,
        "`SUCCESS`, or the name of the error.",
    )
    .of(Basis::Word)
    .of_result(),
    field(
        "evt.rawres",
        Int64,
        raw_result,
        "The result as a number; negative for an error.",
    )
    .of_result(),
    field("evt.failed", Bool, failed, "Whether it failed.").of_result(),
    field(
        "evt.is_io",
        Bool,
        is_io,
        "Whether it reads from or writes to a descriptor.",
    ),
    field(
        "evt.is_io_read",
        Bool,
        is_io_read,
        "Whether it reads from a descriptor.",
    ),
    field(
        "evt.is_io_write",
        Bool,
        is_io_write,
        "Whether it writes to a descriptor.",
    ),
    field(
        "evt.io_dir",
        Charbuf,
        io_direction,
        "`r` for reads, `w` for writes.",
    )
    .of(Basis::Word),
    field(
        "evt.is_wait",
        Bool,
        is_wait,
        "Whether the call waits for descriptors or for time.",
    ),
    field(
        "evt.is_syslog",
        Bool,
        is_syslog,
        "Whether it writes to /dev/log.",
    )
    .reads(
        Facets::ANCESTRY
            .and(Facets::DESCRIPTORS)
            .and(Facets::SOCKETS),
    ),
    field("evt.count", Uint32, count, "Always 1."),
    field(
        "evt.count.error",
        Uint32,
        count_error,
        "1 if it failed, else 0.",
    ),
    field(
        "evt.count.error.file",
        Uint32,
        count_error_file,
        "1 if it failed, else 0, where it is about files.",
    )
    .reads(
        Facets::ANCESTRY
            .and(Facets::DESCRIPTORS)
            .and(Facets::SOCKETS),
    ),
    field(
        "evt.count.error.net",
        Uint32,
        count_error_net,
        "1 if it failed, else 0, where it is about the network.",
    )
    .reads(
        Facets::ANCESTRY
            .and(Facets::DESCRIPTORS)
            .and(Facets::SOCKETS),
    ),
    field(
        "evt.count.error.memory",
        Uint32,
        count_error_memory,
        "1 if it failed, else 0, where it is about memory.",
    )
    .reads(
        Facets::ANCESTRY
            .and(Facets::DESCRIPTORS)
            .and(Facets::SOCKETS),
    ),
    field(
        "evt.count.error.other",
        Uint32,
        count_error_other,
        "1 if it failed, else 0, where it is about none of these.",
    )
    .reads(
        Facets::ANCESTRY
            .and(Facets::DESCRIPTORS)
            .and(Facets::SOCKETS),
    ),
    field(
        "evt.count.exit",
        Uint32,
        count_exit,
        "1 for finished calls.",
    ),
];

fn args<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let compose = || {
        let mut text = Vec::new();
        event.arguments().print_all(&mut text);
        text
    };
    event.once(|composed| &composed.arguments, compose)
}

fn arg<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    let arguments = event.arguments();
    let place = match argument {
        FieldArgument::Index(_) => index(argument),
        FieldArgument::Key(name) => arguments.position(name),
        FieldArgument::None => None,
    };
    let mut text = Vec::new();
    match place {
        Some(place) if arguments.text(place, &mut text) => event.composed(&text),
        _ => Value::Absent,
    }
}

fn raw_arg<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    let arguments = event.arguments();
    let place = key(argument).and_then(|name| arguments.position(name));
    let Some(place) = place else {
        return Value::Absent;
    };
    let is_bytes = arguments.is_bytes(place);
    match arguments.raw(place) {
        // A string that is not there is the string `<NA>` in Falco; a number is nothing.
        Raw::Absent if arguments.is_string(place) => Value::Str(b"<NA>"),
        Raw::Absent => Value::Absent,
        Raw::Int(value) => Value::Int(value),
        Raw::Uint(value) => Value::Uint(value),
        Raw::Bytes(bytes) if is_bytes => Value::Bytes(event.keep(&bytes)),
        Raw::Bytes(bytes) => Value::Str(event.keep(&bytes)),
    }
}

/// An argument as outputs print it: numbers in the base of their parameter, 0 for a number that was left empty.
fn printed_raw_arg<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    let arguments = event.arguments();
    let place = key(argument).and_then(|name| arguments.position(name));
    let number = place.and_then(|place| arguments.printed_number(place));
    match number {
        Some(text) => event.composed(&text),
        None => raw_arg(event, argument),
    }
}

/// The payload of the event, if it has one.
fn payload<'e>(event: &'e EventContext<'_>) -> Option<&'e [u8]> {
    event.row.view().bytes(event.places.payload?.into())
}

fn buffer<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    payload(event).map_or(Value::Absent, Value::Bytes)
}

/// What a transfer returned, of a descriptor that is known: how much was transferred, not how much of it was recorded.
fn buffer_length<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let transfers = matches!(
        event.category(),
        Category::IoRead | Category::IoWrite | Category::IoOther
    );
    let is_known = event.fd().is_some_and(|fd| fd.file.is_some());
    let length = event.result().filter(|_| transfers && is_known);
    unsigned(length.and_then(|length| u64::try_from(length).ok()))
}

fn result<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let Some(result) = event.result() else {
        return Value::Absent;
    };
    if result >= 0 {
        return Value::Str(b"SUCCESS");
    }
    match flags::errno_name(result.unsigned_abs()) {
        Some(name) => Value::Str(name.as_bytes()),
        None => {
            let mut text = Vec::new();
            // Writing to a vector cannot fail.
            let _ = write!(text, "{result}");
            event.composed(&text)
        }
    }
}

fn raw_result<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    signed(event.result())
}

fn failed<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    boolean(event.result().map(|result| result < 0))
}

/// Whether Falco marks events of the name so.
fn is_marked(event: &EventContext<'_>, mark: u16) -> bool {
    event.falco_type().is_some_and(|ty| ty.has(mark))
}

fn reads(event: &EventContext<'_>) -> bool {
    is_marked(event, READS)
}

fn writes(event: &EventContext<'_>) -> bool {
    is_marked(event, WRITES)
}

fn is_io<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Bool(reads(event) || writes(event))
}

fn is_io_read<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Bool(reads(event))
}

fn is_io_write<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Bool(writes(event))
}

fn io_direction<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if writes(event) {
        Value::Str(b"write")
    } else if reads(event) {
        Value::Str(b"read")
    } else {
        Value::Absent
    }
}

fn is_wait<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Bool(is_marked(event, WAITS))
}

fn is_syslog<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let name = event.fd().and_then(|fd| fd.file).map(|file| &file.name);
    let is_log = name.is_some_and(|name| name.windows(8).any(|part| part == b"/dev/log"));
    Value::Bool(writes(event) && is_log)
}

fn count<'e>(_: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Uint(1)
}

/// 1 for a call that failed, 0 for one that did not, and nothing for an event without a result.
fn errors<'e>(event: &'e EventContext<'_>) -> Value<'e> {
    unsigned(event.result().map(|result| u64::from(result < 0)))
}

fn count_error<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    errors(event)
}

/// What kind of thing a call was about, for the counts of errors.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    File,
    Net,
    Other,
}

/// By the descriptor where it is known, else by the calls that name or make a file or a connection.
fn about(event: &EventContext<'_>) -> About {
    if let Some(file) = event.fd().and_then(|fd| fd.file) {
        return match file.kind {
            FdKind::File | FdKind::Directory => About::File,
            FdKind::Ipv4 | FdKind::Ipv6 | FdKind::Unix => About::Net,
            _ => About::Other,
        };
    }
    match event.row.event() {
        events::open::EVENT
        | events::openat::EVENT
        | events::openat2::EVENT
        | events::creat::EVENT
        | events::open_by_handle_at::EVENT => About::File,
        events::accept::EVENT | events::accept4::EVENT | events::connect::EVENT => About::Net,
        _ => About::Other,
    }
}

fn count_about<'e>(event: &'e EventContext<'_>, holds: bool) -> Value<'e> {
    if holds { errors(event) } else { Value::Absent }
}

fn count_error_file<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    count_about(event, about(event) == About::File)
}

fn count_error_net<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    count_about(event, about(event) == About::Net)
}

fn count_error_memory<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    count_about(event, event.category() == Category::Memory)
}

fn count_error_other<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let is_known = event.fd().is_some_and(|fd| fd.file.is_some());
    let is_memory = !is_known && event.category() == Category::Memory;
    count_about(event, about(event) == About::Other && !is_memory)
}

fn count_exit<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let is_exit = event.result().is_some() || event.is_generic();
    unsigned(is_exit.then_some(1))
}
