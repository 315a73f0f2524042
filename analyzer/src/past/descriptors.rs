//! What the descriptors of a process stand for.
//!
//! In: a process at a moment. Out: its descriptors in the order of numbers. Which names they have is the state's to say.

use falco_format::UnixNanos;

use super::Process;
use crate::state::{Connection, Endpoint, FdKind, FdTable, IpSocket, Layer4, Side, Slot, Thread};

/// The kernel's mark on the path of a file that is no more.
const DELETED: &[u8] = b" (deleted)";

/// A descriptor at a moment.
#[derive(Clone, Copy)]
pub struct Descriptor<'s> {
    /// Whose it is.
    pub process: Process<'s>,
    /// The thread that has it: the process's leader, unless another thread has descriptors of its own.
    pub tid: u32,
    slot: &'s Slot,
}

impl<'s> Process<'s> {
    /// Its descriptors, and those of threads that have some of their own.
    #[must_use]
    pub fn descriptors(&self) -> Vec<Descriptor<'s>> {
        let mut told: Vec<&FdTable> = Vec::new();
        let mut all = Vec::new();
        for thread in self.its_threads() {
            let Some(table) = self.state().fds(thread) else {
                continue;
            };
            if told.iter().any(|other| std::ptr::eq(*other, table)) {
                continue;
            }
            told.push(table);
            all.extend(table.iter().map(|slot| Descriptor {
                process: *self,
                tid: thread.tid.0,
                slot,
            }));
        }
        all
    }

    /// The thread that stands for it, and the others.
    fn its_threads(&self) -> impl Iterator<Item = &'s Thread> {
        let (state, thread) = (self.state(), self.thread());
        let others = state.tids_of(thread.pid).into_iter();
        let others = others.filter(move |&tid| tid != thread.tid);
        std::iter::once(thread).chain(others.filter_map(|tid| state.thread_of_tid(tid)))
    }
}

impl<'s> Descriptor<'s> {
    /// Its number.
    #[must_use]
    pub fn number(&self) -> i32 {
        self.slot.number
    }

    fn kind(&self) -> FdKind {
        self.slot.file.kind
    }

    /// What it stands for, as `fd.type` names it.
    #[must_use]
    pub fn type_name(&self) -> Option<&'static str> {
        self.kind().name()
    }

    /// Whether it is a socket.
    #[must_use]
    pub fn is_socket(&self) -> bool {
        self.kind().is_socket()
    }

    /// Its name, as `fd.name` shows it; none where it has none.
    #[must_use]
    pub fn name(&self) -> Option<&'s [u8]> {
        Some(&self.slot.file.name[..]).filter(|name| !name.is_empty())
    }

    /// Whether it is a file or a directory.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.slot.file.is_path()
    }

    /// Whether it is a file that had no name any more when a snapshot looked at it.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.slot.file.is_path() && self.slot.file.name.ends_with(DELETED)
    }

    /// The inode.
    #[must_use]
    pub fn inode(&self) -> Option<u64> {
        Some(self.slot.file.inode).filter(|&inode| inode != 0)
    }

    /// Whether an exec closes it.
    #[must_use]
    pub fn is_closed_on_exec(&self) -> bool {
        self.slot.close_on_exec
    }

    fn ip(&self) -> Option<&'s IpSocket> {
        self.slot.file.ip.as_ref()
    }

    /// The protocol above IP.
    #[must_use]
    pub fn protocol(&self) -> Option<&'static str> {
        Some(self.ip()?.protocol?.name())
    }

    /// Its own end.
    #[must_use]
    pub fn local(&self) -> Option<Endpoint> {
        self.ip()?.local
    }

    /// The other end.
    #[must_use]
    pub fn remote(&self) -> Option<Endpoint> {
        self.ip()?.remote
    }

    /// Whether it is connected; none for what cannot be.
    #[must_use]
    pub fn is_connected(&self) -> Option<bool> {
        match self.ip() {
            Some(ip) => Some(ip.connection == Connection::Connected),
            None => (self.kind() == FdKind::Unix).then_some(self.slot.file.is_connected_unix),
        }
    }

    /// How far a socket is, in the kernel's words as `netstat` has them; none for what has no such state.
    ///
    /// Which bound TCP sockets wait for others, the recording does not tell for each: one that is bound and not connected counts as one that does.
    #[must_use]
    pub fn socket_state(&self) -> Option<&'static str> {
        let Some(ip) = self.ip() else {
            let is_connected = self.kind() == FdKind::Unix && self.slot.file.is_connected_unix;
            return is_connected.then_some("CONNECTED");
        };
        let is_bound = ip.local.is_some_and(|end| end.port > 0);
        let is_tcp = ip.protocol == Some(Layer4::Tcp);
        match ip.connection {
            Connection::Connected => Some("ESTABLISHED"),
            Connection::Pending if is_tcp => Some("SYN_SENT"),
            Connection::None if is_tcp && is_bound && ip.remote.is_none() => Some("LISTEN"),
            _ => is_tcp.then_some("CLOSE"),
        }
    }

    /// Whether its owner waits for others to come to it: a TCP socket that listens, another that is bound and has no other end.
    #[must_use]
    pub fn is_listener(&self) -> bool {
        self.ip().is_some_and(|ip| {
            let is_bound = ip.local.is_some_and(|end| end.port > 0);
            is_bound && ip.remote.is_none() && ip.connection == Connection::None
        })
    }

    /// Whether its owner was connected to.
    pub(super) fn is_server(&self) -> bool {
        let is_so =
            |ip: &IpSocket| ip.side == Side::Server && ip.connection == Connection::Connected;
        self.ip().is_some_and(is_so)
    }

    /// Boot time at which it was known to stand for this.
    pub(super) fn known_at(&self) -> u64 {
        self.slot.time
    }

    /// Since when it is known to stand for this.
    #[must_use]
    pub fn since(&self) -> Option<UnixNanos> {
        self.process.realtime(self.slot.time)
    }

    /// Whether nothing was lost that it may rest on.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.process.has_complete_descriptors()
    }
}
