//! Processes from birth to end, and what each needs of others.
//!
//! In: rows with the state around them, in stream order. Out: for each row whose process it is, and for each process which others its state rests on.
//! A process id that is used again is another life; a row finds its life by its thread and its place in the stream.
//! It grows with the processes of a capture, by some 150 bytes for each, and not with its events.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use falco_format::{Pid, Tid, UnixNanos};
use hashbrown::HashMap;

use super::known::Known;
use super::life::{Life, LifeId, ToldLife};
use crate::state::{State, Text, Thread};

/// The container that a process is in, if any, and its mount namespace, if anybody knows.
pub(super) type Surroundings = (Option<Text>, Option<u64>);

/// From which row on a thread is of which life: nearly all threads have one.
#[derive(Clone, Debug)]
enum Spells {
    One(u64, LifeId),
    Many(Vec<(u64, LifeId)>),
}

/// All lives of a capture.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives {
    all: Vec<Life>,
    /// The last life of each process id.
    by_pid: HashMap<(u32, Pid), LifeId>,
    threads: HashMap<(u32, Tid), Spells>,
    /// Whose rows a life's state rests on, beside its parent's.
    needs: BTreeSet<(LifeId, LifeId)>,
    /// Whose facts its events look at, where those are more than it has places for.
    looks_at: BTreeSet<(LifeId, LifeId)>,
    names: Known<Box<[u8]>>,
    surroundings: Known<Surroundings>,
    /// Those that a life was in beside the last.
    other_surroundings: BTreeSet<(LifeId, NonZeroU32)>,
}

/// The others of a life in a set of pairs.
fn of(pairs: &BTreeSet<(LifeId, LifeId)>, id: LifeId) -> impl Iterator<Item = LifeId> {
    let range = pairs.range((id, LifeId::MIN)..=(id, LifeId::MAX));
    range.map(|(_, other)| *other)
}

impl Lives {
    pub(super) fn get(&self, id: LifeId) -> Option<&Life> {
        self.all.get(id.place())
    }

    pub(super) fn get_mut(&mut self, id: LifeId) -> Option<&mut Life> {
        self.all.get_mut(id.place())
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (LifeId, &Life)> {
        (0..).map(LifeId::at).zip(&self.all)
    }

    /// The lives of a process id, in their order, as they are told.
    pub(super) fn of_pid(&self, pid: Pid) -> impl Iterator<Item = ToldLife> {
        let lives = self.iter().filter(move |(_, life)| life.pid == pid);
        let known = |time: UnixNanos| Some(time).filter(|time| time.0 != 0);
        lives.map(move |(id, life)| ToldLife {
            id,
            pid,
            start: known(life.begun),
            end: known(life.ended),
            name: String::from_utf8_lossy(self.name(life)).into_owned(),
        })
    }

    /// The last name that a life was seen with.
    fn name(&self, life: &Life) -> &[u8] {
        let name = life.name.and_then(|number| self.names.get(number));
        name.map_or(&[], |name| name)
    }

    /// Whose rows its state rests on.
    pub(super) fn needs(&self, id: LifeId) -> impl Iterator<Item = LifeId> {
        let parent = self.get(id).and_then(|life| life.parent);
        parent.into_iter().chain(of(&self.needs, id))
    }

    /// Whose facts its events look at.
    pub(super) fn looks_at(&self, id: LifeId) -> impl Iterator<Item = LifeId> {
        let first = self.get(id).map_or([None; 2], |life| life.looks_at);
        first.into_iter().flatten().chain(of(&self.looks_at, id))
    }

    /// What it was in.
    pub(super) fn surroundings(&self, id: LifeId) -> impl Iterator<Item = &Surroundings> {
        let last = self.get(id).and_then(|life| life.surroundings);
        let range = (id, NonZeroU32::MIN)..=(id, NonZeroU32::MAX);
        let others = self.other_surroundings.range(range);
        let numbers = last.into_iter().chain(others.map(|(_, number)| *number));
        numbers.filter_map(|number| self.surroundings.get(number))
    }

    /// Notes that its state rests on another one's rows.
    pub(super) fn need(&mut self, id: LifeId, other: LifeId) {
        let parent = self.get(id).and_then(|life| life.parent);
        if parent != Some(other) && id != other {
            self.needs.insert((id, other));
        }
    }

    /// Notes whose child it is, on whom its state rests; of whom it was first, it rests as well.
    pub(super) fn set_parent(&mut self, id: LifeId, parent: LifeId) {
        let first = self
            .get_mut(id)
            .and_then(|life| life.parent.replace(parent));
        if let Some(first) = first {
            self.need(id, first);
        }
    }

    /// Notes that its events look at another one's facts.
    pub(super) fn look(&mut self, id: LifeId, other: LifeId) {
        let Some(life) = self.get_mut(id) else {
            return;
        };
        if life.looks_at.contains(&Some(other)) {
            return;
        }
        match life.looks_at.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(other),
            None => {
                self.looks_at.insert((id, other));
            }
        }
    }

    /// Notes the name that it is seen with.
    pub(super) fn call(&mut self, id: LifeId, name: &[u8]) {
        let is_known = self.get(id).is_none_or(|life| self.name(life) == name);
        if is_known || name.is_empty() {
            return;
        }
        let number = self.names.number(name.into());
        if let Some(life) = self.get_mut(id) {
            life.name = number;
        }
    }

    /// Notes what it is in.
    pub(super) fn surround(&mut self, id: LifeId, container: Option<&Text>, mount_ns: Option<u64>) {
        let Some(life) = self.all.get_mut(id.place()) else {
            return;
        };
        let last = life
            .surroundings
            .and_then(|number| self.surroundings.get(number));
        if last.is_some_and(|(known, ns)| known.as_ref() == container && *ns == mount_ns) {
            return;
        }
        let number = self.surroundings.number((container.cloned(), mount_ns));
        if let Some(before) = std::mem::replace(&mut life.surroundings, number) {
            self.other_surroundings.insert((id, before));
        }
    }

    /// The life of a thread that is known at a row.
    pub(super) fn of_thread(
        &mut self,
        world: u32,
        (state, thread): (&State, &Thread),
        (row, is_birth): (u64, bool),
    ) -> LifeId {
        let leader = state.thread_of_tid(thread.pid.leader());
        let leader = leader.filter(|leader| leader.pid == thread.pid);
        let start = leader.map_or(0, |leader| leader.start);
        let present = self.by_pid.get(&(world, thread.pid)).copied();
        let goes_on = present.filter(|id| {
            self.get(*id).is_some_and(|life| {
                let is_same =
                    life.leader_start == 0 || start == 0 || is_one_tick(life.leader_start, start);
                is_same && !life.has_ended && !(is_birth && life.has_rows)
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

    fn begin(&mut self, world: u32, pid: Pid, leader_start: u64) -> LifeId {
        let id = LifeId::at(self.all.len());
        let before = self.by_pid.insert((world, pid), id);
        self.all.push(Life::new(world, pid, leader_start, before));
        // Whoever had the number and was not seen to end is taken out of the state by the next who has it.
        if let Some(before) =
            before.filter(|before| self.get(*before).is_some_and(|life| !life.has_ended))
        {
            self.need(before, id);
        }
        id
    }

    /// Notes that a thread is of a life from a row on.
    fn note(&mut self, world: u32, tid: Tid, (row, id): (u64, LifeId)) {
        let spells = self
            .threads
            .entry((world, tid))
            .or_insert(Spells::One(row, id));
        match spells {
            Spells::One(_, last) if *last == id => {}
            Spells::One(first, last) => *spells = Spells::Many(vec![(*first, *last), (row, id)]),
            Spells::Many(times) if times.last().is_some_and(|(_, last)| *last == id) => {}
            Spells::Many(times) => times.push((row, id)),
        }
    }

    /// The life of a thread at a row, and whether the row is the thread's first in it.
    pub(super) fn at(&self, world: u32, tid: Tid, row: u64) -> Option<(LifeId, bool)> {
        let (first, id) = match self.threads.get(&(world, tid))? {
            Spells::One(first, id) => (*first, *id),
            Spells::Many(times) => {
                let behind = times.partition_point(|(first, _)| *first <= row);
                // What came before anything was known of a thread is of its first life.
                *times.get(behind.saturating_sub(1))?
            }
        };
        Some((id, first == row))
    }

    /// The lives that a process id had in a world, of those that may have begun at a time of boot.
    pub(super) fn begun_at(
        &self,
        (world, pid): (u32, Pid),
        start: u64,
    ) -> impl Iterator<Item = LifeId> {
        let before = |id: &LifeId| self.get(*id).and_then(|life| life.before);
        let is_it = move |id: &LifeId| {
            let leader_start = self.get(*id).map_or(0, |life| life.leader_start);
            start == 0 || leader_start == 0 || is_one_tick(leader_start, start)
        };
        let last = self.by_pid.get(&(world, pid)).copied();
        std::iter::successors(last, before).filter(is_it)
    }
}

/// Starts from /proc are whole ticks.
fn is_one_tick(one: u64, other: u64) -> bool {
    one / crate::state::PROC_TICK_NS == other / crate::state::PROC_TICK_NS
}
