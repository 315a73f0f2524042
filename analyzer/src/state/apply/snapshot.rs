//! Rows of STATE items: what was there when it was looked at.

use std::sync::Arc;

use falco_abi::events;

use super::process::{self, take_facts};
use super::{identity, socket};
use crate::state::address;
use crate::state::cgroup::Cgroups;
use crate::state::fd::{Fd, FdKind, Side};
use crate::state::fds::Slot;
use crate::state::thread::{Program, Thread};
use crate::state::{Row, State, User};

const O_CLOEXEC: u64 = 0o2_000_000;

/// Applies one row.
pub(in crate::state) fn apply(state: &mut State, row: Row<'_>) {
    match row.event() {
        events::state_host::EVENT => host(state, row),
        events::state_thread::EVENT => thread(state, row),
        events::state_fd::EVENT => fd(state, row),
        events::state_user::EVENT => identity::take_user!(state, row, state_user),
        events::state_group::EVENT => identity::take_group!(state, row, state_group),
        events::state_interface::EVENT => interface(state, row),
        events::state_listen::EVENT => listen(state, row),
        events::state_container::EVENT => {
            let json = row.bytes(events::state_container::json);
            identity::observe_container(state, json.unwrap_or_default());
        }
        events::state_complete::EVENT => complete(state),
        // Threads carry their own cgroup lines, and no field asks for mounts yet.
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
    if !state.host.add_address(address, state.limits.endpoints) {
        state.counters.rows_refused += 1;
    }
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

fn thread(state: &mut State, row: Row<'_>) {
    let (tid, start, time) = (row.tid(), row.start(), row.time());
    if state.threads.ended_after(tid, start, time) {
        return;
    }
    let epoch = state.snapshot.epoch;
    match state.threads.get_mut(tid) {
        Some(known) if known.is_same(start, false) => {
            known.epoch = epoch;
            let is_stale = known.verified < state.losses.threads_until();
            let is_whole = known.verified != 0 && known.program.args_known;
            if known.verified >= time || (is_whole && !is_stale) {
                return;
            }
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
}

fn insert(state: &mut State, row: Row<'_>) {
    let thread = process::blank(state, row.tid(), row.pid(), row.start(), false);
    state.add_thread(thread);
    join_process(state, row);
}

/// A thread shares the table and directories of its process, unless the row says that the table is another's.
fn join_process(state: &mut State, row: Row<'_>) {
    let owner = row.int(events::state_thread::files_owner);
    let owner = owner.and_then(|owner| u32::try_from(owner).ok());
    let owner = owner.unwrap_or(row.pid());
    let member = |state: &State, pid: u32| {
        let mut group = state.threads.group(pid).into_iter();
        let other = group.find(|&tid| tid != row.tid())?;
        state.threads.get(other).cloned()
    };
    let files = member(state, owner).map(|other| state.files.share(other.files));
    let sibling = member(state, row.pid());
    let directories = sibling.map(|other| state.directories.share(other.directories));
    let Some(thread) = state.threads.get_mut(row.tid()) else {
        return;
    };
    let old_files = files.map(|files| std::mem::replace(&mut thread.files, files));
    let old_directories =
        directories.map(|directories| std::mem::replace(&mut thread.directories, directories));
    if let Some(files) = old_files {
        state.release_files(files);
    }
    if let Some(directories) = old_directories {
        state.directories.release(directories);
    }
}

fn take(state: &mut State, row: Row<'_>) {
    use events::state_thread as p;
    let epoch = state.snapshot.epoch;
    let Some(thread) = state.threads.get_mut(row.tid()) else {
        return;
    };
    take_facts!(thread, row, state_thread);
    thread.epoch = epoch;
    thread.verified = row.time();
    thread.program = Arc::new(program(row));
    thread.fdlimit = row.uint(p::fdlimit).or(thread.fdlimit);
    thread.kernel_flags = row.u32(p::kernel_flags).unwrap_or(thread.kernel_flags);
    if let Some(lines) = row.bytes(p::cgroups) {
        thread.cgroups = Arc::new(Cgroups::from_lines(lines));
    }
    let directories = thread.directories;
    if let Some(parent) = row.int(p::ptid) {
        state.threads.set_parent(row.tid(), Some(parent));
    }
    if let Some(directories) = state.directories.get_mut(directories) {
        if let Some(cwd) = row.bytes(p::cwd).filter(|cwd| cwd.starts_with(b"/")) {
            directories.cwd = Some(super::file::as_directory(cwd));
        }
        directories.root = row.text(p::root).or(directories.root.take());
    }
}

fn program(row: Row<'_>) -> Program {
    use events::state_thread as p;
    let env = row.bytes(p::env).map(|env| {
        let strings = crate::state::strings(env);
        strings.map(Into::into).collect()
    });
    let mut program = Program {
        exepath: row.text(p::trusted_exepath),
        env: env.unwrap_or_default(),
        inode: row.uint(p::exe_ino),
        ctime: row.uint(p::exe_ino_ctime),
        mtime: row.uint(p::exe_ino_mtime),
        mode: row.u32(p::exe_mode),
        uid: row.u32(p::exe_uid),
        gid: row.u32(p::exe_gid),
        flags: row.u32(p::exe_flags),
        ..Program::default()
    };
    if let Some(argv) = row.bytes(p::argv) {
        program.set_argv(argv);
    }
    program
}

fn fd(state: &mut State, row: Row<'_>) {
    use events::state_fd as p;
    let Some(number) = row.fd(p::fd).filter(|&number| number >= 0) else {
        return;
    };
    let owner = state.threads.get(row.pid());
    let owner = owner.or_else(|| state.threads.get(row.tid()));
    let Some(files) = owner.map(|thread| thread.files) else {
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
    let limit = super::descriptor::room(state);
    if let Some(table) = state.files.get_mut(files) {
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

/// The end of a snapshot: sides of sockets can be told now, and what losses made doubtful and nobody saw goes.
fn complete(state: &mut State) {
    guess_sides(state);
    let began = state.snapshot.began;
    let epoch = state.snapshot.epoch;
    if state.losses.threads_until() <= began {
        drop_unseen_threads(state, epoch, began);
    }
    let doubtful = state.losses.fds_until();
    for table in state.files.iter_mut() {
        if table.verified < doubtful && doubtful <= began {
            let gone = table.remove_where(began, |slot| slot.epoch != epoch && slot.time < began);
            state.fds = state.fds.saturating_sub(gone);
        }
    }
    for tid in state.threads.tids() {
        let Some(thread) = state.threads.get(tid).filter(|t| t.epoch == epoch) else {
            continue;
        };
        if let Some(table) = state.files.get_mut(thread.files) {
            table.verified = table.verified.max(began);
        }
    }
}

fn drop_unseen_threads(state: &mut State, epoch: u32, began: u64) {
    let doubtful = state.losses.threads_until();
    for tid in state.threads.tids() {
        let is_gone = |thread: &Thread| {
            thread.epoch != epoch && thread.verified < doubtful && thread.start < began
        };
        if state.threads.get(tid).is_some_and(is_gone) {
            process::bury(state, tid);
        }
    }
}

/// A connected socket that the snapshot found is a server's if the host listens on its port, else a client's. Falco does so for IPv4 alone.
fn guess_sides(state: &mut State) {
    const TCP: u8 = 6;
    const UDP: u8 = 17;
    let host = &state.host;
    for slot in state.files.iter_mut().flat_map(|table| table.iter_mut()) {
        let is_open_question = slot.from_snapshot
            && slot.file.kind == FdKind::Ipv4
            && slot.file.ip.is_some_and(|ip| {
                ip.side == Side::Unknown && ip.local.is_some() && ip.remote.is_some()
            });
        if !is_open_question {
            continue;
        }
        let file = Arc::make_mut(&mut slot.file);
        if let Some(mut ip) = file.ip {
            let port = ip.local.map_or(0, |end| end.port);
            let serves = host.listens_on(TCP, port) || host.listens_on(UDP, port);
            ip.side = if serves { Side::Server } else { Side::Client };
            file.set_ip(ip);
        }
    }
}
