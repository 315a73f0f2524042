//! Births and ends of threads, and what they share.

use std::sync::Arc;

use falco_abi::{EventDef, Lane, events};
use falco_format::{Pid, Tid};

use super::mount;
use crate::state::tables::keep::blank;
use crate::state::thread::{Ids, Thread};
use crate::state::{Ptid, Row, State, Text, Vtid};

const CLONE_FS: u64 = 0x200;
const CLONE_FILES: u64 = 0x400;
const CLONE_NEWNS: u64 = 0x2_0000;
const PR_SET_CHILD_SUBREAPER: u64 = 36;
const RLIMIT_NOFILE: u64 = 7;

/// Takes the facts that exec, birth and snapshot rows have in common, each where it is present.
macro_rules! take_facts {
    ($thread:expr, $row:expr, $event:ident) => {{
        use crate::state::{Vpid, Vtid};
        use falco_abi::events::$event as p;
        let (thread, row): (&mut Thread, Row<'_>) = ($thread, $row);
        let ids = &mut thread.ids;
        ids.vtid = row.int(p::vtid).map(Vtid).or(ids.vtid);
        ids.vpid = row.int(p::vpid).map(Vpid).or(ids.vpid);
        ids.pgid = row.int(p::pgid).or(ids.pgid);
        ids.vpgid = row.int(p::vpgid).map(Vpid).or(ids.vpgid);
        ids.sid = row.int(p::sid).or(ids.sid);
        ids.vsid = row.int(p::vsid).map(Vpid).or(ids.vsid);
        let credentials = &mut thread.credentials;
        credentials.uid = row.u32(p::uid).or(credentials.uid);
        credentials.gid = row.u32(p::gid).or(credentials.gid);
        credentials.loginuid = row.u32(p::loginuid).or(credentials.loginuid);
        credentials.cap_inheritable = row.uint(p::cap_inheritable).or(credentials.cap_inheritable);
        credentials.cap_permitted = row.uint(p::cap_permitted).or(credentials.cap_permitted);
        credentials.cap_effective = row.uint(p::cap_effective).or(credentials.cap_effective);
        thread.comm = row.text(p::comm).or(thread.comm.take());
        thread.tty = row.u32(p::tty).or(thread.tty);
        thread.mnt_ns = row.uint(p::mnt_ns).or(thread.mnt_ns);
        thread.net_ns = row.uint(p::net_ns).or(thread.net_ns);
        thread.pid_ns = row.uint(p::pid_ns).or(thread.pid_ns);
        thread.pidns_start = row.uint(p::pidns_init_start_ts).or(thread.pidns_start);
        if let Some(size) = row.uint(p::vm_size) {
            // Sizes beyond four TiB are shown as that, as wide as Falco keeps them.
            let figure =
                |value: Option<u64>| value.map_or(0, |kib| u32::try_from(kib).unwrap_or(u32::MAX));
            thread.falco.has_figures = true;
            thread.falco.vm_size = figure(Some(size));
            thread.falco.vm_rss = figure(row.uint(p::vm_rss));
            thread.falco.vm_swap = figure(row.uint(p::vm_swap));
            thread.falco.faults_major = row.uint(p::pgft_maj).unwrap_or(0);
            thread.falco.faults_minor = row.uint(p::pgft_min).unwrap_or(0);
        }
    }};
}
pub(super) use take_facts;

/// Transitions of a living thread.
pub(super) fn before(state: &mut State, row: Row<'_>) -> bool {
    match row.event() {
        events::prctl::EVENT => prctl(state, row),
        events::setsid::EVENT => setsid(state, row),
        events::unshare::EVENT => unshare(state, row),
        events::setns::EVENT => setns(state, row),
        events::setrlimit::EVENT => setrlimit(state, row),
        events::prlimit::EVENT => prlimit(state, row),
        events::cgroup_attach_task::EVENT => cgroup_attach(state, row),
        // It counts no more among the living, but rules may still ask for it.
        events::procexit::EVENT => {
            state.threads.set_dead(row.tid(), true);
        }
        _ => return false,
    }
    true
}

/// Makes sure that the thread of a row is known as itself.
pub(super) fn observe(state: &mut State, row: Row<'_>, lane: Lane) {
    let (tid, start) = (row.tid(), row.start());
    match state.threads.mark(tid) {
        Some(thread) if thread.is_same(start, true) => {
            if lane == Lane::Process {
                thread.touched = row.time();
            }
            if thread.assumes_files
                && let Some(table) = state.files.get_mut(thread.files)
            {
                table.unsure_at = row.time();
            }
            if !thread.start_exact
                && start != 0
                && let Some(thread) = state.threads.get_mut(tid)
            {
                thread.start = start;
                thread.start_exact = true;
            }
        }
        Some(_) => {
            state.counters.tids_reused += 1;
            bury(state, tid);
            adopt_unknown(state, row);
        }
        None => adopt_unknown(state, row),
    }
    let is_process = |event: &EventDef| event.lane == Lane::Process;
    if falco_abi::event(row.event()).is_some_and(is_process)
        && let Some(thread) = state.threads.mark(tid)
    {
        thread.touched = row.time();
    }
}

/// A thread without its birth: like the leader of its process where that is known.
fn adopt_unknown(state: &mut State, row: Row<'_>) {
    state.counters.threads_unknown += 1;
    let leader = row.pid().leader();
    let leader = state
        .threads
        .get(leader)
        .filter(|_| row.tid() != leader)
        .cloned();
    let thread = match leader {
        Some(leader) => Thread {
            tid: row.tid(),
            start: row.start(),
            start_exact: true,
            birth: None,
            is_dead: false,
            is_subreaper: false,
            assumes_files: true,
            files: state.files.share(leader.files),
            directories: state.directories.share(leader.directories),
            ids: Ids {
                vtid: None,
                ..leader.ids
            },
            ..leader
        },
        None => blank(state, row.tid(), row.pid(), row.start(), true),
    };
    state.add_thread(thread);
}

/// A birth. The row is the child's own.
pub(super) fn fork(state: &mut State, row: Row<'_>) {
    let known = state.threads.find(row.tid(), row.start()).is_some();
    if !known {
        if state.threads.get(row.tid()).is_some() {
            state.counters.tids_reused += 1;
            bury(state, row.tid());
        }
        let child = child_of_parent(state, row);
        state.add_thread(child);
    } else {
        share_again(state, row);
        run_again(state, row);
    }
    let cgroup = row.bytes(events::procfork::cgroup);
    let flags = row.u32(events::procfork::kernel_flags);
    mount::enter(state, row, events::procfork::mnt_ns, true);
    if let Some(child) = state.threads.get_mut(row.tid()) {
        child.start = row.start();
        child.start_exact = true;
        child.touched = row.time();
        child.assumes_files = false;
        child.birth = Some(row.time());
        take_facts!(child, row, procfork);
        child.kernel_flags = flags.unwrap_or(child.kernel_flags);
        set_cgroup(child, 0, cgroup);
    }
    if let Some(parent) = row.int(events::procfork::ptid) {
        state.threads.set_parent(row.tid(), Some(Ptid(parent)));
    }
}

/// The thread that gave birth, or the leader of its process.
fn parent_of(state: &State, row: Row<'_>) -> Option<Thread> {
    use events::procfork as p;
    let start = row.uint(p::parent_start).unwrap_or(0);
    let tid = row.int(p::parent_tid).and_then(Tid::told);
    let process = || row.int(p::parent_pid).and_then(Pid::told);
    tid.and_then(|tid| state.threads.find(tid, start))
        .or_else(|| state.threads.get(process()?.leader()))
        .cloned()
}

/// A thread that a snapshot has only seen later may have parted from its parent by then: at its birth it shared.
fn share_again(state: &mut State, row: Row<'_>) {
    let shares = row.uint(events::procfork::flags).unwrap_or(0) & CLONE_FILES != 0;
    let Some(child) = state.threads.get(row.tid()) else {
        return;
    };
    let (files, is_ahead) = (child.files, child.verified > row.time());
    let parent = parent_of(state, row).filter(|parent| parent.files != files);
    let Some(parent) = parent.filter(|_| shares && is_ahead) else {
        return;
    };
    let shared = state.files.share(parent.files);
    state.release_files(files);
    if let Some(child) = state.threads.get_mut(row.tid()) {
        child.files = shared;
    }
}

/// Of a thread that a snapshot has only seen in a later program nothing is known: at its birth it ran its parent's.
fn run_again(state: &mut State, row: Row<'_>) {
    let is_blank = |thread: &Thread| !thread.program.args_known && thread.program.exepath.is_none();
    let child = state.threads.get(row.tid());
    if !child.is_some_and(is_blank) {
        return;
    }
    if let Some(parent) = parent_of(state, row)
        && let Some(child) = state.threads.get_mut(row.tid())
    {
        child.program = parent.program;
    }
}

fn child_of_parent(state: &mut State, row: Row<'_>) -> Thread {
    use events::procfork as p;
    let Some(parent) = parent_of(state, row) else {
        return blank(state, row.tid(), row.pid(), row.start(), true);
    };
    let shared = row.uint(p::flags).unwrap_or(0);
    let files = if shared & CLONE_FILES != 0 {
        state.files.share(parent.files)
    } else {
        state.copy_files(parent.files, row.time())
    };
    let directories = if shared & CLONE_FS != 0 {
        state.directories.share(parent.directories)
    } else {
        state.copy_directories(parent.directories)
    };
    Thread {
        tid: row.tid(),
        pid: row.pid(),
        start: row.start(),
        start_exact: true,
        is_dead: false,
        is_subreaper: row.tid() != row.pid().leader() && parent.is_subreaper,
        files,
        directories,
        // What a snapshot will only see later may not have been so at the birth.
        verified: if parent.verified > row.time() {
            0
        } else {
            parent.verified
        },
        epoch: 0,
        ..parent
    }
}

/// Sets the path in one hierarchy, where it is given and differs.
pub(super) fn set_cgroup(thread: &mut Thread, hierarchy: u32, path: Option<&[u8]>) {
    let Some(path) = path else { return };
    if thread.cgroups.path(hierarchy).map(|old| &old[..]) != Some(path) {
        thread.cgroups = Arc::new(thread.cgroups.with(hierarchy, path));
    }
}

/// An end. A leader stays as long as threads of its process live.
pub(super) fn exit(state: &mut State, row: Row<'_>) {
    let tid = row.tid();
    state.threads.note_end(tid, row.start(), row.time());
    state.threads.set_dead(tid, true);
    let Some(thread) = state.threads.get(tid) else {
        return;
    };
    let (pid, is_leader) = (thread.pid, thread.is_leader());
    // The kernel counts threads whose births were not seen too: those that are known count only where it does not tell.
    let live = row.uint(events::procexit::threads_live);
    let none_live = live.map_or_else(|| state.threads.live_in_group(pid) == 0, |live| live == 0);
    if none_live {
        for member in state.threads.group(pid) {
            bury(state, member);
        }
    } else if !is_leader {
        bury(state, tid);
    }
}

/// Takes out a thread that has ended; the last one of a process leaves its children to an ancestor.
pub(super) fn bury(state: &mut State, tid: Tid) {
    let Some(thread) = state.threads.get(tid).cloned() else {
        return;
    };
    let heir = thread.is_leader().then(|| state.heir(&thread));
    state.remove_thread(tid);
    let Some(heir) = heir else { return };
    for child in state.threads.children(thread.pid) {
        for member in state.threads.group(Pid::led_by(child)) {
            state.threads.set_parent(member, Some(heir.into()));
            touch(state, member);
        }
    }
}

/// Notes that an event of another thread changed something about this one.
fn touch(state: &mut State, tid: Tid) {
    let now = state.pending.now();
    if let Some(thread) = state.threads.get_mut(tid) {
        thread.touched = now;
    }
}

fn prctl(state: &mut State, row: Row<'_>) {
    use events::prctl as p;
    if row.int(p::res) != Some(0) || row.uint(p::option) != Some(PR_SET_CHILD_SUBREAPER) {
        return;
    }
    let adopts = row.int(p::arg2_int).is_some_and(|value| value != 0);
    for tid in state.threads.group(row.pid()) {
        if let Some(thread) = state.threads.get_mut(tid) {
            thread.is_subreaper = adopts;
        }
    }
}

fn setsid(state: &mut State, row: Row<'_>) {
    use events::setsid as p;
    if row.int(p::res).is_none_or(|res| res < 0) {
        return;
    }
    let sid = row.int(p::sid);
    for tid in state.threads.group(row.pid()) {
        if let Some(thread) = state.threads.get_mut(tid) {
            thread.touched = row.time();
            thread.ids.sid = sid;
            thread.ids.vsid = thread.ids.vpid;
        }
    }
}

fn unshare(state: &mut State, row: Row<'_>) {
    use events::unshare as p;
    if row.int(p::res) != Some(0) {
        return;
    }
    let flags = row.uint(p::flags).unwrap_or(0);
    if flags & CLONE_FILES != 0 {
        unshare_files(state, row.tid(), row.time());
    }
    if flags & (CLONE_FS | CLONE_NEWNS) != 0 {
        unshare_directories(state, row.tid());
    }
    if let Some(thread) = state.threads.get_mut(row.tid()) {
        thread.net_ns = row.uint(p::net_ns).or(thread.net_ns);
    }
    mount::enter(state, row, p::mnt_ns, flags & CLONE_NEWNS != 0);
}

fn setns(state: &mut State, row: Row<'_>) {
    use events::setns as p;
    if row.int(p::res) == Some(0)
        && let Some(thread) = state.threads.get_mut(row.tid())
    {
        thread.net_ns = row.uint(p::net_ns).or(thread.net_ns);
        mount::enter(state, row, p::mnt_ns, false);
    }
}

/// Gives a thread a table of its own, if it shares one.
pub(super) fn unshare_files(state: &mut State, tid: Tid, time: u64) {
    let Some(thread) = state.threads.get_mut(tid) else {
        return;
    };
    thread.parted = time;
    let old = thread.files;
    if state.files.owners(old) < 2 {
        return;
    }
    let own = state.copy_files(old, time);
    state.release_files(old);
    if let Some(thread) = state.threads.get_mut(tid) {
        thread.files = own;
    }
}

/// Gives a thread directories of its own, if it shares them.
pub(super) fn unshare_directories(state: &mut State, tid: Tid) {
    let now = state.pending.now();
    let Some(thread) = state.threads.get_mut(tid) else {
        return;
    };
    thread.parted = now;
    let old = thread.directories;
    if state.directories.owners(old) < 2 {
        return;
    }
    let own = state.copy_directories(old);
    state.directories.release(old);
    if let Some(thread) = state.threads.get_mut(tid) {
        thread.directories = own;
    }
}

fn setrlimit(state: &mut State, row: Row<'_>) {
    use events::setrlimit as p;
    if row.int(p::res) == Some(0) && row.uint(p::resource) == Some(RLIMIT_NOFILE) {
        set_fdlimit(state, row.pid(), row.int(p::cur));
    }
}

fn prlimit(state: &mut State, row: Row<'_>) {
    use events::prlimit as p;
    if row.int(p::res) != Some(0) || row.uint(p::resource) != Some(RLIMIT_NOFILE) {
        return;
    }
    let other = row.int(p::pid).filter(|&number| number != 0);
    let pid = match (other, state.threads.get(row.tid())) {
        (None, _) => Some(row.pid()),
        (Some(number), Some(by)) => state.meant(by, Vtid(number)).map(|thread| thread.pid),
        (Some(_), None) => None,
    };
    if let Some(pid) = pid {
        set_fdlimit(state, pid, row.int(p::newcur));
    }
}

fn set_fdlimit(state: &mut State, pid: Pid, limit: Option<i64>) {
    let Some(limit) = limit else { return };
    for tid in state.threads.group(pid) {
        if let Some(thread) = state.threads.get_mut(tid) {
            thread.fdlimit = Some(limit.cast_unsigned());
        }
    }
}

fn cgroup_attach(state: &mut State, row: Row<'_>) {
    use events::cgroup_attach_task as p;
    let Some(hierarchy) = row.u32(p::hierarchy) else {
        return;
    };
    let path: Option<Text> = row.text(p::path);
    let tids = if row.uint(p::threadgroup) == Some(1) {
        state.threads.group(row.pid())
    } else {
        vec![row.tid()]
    };
    for tid in tids {
        if let Some(thread) = state.threads.get_mut(tid) {
            thread.touched = row.time();
            set_cgroup(thread, hierarchy, path.as_deref());
        }
    }
}
