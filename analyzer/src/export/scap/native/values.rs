//! One value in Falco's encoding.
//!
//! Numbers and flags come in Falco's numbers already; here they get their width. Addresses come as the kernel has them.

use std::net::{IpAddr, Ipv4Addr};

use falco_abi::Wire;
use falco_format::EventView;

use crate::dialect::catalog::ParamType;
use crate::dialect::wire_of;
use crate::dialect::words::{SOCKET_FAMILIES, SOCKOPT_NAMES, falco};
use crate::fields::{Arguments, Raw, is_incoming};
use crate::state::Endpoint;
use crate::state::address::{self, Address};

const AF_UNIX: u8 = falco(SOCKET_FAMILIES, "AF_UNIX") as u8;
const AF_INET: u8 = falco(SOCKET_FAMILIES, "AF_INET") as u8;
const AF_INET6: u8 = falco(SOCKET_FAMILIES, "AF_INET6") as u8;

/// A value of a plain type.
pub(super) fn plain(ty: ParamType, raw: &Raw<'_>) -> Vec<u8> {
    let wire = wire_of(ty);
    let Some(width) = wire.width() else {
        return bytes(ty, wire, raw);
    };
    let number = match raw {
        Raw::Int(value) => *value,
        Raw::Uint(value) => value.cast_signed(),
        Raw::Absent | Raw::Bytes(_) => match ty {
            ParamType::Fd | ParamType::Fd32 | ParamType::Pid | ParamType::Pid32 => -1,
            ParamType::Uid | ParamType::Gid => -1,
            _ => 0,
        },
    };
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.truncate(width);
    bytes
}

fn bytes(ty: ParamType, wire: Wire, raw: &Raw<'_>) -> Vec<u8> {
    let Raw::Bytes(bytes) = raw else {
        return Vec::new();
    };
    match ty {
        ParamType::SockAddr => sockaddr(bytes),
        _ if wire == Wire::Str => {
            // A string of Falco's ends at its first NUL.
            let end = bytes.iter().position(|byte| *byte == 0);
            let mut text = bytes
                .get(..end.unwrap_or(bytes.len()))
                .unwrap_or_default()
                .to_vec();
            text.push(0);
            text
        }
        _ => bytes.to_vec(),
    }
}

/// A value whose type is said by its first byte: options of sockets, arguments of `ptrace`.
pub(super) fn dynamic(event: &str, arguments: &Arguments<'_>, raw: &Raw<'_>) -> Vec<u8> {
    const OPTION_BYTES: u8 = 0;
    const OPTION_ERROR: u8 = 1;
    const OPTION_NUMBER: u8 = 2;
    const PTRACE_NUMBER: u8 = 0;
    const SO_ERROR: u64 = falco(SOCKOPT_NAMES, "SO_ERROR");
    let is_option = matches!(event, "getsockopt" | "setsockopt");
    let is_error = || {
        let option = arguments
            .position("optname")
            .map(|place| arguments.raw(place));
        option == Some(Raw::Uint(SO_ERROR))
    };
    let (kind, value) = match raw {
        Raw::Absent => return Vec::new(),
        Raw::Bytes(bytes) => (OPTION_BYTES, bytes.to_vec()),
        Raw::Int(value) if is_option && is_error() => (OPTION_ERROR, value.to_le_bytes().to_vec()),
        Raw::Int(value) if is_option => (OPTION_NUMBER, (*value as u32).to_le_bytes().to_vec()),
        Raw::Int(value) => (PTRACE_NUMBER, value.to_le_bytes().to_vec()),
        Raw::Uint(value) => (PTRACE_NUMBER, value.to_le_bytes().to_vec()),
    };
    let mut bytes = vec![kind];
    bytes.extend(value);
    bytes
}

/// A `struct sockaddr` as Falco writes it: family, address, port in the order of the machine.
fn sockaddr(bytes: &[u8]) -> Vec<u8> {
    match address::sockaddr(bytes) {
        Some(Address::Ip(end)) => {
            let mut out = vec![family(end.address)];
            put_end(end, end.address.is_ipv6(), &mut out);
            out
        }
        Some(Address::Unix(path)) => {
            let mut out = vec![AF_UNIX];
            put_path(path, &mut out);
            out
        }
        Some(Address::Netlink) | None => {
            bytes.first().map_or_else(Vec::new, |family| vec![*family])
        }
    }
}

/// Both ends of a socket in the direction in which the bytes went.
pub(super) enum Ends<'a> {
    /// There are none.
    None,
    /// IP: from, to.
    Ip(Endpoint, Endpoint),
    /// Unix: from, to, path.
    Unix(u64, u64, &'a [u8]),
}

impl<'a> Ends<'a> {
    /// The ends that an event's tuple has. The other end of a datagram that is not connected stands in the call.
    pub(super) fn of(view: &EventView<'a>, raw: &Raw<'a>) -> Ends<'a> {
        let Raw::Bytes(std::borrow::Cow::Borrowed(bytes)) = raw else {
            return Ends::None;
        };
        let is_inbound = is_incoming(view.event());
        match address::ends(bytes) {
            Some(address::Ends::Ip { local, remote, .. }) => {
                let remote = match named(view) {
                    Some(Address::Ip(named)) if remote.is_unset() => named,
                    _ => remote,
                };
                if is_inbound {
                    Ends::Ip(remote, local)
                } else {
                    Ends::Ip(local, remote)
                }
            }
            Some(address::Ends::Unix { inode, peer, path }) if is_inbound => {
                Ends::Unix(peer, inode, path)
            }
            Some(address::Ends::Unix { inode, peer, path }) => {
                let path = match named(view) {
                    Some(Address::Unix(named)) if path.is_empty() => named,
                    _ => path,
                };
                Ends::Unix(inode, peer, path)
            }
            None => Ends::None,
        }
    }
}

/// The end that the program named.
fn named<'a>(view: &EventView<'a>) -> Option<Address<'a>> {
    let param = falco_abi::event(view.event())?.param("addr")?;
    address::sockaddr(view.bytes(param)?)
}

/// A tuple as Falco writes it: the source's end, then the destination's.
pub(super) fn tuple(ends: &Ends<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    match ends {
        Ends::None => {}
        Ends::Ip(from, to) => {
            let is_v6 = from.address.is_ipv6() || to.address.is_ipv6();
            // An end that is not known has no family: the other one's counts.
            let is_v6 = is_v6 && !(is_lone_v4(*from, *to) || is_lone_v4(*to, *from));
            out.push(if is_v6 { AF_INET6 } else { AF_INET });
            put_end(*from, is_v6, &mut out);
            put_end(*to, is_v6, &mut out);
        }
        Ends::Unix(from, to, path) => {
            out.push(AF_UNIX);
            out.extend_from_slice(&from.to_le_bytes());
            out.extend_from_slice(&to.to_le_bytes());
            put_path(path, &mut out);
        }
    }
    out
}

fn is_lone_v4(known: Endpoint, other: Endpoint) -> bool {
    known.address.is_ipv4() && other.address.is_unspecified()
}

fn family(address: IpAddr) -> u8 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

fn put_end(end: Endpoint, is_v6: bool, out: &mut Vec<u8>) {
    match (end.address, is_v6) {
        (IpAddr::V4(address), false) => out.extend_from_slice(&address.octets()),
        (IpAddr::V4(address), true) => out.extend_from_slice(&address.to_ipv6_mapped().octets()),
        (IpAddr::V6(_), false) => out.extend_from_slice(&Ipv4Addr::UNSPECIFIED.octets()),
        (IpAddr::V6(address), true) => out.extend_from_slice(&address.octets()),
    }
    out.extend_from_slice(&end.port.to_le_bytes());
}

/// A path; an abstract name loses the NUL that it begins with, as it does in Falco's captures.
fn put_path(path: &[u8], out: &mut Vec<u8>) {
    let path = path.strip_prefix(b"\0").unwrap_or(path);
    let end = path
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(path.len());
    out.extend_from_slice(path.get(..end).unwrap_or(path));
    out.push(0);
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::net::Ipv6Addr;

    use super::*;

    fn end(address: impl Into<IpAddr>, port: u16) -> Endpoint {
        Endpoint {
            address: address.into(),
            port,
        }
    }

    #[test]
    fn numbers_get_their_width() {
        let check = |ty, raw, expected: &[u8]| assert_eq!(plain(ty, &raw), expected);
        check(ParamType::Errno, Raw::Int(-2), &(-2i64).to_le_bytes());
        check(ParamType::UInt32, Raw::Uint(7), &7u32.to_le_bytes());
        check(ParamType::UInt8, Raw::Absent, &[0]);
        check(ParamType::Fd, Raw::Absent, &[0xff; 8]);
        check(ParamType::CharBuf, Raw::Absent, &[]);
        check(ParamType::CharBuf, Raw::Bytes(Cow::Borrowed(b"")), b"\0");
        check(
            ParamType::FsPath,
            Raw::Bytes(Cow::Borrowed(b"/x\0y")),
            b"/x\0",
        );
        check(
            ParamType::ByteBuf,
            Raw::Bytes(Cow::Borrowed(b"a\0b")),
            b"a\0b",
        );
    }

    #[test]
    fn both_ends_are_of_one_family() {
        let local = end([127, 0, 0, 1], 22);
        let remote = end(Ipv6Addr::LOCALHOST, 80);
        let unset = end(Ipv6Addr::UNSPECIFIED, 0);
        let check = |from, to, expected: &[&[u8]]| {
            assert_eq!(tuple(&Ends::Ip(from, to)), expected.concat());
        };
        let v6 = |address: Ipv6Addr| address.octets();
        let mapped = v6(Ipv4Addr::LOCALHOST.to_ipv6_mapped());
        check(
            local,
            local,
            &[&[2], &[127, 0, 0, 1, 22, 0], &[127, 0, 0, 1, 22, 0]],
        );
        check(
            local,
            remote,
            &[&[10], &mapped, &[22, 0], &v6(Ipv6Addr::LOCALHOST), &[80, 0]],
        );
        check(local, unset, &[&[2], &[127, 0, 0, 1, 22, 0], &[0; 6]]);
        let path = tuple(&Ends::Unix(1, 2, b"\0name"));
        let expected = [
            &[1][..],
            &1u64.to_le_bytes(),
            &2u64.to_le_bytes(),
            b"name\0",
        ];
        assert_eq!(path, expected.concat());
    }

    #[test]
    fn addresses_are_family_address_port() {
        let check = |linux: &[u8], falco: &[u8]| assert_eq!(sockaddr(linux), falco);
        check(&[2, 0, 0, 22, 127, 0, 0, 1], &[2, 127, 0, 0, 1, 22, 0]);
        check(b"\x01\0/run/x\0junk", b"\x01/run/x\0");
        check(b"\x01\0\0abstract", b"\x01abstract\0");
        check(&[16, 0, 1], &[16]);
    }
}
