//! How an argument prints: its raw form, and the resolved form where it has one.

use std::io::Write as _;

use falco_abi::{EventId, Role, events};
use falco_rules::FieldType;

use crate::fields::flags;
use crate::state::address::{self, Address, Endpoint, Ends};
use crate::state::{Row, Side, connection_name, endpoint_name, unix_name};
use crate::time::iso;

use super::declare::{Argument, Base, Part};
use super::{Arguments, Raw};

const AT_FDCWD: i64 = -100;

impl Argument {
    /// Whether its values are strings or bytes.
    pub(super) fn is_text(&self) -> bool {
        matches!(
            self.ty,
            FieldType::Charbuf
                | FieldType::Fspath
                | FieldType::Fsrelpath
                | FieldType::Bytebuf
                | FieldType::Sockaddr
                | FieldType::Socktuple
        )
    }

    /// Whether its values may be negative.
    pub(super) fn is_signed(&self) -> bool {
        matches!(
            self.ty,
            FieldType::Errno | FieldType::Fd | FieldType::Pid | FieldType::Int32 | FieldType::Int64
        )
    }
}

/// Writes the raw form.
pub(super) fn raw(argument: &Argument, row: Row<'_>, raw: &Raw<'_>, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = match raw {
        Raw::Absent => out.write_all(absent(argument.ty)),
        Raw::Int(value) => write!(out, "{value}"),
        Raw::Uint(value) if argument.ty == FieldType::Abstime => {
            let text = iso(*value).replace('T', " ");
            write!(out, "{}", text.trim_end_matches('Z'))
        }
        Raw::Uint(value) => match (argument.ty, argument.base) {
            (FieldType::Uid | FieldType::Gid, _) if *value == u64::from(u32::MAX) => {
                write!(out, "-1")
            }
            (_, Base::Decimal) => write!(out, "{value}"),
            (_, Base::Hexadecimal) => write!(out, "{value:X}"),
            (_, Base::Octal) if *value == 0 => write!(out, "0"),
            (_, Base::Octal) => write!(out, "0{value:o}"),
        },
        Raw::Bytes(bytes) => {
            text(argument, row, bytes, out);
            Ok(())
        }
    };
}

/// What stands for a value that is not there.
fn absent(ty: FieldType) -> &'static [u8] {
    match ty {
        FieldType::Bytebuf | FieldType::Sockaddr | FieldType::Socktuple => b"NULL",
        _ => b"<NA>",
    }
}

fn text(argument: &Argument, row: Row<'_>, bytes: &[u8], out: &mut Vec<u8>) {
    match argument.ty {
        FieldType::Bytebuf if bytes.is_empty() => out.extend_from_slice(b"NULL"),
        FieldType::Bytebuf => out.extend(bytes.iter().map(|&byte| {
            if (0x20..0x7f).contains(&byte) {
                byte
            } else {
                b'.'
            }
        })),
        FieldType::Sockaddr => match address::sockaddr(bytes) {
            Some(Address::Ip(end)) => out.extend_from_slice(&endpoint_name(end)),
            Some(Address::Unix(path)) => out.extend_from_slice(path),
            Some(Address::Netlink) | None => out.extend_from_slice(b"<NA>"),
        },
        FieldType::Socktuple => tuple(row, bytes, out),
        _ => out.extend_from_slice(bytes),
    }
}

/// Both ends, in the direction in which the bytes went.
fn tuple(row: Row<'_>, bytes: &[u8], out: &mut Vec<u8>) {
    let incoming = is_incoming(row.event());
    match address::ends(bytes) {
        Some(Ends::Ip { local, remote, .. }) => {
            // A datagram socket that is not connected has its other end in the call.
            let remote = if remote.is_unset() {
                named_end(row)
            } else {
                Some(remote)
            };
            let name = match remote {
                None => endpoint_name(local),
                Some(remote) if incoming => connection_name(remote, local),
                Some(remote) => connection_name(local, remote),
            };
            out.extend_from_slice(&name);
        }
        Some(Ends::Unix { inode, peer, path }) => {
            let (from, to) = if incoming {
                (peer, inode)
            } else {
                (inode, peer)
            };
            out.extend_from_slice(&unix_name(from, to, path));
        }
        None => out.extend_from_slice(b"NULL"),
    }
}

/// The end that the program named.
fn named_end(row: Row<'_>) -> Option<Endpoint> {
    let param = falco_abi::event(row.event())?.param("addr")?;
    match address::sockaddr(row.bytes(param)?)? {
        Address::Ip(end) => Some(end),
        Address::Unix(_) | Address::Netlink => None,
    }
}

/// Whether the tuple is written from the other end to the own one, as the bytes went.
fn is_incoming(event: EventId) -> bool {
    matches!(
        event,
        events::accept::EVENT
            | events::accept4::EVENT
            | events::recvfrom::EVENT
            | events::recvmsg::EVENT
            | events::recvmmsg::EVENT
            | events::recv::EVENT
    )
}

/// Writes the resolved form. False, and nothing written, where there is none.
pub(super) fn resolved(
    arguments: &Arguments<'_>,
    argument: &Argument,
    raw: &Raw<'_>,
    out: &mut Vec<u8>,
) -> bool {
    match (raw, argument.ty) {
        (Raw::Int(value), FieldType::Errno) => errno(*value, out),
        (Raw::Int(value), _) if argument.part == Part::OptionValue => errno(*value, out),
        (Raw::Int(value), FieldType::Fd) => descriptor(arguments, *value, out),
        (Raw::Int(value), FieldType::Pid) => process(arguments, *value, out),
        (Raw::Uint(value), FieldType::Uid) => user(arguments, *value, out),
        (Raw::Uint(value), FieldType::Gid) => group(arguments, *value, out),
        (Raw::Uint(value), FieldType::Sigtype) => {
            let name = flags::signal_name(*value);
            name.inspect(|name| out.extend_from_slice(name.as_bytes()))
                .is_some()
        }
        (Raw::Uint(value), FieldType::Flags | FieldType::Enumflags | FieldType::Mode) => {
            names(arguments, argument, *value, out)
        }
        (Raw::Bytes(path), FieldType::Fspath | FieldType::Fsrelpath) => {
            self::path(arguments, argument, path, out)
        }
        _ => false,
    }
}

fn names(arguments: &Arguments<'_>, argument: &Argument, value: u64, out: &mut Vec<u8>) -> bool {
    let event = arguments.row.event();
    let table = match argument.part {
        Part::SocketFlags => Some(&flags::CREATION),
        Part::CreatFlags => Some(&flags::CREAT),
        Part::Fact(_) => flags::table(event, Role::ExeFlags),
        Part::Whole if argument.name == "features" => Some(&flags::URING_FEATURES),
        _ => flags::table(event, argument.role),
    };
    table.is_some_and(|table| table.names(value, out))
}

fn errno(value: i64, out: &mut Vec<u8>) -> bool {
    if value >= 0 {
        return false;
    }
    let name = flags::errno_name(value.unsigned_abs());
    name.inspect(|name| out.extend_from_slice(name.as_bytes()))
        .is_some()
}

/// `<f>/etc/passwd`: the type character, for IP sockets with the protocol's letter, and the name.
fn descriptor(arguments: &Arguments<'_>, value: i64, out: &mut Vec<u8>) -> bool {
    if value == AT_FDCWD {
        out.extend_from_slice(b"AT_FDCWD");
        return true;
    }
    if value < 0 {
        return errno(value, out);
    }
    let number = i32::try_from(value).ok();
    let slot = arguments
        .thread
        .zip(number)
        .and_then(|(thread, number)| arguments.state.fd(thread, number));
    let Some(slot) = slot else {
        return false;
    };
    out.push(b'<');
    out.extend_from_slice(slot.file.kind.type_char().as_bytes());
    // Falco knows the protocol of a socket whose side it knows.
    let socket = slot.file.ip.filter(|socket| socket.side != Side::Unknown);
    if let Some(protocol) = socket.and_then(|socket| socket.protocol) {
        out.extend_from_slice(protocol.letter().as_bytes());
    }
    out.push(b'>');
    out.extend_from_slice(&slot.file.name);
    true
}

fn process(arguments: &Arguments<'_>, value: i64, out: &mut Vec<u8>) -> bool {
    let thread = u32::try_from(value)
        .ok()
        .and_then(|tid| arguments.state.thread_of_tid(tid));
    let name = thread.and_then(|thread| thread.comm.as_deref());
    name.inspect(|name| out.extend_from_slice(name)).is_some()
}

fn user(arguments: &Arguments<'_>, value: u64, out: &mut Vec<u8>) -> bool {
    let Some(uid) = u32::try_from(value).ok().filter(|uid| *uid != u32::MAX) else {
        out.extend_from_slice(b"<NONE>");
        return true;
    };
    let name = arguments
        .state
        .user(container(arguments), uid)
        .map(|user| &user.name[..]);
    out.extend_from_slice(name.unwrap_or(if uid == 0 { b"root" } else { b"<NA>" }));
    true
}

fn group(arguments: &Arguments<'_>, value: u64, out: &mut Vec<u8>) -> bool {
    let Some(gid) = u32::try_from(value).ok().filter(|gid| *gid != u32::MAX) else {
        out.extend_from_slice(b"<NONE>");
        return true;
    };
    let name = arguments.state.group(container(arguments), gid);
    out.extend_from_slice(name.unwrap_or(if gid == 0 { b"root" } else { b"<NA>" }));
    true
}

fn container<'a>(arguments: &Arguments<'a>) -> Option<&'a [u8]> {
    let container = arguments.thread?.cgroups.container()?;
    Some(&container.id[..])
}

/// The absolute path of one that was given as relative.
fn path(arguments: &Arguments<'_>, argument: &Argument, given: &[u8], out: &mut Vec<u8>) -> bool {
    if given.is_empty() || given.starts_with(b"/") {
        return false;
    }
    let directory = argument.directory.and_then(|param| arguments.row.fd(param));
    let resolved = arguments.state.resolve(arguments.thread, directory, given);
    out.extend_from_slice(&resolved);
    true
}
