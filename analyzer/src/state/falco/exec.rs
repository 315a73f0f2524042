//! Exec in Falco's dialect: the thread takes what the event says, and keeps the descriptors that are not marked to be closed.

use std::sync::Arc;

use falco_abi::frame::exe_flags;
use falco_abi::{EventId, events};
use falco_format::{Pid, Tid, UnixNanos};

use super::Apply;
use super::begin::entered;
use super::places::{enter, exec as p};
use super::threads::{self, string};
use crate::dialect::words::{EXE_FLAGS, EXECVEAT_FLAGS, falco};
use crate::state::cgroup::Cgroups;
use crate::state::tables::falco::{Entered, clone};
use crate::state::tables::text::Strings;
use crate::state::thread::{Program, Thread};
use crate::state::{Ptid, Row, State, Text, Vpid, Vtid, path};

const RESULT: usize = 0;
const UNKNOWN: &[u8] = b"<NA>";

/// What an exec makes.
pub(super) fn of(event: EventId) -> Option<Apply> {
    matches!(event, events::execve::EVENT | events::execveat::EVENT).then_some(before)
}

fn before(state: &mut State, row: Row<'_>) {
    // A result that is missing counts as a success.
    if row.falco_int(RESULT).unwrap_or(0) >= 0 {
        succeeded(state, row);
    }
}

fn succeeded(state: &mut State, row: Row<'_>) {
    let tid = row.tid();
    let path = exe_path(state, row);
    let was_invalid = state.threads.get(tid).is_some_and(Thread::is_invalid);
    if let Some(pid) = row.falco_int(p::PID).and_then(Pid::told) {
        state.threads.set_process(tid, pid);
    }
    if was_invalid {
        recover(state, row);
    }
    state.threads.set_dead(tid, false);
    let Some(thread) = state.threads.get_mut(tid) else {
        return;
    };
    take_program(thread, row, path);
    take_numbers(thread, row);
    take_times(thread, row);
    threads::take_memory_of_program(thread, row);
    thread.falco.flags &= clone::INVERTED;
    close_marked(state, tid);
    for member in state
        .threads
        .group(state.threads.get(tid).map_or(Pid::led_by(tid), |t| t.pid))
    {
        let goes = |thread: &Thread| !thread.is_leader() && thread.tid != tid;
        if state.threads.get(member).is_some_and(goes) {
            threads::remove(state, member);
        }
    }
}

fn close_marked(state: &mut State, tid: Tid) {
    let files = state.threads.get(tid).map(|thread| thread.files);
    if let Some(table) = files.and_then(|files| state.files.get_mut(files)) {
        let gone = table.remove_where(u64::MAX, |slot| slot.close_on_exec);
        state.fds = state.fds.saturating_sub(gone);
    }
}

/// A thread of which nothing was known gets a parent from the event.
fn recover(state: &mut State, row: Row<'_>) {
    let tid = row.tid();
    state
        .threads
        .set_parent(tid, row.falco_int(p::PTID).map(Ptid));
    if let Some(thread) = state.threads.get_mut(tid)
        && thread.falco.flags & clone::CHILD_IN_PIDNS == 0
    {
        thread.ids.vtid = Some(Vtid(tid.into()));
        thread.ids.vpid = Some(Vpid(thread.shown_pid()));
    }
    threads::link(state, tid);
}

fn take_program(thread: &mut Thread, row: Row<'_>, path: Option<Text>) {
    let old = &thread.program;
    let mut program = Program {
        exe: Some(string(row, p::EXE)),
        exepath: path.or_else(|| old.exepath.clone()),
        env: match row.falco_bytes(p::ENV) {
            Some(env) => Strings::of_area(env),
            None => old.env.clone(),
        },
        inode: old.inode,
        ctime: old.ctime,
        mtime: old.mtime,
        flags: old.flags,
        executed: Some(row.time()),
        ..Program::default()
    };
    program.set_args(row.falco_bytes(p::ARGS).unwrap_or_default());
    if let Some(flags) = row.falco_uint(p::FLAGS) {
        program.flags = Some(exe_marks(flags));
        thread.falco.exe_writable = flags & falco(EXE_FLAGS, "EXE_WRITABLE") != 0;
    }
    let comm = row.falco_bytes(p::COMM).map(Text::from);
    thread.comm = comm.or_else(|| program.exe.clone());
    thread.program = Arc::new(program);
    let told = row.falco_bytes(p::CGROUPS);
    let news = told.filter(|told| !thread.cgroups.is_told_by(told));
    if let Some(cgroups) = news.and_then(Cgroups::from_falco) {
        thread.cgroups = Arc::new(cgroups);
    }
}

fn exe_marks(flags: u64) -> u32 {
    const MARKS: [(u64, u32); 3] = [
        (falco(EXE_FLAGS, "EXE_UPPER_LAYER"), exe_flags::UPPER_LAYER),
        (falco(EXE_FLAGS, "EXE_LOWER_LAYER"), exe_flags::LOWER_LAYER),
        (falco(EXE_FLAGS, "EXE_FROM_MEMFD"), exe_flags::MEMFD),
    ];
    let set = MARKS.iter().filter(|(falco, _)| flags & falco != 0);
    set.fold(0, |all, (_, mark)| all | mark)
}

fn take_numbers(thread: &mut Thread, row: Row<'_>) {
    thread.fdlimit = row.falco_int(p::FDLIMIT).map(i64::cast_unsigned);
    let id = |place| threads::id(row, place);
    let credentials = &mut thread.credentials;
    credentials.uid = id(p::UID).or(credentials.uid);
    credentials.gid = id(p::GID).or(credentials.gid);
    credentials.loginuid = id(p::LOGINUID).or(credentials.loginuid);
    if let Some(effective) = row.falco_uint(p::CAP_EFFECTIVE) {
        credentials.cap_effective = Some(effective);
        credentials.cap_permitted = row.falco_uint(p::CAP_PERMITTED);
        credentials.cap_inheritable = row.falco_uint(p::CAP_INHERITABLE);
    }
    thread.tty = id(p::TTY).or(thread.tty);
    thread.ids.vpgid = row.falco_int(p::VPGID).map(Vpid).or(thread.ids.vpgid);
    thread.ids.pgid = Some(row.falco_int(p::PGID).unwrap_or(-1));
}

fn take_times(thread: &mut Thread, row: Row<'_>) {
    let Some(mtime) = row.falco_uint(p::EXE_MTIME).map(UnixNanos) else {
        return;
    };
    let ctime = UnixNanos(row.falco_uint(p::EXE_CTIME).unwrap_or(0));
    let program = Arc::make_mut(&mut thread.program);
    program.inode = row.falco_uint(p::EXE_INO);
    program.ctime = Some(ctime);
    program.mtime = Some(mtime);
    if thread.start != 0 {
        // An import's boot time is that of the wall.
        thread.falco.ctime_to_birth = thread.start.wrapping_sub(ctime.0).cast_signed();
    }
    let pidns = thread.falco.pidns_start;
    if pidns.is_known() && ctime > pidns {
        thread.falco.pidns_to_ctime = ctime.since(pidns);
    }
}

/// The path of the executable: the kernel's where the event has it, else put together from the begin of the call.
fn exe_path(state: &State, row: Row<'_>) -> Option<Text> {
    if let Some(path) = row.falco_bytes(p::EXE_PATH) {
        return Some(without_deleted(path).into());
    }
    let entered = entered(state, row)?;
    let thread = state.threads.get(row.tid())?;
    let path = match entered.code {
        enter::EXECVEAT => path_at(state, thread, entered),
        _ => match entered.name.as_deref() {
            None | Some(UNKNOWN) => UNKNOWN.to_vec(),
            Some(name) => path::join_as_falco(state.cwd(thread), name),
        },
    };
    Some(without_deleted(&path).into())
}

fn path_at(state: &State, thread: &Thread, entered: &Entered) -> Vec<u8> {
    const EMPTY_PATH: u32 = falco(EXECVEAT_FLAGS, "AT_EMPTY_PATH") as u32;
    let name = entered.name.as_deref().unwrap_or(UNKNOWN);
    let base = super::directory::base(state, Some(thread), entered.fd, name).whole();
    let is_empty = entered.flags & EMPTY_PATH != 0;
    if (!is_empty && name == UNKNOWN) || *base == *path::UNKNOWN_DIRECTORY {
        UNKNOWN.to_vec()
    } else if is_empty {
        path::join_as_falco(b"", &base)
    } else {
        path::join_as_falco(&base, name)
    }
}

/// The kernel marks files without a name; Falco takes the mark away.
pub(super) fn without_deleted(path: &[u8]) -> &[u8] {
    const MARK: &[u8] = b" (deleted)";
    match path.strip_suffix(MARK) {
        Some(name) if !name.is_empty() => name,
        _ => path,
    }
}
