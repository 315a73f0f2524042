//! A socket's ends as Falco keeps them: one area of bytes that four layouts share.
//!
//! Falco does not clear the area when a socket changes its layout, and what shines through is part of its answers: an IPv6 socket that turns out to speak IPv4 has lost its protocol.
//! So the area is kept as it is, and the ends are read from it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::state::tables::address::Endpoint;
use crate::state::tables::fd_kind::FdKind;
use crate::state::tables::host::Host;
use crate::state::tables::ip_socket::{Connection, IpSocket, Layer4, Side};

/// Bytes of the longest layout: two IPv6 ends and a protocol.
const AREA: usize = 37;

/// Which layout the area has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(in crate::state) enum Form {
    /// Two IPv4 ends.
    #[default]
    V4,
    /// Two IPv6 ends.
    V6,
    /// One IPv4 end, bound.
    V4Bound,
    /// One IPv6 end, bound.
    V6Bound,
}

/// Where a layout has its values.
struct Layout {
    source: usize,
    source_port: usize,
    destination: usize,
    destination_port: usize,
    protocol: usize,
}

const V4: Layout = Layout {
    source: 0,
    destination: 4,
    source_port: 8,
    destination_port: 10,
    protocol: 12,
};
const V6: Layout = Layout {
    source: 0,
    destination: 16,
    source_port: 32,
    destination_port: 34,
    protocol: 36,
};
/// Bound ones have one end, named twice here.
const V4_BOUND: Layout = Layout {
    source: 0,
    destination: 0,
    source_port: 4,
    destination_port: 4,
    protocol: 6,
};
const V6_BOUND: Layout = Layout {
    source: 0,
    destination: 0,
    source_port: 16,
    destination_port: 16,
    protocol: 18,
};

/// Falco's numbers of protocols.
pub(crate) mod layer4 {
    use crate::state::tables::ip_socket::Layer4;

    pub(in crate::state) const UNKNOWN: u8 = 0;
    pub(in crate::state) const TCP: u8 = 2;
    pub(in crate::state) const UDP: u8 = 3;
    pub(in crate::state) const ICMP: u8 = 4;
    pub(in crate::state) const RAW: u8 = 5;

    /// The number of a protocol.
    pub(crate) fn number(protocol: Option<Layer4>) -> u8 {
        match protocol {
            Some(Layer4::Tcp) => TCP,
            Some(Layer4::Udp) => UDP,
            Some(Layer4::Icmp) => ICMP,
            Some(Layer4::Raw) => RAW,
            None => UNKNOWN,
        }
    }
}

/// A socket as Falco keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::state) struct FalcoSocket {
    area: [u8; AREA],
    pub(in crate::state) form: Form,
    pub(in crate::state) side: Side,
    pub(in crate::state) connection: Connection,
}

impl Default for FalcoSocket {
    fn default() -> Self {
        FalcoSocket {
            area: [0; AREA],
            form: Form::V4,
            side: Side::Unknown,
            connection: Connection::None,
        }
    }
}

/// The source's end and the destination's.
pub(in crate::state) type Pair = (Endpoint, Endpoint);

impl FalcoSocket {
    /// A socket of this form without ends.
    pub(in crate::state) fn of(form: Form) -> FalcoSocket {
        FalcoSocket {
            form,
            ..FalcoSocket::default()
        }
    }

    fn layout(&self) -> &'static Layout {
        match self.form {
            Form::V4 => &V4,
            Form::V6 => &V6,
            Form::V4Bound => &V4_BOUND,
            Form::V6Bound => &V6_BOUND,
        }
    }

    fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        let bytes = self.area.get(at..at + N);
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or([0; N])
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.area.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    fn end(&self, address: usize, port: usize) -> Endpoint {
        let address = match self.form {
            Form::V4 | Form::V4Bound => IpAddr::V4(Ipv4Addr::from(self.bytes::<4>(address))),
            Form::V6 | Form::V6Bound => IpAddr::V6(Ipv6Addr::from(self.bytes::<16>(address))),
        };
        let port = u16::from_le_bytes(self.bytes(port));
        Endpoint { address, port }
    }

    fn put_address(&mut self, at: usize, address: IpAddr) {
        match address {
            IpAddr::V4(address) => self.put(at, &address.octets()),
            IpAddr::V6(address) => self.put(at, &address.octets()),
        }
    }

    /// Both ends of a socket that is not bound alone.
    pub(in crate::state) fn pair(&self) -> Pair {
        let layout = self.layout();
        (
            self.end(layout.source, layout.source_port),
            self.end(layout.destination, layout.destination_port),
        )
    }

    /// Sets both ends. The addresses are of the form's family.
    pub(in crate::state) fn set_pair(&mut self, (source, destination): Pair) {
        let layout = self.layout();
        self.put_address(layout.source, source.address);
        self.put_address(layout.destination, destination.address);
        self.put(layout.source_port, &source.port.to_le_bytes());
        self.put(layout.destination_port, &destination.port.to_le_bytes());
    }

    /// Takes the ends of a tuple. True if they were other ones; the same ends the other way round are no others.
    pub(in crate::state) fn update(&mut self, (source, destination): Pair) -> bool {
        let old = self.pair();
        if old == (source, destination) || old == (destination, source) {
            return false;
        }
        self.set_pair((source, destination));
        true
    }

    /// Swaps source and destination.
    pub(in crate::state) fn swap(&mut self) {
        let (source, destination) = self.pair();
        self.set_pair((destination, source));
    }

    /// Puts an address of the host's in the place of one that is not known.
    pub(in crate::state) fn complete(&mut self, host: &Host) {
        let (mut source, mut destination) = self.pair();
        let same_port = source.port == destination.port;
        let (missing, other) = match (
            source.address.is_unspecified(),
            destination.address.is_unspecified(),
        ) {
            (true, _) => (&mut source, destination.address),
            (false, true) => (&mut destination, source.address),
            (false, false) => return,
        };
        let guess = host.address_beside(other);
        if guess != other || !same_port {
            missing.address = guess;
            self.set_pair((source, destination));
        }
    }

    /// Binds it to one end.
    pub(in crate::state) fn bind(&mut self, end: Endpoint, protocol: u8) {
        self.form = match end.address {
            IpAddr::V4(_) => Form::V4Bound,
            IpAddr::V6(_) => Form::V6Bound,
        };
        let layout = self.layout();
        self.put_address(layout.source, end.address);
        self.put(layout.source_port, &end.port.to_le_bytes());
        self.set_protocol(protocol);
    }

    /// Falco's number of its protocol.
    pub(in crate::state) fn protocol(&self) -> u8 {
        self.area.get(self.layout().protocol).copied().unwrap_or(0)
    }

    /// The protocol where a socket with two ends of this family has it, whatever its form is now.
    pub(in crate::state) fn protocol_as(&self, form: Form) -> u8 {
        self.area
            .get(FalcoSocket::of(form).layout().protocol)
            .copied()
            .unwrap_or(0)
    }

    pub(in crate::state) fn set_protocol(&mut self, protocol: u8) {
        self.put(self.layout().protocol, &[protocol]);
    }

    pub(in crate::state) fn is_bound(&self) -> bool {
        matches!(self.form, Form::V4Bound | Form::V6Bound)
    }

    pub(in crate::state) fn is_udp(&self) -> bool {
        !self.is_bound() && self.protocol() == layer4::UDP
    }

    pub(in crate::state) fn is_tcp(&self) -> bool {
        !self.is_bound() && self.protocol() == layer4::TCP
    }

    /// The ports of both ends where a guess looks for them: at the places of IPv4, whatever the form is.
    pub(in crate::state) fn guessed_ports(&self) -> (u16, u16) {
        let port = |at| u16::from_le_bytes(self.bytes(at));
        (port(V4.source_port), port(V4.destination_port))
    }

    pub(in crate::state) fn kind(&self) -> FdKind {
        match self.form {
            Form::V4 | Form::V4Bound => FdKind::Ipv4,
            Form::V6 | Form::V6Bound => FdKind::Ipv6,
        }
    }

    /// The socket as fields ask for it.
    pub(in crate::state) fn ip(&self) -> IpSocket {
        let protocol = match self.protocol() {
            layer4::TCP => Some(Layer4::Tcp),
            layer4::UDP => Some(Layer4::Udp),
            layer4::ICMP => Some(Layer4::Icmp),
            layer4::RAW => Some(Layer4::Raw),
            _ => None,
        };
        let (source, destination) = self.pair();
        let nothing = source.is_unset() && destination.is_unset();
        let (local, remote, side) = match self.side {
            _ if self.is_bound() => (Some(source), None, Side::Server),
            Side::Unknown if nothing => (None, None, Side::Unknown),
            Side::Server => (Some(destination), Some(source), Side::Server),
            side => (Some(source), Some(destination), side),
        };
        IpSocket {
            protocol,
            local,
            remote,
            side,
            connection: self.connection,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(last: u8, port: u16) -> Endpoint {
        Endpoint {
            address: IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)),
            port,
        }
    }

    #[test]
    fn the_same_ends_are_no_others() {
        let mut socket = FalcoSocket::default();
        assert!(socket.update((end(1, 1), end(2, 2))));
        assert!(!socket.update((end(2, 2), end(1, 1))));
        assert_eq!(socket.pair(), (end(1, 1), end(2, 2)));
        assert!(socket.update((end(3, 3), end(4, 4))));
        assert_eq!(socket.pair(), (end(3, 3), end(4, 4)));
    }

    #[test]
    fn the_port_of_a_bound_socket_shines_through() {
        let mut socket = FalcoSocket::default();
        socket.bind(end(1, 5353), layer4::UDP);
        assert_eq!(socket.ip().local, Some(end(1, 5353)));
        socket.form = Form::V4;
        let shown = IpAddr::V4(Ipv4Addr::new(0xe9, 0x14, layer4::UDP, 0));
        assert_eq!(socket.pair().1.address, shown);
    }
}
