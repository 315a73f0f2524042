//! The node: its name, its addresses, the ports it listens on.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::row::Text;

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
    /// Time of boot in Falco's dialect, nanoseconds since the epoch; 0 where not known.
    pub boot_epoch: u64,
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

    /// Addresses and masks of interfaces, in the order of the list. IPv6 has no masks.
    pub(super) fn masks(&self) -> &[(IpAddr, u32)] {
        &self.masks
    }

    /// Adds an address with its mask, the first byte of the address in the lowest bits. False if there is no room.
    pub(super) fn add_mask(&mut self, address: IpAddr, mask: u32, limit: usize) -> bool {
        let has_room = self.masks.len() < limit;
        if has_room {
            self.masks.push((address, mask));
        }
        has_room
    }

    /// Whether something listened on the port when the snapshot was taken.
    pub fn listens_on(&self, protocol: u8, port: u16) -> bool {
        self.listening.contains(&(protocol, port))
    }

    /// Adds an address. False if there is no room.
    pub(super) fn add_address(&mut self, address: IpAddr, limit: usize) -> bool {
        if self.interfaces.len() >= limit {
            return false;
        }
        self.interfaces.insert(address);
        true
    }

    /// Adds a listening port. False if there is no room.
    pub(super) fn add_listening(&mut self, protocol: u8, port: u16, limit: usize) -> bool {
        if self.listening.len() >= limit {
            return false;
        }
        self.listening.insert((protocol, port));
        true
    }
}
