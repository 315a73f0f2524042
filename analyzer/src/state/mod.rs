//! The state of the node as a capture tells it: threads, descriptors, users, mounts, containers.
//!
//! Rows flow in, in stream order; what they changed can be asked until the next row.
//! This is the only part of the analyzer that depends on order. It takes nothing from the machine it runs on, it knows nothing of rules, and it formats nothing but names of descriptors, which are part of the state.
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
//! - A row holds again when the stream comes to its time: an event before it may have been applied to what was only to come.
//! - What an event to come has made ([`Foresight`]), such as the program after an exec, a row does not say of the time before: it is not known then.
//! - A row never overwrites what a younger event said, and never brings back what a younger event ended or closed.
//! - At the start of a later segment, a row adds what is not known and replaces what a loss made doubtful, nothing else: events are more exact than /proc.
//! - At the end of a snapshot, what a loss made doubtful and the snapshot did not find is dropped.
//!
//! # Falco's dialect
//!
//! Captures of Falco's have transitions of their own (`apply::falco`), over the same tables: their threads are known by tid alone, their events carry other facts, and what Falco makes of them is the measure, mistakes included.
//! There an entry is made for whoever is not known, so that every event of a thread has one.
//!
//! # Limits
//!
//! [`StateLimits`] bound the memory; what they drop depends on the order of transitions alone, and [`StateCounters`] counts it.

mod accounts;
pub(crate) mod address;
mod apply;
mod cgroup;
mod container;
mod containers;
mod ends;
pub mod facets;
mod falco;
mod fd;
mod fd_kind;
mod fds;
mod foresight;
mod healing;
mod host;
mod ip_socket;
mod kin;
mod limits;
mod loss;
mod mounts;
pub(crate) mod path;
mod pending;
mod projection;
pub(crate) mod row;
mod shared;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod thread;
mod threads;

use std::sync::Arc;

use falco_format::{Dialect, EventView, LostInterval};

pub use accounts::User;
pub use address::Endpoint;
pub(crate) use address::{connection_name, endpoint_name, unix_ends, unix_name};
pub use cgroup::{Cgroup, Cgroups, ContainerRef};
pub use container::{Container, ContainerMount};
use falco::Switches;
pub use falco::{CpuTimes, FalcoFacts};
pub(crate) use falco::{UNKNOWN_PID, layer4};
pub use fd::Fd;
pub use fd_kind::FdKind;
pub use fds::{FdTable, Slot};
pub use foresight::{Foresight, foreseen};
pub use healing::{LaterContainers, container_in};
pub use host::Host;
pub use ip_socket::{Connection, IpSocket, Layer4, Side};
pub use limits::{StateCounters, StateLimits};
pub use loss::Doubt;
pub use mounts::Mount;
pub use projection::state_projection;
pub use row::Text;
pub(crate) use row::{Row, strings};
pub use thread::{Credentials, Directories, Ids, Program, Thread};

use accounts::Accounts;
use containers::Containers;
use mounts::Mounts;
use pending::Pending;
use shared::{Handle, Shared};
use threads::Threads;

/// How many ancestors are climbed at most: more than any honest process has.
const ANCESTORS_MAX: usize = 256;

/// What the last event changed that rules may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// It changed the name of the descriptor it used.
    pub fd_name_changed: bool,
    /// It ended the turn of its thread on a CPU, which took so many nanoseconds.
    pub turn_ns: Option<u64>,
    /// It reported the time that its thread used since the last report.
    pub cpu_used: Option<CpuTimes>,
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
#[derive(Clone, Debug)]
pub struct State {
    dialect: Dialect,
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
    mounts: Mounts,
    losses: loss::Losses,
    snapshot: Snapshot,
    foresight: Arc<Foresight>,
    pending: Pending,
    switches: Switches,
    effect: Effect,
}

impl State {
    /// Nothing is known of a capture whose values are in this dialect.
    pub fn new(limits: StateLimits, dialect: Dialect) -> State {
        State {
            dialect,
            limits: match dialect {
                Dialect::Native => limits,
                Dialect::Falco => limits.as_falco(),
            },
            counters: StateCounters::default(),
            threads: match dialect {
                Dialect::Native => Threads::default(),
                Dialect::Falco => Threads::of_falco(),
            },
            files: Shared::default(),
            directories: Shared::default(),
            fds: 0,
            accounts: Accounts::default(),
            containers: Containers::default(),
            host: Host::default(),
            mounts: Mounts::default(),
            losses: loss::Losses::default(),
            snapshot: Snapshot::default(),
            foresight: Arc::default(),
            pending: Pending::default(),
            switches: Switches::default(),
            effect: Effect::default(),
        }
    }

    /// Whose words the values of the capture's rows are.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// A row of the capture, to be read by the event table's parameters.
    pub(crate) fn row<'a>(&self, view: &EventView<'a>) -> Row<'a> {
        Row::new(*view, self.dialect)
    }

    /// Applies a row of a STATE item.
    pub fn apply_snapshot(&mut self, view: &EventView<'_>) {
        apply::snapshot(self, self.row(view));
    }

    /// Applies what an event makes. To be called before rules see the event.
    pub fn before(&mut self, view: &EventView<'_>) {
        apply::reach(self, view.meta().time);
        apply::before(self, self.row(view));
    }

    /// Applies what an event takes away. To be called after rules saw the event.
    pub fn after(&mut self, view: &EventView<'_>) {
        apply::after(self, self.row(view));
    }

    /// The stream has come to a time, whether a row of that time is applied or not.
    pub fn reach(&mut self, time: u64) {
        apply::reach(self, time);
    }

    /// Notes that rows were lost.
    pub fn lost(&mut self, intervals: &[LostInterval]) {
        self.losses.add(intervals);
    }

    /// The thread of this tid and start, if it is known.
    pub fn thread(&self, tid: u32, start: u64) -> Option<&Thread> {
        self.threads.find(tid, start)
    }

    /// The thread that a row is about, if it is about one and that is known.
    pub(crate) fn thread_of(&self, row: Row<'_>) -> Option<&Thread> {
        match self.dialect {
            Dialect::Native => self.thread(row.tid(), row.start()),
            // Falco makes entries for calls alone, and finds the thread of any event: a report of the capturing program's has one too.
            Dialect::Falco => self.threads.get(row.tid()),
        }
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

    /// The leader of a thread's process; where it is not known the thread itself, and in Falco's dialect none.
    pub fn main_thread<'a>(&'a self, thread: &'a Thread) -> Option<&'a Thread> {
        match self.dialect {
            Dialect::Native => Some(self.threads.leader(thread)),
            Dialect::Falco if thread.is_leader() => Some(thread),
            Dialect::Falco => self.threads.get(thread.pid).filter(|main| main.is_leader()),
        }
    }

    /// The parent process of a thread.
    pub fn parent(&self, thread: &Thread) -> Option<&Thread> {
        match self.dialect {
            Dialect::Native => self.threads.parent(thread),
            // There the parent's number is that of the thread that gave birth.
            Dialect::Falco => {
                let tid = u32::try_from(thread.ids.ptid?).ok()?;
                self.main_thread(self.threads.get(tid)?)
            }
        }
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

    /// The root directory of a thread; `/` where it was not changed.
    pub fn root(&self, thread: &Thread) -> &[u8] {
        let directories = self.directories.get(thread.directories);
        let root = directories.and_then(|directories| directories.root.as_deref());
        root.unwrap_or(b"/")
    }

    /// A thread's working directory, with a trailing slash.
    pub fn cwd(&self, thread: &Thread) -> &[u8] {
        if self.dialect == Dialect::Falco {
            let main = self.main_thread(thread);
            return main.map_or(path::UNKNOWN_CWD, |main| self.own_cwd(main));
        }
        let directories = self.directories.get(thread.directories);
        directories
            .and_then(|directories| directories.cwd.as_deref())
            .unwrap_or(path::UNKNOWN_CWD)
    }

    /// The directory that a thread itself was told, empty where it was told none.
    fn own_cwd(&self, thread: &Thread) -> &[u8] {
        let directories = self.directories.get(thread.directories);
        directories
            .and_then(|directories| directories.cwd.as_deref())
            .unwrap_or_default()
    }

    /// A user. The container's id is none on the host.
    pub fn user(&self, container: Option<&[u8]>, uid: u32) -> Option<&User> {
        self.accounts.user(container, uid)
    }

    /// A group's name. The container's id is none on the host.
    pub fn group(&self, container: Option<&[u8]>, gid: u32) -> Option<&[u8]> {
        self.accounts.group(container, gid).map(|name| &name[..])
    }

    /// The mounts of a namespace, in the order in which they were mounted; none if it is not known.
    pub fn mounts(&self, mnt_ns: u64) -> Option<&[Mount]> {
        self.mounts.list(mnt_ns)
    }

    /// The mount that a path of the host lies on for a thread.
    pub fn mount_of(&self, thread: &Thread, path: &[u8]) -> Option<&Mount> {
        self.mounts.of_path(thread.mnt_ns?, path)
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
        let row = self.row(view);
        if self.dialect == Dialect::Falco {
            return self.falco_doubt(row);
        }
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

    /// The same in Falco's dialect, which says of no loss what it took: only what was never seen is doubtful.
    fn falco_doubt(&self, row: Row<'_>) -> Doubt {
        let is_unknown = self.thread_of(row).is_none_or(Thread::is_invalid);
        let unknown = is_unknown && apply::falco::has_thread(row);
        Doubt {
            thread: unknown,
            fds: unknown,
        }
    }

    /// The same of a thread, whatever it does, or of one that is not known.
    pub fn doubt_of(&self, thread: Option<&Thread>) -> Doubt {
        let Some(thread) = thread else {
            return Doubt {
                thread: true,
                fds: true,
            };
        };
        let now = self.pending.now();
        // What a snapshot has only seen later may not be so yet. Before the first event there is nothing to be late for.
        let is_ahead = |verified: u64| now != 0 && verified > now;
        let is_stale =
            |verified: u64, until: u64| verified == 0 || verified < until || is_ahead(verified);
        let until = self.losses.threads_until();
        let (table, ahead_until) = self
            .fds(thread)
            .map_or((0, 0), |table| (table.verified, table.ahead_until));
        Doubt {
            // Rules ask for ancestors too.
            thread: is_stale(thread.verified, until)
                || self.ancestors(thread).any(|thread| thread.verified < until),
            fds: is_stale(table, self.losses.fds_until()) || is_ahead(ahead_until),
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
        if self.dialect == Dialect::Falco {
            let directory = i64::from(directory.unwrap_or(AT_FDCWD));
            let base = apply::falco::base(self, thread, Some(directory), path);
            return path::join_as_falco(&base, path);
        }
        if path.first() == Some(&b'/') {
            return path::resolve(b"/", path);
        }
        match (thread, directory) {
            (Some(thread), None | Some(AT_FDCWD)) => path::resolve(self.cwd(thread), path),
            (None, None | Some(AT_FDCWD)) => path::resolve(path::UNKNOWN_CWD, path),
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

    /// Adds a thread, and makes room for it; in Falco's dialect there may be none.
    fn add_thread(&mut self, thread: Thread) {
        // Falco keeps those it has.
        if self.dialect == Dialect::Falco && self.threads.len() >= self.limits.threads.max(1) {
            self.counters.threads_evicted += 1;
            self.release_files(thread.files);
            self.directories.release(thread.directories);
            return;
        }
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
    fn copy_files(&mut self, files: Handle<FdTable>, time: u64) -> Handle<FdTable> {
        let Some(table) = self.files.get(files) else {
            return self.files.insert(FdTable::default());
        };
        let count = table.len();
        if self.fds.saturating_add(count) > self.limits.fds {
            self.counters.fds_refused += count as u64;
            return self.files.insert(FdTable::default());
        }
        let copy = table.inherited(time);
        self.fds += count;
        self.files.insert(copy)
    }

    fn copy_directories(&mut self, directories: Handle<Directories>) -> Handle<Directories> {
        let copy = self.directories.get(directories).cloned();
        self.directories.insert(copy.unwrap_or_default())
    }
}
