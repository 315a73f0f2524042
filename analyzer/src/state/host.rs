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
    /// Protocol and port. Falco does not tell network namespaces apart here.
    listening: BTreeSet<(u8, u16)>,
}

impl Host {
    /// The addresses of its interfaces, in order.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.interfaces.iter().copied()
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
