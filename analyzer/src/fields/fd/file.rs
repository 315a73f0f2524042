//! Number, name, type and inode of the descriptor.

use std::sync::Arc;

use falco_abi::events;
use falco_abi::frame::created;
use falco_rules::{ArgumentKind, FieldArgument, FieldType, Multiplicity, Value};

use crate::fields::declare::{self, Extract, Field, NOT_KNOWN, index, signed, string};
use crate::fields::{Basis, EventContext};
use crate::fields::{container, fs_path};
use crate::state::facets::Facets;
use crate::state::{Fd, FdKind, path};

use super::device::Device;
use super::{file, holds};

use FieldType::{Bool, Charbuf, Int32, Int64};

/// A field of this file: what stands behind a descriptor, or would have.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    let reads = Facets::ANCESTRY
        .and(Facets::DIRECTORIES)
        .and(Facets::DESCRIPTORS)
        .and(Facets::SOCKETS);
    declare::field(name, ty, extract, doc)
        .reads(reads)
        .of(Basis::Descriptor)
}

pub(super) const NAMES: &[Field] = &[
    field(
        "fd.num",
        Int64,
        number,
        "Number of the descriptor; negative if none was made.",
    )
    .of(Basis::Event),
    field(
        "fd.type",
        Charbuf,
        kind,
        "Type, such as `file`, `directory`, `ipv4`, `unix`, `pipe`.",
    ),
    field(
        "fd.typechar",
        Charbuf,
        type_char,
        "Type as one character; `o` for unknown.",
    ),
    field(
        "fd.name",
        Charbuf,
        name,
        "Full path of a file, both ends of a socket.",
    ),
    field("fd.directory", Charbuf, directory, "Directory of a file."),
    field(
        "fd.filename",
        Charbuf,
        file_name,
        "Name of a file without its directory.",
    ),
];

pub(super) const PLACES: &[Field] = &[
    field(
        "fd.uid",
        Charbuf,
        unique,
        "Thread id and number of the descriptor in one word.",
    )
    .of(Basis::Event),
    field(
        "fd.containername",
        Charbuf,
        container_name,
        "Container id and name of the descriptor, with a colon between.",
    )
    .reads(Facets::CGROUPS.and(Facets::CONTAINERS))
    .of(Basis::Event),
    field(
        "fd.containerdirectory",
        Charbuf,
        container_directory,
        "Container id and directory, with a colon between.",
    )
    .reads(Facets::CGROUPS.and(Facets::CONTAINERS))
    .of(Basis::Event),
];

pub(super) const FIELDS: &[Field] = &[
    field(
        "fd.dev",
        Int32,
        device,
        "Device of the file, as stat gives it; printed in hexadecimal digits.",
    )
    .printed_as(printed_device),
    field(
        "fd.dev.major",
        Int32,
        device_major,
        "Major number of the device.",
    ),
    field(
        "fd.dev.minor",
        Int32,
        device_minor,
        "Minor number of the device.",
    ),
    field("fd.ino", Int64, inode, "Inode of the file."),
    field(
        "fd.nameraw",
        Charbuf,
        raw_name,
        "Path of the file as the program gave it.",
    ),
    field(
        "fd.types",
        Charbuf,
        types,
        "Types of all descriptors of the process, or of one by number.",
    )
    .takes(ArgumentKind::IndexOptional)
    .many(Multiplicity::List)
    .of(Basis::Event),
    field(
        "fd.is_upper_layer",
        Bool,
        is_upper,
        "Whether the file lies in the upper layer of an overlay.",
    ),
    field(
        "fd.is_lower_layer",
        Bool,
        is_lower,
        "Whether the file lies in a lower layer of an overlay.",
    ),
];

/// Whether the event opens a file by name.
fn opens(event: &EventContext<'_>) -> bool {
    matches!(
        event.row.event(),
        events::open::EVENT
            | events::openat::EVENT
            | events::openat2::EVENT
            | events::creat::EVENT
            | events::open_by_handle_at::EVENT
    )
}

/// The descriptor's number. Falco knows no error here, only that there is no descriptor.
fn number_of(event: &EventContext<'_>) -> Option<i64> {
    const NONE: i64 = -1;
    let number = event.fd()?.number;
    let is_result = event.places.fd == Some(0);
    Some(if is_result && number < 0 {
        NONE
    } else {
        number
    })
}

fn number<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    number_of(event).map_or(Value::Absent, Value::Int)
}

fn kind<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let name = |file: &Fd| file.kind.name().map_or(&NOT_KNOWN[..], str::as_bytes);
    string(file(event).map(name))
}

/// Of a descriptor that was not made: what the call would have made.
fn kind_of_call(event: &EventContext<'_>) -> FdKind {
    match event.row.event() {
        _ if opens(event) => FdKind::File,
        events::socket::EVENT | events::accept::EVENT | events::accept4::EVENT => FdKind::Ipv4,
        events::pipe::EVENT | events::pipe2::EVENT => FdKind::Pipe,
        events::eventfd::EVENT | events::eventfd2::EVENT => FdKind::Event,
        events::signalfd::EVENT | events::signalfd4::EVENT => FdKind::Signal,
        events::timerfd_create::EVENT => FdKind::Timer,
        events::inotify_init::EVENT | events::inotify_init1::EVENT => FdKind::Inotify,
        _ => FdKind::Unknown,
    }
}

fn type_char<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.fd().is_none() {
        return Value::Absent;
    }
    let kind = file(event).map_or_else(|| kind_of_call(event), |file| file.kind);
    Value::Str(kind.type_char().as_bytes())
}

/// What Falco prints of ends that are not there.
const NO_ENDS: &[u8] = b"NULL";

/// Whether the event is an `accept` that failed: its name in Falco is how the missing ends print.
fn refuses_a_connection(event: &EventContext<'_>) -> bool {
    let accepts = matches!(
        event.row.event(),
        events::accept::EVENT | events::accept4::EVENT
    );
    accepts && event.result().is_some_and(|result| result < 0)
}

/// The path that a failed open asked for.
fn asked_path<'e>(event: &'e EventContext<'_>) -> Option<&'e [u8]> {
    if !opens(event) {
        return None;
    }
    let path = fs_path::paths_of(event.row)?.name?;
    let given = given_path(event).filter(|given| path::is_clean(given));
    if given.is_some() && event.row.manner().keeps_clean_paths() {
        return given;
    }
    let compose = || fs_path::resolve(event, path).unwrap_or_default();
    match event.once(|composed| &composed.asked_path, compose) {
        Value::Str(path) => Some(path),
        _ => None,
    }
}

/// The name, the asked one of a failed open, and nothing for a descriptor that is not known.
fn name_of<'e>(event: &'e EventContext<'_>) -> Option<&'e [u8]> {
    event.fd()?;
    let name = file(event).map(|file| &file.name[..]);
    let unmade = || {
        if refuses_a_connection(event) {
            Some(NO_ENDS)
        } else {
            asked_path(event)
        }
    };
    Some(name.or_else(unmade).unwrap_or_default())
}

fn name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    string(name_of(event))
}

fn directory_of<'e>(event: &'e EventContext<'_>) -> Option<&'e [u8]> {
    let name = name_of(event)?;
    match file(event) {
        Some(file) if file.kind == FdKind::Directory => Some(name),
        Some(file) if file.kind == FdKind::File => Some(path::directory(name)),
        Some(_) => None,
        None => Some(path::directory(name)),
    }
}

fn directory<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    string(directory_of(event))
}

fn file_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let file = file(event).filter(|file| file.kind == FdKind::File);
    // As in Falco a path that ends with a slash is its own name, and one without any is `/`.
    let name = |file: &'e Fd| -> &'e [u8] {
        match path::file_name(&file.name) {
            b"" => &file.name,
            name if name.len() == file.name.len() => b"/",
            name => name,
        }
    };
    string(file.map(name))
}

fn unique<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    match number_of(event) {
        None => Value::Absent,
        Some(number) => event.composed(format!("{}{number}", event.row.tid()).as_bytes()),
    }
}

fn after_container<'e>(event: &'e EventContext<'_>, text: Option<&[u8]>) -> Value<'e> {
    let Some(text) = text else {
        return Value::Absent;
    };
    // Falco knows no container of the host's processes here, unlike in `container.id`.
    let mut whole = container::reference(event).map_or_else(Vec::new, |it| it.id.to_vec());
    whole.push(b':');
    whole.extend_from_slice(text);
    event.composed(&whole)
}

fn container_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    after_container(event, name_of(event))
}

fn container_directory<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    after_container(event, directory_of(event))
}

fn device_of(event: &EventContext<'_>) -> Option<Device> {
    let device = file(event)?.device;
    Some(if event.row.manner().has_devices_of_stat() {
        Device::of_stat(device)
    } else {
        Device::of_kernel(device)
    })
}

fn device<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    signed(device_of(event).map(|device| i64::from(device.as_stat())))
}

fn printed_device<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    device_of(event).map_or(Value::Absent, |device| {
        event.composed(format!("{:X}", device.as_stat()).as_bytes())
    })
}

fn device_major<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    signed(device_of(event).map(|device| i64::from(device.major)))
}

fn device_minor<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    signed(device_of(event).map(|device| i64::from(device.minor)))
}

fn inode<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    signed(file(event).map(|file| file.inode.cast_signed()))
}

/// The path as an open was given it, without doubled slashes; empty where no open was seen.
fn raw_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let given = match file(event) {
        Some(file) => match &file.raw_name {
            // A name has no doubled slashes.
            Some(raw) if Arc::ptr_eq(raw, &file.name) => return Value::Str(raw),
            raw => raw.as_deref().unwrap_or_default(),
        },
        None if event.fd().is_none() => return Value::Absent,
        None if opens(event) => given_path(event).unwrap_or_default(),
        None if refuses_a_connection(event) => NO_ENDS,
        None => b"",
    };
    if !path::has_doubled_slash(given) {
        return Value::Str(given);
    }
    let mut path = given.to_vec();
    path.dedup_by(|next, last| *next == b'/' && *last == b'/');
    event.composed(&path)
}

/// The path that an open was given.
fn given_path<'e>(event: &'e EventContext<'_>) -> Option<&'e [u8]> {
    match fs_path::given(event, fs_path::paths_of(event.row)?.name?) {
        Value::Str(path) => Some(path),
        _ => None,
    }
}

fn types<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    let table = event.thread.and_then(|thread| event.state.fds(thread));
    let Some(table) = table else {
        return Value::Absent;
    };
    let mut kinds: Vec<FdKind> = Vec::new();
    match index(argument) {
        Some(number) => {
            let number = i32::try_from(number).ok();
            let slot = number.and_then(|number| table.get(number));
            kinds.extend(slot.map(|slot| slot.file.kind));
        }
        // There are few kinds, and many descriptors.
        None => table.iter().for_each(|slot| {
            if !kinds.contains(&slot.file.kind) {
                kinds.push(slot.file.kind);
            }
        }),
    }
    let mut names: Vec<&str> = kinds.iter().filter_map(|kind| kind.name()).collect();
    if names.is_empty() {
        return Value::Absent;
    }
    names.sort_unstable();
    names.dedup();
    let values: Vec<Value<'_>> = names
        .iter()
        .map(|name| Value::Str(name.as_bytes()))
        .collect();
    event.list(&values)
}

fn is_upper<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    holds(event, |file| file.opened & created::UPPER_LAYER != 0)
}

fn is_lower<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    holds(event, |file| file.opened & created::LOWER_LAYER != 0)
}
