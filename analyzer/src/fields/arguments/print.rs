//! The raw form of an argument: numbers in the base of their parameter, bytes, addresses, lists.

use std::io::Write as _;

use falco_abi::{EventId, events};
use falco_format::UnixNanos;
use falco_rules::FieldType;

use crate::fields::flags;
use crate::state::address::{self, Address, Ends};
use crate::state::{Row, connection_name, endpoint_name, unix_name};
use crate::time::iso;

use super::argument::{Argument, Base, Part};
use super::{Arguments, Raw};

/// The descriptors of a wait in Falco's encoding, with the events that are waited for or came.
pub(in crate::fields) fn fd_list(bytes: &[u8]) -> impl Iterator<Item = (i64, i32)> {
    const COUNT: usize = 2;
    const ENTRY: usize = 10;
    const NUMBER: usize = 8;
    let (count, entries) = bytes.split_at_checked(COUNT).unwrap_or_default();
    let count = <[u8; COUNT]>::try_from(count).map_or(0, u16::from_le_bytes);
    let entries = entries.chunks_exact(ENTRY).take(usize::from(count));
    entries.filter_map(|entry| {
        let (number, events) = entry.split_at_checked(NUMBER)?;
        let number = i64::from_le_bytes(number.try_into().ok()?);
        let events = i16::from_le_bytes(events.try_into().ok()?);
        Some((number, i32::from(events)))
    })
}

/// Writes the raw form.
pub(super) fn raw(
    arguments: &Arguments<'_>,
    argument: &Argument,
    raw: &Raw<'_>,
    out: &mut Vec<u8>,
) {
    match raw {
        Raw::Absent => out.extend_from_slice(absent(argument.ty)),
        Raw::Int(value) => int(argument, *value, out),
        Raw::Uint(value) => uint(argument, *value, out),
        Raw::Bytes(bytes) if argument.part == Part::Descriptors => {
            descriptors(arguments, bytes, out);
        }
        Raw::Bytes(bytes) => text(argument, arguments.row, bytes, out),
    }
}

/// Writes a number that stands alone, in the base of its parameter.
pub(super) fn number(argument: &Argument, raw: &Raw<'_>, out: &mut Vec<u8>) {
    let plain = match argument.ty {
        FieldType::Flags | FieldType::Enumflags => FieldType::Uint64,
        FieldType::Abstime | FieldType::Reltime | FieldType::Uid | FieldType::Gid => {
            FieldType::Uint64
        }
        other => other,
    };
    let argument = &Argument {
        ty: plain,
        part: Part::AsWritten,
        ..*argument
    };
    match raw {
        Raw::Int(value) => int(argument, *value, out),
        Raw::Uint(value) => uint(argument, *value, out),
        Raw::Absent | Raw::Bytes(_) => {}
    }
}

fn int(argument: &Argument, value: i64, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = match (argument.ty, argument.base) {
        (FieldType::Int8, Base::Hexadecimal) => write!(out, "{:X}", value as i8),
        (FieldType::Int16, Base::Hexadecimal) => write!(out, "{:X}", value as i16),
        (FieldType::Int32, Base::Hexadecimal) => write!(out, "{:X}", value as i32),
        (FieldType::Int64, Base::Hexadecimal) => write!(out, "{value:X}"),
        _ => {
            if value < 0 {
                out.push(b'-');
            }
            decimal(value.unsigned_abs(), out);
            Ok(())
        }
    };
}

fn uint(argument: &Argument, value: u64, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = match (argument.ty, argument.base) {
        _ if argument.part == Part::Signals => {
            signals(value, out);
            Ok(())
        }
        (FieldType::Abstime, _) => {
            let text = iso(UnixNanos(value)).replace('T', " ");
            write!(out, "{}", text.trim_end_matches('Z'))
        }
        (FieldType::Bool, _) => write!(out, "{}", value != 0),
        (FieldType::Uid | FieldType::Gid, _) if value == u64::from(u32::MAX) => write!(out, "-1"),
        (FieldType::Flags | FieldType::Enumflags | FieldType::Reltime, _) | (_, Base::Decimal) => {
            decimal(value, out);
            Ok(())
        }
        (_, Base::Hexadecimal) => write!(out, "{value:X}"),
        (_, Base::Octal) if value == 0 => write!(out, "0"),
        (_, Base::Octal) => write!(out, "0{value:o}"),
    };
}

/// Decimal digits, which most arguments are: without a formatter they take a third of the time.
fn decimal(mut value: u64, out: &mut Vec<u8>) {
    const TEN: u64 = 10;
    /// Digits of the largest number.
    const DIGITS: usize = 20;
    let mut digits = [b'0'; DIGITS];
    let mut first = DIGITS;
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        *digit += (value % TEN) as u8;
        first = place;
        value /= TEN;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

/// The names of a set's signals.
fn signals(set: u64, out: &mut Vec<u8>) {
    let start = out.len();
    for signal in 1..=32_u64 {
        if set >> (signal - 1) & 1 == 0 {
            continue;
        }
        if let Some(name) = flags::signal_name(signal) {
            if out.len() > start {
                out.push(b' ');
            }
            out.extend_from_slice(name.as_bytes());
        }
    }
}

/// `4:f1 5:p4`: number, type character, and what is waited for, of each descriptor.
fn descriptors(arguments: &Arguments<'_>, bytes: &[u8], out: &mut Vec<u8>) {
    for (index, (number, events)) in fd_list(bytes).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        let file = arguments.file(number);
        let kind = file.map_or("?", |file| file.kind.type_char());
        // Writing to a vector cannot fail.
        let _ = write!(out, "{}:{kind}{events:x}", number.cast_unsigned());
    }
}

/// What stands for a value that is not there.
fn absent(ty: FieldType) -> &'static [u8] {
    match ty {
        FieldType::Bytebuf | FieldType::Socktuple => b"NULL",
        _ => b"<NA>",
    }
}

fn text(argument: &Argument, row: Row<'_>, bytes: &[u8], out: &mut Vec<u8>) {
    let has_falcos_addresses = row.manner().has_falcos_addresses();
    match argument.ty {
        FieldType::Bytebuf if bytes.is_empty() => out.extend_from_slice(b"NULL"),
        FieldType::Bytebuf => out.extend(bytes.iter().map(|&byte| {
            if (0x20..0x7f).contains(&byte) {
                byte
            } else {
                b'.'
            }
        })),
        FieldType::Sockaddr if has_falcos_addresses => match address::falco_sockaddr(bytes) {
            Some(Address::Ip(_) | Address::Unix(_)) => {
                out.extend_from_slice(&address::falco_name(bytes));
            }
            Some(Address::Netlink) | None => out.extend_from_slice(b"<NA>"),
        },
        FieldType::Sockaddr => match address::sockaddr(bytes) {
            Some(Address::Ip(end)) => out.extend_from_slice(&endpoint_name(end)),
            Some(Address::Unix(path)) => out.extend_from_slice(path),
            Some(Address::Netlink) | None => out.extend_from_slice(b"<NA>"),
        },
        FieldType::Socktuple if has_falcos_addresses => {
            let name = address::falco_name_of_tuple(bytes);
            out.extend_from_slice(if name.is_empty() { b"NULL" } else { &name });
        }
        FieldType::Socktuple => tuple(row, bytes, out),
        _ => out.extend_from_slice(bytes),
    }
}

/// Both ends, in the direction in which the bytes went.
fn tuple(row: Row<'_>, bytes: &[u8], out: &mut Vec<u8>) {
    let incoming = is_incoming(row.event());
    match address::ends(bytes) {
        Some(Ends::Ip { local, remote, .. }) => {
            // A datagram socket that is not connected has its other end in the call; where nobody names one, Falco writes zeros.
            let remote = match named(row) {
                Some(Address::Ip(named)) if remote.is_unset() => named,
                _ => remote,
            };
            let name = if incoming {
                connection_name(remote, local)
            } else {
                connection_name(local, remote)
            };
            out.extend_from_slice(&name);
        }
        Some(Ends::Unix { inode, peer, path }) => {
            let (from, to) = if incoming {
                (peer, inode)
            } else {
                (inode, peer)
            };
            let path = match named(row) {
                Some(Address::Unix(named)) if path.is_empty() && !incoming => named,
                _ => path,
            };
            out.extend_from_slice(&unix_name(from, to, path));
        }
        None => out.extend_from_slice(b"NULL"),
    }
}

/// The end that the program named.
fn named(row: Row<'_>) -> Option<Address<'_>> {
    let param = falco_abi::event(row.event())?.param("addr")?;
    address::sockaddr(row.bytes(param)?)
}

/// Whether the tuple is written from the other end to the own one, as the bytes went.
pub(crate) fn is_incoming(event: EventId) -> bool {
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
