//! Kinds of descriptors, with Falco's words for them.
//!
//! It owns the kinds alone; which descriptor is of which kind, calls and snapshots say.

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
