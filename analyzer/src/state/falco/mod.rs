//! The transitions of captures in Falco's dialect, as Falco does them.
//!
//! Falco's events carry other facts than the kernel's (a birth and an exec the whole thread, a tuple both ends), and Falco judges by what it made of them, mistakes included; so these transitions follow its rules and share the tables and helpers alone.
//! Whoever makes an event and is not known gets an entry of which nothing but the tid is known; births, ends and switches make none.

pub(super) mod ask;
mod birth;
mod columns;
mod descriptor;
mod directory;
pub(super) mod encoding;
mod end;
mod exec;
mod identity;
mod open;
pub(super) mod params;
mod places;
mod schedule;
mod snapshot;
mod socket;
mod threads;
mod transfer;

use std::sync::LazyLock;

use falco_abi::{EventId, events};
use falco_format::Tid;

use crate::dialect::catalog::{self, Origin};
use crate::dialect::{ENTER_SEEN, FALCO_IDS, event_id, falco_event};
use crate::state::tables::falco::Entered;
use crate::state::tables::told;
use crate::state::{Effect, Row, State};

pub(super) use columns::{changes, columns, is_applied};
pub(super) use snapshot::apply as snapshot;

/// Falco's types without a row in the event table that state depends on.
const SWITCH: EventId = EventId(FALCO_IDS + 152);
const PAGE_FAULT: EventId = EventId(FALCO_IDS + 290);
const PROCINFO: EventId = EventId(FALCO_IDS + 234);
const USER_DELETED: EventId = EventId(FALCO_IDS + 356);
const GROUP_DELETED: EventId = EventId(FALCO_IDS + 360);

/// What an event makes.
pub(super) fn before(state: &mut State, row: Row<'_>) {
    state.effect = Effect::default();
    match row.event() {
        events::container::EVENT => return told::container(state, row),
        events::useradded::EVENT => return told::user_added(state, row),
        events::groupadded::EVENT => return told::group_added(state, row),
        USER_DELETED | GROUP_DELETED => return identity::deleted(state, row),
        events::clone::EVENT
        | events::clone3::EVENT
        | events::fork::EVENT
        | events::vfork::EVENT => return birth::before(state, row),
        events::procexit::EVENT => return end::before(state, row),
        SWITCH => {
            schedule::switched(state, row);
            return identity::switch(state, row);
        }
        PROCINFO => return schedule::reported(state, row),
        _ => {}
    }
    if !is_of_thread(row.event()) {
        return;
    }
    threads::observe(state, row.tid());
    if let Some(code) = code_of_begin(row.event()) {
        return keep_enter(state, row, code);
    }
    let handled = exec::before(state, row)
        || open::before(state, row)
        || directory::before(state, row)
        || descriptor::before(state, row)
        || socket::before(state, row)
        || identity::before(state, row);
    if !handled {
        transfer::before(state, row);
    }
}

/// What an event takes away.
pub(super) fn after(state: &mut State, row: Row<'_>) {
    match row.event() {
        events::procexit::EVENT => end::after(state, row),
        events::close::EVENT => descriptor::close(state, row),
        events::close_range::EVENT => descriptor::close_range(state, row),
        _ => {}
    }
    // A turn on a CPU ends in the middle of a call.
    if is_of_thread(row.event()) && row.event() != SWITCH && !is_begin(row.event()) {
        forget_begin(state, row.tid());
    }
}

/// What is left of an event that changes nothing anybody asks for: its thread is there, and no begun call of it.
pub(super) fn pass(state: &mut State, row: Row<'_>) {
    state.effect = Effect::default();
    if makes_entry(row.event()) {
        glimpse(state, row.tid());
    }
}

/// The same of a row of which nothing but the thread is known.
pub(super) fn glimpse(state: &mut State, tid: Tid) {
    threads::observe(state, tid);
    forget_begin(state, tid);
}

fn forget_begin(state: &mut State, tid: Tid) {
    if let Some(thread) = state.threads.get_mut(tid) {
        thread.falco.entered = None;
    }
}

/// By id, whether Falco looks for the thread of such an event.
static OF_THREAD: LazyLock<Box<[bool]>> = LazyLock::new(|| {
    let codes = u16::try_from(catalog::CODES).unwrap_or(u16::MAX);
    let is_of_thread = |id: u16| {
        let is_looked_for = |ty: &catalog::FalcoEvent| {
            matches!(ty.origin, Origin::Syscall | Origin::Tracepoint)
                || ty.name == "signaldeliver"
                || ty.name == "tracer"
        };
        EventId(id) != PAGE_FAULT && falco_event(EventId(id)).is_some_and(is_looked_for)
    };
    (0..FALCO_IDS.saturating_add(codes))
        .map(is_of_thread)
        .collect()
});

/// Whether Falco looks for the thread of such an event.
fn is_of_thread(event: EventId) -> bool {
    let of_event = OF_THREAD.get(usize::from(event.0));
    of_event.copied().unwrap_or(false)
}

/// Whether it makes an entry where there is none, and does nothing else to it: births, ends and switches have rules of their own.
fn makes_entry(event: EventId) -> bool {
    let is_apart = matches!(
        event,
        events::clone::EVENT
            | events::clone3::EVENT
            | events::fork::EVENT
            | events::vfork::EVENT
            | events::procexit::EVENT
            | SWITCH
    );
    is_of_thread(event) && !is_apart
}

/// Whether such an event is of a thread, so that one that is not known is a gap: reports of the capturing program are of none.
fn has_thread(row: Row<'_>) -> bool {
    is_of_thread(row.event()) || row.event() == PROCINFO
}

/// Whether it is a begin that is kept.
fn is_begin(event: EventId) -> bool {
    code_of_begin(event).is_some()
}

/// The number of a begin that is kept.
fn code_of_begin(event: EventId) -> Option<u16> {
    let code = event.0.checked_sub(FALCO_IDS)?;
    ENTER_SEEN.contains(&code).then_some(code)
}

/// Keeps what the begin of a call told: a program may change its arguments before the call ends.
fn keep_enter(state: &mut State, row: Row<'_>, code: u16) {
    use places::enter;
    let entered = match code {
        enter::OPEN => Entered {
            name: row.falco_bytes(0).map(Into::into),
            flags: flags(row, 1),
            ..Entered::default()
        },
        enter::CREAT | enter::EXECVE => Entered {
            name: row.falco_bytes(0).map(Into::into),
            ..Entered::default()
        },
        enter::OPENAT | enter::OPENAT2 => Entered {
            fd: row.falco_int(0),
            name: row.falco_bytes(1).map(Into::into),
            flags: flags(row, 2),
            ..Entered::default()
        },
        enter::EXECVEAT => Entered {
            fd: row.falco_int(0),
            name: row.falco_bytes(1).map(Into::into),
            flags: flags(row, 2),
            ..Entered::default()
        },
        _ => Entered {
            fd: row.falco_int(0),
            address: row.falco_bytes(1).map(Into::into),
            ..Entered::default()
        },
    };
    // Of these Falco keeps nothing whose first argument is missing.
    let is_always_kept = matches!(code, enter::EXECVEAT | enter::CONNECT);
    let is_kept = is_always_kept || row.falco_bytes(0).is_some();
    if let Some(thread) = state.threads.get_mut(row.tid()) {
        thread.falco.last_enter = Some(code);
        if is_kept {
            thread.falco.entered = Some(Box::new(Entered { code, ..entered }));
        }
    }
}

fn flags(row: Row<'_>, place: usize) -> u32 {
    let value = row.falco_uint(place).unwrap_or(0);
    u32::try_from(value).unwrap_or(0)
}

/// What the begin of the call that ends here told.
fn entered<'s>(state: &'s State, row: Row<'_>) -> Option<&'s Entered> {
    let entered = state.threads.get(row.tid())?.falco.entered.as_deref()?;
    let is_of_exec =
        row.event() == events::execve::EVENT && entered.code == places::enter::EXECVEAT;
    let is_pair = row.falco_event()?.code == entered.code + 1;
    (is_pair || is_of_exec).then_some(entered)
}

/// Ids of the events that the state reads beside those of the event table that it depends on in any dialect.
fn falco_only() -> impl Iterator<Item = EventId> {
    let own = [SWITCH, PROCINFO, USER_DELETED, GROUP_DELETED];
    own.into_iter().chain(ENTER_SEEN.map(event_id))
}
