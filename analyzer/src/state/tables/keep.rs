//! What both dialects do to the tables: threads put in and taken out, tables copied and released, descriptors set and changed.
//!
//! In: a change, by whichever transition makes it. Out: the tables with it, within the limits, and counted where a limit refused it.

use std::sync::Arc;

use falco_format::{Pid, Tid};

use super::falco::FalcoFacts;
use super::fd::Fd;
use super::fds::{FdTable, Inserted, Slot};
use super::shared::Handle;
use super::state::State;
use super::thread::{Credentials, Directories, Ids, Program, Thread};
use crate::state::row::Row;

impl State {
    /// Takes a thread out, with what it alone owned.
    pub(in crate::state) fn remove_thread(&mut self, tid: Tid) -> Option<Thread> {
        let thread = self.threads.remove(tid)?;
        self.release_files(thread.files);
        self.directories.release(thread.directories);
        Some(thread)
    }

    pub(in crate::state) fn release_files(&mut self, files: Handle<FdTable>) {
        if let Some(table) = self.files.release(files) {
            self.fds = self.fds.saturating_sub(table.len());
        }
    }

    /// A copy of a table for a child; an empty one where the limit leaves no room.
    pub(in crate::state) fn copy_files(
        &mut self,
        files: Handle<FdTable>,
        time: u64,
    ) -> Handle<FdTable> {
        let Some(table) = self.files.get(files) else {
            return self.files.insert(FdTable::default());
        };
        let count = table.len();
        if self.fds.saturating_add(count) > self.limits.fds {
            self.counters.fds_refused += count as u64;
            return self.files.insert(FdTable::default());
        }
        let copy = table.inherited(time);
        self.fds += count;
        self.files.insert(copy)
    }

    pub(in crate::state) fn copy_directories(
        &mut self,
        directories: Handle<Directories>,
    ) -> Handle<Directories> {
        let copy = self.directories.get(directories).cloned();
        self.directories.insert(copy.unwrap_or_default())
    }
}

/// Sets a descriptor in a thread's table, in use or not.
pub(in crate::state) fn set(state: &mut State, tid: Tid, slot: Slot) {
    let limit = room(state);
    let files = state.threads.get(tid).map(|thread| thread.files);
    let Some(table) = files.and_then(|files| state.files.get_mut(files)) else {
        return;
    };
    match table.put(slot, limit) {
        Inserted::New => state.fds += 1,
        Inserted::Refused => {
            table.verified = 0;
            state.counters.fds_refused += 1;
        }
        Inserted::Replaced | Inserted::OwesClose => {}
    }
}

/// How long a table may become.
pub(in crate::state) fn room(state: &State) -> usize {
    if state.fds >= state.limits.fds {
        0
    } else {
        state.limits.fds_per_table
    }
}

/// Changes what a descriptor stands for, and notes whether its name changed.
pub(in crate::state) fn change(
    state: &mut State,
    row: Row<'_>,
    number: i32,
    change: impl FnOnce(&mut Fd),
) {
    let files = state.threads.get(row.tid()).map(|thread| thread.files);
    let table = files.and_then(|files| state.files.get_mut(files));
    let Some(slot) = table.and_then(|table| table.get_mut(number)) else {
        return;
    };
    let old = slot.file.name.clone();
    change(Arc::make_mut(&mut slot.file));
    slot.time = row.time();
    slot.from_snapshot = false;
    state.effect.fd_name_changed = slot.file.name != old;
}

/// A thread of which only the numbers are known.
pub(in crate::state) fn blank(
    state: &mut State,
    tid: Tid,
    pid: Pid,
    start: u64,
    exact: bool,
) -> Thread {
    Thread {
        tid,
        pid,
        start,
        start_exact: exact,
        birth: None,
        comm: None,
        program: Arc::new(Program::default()),
        credentials: Credentials::default(),
        ids: Ids::default(),
        tty: None,
        cgroups: Arc::default(),
        fdlimit: None,
        pidns_start: None,
        mnt_ns: None,
        net_ns: None,
        pid_ns: None,
        kernel_flags: 0,
        is_subreaper: false,
        is_dead: false,
        verified: 0,
        touched: 0,
        parted: 0,
        assumes_files: false,
        falco: FalcoFacts::default(),
        files: state.files.insert(FdTable::default()),
        directories: state.directories.insert(Directories::default()),
        epoch: 0,
        serial: 0,
        version: 0,
    }
}
