//! Exec: a process becomes another program, and all its other threads end.

use std::sync::Arc;

use falco_abi::events;
use falco_abi::frame::{exe_flags, path_flags};
use falco_format::{Tid, UnixNanos};

use super::process::{self, take_facts};
use crate::state::thread::{Credentials, Program, Thread};
use crate::state::{Found, Ptid, Row, State, Strings, Text};

/// A thread that is not the leader and execs takes the leader's tid: it is moved there before anything else looks.
pub(super) fn prepare(state: &mut State, row: Row<'_>) {
    use events::execve as p;
    let old = row.int(p::old_tid).and_then(Tid::told);
    let Some(old) = old.filter(|&old| old != row.tid()) else {
        return;
    };
    if row.int(p::res) != Some(0) {
        return;
    }
    let is_member = |thread: &Thread| thread.pid == row.pid();
    if !state.threads.get(old).is_some_and(is_member) {
        return;
    }
    // The leader goes, its children stay: they belong to the process.
    let ptid = state.threads.get(row.tid()).and_then(|t| t.ids.ptid);
    state.remove_thread(row.tid());
    let Some(mut thread) = state.threads.remove(old) else {
        return;
    };
    // Its old number ends here without an end of its own: no row that looked before may bring it back.
    state.threads.note_end(old, thread.start, row.time());
    thread.tid = row.tid();
    thread.start = row.start();
    thread.start_exact = true;
    thread.ids.ptid = ptid.or(thread.ids.ptid);
    thread.is_dead = false;
    state.add_thread(thread);
}

/// Takes the new program. True if the event was an exec.
pub(super) fn before(state: &mut State, row: Row<'_>) -> bool {
    use events::execve as p;
    if row.event() == events::execveat::EVENT {
        return true;
    }
    if row.event() != p::EVENT {
        return false;
    }
    if row.int(p::res) == Some(0) {
        succeeded(state, row);
    }
    true
}

fn succeeded(state: &mut State, row: Row<'_>) {
    use events::execve as p;
    let tid = row.tid();
    for member in state.threads.group(row.pid()) {
        if member != tid
            && let Some(other) = state.remove_thread(member)
        {
            state.threads.note_end(member, other.start, row.time());
        }
    }
    // The directories stay shared: exec parts the descriptors alone.
    process::unshare_files(state, tid, row.time());
    let program = Arc::new(program(row));
    let doubtful = state.losses.threads_until();
    state.threads.set_dead(tid, false);
    let Some(thread) = state.threads.get_mut(tid) else {
        return;
    };
    let was_stale = thread.verified == 0 || thread.verified < doubtful;
    take_facts!(thread, row, execve);
    thread.program = program;
    thread.fdlimit = row.uint(p::fdlimit).or(thread.fdlimit);
    // The row tells all that may have been missed, but for the places in hierarchies of version 1.
    if !was_stale
        || thread
            .cgroups
            .entries()
            .iter()
            .all(|entry| entry.hierarchy == 0)
    {
        thread.verified = row.time();
    }
    process::set_cgroup(thread, 0, row.bytes(p::cgroup));
    let (files, directories) = (thread.files, thread.directories);
    if let Some(table) = state.files.get_mut(files) {
        // What is not known may be closed too.
        table.unsure_at = row.time();
        table.parted_at = row.time();
        let gone = table.remove_where(row.time(), |slot| slot.close_on_exec);
        state.fds = state.fds.saturating_sub(gone);
    }
    let cwd = row.bytes(p::cwd).filter(|cwd| cwd.first() == Some(&b'/'));
    let cwd = cwd.filter(|_| !row.is_partial(p::cwd));
    // The tracked directory is as the program gave it; the kernel's is taken where none is tracked, or it may be an old one.
    if let Some(directories) = state.directories.get_mut(directories)
        && (!directories.is_cwd_known() || was_stale)
    {
        // Where the row does not tell, the old one stays, and so does the doubt about the descriptors that names hang on.
        directories.cwd = cwd
            .map(super::file::as_directory)
            .or(directories.cwd.take());
    }
    if let Some(parent) = row.int(p::ptid) {
        state.threads.set_parent(tid, Some(Ptid(parent)));
    }
}

/// The path of the executable, which is absolute where it leads to the root. A memfd is its name, as Falco has it.
fn exepath(path: &[u8], flags: u32) -> Text {
    let has = |flag| flags & flag != 0;
    if has(exe_flags::CUT) {
        Found::shown(path, path_flags::CUT)
    } else if has(exe_flags::UNREACHABLE) && !has(exe_flags::MEMFD) {
        Found::shown(path, path_flags::UNREACHABLE)
    } else {
        path.into()
    }
}

fn program(row: Row<'_>) -> Program {
    use events::execve as p;
    let flags = row.u32(p::exe_flags);
    let path = row.bytes(p::trusted_exepath);
    let mut program = Program {
        exepath: path.map(|path| exepath(path, flags.unwrap_or(0))),
        inner_path: row.bytes(p::exe_inner_path).map(Found::shown_inner),
        links: row.u32(p::exe_nlink),
        mount: row.u32(p::exe_mnt_id),
        env: row.bytes(p::env).map(Strings::of_area).unwrap_or_default(),
        inode: row.uint(p::exe_ino),
        ctime: row.uint(p::exe_ino_ctime).map(UnixNanos),
        mtime: row.uint(p::exe_ino_mtime).map(UnixNanos),
        mode: row.u32(p::exe_mode),
        uid: row.u32(p::exe_uid),
        gid: row.u32(p::exe_gid),
        flags,
        executed: Some(row.time()),
        ..Program::default()
    };
    if let Some(argv) = row.bytes(p::argv) {
        program.set_argv(argv);
    }
    program.writable = program.may_write(&Credentials {
        uid: row.u32(p::uid),
        gid: row.u32(p::gid),
        cap_effective: row.uint(p::cap_effective),
        ..Credentials::default()
    });
    program
}
