//! Descriptors made, duplicated and closed.

use std::sync::Arc;

use falco_abi::events;
use falco_format::Tid;

use super::process::unshare_files;
use crate::state::fd::Fd;
use crate::state::fd_kind::FdKind;
use crate::state::fds::{Closed, Inserted, Slot};
use crate::state::tables::keep::{room, set};
use crate::state::{Row, State, Text, Vtid};

/// Closes on exec. Every call that makes a descriptor has this bit for it, but memfd's.
const O_CLOEXEC: u64 = 0o2_000_000;
const MFD_CLOEXEC: u64 = 1;
const F_DUPFD: u64 = 0;
const F_SETFD: u64 = 2;
const F_DUPFD_CLOEXEC: u64 = 1030;
const FD_CLOEXEC: u64 = 1;
const CLOSE_RANGE_UNSHARE: u64 = 2;
const CLOSE_RANGE_CLOEXEC: u64 = 4;
const EBADF: i64 = -9;

/// Commands of `bpf` that return a descriptor: creation, lookup by id, opening by path, links, iterators.
const BPF_FD_COMMANDS: [u64; 13] = [
    0, 5, 7, 0xd, 0xe, 0x11, 0x12, 0x13, 0x1c, 0x1e, 0x20, 0x21, 0x24,
];

/// Opens a descriptor in a thread's table, and counts what became of it.
pub(super) fn add(state: &mut State, tid: Tid, slot: Slot) {
    let Some(files) = state.threads.get(tid).map(|thread| thread.files) else {
        return;
    };
    let shared = state.files.owners(files) > 1;
    let limit = room(state);
    let Some(table) = state.files.get_mut(files) else {
        return;
    };
    match table.open(slot, shared, limit) {
        Inserted::New => state.fds += 1,
        Inserted::Refused => {
            table.verified = 0;
            state.counters.fds_refused += 1;
        }
        Inserted::Replaced => state.counters.fds_overwritten += 1,
        Inserted::OwesClose => {}
    }
}

/// Opens a descriptor of a kind, if the call returned one.
fn make(state: &mut State, row: Row<'_>, result: usize, kind: FdKind, flags: Option<u64>) {
    make_file(state, row, result, Fd::of(kind), flags);
}

fn make_file(state: &mut State, row: Row<'_>, result: usize, file: Fd, flags: Option<u64>) {
    if let Some(number) = row.fd(result).filter(|&number| number >= 0) {
        let close_on_exec = flags.unwrap_or(0) & O_CLOEXEC != 0;
        let slot = Slot::new(number, Arc::new(file), close_on_exec, row.time());
        add(state, row.tid(), slot);
    }
}

pub(super) fn before(state: &mut State, row: Row<'_>) -> bool {
    // The kernel marks these to be closed on exec, whatever the program asks.
    const ALWAYS: Option<u64> = Some(O_CLOEXEC);
    match row.event() {
        events::dup::EVENT => dup(state, row, events::dup::oldfd, None),
        events::dup2::EVENT => dup(state, row, events::dup2::oldfd, None),
        events::dup3::EVENT => dup(state, row, events::dup3::oldfd, Some(events::dup3::flags)),
        events::fcntl::EVENT => fcntl(state, row),
        events::pipe::EVENT => {
            use events::pipe as p;
            pipe(state, row, (p::res, p::fd1, p::fd2, p::ino), None);
        }
        events::pipe2::EVENT => {
            use events::pipe2 as p;
            let places = (p::res, p::fd1, p::fd2, p::ino);
            pipe(state, row, places, row.uint(p::flags));
        }
        events::eventfd::EVENT => make(state, row, events::eventfd::res, FdKind::Event, None),
        events::eventfd2::EVENT => {
            use events::eventfd2 as p;
            make(state, row, p::res, FdKind::Event, row.uint(p::flags));
        }
        events::signalfd::EVENT => make_signal(state, row, events::signalfd::fd, None),
        events::signalfd4::EVENT => {
            use events::signalfd4 as p;
            make_signal(state, row, p::fd, row.uint(p::flags));
        }
        events::timerfd_create::EVENT => {
            use events::timerfd_create as p;
            make(state, row, p::res, FdKind::Timer, row.uint(p::flags));
        }
        events::inotify_init::EVENT => {
            make(state, row, events::inotify_init::res, FdKind::Inotify, None);
        }
        events::inotify_init1::EVENT => {
            use events::inotify_init1 as p;
            make(state, row, p::res, FdKind::Inotify, row.uint(p::flags));
        }
        events::epoll_create::EVENT => {
            make(state, row, events::epoll_create::res, FdKind::Epoll, None);
        }
        events::epoll_create1::EVENT => {
            use events::epoll_create1 as p;
            make(state, row, p::res, FdKind::Epoll, row.uint(p::flags));
        }
        events::io_uring_setup::EVENT => {
            make(
                state,
                row,
                events::io_uring_setup::res,
                FdKind::IoUring,
                ALWAYS,
            );
        }
        events::userfaultfd::EVENT => {
            use events::userfaultfd as p;
            make(state, row, p::res, FdKind::Userfault, row.uint(p::flags));
        }
        events::memfd_create::EVENT => memfd(state, row),
        events::bpf::EVENT => {
            use events::bpf as p;
            let command = row.uint(p::cmd);
            if command.is_some_and(|command| BPF_FD_COMMANDS.contains(&command)) {
                make(state, row, p::fd, FdKind::Bpf, ALWAYS);
            }
        }
        events::pidfd_open::EVENT => pidfd(state, row),
        events::pidfd_getfd::EVENT => pidfd_getfd(state, row),
        events::close::EVENT | events::close_range::EVENT => {}
        _ => return false,
    }
    true
}

/// A signalfd is made only where none was given to be changed.
fn make_signal(state: &mut State, row: Row<'_>, given: usize, flags: Option<u64>) {
    let is_new = row.fd(given).is_none_or(|number| number < 0);
    let result = match row.event() {
        events::signalfd::EVENT => events::signalfd::res,
        _ => events::signalfd4::res,
    };
    if is_new {
        make(state, row, result, FdKind::Signal, flags);
    }
}

fn memfd(state: &mut State, row: Row<'_>) {
    use events::memfd_create as p;
    let file = Fd {
        name: row.text(p::name).unwrap_or_else(|| Text::from([])),
        inode: row.uint(p::ino).unwrap_or(0),
        device: row.u32(p::dev).unwrap_or(0),
        ..Fd::of(FdKind::Memfd)
    };
    let closes = row.uint(p::flags).unwrap_or(0) & MFD_CLOEXEC != 0;
    make_file(state, row, p::fd, file, closes.then_some(O_CLOEXEC));
}

fn pidfd(state: &mut State, row: Row<'_>) {
    use events::pidfd_open as p;
    let pid = row.int(p::pid);
    let thread = state.threads.get(row.tid());
    let name = pid.map(|pid| format!("/proc/{pid}").into_bytes());
    let file = Fd {
        // Falco's name for one: where the process is to be found.
        name: name.unwrap_or_default().into(),
        target: pid.and_then(|number| state.tid_meant(thread?, Vtid(number))),
        ..Fd::of(FdKind::Pidfd)
    };
    make_file(state, row, p::fd, file, Some(O_CLOEXEC));
}

/// The descriptor of another process, if that process and its descriptor are known.
fn pidfd_getfd(state: &mut State, row: Row<'_>) {
    use events::pidfd_getfd as p;
    let found = || {
        let thread = state.threads.get(row.tid())?;
        let target = state.fd(thread, row.fd(p::pid_fd)?)?.file.target?;
        let slot = state.fd(state.threads.get(target)?, row.fd(p::target_fd)?)?;
        Some(Fd::clone(&slot.file))
    };
    let file = found().unwrap_or_default();
    make_file(state, row, p::fd, file, Some(O_CLOEXEC));
}

fn pipe(
    state: &mut State,
    row: Row<'_>,
    (result, first, second, inode): (usize, usize, usize, usize),
    flags: Option<u64>,
) {
    if row.int(result) != Some(0) {
        return;
    }
    for end in [first, second] {
        let file = Fd {
            inode: row.uint(inode).unwrap_or(0),
            ..Fd::of(FdKind::Pipe)
        };
        make_file(state, row, end, file, flags);
    }
}

/// The result is the new number; in `dup2` and `dup3` whatever had it is closed without a close.
fn dup(state: &mut State, row: Row<'_>, old: usize, flags: Option<usize>) {
    const RESULT: usize = 0;
    let closes = flags.and_then(|param| row.uint(param)).unwrap_or(0) & O_CLOEXEC != 0;
    let (Some(old), Some(new)) = (row.fd(old), row.fd(RESULT)) else {
        return;
    };
    if new < 0 || new == old {
        return;
    }
    let is_exact = row.event() != events::dup::EVENT;
    duplicate(state, row, (old, new), closes, is_exact);
}

/// Copies a descriptor. An unknown one becomes an unknown one: what had the new number is gone in any case.
fn duplicate(state: &mut State, row: Row<'_>, (old, new): (i32, i32), closes: bool, exact: bool) {
    let thread = state.threads.get(row.tid());
    let file = thread
        .and_then(|thread| state.fd(thread, old))
        .map(|slot| Arc::clone(&slot.file));
    // A copy of what was no longer so is no truth either.
    let files = thread.map(|thread| thread.files);
    if let Some(table) = files.and_then(|files| state.files.get_mut(files)) {
        table.unsure_at = row.time();
    }
    let Some(file) = file else {
        forget(state, row, new);
        return;
    };
    let slot = Slot::new(new, file, closes, row.time());
    if exact {
        set(state, row.tid(), slot);
    } else {
        add(state, row.tid(), slot);
    }
}

fn forget(state: &mut State, row: Row<'_>, number: i32) {
    let files = state.threads.get(row.tid()).map(|thread| thread.files);
    if let Some(table) = files.and_then(|files| state.files.get_mut(files)) {
        table.unsure_at = row.time();
        let gone = table.remove_where(row.time(), |slot| slot.number == number);
        state.fds = state.fds.saturating_sub(gone);
    }
}

fn fcntl(state: &mut State, row: Row<'_>) {
    use events::fcntl as p;
    let (Some(number), Some(result)) = (row.fd(p::fd), row.fd(p::res)) else {
        return;
    };
    if result < 0 {
        return;
    }
    match row.uint(p::cmd) {
        Some(F_DUPFD) => duplicate(state, row, (number, result), false, false),
        Some(F_DUPFD_CLOEXEC) => duplicate(state, row, (number, result), true, false),
        Some(F_SETFD) => {
            let closes = row.uint(p::arg).unwrap_or(0) & FD_CLOEXEC != 0;
            let files = state.threads.get(row.tid()).map(|thread| thread.files);
            let table = files.and_then(|files| state.files.get_mut(files));
            let Some(table) = table else { return };
            match table.get_mut(number) {
                Some(slot) => {
                    slot.close_on_exec = closes;
                    slot.is_used_alone = false;
                    slot.time = slot.time.max(row.time());
                }
                None => table.unsure_at = row.time(),
            }
        }
        _ => {}
    }
}

/// A close frees the number whatever it returns, unless there was none.
pub(super) fn close(state: &mut State, row: Row<'_>) {
    use events::close as p;
    let Some(number) = row.fd(p::fd) else { return };
    if row.int(p::res) == Some(EBADF) {
        return;
    }
    let files = state.threads.get(row.tid()).map(|thread| thread.files);
    let Some(table) = files.and_then(|files| state.files.get_mut(files)) else {
        return;
    };
    match table.close(number, row.time()) {
        Closed::Removed => state.fds = state.fds.saturating_sub(1),
        Closed::Settled => state.counters.closes_settled += 1,
        Closed::Outdated | Closed::Unknown => {}
    }
}

pub(super) fn close_range(state: &mut State, row: Row<'_>) {
    use events::close_range as p;
    let (Some(first), Some(last)) = (row.uint(p::first), row.uint(p::last)) else {
        return;
    };
    if row.int(p::res) != Some(0) {
        return;
    }
    let flags = row.uint(p::flags).unwrap_or(0);
    if flags & CLOSE_RANGE_UNSHARE != 0 {
        unshare_files(state, row.tid(), row.time());
    }
    let files = state.threads.get(row.tid()).map(|thread| thread.files);
    let Some(table) = files.and_then(|files| state.files.get_mut(files)) else {
        return;
    };
    // What is not known may lie in the range too.
    table.unsure_at = row.time();
    let is_in =
        |number: i32| u64::try_from(number).is_ok_and(|number| (first..=last).contains(&number));
    if flags & CLOSE_RANGE_CLOEXEC != 0 {
        for slot in table.iter_mut().filter(|slot| is_in(slot.number)) {
            slot.close_on_exec = true;
            slot.is_used_alone = false;
        }
    } else {
        let gone = table.remove_where(row.time(), |slot| is_in(slot.number));
        state.fds = state.fds.saturating_sub(gone);
    }
}
