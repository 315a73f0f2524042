//! Births in Falco's dialect: the same call seen from the parent and from the child, in either order.

use std::sync::Arc;

use falco_abi::events;
use falco_format::{Pid, Tid, UnixNanos};

use super::places::birth as p;
use super::threads::{self, UNKNOWN_NAME};
use crate::state::cgroup::Cgroups;
use crate::state::tables::falco::clone;
use crate::state::tables::keep;
use crate::state::thread::Thread;
use crate::state::{Ptid, Row, State, Vpid, Vtid};

const RESULT: usize = 0;
/// A child that was born longer ago than this is another one, whose end was lost: nanoseconds.
const STALE_NS: u64 = 2_000_000_000;

pub(super) fn before(state: &mut State, row: Row<'_>) {
    match row.falco_int(RESULT) {
        Some(0) => child(state, row),
        Some(tid) if tid > 0 => {
            if let Some(tid) = Tid::told(tid) {
                caller(state, row, tid);
            }
        }
        _ => {}
    }
}

fn flags(row: Row<'_>) -> u32 {
    row.falco_uint(p::FLAGS)
        .and_then(|flags| u32::try_from(flags).ok())
        .unwrap_or(0)
}

/// The parent's side: it makes the child, unless the child's side did, or alone can.
fn caller(state: &mut State, row: Row<'_>, child: Tid) {
    let tid = row.tid();
    threads::observe(state, tid);
    let is_known = !state.threads.get(tid).is_none_or(Thread::is_invalid);
    if !is_known {
        recover_caller(state, row);
    }
    let flags = flags(row);
    let is_vfork = flags & clone::VFORK != 0 || row.event() == events::vfork::EVENT;
    let elsewhere = flags & (clone::CHILD_IN_PIDNS | clone::NEWPID | clone::PARENT) != 0;
    let vtid = state.threads.get(tid).and_then(|thread| thread.ids.vtid);
    if elsewhere || is_vfork || vtid != Some(Vtid(tid.into())) {
        return;
    }
    if let Some(existing) = state.threads.get(child) {
        if existing.falco.flags & clone::INVERTED != 0 {
            return;
        }
        threads::remove(state, child);
    }
    let Some(caller) = state.threads.get(tid).cloned() else {
        return;
    };
    let thread = child_of_caller(state, row, &caller, (child, flags), is_known);
    if !is_known {
        copy_program(state, tid, &thread);
    }
    insert(state, thread);
}

/// A parent of which nothing was known is known from its own event.
fn recover_caller(state: &mut State, row: Row<'_>) {
    let tid = row.tid();
    take_process(state, tid, row);
    if let Some(thread) = state.threads.get_mut(tid) {
        let vpid = row.falco_int(p::VPID);
        let vtid = row.falco_int(p::VTID).filter(|_| vpid.is_some());
        thread.ids.vpid = vpid.map(Vpid);
        thread.ids.vtid = Some(Vtid(vtid.unwrap_or(tid.into())));
    }
    threads::link(state, tid);
}

/// Takes process and parent from a birth's own words.
fn take_process(state: &mut State, tid: Tid, row: Row<'_>) {
    if let Some(pid) = row.falco_int(p::PID).and_then(Pid::told) {
        state.threads.set_process(tid, pid);
    }
    state
        .threads
        .set_parent(tid, row.falco_int(p::PTID).map(Ptid));
}

fn child_of_caller(
    state: &mut State,
    row: Row<'_>,
    caller: &Thread,
    (tid, flags): (Tid, u32),
    is_known: bool,
) -> Thread {
    let is_thread = flags & clone::THREAD != 0;
    let pid = if is_thread {
        caller.pid
    } else {
        Pid::led_by(tid)
    };
    let mut thread = keep::blank(state, tid, pid, row.time(), true);
    thread.birth = Some(row.time());
    thread.falco.flags = flags;
    if is_thread {
        thread.ids.ptid = caller.ids.ptid;
        thread.falco.flags |= clone::FILES;
    } else {
        thread.ids.ptid = Some(caller.tid.into());
    }
    thread.ids.vtid = Some(Vtid(tid.into()));
    thread.ids.vpid = Some(Vpid(pid.into()));
    thread.falco.pidns_start = state.host.boot_epoch;
    let source = is_known.then_some(caller);
    inherit(state, &mut thread, row, source, !is_thread);
    thread
}

/// The child's side: it makes the child, unless the parent's side just did.
fn child(state: &mut State, row: Row<'_>) {
    let tid = row.tid();
    if let Some(known) = state.threads.get(tid)
        && known.start != 0
    {
        if row.time().saturating_sub(known.start) < STALE_NS {
            return;
        }
        threads::remove(state, tid);
    }
    let flags = flags(row) | clone::INVERTED;
    let is_thread = flags & clone::THREAD != 0;
    let pid = row.falco_int(p::PID).and_then(Pid::told);
    let pid = pid.unwrap_or(Pid::led_by(tid));
    let ptid = row.falco_int(p::PTID).map(Ptid);
    let lookup = if is_thread {
        Some(pid.leader())
    } else {
        ptid.and_then(Ptid::tid)
    };
    if let Some(lookup) = lookup.filter(|&lookup| lookup != tid) {
        threads::observe(state, lookup);
    }
    let is_known = lookup
        .and_then(|lookup| state.threads.get(lookup))
        .is_some_and(|thread| !thread.is_invalid() && thread.tid != tid);
    if is_thread && !is_known {
        recover_leader(state, row, pid.leader());
    }
    let source = lookup.filter(|_| is_known);
    let source = source.and_then(|lookup| state.threads.get(lookup)).cloned();
    let mut thread = keep::blank(state, tid, pid, row.time(), true);
    thread.birth = Some(row.time());
    thread.falco.flags = flags | if is_thread { clone::FILES } else { 0 };
    thread.ids.ptid = ptid;
    let vpid = row.falco_int(p::VPID);
    let vtid = row.falco_int(p::VTID).filter(|_| vpid.is_some());
    thread.ids.vpid = Some(Vpid(vpid.unwrap_or(-1)));
    thread.ids.vtid = Some(Vtid(vtid.unwrap_or(tid.into())));
    thread.falco.pidns_start = pidns_start(state, row, &thread);
    inherit(state, &mut thread, row, source.as_ref(), !is_thread);
    if is_thread && !is_known {
        copy_program(state, pid.leader(), &thread);
    }
    insert(state, thread);
}

/// A leader of which nothing was known is known from its thread's birth.
fn recover_leader(state: &mut State, row: Row<'_>, leader: Tid) {
    take_process(state, leader, row);
    if let Some(thread) = state.threads.get_mut(leader) {
        let vpid = row.falco_int(p::VPID);
        thread.ids.vpid = vpid.map(Vpid);
        thread.ids.vtid = vpid.map(Vtid);
    }
    threads::link(state, leader);
}

fn pidns_start(state: &State, row: Row<'_>, thread: &Thread) -> UnixNanos {
    let inside = clone::CHILD_IN_PIDNS | clone::NEWPID;
    let is_inside = thread.falco.flags & inside != 0
        || thread
            .ids
            .vtid
            .is_none_or(|vtid| vtid.0 != i64::from(thread.tid));
    if !is_inside {
        return state.host.boot_epoch;
    }
    let start = row.falco_uint(p::PIDNS_START);
    let since_epoch = |start: u64| UnixNanos(start.saturating_add(state.host.boot_epoch.0));
    start.map_or(UnixNanos::default(), since_epoch)
}

/// What a child has of the thread that it is like, and what its birth says of it.
fn inherit(
    state: &mut State,
    thread: &mut Thread,
    row: Row<'_>,
    source: Option<&Thread>,
    is_process: bool,
) {
    if let Some(source) = source {
        thread.program = Arc::clone(&source.program);
        thread.credentials = source.credentials;
        thread.ids.vsid = source.ids.vsid;
        thread.ids.vpgid = source.ids.vpgid;
        thread.ids.pgid = source.ids.pgid;
        thread.tty = source.tty;
        thread.falco.exe_writable = source.falco.exe_writable;
        thread.falco.ctime_to_birth = source.falco.ctime_to_birth;
        if is_process {
            inherit_tables(state, thread, source);
        }
    }
    take_program(thread, row);
    thread.credentials.uid = threads::id(row, p::UID);
    thread.credentials.gid = threads::id(row, p::GID);
    thread.fdlimit = row.falco_int(p::FDLIMIT).map(i64::cast_unsigned);
    threads::take_memory_of_program(thread, row);
    if let Some(cgroups) = row.falco_bytes(p::CGROUPS) {
        thread.cgroups = match source {
            Some(source) if source.cgroups.is_told_by(cgroups) => Arc::clone(&source.cgroups),
            _ => Cgroups::from_falco(cgroups).map_or_else(Arc::default, Arc::new),
        };
    }
}

/// The name and the command line as the birth tells them. What a child runs is most often what its parent runs, and then it is shared.
fn take_program(thread: &mut Thread, row: Row<'_>) {
    let exe = row.falco_bytes(p::EXE).unwrap_or(UNKNOWN_NAME);
    let args = row.falco_bytes(p::ARGS).unwrap_or_default();
    let program = &thread.program;
    let is_same =
        program.args_known && program.exe.as_deref() == Some(exe) && program.args.are_of_area(args);
    if !is_same {
        let program = Arc::make_mut(&mut thread.program);
        program.exe = Some(exe.into());
        program.set_args(args);
    }
    let comm = row.falco_bytes(p::COMM).unwrap_or(exe);
    thread.comm = Some(comm.into());
}

/// Falco copies the descriptors to every process, and shares them among threads, whatever the flags say.
fn inherit_tables(state: &mut State, thread: &mut Thread, source: &Thread) {
    let files = state.copy_files(source.files, thread.start);
    state.release_files(std::mem::replace(&mut thread.files, files));
    let cwd = state.cwd(source).into();
    let root = state.directories.get(source.directories);
    let root = root.and_then(|directories| directories.root.clone());
    if let Some(directories) = state.directories.get_mut(thread.directories) {
        directories.cwd = Some(cwd);
        directories.root = root;
    }
}

/// Gives a thread that was not known the program of its child or thread.
fn copy_program(state: &mut State, tid: Tid, from: &Thread) {
    let Some(thread) = state.threads.get_mut(tid) else {
        return;
    };
    thread.comm = from.comm.clone();
    let program = Arc::make_mut(&mut thread.program);
    program.exe = from.program.exe.clone();
    program.args = from.program.args.clone();
    program.args_joined = from.program.args_joined.clone();
    program.args_known = true;
}

fn insert(state: &mut State, thread: Thread) {
    let tid = thread.tid;
    // A leader that ended stays as long as its threads, and may still be there.
    threads::displace(state, tid);
    state.add_thread(thread);
    threads::link(state, tid);
}
