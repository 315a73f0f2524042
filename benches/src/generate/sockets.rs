//! Calls on sockets: what they do to the process, and their rows.

use std::rc::Rc;

use anyhow::Result;
use falco_abi::events::{accept4, connect, recvfrom, sendto, shutdown, socket};

use super::node::{CLOEXEC, Fd};
use super::op::{Op, Peer};
use super::step::Step;

const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const TCP: u8 = 6;
const UDP: u8 = 17;
const STREAM: u8 = 1;
const DATAGRAM: u8 = 2;
/// `TCP_ESTABLISHED`, which a connected socket of any kind has, and `TCP_CLOSE`, which one has before.
const ESTABLISHED: u8 = 1;
const CLOSED: u8 = 7;
/// `TCP_LISTEN`.
const LISTENING: u8 = 10;
/// A call that goes on meanwhile, and one that found nobody.
const EINPROGRESS: i64 = -115;
const ENOENT: i64 = -2;

/// Both ends of a socket of IPv4, in the encoding of the event table.
fn tuple((protocol, state): (u8, u8), local: Peer, remote: Peer) -> Rc<[u8]> {
    let kind = if protocol == TCP { STREAM } else { DATAGRAM };
    let mut bytes = vec![AF_INET, protocol, state, kind];
    bytes.extend_from_slice(&local.port.to_le_bytes());
    bytes.extend_from_slice(&remote.port.to_le_bytes());
    bytes.extend_from_slice(&local.address);
    bytes.extend_from_slice(&remote.address);
    bytes.into()
}

/// A `struct sockaddr_in`.
fn sockaddr(peer: Peer) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[0] = AF_INET;
    bytes[2..4].copy_from_slice(&peer.port.to_be_bytes());
    bytes[4..8].copy_from_slice(&peer.address);
    bytes
}

fn descriptor(ino: u64, flags: u32, tuple: Rc<[u8]>) -> Fd {
    Fd {
        name: format!("socket:[{ino}]").into(),
        flags: flags | 2,
        mode: 0o140_777,
        ino,
        dev: 8,
        tuple,
    }
}

const NOWHERE: Peer = Peer {
    address: [0; 4],
    port: 0,
};

/// A socket that listens for connections.
pub(super) fn listening(ino: u64, local: Peer) -> Fd {
    descriptor(ino, CLOEXEC, tuple((TCP, LISTENING), local, NOWHERE))
}

/// A connection that is there.
pub(super) fn connected(ino: u64, local: Peer, remote: Peer) -> Fd {
    descriptor(ino, CLOEXEC, tuple((TCP, ESTABLISHED), local, remote))
}

/// The port that it listens on, if it does.
pub(super) fn listens_on(fd: &Fd) -> Option<u16> {
    let [AF_INET, TCP, LISTENING, _, low, high, ..] = *fd.tuple else {
        return None;
    };
    Some(u16::from_le_bytes([low, high]))
}

/// Performs the step if it is one of these; says whether it was.
pub(super) fn perform(step: &mut Step<'_>, op: &Op) -> Result<bool> {
    match op {
        Op::Socket { datagram, into } => make(step, *datagram, *into)?,
        Op::Connect { reg, peer } => to_peer(step, *reg, *peer)?,
        Op::ConnectUnix { path, into } => to_path(step, path, *into)?,
        Op::Accept {
            listener,
            peer,
            into,
        } => accept(step, *listener, *peer, *into)?,
        Op::Send { reg, size } => {
            let (fd, ends) = ends(step, *reg);
            let row = &mut step.recording.row;
            row.begin(sendto::EVENT)
                .int(sendto::res, *size)
                .int(sendto::fd, fd)
                .int(sendto::size, *size)
                .bytes(sendto::tuple, &ends);
            step.emit()?;
        }
        Op::Receive { reg, size } => {
            let (fd, ends) = ends(step, *reg);
            let got = step.random.below(u64::from(*size)) + 1;
            let row = &mut step.recording.row;
            row.begin(recvfrom::EVENT)
                .int(recvfrom::res, got)
                .int(recvfrom::fd, fd)
                .int(recvfrom::size, *size)
                .bytes(recvfrom::tuple, &ends);
            step.emit()?;
        }
        Op::Shutdown(reg) => {
            let fd = step.thread.registers[*reg];
            let row = &mut step.recording.row;
            row.begin(shutdown::EVENT)
                .int(shutdown::res, 0)
                .int(shutdown::fd, fd)
                .int(shutdown::how, 2);
            step.emit()?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn ends(step: &Step<'_>, reg: usize) -> (i32, Rc<[u8]>) {
    let fd = step.thread.registers[reg];
    let known = step.process.fd(fd).map(|fd| Rc::clone(&fd.tuple));
    (fd, known.unwrap_or_else(|| Rc::from([])))
}

fn make(step: &mut Step<'_>, datagram: bool, into: usize) -> Result<()> {
    let (protocol, kind) = if datagram {
        (UDP, DATAGRAM)
    } else {
        (TCP, STREAM)
    };
    let ino = step.numbers.inode();
    let unconnected = tuple((protocol, CLOSED), NOWHERE, NOWHERE);
    let fd = step.process.add(descriptor(ino, CLOEXEC, unconnected));
    step.thread.registers[into] = fd;
    let row = &mut step.recording.row;
    row.begin(socket::EVENT)
        .int(socket::fd, fd)
        .int(socket::domain, AF_INET)
        .int(socket::r#type, u32::from(kind) | CLOEXEC)
        .int(socket::proto, 0);
    step.emit()
}

fn to_peer(step: &mut Step<'_>, reg: usize, peer: Peer) -> Result<()> {
    let number = step.thread.registers[reg];
    let local = Peer {
        address: step.process.container.address,
        port: step.numbers.port(),
    };
    let known = step
        .process
        .fd(number)
        .map(|fd| (fd.ino, fd.tuple.get(1) == Some(&UDP)));
    let (ino, is_datagram) = known.unwrap_or_default();
    let protocol = if is_datagram { UDP } else { TCP };
    let ends = tuple((protocol, ESTABLISHED), local, peer);
    if ino != 0 {
        step.process
            .put(number, descriptor(ino, CLOEXEC, Rc::clone(&ends)));
    }
    let is_waiting = !is_datagram && step.random.once_in(3);
    let row = &mut step.recording.row;
    row.begin(connect::EVENT)
        .int(connect::res, if is_waiting { EINPROGRESS } else { 0 })
        .bytes(connect::tuple, &ends)
        .int(connect::fd, number)
        .bytes(connect::addr, &sockaddr(peer));
    step.emit()
}

/// A socket of the host's services is made and connected, or not found.
fn to_path(step: &mut Step<'_>, path: &Rc<str>, into: usize) -> Result<()> {
    let ino = step.numbers.inode();
    let fd = step.process.add(descriptor(ino, CLOEXEC, Rc::from([])));
    step.thread.registers[into] = fd;
    let row = &mut step.recording.row;
    row.begin(socket::EVENT)
        .int(socket::fd, fd)
        .int(socket::domain, AF_UNIX)
        .int(socket::r#type, u32::from(STREAM) | CLOEXEC)
        .int(socket::proto, 0);
    step.emit()?;
    let is_there = !path.contains("nscd");
    let mut address = vec![AF_UNIX, 0];
    address.extend_from_slice(path.as_bytes());
    address.push(0);
    let mut ends = vec![AF_UNIX, 0, ESTABLISHED, STREAM];
    ends.extend_from_slice(&ino.to_le_bytes());
    ends.extend_from_slice(&(ino + 1).to_le_bytes());
    ends.extend_from_slice(path.as_bytes());
    if is_there {
        let socket = descriptor(ino, CLOEXEC, ends.as_slice().into());
        step.process.put(fd, socket);
    }
    let row = &mut step.recording.row;
    row.begin(connect::EVENT)
        .int(connect::res, if is_there { 0 } else { ENOENT })
        .int(connect::fd, fd)
        .bytes(connect::addr, &address);
    if is_there {
        row.bytes(connect::tuple, &ends);
    }
    step.emit()
}

fn accept(step: &mut Step<'_>, listener: usize, peer: Peer, into: usize) -> Result<()> {
    let (listenfd, at) = ends(step, listener);
    let local = Peer {
        address: step.process.container.address,
        port: at
            .get(4..6)
            .map_or(0, |port| u16::from_le_bytes([port[0], port[1]])),
    };
    let ino = step.numbers.inode();
    let socket = connected(ino, local, peer);
    let tuple = Rc::clone(&socket.tuple);
    let fd = step.process.add(socket);
    step.thread.registers[into] = fd;
    let waiting = step.random.popular(4);
    let row = &mut step.recording.row;
    row.begin(accept4::EVENT)
        .int(accept4::fd, fd)
        .bytes(accept4::tuple, &tuple)
        .int(accept4::listenfd, listenfd)
        .bytes(accept4::addr, &sockaddr(peer))
        .int(accept4::flags, CLOEXEC)
        .int(accept4::queuelen, waiting)
        .int(accept4::queuemax, 511);
    step.emit()
}
