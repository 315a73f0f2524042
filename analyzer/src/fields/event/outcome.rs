//! Arguments and result of the event, and what it did to descriptors.

use std::io::Write as _;

use falco_abi::Category;
use falco_rules::{ArgumentKind, FieldArgument, FieldType, Value};

use crate::dialect::catalog::{READS, WAITS, WRITES};
use crate::fields::EventContext;
use crate::fields::arguments::Raw;
use crate::fields::declare::{Field, boolean, field, index, key, signed, unsigned};
use crate::fields::flags;
use crate::state::FdKind;

use FieldType::{Bool, Bytebuf, Charbuf, Int64, Uint32, Uint64};

pub(super) const FIELDS: &[Field] = &[
    field(
        "evt.args",
        Charbuf,
        args,
        "All arguments as `name=raw(resolved)`, joined by blanks.",
    ),
    field(
        "evt.arg",
        Charbuf,
        arg,
        "One argument, by number in brackets or by name after a dot, resolved where it can be.",
    )
    .takes(ArgumentKind::EventParameter),
    field(
        "evt.rawarg",
        Charbuf,
        raw_arg,
        "One argument by name after a dot, as the program gave it.",
    )
    .takes(ArgumentKind::RawEventParameter)
    .printed_as(printed_raw_arg),
    field("evt.info", Charbuf, args, "The same as `evt.args`."),
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
    ),
    field(
        "evt.res",
        Charbuf,
        result,
        "`SUCCESS`, or the name of the error.",
    ),
    field(
        "evt.rawres",
        Int64,
        raw_result,
        "The result as a number; negative for an error.",
    ),
    field("evt.failed", Bool, failed, "Whether it failed."),
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
    ),
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
    ),
    field("evt.count", Uint32, count, "Always 1."),
    field("evt.count.error", Uint32, count_error, "1 if it failed."),
    field(
        "evt.count.error.file",
        Uint32,
        count_error_file,
        "1 if it failed and is about files.",
    ),
    field(
        "evt.count.error.net",
        Uint32,
        count_error_net,
        "1 if it failed and is about the network.",
    ),
    field(
        "evt.count.error.memory",
        Uint32,
        count_error_memory,
        "1 if it failed and is about memory.",
    ),
    field(
        "evt.count.error.other",
        Uint32,
        count_error_other,
        "1 if it failed and is about none of these.",
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
    event.row.view().bytes(event.places.payload?)
}

fn buffer<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    payload(event).map_or(Value::Absent, Value::Bytes)
}

fn buffer_length<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    unsigned(payload(event).map(|bytes| bytes.len() as u64))
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

fn has_failed(event: &EventContext<'_>) -> bool {
    event.result().is_some_and(|result| result < 0)
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
    if reads(event) {
        Value::Str(b"r")
    } else if writes(event) {
        Value::Str(b"w")
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

/// 1 or absent: Falco counts what is there.
fn one_if<'e>(holds: bool) -> Value<'e> {
    unsigned(holds.then_some(1))
}

fn count_error<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    one_if(has_failed(event))
}

/// What kind of thing a failed call was about.
fn is_about(event: &EventContext<'_>, kind: Category) -> bool {
    let of_fd = || {
        let kind = event.fd().and_then(|fd| fd.file).map(|file| file.kind);
        match kind {
            Some(FdKind::File | FdKind::Directory) => Category::File,
            Some(FdKind::Ipv4 | FdKind::Ipv6 | FdKind::Unix) => Category::Net,
            _ => Category::Other,
        }
    };
    let found = match event.category() {
        found @ (Category::File | Category::Net | Category::Memory) => found,
        Category::IoRead | Category::IoWrite | Category::IoOther => of_fd(),
        _ => Category::Other,
    };
    has_failed(event) && found == kind
}

fn count_error_file<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    one_if(is_about(event, Category::File))
}

fn count_error_net<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    one_if(is_about(event, Category::Net))
}

fn count_error_memory<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    one_if(is_about(event, Category::Memory))
}

fn count_error_other<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    one_if(is_about(event, Category::Other))
}

fn count_exit<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    one_if(event.result().is_some() || event.is_generic())
}
