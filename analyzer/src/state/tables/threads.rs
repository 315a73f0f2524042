//! The table of threads: who lives, who is whose parent, and who goes first when there are too many.

use std::collections::{BTreeSet, VecDeque};

use falco_format::{Pid, Tid};
use hashbrown::HashMap;

use super::by_tid::ByTid;
use super::ends::Ends;
use super::numbers::Ptid;
use super::thread::Thread;

/// The threads of a process. Who lives is kept beside who there is, so that an end asks nobody else.
#[derive(Clone, Debug, Default)]
struct Group {
    /// All, in order.
    tids: BTreeSet<Tid>,
    leader_lives: bool,
    /// The living but the leader, in the order in which they were added: serial and tid.
    members: BTreeSet<(u64, Tid)>,
}

impl Group {
    fn add(&mut self, thread: &Thread) {
        self.tids.insert(thread.tid);
        self.mark(thread);
    }

    /// Takes over whether a thread of the group lives.
    fn mark(&mut self, thread: &Thread) {
        if thread.is_leader() {
            self.leader_lives = !thread.is_dead;
        } else if thread.is_dead {
            self.members.remove(&(thread.serial, thread.tid));
        } else {
            self.members.insert((thread.serial, thread.tid));
        }
    }

    fn remove(&mut self, pid: Pid, thread: &Thread) {
        self.tids.remove(&thread.tid);
        self.members.remove(&(thread.serial, thread.tid));
        self.leader_lives &= thread.tid != pid.leader();
    }

    fn live(&self) -> usize {
        self.members.len() + usize::from(self.leader_lives)
    }
}

/// How many threads of groups were gone through, for tests that bound it.
#[cfg(test)]
pub(in crate::state) mod work {
    use std::cell::Cell;

    thread_local! {
        static DONE: Cell<usize> = const { Cell::new(0) };
    }

    pub(in crate::state) fn add(count: usize) {
        DONE.with(|done| done.set(done.get() + count));
    }

    /// What was done since it was asked the last time.
    pub(in crate::state) fn take() -> usize {
        DONE.with(|done| done.replace(0))
    }
}

/// The threads by tid. At most one of each lives.
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct Threads {
    by_tid: ByTid,
    /// Whether every thread is somebody's child, as in Falco's dialect, and not leaders alone.
    threads_are_children: bool,
    /// Process id → its threads.
    groups: HashMap<Pid, Group>,
    /// Parent → its children, in order: leaders of processes, in Falco's dialect any threads.
    children: HashMap<Ptid, BTreeSet<Tid>>,
    /// Tid and serial in the order in which they were added; entries of those that have gone are skipped.
    added: VecDeque<(Tid, u64)>,
    next_serial: u64,
    ends: Ends,
}

impl Threads {
    /// Threads in Falco's dialect: each is a child of a thread, not of a process.
    pub(in crate::state) fn of_falco() -> Threads {
        Threads {
            threads_are_children: true,
            ..Threads::default()
        }
    }

    /// Another number whenever any thread may have been changed.
    pub(in crate::state) fn changes(&self) -> u64 {
        self.by_tid.changes()
    }

    fn is_child(&self, thread: &Thread) -> bool {
        thread.is_leader() || self.threads_are_children
    }

    pub(in crate::state) fn len(&self) -> usize {
        self.by_tid.len()
    }

    /// The thread of this tid, whoever it is.
    #[inline]
    pub(in crate::state) fn get(&self, tid: Tid) -> Option<&Thread> {
        self.by_tid.get(tid)
    }

    #[inline]
    pub(in crate::state) fn get_mut(&mut self, tid: Tid) -> Option<&mut Thread> {
        self.by_tid.get_mut(tid)
    }

    /// A thread, to note when something about it was seen: what no field tells. Its version stays.
    #[inline]
    pub(in crate::state) fn mark(&mut self, tid: Tid) -> Option<&mut Thread> {
        self.by_tid.mark(tid)
    }

    /// Turns to a thread, whose rows follow. Whether it is there.
    #[inline]
    pub(in crate::state) fn turn_to(&mut self, tid: Tid) -> bool {
        self.by_tid.turn_to(tid)
    }

    /// The thread of this tid and start.
    pub(in crate::state) fn find(&self, tid: Tid, start: u64) -> Option<&Thread> {
        self.get(tid).filter(|thread| thread.is_same(start, true))
    }

    /// Every thread, in no order.
    pub(in crate::state) fn iter(&self) -> impl Iterator<Item = &Thread> {
        self.by_tid.iter()
    }

    /// The tids of all threads, sorted.
    pub(in crate::state) fn tids(&self) -> Vec<Tid> {
        let mut tids: Vec<Tid> = self.iter().map(|thread| thread.tid).collect();
        tids.sort_unstable();
        tids
    }

    /// Adds a thread. Whoever had the tid must be gone.
    pub(in crate::state) fn insert(&mut self, mut thread: Thread) {
        thread.serial = self.next_serial;
        self.next_serial += 1;
        self.groups.entry(thread.pid).or_default().add(&thread);
        if self.is_child(&thread)
            && let Some(parent) = thread.ids.ptid
        {
            self.children.entry(parent).or_default().insert(thread.tid);
        }
        self.added.push_back((thread.tid, thread.serial));
        self.by_tid.insert(thread);
        // Entries of the dead must not outgrow the living.
        if self.added.len() > 2 * self.by_tid.len() + 1024 {
            let by_tid = &self.by_tid;
            self.added
                .retain(|(tid, serial)| by_tid.get(*tid).is_some_and(|t| t.serial == *serial));
        }
    }

    /// Takes a thread out.
    pub(in crate::state) fn remove(&mut self, tid: Tid) -> Option<Thread> {
        let thread = self.by_tid.remove(tid)?;
        self.leave(thread.pid, &thread);
        if self.is_child(&thread)
            && let Some(parent) = thread.ids.ptid
        {
            self.disown(parent, tid);
        }
        Some(thread)
    }

    /// The thread that was added first, to make room.
    pub(in crate::state) fn oldest(&mut self) -> Option<Tid> {
        while let Some((tid, serial)) = self.added.pop_front() {
            if self.get(tid).is_some_and(|thread| thread.serial == serial) {
                return Some(tid);
            }
        }
        None
    }

    /// The tids of a process, in order.
    pub(in crate::state) fn group(&self, pid: Pid) -> Vec<Tid> {
        let group = self.groups.get(&pid);
        let tids: Vec<Tid> =
            group.map_or_else(Vec::new, |group| group.tids.iter().copied().collect());
        #[cfg(test)]
        work::add(tids.len());
        tids
    }

    /// The first thread of a process that is not `except`, by tid.
    pub(in crate::state) fn other_in_group(&self, pid: Pid, except: Tid) -> Option<&Thread> {
        let mut tids = self.groups.get(&pid)?.tids.iter();
        self.get(*tids.find(|tid| **tid != except)?)
    }

    /// How many threads of a process are known and live.
    pub(in crate::state) fn live_in_group(&self, pid: Pid) -> usize {
        self.groups.get(&pid).map_or(0, Group::live)
    }

    /// A living thread of a process that is not `except`: its leader, else the one that was added last.
    pub(in crate::state) fn living(&self, pid: Pid, except: Tid) -> Option<Tid> {
        let group = self.groups.get(&pid)?;
        if group.leader_lives && pid.leader() != except {
            return Some(pid.leader());
        }
        let mut latest = group.members.iter().rev().map(|(_, tid)| *tid);
        latest.find(|&tid| tid != except)
    }

    /// Marks a thread as ended, or as living again.
    pub(in crate::state) fn set_dead(&mut self, tid: Tid, is_dead: bool) {
        let Some(thread) = self.by_tid.get_mut(tid) else {
            return;
        };
        thread.is_dead = is_dead;
        if let Some(group) = self.groups.get_mut(&thread.pid) {
            group.mark(thread);
        }
    }

    fn leave(&mut self, pid: Pid, thread: &Thread) {
        if let Some(group) = self.groups.get_mut(&pid) {
            group.remove(pid, thread);
            if group.tids.is_empty() {
                self.groups.remove(&pid);
            }
        }
    }

    /// Puts a thread into the process that it is known to belong to now.
    pub(in crate::state) fn set_process(&mut self, tid: Tid, pid: Pid) {
        let Some(thread) = self.by_tid.get_mut(tid) else {
            return;
        };
        let old = std::mem::replace(&mut thread.pid, pid);
        if old == pid {
            return;
        }
        self.groups.entry(pid).or_default().add(thread);
        if let Some(group) = self.groups.get_mut(&old) {
            group.remove(old, thread);
            if group.tids.is_empty() {
                self.groups.remove(&old);
            }
        }
    }

    /// Gives a process another parent.
    pub(in crate::state) fn set_parent(&mut self, tid: Tid, parent: Option<Ptid>) {
        let Some(thread) = self.by_tid.get_mut(tid) else {
            return;
        };
        let old = std::mem::replace(&mut thread.ids.ptid, parent);
        if old == parent || !(thread.is_leader() || self.threads_are_children) {
            return;
        }
        if let Some(old) = old {
            self.disown(old, tid);
        }
        if let Some(parent) = parent {
            self.children.entry(parent).or_default().insert(tid);
        }
    }

    /// The children of a parent, in order: the leaders of its child processes, in Falco's dialect its child threads.
    pub(in crate::state) fn children(&self, parent: impl Into<Ptid>) -> Vec<Tid> {
        let children = self.children.get(&parent.into());
        children.map_or_else(Vec::new, |tids| tids.iter().copied().collect())
    }

    /// Whether a parent has children.
    pub(in crate::state) fn has_children(&self, parent: impl Into<Ptid>) -> bool {
        self.children.contains_key(&parent.into())
    }

    fn disown(&mut self, parent: Ptid, child: Tid) {
        if let Some(children) = self.children.get_mut(&parent) {
            children.remove(&child);
            if children.is_empty() {
                self.children.remove(&parent);
            }
        }
    }

    /// The parent process of a thread: the leader of the process it names.
    ///
    /// A parent that started after its child is another process that got the number later.
    pub(in crate::state) fn parent(&self, thread: &Thread) -> Option<&Thread> {
        let parent = self.get(thread.ids.ptid?.tid()?)?;
        let plausible = parent.tid != thread.tid
            && (parent.start <= thread.start || thread.start == 0 || !thread.is_leader());
        plausible.then_some(parent)
    }

    /// The leader of a thread's process, or the thread itself where the leader is not known.
    pub(in crate::state) fn leader<'a>(&'a self, thread: &'a Thread) -> &'a Thread {
        self.get(thread.pid.leader()).unwrap_or(thread)
    }

    /// Notes that a thread ended.
    pub(in crate::state) fn note_end(&mut self, tid: Tid, start: u64, time: u64) {
        self.ends.note(tid, start, time);
    }

    /// Whether a thread that was seen at `time` has ended since. The start is whole ticks.
    ///
    /// If a later thread of the same tid has ended, it has too.
    pub(in crate::state) fn ended_after(&self, tid: Tid, start: u64, time: u64) -> bool {
        let tick = super::thread::PROC_TICK_NS;
        let Some(end) = self.ends.last(tid) else {
            return false;
        };
        let is_later = end.start == 0 || start == 0 || start / tick <= end.start / tick;
        is_later && end.time >= time
    }
}
