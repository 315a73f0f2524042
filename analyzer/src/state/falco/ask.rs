//! What Falco answers to the questions on which the dialects differ, mistakes included.
//!
//! In: the tables, and a thread or a row of a capture of Falco's. Out: answers; nothing is changed but that a thread may find no room.

use falco_format::Pid;

use super::directory;
use crate::state::tables::limits::StateLimits;
use crate::state::tables::loss::Doubt;
use crate::state::tables::path::{self, UNKNOWN_CWD};
use crate::state::tables::state::State;
use crate::state::tables::thread::Thread;
use crate::state::tables::threads::Threads;
use crate::state::{Dialect, Row};

/// Nothing is known of a capture. What Falco has no room for is part of its answers.
pub(in crate::state) fn begin(limits: StateLimits) -> State {
    State::empty(Dialect::Falco, limits.as_falco(), Threads::of_falco())
}

/// A thread is known by its tid alone. Falco makes entries for calls, and finds the thread of any event: a report of the capturing program's has one too.
pub(in crate::state) fn thread_of<'s>(state: &'s State, row: Row<'_>) -> Option<&'s Thread> {
    state.threads.get(row.tid())
}

/// The leader; none where it is not known.
pub(in crate::state) fn main_thread<'s>(
    state: &'s State,
    thread: &'s Thread,
) -> Option<&'s Thread> {
    if thread.is_leader() {
        return Some(thread);
    }
    let main = state.threads.get(thread.pid.leader());
    main.filter(|main| main.is_leader())
}

/// The leader of the thread that gave birth, whose number is the parent's here.
pub(in crate::state) fn parent<'s>(state: &'s State, thread: &Thread) -> Option<&'s Thread> {
    main_thread(state, state.threads.get(thread.ids.ptid?.tid()?)?)
}

/// The working directory of the leader.
pub(in crate::state) fn cwd<'s>(state: &'s State, thread: &'s Thread) -> &'s [u8] {
    let main = main_thread(state, thread);
    main.map_or(UNKNOWN_CWD, |main| directory::own(state, main))
}

/// Of a birth of a process, told by the child: whose copy it is. Both sides are told in a file, and the parent's may come when the child is gone.
pub(in crate::state) fn parent_at_birth(state: &State, row: Row<'_>) -> Option<Pid> {
    use falco_abi::events;
    const RESULT: usize = 0;
    let births = [
        events::clone::EVENT,
        events::clone3::EVENT,
        events::fork::EVENT,
        events::vfork::EVENT,
    ];
    let is_child = births.contains(&row.event()) && row.falco_int(RESULT) == Some(0);
    let thread = state
        .threads
        .get(row.tid())
        .filter(|thread| is_child && thread.is_leader())?;
    Some(parent(state, thread)?.pid)
}

/// A path put together from its parts, without looking whether it can be.
pub(in crate::state) fn resolve(
    state: &State,
    thread: Option<&Thread>,
    directory: Option<i32>,
    path: &[u8],
) -> Vec<u8> {
    const AT_FDCWD: i32 = -100;
    let directory = i64::from(directory.unwrap_or(AT_FDCWD));
    let base = directory::base(state, thread, Some(directory), path);
    path::join_as_falco(&base.whole(), path)
}

/// Falco's captures say of no loss what it took: only what was never seen is doubtful.
pub(in crate::state) fn doubt(state: &State, row: Row<'_>) -> Doubt {
    let is_unknown = thread_of(state, row).is_none_or(Thread::is_invalid);
    let unknown = is_unknown && super::has_thread(row);
    Doubt {
        thread: unknown,
        fds: unknown,
        // Falco cuts every path at its own limit.
        name: false,
    }
}

/// The same of a thread that is known.
pub(in crate::state) fn doubt_of(thread: &Thread) -> Doubt {
    let unknown = thread.is_invalid();
    Doubt {
        thread: unknown,
        fds: unknown,
        name: false,
    }
}

/// Adds a thread. Where the tables are full Falco keeps those it has.
pub(in crate::state) fn add_thread(state: &mut State, thread: Thread) {
    if state.threads.len() < state.limits.threads.max(1) {
        return state.threads.insert(thread);
    }
    state.counters.threads_evicted += 1;
    state.release_files(thread.files);
    state.directories.release(thread.directories);
}
