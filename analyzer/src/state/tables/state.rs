//! All tables of one capture at one position of its stream, and what can be asked of them in the same way in both dialects.
//!
//! In: nothing by itself; the transitions of either dialect reach into it. Out: threads, descriptors, accounts, containers, mounts, the node.
//! Questions whose answer depends on the dialect stand in `seam`.

use std::sync::Arc;

use falco_format::{Dialect, LostInterval, Pid, Tid};

use super::accounts::{Accounts, User};
use super::container::Container;
use super::containers::Containers;
use super::facets::Facets;
use super::falco::{CpuTimes, Switches};
use super::fds::{FdTable, Slot};
use super::foresight::Foresight;
use super::healing::LaterContainers;
use super::host::Host;
use super::limits::{StateCounters, StateLimits};
use super::loss::Losses;
use super::mounts::{Mount, Mounts};
use super::pending::Pending;
use super::shared::Shared;
use super::thread::{Directories, Thread};
use super::threads::Threads;

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
pub(in crate::state) struct Snapshot {
    /// Counts snapshots, from 1 for the first.
    pub(in crate::state) epoch: u32,
    /// Time of its first row.
    pub(in crate::state) began: u64,
    /// How many things it could not read, as its end says.
    pub(in crate::state) unreadable: u64,
}

/// The state at one position of the stream.
#[derive(Clone, Debug)]
pub struct State {
    pub(in crate::state) dialect: Dialect,
    pub(in crate::state) limits: StateLimits,
    pub(in crate::state) counters: StateCounters,
    pub(in crate::state) threads: Threads,
    pub(in crate::state) files: Shared<FdTable>,
    pub(in crate::state) directories: Shared<Directories>,
    /// Slots of all tables.
    pub(in crate::state) fds: usize,
    pub(in crate::state) accounts: Accounts,
    pub(in crate::state) containers: Containers,
    pub(in crate::state) host: Host,
    pub(in crate::state) mounts: Mounts,
    pub(in crate::state) losses: Losses,
    pub(in crate::state) snapshot: Snapshot,
    pub(in crate::state) foresight: Arc<Foresight>,
    pub(in crate::state) pending: Pending,
    pub(in crate::state) switches: Switches,
    pub(in crate::state) effect: Effect,
    /// In Falco's dialect: whether the begin of a call was ever kept.
    pub(in crate::state) has_begins: bool,
}

impl State {
    /// Nothing is known yet. How much is kept, and how threads are found, the dialect says.
    pub(in crate::state) fn empty(
        dialect: Dialect,
        limits: StateLimits,
        threads: Threads,
    ) -> State {
        State {
            dialect,
            limits,
            counters: StateCounters::default(),
            threads,
            files: Shared::default(),
            directories: Shared::default(),
            fds: 0,
            accounts: Accounts::default(),
            containers: Containers::default(),
            host: Host::default(),
            mounts: Mounts::default(),
            losses: Losses::default(),
            snapshot: Snapshot::default(),
            foresight: Arc::default(),
            pending: Pending::default(),
            switches: Switches::default(),
            effect: Effect::default(),
            has_begins: false,
        }
    }

    /// Whose words the values of the capture's rows are.
    #[inline]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Notes that rows were lost.
    pub fn lost(&mut self, intervals: &[LostInterval]) {
        self.losses.add(intervals);
    }

    /// Takes what the stream will change before the rows of the next snapshot are true.
    pub fn foresee(&mut self, foresight: Foresight) {
        self.foresight = Arc::new(foresight);
    }

    /// The thread of this tid and start, if it is known.
    #[inline]
    pub fn thread(&self, tid: Tid, start: u64) -> Option<&Thread> {
        self.threads.find(tid, start)
    }

    /// The thread that now has this tid.
    #[inline]
    pub fn thread_of_tid(&self, tid: Tid) -> Option<&Thread> {
        self.threads.get(tid)
    }

    /// The tids of every known thread, sorted.
    pub fn tids(&self) -> Vec<Tid> {
        self.threads.tids()
    }

    /// The tids of a process, sorted.
    pub(crate) fn tids_of(&self, pid: Pid) -> Vec<Tid> {
        self.threads.group(pid)
    }

    /// The parent, its parent, and so on.
    pub fn ancestors<'a>(&'a self, thread: &'a Thread) -> impl Iterator<Item = &'a Thread> {
        std::iter::successors(self.parent(thread), |thread| self.parent(thread)).take(ANCESTORS_MAX)
    }

    /// How many threads of a process live.
    pub fn live_threads(&self, pid: Pid) -> usize {
        self.threads.live_in_group(pid)
    }

    /// The parts of state beside threads whose changes are counted.
    pub const COUNTED: Facets = Facets::ACCOUNTS
        .and(Facets::CONTAINERS)
        .and(Facets::DIRECTORIES);

    /// Another number whenever one of these parts may have been changed, of those that are counted.
    pub fn version_of(&self, parts: Facets) -> u64 {
        let counts = [
            (Facets::ACCOUNTS, self.accounts.changes()),
            (Facets::CONTAINERS, self.containers.changes()),
            (Facets::DIRECTORIES, self.directories.changes()),
        ];
        // Each only grows, so the sum is another one whenever one of them is.
        let asked = counts.iter().filter(|(part, _)| parts.meets(*part));
        asked.map(|(_, changes)| changes).sum()
    }

    /// Another number whenever any thread may have been changed.
    pub fn version_of_threads(&self) -> u64 {
        self.threads.changes()
    }

    /// A thread's descriptors.
    #[inline]
    pub fn fds(&self, thread: &Thread) -> Option<&FdTable> {
        self.files.get(thread.files)
    }

    /// A thread's descriptor.
    #[inline]
    pub fn fd(&self, thread: &Thread, number: i32) -> Option<&Slot> {
        self.fds(thread)?.get(number)
    }

    /// The root directory of a thread; `/` where it was not changed.
    pub fn root(&self, thread: &Thread) -> &[u8] {
        let directories = self.directories.get(thread.directories);
        let root = directories.and_then(|directories| directories.root.as_deref());
        root.unwrap_or(b"/")
    }

    /// A user. The container's id is none on the host.
    pub fn user(&self, container: Option<&[u8]>, uid: u32) -> Option<&User> {
        self.accounts.user(container, uid)
    }

    /// A group's name. The container's id is none on the host.
    pub fn group(&self, container: Option<&[u8]>, gid: u32) -> Option<&[u8]> {
        self.accounts.group(container, gid).map(|name| &name[..])
    }

    /// Every user with its container, empty on the host, and its id; in their order.
    pub fn users(&self) -> Vec<(&[u8], u32, &User)> {
        self.accounts.users()
    }

    /// The mounts of a mount namespace in the order in which they were mounted; none where it is not known.
    pub fn mounts_of(&self, namespace: u64) -> Option<&[Mount]> {
        self.mounts.list(namespace)
    }

    /// How many things the last snapshot could not read.
    pub fn unreadable(&self) -> u64 {
        self.snapshot.unreadable
    }

    /// Every container of which a runtime said something, in the order of ids.
    pub fn containers(&self) -> Vec<&Container> {
        self.containers.all()
    }

    /// What the runtime said of a container, by the id that `container.id` shows.
    pub fn container(&self, id: &[u8]) -> Option<&Container> {
        self.containers.get(id)
    }

    /// What was known of a container at this position of the stream, though it be healed.
    pub fn container_as_recorded(&self, id: &[u8]) -> Option<&Container> {
        self.containers.as_recorded(id)
    }

    /// Completes containers with what will be said of them later.
    pub fn heal_containers(&mut self, later: Arc<LaterContainers>) {
        self.containers.heal(later);
    }

    /// Whether containers are completed with what is said of them later.
    pub fn heals_containers(&self) -> bool {
        self.containers.heals()
    }

    /// The container that the last row about one told of.
    pub fn last_container(&self) -> Option<&Container> {
        self.containers.last()
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
}
