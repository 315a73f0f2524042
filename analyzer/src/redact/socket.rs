//! Addresses of sockets replaced: what a program gave, and both ends as a recorder or Falco wrote them.
//!
//! In: bytes of one of four encodings. Out: bytes of the same encoding and length, but that a path may hold an address that is longer or shorter.
//! What is of no family that has an address here is replaced whole behind its family.

use std::net::IpAddr;

use falco_abi::frame::tuple;

use super::text::Texts;

const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const AF_NETLINK: u16 = 16;

/// Bytes of a `struct sockaddr_nl`, which has numbers of processes and groups alone.
const NETLINK_LEN: usize = 12;

/// Bytes of an address.
const V4_LEN: usize = 4;
const V6_LEN: usize = 16;

/// Where an encoding has its path or its addresses.
struct Layout {
    /// Where a unix socket's path begins.
    path: usize,
    /// Where IPv4 addresses begin.
    v4: &'static [usize],
    /// Where IPv6 addresses begin.
    v6: &'static [usize],
    /// Bytes that an address of each family has at most: what follows is nobody's and is replaced.
    v4_end: usize,
    v6_end: usize,
}

/// A `struct sockaddr`; a program may give more bytes than it has, and what lies behind a `sockaddr_in` is padding.
const SOCKADDR: Layout = Layout {
    path: 2,
    v4: &[4],
    v6: &[8],
    v4_end: 8,
    v6_end: 28,
};
const TUPLE: Layout = Layout {
    path: tuple::UNIX_PATH,
    v4: &[tuple::IP_ADDRESSES, tuple::IP_ADDRESSES + V4_LEN],
    v6: &[tuple::IP_ADDRESSES, tuple::IP_ADDRESSES + V6_LEN],
    v4_end: tuple::IPV4_LEN,
    v6_end: tuple::IPV6_LEN,
};
const FALCO_SOCKADDR: Layout = Layout {
    path: 1,
    v4: &[1],
    v6: &[1],
    v4_end: 7,
    v6_end: 19,
};
const FALCO_TUPLE: Layout = Layout {
    path: 17,
    v4: &[1, 7],
    v6: &[1, 19],
    v4_end: 13,
    v6_end: 37,
};

/// What becomes of a `struct sockaddr`.
pub(super) fn sockaddr(bytes: &[u8], texts: &mut Texts) -> Vec<u8> {
    let family = bytes
        .first_chunk()
        .map(|family| u16::from_le_bytes(*family));
    let mut out = of(bytes, family, &SOCKADDR, texts);
    if family == Some(AF_INET6) {
        no_more_than_numbers(&mut out);
    }
    out
}

/// Of an IPv6 address the number of a flow, which nobody asks for, and the number of an interface, which is never large.
fn no_more_than_numbers(out: &mut [u8]) {
    const FLOW: std::ops::Range<usize> = 4..8;
    const INTERFACE: std::ops::Range<usize> = 24..28;
    let end = out.len();
    if let Some(flow) = out.get_mut(FLOW.start..FLOW.end.min(end)) {
        flow.fill(0);
    }
    if let Some(interface) = out.get_mut(INTERFACE)
        && interface.last() != Some(&0)
    {
        interface.fill(0);
    }
}

/// What becomes of both ends of a socket.
pub(super) fn both_ends(bytes: &[u8], texts: &mut Texts) -> Vec<u8> {
    of(bytes, small_family(bytes), &TUPLE, texts)
}

/// What becomes of an address as Falco writes it.
pub(super) fn falco_sockaddr(bytes: &[u8], texts: &mut Texts) -> Vec<u8> {
    of(bytes, small_family(bytes), &FALCO_SOCKADDR, texts)
}

/// What becomes of both ends as Falco writes them.
pub(super) fn falco_both_ends(bytes: &[u8], texts: &mut Texts) -> Vec<u8> {
    of(bytes, small_family(bytes), &FALCO_TUPLE, texts)
}

fn small_family(bytes: &[u8]) -> Option<u16> {
    bytes.first().copied().map(u16::from)
}

fn of(bytes: &[u8], family: Option<u16>, layout: &Layout, texts: &mut Texts) -> Vec<u8> {
    let (places, length, end) = match family {
        Some(AF_UNIX) => return unix(bytes, layout.path, texts),
        Some(AF_INET) => (layout.v4, V4_LEN, layout.v4_end),
        Some(AF_INET6) => (layout.v6, V6_LEN, layout.v6_end),
        Some(AF_NETLINK) if bytes.len() <= NETLINK_LEN => return bytes.to_vec(),
        _ => return cut(bytes, 2, texts),
    };
    let mut out = bytes.to_vec();
    for place in places {
        let there = out.get_mut(*place..place + length);
        match there {
            Some(there) => put_address(there, texts),
            // A part of an address is one of a few.
            None => blank(&mut out, *place),
        }
    }
    blank(&mut out, end);
    out
}

/// What is not of its encoding: all behind the family is replaced as bytes.
fn cut(bytes: &[u8], head: usize, texts: &mut Texts) -> Vec<u8> {
    let (head, rest) = bytes.split_at_checked(head).unwrap_or((bytes, &[]));
    [head, &texts.opaque(rest)].concat()
}

/// Zeros from here on.
fn blank(out: &mut [u8], from: usize) {
    if let Some(rest) = out.get_mut(from..) {
        rest.fill(0);
    }
}

/// A path up to its NUL; an abstract name has one in front. What lies behind is what the program's memory held.
fn unix(bytes: &[u8], path: usize, texts: &mut Texts) -> Vec<u8> {
    let Some((head, name)) = bytes.split_at_checked(path) else {
        return cut(bytes, 1, texts);
    };
    let mut out = head.to_vec();
    let is_abstract = name.first() == Some(&0);
    for (place, part) in name.split(|byte| *byte == 0).enumerate() {
        if place > 0 {
            out.push(0);
        }
        let is_name = place == usize::from(is_abstract);
        if is_name || part.is_empty() {
            out.extend(texts.text(part));
        } else {
            out.extend(std::iter::repeat_n(0, part.len()));
        }
    }
    out
}

/// Replaces an address of 4 or 16 bytes where it stands.
fn put_address(there: &mut [u8], texts: &mut Texts) {
    if let Some(replaced) = raw_address(there, texts) {
        there.copy_from_slice(&replaced);
    }
}

fn raw_address(bytes: &[u8], texts: &mut Texts) -> Option<Vec<u8>> {
    let address = if let Ok(octets) = <[u8; V4_LEN]>::try_from(bytes) {
        IpAddr::from(octets)
    } else {
        IpAddr::from(<[u8; V6_LEN]>::try_from(bytes).ok()?)
    };
    Some(match texts.address(address) {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    })
}

/// What becomes of an address alone, of 4 or 16 bytes.
pub(super) fn address(bytes: &[u8], texts: &mut Texts) -> Vec<u8> {
    raw_address(bytes, texts).unwrap_or_else(|| texts.opaque(bytes))
}
