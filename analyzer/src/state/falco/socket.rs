//! Sockets in Falco's dialect: made, bound, connected, accepted.

use std::sync::Arc;

use falco_abi::{EventId, events};

use super::Apply;
use super::begin::entered;
use super::descriptor::closes_on_exec;
use crate::dialect::words::{SOCKET_FAMILIES, falco};
use crate::state::address::{self, Address, FalcoPair, unix_name};
use crate::state::fd::Fd;
use crate::state::fd_kind::FdKind;
use crate::state::fds::Slot;
use crate::state::ip_socket::{Connection, Side};
use crate::state::tables::falco::{FalcoSocket, Form, layer4};
use crate::state::tables::keep::{change, set};
use crate::state::{Row, State};

const RESULT: usize = 0;
const AF_UNIX: u64 = falco(SOCKET_FAMILIES, "AF_UNIX");
const AF_INET: u64 = falco(SOCKET_FAMILIES, "AF_INET");
const AF_INET6: u64 = falco(SOCKET_FAMILIES, "AF_INET6");
const AF_NETLINK: u64 = falco(SOCKET_FAMILIES, "AF_NETLINK");
const EINPROGRESS: i64 = -115;

/// What a call on sockets makes that transfers nothing.
pub(super) fn of(event: EventId) -> Option<Apply> {
    Some(match event {
        events::socket::EVENT => socket,
        events::socketpair::EVENT => socketpair,
        events::bind::EVENT => bind,
        events::connect::EVENT => connect,
        events::accept::EVENT => |state, row| accept(state, row, events::accept::tuple),
        events::accept4::EVENT => |state, row| accept(state, row, events::accept4::tuple),
        _ => return None,
    })
}

/// Gives a descriptor a socket, without a change of its name.
pub(super) fn put(file: &mut Fd, socket: Box<FalcoSocket>) {
    file.kind = socket.kind();
    file.ip = Some(socket.ip());
    file.falco = Some(socket);
}

/// Names a descriptor after the ends of its socket.
pub(super) fn name_by_ends(file: &mut Fd) {
    if let Some(ip) = file.falco.as_ref().map(|socket| socket.ip()) {
        file.name = ip.name().into();
    }
}

/// A socket as the call makes it.
pub(super) fn new_socket(domain: u64, kind: u32, protocol: u32) -> Fd {
    match domain {
        AF_UNIX => Fd::of(FdKind::Unix),
        AF_NETLINK => Fd::of(FdKind::Netlink),
        AF_INET | AF_INET6 => {
            let mut socket = FalcoSocket::of(form_of(domain == AF_INET));
            socket.set_protocol(protocol_of(kind, protocol));
            let mut file = Fd::default();
            put(&mut file, Box::new(socket));
            file
        }
        _ => Fd::default(),
    }
}

fn form_of(is_v4: bool) -> Form {
    if is_v4 { Form::V4 } else { Form::V6 }
}

/// Falco's number for the protocol of a socket of this type.
fn protocol_of(kind: u32, protocol: u32) -> u8 {
    const STREAM: u32 = 1;
    const DATAGRAM: u32 = 2;
    const RAW: u32 = 3;
    const TYPE_MASK: u32 = 0xff;
    let unless_raw = |other| if kind == RAW { layer4::RAW } else { other };
    match (protocol, kind & TYPE_MASK) {
        (6, _) => unless_raw(layer4::TCP),
        (17, _) => unless_raw(layer4::UDP),
        (1, _) => unless_raw(layer4::ICMP),
        (255, _) => layer4::RAW,
        (0, STREAM) => layer4::TCP,
        (0, DATAGRAM) => layer4::UDP,
        _ => layer4::UNKNOWN,
    }
}

fn socket(state: &mut State, row: Row<'_>) {
    use events::socket as p;
    let Some(number) = row.fd(p::fd).filter(|&number| number >= 0) else {
        return;
    };
    let file = new_socket(
        row.uint(p::domain).unwrap_or(0),
        row.u32(p::r#type).unwrap_or(0),
        row.u32(p::proto).unwrap_or(0),
    );
    add_socket(state, row, number, file);
}

/// A socket's flags say whether exec closes it.
fn add_socket(state: &mut State, row: Row<'_>, number: i32, file: Fd) {
    let flags = row
        .falco_param("flags")
        .and_then(|place| row.falco_uint(place));
    let slot = Slot::new(number, Arc::new(file), closes_on_exec(flags), row.time());
    set(state, row.tid(), slot);
}

fn socketpair(state: &mut State, row: Row<'_>) {
    use events::socketpair as p;
    if row.int(RESULT).is_none_or(|result| result < 0) {
        return;
    }
    let (Some(first), Some(second)) = (row.fd(p::fd1), row.fd(p::fd2)) else {
        return;
    };
    if first != second {
        let file = Arc::new(Fd::of(FdKind::Unix));
        for number in [first, second] {
            let slot = Slot::new(number, Arc::clone(&file), false, row.time());
            set(state, row.tid(), slot);
        }
    }
}

/// A port of zero is named, but serves nobody.
fn bind(state: &mut State, row: Row<'_>) {
    use events::bind as p;
    let Some(number) = row.fd(p::fd) else { return };
    if row.int(RESULT).is_none_or(|result| result < 0) {
        return;
    }
    let Some(address) = row.bytes(p::addr) else {
        return;
    };
    let name = address::falco_name(address);
    change(state, row, number, |file| {
        if let Some(end) = address::falco_end(address).filter(|end| end.port > 0) {
            let mut socket = file.falco.take().unwrap_or_default();
            let family = address.first().copied().map_or(0, u64::from);
            let form = if family == AF_INET {
                Form::V4
            } else {
                Form::V6
            };
            let protocol = socket.protocol_as(form);
            socket.bind(end, protocol);
            socket.side = Side::Server;
            put(file, socket);
        }
        file.name = name.into();
    });
}

fn connect(state: &mut State, row: Row<'_>) {
    use events::connect as p;
    let result = row.int(p::res).unwrap_or(0);
    if result < 0 && result != EINPROGRESS {
        return;
    }
    let entered = entered(state, row);
    let entered = entered.and_then(|entered| entered.address.clone());
    let Some(number) = row.fd(p::fd) else { return };
    let tuple = row.bytes(p::tuple);
    let given = row.bytes(p::addr);
    change(state, row, number, |file| {
        if let Some(socket) = &mut file.falco {
            socket.connection = Connection::Connected;
            file.ip = Some(socket.ip());
        }
        match (tuple, &entered) {
            (Some(tuple), entered) => connect_by_tuple(file, tuple, given, entered.as_deref()),
            (None, Some(entered)) => connect_by_address(file, entered),
            (None, None) => {}
        }
    });
}

/// Without a tuple only the other end is known. Falco gives it neither a name nor a side.
fn connect_by_address(file: &mut Fd, address: &[u8]) {
    let Some(end) = address::falco_end(address) else {
        file.name = address::falco_name(address).into();
        return;
    };
    let mut socket = file.falco.take().unwrap_or_default();
    socket.form = if end.address.is_ipv4() {
        Form::V4
    } else {
        Form::V6
    };
    let (source, _) = socket.pair();
    socket.set_pair((source, end));
    put(file, socket);
}

fn connect_by_tuple(file: &mut Fd, tuple: &[u8], given: Option<&[u8]>, entered: Option<&[u8]>) {
    match address::falco_pair(tuple) {
        Some(FalcoPair::Ip(pair)) => {
            let mut pair = pair;
            pair.1 = believed(pair.1, given, entered, address::falco_end);
            let mut socket = file.falco.take().unwrap_or_default();
            socket.form = if pair.0.address.is_ipv4() {
                Form::V4
            } else {
                Form::V6
            };
            let changed = socket.update(pair);
            if changed && socket.side == Side::Server && socket.is_udp() {
                socket.swap();
            }
            put(file, socket);
            name_by_ends(file);
            take_side(file, Side::Client);
        }
        Some(FalcoPair::Unix {
            source,
            destination,
            path,
        }) if file.kind == FdKind::Unix => {
            fn path_of(address: &[u8]) -> Option<&[u8]> {
                match address::falco_sockaddr(address)? {
                    Address::Unix(path) => Some(path),
                    _ => None,
                }
            }
            let path = believed(path, given, entered, path_of);
            file.name = unix_name(source, destination, path).into();
            file.is_connected_unix = true;
        }
        _ => {}
    }
}

/// The other end: the kernel's word, unless it merely repeats the argument, which the program may have changed since the begin.
fn believed<'a, T: PartialEq>(
    told: T,
    given: Option<&'a [u8]>,
    entered: Option<&'a [u8]>,
    read: impl Fn(&'a [u8]) -> Option<T>,
) -> T {
    match (given.and_then(&read), entered.and_then(&read)) {
        (Some(given), Some(entered)) if given == told => entered,
        _ => told,
    }
}

/// Takes a side where none is known.
pub(super) fn take_side(file: &mut Fd, side: Side) {
    if let Some(socket) = &mut file.falco
        && socket.side == Side::Unknown
    {
        socket.side = side;
        file.ip = Some(socket.ip());
    }
}

fn accept(state: &mut State, row: Row<'_>, tuple: usize) {
    let Some(number) = row.fd(RESULT).filter(|&number| number >= 0) else {
        return;
    };
    let Some(tuple) = row.bytes(tuple) else {
        return;
    };
    let mut file = Fd::default();
    match address::falco_pair(tuple) {
        Some(FalcoPair::Ip(pair)) => {
            let mut socket = FalcoSocket::of(form_of(pair.0.address.is_ipv4()));
            socket.side = Side::Server;
            socket.connection = Connection::Connected;
            socket.set_pair(pair);
            socket.set_protocol(layer4::TCP);
            put(&mut file, Box::new(socket));
        }
        Some(FalcoPair::Unix { .. }) => {
            file.kind = FdKind::Unix;
            file.is_connected_unix = true;
        }
        None => return,
    }
    file.name = address::falco_name_of_tuple(tuple).into();
    add_socket(state, row, number, file);
}
