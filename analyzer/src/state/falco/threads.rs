//! Threads in Falco's dialect: found by tid alone, in groups, with a parent that is a thread.

use falco_format::{Pid, Tid};

use crate::state::tables::falco::{UNKNOWN_PID, clone};
use crate::state::thread::{Credentials, Thread};
use crate::state::{Ptid, Row, State, Text, Vpid};

use super::places;
use crate::state::tables::keep;

/// What Falco calls a thread that it does not know.
pub(super) const UNKNOWN_NAME: &[u8] = b"<NA>";
/// An id that is not known.
const UNKNOWN_ID: u32 = u32::MAX;
/// The process that adopts orphans where nobody else does.
const INIT: Pid = Pid(1);

/// Makes sure that there is an entry for the tid, be it one of which nothing else is known.
#[inline]
pub(super) fn observe(state: &mut State, tid: Tid) {
    if !state.threads.turn_to(tid) {
        state.counters.threads_unknown += 1;
        let thread = unknown(state, tid);
        state.add_thread(thread);
    }
}

fn unknown(state: &mut State, tid: Tid) -> Thread {
    let mut thread = keep::blank(state, tid, UNKNOWN_PID, 0, true);
    thread.comm = Some(UNKNOWN_NAME.into());
    thread.credentials = Credentials {
        uid: Some(UNKNOWN_ID),
        gid: Some(UNKNOWN_ID),
        loginuid: Some(UNKNOWN_ID),
        ..Credentials::default()
    };
    std::sync::Arc::make_mut(&mut thread.program).exe = Some(UNKNOWN_NAME.into());
    thread
}

/// Puts a thread whose process and parent are known now into its place: without a known parent it has none.
pub(super) fn link(state: &mut State, tid: Tid) {
    if state.threads.get(tid).is_none_or(Thread::is_invalid) {
        return;
    }
    share_files(state, tid);
    if state
        .threads
        .get(tid)
        .is_some_and(|thread| thread.pid == INIT)
    {
        return;
    }
    let ptid = state.threads.get(tid).and_then(|thread| thread.ids.ptid);
    let parent = ptid.and_then(|ptid| state.threads.get(ptid.tid()?));
    if parent.is_none_or(Thread::is_invalid) {
        state.threads.set_parent(tid, Some(Ptid::NOBODY));
    }
}

/// A thread has the descriptors of its leader, where it is marked to and the leader is known.
fn share_files(state: &mut State, tid: Tid) {
    let Some(thread) = state.threads.get(tid) else {
        return;
    };
    if thread.is_leader() {
        return share_with_members(state, thread.pid);
    }
    let main = state.main_thread(thread).map(|main| main.files);
    let (Some(main), true) = (main, thread.falco.flags & clone::FILES != 0) else {
        return;
    };
    if thread.files == main {
        return;
    }
    let main = state.files.share(main);
    replace_files(state, tid, main);
}

/// A leader that appears after its threads gives them its descriptors.
fn share_with_members(state: &mut State, pid: Pid) {
    let Some(files) = state.threads.get(pid.leader()).map(|thread| thread.files) else {
        return;
    };
    for member in state.threads.group(pid) {
        let shares = |thread: &Thread| {
            !thread.is_leader() && thread.falco.flags & clone::FILES != 0 && thread.files != files
        };
        if state.threads.get(member).is_some_and(shares) {
            let files = state.files.share(files);
            replace_files(state, member, files);
        }
    }
}

fn replace_files(
    state: &mut State,
    tid: Tid,
    files: crate::state::shared::Handle<crate::state::fds::FdTable>,
) {
    let old = state
        .threads
        .get_mut(tid)
        .map(|thread| std::mem::replace(&mut thread.files, files));
    if let Some(old) = old {
        state.release_files(old);
    }
}

/// Takes out whoever has a tid without looking after children, as Falco does where it puts another in the place.
pub(super) fn displace(state: &mut State, tid: Tid) {
    state.remove_thread(tid);
}

/// Takes a thread out: its children go to who adopts them, and a process without living threads goes with it.
pub(super) fn remove(state: &mut State, tid: Tid) {
    let Some(thread) = state.threads.get_mut(tid) else {
        return;
    };
    if thread.is_invalid() {
        state.remove_thread(tid);
        return;
    }
    let (pid, is_leader) = (thread.pid, thread.is_leader());
    state.threads.set_dead(tid, true);
    reparent(state, tid);
    if state.threads.live_in_group(pid) == 0 {
        state.remove_thread(pid.leader());
    }
    if !is_leader {
        state.remove_thread(tid);
    }
}

fn reparent(state: &mut State, tid: Tid) {
    let children = state.threads.children(tid);
    if children.is_empty() {
        return;
    }
    let told = state
        .threads
        .get(tid)
        .and_then(|thread| thread.falco.reaper);
    if let Some(reaper) = told.filter(|&reaper| reaper > 0).and_then(Tid::told) {
        observe(state, reaper);
    }
    let valid = |reaper: &Tid| {
        let reaper = state.threads.get(*reaper);
        reaper.is_some_and(|reaper| !reaper.is_invalid())
    };
    let told = told.filter(|&reaper| reaper > 0).and_then(Tid::told);
    let reaper = told.filter(valid).or_else(|| heir(state, tid));
    let reaper = reaper.filter(|&reaper| reaper != tid);
    if let Some(reaper) = reaper {
        mark_reaper(state, tid, reaper);
    }
    for child in children {
        state
            .threads
            .set_parent(child, Some(reaper.map_or(Ptid::NOBODY, Ptid::from)));
    }
}

/// Whoever adopts from another process does so again.
fn mark_reaper(state: &mut State, tid: Tid, reaper: Tid) {
    let pid = |tid: Tid| state.threads.get(tid).map(|thread| thread.pid);
    let (own, other) = (pid(tid), pid(reaper));
    if own != other
        && let Some(other) = other
    {
        set_reaper(state, other, true);
    }
}

/// Marks a process as one that adopts. The mark is each thread's here and is read of any.
pub(super) fn set_reaper(state: &mut State, pid: Pid, adopts: bool) {
    for member in state.threads.group(pid) {
        if let Some(thread) = state.threads.get_mut(member) {
            thread.is_subreaper = adopts;
        }
    }
}

/// A living thread of the same process, else of the nearest ancestor that adopts, as long as it is in a pid namespace where the thread is in one.
fn heir(state: &State, tid: Tid) -> Option<Tid> {
    const CLIMB_MAX: usize = 256;
    let thread = state.threads.get(tid)?;
    if let Some(member) = state.threads.living(thread.pid, tid) {
        return Some(member);
    }
    let parent = |thread: &Thread| state.threads.get(thread.ids.ptid?.tid()?);
    let line = std::iter::successors(parent(thread), |thread| parent(thread));
    let mut line = line
        .take(CLIMB_MAX)
        .take_while(|ancestor| ancestor.tid != tid)
        .take_while(|ancestor| ancestor.is_in_pid_namespace() == thread.is_in_pid_namespace());
    line.find_map(|ancestor| {
        let adopts =
            ancestor.is_subreaper || ancestor.pid == INIT || ancestor.ids.vpid == Some(Vpid(1));
        adopts
            .then(|| state.threads.living(ancestor.pid, tid))
            .flatten()
    })
}

/// Takes the figures of memory, where the row has them.
pub(super) fn take_memory(thread: &mut Thread, row: Row<'_>, places: [usize; 5]) {
    let [major, minor, size, rss, swap] = places.map(|place| row.falco_uint(place));
    if swap.is_none() {
        return;
    }
    let short = |value: Option<u64>| u32::try_from(value.unwrap_or(0)).unwrap_or(u32::MAX);
    thread.falco.faults_major = major.unwrap_or(0);
    thread.falco.faults_minor = minor.unwrap_or(0);
    thread.falco.vm_size = short(size);
    thread.falco.vm_rss = short(rss);
    thread.falco.vm_swap = short(swap);
}

/// The same of a birth or an exec.
pub(super) fn take_memory_of_program(thread: &mut Thread, row: Row<'_>) {
    take_memory(thread, row, places::MEMORY);
}

/// A string of Falco's; one that is missing reads as unknown.
pub(super) fn string(row: Row<'_>, place: usize) -> Text {
    row.falco_bytes(place).unwrap_or(UNKNOWN_NAME).into()
}

/// A user's or group's id; the unknown one stands as a number of its own.
pub(super) fn id(row: Row<'_>, place: usize) -> Option<u32> {
    let value = row.falco_uint(place)?;
    u32::try_from(value).ok()
}
