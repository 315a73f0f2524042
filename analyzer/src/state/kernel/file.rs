//! Files opened, and the directories that names are resolved against.

use std::sync::Arc;

use falco_abi::{Abi, events};
use falco_format::Tid;

use super::descriptor::add;
use crate::state::fd::Fd;
use crate::state::fd_kind::FdKind;
use crate::state::fds::Slot;
use crate::state::{Found, Row, State, Text, path};

/// What Falco calls a path that it could not read.
const NO_NAME: &[u8] = b"<NA>";

/// `O_DIRECTORY` and `O_CLOEXEC` of an ABI.
fn open_bits(abi: Abi) -> (u64, u64) {
    const O_CLOEXEC: u64 = 0o2_000_000;
    let directory = match abi {
        Abi::Aarch64 => 0o40_000,
        Abi::X86_64 | Abi::I386 | Abi::X32 => 0o200_000,
    };
    (directory, O_CLOEXEC)
}

/// The parameters of the calls that open by name, by their places in the event's row.
struct Open {
    fd: usize,
    directory: Option<usize>,
    name: usize,
    flags: Option<usize>,
    dev: usize,
    ino: usize,
    opened: Option<usize>,
    found: FoundAt,
}

/// Where a row says what the kernel opened.
struct FoundAt {
    path: usize,
    inner: usize,
    links: usize,
    mount: usize,
    flags: usize,
}

/// The same parameters of an event, but for the first.
macro_rules! found_at {
    ($event:ident, $path:ident) => {
        FoundAt {
            path: events::$event::$path,
            inner: events::$event::inner_path,
            links: events::$event::nlink,
            mount: events::$event::mnt_id,
            flags: events::$event::path_flags,
        }
    };
}

/// How an event opens by name, if it does.
macro_rules! open_by_name {
    ($event:ident, $directory:expr, $flags:expr) => {
        Open {
            fd: events::$event::fd,
            directory: $directory,
            name: events::$event::name,
            flags: $flags,
            dev: events::$event::dev,
            ino: events::$event::ino,
            opened: Some(events::$event::opened),
            found: found_at!($event, real_path),
        }
    };
}

fn open_of(row: Row<'_>) -> Option<Open> {
    use events::{creat, open, open_by_handle_at, openat, openat2};
    Some(match row.event() {
        open::EVENT => open_by_name!(open, None, Some(open::flags)),
        openat::EVENT => open_by_name!(openat, Some(openat::dirfd), Some(openat::flags)),
        openat2::EVENT => open_by_name!(openat2, Some(openat2::dirfd), Some(openat2::flags)),
        creat::EVENT => open_by_name!(creat, None, None),
        open_by_handle_at::EVENT => Open {
            fd: open_by_handle_at::fd,
            directory: None,
            name: open_by_handle_at::path,
            flags: Some(open_by_handle_at::flags),
            dev: open_by_handle_at::dev,
            ino: open_by_handle_at::ino,
            opened: None,
            found: found_at!(open_by_handle_at, path),
        },
        _ => return None,
    })
}

pub(super) fn before(state: &mut State, row: Row<'_>) -> bool {
    match row.event() {
        events::chdir::EVENT => chdir(state, row),
        events::fchdir::EVENT => fchdir(state, row),
        events::getcwd::EVENT => getcwd(state, row),
        events::chroot::EVENT => chroot(state, row),
        _ => {
            let Some(call) = open_of(row) else {
                return false;
            };
            open(state, row, &call);
        }
    }
    true
}

fn open(state: &mut State, row: Row<'_>, call: &Open) {
    let Some(number) = row.fd(call.fd).filter(|&number| number >= 0) else {
        return;
    };
    let (directory_bit, close_bit) = open_bits(row.abi());
    let flags = call.flags.and_then(|param| row.uint(param)).unwrap_or(0);
    let kind = if flags & directory_bit != 0 {
        FdKind::Directory
    } else {
        FdKind::File
    };
    let file = match row.bytes(call.name) {
        Some(name) => {
            let thread = state.threads.get(row.tid());
            let directory = call.directory.and_then(|param| row.fd(param));
            let given = Text::from(name);
            // Most names are the path already.
            let path = if call.found.path == call.name {
                // The kernel's own path.
                let flags = row.u32(call.found.flags).unwrap_or(0);
                Found::shown(name, flags)
            } else if path::is_clean(name) {
                Text::clone(&given)
            } else {
                state.resolve(thread, directory, name).into()
            };
            Fd::path(kind, path, given)
        }
        None => Fd {
            name: NO_NAME.into(),
            ..Fd::of(kind)
        },
    };
    let found = found(row, &call.found, &file.name);
    let file = Fd {
        found,
        is_name_cut: row.is_partial(call.name),
        device: row.u32(call.dev).unwrap_or(0),
        inode: row.uint(call.ino).unwrap_or(0),
        opened: call.opened.and_then(|param| row.u32(param)).unwrap_or(0),
        ..file
    };
    let close_on_exec = flags & close_bit != 0;
    let slot = Slot::new(number, Arc::new(file), close_on_exec, row.time());
    add(state, row.tid(), slot);
}

/// What the kernel opened. Recordings of before it was recorded tell nothing of it.
fn found(row: Row<'_>, at: &FoundAt, name: &Text) -> Option<Arc<Found>> {
    let path = row.bytes(at.path)?;
    let flags = row.u32(at.flags)?;
    // Most files are found under the name that was asked for.
    let path = if *path == **name {
        Text::clone(name)
    } else {
        Found::shown(path, flags)
    };
    Some(Arc::new(Found {
        path: Some(path),
        inner: row.bytes(at.inner).map(Found::shown_inner),
        links: row.u32(at.links),
        mount: row.u32(at.mount),
        flags,
    }))
}

/// A directory as text with a trailing slash, which is how Falco keeps it.
pub(super) fn as_directory(path: &[u8]) -> Text {
    let mut text = path.to_vec();
    if text.last() != Some(&b'/') {
        text.push(b'/');
    }
    text.into()
}

fn chdir(state: &mut State, row: Row<'_>) {
    use events::chdir as p;
    if row.int(p::res) != Some(0) {
        return;
    }
    let thread = state.threads.get(row.tid());
    let cwd = row
        .bytes(p::path)
        .map(|path| as_directory(&state.resolve(thread, None, path)));
    set_cwd(state, row.tid(), cwd);
}

fn fchdir(state: &mut State, row: Row<'_>) {
    use events::fchdir as p;
    if row.int(p::res) != Some(0) {
        return;
    }
    let name = row
        .fd(p::fd)
        .and_then(|number| state.fd(state.threads.get(row.tid())?, number))
        .map(|slot| as_directory(&slot.file.name));
    set_cwd(state, row.tid(), name.filter(|name| name.starts_with(b"/")));
}

fn getcwd(state: &mut State, row: Row<'_>) {
    use events::getcwd as p;
    if row.int(p::res).is_none_or(|res| res < 0) || row.is_partial(p::path) {
        return;
    }
    // A directory that is not below the root comes as `(unreachable)/…`.
    if let Some(path) = row.bytes(p::path).filter(|path| path.starts_with(b"/")) {
        set_cwd(state, row.tid(), Some(as_directory(path)));
    }
}

fn chroot(state: &mut State, row: Row<'_>) {
    use events::chroot as p;
    if row.int(p::res) != Some(0) {
        return;
    }
    let thread = state.threads.get(row.tid());
    let root = row
        .bytes(p::path)
        .map(|path| Text::from(state.resolve(thread, None, path)));
    let handle = thread.map(|thread| thread.directories);
    if let Some(directories) = handle.and_then(|handle| state.directories.get_mut(handle)) {
        directories.root = root;
    }
}

/// An unknown directory forgets the old one: it is not that one.
fn set_cwd(state: &mut State, tid: Tid, cwd: Option<Text>) {
    let now = state.pending.now();
    let handle = state.threads.get(tid).map(|thread| thread.directories);
    if let Some(directories) = handle.and_then(|handle| state.directories.get_mut(handle)) {
        directories.touched = now;
        directories.cwd = cwd;
    }
}
