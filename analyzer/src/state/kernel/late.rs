//! What a snapshot tells of a thread that acted after its row looked: whatever no event has told.
//!
//! Where recording began without a snapshot, threads are seen before any row tells of them, and nothing is known of them but what they did.
//! An event that changes a fact tells it; so a fact that nobody has told is as it was when the row looked, unless something since says otherwise: another program, another user, another session, another parent.
//! In: the row, and a thread that is known as the same. Out: the thread with what was lacking; it is no less doubtful for that, since it was not seen whole.

use std::sync::Arc;

use falco_abi::events::state_thread as p;
use falco_format::Tid;

use super::process::take_facts;
use super::seen::{credentials, is_to_come, join_process, program};
use crate::state::cgroup::Cgroups;
use crate::state::foresight::Changed;
use crate::state::thread::{Credentials, Program, Thread};
use crate::state::{Ptid, Row, State};

/// Takes from a row what is not known. The parent is another one by now where it has ended since.
pub(super) fn take(state: &mut State, row: Row<'_>, is_orphaned: bool) {
    join(state, row);
    let executes = is_to_come(state, Changed::Program(row.pid()), row);
    let changes_user = executes || is_to_come(state, Changed::Credentials(row.tid()), row);
    let Some(thread) = state.threads.get_mut(row.tid()) else {
        return;
    };
    facts(thread, row);
    if !executes && is_unknown(&thread.program) {
        thread.program = Arc::new(program(row));
        thread.comm = thread.comm.take().or(row.text(p::comm));
    }
    if !changes_user {
        user(&mut thread.credentials, credentials(row));
    }
    if let Some(lines) = row.bytes(p::cgroups) {
        let told = std::mem::take(&mut thread.cgroups);
        thread.cgroups = Arc::new(places(Cgroups::from_lines(lines), &told));
    }
    let has_parent = is_orphaned || thread.ids.ptid.is_some();
    if let Some(parent) = row.int(p::ptid).filter(|_| !has_parent) {
        state.threads.set_parent(row.tid(), Some(Ptid(parent)));
    }
    directories(state, row);
}

/// Whether nobody told what is run: an exec since would have.
fn is_unknown(program: &Program) -> bool {
    program.executed.is_none() && !program.args_known && program.exepath.is_none()
}

/// Shares what the row names, where neither a birth nor a row has told whose it is and nobody parted since.
fn join(state: &mut State, row: Row<'_>) {
    let has_parted = |tid: Tid| {
        let thread = state.threads.get(tid);
        thread.is_some_and(|thread| thread.parted > row.time())
    };
    let owner = row.int(p::files_owner).and_then(Tid::told);
    let told = |thread: &Thread| thread.ids.ptid.is_some();
    let is_told = state.threads.get(row.tid()).is_some_and(told);
    if !is_told && !has_parted(row.tid()) && !owner.is_some_and(has_parted) {
        join_process(state, row);
    }
}

/// Facts that each stand alone.
fn facts(thread: &mut Thread, row: Row<'_>) {
    let mut seen = thread.clone();
    take_facts!(&mut seen, row, state_thread);
    let (ids, told) = (&mut thread.ids, seen.ids);
    ids.vtid = ids.vtid.or(told.vtid);
    ids.vpid = ids.vpid.or(told.vpid);
    // A new session is a new group and has no terminal: they are taken together or not at all.
    if ids.pgid.is_none() && ids.sid.is_none() {
        (ids.pgid, ids.vpgid) = (told.pgid, told.vpgid);
        (ids.sid, ids.vsid) = (told.sid, told.vsid);
        thread.tty = thread.tty.or(seen.tty);
    }
    thread.mnt_ns = thread.mnt_ns.or(seen.mnt_ns);
    thread.net_ns = thread.net_ns.or(seen.net_ns);
    thread.pid_ns = thread.pid_ns.or(seen.pid_ns);
    thread.pidns_start = thread.pidns_start.or(seen.pidns_start);
    thread.fdlimit = thread.fdlimit.or(row.uint(p::fdlimit));
    if !thread.falco.has_figures {
        thread.falco = seen.falco;
    }
    if thread.kernel_flags == 0 {
        thread.kernel_flags = row.u32(p::kernel_flags).unwrap_or(0);
    }
}

/// Another user has other capabilities, which the change does not tell.
fn user(told: &mut Credentials, seen: Credentials) {
    if *told == Credentials::default() {
        *told = seen;
    }
    told.uid = told.uid.or(seen.uid);
    told.gid = told.gid.or(seen.gid);
    told.loginuid = told.loginuid.or(seen.loginuid);
}

/// The places of a row, but where a move has told another.
fn places(seen: Cgroups, told: &Cgroups) -> Cgroups {
    let told = told.entries().iter();
    told.fold(seen, |places, entry| {
        places.with(entry.hierarchy, &entry.path)
    })
}

/// Takes directories that are not known and that nobody changed since the look.
pub(super) fn directories(state: &mut State, row: Row<'_>) {
    let moves = is_to_come(state, Changed::Directories(row.pid()), row);
    let Some(thread) = state.threads.get(row.tid()) else {
        return;
    };
    let handle = thread.directories;
    let leader = state.threads.get(row.pid().leader());
    // The row of a thread repeats its leader's directory, which was looked at before.
    let repeats = !thread.is_leader() && leader.is_some_and(|leader| leader.directories == handle);
    let is_as_seen = !moves && !repeats;
    if let Some(directories) = state.directories.get_mut(handle)
        && is_as_seen
        && directories.touched <= row.time()
    {
        let cwd = row.bytes(p::cwd).filter(|cwd| cwd.starts_with(b"/"));
        let cwd = || cwd.map(super::file::as_directory);
        if !directories.is_cwd_known() {
            directories.cwd = cwd().or(directories.cwd.take());
        }
        directories.root = directories.root.take().or_else(|| row.text(p::root));
    }
}
