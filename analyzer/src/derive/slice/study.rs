//! The first reading of a slice: who lives, which rows are asked for, and whom they look at.
//!
//! In: a pass over all rows with the state around them. Out: a [`Study`], from which the closure tells what a second reading keeps.

use std::collections::BTreeMap;
use std::io;

use falco_abi::{Role, events};
use falco_format::{Block, ClockMap, Item, Pid, Span, Tid, UnixNanos};
use falco_rules::Filter;

use super::life::LifeId;
use super::lives::Lives;
use super::marks::Marks;
use crate::pipeline::{
    Border, Demand, Flow, Input, Interest, Observer, Part, PassOptions, Seen, Standing, Tally,
    run_pass,
};
use crate::state::{State, Thread, Vtid};
use crate::time::TimeRange;

/// Shares descriptors with its parent, or the working directory: the flags of a birth.
const CLONE_FS_OR_FILES: u64 = 0x200 | 0x400;

/// What is asked for. What is left open asks for all.
#[derive(Default)]
pub struct Wanted<'w> {
    /// Events that match all of these.
    pub filters: Vec<&'w Filter>,
    /// Events of this time.
    pub span: Span,
}

/// What the first reading found.
#[derive(Default)]
pub struct Study {
    pub(super) lives: Lives,
    pub(super) marks: Marks,
    /// By world, the last row that is asked for.
    pub(super) last_asked: BTreeMap<usize, u64>,
    /// Rows of events in all.
    pub(super) rows: u64,
    /// By world, up to which boot time rows of snapshots look.
    pub(super) looked_until: Vec<u64>,
    /// Containers that events were in: ids with names.
    pub containers: BTreeMap<String, String>,
    /// When the first and the last of its events were.
    pub times: Option<TimeRange<UnixNanos>>,
    /// What was read.
    pub tally: Tally,
}

/// Reads a part of a capture once. `watch` is told how many of the [input's bytes](Input::bytes) were read since the last call, and may stop: then nothing is found.
///
/// # Errors
/// None but those of memory and threads.
pub fn study(
    (input, part): (&Input, &Part),
    wanted: &Wanted<'_>,
    watch: &mut dyn FnMut(u64) -> Flow,
) -> io::Result<Option<Study>> {
    let mut student = Student {
        wanted,
        study: Study::default(),
        border: Border::default(),
        base: 0,
        row: 0,
        containers: Containers::default(),
        watch,
        is_stopped: false,
    };
    let options = PassOptions {
        part: part.unfiltered(),
        ..PassOptions::default()
    };
    let tally = run_pass(input, &Demand::everything(), options, &mut student)?;
    if student.is_stopped {
        return Ok(None);
    }
    let mut study = student.study;
    study.tally = tally;
    Ok(Some(study))
}

/// Who makes the study.
struct Student<'s> {
    wanted: &'s Wanted<'s>,
    study: Study,
    border: Border,
    /// Rows of the blocks before the one that is read.
    base: u64,
    /// The row that is read; between blocks, the next one.
    row: u64,
    containers: Containers,
    watch: &'s mut dyn FnMut(u64) -> Flow,
    is_stopped: bool,
}

/// The last container that was noted, since most events are in the same one as those before.
#[derive(Default)]
struct Containers {
    last: Vec<u8>,
}

impl Observer for Student<'_> {
    fn block(&mut self, block: &Block) -> Interest {
        if self.is_stopped {
            return Interest::Nothing;
        }
        self.row = self.study.rows;
        self.base = self.study.rows;
        self.study.rows = self.study.rows.saturating_add(block.rows() as u64);
        Interest::Rows
    }

    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        self.row(seen, true);
        Ok(Flow::Continue)
    }

    fn for_state(&mut self, seen: &Seen<'_>) -> io::Result<()> {
        self.row(seen, false);
        Ok(())
    }

    fn item(&mut self, item: &Item, standing: &Standing<'_>) -> io::Result<()> {
        match item {
            Item::Segment(header) => {
                self.border.is_crossed(header);
            }
            Item::State(block) => {
                self.row = self.study.rows;
                let world = self.border.place();
                let untils = &mut self.study.looked_until;
                if untils.len() <= world {
                    untils.resize(world.saturating_add(1), 0);
                }
                if let Some(until) = untils.get_mut(world) {
                    *until = (*until).max(block.last_time());
                }
                self.snapshot(standing);
            }
            _ => {}
        }
        Ok(())
    }

    fn progress(&mut self, bytes: u64) {
        self.is_stopped |= (self.watch)(bytes) == Flow::Stop;
    }
}

impl Student<'_> {
    /// Everybody whom a snapshot told of has a life, though no event be theirs.
    fn snapshot(&mut self, standing: &Standing<'_>) {
        let state = standing.state();
        let mut owners = BTreeMap::new();
        for tid in state.tids() {
            if let Some(thread) = state.thread_of_tid(tid) {
                let id = self.life(state, thread, false);
                self.describe(id, thread, standing.clock());
                self.kin(id, state, thread);
                if let Some(table) = state.fds(thread) {
                    self.share(id, std::ptr::from_ref(table).addr(), &mut owners);
                }
            }
        }
    }

    /// The life of a thread, and of whom it is a child.
    fn life(&mut self, state: &State, thread: &Thread, is_birth: bool) -> LifeId {
        let at = (self.row, is_birth);
        let world = world(&self.border);
        self.study.lives.of_thread(world, (state, thread), at)
    }

    fn describe(&mut self, id: LifeId, thread: &Thread, clock: &ClockMap) {
        let lives = &mut self.study.lives;
        if let Some(life) = lives.get_mut(id)
            && life.begun.0 == 0
            && thread.is_leader()
            && thread.start != 0
        {
            life.begun = clock.known_realtime(thread.start).unwrap_or_default();
        }
        let container = thread.cgroups.container().map(|container| &container.id);
        lives.surround(id, container, thread.mnt_ns);
        lives.call(id, thread.comm.as_deref().unwrap_or_default());
    }

    /// Notes all ancestors of a thread, each as the parent of the one before it.
    fn kin(&mut self, id: LifeId, state: &State, thread: &Thread) {
        let mut child = id;
        for ancestor in state.ancestors(thread) {
            let parent = self.life(state, ancestor, false);
            // In Falco's dialect a thread is a child of another one of its process.
            if parent == child {
                continue;
            }
            let lives = &mut self.study.lives;
            if lives.get(child).is_some_and(|life| life.parent.is_none()) {
                lives.set_parent(child, parent);
            }
            lives.need(child, parent);
            child = parent;
        }
    }

    fn row(&mut self, seen: &Seen<'_>, is_shown: bool) {
        let row = self.base.saturating_add(u64::from(seen.view.position()));
        self.row = row;
        let times = TimeRange::extended(self.study.times, seen.time, seen.time);
        self.study.times = Some(times);
        let is_asked = is_shown && self.is_asked(seen);
        if is_asked {
            self.study.marks.set(row);
            self.study.last_asked.insert(self.border.place(), row);
        }
        let state = seen.state();
        let typed = state.row(seen.view);
        let Some(thread) = state.thread_of(typed) else {
            return;
        };
        let parent = state.parent_at_birth(typed);
        let id = self.life(state, thread, parent.is_some());
        self.describe(id, thread, seen.standing().clock());
        let is_end = seen.view.event() == events::procexit::EVENT;
        let lives_on = typed
            .uint(events::procexit::threads_live)
            .filter(|_| is_end);
        let live = lives_on.unwrap_or_else(|| state.live_threads(thread.pid) as u64);
        if let Some(life) = self.study.lives.get_mut(id) {
            life.has_rows = true;
            if is_asked {
                life.asked = life.asked.saturating_add(1);
                life.last_asked = row;
            }
            // The last thread of a process ends it.
            if is_end && live == 0 {
                life.has_ended = true;
                life.ended = seen.time;
            }
        }
        if self.is_news(id, state) || is_end || parent.is_some() {
            self.kin(id, state, thread);
            self.groups(id, state, thread);
        }
        if let Some(giver) = parent {
            self.birth(id, giver, seen);
        }
        self.named(id, seen, thread);
    }

    /// Whether any thread was changed since this life was looked at.
    fn is_news(&mut self, id: LifeId, state: &State) -> bool {
        let version = state.version_of_threads().saturating_add(1);
        let life = self.study.lives.get_mut(id);
        life.is_none_or(|life| std::mem::replace(&mut life.seen_at, version) != version)
    }

    fn is_asked(&mut self, seen: &Seen<'_>) -> bool {
        self.containers.note(seen, &mut self.study.containers);
        let is_in = self.wanted.span.contains(seen.time);
        let mut filters = self.wanted.filters.iter();
        is_in && filters.all(|filter| filter.matches(seen.context))
    }

    /// The leaders of a thread's session and group, whom fields name.
    fn groups(&mut self, id: LifeId, state: &State, thread: &Thread) {
        let ids = &thread.ids;
        let own = [ids.vsid, ids.vpgid].map(|vpid| vpid.map(|vpid| vpid.0));
        let numbers = [ids.sid, ids.pgid].into_iter().chain(own).flatten();
        for number in numbers {
            let leader = Tid::told(number).and_then(|tid| state.thread_of_tid(tid));
            if let Some(leader) = leader {
                self.look(id, state, leader);
            }
        }
    }

    /// Notes that a life's events look at a thread.
    fn look(&mut self, id: LifeId, state: &State, thread: &Thread) {
        let other = self.life(state, thread, false);
        if other == id {
            return;
        }
        self.study.lives.look(id, other);
        self.kin(other, state, thread);
    }

    /// A child is a copy of whoever gave birth to it, which need not be its parent (`CLONE_PARENT`), and shares with it what its flags say.
    fn birth(&mut self, id: LifeId, giver: Pid, seen: &Seen<'_>) {
        let state = seen.state();
        let giver = state.thread_of_tid(giver.leader());
        let giver = giver.map(|giver| self.life(state, giver, false));
        let lives = &mut self.study.lives;
        if let Some(giver) = giver.filter(|giver| *giver != id) {
            lives.set_parent(id, giver);
        }
        let flags = state.row(seen.view).uint(events::procfork::flags);
        let shares = flags.is_none_or(|flags| flags & CLONE_FS_OR_FILES != 0);
        let parent = lives.get(id).and_then(|life| life.parent);
        if let Some(parent) = parent.filter(|_| shares) {
            lives.need(parent, id);
        }
    }

    /// Who shares descriptors rests on all others that do.
    fn share(&mut self, id: LifeId, table: usize, owners: &mut BTreeMap<usize, LifeId>) {
        let owner = *owners.entry(table).or_insert(id);
        if owner == id {
            return;
        }
        for (one, other) in [(owner, id), (id, owner)] {
            self.study.lives.need(one, other);
        }
    }

    /// Processes that an event names by their numbers.
    fn named(&mut self, id: LifeId, seen: &Seen<'_>, thread: &Thread) {
        let state = seen.state();
        let Some(layout) = seen.view.layout() else {
            return;
        };
        for (place, param) in layout.params.iter().enumerate() {
            if param.role != Some(Role::Pid) {
                continue;
            }
            let Some(number) = seen.view.int(place).filter(|number| *number > 0) else {
                continue;
            };
            let of_host = Tid::told(number).and_then(|tid| state.thread_of_tid(tid));
            let own = state.meant(thread, Vtid(number));
            for other in of_host.into_iter().chain(own) {
                self.look(id, state, other);
            }
        }
        if let Some(target) = taken_from(seen, thread) {
            self.look(id, state, target);
            let other = self.life(state, target, false);
            self.study.lives.need(id, other);
        }
    }
}

/// The boot that the stream is in, counted along it.
pub(super) fn world(border: &Border) -> u32 {
    u32::try_from(border.place()).unwrap_or(u32::MAX)
}

/// Whom an event takes a descriptor from, by one that stands for it.
fn taken_from<'s>(seen: &Seen<'s>, thread: &Thread) -> Option<&'s Thread> {
    use events::pidfd_getfd as p;
    let state = seen.standing().state();
    let row = state.row(seen.view);
    let fd = row.fd(p::pid_fd).filter(|_| row.event() == p::EVENT)?;
    state.thread_of_tid(state.fd(thread, fd)?.file.target?)
}

impl Containers {
    fn note(&mut self, seen: &Seen<'_>, all: &mut BTreeMap<String, String>) {
        let state = seen.state();
        let thread = state.thread_of(state.row(seen.view));
        let Some(found) = thread.and_then(|thread| thread.cgroups.container()) else {
            return;
        };
        if self.last[..] == found.id[..] {
            return;
        }
        self.last.clear();
        self.last.extend_from_slice(&found.id);
        let name = state.container(&found.id);
        let name = name.and_then(|container| container.said.name.clone());
        let id = String::from_utf8_lossy(&found.id).into_owned();
        let known = all.entry(id).or_default();
        if known.is_empty() {
            *known = name.unwrap_or_default();
        }
    }
}
