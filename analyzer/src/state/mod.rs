//! The state of the node as a capture tells it: threads, descriptors, users, containers.
//!
//! Rows flow in, in stream order; what they changed can be asked until the next row.
//! This is the only part of the analyzer that depends on order.
//! It takes nothing from the machine it runs on, it knows nothing of rules, and it formats nothing but names of descriptors, which are part of the state.
//!
//! # Order
//!
//! [`State::before`] applies what an event makes, before rules see the event: rules see the new descriptor, the new program, the new user.
//! [`State::after`] applies what an event takes away (a close, an end), after rules saw what was there.
//! Only events whose row in the event table says that state depends on them have an effect, so a reader that leaves all others out gets the same state.
//!
//! # Who is who
//!
//! A thread is its tid and its start: a tid with another start is another thread, and whoever had the tid has ended unseen.
//! Starts in snapshots come from /proc in whole ticks of 10 ms, and agree with an exact start in the same tick.
//! A thread that appears without its birth is made from the leader of its process, or with nothing known.
//!
//! # Snapshots
//!
//! STATE rows say what was there at the time in the row. They stand before the events that followed the attaching of the probe, and may be younger than some of them.
//! - An event that a row already saw is applied again: everything that changed after it is in the stream too, so the result is the same. What must not happen twice is guarded: a birth keeps the descriptors that the snapshot found, a close does not take away what was seen later, an open onto its own descriptor owes no close.
//! - A row never overwrites what a younger event said, and never brings back what a younger event ended or closed.
//! - At the start of a later segment, a row adds what is not known and replaces what a loss made doubtful, nothing else: events are more exact than /proc.
//! - At the end of a snapshot, what a loss made doubtful and the snapshot did not find is dropped.
//!
//! # Limits
//!
//! [`StateLimits`] bound the memory; what they drop depends on the order of transitions alone, and [`StateCounters`] counts it.

mod accounts;
pub(crate) mod address;
mod apply;
mod cgroup;
mod containers;
mod fd;
mod fds;
mod host;
mod limits;
mod loss;
pub(crate) mod path;
mod projection;
mod row;
mod shared;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod thread;
mod threads;

use falco_format::{EventView, LostInterval};

pub use accounts::User;
pub use address::Endpoint;
pub use cgroup::{Cgroup, Cgroups, ContainerRef};
pub use containers::{Container, ContainerMount};
pub use fd::{Connection, Fd, FdKind, IpSocket, Layer4, Side};
pub(crate) use fd::{connection_name, endpoint_name, unix_name};
pub use fds::{FdTable, Slot};
pub use host::Host;
pub use limits::{StateCounters, StateLimits};
pub use loss::Doubt;
pub use projection::state_projection;
pub(crate) use row::Row;
pub use row::Text;
pub(crate) use thread::strings;
pub use thread::{Credentials, Directories, Ids, Program, Thread};

use accounts::Accounts;
use containers::Containers;
use loss::Losses;
use shared::{Handle, Shared};
use threads::Threads;

/// The working directory of a thread of which none is known, as Falco prints it.
pub(crate) const UNKNOWN_CWD: &[u8] = b"./";

/// How many ancestors are climbed at most: more than any honest process has.
const ANCESTORS_MAX: usize = 256;

/// What the last event changed that rules may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// It changed the name of the descriptor it used.
    pub fd_name_changed: bool,
}

/// How far a snapshot has been read.
#[derive(Clone, Copy, Debug, Default)]
struct Snapshot {
    /// Counts snapshots, from 1 for the first.
    epoch: u32,
    /// Time of its first row.
    began: u64,
}

/// The state at one position of the stream.
#[derive(Clone, Debug, Default)]
pub struct State {
    limits: StateLimits,
    counters: StateCounters,
    threads: Threads,
    files: Shared<FdTable>,
    directories: Shared<Directories>,
    /// Slots of all tables.
    fds: usize,
    accounts: Accounts,
    containers: Containers,
    host: Host,
    losses: Losses,
    snapshot: Snapshot,
    effect: Effect,
}

impl State {
    /// Nothing is known.
    pub fn new(limits: StateLimits) -> State {
        State {
            limits,
            ..State::default()
        }
    }

    /// Applies a row of a STATE item.
    pub fn apply_snapshot(&mut self, view: &EventView<'_>) {
        apply::snapshot(self, Row::new(*view));
    }

    /// Applies what an event makes. To be called before rules see the event.
    pub fn before(&mut self, view: &EventView<'_>) {
        apply::before(self, Row::new(*view));
    }

    /// Applies what an event takes away. To be called after rules saw the event.
    pub fn after(&mut self, view: &EventView<'_>) {
        apply::after(self, Row::new(*view));
    }

    /// Notes that rows were lost.
    pub fn lost(&mut self, intervals: &[LostInterval]) {
        self.losses.add(intervals);
    }

    /// The thread of this tid and start, if it is known.
    pub fn thread(&self, tid: u32, start: u64) -> Option<&Thread> {
        self.threads.find(tid, start)
    }

    /// The thread that now has this tid.
    pub fn thread_of_tid(&self, tid: u32) -> Option<&Thread> {
        self.threads.get(tid)
    }

    /// The tids of every known thread, sorted.
    pub fn tids(&self) -> Vec<u32> {
        self.threads.tids()
    }

    /// The leader of a thread's process, or the thread where the leader is not known.
    pub fn leader<'a>(&'a self, thread: &'a Thread) -> &'a Thread {
        self.threads.leader(thread)
    }

    /// The parent process of a thread.
    pub fn parent(&self, thread: &Thread) -> Option<&Thread> {
        self.threads.parent(thread)
    }

    /// The parent, its parent, and so on.
    pub fn ancestors<'a>(&'a self, thread: &'a Thread) -> impl Iterator<Item = &'a Thread> {
        std::iter::successors(self.parent(thread), |thread| self.parent(thread)).take(ANCESTORS_MAX)
    }

    /// How many threads of a process live.
    pub fn live_threads(&self, pid: u32) -> usize {
        self.threads.live_in_group(pid)
    }

    /// A thread's descriptors.
    pub fn fds(&self, thread: &Thread) -> Option<&FdTable> {
        self.files.get(thread.files)
    }

    /// A thread's descriptor.
    pub fn fd(&self, thread: &Thread, number: i32) -> Option<&Slot> {
        self.fds(thread)?.get(number)
    }

    /// A thread's working directory, with a trailing slash.
    pub fn cwd(&self, thread: &Thread) -> &[u8] {
        let directories = self.directories.get(thread.directories);
        directories
            .and_then(|directories| directories.cwd.as_deref())
            .unwrap_or(UNKNOWN_CWD)
    }

    /// A user. The container's id is none on the host.
    pub fn user(&self, container: Option<&[u8]>, uid: u32) -> Option<&User> {
        self.accounts.user(container, uid)
    }

    /// A group's name. The container's id is none on the host.
    pub fn group(&self, container: Option<&[u8]>, gid: u32) -> Option<&[u8]> {
        self.accounts.group(container, gid).map(|name| &name[..])
    }

    /// What the runtime said of a container, by the id that `container.id` shows.
    pub fn container(&self, id: &[u8]) -> Option<&Container> {
        self.containers.get(id)
    }

    /// The node.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// What the last event changed.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// What was dropped or could not be known so far.
    pub fn counters(&self) -> StateCounters {
        self.counters
    }

    /// How many threads, tables and descriptors are known.
    pub fn sizes(&self) -> (usize, usize, usize) {
        (self.threads.len(), self.files.len(), self.fds)
    }

    /// What of the state behind an event may be stale, because rows were lost or its beginning was not seen.
    pub fn doubt(&self, view: &EventView<'_>) -> Doubt {
        let row = Row::new(*view);
        let thread = self.thread(row.tid(), row.start());
        let mut doubt = self.doubt_of(thread);
        if let Some((thread, slot)) = thread.zip(self.named_fd(row)) {
            let is_datagram = slot
                .file
                .ip
                .is_some_and(|socket| socket.protocol != Some(Layer4::Tcp));
            let verified = self.fds(thread).map_or(0, |table| table.verified);
            doubt.fds |= is_datagram && verified < self.losses.datagrams_until();
        }
        doubt
    }

    /// The same of a thread, whatever it does, or of one that is not known.
    pub fn doubt_of(&self, thread: Option<&Thread>) -> Doubt {
        let Some(thread) = thread else {
            return Doubt {
                thread: true,
                fds: true,
            };
        };
        let is_stale = |verified: u64, until: u64| verified == 0 || verified < until;
        let until = self.losses.threads_until();
        let table = self.fds(thread).map_or(0, |table| table.verified);
        Doubt {
            // Rules ask for ancestors too.
            thread: is_stale(thread.verified, until)
                || self.ancestors(thread).any(|thread| thread.verified < until),
            fds: is_stale(table, self.losses.fds_until()),
        }
    }

    /// The descriptor that a row names as `fd`.
    fn named_fd(&self, row: Row<'_>) -> Option<&Slot> {
        let param = falco_abi::event(row.event())?.param("fd")?;
        self.fd(self.thread(row.tid(), row.start())?, row.fd(param)?)
    }

    /// Resolves a path against a directory descriptor, or the working directory where there is none.
    pub(crate) fn resolve(
        &self,
        thread: Option<&Thread>,
        directory: Option<i32>,
        path: &[u8],
    ) -> Vec<u8> {
        const AT_FDCWD: i32 = -100;
        if path.first() == Some(&b'/') {
            return path::resolve(b"/", path);
        }
        match (thread, directory) {
            (Some(thread), None | Some(AT_FDCWD)) => path::resolve(self.cwd(thread), path),
            (None, None | Some(AT_FDCWD)) => path::resolve(UNKNOWN_CWD, path),
            (Some(thread), Some(number)) => match self.fd(thread, number) {
                Some(slot) if slot.file.name.first() == Some(&b'/') => {
                    path::resolve(&slot.file.name, path)
                }
                _ => path::resolve(path::UNKNOWN_DIRECTORY, path),
            },
            (None, Some(_)) => path::resolve(path::UNKNOWN_DIRECTORY, path),
        }
    }

    /// Takes a thread out, with what it alone owned.
    fn remove_thread(&mut self, tid: u32) -> Option<Thread> {
        let thread = self.threads.remove(tid)?;
        self.release_files(thread.files);
        self.directories.release(thread.directories);
        Some(thread)
    }

    /// Adds a thread, and makes room for it.
    fn add_thread(&mut self, thread: Thread) {
        while self.threads.len() >= self.limits.threads.max(1) {
            let Some(tid) = self.threads.oldest() else {
                break;
            };
            self.remove_thread(tid);
            self.counters.threads_evicted += 1;
        }
        self.threads.insert(thread);
    }

    fn release_files(&mut self, files: Handle<FdTable>) {
        if let Some(table) = self.files.release(files) {
            self.fds = self.fds.saturating_sub(table.len());
        }
    }

    /// A copy of a table for a child; an empty one where the limit leaves no room.
    fn copy_files(&mut self, files: Handle<FdTable>) -> Handle<FdTable> {
        let Some(table) = self.files.get(files) else {
            return self.files.insert(FdTable::default());
        };
        let count = table.len();
        if self.fds.saturating_add(count) > self.limits.fds {
            self.counters.fds_refused += count as u64;
            return self.files.insert(FdTable::default());
        }
        let copy = table.inherited();
        self.fds += count;
        self.files.insert(copy)
    }

    fn copy_directories(&mut self, directories: Handle<Directories>) -> Handle<Directories> {
        let copy = self.directories.get(directories).cloned();
        self.directories.insert(copy.unwrap_or_default())
    }
}
