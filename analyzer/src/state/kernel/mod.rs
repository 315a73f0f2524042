//! How rows of a recording change the tables, and what a recording answers where the dialects differ: each transition is written once, by what it is about.

pub(super) mod ask;
mod columns;
mod complete;
mod descriptor;
mod exec;
mod file;
mod hold;
mod identity;
mod kin;
mod mount;
mod process;
mod snapshot;
mod socket;
mod transfer;

use falco_abi::events::{self, SNAPSHOT, STATE};

use super::tables::told;
use super::{Effect, Row, State};

pub(super) use columns::{changes, columns};
pub(super) use hold::reach;

/// Applies a row of a STATE item.
pub(super) fn snapshot(state: &mut State, row: Row<'_>) {
    snapshot::apply(state, row);
}

/// What an event makes.
pub(super) fn before(state: &mut State, row: Row<'_>) {
    state.effect = Effect::default();
    if !changes_state(row) {
        return;
    }
    match row.event() {
        // Its own birth, and events of no thread.
        events::procfork::EVENT => return process::fork(state, row),
        events::container::EVENT => return told::container(state, row),
        events::useradded::EVENT => return told::user_added(state, row),
        events::groupadded::EVENT => return told::group_added(state, row),
        events::execve::EVENT => exec::prepare(state, row),
        _ => {}
    }
    process::observe(state, row);
    let handled = exec::before(state, row)
        || process::before(state, row)
        || identity::before(state, row)
        || file::before(state, row)
        || mount::before(state, row)
        || descriptor::before(state, row)
        || socket::before(state, row);
    if !handled {
        transfer::before(state, row);
    }
}

/// What an event takes away.
pub(super) fn after(state: &mut State, row: Row<'_>) {
    if !changes_state(row) {
        return;
    }
    match row.event() {
        events::procexit::EVENT => process::exit(state, row),
        events::close::EVENT => descriptor::close(state, row),
        events::close_range::EVENT => descriptor::close_range(state, row),
        _ => {}
    }
}

/// Whether the event table says that state depends on it. All others must have no effect, since a reader may leave them out.
fn changes_state(row: Row<'_>) -> bool {
    events::event(row.event()).is_some_and(|event| event.has(STATE) && !event.has(SNAPSHOT))
}
