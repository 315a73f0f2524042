//! Opens: which file, and for what.

use falco_abi::events;
use falco_rules::{ArgumentKind, FieldArgument, FieldType, Multiplicity, Value};

use crate::dialect::words::{OPEN_FLAGS, falco};
use crate::fields::EventContext;
use crate::fields::arguments::{self, Raw};
use crate::fields::declare::{Field, field, key};
use crate::fields::{flags, fs_path};
use crate::state::facets::Facets;

use FieldType::{Bool, Charbuf};

pub(super) const FIELDS: &[Field] = &[
    field(
        "evt.abspath",
        Charbuf,
        absolute_path,
        "Absolute path of the call's file; `src` and `dst` name one of two.",
    )
    .reads(
        Facets::ANCESTRY
            .and(Facets::DIRECTORIES)
            .and(Facets::DESCRIPTORS),
    )
    .takes(ArgumentKind::KeyOptional)
    .many(Multiplicity::One),
    field(
        "evt.is_open_read",
        Bool,
        is_open_read,
        "Whether a file was to be opened for reading.",
    ),
    field(
        "evt.is_open_write",
        Bool,
        is_open_write,
        "Whether a file was to be opened for writing.",
    ),
    field(
        "evt.is_open_exec",
        Bool,
        is_open_exec,
        "Whether a file was to be created that can be executed.",
    ),
    field(
        "evt.is_open_create",
        Bool,
        is_open_create,
        "Whether the open created the file.",
    ),
];

/// Falco's numbers of `open` flags.
const FALCO_READ: u64 = falco(OPEN_FLAGS, "O_RDONLY");

const FALCO_WRITE: u64 = falco(OPEN_FLAGS, "O_WRONLY");

const FALCO_CREATE: u64 = falco(OPEN_FLAGS, "O_CREAT");

const FALCO_TMPFILE: u64 = falco(OPEN_FLAGS, "O_TMPFILE");

const EXECUTE_BITS: u64 = 0o111;

fn absolute_path<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    let paths = fs_path::paths_of(event.row);
    // What a link refers to is no file of the call's.
    if event.row.event() == events::symlinkat::EVENT {
        let link = paths.and_then(|paths| paths.link_path());
        return link.map_or(Value::Absent, |path| fs_path::resolved(event, path));
    }
    let chosen = match (key(argument), paths) {
        (None, Some(paths)) => paths.name.or(paths.call_order().0),
        (Some("src"), Some(paths)) => paths.name.or(paths.call_order().0),
        (Some("dst"), Some(paths)) => paths.name.or(paths.call_order().1),
        _ => None,
    };
    chosen.map_or(Value::Absent, |path| fs_path::resolved(event, path))
}

/// The flags of an open, in Falco's numbers.
fn open_flags(event: &EventContext<'_>) -> Option<u64> {
    use events::{open, open_by_handle_at, openat, openat2};
    let row = event.row;
    *event.opened.get_or_init(|| {
        let (flags, opened) = match row.event() {
            open::EVENT => (open::flags, Some(open::opened)),
            openat::EVENT => (openat::flags, Some(openat::opened)),
            openat2::EVENT => (openat2::flags, Some(openat2::opened)),
            open_by_handle_at::EVENT => (open_by_handle_at::flags, None),
            events::creat::EVENT => return Some(FALCO_CREATE | FALCO_WRITE),
            _ => return None,
        };
        if row.manner().has_falcos_open_flags() {
            row.uint(flags)
        } else {
            arguments::open_flags(row, flags, opened)
        }
    })
}

/// The mode of a file that an open may create; few rules ask for it, so that it is not looked for with the flags.
fn open_mode(event: &EventContext<'_>) -> u64 {
    match event.row.event() {
        events::open_by_handle_at::EVENT => 0,
        _ => mode(event).unwrap_or(0),
    }
}

fn mode(event: &EventContext<'_>) -> Option<u64> {
    let arguments = event.arguments();
    match arguments.raw(arguments.position("mode")?) {
        Raw::Uint(value) => Some(value),
        _ => None,
    }
}

/// Whether bits of an open's flags are set. `creat` has none in Falco.
fn opens_with(event: &EventContext<'_>, bits: u64) -> bool {
    let is_creat = event.row.event() == events::creat::EVENT;
    !is_creat && open_flags(event).is_some_and(|flags| flags & bits == bits)
}

fn is_open_read<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Bool(opens_with(event, FALCO_READ))
}

fn is_open_write<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Bool(opens_with(event, FALCO_WRITE))
}

fn is_open_exec<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let creates = |flags: u64| {
        flags & (FALCO_CREATE | FALCO_TMPFILE) != 0 && open_mode(event) & EXECUTE_BITS != 0
    };
    Value::Bool(open_flags(event).is_some_and(creates))
}

fn is_open_create<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    // A file without a name is made by every open of one that succeeds.
    let succeeded = event.result().is_some_and(|result| result >= 0);
    let is_nameless = succeeded && opens_with(event, FALCO_TMPFILE);
    Value::Bool(is_nameless || opens_with(event, flags::FALCO_CREATED))
}
