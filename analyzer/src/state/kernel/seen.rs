//! What a row of a snapshot says of a thread: its program, on whose behalf it runs, and whose descriptors and directories it shares.
//!
//! In: the row. Out: values in the tables' terms, and a thread that shares what the row says; whether a fact of a row was still to come when it was applied.
//! Which of it is believed, is decided where rows are applied.

use falco_abi::events;
use falco_format::{Pid, Tid, UnixNanos};

use crate::state::fds::FdTable;
use crate::state::foresight::Changed;
use crate::state::shared::Handle;
use crate::state::thread::{Credentials, Program, Thread};
use crate::state::{Row, State, Strings};

/// Whether a fact of a row was made by an event that the stream has not come to. What was there before, nobody knows.
pub(super) fn is_to_come(state: &State, what: Changed, row: Row<'_>) -> bool {
    state.foresight.is_to_come(what, row.time())
}

pub(super) fn credentials(row: Row<'_>) -> Credentials {
    use events::state_thread as p;
    Credentials {
        uid: row.u32(p::uid),
        gid: row.u32(p::gid),
        loginuid: row.u32(p::loginuid),
        cap_inheritable: row.uint(p::cap_inheritable),
        cap_permitted: row.uint(p::cap_permitted),
        cap_effective: row.uint(p::cap_effective),
    }
}

pub(super) fn program(row: Row<'_>) -> Program {
    use events::state_thread as p;
    let env = row.bytes(p::env).map(Strings::of_area);
    let mut program = Program {
        exepath: row.text(p::trusted_exepath),
        env: env.unwrap_or_default(),
        inode: row.uint(p::exe_ino),
        ctime: row.uint(p::exe_ino_ctime).map(UnixNanos),
        mtime: row.uint(p::exe_ino_mtime).map(UnixNanos),
        mode: row.u32(p::exe_mode),
        uid: row.u32(p::exe_uid),
        gid: row.u32(p::exe_gid),
        flags: row.u32(p::exe_flags),
        ..Program::default()
    };
    if let Some(argv) = row.bytes(p::argv) {
        program.set_argv(argv);
    }
    program.writable = program.may_write(&credentials(row));
    program
}

/// A thread shares the table of the thread that the row names, and the directories of its process.
pub(super) fn join_process(state: &mut State, row: Row<'_>) {
    let member = |state: &State, pid: Pid| {
        let other = state.threads.other_in_group(pid, row.tid());
        other.cloned()
    };
    let owner = row.int(events::state_thread::files_owner);
    let owner = owner.and_then(Tid::told);
    let files = match owner.unwrap_or(row.pid().leader()) {
        owner if owner == row.tid() => parted(state, row.tid(), row.time()),
        owner => state
            .threads
            .get(owner)
            .cloned()
            .or_else(|| member(state, Pid::led_by(owner)))
            .map(|other| state.files.share(other.files)),
    };
    // One that parted from its process is known by a directory of its own.
    let cwd = row.bytes(events::state_thread::cwd);
    let cwd = cwd.map(super::file::as_directory);
    let began = state.snapshot.began;
    let is_elsewhere = |other: &Thread| {
        // A directory that changed while the snapshot was taken says nothing.
        let directories = state.directories.get(other.directories);
        let theirs = directories.filter(|directories| directories.touched < began);
        let theirs = theirs.and_then(|directories| directories.cwd.clone());
        cwd.is_some() && theirs.is_some() && cwd != theirs
    };
    let sibling = member(state, row.pid()).filter(|other| !is_elsewhere(other));
    let directories = sibling.map(|other| state.directories.share(other.directories));
    let Some(thread) = state.threads.get_mut(row.tid()) else {
        return;
    };
    thread.assumes_files = false;
    let old_files = files.map(|files| std::mem::replace(&mut thread.files, files));
    let old_directories =
        directories.map(|directories| std::mem::replace(&mut thread.directories, directories));
    if let Some(old) = old_files {
        note_used(state, row.tid(), old);
    }
    if let Some(files) = old_files {
        state.release_files(files);
    }
    if let Some(directories) = old_directories {
        state.directories.release(directories);
    }
}

/// What was done to a table that turns out to be another was done to that other one: it is not known to be whole.
fn note_used(state: &mut State, tid: Tid, old: Handle<FdTable>) {
    let now = state.pending.now();
    let is_used = state.files.get(old).is_some_and(FdTable::is_used);
    let files = state.threads.get(tid).map(|thread| thread.files);
    if let Some(table) = files.and_then(|files| state.files.get_mut(files))
        && is_used
    {
        table.unsure_at = now;
    }
}

/// A table of its own for a thread that the row says owns one, where it was taken to share that of another who was seen before.
fn parted(state: &mut State, tid: Tid, time: u64) -> Option<Handle<FdTable>> {
    let files = state.threads.get(tid)?.files;
    if state.files.owners(files) < 2 {
        return None;
    }
    let epoch = state.snapshot.epoch;
    let shares = |other: &Thread| other.tid != tid && other.files == files && other.epoch == epoch;
    let is_shared = state.threads.iter().any(shares);
    is_shared.then(|| state.copy_files(files, time))
}
