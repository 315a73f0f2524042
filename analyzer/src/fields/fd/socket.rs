//! Ends of the socket behind the descriptor, by side and by position.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use falco_abi::events;
use falco_rules::{FieldArgument, FieldType, Multiplicity, Value};

use crate::fields::declare::{self, Extract, Field, NOT_KNOWN, boolean};
use crate::fields::{Basis, EventContext};
use crate::fields::{container, services};
use crate::state::facets::Facets;
use crate::state::{Connection, Endpoint, Fd, FdKind, IpSocket, Side};

use super::{file, holds};

use FieldType::{Bool, Charbuf, Ipaddr, Ipnet, Port};

/// A field of this file: what stands behind a descriptor.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    let reads = Facets::ANCESTRY
        .and(Facets::DESCRIPTORS)
        .and(Facets::SOCKETS);
    declare::field(name, ty, extract, doc)
        .reads(reads)
        .of(Basis::Descriptor)
}

pub(super) const ENDS: &[Field] = &[
    field(
        "fd.ip",
        Ipaddr,
        ips,
        "Addresses of both ends; either may match.",
    )
    .many(Multiplicity::EitherEnd),
    field("fd.cip", Ipaddr, client_ip, "Address of the client."),
    field("fd.sip", Ipaddr, server_ip, "Address of the server."),
    field("fd.lip", Ipaddr, local_ip, "Address of the own end.").of(Basis::Event),
    field("fd.rip", Ipaddr, remote_ip, "Address of the other end.").of(Basis::Event),
    field(
        "fd.port",
        Port,
        ports,
        "Ports of both ends; either may match.",
    )
    .many(Multiplicity::EitherEnd),
    field("fd.cport", Port, client_port, "Port of the client."),
    field("fd.sport", Port, server_port, "Port of the server."),
    field("fd.lport", Port, local_port, "Port of the own end.").of(Basis::Event),
    field("fd.rport", Port, remote_port, "Port of the other end.").of(Basis::Event),
    field(
        "fd.l4proto",
        Charbuf,
        layer4,
        "Protocol above IP: `tcp`, `udp`, `icmp`, `raw`.",
    ),
    field("fd.sockfamily", Charbuf, family, "`ip` or `unix`."),
    field(
        "fd.is_server",
        Bool,
        is_server,
        "Whether the process is the server's end.",
    )
    .of(Basis::Event),
];

pub(super) const SERVICES: &[Field] = &[
    field(
        "fd.proto",
        Port,
        ports,
        "Ports of both ends, or the names of their services.",
    )
    .many(Multiplicity::EitherEnd),
    field(
        "fd.cproto",
        Charbuf,
        client_service,
        "Name of the service on the client's port, else its number.",
    ),
    field(
        "fd.sproto",
        Charbuf,
        server_service,
        "Name of the service on the server's port, else its number.",
    ),
    field(
        "fd.lproto",
        Charbuf,
        local_service,
        "Name of the service on the own port, else its number.",
    )
    .of(Basis::Event),
    field(
        "fd.rproto",
        Charbuf,
        remote_service,
        "Name of the service on the other end's port, else its number.",
    )
    .of(Basis::Event),
    field(
        "fd.net",
        Ipnet,
        ips,
        "Addresses of both ends, compared with networks.",
    )
    .many(Multiplicity::EitherEnd),
    field(
        "fd.cnet",
        Ipnet,
        client_ip,
        "Address of the client, compared with networks.",
    ),
    field(
        "fd.snet",
        Ipnet,
        server_ip,
        "Address of the server, compared with networks.",
    ),
    field(
        "fd.lnet",
        Ipnet,
        local_ip,
        "Address of the own end, compared with networks.",
    )
    .of(Basis::Event),
    field(
        "fd.rnet",
        Ipnet,
        remote_ip,
        "Address of the other end, compared with networks.",
    )
    .of(Basis::Event),
    field(
        "fd.connected",
        Bool,
        is_connected,
        "Whether the socket is connected.",
    )
    .reads(Facets::CONNECTIONS),
    field(
        "fd.name_changed",
        Bool,
        name_changed,
        "Whether the event changed the name of its descriptor.",
    )
    .of(Basis::Event),
    field(
        "fd.cip.name",
        Charbuf,
        no_domain,
        "Always absent: a replay asks no name server.",
    ),
    field(
        "fd.sip.name",
        Charbuf,
        no_domain,
        "Always absent: a replay asks no name server.",
    ),
    field(
        "fd.lip.name",
        Charbuf,
        no_domain,
        "Always absent: a replay asks no name server.",
    ),
    field(
        "fd.rip.name",
        Charbuf,
        no_domain,
        "Always absent: a replay asks no name server.",
    ),
];

fn socket(event: &EventContext<'_>) -> Option<IpSocket> {
    file(event)?.ip
}

/// The ends in the order in which Falco keeps them. A socket that has none yet has two that are zero, which compare as `0.0.0.0` or `::`.
fn ends(event: &EventContext<'_>) -> [Option<Endpoint>; 2] {
    let zero = match file(event).map(|file| file.kind) {
        Some(FdKind::Ipv4) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Some(FdKind::Ipv6) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => return [None; 2],
    };
    let socket = socket(event).unwrap_or_default();
    let order = match socket.side {
        Side::Server => [socket.remote, socket.local],
        Side::Client | Side::Unknown => [socket.local, socket.remote],
    };
    if order == [None; 2] {
        let nothing = Endpoint {
            address: zero,
            port: 0,
        };
        return [Some(nothing); 2];
    }
    order
}

/// A value of each end; absent where there is none.
fn of_ends<'e>(event: &'e EventContext<'_>, value: impl Fn(Endpoint) -> Value<'e>) -> Value<'e> {
    match ends(event).map(|end| end.map(&value)) {
        [None, None] => Value::Absent,
        [Some(only), None] | [None, Some(only)] => event.list(&[only]),
        [Some(first), Some(second)] => event.list(&[first, second]),
    }
}

fn ips<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_ends(event, |end| Value::Ip(end.address))
}

fn ports<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_ends(event, |end| Value::Uint(u64::from(end.port)))
}

fn client(event: &EventContext<'_>) -> Option<Endpoint> {
    socket(event)?.client()
}

fn server(event: &EventContext<'_>) -> Option<Endpoint> {
    socket(event)?.server()
}

/// The own end of a socket that has another one: Falco knows neither of a socket that is only bound.
fn local(event: &EventContext<'_>) -> Option<Endpoint> {
    let socket = socket(event)?;
    if event.row.manner().tells_ends_by_addresses() {
        return falcos_ends(event, &socket).map(|(local, _)| local);
    }
    socket.remote.and(socket.local)
}

fn remote(event: &EventContext<'_>) -> Option<Endpoint> {
    let socket = socket(event)?;
    if event.row.manner().tells_ends_by_addresses() {
        return falcos_ends(event, &socket).map(|(_, remote)| remote);
    }
    socket.remote
}

/// The local and the remote end as Falco tells them apart: by the interfaces of the capture, whatever the process did.
/// The client's end is the local one where it is of this machine, and else the server's is.
fn falcos_ends(event: &EventContext<'_>, socket: &IpSocket) -> Option<(Endpoint, Endpoint)> {
    let (client, server) = (socket.client()?, socket.server()?);
    if is_of_machine(event, client.address) {
        Some((client, server))
    } else {
        Some((server, client))
    }
}

/// Whether Falco takes an address for one of the machine of the process: that of an interface, in a container that of the container.
/// No address counts as local in a container whose own address nobody has told.
fn is_of_machine(event: &EventContext<'_>, address: IpAddr) -> bool {
    if container::reference(event).is_none() {
        return event.state.host().addresses().any(|own| own == address);
    }
    let told = container::metadata(event).and_then(|container| container.ip.as_deref());
    told.and_then(|text| text.parse().ok()) == Some(address)
}

fn address<'e>(end: Option<Endpoint>) -> Value<'e> {
    end.map_or(Value::Absent, |end| Value::Ip(end.address))
}

fn port<'e>(end: Option<Endpoint>) -> Value<'e> {
    end.map_or(Value::Absent, |end| Value::Uint(u64::from(end.port)))
}

fn service<'e>(event: &'e EventContext<'_>, end: Option<Endpoint>) -> Value<'e> {
    match end {
        None => Value::Absent,
        Some(end) => match services::name(end.port) {
            Some(name) => Value::Str(name.as_bytes()),
            None => event.composed(end.port.to_string().as_bytes()),
        },
    }
}

fn client_ip<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    address(client(event))
}

fn server_ip<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    address(server(event))
}

fn local_ip<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    address(local(event))
}

fn remote_ip<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    address(remote(event))
}

fn client_port<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    port(client(event))
}

fn server_port<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    port(server(event))
}

fn local_port<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    port(local(event))
}

fn remote_port<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    port(remote(event))
}

fn client_service<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    service(event, client(event))
}

fn server_service<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    service(event, server(event))
}

fn local_service<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    service(event, local(event))
}

fn remote_service<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    service(event, remote(event))
}

/// Falco tells the protocol only of a socket whose side it knows; of other descriptors it says `<NA>`.
fn layer4<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if file(event).is_none() {
        return Value::Absent;
    }
    let socket = socket(event).filter(|socket| socket.side != Side::Unknown);
    let protocol = socket.and_then(|socket| socket.protocol);
    let name = protocol.map_or(&NOT_KNOWN[..], |protocol| protocol.name().as_bytes());
    Value::Str(name)
}

fn family<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    match file(event).map(|file| file.kind) {
        Some(FdKind::Ipv4 | FdKind::Ipv6) => Value::Str(b"ip"),
        Some(FdKind::Unix) => Value::Str(b"unix"),
        _ => Value::Absent,
    }
}

/// Falco takes for the server's end what is bound, and else whoever has the server's address.
fn is_server_to_falco(event: &EventContext<'_>, file: &Fd) -> bool {
    let Some(socket) = file.ip else { return false };
    if socket.side == Side::Server && socket.remote.is_none() {
        return true;
    }
    let ends = socket.server().or(socket.remote);
    ends.is_some_and(|end| is_of_machine(event, end.address))
}

fn is_server<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.row.manner().tells_ends_by_addresses() {
        return boolean(file(event).map(|file| is_server_to_falco(event, file)));
    }
    holds(event, |file| {
        file.ip.is_some_and(|socket| socket.side == Side::Server)
    })
}

fn is_connected<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    holds(event, |file| {
        let connection = file.ip.map(|socket| socket.connection);
        // Falco does not wait for a connection that is under way.
        let connects = matches!(
            connection,
            Some(Connection::Connected | Connection::Pending)
        );
        file.is_connected_unix || connects
    })
}

/// Whether the event makes a descriptor that has a name: it had none before.
fn names_what_it_makes(event: &EventContext<'_>) -> bool {
    matches!(
        event.row.event(),
        events::open::EVENT
            | events::openat::EVENT
            | events::openat2::EVENT
            | events::creat::EVENT
            | events::open_by_handle_at::EVENT
            | events::accept::EVENT
            | events::accept4::EVENT
            | events::memfd_create::EVENT
            | events::pidfd_open::EVENT
    )
}

fn name_changed<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let changed = |file: &Fd| {
        let is_named = names_what_it_makes(event) && !file.name.is_empty();
        is_named || event.state.effect().fd_name_changed
    };
    boolean(file(event).map(changed))
}

fn no_domain<'e>(_: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Absent
}
