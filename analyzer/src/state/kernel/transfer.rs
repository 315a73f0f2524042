//! Transfers that name an address: how a datagram socket gets its ends, and a guess at its side.

use falco_abi::events;

use crate::state::address::{self, Address, Endpoint, Ends, unix_ends, unix_name};
use crate::state::fd::Fd;
use crate::state::fd_kind::FdKind;
use crate::state::ip_socket::{Connection, IpSocket, Layer4, Side};
use crate::state::tables::keep::change;
use crate::state::{Host, Row, State};

/// The places of the parameters of a transfer.
struct Transfer {
    fd: usize,
    tuple: usize,
    address: Option<usize>,
    receives: bool,
}

macro_rules! transfer {
    ($event:ident, $receives:literal) => {
        Transfer {
            fd: events::$event::fd,
            tuple: events::$event::tuple,
            address: Some(events::$event::addr),
            receives: $receives,
        }
    };
    ($event:ident, $receives:literal, no address) => {
        Transfer {
            fd: events::$event::fd,
            tuple: events::$event::tuple,
            address: None,
            receives: $receives,
        }
    };
}

fn transfer_of(row: Row<'_>) -> Option<Transfer> {
    Some(match row.event() {
        events::sendto::EVENT => transfer!(sendto, false),
        events::sendmsg::EVENT => transfer!(sendmsg, false),
        events::sendmmsg::EVENT => transfer!(sendmmsg, false),
        events::send::EVENT => transfer!(send, false, no address),
        events::recvfrom::EVENT => transfer!(recvfrom, true),
        events::recvmsg::EVENT => transfer!(recvmsg, true),
        events::recvmmsg::EVENT => transfer!(recvmmsg, true),
        events::recv::EVENT => transfer!(recv, true, no address),
        _ => return None,
    })
}

pub(super) fn before(state: &mut State, row: Row<'_>) -> bool {
    let Some(call) = transfer_of(row) else {
        return false;
    };
    transfer(state, row, &call);
    true
}

fn transfer(state: &mut State, row: Row<'_>, call: &Transfer) {
    const RESULT: usize = 0;
    if row.int(RESULT).is_none_or(|result| result < 0) {
        return;
    }
    let Some(number) = row.fd(call.fd) else {
        return;
    };
    let tuple = row.bytes(call.tuple).unwrap_or_default();
    let thread = state.threads.get(row.tid());
    let slot = thread.and_then(|thread| state.fd(thread, number));
    // Nearly all bytes pass through connections of which everything is known.
    if slot.is_none_or(|slot| is_settled(&slot.file)) && !address::is_of_unix(tuple) {
        return;
    }
    let ends = address::ends(tuple);
    let given = call.address.and_then(|param| row.bytes(param));
    let given = given.and_then(address::sockaddr);
    if let Some(Ends::Unix { inode, peer, path }) = ends {
        let (from, to) = if call.receives {
            (peer, inode)
        } else {
            (inode, peer)
        };
        let path = match given {
            Some(Address::Unix(given)) if path.is_empty() && !call.receives => given,
            _ => path,
        };
        change(state, row, number, |file| {
            // While a connection waits to be accepted the other end has no socket yet, and once that is closed it has none any more: what is known stays.
            if peer == 0 && unix_ends(&file.name).is_some() {
                return;
            }
            file.kind = FdKind::Unix;
            file.name = unix_name(from, to, path).into();
        });
        return;
    }
    if ends.is_none() {
        return;
    }
    let Some(slot) = slot else { return };
    if !wants_ends(&slot.file) {
        change(state, row, number, |file| {
            if let Some(ip) = &mut file.ip {
                ip.connection = Connection::Connected;
            }
        });
    } else {
        let host = std::mem::take(&mut state.host);
        change(state, row, number, |file| {
            take_ends(file, ends, given, (call.receives, &host));
        });
        state.host = host;
    }
}

/// Whether a transfer tells the ends of such a socket: those of a stream are told by its connection.
fn wants_ends(file: &Fd) -> bool {
    let protocol = file.ip.and_then(|ip| ip.protocol);
    file.name.is_empty() || protocol != Some(Layer4::Tcp)
}

/// Whether nothing is to be learned of an IP socket by a transfer: Falco takes for connected what bytes have passed through.
fn is_settled(file: &Fd) -> bool {
    let socket = file.ip.filter(|ip| ip.remote.is_some());
    !wants_ends(file) && socket.is_none_or(|ip| ip.connection == Connection::Connected)
}

/// A datagram socket that is not connected has no address of its own: Falco takes the interface's that goes with the other end.
fn complete(local: Endpoint, remote: Endpoint, host: &Host) -> Endpoint {
    if !local.address.is_unspecified() {
        return local;
    }
    let address = host.address_beside(remote.address);
    if address == remote.address && local.port == remote.port {
        return local;
    }
    Endpoint { address, ..local }
}

fn take_ends(
    file: &mut Fd,
    ends: Option<Ends<'_>>,
    given: Option<Address<'_>>,
    (receives, host): (bool, &Host),
) {
    let Some(Ends::Ip {
        protocol,
        kind,
        local,
        remote,
    }) = ends
    else {
        return;
    };
    let remote = match given {
        Some(Address::Ip(end)) if !end.is_unset() => end,
        _ if remote.is_unset() => return,
        _ => remote,
    };
    let local = complete(local, remote, host);
    let old = file.ip.unwrap_or_default();
    let is_bound = old.side == Side::Server && old.remote.is_none();
    let protocol = old
        .protocol
        .or(Layer4::of(u32::from(kind), u32::from(protocol)));
    // A socket that was bound has its side. One that was not is a client's: Falco takes for a server only who is bound
    // to the port that the datagram goes to, and its wild guess (who receives first serves) only where ends are missing.
    let side = match old.side {
        Side::Unknown if receives && old.remote.is_none() => Side::Server,
        Side::Unknown => Side::Client,
        known => known,
    };
    file.set_ip(IpSocket {
        protocol,
        local: Some(local),
        remote: Some(remote),
        side,
        connection: if is_bound {
            old.connection
        } else {
            Connection::Connected
        },
    });
}
