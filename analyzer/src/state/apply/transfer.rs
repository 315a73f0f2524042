//! Transfers that name an address: how a datagram socket gets its ends, and a guess at its side.

use falco_abi::events;

use super::socket::change;
use crate::state::address::{self, Address, Ends};
use crate::state::fd::{Fd, IpSocket, Layer4, Side};
use crate::state::{Row, State};

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

pub(super) fn before(state: &mut State, row: Row<'_>) {
    const RESULT: usize = 0;
    let Some(call) = transfer_of(row) else { return };
    if row.int(RESULT).is_none_or(|result| result < 0) {
        return;
    }
    let Some(number) = row.fd(call.fd) else {
        return;
    };
    let ends = row.bytes(call.tuple).and_then(address::ends);
    let given = call.address.and_then(|param| row.bytes(param));
    let given = given.and_then(address::sockaddr);
    let Some(Ends::Ip { .. }) = ends else { return };
    let wants = |file: &Fd| {
        let protocol = file.ip.and_then(|ip| ip.protocol);
        file.name.is_empty() || protocol != Some(Layer4::Tcp)
    };
    let thread = state.threads.get(row.tid());
    let slot = thread.and_then(|thread| state.fd(thread, number));
    if slot.is_some_and(|slot| wants(&slot.file)) {
        change(state, row, number, |file| {
            take_ends(file, ends, given, call.receives);
        });
    }
}

fn take_ends(file: &mut Fd, ends: Option<Ends<'_>>, given: Option<Address<'_>>, receives: bool) {
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
    let old = file.ip.unwrap_or_default();
    let protocol = old
        .protocol
        .or(Layer4::of(u32::from(kind), u32::from(protocol)));
    // A socket that was bound has its side. One that was not is a client's: Falco takes for a server only who is bound
    // to the port that the datagram goes to, and its wild guess (who receives first serves) only where ends are missing.
    let side = match old.side {
        Side::Unknown if receives && old.local.is_some_and(|end| end.port == local.port) => {
            Side::Server
        }
        Side::Unknown => Side::Client,
        known => known,
    };
    file.set_ip(IpSocket {
        protocol,
        local: Some(local),
        remote: Some(remote),
        side,
        connection: old.connection,
    });
}
