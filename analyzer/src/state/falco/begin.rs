//! Begins of calls, which old captures keep: a program may change its arguments before the call ends, and what stood there then is what was done.
//!
//! In: begins, and ends that ask for theirs. Out: what the begin told, as long as the thread is in the call.

use falco_abi::{EventId, events};
use falco_format::Tid;

use super::places::enter;
use crate::dialect::{ENTER_SEEN, FALCO_IDS};
use crate::state::tables::falco::Entered;
use crate::state::{Row, State};

/// The number of a begin that is kept.
fn code_of(event: EventId) -> Option<u16> {
    let code = event.0.checked_sub(FALCO_IDS)?;
    ENTER_SEEN.contains(&code).then_some(code)
}

/// Whether it is a begin that is kept.
pub(super) fn is_kept(event: EventId) -> bool {
    code_of(event).is_some()
}

/// Keeps what the begin of a call told: a program may change its arguments before the call ends.
pub(super) fn keep(state: &mut State, row: Row<'_>) {
    let Some(code) = code_of(row.event()) else {
        return;
    };
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
    state.has_begins = true;
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
pub(super) fn entered<'s>(state: &'s State, row: Row<'_>) -> Option<&'s Entered> {
    if !state.has_begins {
        return None;
    }
    let entered = state.threads.get(row.tid())?.falco.entered.as_deref()?;
    let is_of_exec = row.event() == events::execve::EVENT && entered.code == enter::EXECVEAT;
    let is_pair = row.falco_event()?.code == entered.code + 1;
    (is_pair || is_of_exec).then_some(entered)
}

/// A call of a thread is over. Today's captures have no begins, and nothing to look for.
pub(super) fn forget(state: &mut State, tid: Tid) {
    if !state.has_begins {
        return;
    }
    if let Some(thread) = state.threads.get_mut(tid) {
        thread.falco.entered = None;
    }
}
