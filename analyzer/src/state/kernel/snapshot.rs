//! Rows of STATE items: what was there when it was looked at.

use std::sync::Arc;

use falco_abi::events;

use super::process::{self, take_facts};
use super::seen::{credentials, is_to_come, join_process, program};
use super::{complete, late, mount, socket};
use crate::state::address;
use crate::state::cgroup::Cgroups;
use crate::state::fd::Fd;
use crate::state::fd_kind::FdKind;
use crate::state::fds::Slot;
use crate::state::foresight::Changed;
use crate::state::pending::{Fact, FdFact, ThreadFact};
use crate::state::tables::{keep, told};
use crate::state::thread::Thread;
use crate::state::{Ptid, Row, State, User};

const O_CLOEXEC: u64 = 0o2_000_000;

/// Applies one row.
pub(in crate::state) fn apply(state: &mut State, row: Row<'_>) {
    match row.event() {
        events::state_host::EVENT => host(state, row),
        events::state_thread::EVENT => thread(state, row),
        events::state_fd::EVENT => fd(state, row),
        events::state_user::EVENT => told::take_user!(state, row, state_user),
        events::state_group::EVENT => told::take_group!(state, row, state_group),
        events::state_interface::EVENT => interface(state, row),
        events::state_listen::EVENT => listen(state, row),
        events::state_container::EVENT => {
            let json = row.bytes(events::state_container::json);
            told::observe_container(state, json.unwrap_or_default());
        }
        events::state_complete::EVENT => {
            let epoch = state.snapshot.epoch;
            keep(state, row, Fact::End(epoch));
            let unreadable = row.uint(events::state_complete::unreadable);
            state.snapshot.unreadable = unreadable.unwrap_or(0);
            complete::apply(state, row.time());
        }
        events::state_mount::EVENT => mount::observe(state, row),
        // Threads carry their own cgroup lines.
        _ => {}
    }
}

fn host(state: &mut State, row: Row<'_>) {
    use events::state_host as p;
    state.snapshot.epoch += 1;
    state.snapshot.began = row.time();
    let host = &mut state.host;
    host.name = row.text(p::hostname).or(host.name.take());
    host.kernel = row.text(p::kernel).or(host.kernel.take());
    host.machine = row.text(p::machine).or(host.machine.take());
    host.cpus = row.u32(p::cpus).or(host.cpus);
    host.memory = row.uint(p::memory).or(host.memory);
}

fn interface(state: &mut State, row: Row<'_>) {
    use events::state_interface as p;
    let Some(address) = row.bytes(p::address).and_then(address::ip) else {
        return;
    };
    let limit = state.limits.endpoints;
    let mask = mask(row.u32(p::prefix).unwrap_or(0));
    if !state.host.add_mask(address, mask, limit) || !state.host.add_address(address, limit) {
        state.counters.rows_refused += 1;
    }
}

/// The mask of an IPv4 network, the first byte in the lowest bits.
fn mask(prefix: u32) -> u32 {
    let bits = u32::MAX.checked_shl(32_u32.saturating_sub(prefix));
    bits.unwrap_or(0).swap_bytes()
}

fn listen(state: &mut State, row: Row<'_>) {
    use events::state_listen as p;
    let byte = |param| row.uint(param).and_then(|value| u8::try_from(value).ok());
    let port = row.uint(p::port).and_then(|port| u16::try_from(port).ok());
    let (Some(protocol), Some(port)) = (byte(p::protocol), port) else {
        return;
    };
    let limit = state.limits.endpoints;
    if !state.host.add_listening(protocol, port, limit) {
        state.counters.rows_refused += 1;
    }
}

/// Keeps a fact until its time, where the stream has not come to it.
fn keep(state: &mut State, row: Row<'_>, fact: Fact) {
    let limit = state.limits.threads.saturating_add(state.limits.fds);
    state.pending.keep(row.time(), fact, limit);
}

fn keep_thread(state: &mut State, row: Row<'_>) {
    use events::state_thread as p;
    let cwd = row.bytes(p::cwd).filter(|cwd| cwd.starts_with(b"/"));
    let fact = ThreadFact {
        tid: row.tid(),
        start: row.start(),
        ptid: row.int(p::ptid).map(Ptid),
        cwd: cwd.map(super::file::as_directory),
        credentials: is_to_come(state, Changed::Credentials(row.tid()), row)
            .then(|| credentials(row)),
    };
    keep(state, row, Fact::Thread(fact));
}

fn thread(state: &mut State, row: Row<'_>) {
    let (tid, start, time) = (row.tid(), row.start(), row.time());
    keep_thread(state, row);
    if state.threads.ended_after(tid, start, time) {
        return;
    }
    let epoch = state.snapshot.epoch;
    let parent = row.int(events::state_thread::ptid).map(Ptid);
    let parent = parent.and_then(Ptid::tid);
    let is_orphaned = parent.is_some_and(|parent| state.threads.ended_after(parent, 0, time));
    match state.threads.get_mut(tid) {
        Some(known) if known.is_same(start, false) => {
            known.epoch = epoch;
            let is_stale = known.verified < state.losses.threads_until();
            let is_whole = known.verified != 0 && known.program.args_known;
            if known.verified >= time || (is_whole && !is_stale) {
                // An exec may tell everything but where it was.
                return late::directories(state, row);
            }
            let (files, directories) = (known.files, known.directories);
            let touched = state.directories.get(directories);
            let touched = touched.map_or(0, |directories| directories.touched);
            // What an event changed since the row looked is younger than the row, and nobody knows which of the rest is not.
            if is_orphaned || known.touched > time || touched > time {
                if let Some(table) = state.files.get_mut(files) {
                    table.unsure_epoch = epoch;
                }
                late::take(state, row, is_orphaned);
                return;
            }
            join_process(state, row);
        }
        // Whoever has the tid now came later than what the row saw.
        Some(known) if known.start > start => return,
        Some(_) => {
            state.counters.tids_reused += 1;
            process::bury(state, tid);
            insert(state, row);
        }
        None => insert(state, row),
    }
    take(state, row);
    if is_orphaned && let Some(thread) = state.threads.get_mut(tid) {
        // Its parent is another by now, and nobody saw which.
        thread.verified = 0;
    }
}

fn insert(state: &mut State, row: Row<'_>) {
    let thread = keep::blank(state, row.tid(), row.pid(), row.start(), false);
    state.add_thread(thread);
    join_process(state, row);
}

fn take(state: &mut State, row: Row<'_>) {
    use events::state_thread as p;
    let epoch = state.snapshot.epoch;
    let executes = is_to_come(state, Changed::Program(row.pid()), row);
    let changes_user = executes || is_to_come(state, Changed::Credentials(row.tid()), row);
    let moves = is_to_come(state, Changed::Directories(row.pid()), row);
    let Some(thread) = state.threads.get_mut(row.tid()) else {
        return;
    };
    let (comm, credentials) = (thread.comm.clone(), thread.credentials);
    take_facts!(thread, row, state_thread);
    thread.epoch = epoch;
    thread.verified = if executes || changes_user || moves {
        0
    } else {
        row.time()
    };
    if executes {
        thread.comm = comm;
    } else {
        thread.program = Arc::new(program(row));
    }
    if changes_user {
        thread.credentials = credentials;
    }
    thread.fdlimit = row.uint(p::fdlimit).or(thread.fdlimit);
    thread.kernel_flags = row.u32(p::kernel_flags).unwrap_or(thread.kernel_flags);
    let is_dead = thread.is_dead || thread.has_exited();
    if let Some(lines) = row.bytes(p::cgroups) {
        thread.cgroups = Arc::new(Cgroups::from_lines(lines));
    }
    let directories = thread.directories;
    state.threads.set_dead(row.tid(), is_dead);
    if let Some(parent) = row.int(p::ptid) {
        state.threads.set_parent(row.tid(), Some(Ptid(parent)));
    }
    // The row of a thread repeats its leader's directory, which was looked at before.
    let leader = state.threads.get(row.pid().leader());
    let repeats = row.tid() != row.pid().leader()
        && leader.is_some_and(|leader| leader.directories == directories);
    if let Some(directories) = state.directories.get_mut(directories) {
        let cwd = row.bytes(p::cwd).filter(|cwd| cwd.starts_with(b"/"));
        if let Some(cwd) = cwd.filter(|_| !repeats && !moves) {
            directories.cwd = Some(super::file::as_directory(cwd));
        }
        if !moves {
            directories.root = row.text(p::root).or(directories.root.take());
        }
    }
}

fn fd(state: &mut State, row: Row<'_>) {
    use events::state_fd as p;
    let Some(number) = row.fd(p::fd).filter(|&number| number >= 0) else {
        return;
    };
    let owner = state.threads.get(row.tid());
    let owner = owner.or_else(|| state.threads.get(row.pid().leader()));
    let Some((owner, files)) = owner.map(|thread| (thread.tid, thread.files)) else {
        return;
    };
    let flags = row.uint(p::flags).unwrap_or(0);
    let slot = Slot {
        epoch: state.snapshot.epoch,
        ..Slot::new(
            number,
            Arc::new(file(row)),
            flags & O_CLOEXEC != 0,
            row.time(),
        )
    };
    let fact = FdFact {
        tid: owner,
        start: row.start(),
        slot: slot.clone(),
    };
    keep(state, row, Fact::Fd(fact));
    let (pid, time) = (row.pid(), row.time());
    let is_to_come = state.foresight.is_descriptor_to_come(pid, number, time);
    let is_ahead = time > state.pending.now();
    let doubtful = state.losses.fds_until();
    let limit = keep::room(state);
    if let Some(table) = state.files.get_mut(files) {
        // What is known stays so until the stream has come to the row, which is applied again then.
        if is_to_come || is_ahead && table.tells(number, doubtful) {
            table.expect(&slot);
            return;
        }
        let before = table.len();
        table.observe(slot, limit);
        state.fds += table.len() - before;
    }
}

fn file(row: Row<'_>) -> Fd {
    use events::state_fd as p;
    let name = row.bytes(p::name).unwrap_or_default();
    let socket = row.bytes(p::tuple).and_then(socket::from_tuple);
    let file = match socket {
        Some(socket) => socket,
        None => {
            let kind = socket::kind_of_link(name, row.u32(p::mode).unwrap_or(0));
            let raw_name = matches!(kind, FdKind::File | FdKind::Directory).then(|| name.into());
            Fd {
                name: name.into(),
                raw_name,
                ..Fd::of(kind)
            }
        }
    };
    Fd {
        inode: row.uint(p::ino).unwrap_or(0),
        device: row.u32(p::dev).unwrap_or(0),
        ..file
    }
}
