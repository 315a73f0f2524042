//! Processes from birth to end, and what each needs of others.
//!
//! In: rows with the state around them, in stream order. Out: for each row whose process it is, and for each process which others its state rests on.
//! A process id that is used again is another life; a row finds its life by its thread and its place in the stream.
//! It grows with the processes of a capture, and not with its events.

use std::collections::BTreeSet;

use falco_format::{Pid, Tid, UnixNanos};
use hashbrown::HashMap;

use crate::state::{State, Text, Thread};

/// A process, from its birth or its first row to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LifeId(u32);

impl LifeId {
    pub(super) fn place(self) -> usize {
        self.0 as usize
    }
}

/// What is known of a life.
#[derive(Clone, Debug)]
pub struct Life {
    /// The boot that it is of, counted along the stream.
    pub(super) world: usize,
    /// Its process id.
    pub pid: Pid,
    /// When it began, where anybody knows.
    pub start: Option<UnixNanos>,
    /// When it ended, where that was seen.
    pub end: Option<UnixNanos>,
    /// The last name that it was seen with.
    pub name: String,
    /// Start of its leader, as the state has it.
    leader_start: u64,
    /// Whether its end was seen.
    pub(super) has_ended: bool,
    /// Whose child it was first, as far as anybody saw.
    pub(super) parent: Option<LifeId>,
    /// Whose rows its state rests on.
    pub(super) needs: BTreeSet<LifeId>,
    /// Whose facts its own events look at, where those are kept.
    pub(super) looks_at: BTreeSet<LifeId>,
    /// Whose births and ends its own events tell of, where those are kept.
    pub(super) counts: BTreeSet<LifeId>,
    /// Containers that it was in.
    pub(super) containers: BTreeSet<Text>,
    /// Mount namespaces that it was in.
    pub(super) mount_namespaces: BTreeSet<u64>,
    /// Rows of it, those of its threads too.
    pub(super) rows: u64,
    /// Those of them that are asked for, whosever they are.
    pub(super) asked: u64,
    /// The last of those.
    pub(super) last_asked: u64,
}

/// All lives of a capture.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives {
    all: Vec<Life>,
    /// The lives of each process id, the present one last.
    by_pid: HashMap<(usize, Pid), Vec<LifeId>>,
    /// By thread, from which row on it is of which life.
    threads: HashMap<(usize, Tid), Vec<(u64, LifeId)>>,
}

impl Lives {
    pub(super) fn get(&self, id: LifeId) -> Option<&Life> {
        self.all.get(id.0 as usize)
    }

    pub(super) fn get_mut(&mut self, id: LifeId) -> Option<&mut Life> {
        self.all.get_mut(id.0 as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (LifeId, &Life)> {
        (0..).map(LifeId).zip(&self.all)
    }

    /// The lives of a process id, in their order.
    pub(super) fn of_pid(&self, pid: Pid) -> impl Iterator<Item = (LifeId, &Life)> {
        self.iter().filter(move |(_, life)| life.pid == pid)
    }

    /// The life of a thread that is known at a row.
    pub(super) fn of_thread(
        &mut self,
        world: usize,
        (state, thread): (&State, &Thread),
        (row, is_birth): (u64, bool),
    ) -> LifeId {
        let leader = state.thread_of_tid(thread.pid.leader());
        let leader = leader.filter(|leader| leader.pid == thread.pid);
        let start = leader.map_or(0, |leader| leader.start);
        let present = self.by_pid.get(&(world, thread.pid));
        let present = present.and_then(|lives| lives.last().copied());
        let goes_on = present.filter(|id| {
            self.get(*id).is_some_and(|life| {
                let is_same =
                    life.leader_start == 0 || start == 0 || is_one_tick(life.leader_start, start);
                is_same && !life.has_ended && !(is_birth && life.rows > 0)
            })
        });
        let id = goes_on.unwrap_or_else(|| self.begin(world, thread.pid, start));
        if let Some(life) = self.get_mut(id)
            && (life.leader_start == 0 || start != 0)
        {
            life.leader_start = start;
        }
        self.note(world, thread.tid, (row, id));
        id
    }

    fn begin(&mut self, world: usize, pid: Pid, leader_start: u64) -> LifeId {
        let id = LifeId(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.all.push(Life {
            world,
            pid,
            start: None,
            end: None,
            name: String::new(),
            leader_start,
            has_ended: false,
            parent: None,
            needs: BTreeSet::new(),
            looks_at: BTreeSet::new(),
            counts: BTreeSet::new(),
            containers: BTreeSet::new(),
            mount_namespaces: BTreeSet::new(),
            rows: 0,
            asked: 0,
            last_asked: 0,
        });
        let lives = self.by_pid.entry((world, pid)).or_default();
        let before = lives.last().copied();
        lives.push(id);
        // Whoever had the number and was not seen to end is taken out of the state by the next who has it.
        if let Some(life) = before.and_then(|before| self.get_mut(before))
            && !life.has_ended
        {
            life.needs.insert(id);
        }
        id
    }

    /// Notes that a thread is of a life from a row on.
    fn note(&mut self, world: usize, tid: Tid, (row, id): (u64, LifeId)) {
        let times = self.threads.entry((world, tid)).or_default();
        if times.last().is_none_or(|(_, last)| *last != id) {
            times.push((row, id));
        }
    }

    /// The life of a thread at a row, and whether the row is the thread's first in it.
    pub(super) fn at(&self, world: usize, tid: Tid, row: u64) -> Option<(LifeId, bool)> {
        let times = self.threads.get(&(world, tid))?;
        let behind = times.partition_point(|(first, _)| *first <= row);
        // What came before anything was known of a thread is of its first life.
        let (first, id) = times.get(behind.saturating_sub(1))?;
        Some((*id, *first == row))
    }

    /// The lives that a process id had in a world, of those that may have begun at a time of boot.
    pub(super) fn begun_at(
        &self,
        (world, pid): (usize, Pid),
        start: u64,
    ) -> impl Iterator<Item = LifeId> {
        let is_it = move |id: &LifeId| {
            let leader_start = self.get(*id).map_or(0, |life| life.leader_start);
            start == 0 || leader_start == 0 || is_one_tick(leader_start, start)
        };
        let lives = self.by_pid.get(&(world, pid));
        lives.into_iter().flatten().copied().filter(is_it)
    }
}

/// Starts from /proc are whole ticks.
fn is_one_tick(one: u64, other: u64) -> bool {
    one / crate::state::PROC_TICK_NS == other / crate::state::PROC_TICK_NS
}
