//! Socket addresses as the kernel encodes them, read from hostile bytes.
//!
//! Two encodings come in: a `struct sockaddr` as the program gave it, and the probe's tuple of both ends.
//! An IPv4 address mapped into IPv6 counts as IPv4, as Falco has it.

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
    /// A path, or an abstract name with its leading NUL; empty when unnamed.
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
        AF_UNIX => {
            let path = bytes.get(2..)?;
            // A path ends at its NUL; an abstract name begins with one and has no end but its length.
            let end = match path.first() {
                None | Some(0) => path.len(),
                Some(_) => path.iter().position(|&b| b == 0).unwrap_or(path.len()),
            };
            Some(Address::Unix(path.get(..end)?))
        }
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
                path: bytes.get(tuple::UNIX_PATH..)?,
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
        assert_eq!(sockaddr(b"\x01\0\0abs"), Some(Address::Unix(b"\0abs")));
        assert_eq!(sockaddr(&[16, 0]), Some(Address::Netlink));
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
    fn short_bytes_are_nothing() {
        for length in 0..8 {
            assert_eq!(sockaddr(&[2, 0, 0, 22, 127, 0, 0, 1][..length]), None);
        }
        for length in 0..tuple::IPV4_LEN {
            assert_eq!(ends(&[2; tuple::IPV4_LEN][..length]), None);
        }
    }
}
