//! Sockets made, bound, connected, accepted: their ends and who is client or server.

use std::sync::Arc;

use falco_abi::events;

use super::descriptor::add;
use crate::state::address::{self, Address, Endpoint, Ends, unix_name};
use crate::state::fd::Fd;
use crate::state::fd_kind::FdKind;
use crate::state::fds::Slot;
use crate::state::ip_socket::{Connection, IpSocket, Layer4, Side};
use crate::state::tables::keep::change;
use crate::state::{Row, State, path};

const AF_UNIX: u64 = 1;
const AF_INET: u64 = 2;
const AF_INET6: u64 = 10;
const AF_NETLINK: u64 = 16;
const AF_PACKET: u64 = 17;
const SOCK_CLOEXEC: u64 = 0o2_000_000;
const EINPROGRESS: i64 = -115;
const SOL_SOCKET: i64 = 1;
const SO_ERROR: i64 = 4;

pub(super) fn before(state: &mut State, row: Row<'_>) -> bool {
    match row.event() {
        events::socket::EVENT => socket(state, row),
        events::socketpair::EVENT => socketpair(state, row),
        events::bind::EVENT => bind(state, row),
        events::connect::EVENT => connect(state, row),
        events::accept::EVENT => {
            use events::accept as p;
            accept(state, row, (p::fd, p::tuple), None);
        }
        events::accept4::EVENT => {
            use events::accept4 as p;
            accept(state, row, (p::fd, p::tuple), row.uint(p::flags));
        }
        events::getsockopt::EVENT => getsockopt(state, row),
        // A listening socket was bound before; one that is shut down keeps its ends.
        events::listen::EVENT | events::shutdown::EVENT => {}
        _ => return false,
    }
    true
}

fn socket(state: &mut State, row: Row<'_>) {
    use events::socket as p;
    let Some(number) = row.fd(p::fd).filter(|&number| number >= 0) else {
        return;
    };
    let kind = row.uint(p::r#type).unwrap_or(0);
    let file = match row.uint(p::domain) {
        Some(AF_UNIX) => Fd::of(FdKind::Unix),
        Some(AF_NETLINK) => Fd::of(FdKind::Netlink),
        Some(family @ (AF_INET | AF_INET6)) => Fd {
            ip: Some(IpSocket {
                protocol: Layer4::of(
                    u32::try_from(kind & 0xf).unwrap_or(0),
                    row.u32(p::proto).unwrap_or(0),
                ),
                ..IpSocket::default()
            }),
            ..Fd::of(if family == AF_INET {
                FdKind::Ipv4
            } else {
                FdKind::Ipv6
            })
        },
        _ => Fd::of(FdKind::Unknown),
    };
    let closes = kind & SOCK_CLOEXEC != 0;
    add(
        state,
        row.tid(),
        Slot::new(number, Arc::new(file), closes, row.time()),
    );
}

fn socketpair(state: &mut State, row: Row<'_>) {
    use events::socketpair as p;
    if row.int(p::res) != Some(0) {
        return;
    }
    let closes = row.uint(p::r#type).unwrap_or(0) & SOCK_CLOEXEC != 0;
    for param in [p::fd1, p::fd2] {
        if let Some(number) = row.fd(param).filter(|&number| number >= 0) {
            let file = Arc::new(Fd::of(FdKind::Unix));
            add(
                state,
                row.tid(),
                Slot::new(number, file, closes, row.time()),
            );
        }
    }
}

/// Changes what a socket is; one that nobody has told of is known from then on, since it was used.
fn tell(state: &mut State, row: Row<'_>, number: i32, tell: impl FnOnce(&mut Fd)) {
    let thread = state.threads.get(row.tid());
    if thread.is_none_or(|thread| state.fd(thread, number).is_some()) {
        return change(state, row, number, tell);
    }
    let mut file = Fd::default();
    tell(&mut file);
    if file.kind != FdKind::Unknown {
        state.effect.fd_name_changed = !file.name.is_empty();
        let slot = Slot {
            is_used_alone: true,
            ..Slot::new(number, Arc::new(file), false, row.time())
        };
        add(state, row.tid(), slot);
    }
}

fn bind(state: &mut State, row: Row<'_>) {
    use events::bind as p;
    let Some(number) = row.fd(p::fd) else { return };
    if row.int(p::res) != Some(0) {
        return;
    }
    let address = row.bytes(p::addr).and_then(address::sockaddr);
    tell(state, row, number, |file| match address {
        Some(Address::Ip(end)) => bind_ip(file, end),
        Some(Address::Unix(path)) => {
            file.kind = FdKind::Unix;
            file.name = path.into();
        }
        Some(Address::Netlink) | None => {}
    });
}

/// Port 0 asks the kernel to choose: Falco does not take that for a server.
fn bind_ip(file: &mut Fd, end: Endpoint) {
    let old = file.ip.unwrap_or_default();
    let side = if end.port > 0 { Side::Server } else { old.side };
    file.set_ip(IpSocket {
        local: Some(end),
        remote: None,
        side,
        ..old
    });
}

fn connect(state: &mut State, row: Row<'_>) {
    use events::connect as p;
    let Some(number) = row.fd(p::fd) else { return };
    let connection = match row.int(p::res) {
        Some(0) => Connection::Connected,
        Some(EINPROGRESS) => Connection::Pending,
        _ => Connection::Failed,
    };
    let asked = row.bytes(p::addr).and_then(address::sockaddr);
    let ends = row.bytes(p::tuple).and_then(address::ends);
    tell(state, row, number, |file| {
        if connection == Connection::Failed {
            if let Some(ip) = &mut file.ip {
                ip.connection = connection;
            }
            return;
        }
        match (ends, asked) {
            (Some(Ends::Unix { inode, peer, path }), asked) => {
                let asked = match asked {
                    Some(Address::Unix(asked)) if !asked.is_empty() => asked,
                    _ => path,
                };
                file.kind = FdKind::Unix;
                file.is_connected_unix = true;
                file.name = unix_name(inode, peer, asked).into();
            }
            (None, Some(Address::Unix(asked))) => {
                file.kind = FdKind::Unix;
                file.name = unix_name(0, 0, asked).into();
            }
            (ends, asked) => connect_ip(file, ends, asked, connection),
        }
    });
}

fn connect_ip(
    file: &mut Fd,
    ends: Option<Ends<'_>>,
    asked: Option<Address<'_>>,
    connection: Connection,
) {
    let old = file.ip.unwrap_or_default();
    let (mut local, mut remote, mut protocol) = (old.local, None, old.protocol);
    if let Some(Ends::Ip {
        protocol: number,
        kind,
        local: from,
        remote: to,
    }) = ends
    {
        local = Some(from);
        remote = Some(to).filter(|end| !end.is_unset());
        protocol = protocol.or(Layer4::of(u32::from(kind), u32::from(number)));
    }
    if remote.is_none()
        && let Some(Address::Ip(end)) = asked
    {
        remote = Some(end);
    }
    if remote.is_none() {
        return;
    }
    file.set_ip(IpSocket {
        protocol,
        local,
        remote,
        side: Side::Client,
        connection,
    });
}

fn accept(state: &mut State, row: Row<'_>, (result, tuple): (usize, usize), flags: Option<u64>) {
    let Some(number) = row.fd(result).filter(|&number| number >= 0) else {
        return;
    };
    let mut file = Fd::default();
    match row.bytes(tuple).and_then(address::ends) {
        Some(Ends::Ip {
            protocol,
            kind,
            local,
            remote,
        }) => file.set_ip(IpSocket {
            protocol: Layer4::of(u32::from(kind), u32::from(protocol)),
            local: Some(local),
            remote: Some(remote),
            side: Side::Server,
            connection: Connection::Connected,
        }),
        Some(Ends::Unix { inode, peer, path }) => {
            file.kind = FdKind::Unix;
            file.is_connected_unix = true;
            file.name = unix_name(peer, inode, path).into();
        }
        None => {}
    }
    let closes = flags.unwrap_or(0) & SOCK_CLOEXEC != 0;
    add(
        state,
        row.tid(),
        Slot::new(number, Arc::new(file), closes, row.time()),
    );
}

/// `SO_ERROR` tells how a connection under way ended.
fn getsockopt(state: &mut State, row: Row<'_>) {
    use events::getsockopt as p;
    let asks_error = row.int(p::level) == Some(SOL_SOCKET) && row.int(p::optname) == Some(SO_ERROR);
    let (Some(number), Some(value)) = (row.fd(p::fd), row.bytes(p::val)) else {
        return;
    };
    if !asks_error || row.int(p::res) != Some(0) {
        return;
    }
    let failed = value.iter().any(|&byte| byte != 0);
    change(state, row, number, |file| {
        let pending = |ip: &&mut IpSocket| ip.connection == Connection::Pending;
        if let Some(ip) = file.ip.as_mut().filter(pending) {
            ip.connection = if failed {
                Connection::Failed
            } else {
                Connection::Connected
            };
        }
    });
}

/// A socket that a snapshot found: its kind, ends and name.
pub(super) fn from_tuple(bytes: &[u8]) -> Option<Fd> {
    let mut file = Fd::default();
    let family = bytes.first().copied().map(u64::from);
    let Some(ends) = address::ends(bytes) else {
        // Families without ends, as their `socket` makes them.
        return match family? {
            AF_NETLINK => Some(Fd::of(FdKind::Netlink)),
            AF_PACKET => Some(Fd::of(FdKind::Unknown)),
            _ => None,
        };
    };
    match ends {
        Ends::Ip {
            kind,
            protocol,
            local,
            remote,
        } if local.is_unset() && remote.is_unset() => {
            file.kind = if family == Some(AF_INET) {
                FdKind::Ipv4
            } else {
                FdKind::Ipv6
            };
            file.ip = Some(IpSocket {
                protocol: Layer4::of(u32::from(kind), u32::from(protocol)),
                ..IpSocket::default()
            });
        }
        Ends::Ip {
            protocol,
            kind,
            local,
            remote,
        } => {
            let remote = Some(remote).filter(|end| !end.is_unset());
            file.set_ip(IpSocket {
                protocol: Layer4::of(u32::from(kind), u32::from(protocol)),
                local: Some(local),
                remote,
                // One that is bound and not connected is a server, as after `bind`.
                side: if remote.is_none() && local.port > 0 {
                    Side::Server
                } else {
                    Side::Unknown
                },
                connection: if remote.is_some() {
                    Connection::Connected
                } else {
                    Connection::None
                },
            });
        }
        Ends::Unix { inode, peer, path } => {
            file.kind = FdKind::Unix;
            // Falco names one whose other end it does not know by its path alone.
            file.name = if peer == 0 {
                path.into()
            } else {
                unix_name(inode, peer, path).into()
            };
        }
    }
    Some(file)
}

/// The kind of what /proc calls by this name, with this mode.
pub(super) fn kind_of_link(name: &[u8], mode: u32) -> FdKind {
    const KINDS: [(&[u8], FdKind); 12] = [
        (b"pipe:[", FdKind::Pipe),
        (b"/memfd:", FdKind::Memfd),
        (b"anon_inode:[eventfd]", FdKind::Event),
        (b"anon_inode:[signalfd]", FdKind::Signal),
        (b"anon_inode:[eventpoll]", FdKind::Epoll),
        (b"anon_inode:inotify", FdKind::Inotify),
        (b"anon_inode:[timerfd]", FdKind::Timer),
        (b"anon_inode:[io_uring]", FdKind::IoUring),
        (b"anon_inode:[userfaultfd]", FdKind::Userfault),
        (b"anon_inode:[pidfd]", FdKind::Pidfd),
        (b"anon_inode:bpf", FdKind::Bpf),
        (b"pidfd:[", FdKind::Pidfd),
    ];
    const S_IFMT: u32 = 0o170_000;
    const S_IFIFO: u32 = 0o010_000;
    const S_IFDIR: u32 = 0o040_000;
    const S_IFREG: u32 = 0o100_000;
    if let Some((_, kind)) = KINDS.iter().find(|(prefix, _)| name.starts_with(prefix)) {
        return *kind;
    }
    match mode & S_IFMT {
        S_IFIFO => FdKind::Pipe,
        S_IFDIR => FdKind::Directory,
        // Namespaces are files without a path: `net:[4026531833]`.
        S_IFREG => FdKind::File,
        _ if path::directory(name).starts_with(b"/") && name.starts_with(b"/") => FdKind::File,
        _ => FdKind::Unknown,
    }
}
