//! Directories in Falco's dialect: what names are resolved against, and who moves where.

use std::borrow::Cow;

use falco_abi::{EventId, events};
use falco_format::Tid;

use super::Apply;
use crate::state::thread::Thread;
use crate::state::{Row, State, Text, path};

const UNKNOWN: &[u8] = b"<NA>";
const AT_FDCWD: i64 = -100;

/// What a move to another directory makes.
pub(super) fn of(event: EventId) -> Option<Apply> {
    Some(match event {
        events::chdir::EVENT => chdir,
        events::fchdir::EVENT => fchdir,
        events::getcwd::EVENT => getcwd,
        events::chroot::EVENT => chroot,
        _ => return None,
    })
}

/// The directory that a thread itself was told, empty where it was told none.
pub(super) fn own<'s>(state: &'s State, thread: &Thread) -> &'s [u8] {
    let directories = state.directories.get(thread.directories);
    directories
        .and_then(|directories| directories.cwd.as_deref())
        .unwrap_or_default()
}

/// What a name is relative to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Base<'s> {
    pub(super) text: &'s [u8],
    /// The slash that a descriptor's name lacks.
    pub(super) slash: &'static [u8],
}

impl<'s> Base<'s> {
    /// A text as it stands.
    pub(super) fn of(text: &'s [u8]) -> Base<'s> {
        Base { text, slash: b"" }
    }

    pub(super) fn whole(self) -> Cow<'s, [u8]> {
        if self.slash.is_empty() {
            self.text.into()
        } else {
            [self.text, self.slash].concat().into()
        }
    }
}

/// What a name is relative to: nothing where it is absolute, the working directory, or the directory of a descriptor.
pub(super) fn base<'s>(
    state: &'s State,
    thread: Option<&'s Thread>,
    directory: Option<i64>,
    name: &[u8],
) -> Base<'s> {
    if name.starts_with(b"/") {
        return Base::of(b".");
    }
    let Some(thread) = thread else {
        return Base::of(path::UNKNOWN_DIRECTORY);
    };
    if directory == Some(AT_FDCWD) {
        return Base::of(state.cwd(thread));
    }
    let number = directory.and_then(|fd| i32::try_from(fd).ok());
    let slot = number
        .filter(|&number| number >= 0)
        .and_then(|number| state.fd(thread, number));
    let Some(slot) = slot else {
        return Base::of(path::UNKNOWN_DIRECTORY);
    };
    let text = &slot.file.name[..];
    let lacks = text.last().is_some_and(|&byte| byte != b'/');
    let slash = if lacks { &b"/"[..] } else { b"" };
    Base { text, slash }
}

fn succeeded(row: Row<'_>) -> bool {
    const RESULT: usize = 0;
    row.int(RESULT).is_some_and(|result| result >= 0)
}

fn chdir(state: &mut State, row: Row<'_>) {
    if succeeded(row) {
        let path = row.bytes(events::chdir::path).unwrap_or(UNKNOWN);
        move_to(state, row.tid(), path);
    }
}

fn fchdir(state: &mut State, row: Row<'_>) {
    if !succeeded(row) {
        return;
    }
    let name = row
        .fd(events::fchdir::fd)
        .and_then(|number| state.fd(state.threads.get(row.tid())?, number))
        .map(|slot| slot.file.name.clone());
    if let Some(name) = name {
        move_to(state, row.tid(), &name);
    }
}

fn getcwd(state: &mut State, row: Row<'_>) {
    if succeeded(row) {
        let path = row.bytes(events::getcwd::path).unwrap_or(UNKNOWN);
        move_to(state, row.tid(), path);
    }
}

/// Changes the directory of the process: the leader's, by a path that is relative to the thread's own.
pub(super) fn move_to(state: &mut State, tid: Tid, to: &[u8]) {
    let Some(thread) = state.threads.get(tid) else {
        return;
    };
    let mut path = path::join_as_falco(own(state, thread), to);
    if path.last() != Some(&b'/') {
        path.push(b'/');
    }
    let handle = state.main_thread(thread).map(|main| main.directories);
    if let Some(directories) = handle.and_then(|handle| state.directories.get_mut(handle)) {
        directories.cwd = Some(path.into());
    }
}

fn chroot(state: &mut State, row: Row<'_>) {
    const RESULT: usize = 0;
    if row.int(RESULT) != Some(0) {
        return;
    }
    let Some(thread) = state.threads.get(row.tid()) else {
        return;
    };
    let given = row.bytes(events::chroot::path).unwrap_or(UNKNOWN);
    let root = Text::from(path::join_as_falco(state.cwd(thread), given));
    let handle = thread.directories;
    if let Some(directories) = state.directories.get_mut(handle) {
        directories.root = Some(root);
    }
}
