//! The node: its name, its addresses, the ports it listens on.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use falco_format::UnixNanos;

use super::text::Text;

/// What the snapshot says of the node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: Option<Text>,
    /// Its kernel's release.
    pub kernel: Option<Text>,
    /// Its machine type.
    pub machine: Option<Text>,
    /// Its CPUs.
    pub cpus: Option<u32>,
    /// Its memory, bytes.
    pub memory: Option<u64>,
    interfaces: BTreeSet<IpAddr>,
    /// Time of boot in Falco's dialect; 0 where not known.
    pub boot_epoch: UnixNanos,
    /// Addresses and masks in the order in which they were listed, as Falco's guesses need them.
    masks: Vec<(IpAddr, u32)>,
    /// Protocol and port. Falco does not tell network namespaces apart here.
    listening: BTreeSet<(u8, u16)>,
}

impl Host {
    /// The addresses of its interfaces, in order.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.interfaces.iter().copied()
    }

    /// Adds an address with its mask, the first byte of the address in the lowest bits. False if there is no room.
    pub(in crate::state) fn add_mask(&mut self, address: IpAddr, mask: u32, limit: usize) -> bool {
        let is_known = self.masks.contains(&(address, mask));
        let has_room = self.masks.len() < limit;
        if has_room && !is_known {
            self.masks.push((address, mask));
        }
        has_room
    }

    /// The host's address that goes with another: the same, one of the same network, or the first that is not the loopback's.
    pub(in crate::state) fn address_beside(&self, other: IpAddr) -> IpAddr {
        /// IPv6 networks are told apart by so many bytes.
        const NETWORK_BYTES: usize = 8;
        let family = self.masks.iter();
        let family = family.filter(|(address, _)| address.is_ipv4() == other.is_ipv4());
        let is_near = |address: &IpAddr, mask: u32| match (address, other) {
            (IpAddr::V4(one), IpAddr::V4(other)) => {
                u32::from_le_bytes(one.octets()) & mask == u32::from_le_bytes(other.octets()) & mask
            }
            (IpAddr::V6(one), IpAddr::V6(other)) => {
                one.octets().first_chunk::<NETWORK_BYTES>()
                    == other.octets().first_chunk::<NETWORK_BYTES>()
            }
            _ => false,
        };
        let equal = family.clone().find(|(address, _)| *address == other);
        let near = || {
            family
                .clone()
                .find(|(address, mask)| is_near(address, *mask))
        };
        let any = || {
            let mut outward = family.clone();
            outward.find(|(address, _)| match address {
                IpAddr::V4(address) => *address != Ipv4Addr::LOCALHOST,
                IpAddr::V6(address) => *address != Ipv6Addr::LOCALHOST,
            })
        };
        let found = equal
            .or_else(near)
            .or_else(any)
            .map(|(address, _)| *address);
        found.unwrap_or(match other {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        })
    }

    /// Whether something listened on the port when the snapshot was taken.
    pub fn listens_on(&self, protocol: u8, port: u16) -> bool {
        self.listening.contains(&(protocol, port))
    }

    /// Adds an address. False if there is no room.
    pub(in crate::state) fn add_address(&mut self, address: IpAddr, limit: usize) -> bool {
        if self.interfaces.len() >= limit {
            return false;
        }
        self.interfaces.insert(address);
        true
    }

    /// Adds a listening port. False if there is no room.
    pub(in crate::state) fn add_listening(
        &mut self,
        protocol: u8,
        port: u16,
        limit: usize,
    ) -> bool {
        if self.listening.len() >= limit {
            return false;
        }
        self.listening.insert((protocol, port));
        true
    }
}
