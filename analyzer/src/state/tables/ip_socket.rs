//! An IP socket: its protocol, its ends, and which side of a connection its owner is.
//!
//! It owns what is known of both ends; what gives a socket its ends are calls, transfers and snapshots.

use std::net::IpAddr;

use super::address::{Endpoint, connection_name, endpoint_name};
use super::fd_kind::FdKind;

/// The protocol above IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer4 {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
    /// A raw socket.
    Raw,
}

impl Layer4 {
    /// Falco's `fd.l4proto`.
    pub fn name(self) -> &'static str {
        match self {
            Layer4::Tcp => "tcp",
            Layer4::Udp => "udp",
            Layer4::Icmp => "icmp",
            Layer4::Raw => "raw",
        }
    }

    /// The letter in front of a socket's name in `evt.args`.
    pub fn letter(self) -> &'static str {
        match self {
            Layer4::Tcp => "t",
            Layer4::Udp => "u",
            Layer4::Icmp => "i",
            Layer4::Raw => "r",
        }
    }

    /// The protocol of a socket made with this type and protocol number.
    pub(in crate::state) fn of(kind: u32, protocol: u32) -> Option<Layer4> {
        const SOCK_TYPE_MASK: u32 = 0xf;
        const IPPROTO_ICMP: u32 = 1;
        const IPPROTO_TCP: u32 = 6;
        const IPPROTO_UDP: u32 = 17;
        const IPPROTO_ICMPV6: u32 = 58;
        match (protocol, kind & SOCK_TYPE_MASK) {
            (IPPROTO_TCP, _) | (0, 1) => Some(Layer4::Tcp),
            (IPPROTO_UDP, _) | (0, 2) => Some(Layer4::Udp),
            (IPPROTO_ICMP | IPPROTO_ICMPV6, _) => Some(Layer4::Icmp),
            (_, 3) => Some(Layer4::Raw),
            _ => None,
        }
    }
}

/// Which side of a connection the owner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Side {
    /// Not known: there is neither client nor server.
    #[default]
    Unknown,
    /// It connected.
    Client,
    /// It was bound, or accepted.
    Server,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Connection {
    /// Not connected.
    #[default]
    None,
    /// Under way.
    Pending,
    /// Established.
    Connected,
    /// Failed.
    Failed,
}

/// An IP socket's ends and side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct IpSocket {
    /// The protocol, where it is known.
    pub protocol: Option<Layer4>,
    /// Its own end.
    pub local: Option<Endpoint>,
    /// The other end.
    pub remote: Option<Endpoint>,
    /// Which side the owner is.
    pub side: Side,
    /// How far it is.
    pub connection: Connection,
}

impl IpSocket {
    /// Whether one of its ends is known.
    pub(in crate::state) fn has_ends(&self) -> bool {
        self.local.is_some() || self.remote.is_some()
    }

    /// The end that connected, if there is one.
    pub fn client(&self) -> Option<Endpoint> {
        match self.side {
            Side::Unknown => None,
            Side::Client => self.local,
            Side::Server => self.remote,
        }
    }

    /// The end that was connected to, if there is one.
    pub fn server(&self) -> Option<Endpoint> {
        match self.side {
            Side::Unknown => None,
            Side::Client => self.remote,
            Side::Server => self.local,
        }
    }

    /// Falco's name: `client->server`, or the bound end alone.
    pub(in crate::state) fn name(&self) -> Vec<u8> {
        let ends = match self.side {
            Side::Server => (self.remote, self.local),
            Side::Client | Side::Unknown => (self.local, self.remote),
        };
        match ends {
            (Some(from), Some(to)) => connection_name(from, to),
            (Some(end), None) | (None, Some(end)) => endpoint_name(end),
            (None, None) => Vec::new(),
        }
    }

    /// IPv4 or IPv6, by the addresses it has; mapped ones count as IPv4.
    pub(in crate::state) fn kind(&self) -> Option<FdKind> {
        let end = self.remote.or(self.local)?;
        Some(match end.address {
            IpAddr::V4(_) => FdKind::Ipv4,
            IpAddr::V6(_) => FdKind::Ipv6,
        })
    }
}
