//! `fdlist.*`: the descriptors that a call waits for, which only imported captures hold.

use std::io::Write as _;

use falco_rules::{FieldArgument, FieldType, Value};

use super::EventContext;
use super::arguments::fd_list;
use super::declare::{self, Extract, Field};
use crate::state::facets::Facets;
use crate::state::{Endpoint, Fd};

use FieldType::Charbuf;

/// A field of this file: what stands behind descriptors.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc).reads(
        Facets::ANCESTRY
            .and(Facets::DESCRIPTORS)
            .and(Facets::SOCKETS),
    )
}

pub(super) const FIELDS: &[Field] = &[
    field(
        "fdlist.nums",
        Charbuf,
        numbers,
        "Numbers of the descriptors that a poll waits for, with commas between. Imported captures only.",
    ),
    field(
        "fdlist.names",
        Charbuf,
        names,
        "Their names, `<NA>` for those without. Imported captures only.",
    ),
    field(
        "fdlist.cips",
        Charbuf,
        client_ips,
        "Addresses of the clients of those that are connected sockets. Imported captures only.",
    ),
    field(
        "fdlist.sips",
        Charbuf,
        server_ips,
        "Addresses of the servers of those that are sockets. Imported captures only.",
    ),
    field(
        "fdlist.cports",
        Charbuf,
        client_ports,
        "Ports of the clients of those that are connected sockets. Imported captures only.",
    ),
    field(
        "fdlist.sports",
        Charbuf,
        server_ports,
        "Ports of the servers of those that are sockets. Imported captures only.",
    ),
];

/// Joins what is to be said of each descriptor with commas; absent where there is nothing to say.
fn joined<'e>(
    event: &'e EventContext<'_>,
    say: impl Fn(i64, Option<&Fd>, &mut Vec<u8>) -> bool,
) -> Value<'e> {
    let row = event.row;
    let list = row.falco_event().and_then(|ty| {
        let is_poll = matches!(ty.name, "poll" | "ppoll");
        ty.param("fds").filter(|_| is_poll)
    });
    let Some(bytes) = list.and_then(|place| row.falco_bytes(place)) else {
        return Value::Absent;
    };
    let mut text = Vec::new();
    for (number, _) in fd_list(bytes) {
        let slot = i32::try_from(number)
            .ok()
            .and_then(|number| event.state.fd(event.thread?, number));
        if say(number, slot.map(|slot| &*slot.file), &mut text) {
            text.push(b',');
        }
    }
    match text.strip_suffix(b",") {
        None | Some([]) => Value::Absent,
        Some(text) => event.composed(text),
    }
}

fn numbers<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    joined(event, |number, _, out| write!(out, "{number}").is_ok())
}

fn names<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    joined(event, |_, file, out| {
        let name = file.map_or(&b""[..], |file| &file.name);
        out.extend_from_slice(if name.is_empty() { b"<NA>" } else { name });
        true
    })
}

/// Says something of an end of each socket that has it.
fn ends<'e>(
    event: &'e EventContext<'_>,
    which: fn(&Fd) -> Option<Endpoint>,
    say: fn(Endpoint, &mut Vec<u8>) -> bool,
) -> Value<'e> {
    joined(event, |_, file, out| {
        let end = file.and_then(which);
        end.is_some_and(|end| say(end, out))
    })
}

fn client(file: &Fd) -> Option<Endpoint> {
    file.ip?.client()
}

fn server(file: &Fd) -> Option<Endpoint> {
    file.ip?.server()
}

fn address(end: Endpoint, out: &mut Vec<u8>) -> bool {
    write!(out, "{}", end.address).is_ok()
}

fn port(end: Endpoint, out: &mut Vec<u8>) -> bool {
    write!(out, "{}", end.port).is_ok()
}

fn client_ips<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    ends(event, client, address)
}

fn server_ips<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    ends(event, server, address)
}

fn client_ports<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    ends(event, client, port)
}

fn server_ports<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    ends(event, server, port)
}
