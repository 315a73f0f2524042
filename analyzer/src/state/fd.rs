//! What a descriptor stands for: a file, a socket, or one of the kernel's other kinds.

use std::io::Write as _;
use std::net::IpAddr;

use super::address::Endpoint;
use super::falco::FalcoSocket;
use super::row::Text;

/// Kinds of descriptors, as Falco tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FdKind {
    /// A file.
    File,
    /// A directory, opened as one.
    Directory,
    /// An IPv4 socket.
    Ipv4,
    /// An IPv6 socket.
    Ipv6,
    /// A unix socket.
    Unix,
    /// A pipe or FIFO.
    Pipe,
    /// An eventfd.
    Event,
    /// A signalfd.
    Signal,
    /// An epoll instance.
    Epoll,
    /// An inotify instance.
    Inotify,
    /// A timerfd.
    Timer,
    /// A netlink socket.
    Netlink,
    /// A BPF object.
    Bpf,
    /// A userfaultfd.
    Userfault,
    /// An io_uring instance.
    IoUring,
    /// A memfd.
    Memfd,
    /// A pidfd.
    Pidfd,
    /// One that Falco could not tell when it looked at the processes.
    Unsupported,
    /// None of these.
    #[default]
    Unknown,
}

impl FdKind {
    /// Falco's `fd.type`; none for what it cannot name.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            FdKind::File => "file",
            FdKind::Directory => "directory",
            FdKind::Ipv4 => "ipv4",
            FdKind::Ipv6 => "ipv6",
            FdKind::Unix => "unix",
            FdKind::Pipe => "pipe",
            FdKind::Event => "event",
            FdKind::Signal => "signalfd",
            FdKind::Epoll => "eventpoll",
            FdKind::Inotify => "inotify",
            FdKind::Timer => "timerfd",
            FdKind::Netlink => "netlink",
            FdKind::Bpf => "bpf",
            FdKind::Userfault => "userfaultfd",
            FdKind::IoUring => "io_uring",
            FdKind::Memfd => "memfd",
            FdKind::Pidfd => "pidfd",
            FdKind::Unsupported | FdKind::Unknown => return None,
        })
    }

    /// Falco's `fd.typechar`.
    pub fn type_char(self) -> &'static str {
        match self {
            FdKind::File => "f",
            FdKind::Directory => "d",
            FdKind::Ipv4 => "4",
            FdKind::Ipv6 => "6",
            FdKind::Unix | FdKind::Userfault => "u",
            FdKind::Pipe => "p",
            FdKind::Event => "e",
            FdKind::Signal => "s",
            FdKind::Epoll => "l",
            FdKind::Inotify => "i",
            FdKind::Timer => "t",
            FdKind::Netlink => "n",
            FdKind::Bpf => "b",
            FdKind::IoUring => "r",
            FdKind::Memfd => "m",
            FdKind::Pidfd => "P",
            FdKind::Unsupported => "X",
            FdKind::Unknown => "o",
        }
    }

    /// Whether it is a socket.
    pub fn is_socket(self) -> bool {
        self.is_ip() || matches!(self, FdKind::Unix | FdKind::Netlink)
    }

    /// Whether it is an IP socket.
    pub fn is_ip(self) -> bool {
        matches!(self, FdKind::Ipv4 | FdKind::Ipv6)
    }
}

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
    pub(super) fn of(kind: u32, protocol: u32) -> Option<Layer4> {
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
    pub(super) fn name(&self) -> Vec<u8> {
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
    pub(super) fn kind(&self) -> Option<FdKind> {
        let end = self.remote.or(self.local)?;
        Some(match end.address {
            IpAddr::V4(_) => FdKind::Ipv4,
            IpAddr::V6(_) => FdKind::Ipv6,
        })
    }
}

/// `address:port`.
pub(crate) fn endpoint_name(end: Endpoint) -> Vec<u8> {
    format!("{}:{}", end.address, end.port).into_bytes()
}

/// `address:port->address:port`.
pub(crate) fn connection_name(from: Endpoint, to: Endpoint) -> Vec<u8> {
    let mut name = endpoint_name(from);
    name.extend_from_slice(b"->");
    name.extend_from_slice(&endpoint_name(to));
    name
}

/// `hex->hex path`, as Falco names a connected unix socket.
pub(crate) fn unix_name(from: u64, to: u64, path: &[u8]) -> Vec<u8> {
    let mut name = Vec::new();
    // Writing to a vector cannot fail.
    let _ = write!(name, "{from:x}->{to:x} ");
    name.extend_from_slice(path);
    name
}

/// The two numbers of such a name, and the path behind them; none of a name that is a path alone.
pub(crate) fn unix_ends(name: &[u8]) -> Option<(u64, u64, &[u8])> {
    let blank = name.iter().position(|byte| *byte == b' ')?;
    let (ends, path) = name.split_at_checked(blank)?;
    let (from, to) = std::str::from_utf8(ends).ok()?.split_once("->")?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some((number(from)?, number(to)?, path.get(1..)?))
}

/// What a descriptor stands for. Copies made by `dup` and `fork` share it until one of them changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fd {
    /// Its kind.
    pub kind: FdKind,
    /// Falco's `fd.name`: the resolved path, the socket's ends, or nothing.
    pub name: Text,
    /// The path as the program gave it.
    pub raw_name: Option<Text>,
    /// Inode; 0 where not known, as Falco has it.
    pub inode: u64,
    /// Device, the kernel's encoding; 0 where not known.
    pub device: u32,
    /// Bits of `falco_abi::frame::created`.
    pub opened: u32,
    /// The ends of an IP socket.
    pub ip: Option<IpSocket>,
    /// Whether it is a unix socket that is connected.
    pub is_connected_unix: bool,
    /// Of a pidfd: the process.
    pub target: Option<u32>,
    /// Of a socket in Falco's dialect: what Falco keeps of its ends.
    pub(super) falco: Option<Box<FalcoSocket>>,
}

impl Fd {
    /// A descriptor of this kind without a name.
    pub(super) fn of(kind: FdKind) -> Fd {
        Fd {
            kind,
            ..Fd::default()
        }
    }

    /// A file or directory of this path.
    pub(super) fn path(kind: FdKind, name: Text, raw_name: Text) -> Fd {
        Fd {
            kind,
            name,
            raw_name: Some(raw_name),
            ..Fd::default()
        }
    }

    /// Whether it has a path.
    pub fn is_path(&self) -> bool {
        matches!(self.kind, FdKind::File | FdKind::Directory)
    }

    /// Takes the ends of its socket, and the kind and name that follow from them.
    pub(super) fn set_ip(&mut self, socket: IpSocket) {
        if let Some(kind) = socket.kind() {
            self.kind = kind;
        }
        self.name = socket.name().into();
        self.ip = Some(socket);
    }
}
