//! Files opened in Falco's dialect.

use std::sync::Arc;

use falco_abi::frame::created;
use falco_abi::{EventId, events};

use super::Apply;
use super::begin::entered;
use super::descriptor::closes_on_exec;
use super::directory::{Base, base};
use crate::dialect::words::{CREAT_FLAGS, OPEN_FLAGS, falco};
use crate::state::fd::Fd;
use crate::state::fd_kind::FdKind;
use crate::state::fds::Slot;
use crate::state::tables::keep::set;
use crate::state::{Row, State, Text, path};

const UNKNOWN: &[u8] = b"<NA>";
/// Falco's flags of an open.
const O_DIRECTORY: u64 = falco(OPEN_FLAGS, "O_DIRECTORY");
/// Marks from here on are added by the probe.
const O_F_CREATED: u64 = falco(OPEN_FLAGS, "O_F_CREATED");

/// What an open was given, by its end or by its begin.
struct Opened {
    directory: Option<i64>,
    name: Text,
    flags: u64,
}

/// What an open makes.
pub(super) fn of(event: EventId) -> Option<Apply> {
    match event {
        events::open::EVENT
        | events::openat::EVENT
        | events::openat2::EVENT
        | events::creat::EVENT
        | events::open_by_handle_at::EVENT => Some(open),
        _ => None,
    }
}

/// The places of name, flags, device and inode.
fn places(row: Row<'_>) -> (usize, Option<usize>, usize, usize) {
    use events::{creat, open, open_by_handle_at, openat, openat2};
    match row.event() {
        open::EVENT => (open::name, Some(open::flags), open::dev, open::ino),
        openat::EVENT => (openat::name, Some(openat::flags), openat::dev, openat::ino),
        openat2::EVENT => (
            openat2::name,
            Some(openat2::flags),
            openat2::dev,
            openat2::ino,
        ),
        creat::EVENT => (creat::name, None, creat::dev, creat::ino),
        _ => {
            use open_by_handle_at as p;
            (p::path, Some(p::flags), p::dev, p::ino)
        }
    }
}

fn given(state: &State, row: Row<'_>) -> Opened {
    let (name, flags, ..) = places(row);
    let directory = match row.event() {
        events::openat::EVENT => row.int(events::openat::dirfd),
        events::openat2::EVENT => row.int(events::openat2::dirfd),
        _ => None,
    };
    let mut opened = Opened {
        directory,
        name: row.bytes(name).unwrap_or(UNKNOWN).into(),
        flags: flags.and_then(|flags| row.uint(flags)).unwrap_or(0),
    };
    // A program may have changed its arguments since the begin: what stood there then is what was opened.
    let entered = entered(state, row);
    let entered = entered.and_then(|entered| Some((entered, entered.name.as_ref()?)));
    if let Some((entered, name)) = entered.filter(|(_, name)| ***name != *UNKNOWN) {
        opened.name = Text::clone(name);
        opened.flags = u64::from(entered.flags) | opened.flags & !(O_F_CREATED - 1);
        opened.directory = entered.fd;
    }
    opened
}

fn open(state: &mut State, row: Row<'_>) {
    const RESULT: usize = 0;
    let Some(number) = row.fd(RESULT).filter(|&number| number >= 0) else {
        return;
    };
    let opened = given(state, row);
    let thread = state.threads.get(row.tid());
    let base = match row.event() {
        events::open::EVENT | events::creat::EVENT => {
            thread.map_or(Base::default(), |thread| Base::of(state.cwd(thread)))
        }
        events::open_by_handle_at::EVENT => Base::default(),
        _ => match opened.directory {
            Some(directory) => base(state, thread, Some(directory), &opened.name),
            None => Base::default(),
        },
    };
    // Most names are the path already.
    let base = [base.text, base.slash];
    let path = if path::is_joined_as_falco(base, &opened.name) {
        Text::clone(&opened.name)
    } else {
        path::text_joined_as_falco(base, &opened.name)
    };
    let (_, _, device, inode) = places(row);
    let kind = if opened.flags & O_DIRECTORY != 0 {
        FdKind::Directory
    } else {
        FdKind::File
    };
    let file = Fd {
        device: row.u32(device).unwrap_or(0),
        inode: row.uint(inode).unwrap_or(0),
        opened: layers(row, opened.flags),
        ..Fd::path(kind, path, opened.name)
    };
    let closes = closes_on_exec(Some(opened.flags));
    let slot = Slot::new(number, Arc::new(file), closes, row.time());
    set(state, row.tid(), slot);
}

fn layers(row: Row<'_>, flags: u64) -> u32 {
    const MARKS: [(u64, u32); 3] = [
        (O_F_CREATED, created::CREATED),
        (falco(OPEN_FLAGS, "FD_UPPER_LAYER"), created::UPPER_LAYER),
        (falco(OPEN_FLAGS, "FD_LOWER_LAYER"), created::LOWER_LAYER),
    ];
    if row.event() == events::creat::EVENT {
        return creat_layers(row);
    }
    let set = MARKS.iter().filter(|(falco, _)| flags & falco != 0);
    set.fold(0, |all, (_, mark)| all | mark)
}

/// `creat` has flags of its own for them.
fn creat_layers(row: Row<'_>) -> u32 {
    let flags = row.falco_param("creat_flags");
    match flags.and_then(|flags| row.falco_uint(flags)).unwrap_or(0) {
        flags if flags & falco(CREAT_FLAGS, "FD_UPPER_LAYER_CREAT") != 0 => created::UPPER_LAYER,
        flags if flags & falco(CREAT_FLAGS, "FD_LOWER_LAYER_CREAT") != 0 => created::LOWER_LAYER,
        _ => 0,
    }
}
