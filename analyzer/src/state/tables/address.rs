//! Socket addresses as the kernel encodes them, read from hostile bytes, and how they print.
//!
//! Two encodings come in: a `struct sockaddr` as the program gave it, and the probe's tuple of both ends. Falco's dialect has its own of each.
//! An IPv4 address mapped into IPv6 counts as IPv4, as Falco has it.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use falco_abi::frame::tuple;

const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const AF_NETLINK: u16 = 16;

/// One end of an IP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The address, v4-mapped ones as IPv4.
    pub address: IpAddr,
    /// The port, host order.
    pub port: u16,
}

impl Endpoint {
    /// Whether both address and port are zero: the end is not known.
    pub(crate) fn is_unset(&self) -> bool {
        self.port == 0 && self.address.is_unspecified()
    }
}

/// An address that a program gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address<'a> {
    Ip(Endpoint),
    /// A path, or an abstract name without its leading NUL; empty when unnamed.
    Unix(&'a [u8]),
    Netlink,
}

/// Both ends of a socket, seen from its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends<'a> {
    Ip {
        protocol: u8,
        kind: u8,
        local: Endpoint,
        remote: Endpoint,
    },
    Unix {
        inode: u64,
        peer: u64,
        path: &'a [u8],
    },
}

/// Reads a `struct sockaddr`.
pub(crate) fn sockaddr(bytes: &[u8]) -> Option<Address<'_>> {
    match u16::from_le_bytes(array(bytes, 0)?) {
        AF_UNIX => Some(Address::Unix(unix_path(bytes.get(2..)?))),
        AF_INET => Some(Address::Ip(Endpoint {
            port: u16::from_be_bytes(array(bytes, 2)?),
            address: v4(bytes, 4)?,
        })),
        AF_INET6 => Some(Address::Ip(Endpoint {
            port: u16::from_be_bytes(array(bytes, 2)?),
            address: v6(bytes, 8)?,
        })),
        AF_NETLINK => Some(Address::Netlink),
        _ => None,
    }
}

/// Whether a tuple of the probe is that of a unix socket.
pub(crate) fn is_of_unix(bytes: &[u8]) -> bool {
    bytes
        .first()
        .is_some_and(|&family| u16::from(family) == AF_UNIX)
}

/// Reads a tuple of the probe.
pub(crate) fn ends(bytes: &[u8]) -> Option<Ends<'_>> {
    let family = u16::from(*bytes.first()?);
    let protocol = *bytes.get(1)?;
    let kind = *bytes.get(3)?;
    let base = tuple::IP_ADDRESSES;
    let (local, remote) = match family {
        AF_INET => (v4(bytes, base)?, v4(bytes, base + 4)?),
        AF_INET6 => (v6(bytes, base)?, v6(bytes, base + 16)?),
        AF_UNIX => {
            return Some(Ends::Unix {
                inode: u64::from_le_bytes(array(bytes, 4)?),
                peer: u64::from_le_bytes(array(bytes, 12)?),
                path: unix_path(bytes.get(tuple::UNIX_PATH..)?),
            });
        }
        _ => return None,
    };
    Some(Ends::Ip {
        protocol,
        kind,
        local: Endpoint {
            address: local,
            port: u16::from_le_bytes(array(bytes, 4)?),
        },
        remote: Endpoint {
            address: remote,
            port: u16::from_le_bytes(array(bytes, 6)?),
        },
    })
}

/// Reads an address as Falco writes it: family, address, port in the order of the machine.
pub(crate) fn falco_sockaddr(bytes: &[u8]) -> Option<Address<'_>> {
    let port = |at| array(bytes, at).map(u16::from_le_bytes);
    match u16::from(*bytes.first()?) {
        AF_UNIX => Some(Address::Unix(until_nul(bytes.get(1..)?))),
        AF_INET => Some(Address::Ip(Endpoint {
            address: v4(bytes, 1)?,
            port: port(5)?,
        })),
        AF_INET6 => Some(Address::Ip(Endpoint {
            address: v6(bytes, 1)?,
            port: port(17)?,
        })),
        AF_NETLINK => Some(Address::Netlink),
        _ => None,
    }
}

/// A tuple as Falco writes it, in its own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FalcoPair<'a> {
    /// Source and destination, of one family.
    Ip((Endpoint, Endpoint)),
    Unix {
        source: u64,
        destination: u64,
        path: &'a [u8],
    },
}

/// Reads a tuple as Falco writes it. IPv6 ends that are both mapped, or unset, are IPv4, and otherwise neither is.
pub(crate) fn falco_pair(bytes: &[u8]) -> Option<FalcoPair<'_>> {
    let end = |address: Option<IpAddr>, port: usize| {
        Some(Endpoint {
            address: address?,
            port: u16::from_le_bytes(array(bytes, port)?),
        })
    };
    let plain = |at| Some(IpAddr::V6(Ipv6Addr::from(array::<16>(bytes, at)?)));
    match u16::from(*bytes.first()?) {
        AF_INET => Some(FalcoPair::Ip((
            end(v4(bytes, 1), 5)?,
            end(v4(bytes, 7), 11)?,
        ))),
        AF_INET6 => {
            let pair = (end(plain(1), 17)?, end(plain(19), 35)?);
            Some(FalcoPair::Ip(as_one_family(pair)))
        }
        AF_UNIX => Some(FalcoPair::Unix {
            source: u64::from_le_bytes(array(bytes, 1)?),
            destination: u64::from_le_bytes(array(bytes, 9)?),
            path: until_nul(bytes.get(17..)?),
        }),
        _ => None,
    }
}

/// The IPv4 address of an IPv6 one that is mapped, or unset, which Falco takes for the same.
fn mapped(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(_) => Some(address),
        IpAddr::V6(address) if address.is_unspecified() => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        IpAddr::V6(address) => address.to_ipv4_mapped().map(IpAddr::V4),
    }
}

/// Both ends as IPv4 where both can be.
pub(crate) fn as_one_family((source, destination): (Endpoint, Endpoint)) -> (Endpoint, Endpoint) {
    match (mapped(source.address), mapped(destination.address)) {
        (Some(from), Some(to)) => {
            let with = |address, end: Endpoint| Endpoint { address, ..end };
            (with(from, source), with(to, destination))
        }
        _ => (source, destination),
    }
}

/// The end that an address of Falco's names, as IPv4 where it can be.
pub(crate) fn falco_end(bytes: &[u8]) -> Option<Endpoint> {
    let port = |at| array(bytes, at).map(u16::from_le_bytes);
    let (address, port) = match u16::from(*bytes.first()?) {
        AF_INET => (v4(bytes, 1)?, port(5)?),
        AF_INET6 => (
            IpAddr::V6(Ipv6Addr::from(array::<16>(bytes, 1)?)),
            port(17)?,
        ),
        _ => return None,
    };
    let address = mapped(address).unwrap_or(address);
    Some(Endpoint { address, port })
}

/// `address:port`.
pub(crate) fn endpoint_name(end: Endpoint) -> Vec<u8> {
    let mut name = Vec::with_capacity(NAME_LEN);
    push_endpoint(&mut name, end);
    name
}

/// Bytes that both ends of an IPv4 connection take as text.
const NAME_LEN: usize = 44;

/// The numbers that a byte can be, as text.
const BYTES: [([u8; 3], u8); 256] = {
    let mut bytes = [([0; 3], 0); 256];
    let mut number = 0;
    while number < bytes.len() {
        let digits = [number / 100, number / 10 % 10, number % 10];
        let skipped = if number >= 100 {
            0
        } else if number >= 10 {
            1
        } else {
            2
        };
        let mut place = skipped;
        while place < digits.len() {
            bytes[number].0[place - skipped] = b'0' + digits[place] as u8;
            place += 1;
        }
        bytes[number].1 = (digits.len() - skipped) as u8;
        number += 1;
    }
    bytes
};

/// Without the machinery of formats where the address is IPv4: every connection is named.
fn push_endpoint(name: &mut Vec<u8>, end: Endpoint) {
    match end.address {
        IpAddr::V4(address) => {
            for (place, octet) in address.octets().into_iter().enumerate() {
                if place > 0 {
                    name.push(b'.');
                }
                push_byte(name, octet);
            }
        }
        // Writing to a vector cannot fail.
        IpAddr::V6(address) => drop(write!(name, "{address}")),
    }
    name.push(b':');
    push_decimal(name, end.port);
}

fn push_byte(name: &mut Vec<u8>, number: u8) {
    if let Some((digits, count)) = BYTES.get(usize::from(number)) {
        name.extend_from_slice(digits.get(..usize::from(*count)).unwrap_or_default());
    }
}

fn push_decimal(name: &mut Vec<u8>, number: u16) {
    if let Ok(byte) = u8::try_from(number) {
        return push_byte(name, byte);
    }
    let digits = [10_000, 1_000, 100, 10, 1].map(|place| b'0' + (number / place % 10) as u8);
    let skipped = 5 - number.ilog10() as usize - 1;
    name.extend_from_slice(digits.get(skipped..).unwrap_or_default());
}

/// `address:port->address:port`.
pub(crate) fn connection_name(from: Endpoint, to: Endpoint) -> Vec<u8> {
    let mut name = endpoint_name(from);
    name.extend_from_slice(b"->");
    push_endpoint(&mut name, to);
    name
}

/// `hex->hex path`, as Falco names a connected unix socket.
pub(crate) fn unix_name(from: u64, to: u64, path: &[u8]) -> Vec<u8> {
    const ENDS_LEN: usize = 35;
    let mut name = Vec::with_capacity(ENDS_LEN + path.len());
    push_hexadecimal(&mut name, from);
    name.extend_from_slice(b"->");
    push_hexadecimal(&mut name, to);
    name.push(b' ');
    name.extend_from_slice(path);
    name
}

fn push_hexadecimal(name: &mut Vec<u8>, number: u64) {
    let digits: [u8; 16] = std::array::from_fn(|place| {
        let digit = (number >> (60 - 4 * place) & 0xf) as u8;
        digit + if digit < 10 { b'0' } else { b'a' - 10 }
    });
    let skipped = (number.leading_zeros() / 4).min(15) as usize;
    name.extend_from_slice(digits.get(skipped..).unwrap_or_default());
}

/// The two numbers of such a name, and the path behind them; none of a name that is a path alone.
pub(crate) fn unix_ends(name: &[u8]) -> Option<(u64, u64, &[u8])> {
    let blank = name.iter().position(|byte| *byte == b' ')?;
    let (ends, path) = name.split_at_checked(blank)?;
    let (from, to) = std::str::from_utf8(ends).ok()?.split_once("->")?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some((number(from)?, number(to)?, path.get(1..)?))
}

/// An address of Falco's as it prints.
pub(crate) fn falco_name(bytes: &[u8]) -> Vec<u8> {
    match (falco_end(bytes), falco_sockaddr(bytes)) {
        // It prints as the program gave it, though Falco counts a mapped or unset one to IPv4 otherwise.
        (Some(end), _) if bytes.first().copied().map(u16::from) == Some(AF_INET6) => {
            let given = plain_ip(bytes.get(1..17).unwrap_or_default());
            endpoint_name(Endpoint {
                address: given.unwrap_or(end.address),
                ..end
            })
        }
        (Some(end), _) => endpoint_name(end),
        (None, Some(Address::Unix(path))) => path.to_vec(),
        _ => Vec::new(),
    }
}

/// A tuple of Falco's as it prints.
pub(crate) fn falco_name_of_tuple(bytes: &[u8]) -> Vec<u8> {
    match falco_pair(bytes) {
        Some(FalcoPair::Ip((source, destination))) => connection_name(source, destination),
        Some(FalcoPair::Unix {
            source,
            destination,
            path,
        }) => unix_name(source, destination, path),
        None => Vec::new(),
    }
}

/// An address of 4 or 16 bytes; a mapped one stays IPv6.
pub(crate) fn plain_ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => v4(bytes, 0),
        16 => Some(IpAddr::V6(Ipv6Addr::from(array::<16>(bytes, 0)?))),
        _ => None,
    }
}

/// The name of a unix socket as Falco's driver writes it: to its NUL, an abstract one from behind the NUL that it begins with.
fn unix_path(bytes: &[u8]) -> &[u8] {
    until_nul(bytes.strip_prefix(b"\0").unwrap_or(bytes))
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0);
    bytes.get(..end.unwrap_or(bytes.len())).unwrap_or(bytes)
}

/// An address of 4 or 16 bytes.
pub(crate) fn ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => v4(bytes, 0),
        16 => v6(bytes, 0),
        _ => None,
    }
}

fn v4(bytes: &[u8], at: usize) -> Option<IpAddr> {
    Some(IpAddr::V4(Ipv4Addr::from(array::<4>(bytes, at)?)))
}

fn v6(bytes: &[u8], at: usize) -> Option<IpAddr> {
    Some(Ipv6Addr::from(array::<16>(bytes, at)?).to_canonical())
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sockaddr_of_each_family_is_read() {
        let ip = sockaddr(&[2, 0, 0, 22, 127, 0, 0, 1]);
        let expected = Endpoint {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 22,
        };
        assert_eq!(ip, Some(Address::Ip(expected)));
        assert_eq!(
            sockaddr(b"\x01\0/run/x\0junk"),
            Some(Address::Unix(b"/run/x"))
        );
        assert_eq!(sockaddr(b"\x01\0\0abs"), Some(Address::Unix(b"abs")));
        assert_eq!(sockaddr(b"\x01\0\0a\0b"), Some(Address::Unix(b"a")));
        assert_eq!(sockaddr(b"\x01\0"), Some(Address::Unix(b"")));
        assert_eq!(sockaddr(&[16, 0]), Some(Address::Netlink));
    }

    #[test]
    fn names_are_as_formats_write_them() {
        let text = |name: Vec<u8>| String::from_utf8(name).expect("digits");
        for number in 0..=u16::MAX {
            let [high, low] = number.to_be_bytes();
            let address = Ipv4Addr::new(low, high, 0, low);
            let end = Endpoint {
                address: address.into(),
                port: number,
            };
            assert_eq!(text(endpoint_name(end)), format!("{address}:{number}"));
        }
        for bit in 0..64 {
            for number in [1 << bit, u64::MAX >> bit, 0x0123_4567_89ab_cdef << bit, 0] {
                let expected = format!("{number:x}->{bit:x} /x");
                assert_eq!(text(unix_name(number, bit, b"/x")), expected);
            }
        }
    }

    #[test]
    fn a_mapped_address_is_ipv4() {
        let mut bytes = vec![10, 0, 0, 80, 0, 0, 0, 0];
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1]);
        let Some(Address::Ip(end)) = sockaddr(&bytes) else {
            panic!("an IP address");
        };
        assert_eq!(end.address, IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    }

    #[test]
    fn falcos_encodings_are_read() {
        let end = |last, port| Endpoint {
            address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)),
            port,
        };
        assert_eq!(
            falco_sockaddr(&[2, 127, 0, 0, 1, 22, 0]),
            Some(Address::Ip(end(1, 22)))
        );
        assert_eq!(
            falco_sockaddr(b"\x01/run/x\0"),
            Some(Address::Unix(b"/run/x"))
        );
        let tuple = [2, 127, 0, 0, 1, 1, 0, 127, 0, 0, 2, 2, 0];
        assert_eq!(
            falco_pair(&tuple),
            Some(FalcoPair::Ip((end(1, 1), end(2, 2))))
        );
        for length in 0..tuple.len() {
            assert_eq!(falco_pair(&tuple[..length]), None);
        }
    }

    #[test]
    fn falcos_ipv6_ends_are_ipv4_if_both_can_be() {
        let tuple = |source: &str, destination: &str| {
            let mut bytes = vec![10];
            for address in [source, destination] {
                let address: Ipv6Addr = address.parse().expect("an address");
                bytes.extend(address.octets());
                bytes.extend(7_u16.to_le_bytes());
            }
            String::from_utf8(falco_name_of_tuple(&bytes)).expect("text")
        };
        assert_eq!(tuple("::1", "::2"), "::1:7->::2:7");
        assert_eq!(tuple("::ffff:10.0.0.1", "::"), "10.0.0.1:7->0.0.0.0:7");
        assert_eq!(tuple("::", "::2"), ":::7->::2:7");
    }

    #[test]
    fn ends_print_as_the_library_prints_them() {
        let addresses = [
            "0.0.0.0",
            "10.9.99.100",
            "255.255.255.255",
            "::",
            "2001:db8::7",
        ];
        for (address, port) in addresses
            .iter()
            .flat_map(|a| [0, 9, 10, 443, 65_535].map(|p| (a, p)))
        {
            let address: IpAddr = address.parse().expect("an address");
            let name = endpoint_name(Endpoint { address, port });
            assert_eq!(name, format!("{address}:{port}").into_bytes());
        }
    }

    #[test]
    fn short_bytes_are_nothing() {
        for length in 0..8 {
            assert_eq!(sockaddr(&[2, 0, 0, 22, 127, 0, 0, 1][..length]), None);
        }
        for length in 0..tuple::IPV4_LEN {
            assert_eq!(ends(&[2; tuple::IPV4_LEN][..length]), None);
        }
    }
}
