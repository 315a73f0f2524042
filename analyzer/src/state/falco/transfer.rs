//! Transfers in Falco's dialect: they give a socket that has no name its ends, and guess its side.

use falco_abi::{EventId, events};

use super::Apply;
use super::descriptor::add;
use super::socket::{new_socket, put};
use crate::state::address::{self, FalcoPair};
use crate::state::fd::Fd;
use crate::state::fd_kind::FdKind;
use crate::state::ip_socket::{Connection, Side};
use crate::state::tables::falco::{FalcoSocket, Form, layer4};
use crate::state::tables::keep::change;
use crate::state::{Host, Row, State};

const RESULT: usize = 0;

/// A transfer that may tell both ends.
struct Transfer {
    fd: usize,
    tuple: Option<usize>,
    receives: bool,
}

macro_rules! transfers {
    ($of:expr; $($event:ident $receives:literal $(, $tuple:ident)?;)*) => {
        match $of {
            $(events::$event::EVENT => |state, row| transfer(state, row, Transfer {
                fd: events::$event::fd,
                tuple: transfers!(@ $event $($tuple)?),
                receives: $receives,
            }),)*
            _ => return None,
        }
    };
    (@ $event:ident tuple) => { Some(events::$event::tuple) };
    (@ $event:ident) => { None };
}

/// What a transfer makes.
pub(super) fn of(event: EventId) -> Option<Apply> {
    Some(transfers! { event;
        read true;
        readv true;
        pread true;
        preadv true;
        recv true, tuple;
        recvfrom true, tuple;
        recvmsg true, tuple;
        recvmmsg true, tuple;
        write false;
        writev false;
        pwrite false;
        pwritev false;
        send false, tuple;
        sendto false, tuple;
        sendmsg false, tuple;
        sendmmsg false, tuple;
    })
}

fn transfer(state: &mut State, row: Row<'_>, call: Transfer) {
    if row.int(RESULT).is_none_or(|result| result < 0) {
        return;
    }
    let Some(number) = row.fd(call.fd).filter(|&number| number >= 0) else {
        return;
    };
    let tuple = call.tuple.and_then(|tuple| row.bytes(tuple));
    if let Some(tuple) = tuple
        && !call.receives
        && row.event() != events::sendmmsg::EVENT
    {
        infer(state, row, number, tuple);
    }
    let thread = state.threads.get(row.tid());
    let Some(file) = thread.and_then(|thread| state.fd(thread, number)) else {
        return;
    };
    let socket = file.file.falco.as_deref();
    if tuple.is_none() && socket.is_none() {
        // Most are of files.
        return;
    }
    let is_stream = socket.is_some_and(FalcoSocket::is_tcp);
    let is_wanted = file.file.name.is_empty() || !is_stream;
    let is_unconnected = socket
        .is_some_and(|socket| !socket.is_bound() && socket.connection != Connection::Connected);
    let tuple = tuple.filter(|_| is_wanted);
    if tuple.is_none() && !is_unconnected {
        return;
    }
    let others = guessed(state, row, number, tuple);
    let host = std::mem::take(&mut state.host);
    change(state, row, number, |file| {
        connected(file);
        if let Some(tuple) = tuple {
            take_tuple(file, tuple, call.receives, (others, &host));
        }
    });
    state.host = host;
}

/// Whoever sends through a descriptor that is not known has a datagram socket, as far as Falco can tell.
fn infer(state: &mut State, row: Row<'_>, number: i32, tuple: &[u8]) {
    const DATAGRAM: u32 = 2;
    const UDP: u32 = 17;
    let thread = state.threads.get(row.tid());
    let is_known = thread.is_some_and(|thread| state.fd(thread, number).is_some());
    let family = tuple.first().copied().map_or(0, u64::from);
    if !is_known && matches!(family, 2 | 10) {
        add(state, row, number, new_socket(family, DATAGRAM, UDP));
    }
}

fn connected(file: &mut Fd) {
    if let Some(socket) = &mut file.falco
        && !socket.is_bound()
    {
        socket.connection = Connection::Connected;
        file.ip = Some(socket.ip());
    }
}

/// What the rest of the table says of ports: whether one serves the other end's port, and whether one uses the own port.
#[derive(Clone, Copy, Default)]
struct Others {
    served: bool,
    used: bool,
}

/// Looks for the ports of a socket in the table of its thread, as it will be with this tuple.
fn guessed(state: &State, row: Row<'_>, number: i32, tuple: Option<&[u8]>) -> Others {
    let look = || {
        let thread = state.threads.get(row.tid())?;
        let file = &state.fd(thread, number)?.file;
        let mut socket = file.falco.clone().unwrap_or_default();
        let pair = match address::falco_pair(tuple?)? {
            FalcoPair::Ip(pair) => pair,
            FalcoPair::Unix { .. } => return None,
        };
        // A side that is known is not guessed.
        if !update(&mut socket, pair, &state.host) || socket.side != Side::Unknown {
            return None;
        }
        let (source, destination) = socket.guessed_ports();
        let mut others = Others::default();
        let table = state.fds(thread)?;
        for slot in table.iter().filter(|slot| slot.number != number) {
            let Some(other) = &slot.file.falco else {
                continue;
            };
            see(&mut others, other, source, destination);
        }
        see(&mut others, &socket, source, destination);
        Some(others)
    };
    look().unwrap_or_default()
}

fn see(others: &mut Others, socket: &FalcoSocket, source: u16, destination: u16) {
    let (own, other) = socket.pair();
    match socket.form {
        Form::V4 => {
            others.served |= other.port == destination;
            others.used |= own.port == source;
        }
        Form::V4Bound => others.served |= own.port == destination,
        Form::V6 | Form::V6Bound => {}
    }
}

/// Takes the ends of a tuple. True if they were other ones.
fn update(
    socket: &mut FalcoSocket,
    pair: (address::Endpoint, address::Endpoint),
    host: &Host,
) -> bool {
    let is_v4 = pair.0.address.is_ipv4();
    if socket.form == Form::V4Bound && is_v4 {
        let protocol = socket.protocol();
        socket.form = Form::V4;
        socket.set_protocol(protocol);
    }
    socket.form = if is_v4 { Form::V4 } else { Form::V6 };
    if !socket.update(pair) {
        return false;
    }
    if socket.protocol() == layer4::UNKNOWN {
        socket.set_protocol(layer4::UDP);
    }
    socket.complete(host);
    true
}

fn take_tuple(file: &mut Fd, tuple: &[u8], receives: bool, known: (Others, &Host)) {
    match address::falco_pair(tuple) {
        Some(FalcoPair::Ip(pair)) => take_ends(file, pair, receives, known),
        Some(FalcoPair::Unix { .. }) => {
            file.kind = FdKind::Unix;
            file.name = address::falco_name_of_tuple(tuple).into();
        }
        None => {}
    }
}

fn take_ends(
    file: &mut Fd,
    pair: (address::Endpoint, address::Endpoint),
    receives: bool,
    (others, host): (Others, &Host),
) {
    let mut socket = file.falco.take().unwrap_or_default();
    let changed = update(&mut socket, pair, host);
    if changed {
        if socket.side == Side::Unknown {
            socket.side = match others {
                Others { served: false, .. } => Side::Client,
                Others { used: false, .. } => Side::Server,
                _ if receives => Side::Server,
                _ => Side::Client,
            };
        }
        let turns = if receives { Side::Client } else { Side::Server };
        if socket.side == turns {
            socket.swap();
        }
    }
    put(file, socket);
    if changed {
        super::socket::name_by_ends(file);
    }
}
