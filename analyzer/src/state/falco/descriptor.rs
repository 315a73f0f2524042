//! Descriptors in Falco's dialect: made, copied, marked, closed.

use std::sync::Arc;

use falco_abi::{EventId, events};
use falco_format::Tid;

use super::Apply;
use crate::dialect::words::{
    CLOSE_RANGE_FLAGS, EPOLL_CREATE1_FLAGS, MEMFD_FLAGS, OPEN_FLAGS, falco,
};
use crate::state::fd::Fd;
use crate::state::fd_kind::FdKind;
use crate::state::fds::{Closed, Slot};
use crate::state::tables::keep::set;
use crate::state::{Row, State, Text};

const RESULT: usize = 0;

/// What a call makes that makes, copies or marks a descriptor.
pub(super) fn of(event: EventId) -> Option<Apply> {
    Some(match event {
        events::dup::EVENT => |state, row| copy(state, row, events::dup::oldfd, false),
        events::dup2::EVENT => |state, row| copy(state, row, events::dup2::oldfd, false),
        events::dup3::EVENT => |state, row| {
            use events::dup3 as p;
            copy(state, row, p::oldfd, closes_on_exec(row.uint(p::flags)));
        },
        events::fcntl::EVENT => fcntl,
        events::pipe::EVENT => |state, row| {
            pipe(state, row, events::pipe::fd1, events::pipe::fd2);
        },
        events::pipe2::EVENT => |state, row| {
            pipe(state, row, events::pipe2::fd1, events::pipe2::fd2);
        },
        events::memfd_create::EVENT => memfd,
        events::pidfd_open::EVENT => pidfd,
        events::pidfd_getfd::EVENT => pidfd_getfd,
        _ => return kind_of(event).map(|_| made as Apply),
    })
}

fn fcntl(state: &mut State, row: Row<'_>) {
    const F_DUPFD: u64 = 0;
    const F_DUPFD_CLOEXEC: u64 = 1030;
    const F_SETFD: u64 = 2;
    match row.fcntl_command(events::fcntl::cmd) {
        Some(F_DUPFD) => copy(state, row, events::fcntl::fd, false),
        Some(F_DUPFD_CLOEXEC) => copy(state, row, events::fcntl::fd, true),
        Some(F_SETFD) => mark(state, row),
        _ => {}
    }
}

/// What names nothing.
fn made(state: &mut State, row: Row<'_>) {
    let number = row.fd(RESULT).filter(|&number| number >= 0);
    if let (Some(kind), Some(number)) = (kind_of(row.event()), number) {
        let closes = is_made_to_close(row);
        let slot = Slot::new(number, Arc::new(Fd::of(kind)), closes, row.time());
        set(state, row.tid(), slot);
    }
}

/// The kind of what a call makes that returns a descriptor and names nothing.
fn kind_of(event: EventId) -> Option<FdKind> {
    Some(match event {
        events::eventfd::EVENT | events::eventfd2::EVENT => FdKind::Event,
        events::signalfd::EVENT | events::signalfd4::EVENT => FdKind::Signal,
        events::timerfd_create::EVENT => FdKind::Timer,
        events::inotify_init::EVENT | events::inotify_init1::EVENT => FdKind::Inotify,
        events::epoll_create::EVENT | events::epoll_create1::EVENT => FdKind::Epoll,
        events::io_uring_setup::EVENT => FdKind::IoUring,
        events::userfaultfd::EVENT => FdKind::Userfault,
        events::bpf::EVENT => FdKind::Bpf,
        _ => return None,
    })
}

/// Whether such a call asked for a descriptor that exec closes.
fn is_made_to_close(row: Row<'_>) -> bool {
    const EPOLL_CLOEXEC: u64 = falco(EPOLL_CREATE1_FLAGS, "EPOLL_CLOEXEC");
    let flags = match row.event() {
        events::eventfd2::EVENT => row.uint(events::eventfd2::flags),
        events::signalfd4::EVENT => row.uint(events::signalfd4::flags),
        events::inotify_init1::EVENT => row.uint(events::inotify_init1::flags),
        events::userfaultfd::EVENT => row.uint(events::userfaultfd::flags),
        events::epoll_create1::EVENT => {
            let flags = row.uint(events::epoll_create1::flags);
            return flags.unwrap_or(0) & EPOLL_CLOEXEC != 0;
        }
        _ => None,
    };
    closes_on_exec(flags)
}

/// Sets a descriptor, whatever had its number.
pub(super) fn add(state: &mut State, row: Row<'_>, number: i32, file: Fd) {
    let slot = Slot::new(number, Arc::new(file), false, row.time());
    set(state, row.tid(), slot);
}

/// Whether flags of Falco's say that exec closes the descriptor.
pub(super) fn closes_on_exec(flags: Option<u64>) -> bool {
    const O_CLOEXEC: u64 = falco(OPEN_FLAGS, "O_CLOEXEC");
    flags.unwrap_or(0) & O_CLOEXEC != 0
}

/// Marks a descriptor to be closed on exec, or not to be.
fn mark(state: &mut State, row: Row<'_>) {
    const FD_CLOEXEC: u64 = 1;
    let succeeded = row.int(RESULT).is_some_and(|result| result >= 0);
    let (Some(number), true) = (row.fd(events::fcntl::fd), succeeded) else {
        return;
    };
    let closes = row.uint(events::fcntl::arg).unwrap_or(0) & FD_CLOEXEC != 0;
    let files = state.threads.get(row.tid()).map(|thread| thread.files);
    let table = files.and_then(|files| state.files.get_mut(files));
    if let Some(slot) = table.and_then(|table| table.get_mut(number)) {
        slot.close_on_exec = closes;
    }
}

fn copy(state: &mut State, row: Row<'_>, from: usize, closes: bool) {
    let (Some(old), Some(new)) = (row.fd(from), row.fd(RESULT)) else {
        return;
    };
    if new < 0 || old < 0 {
        return;
    }
    let thread = state.threads.get(row.tid());
    let file = thread.and_then(|thread| state.fd(thread, old));
    if let Some(file) = file.map(|slot| Arc::clone(&slot.file)) {
        let slot = Slot::new(new, file, closes, row.time());
        set(state, row.tid(), slot);
    }
}

fn pipe(state: &mut State, row: Row<'_>, first: usize, second: usize) {
    if row.int(RESULT).is_none_or(|result| result < 0) {
        return;
    }
    let flags = row
        .falco_param("flags")
        .and_then(|place| row.falco_uint(place));
    let closes = closes_on_exec(flags);
    let inode = row.falco_param("ino").and_then(|ino| row.falco_uint(ino));
    for number in [first, second].into_iter().filter_map(|end| row.fd(end)) {
        let file = Fd {
            inode: inode.unwrap_or(0),
            ..Fd::of(FdKind::Pipe)
        };
        let slot = Slot::new(number, Arc::new(file), closes, row.time());
        set(state, row.tid(), slot);
    }
}

/// A call that failed leaves an entry under its negative number, as in Falco.
fn memfd(state: &mut State, row: Row<'_>) {
    use events::memfd_create as p;
    const MFD_CLOEXEC: u64 = falco(MEMFD_FLAGS, "MFD_CLOEXEC");
    let Some(number) = row.fd(p::fd) else { return };
    let file = if number >= 0 {
        Fd {
            name: row.text(p::name).unwrap_or_else(|| Text::from([])),
            ..Fd::of(FdKind::Memfd)
        }
    } else {
        Fd::default()
    };
    let closes = row.uint(p::flags).unwrap_or(0) & MFD_CLOEXEC != 0;
    let slot = Slot::new(number, Arc::new(file), closes, row.time());
    set(state, row.tid(), slot);
}

fn pidfd(state: &mut State, row: Row<'_>) {
    use events::pidfd_open as p;
    let Some(number) = row.fd(p::fd) else { return };
    let file = if number >= 0 {
        let pid = row.int(p::pid).unwrap_or(0);
        Fd {
            name: format!("/proc/{pid}").into_bytes().into(),
            target: Tid::told(pid),
            ..Fd::of(FdKind::Pidfd)
        }
    } else {
        Fd::default()
    };
    add(state, row, number, file);
}

/// The descriptor of another process, where that process and its descriptor are known.
fn pidfd_getfd(state: &mut State, row: Row<'_>) {
    use events::pidfd_getfd as p;
    let found = || {
        let thread = state.threads.get(row.tid())?;
        let holder = state.fd(thread, row.fd(p::pid_fd)?)?;
        let target = holder
            .file
            .target
            .filter(|_| holder.file.kind == FdKind::Pidfd)?;
        let slot = state.fd(state.threads.get(target)?, row.fd(p::target_fd)?)?;
        Some(Fd::clone(&slot.file))
    };
    if let (Some(file), Some(number)) = (found(), row.fd(p::fd)) {
        add(state, row, number, file);
    }
}

/// A range that was closed, or marked to be closed by exec. Falco's flags are the kernel's here.
pub(super) fn close_range(state: &mut State, row: Row<'_>) {
    use events::close_range as p;
    const CLOEXEC: u64 = falco(CLOSE_RANGE_FLAGS, "CLOSE_RANGE_CLOEXEC");
    let (Some(first), Some(last)) = (row.uint(p::first), row.uint(p::last)) else {
        return;
    };
    if row.int(p::res) != Some(0) {
        return;
    }
    let is_in =
        |number: i32| u64::try_from(number).is_ok_and(|number| (first..=last).contains(&number));
    let files = state.threads.get(row.tid()).map(|thread| thread.files);
    let Some(table) = files.and_then(|files| state.files.get_mut(files)) else {
        return;
    };
    if row.uint(p::flags).unwrap_or(0) & CLOEXEC != 0 {
        for slot in table.iter_mut().filter(|slot| is_in(slot.number)) {
            slot.close_on_exec = true;
        }
    } else {
        let gone = table.remove_where(u64::MAX, |slot| is_in(slot.number));
        state.fds = state.fds.saturating_sub(gone);
    }
}

/// A close that succeeded.
pub(super) fn close(state: &mut State, row: Row<'_>) {
    use events::close as p;
    let (Some(number), Some(result)) = (row.fd(p::fd), row.int(p::res)) else {
        return;
    };
    if result < 0 || number < 0 {
        return;
    }
    let files = state.threads.get(row.tid()).map(|thread| thread.files);
    let table = files.and_then(|files| state.files.get_mut(files));
    if table.is_some_and(|table| table.close(number, u64::MAX) == Closed::Removed) {
        state.fds = state.fds.saturating_sub(1);
    }
}
