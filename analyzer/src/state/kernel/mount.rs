//! Mounts made, moved and taken away, and the namespaces they are in.

use std::collections::HashSet;

use falco_abi::events::{self, state_mount};

use crate::state::{Mount, Row, State, Text, Thread, path};

const MS_REMOUNT: u64 = 0x20;
const MS_BIND: u64 = 0x1000;
const MS_MOVE: u64 = 0x2000;
/// Flags of which a call changes how mounts propagate, and nothing else.
const MS_PROPAGATION: u64 = 0x1e_0000;
const MNT_DETACH: u64 = 2;

/// A row of a snapshot.
pub(super) fn observe(state: &mut State, row: Row<'_>) {
    use state_mount as p;
    let (Some(namespace), Some(mountpoint)) = (row.uint(p::mnt_ns), row.text(p::mountpoint)) else {
        return;
    };
    let text = |param| row.text(param).unwrap_or_else(|| Text::from([]));
    let mount = Mount {
        mountpoint,
        kind: text(p::r#type),
        source: text(p::source),
        root: text(p::root),
        options: text(p::options),
        device: row.u32(p::dev).unwrap_or(0),
    };
    let at = (state.snapshot.epoch, row.time());
    let limit = state.limits.mounts;
    if !state.mounts.observe(namespace, mount, at, limit) {
        state.counters.rows_refused += 1;
    }
}

pub(super) fn before(state: &mut State, row: Row<'_>) -> bool {
    match row.event() {
        events::mount::EVENT => mount(state, row),
        events::umount::EVENT => {
            use events::umount as p;
            unmount(state, row, (p::res, p::name), false);
        }
        events::umount2::EVENT => {
            use events::umount2 as p;
            let lazily = row.uint(p::flags).unwrap_or(0) & MNT_DETACH != 0;
            unmount(state, row, (p::res, p::name), lazily);
        }
        _ => return false,
    }
    true
}

/// A path as the host sees it: below the root of the thread that named it.
fn host_path(state: &State, thread: &Thread, given: &[u8]) -> Vec<u8> {
    let directories = state.directories.get(thread.directories);
    let root = directories.and_then(|directories| directories.root.as_deref());
    match root.filter(|root| given.starts_with(b"/") && *root != b"/") {
        Some(root) => {
            let inner = path::resolve(b"/", given);
            path::resolve(b"/", &[root, &inner].concat())
        }
        None => state.resolve(Some(thread), None, given),
    }
}

/// The namespace of a call that succeeded, and a path of its.
fn place(state: &State, row: Row<'_>, result: usize, path: usize) -> Option<(u64, Vec<u8>)> {
    if row.int(result) != Some(0) {
        return None;
    }
    let thread = state.threads.get(row.tid())?;
    Some((thread.mnt_ns?, host_path(state, thread, row.bytes(path)?)))
}

fn mount(state: &mut State, row: Row<'_>) {
    use events::mount as p;
    let flags = row.uint(p::flags).unwrap_or(0);
    if flags & (MS_REMOUNT | MS_PROPAGATION) != 0 {
        return;
    }
    let Some((namespace, mountpoint)) = place(state, row, p::res, p::dir) else {
        return;
    };
    let given = row.bytes(p::dev).unwrap_or_default();
    let source = match state.threads.get(row.tid()) {
        Some(thread) if flags & (MS_BIND | MS_MOVE) != 0 => host_path(state, thread, given),
        _ => given.to_vec(),
    };
    if flags & MS_MOVE != 0 {
        return state
            .mounts
            .relocate(namespace, &source, &mountpoint, row.time());
    }
    let bound = state.mounts.of_path(namespace, &source);
    let bound = bound.filter(|_| flags & MS_BIND != 0);
    let mount = Mount {
        mountpoint: mountpoint.into(),
        kind: match bound {
            Some(bound) => bound.kind.clone(),
            None => row.text(p::r#type).unwrap_or_else(|| Text::from([])),
        },
        device: bound.map_or(0, |bound| bound.device),
        source: source.into(),
        root: b"/"[..].into(),
        options: Text::from([]),
    };
    make_room(state, 1);
    let limit = state.limits.mounts;
    if !state.mounts.mount(namespace, mount, row.time(), limit) {
        state.counters.rows_refused += 1;
    }
}

fn unmount(state: &mut State, row: Row<'_>, (result, name): (usize, usize), lazily: bool) {
    if let Some((namespace, path)) = place(state, row, result, name) {
        state.mounts.unmount(namespace, &path, lazily, row.time());
    }
}

/// A thread is in another namespace. If that was made just now, it was made from the old one.
pub(super) fn enter(state: &mut State, row: Row<'_>, mnt_ns: usize, is_new: bool) {
    let Some(namespace) = row.uint(mnt_ns) else {
        return;
    };
    let Some(thread) = state.threads.get_mut(row.tid()) else {
        return;
    };
    let old = thread.mnt_ns.replace(namespace);
    if let Some(old) = old.filter(|_| is_new) {
        copy(state, old, namespace, row.time());
    }
}

/// A namespace was made from another.
fn copy(state: &mut State, from: u64, to: u64, time: u64) {
    let count = state.mounts.list(from).map_or(0, <[Mount]>::len);
    make_room(state, count);
    let limit = state.limits.mounts;
    if !state.mounts.copy(from, to, time, limit) {
        state.counters.rows_refused += 1;
    }
}

/// Namespaces end unseen: where the limit is near, those that nobody is in go.
fn make_room(state: &mut State, wanted: usize) {
    if state.mounts.len().saturating_add(wanted) <= state.limits.mounts {
        return;
    }
    let inhabited: HashSet<u64> = state.threads.iter().filter_map(|t| t.mnt_ns).collect();
    state.mounts.retain(&inhabited);
}
