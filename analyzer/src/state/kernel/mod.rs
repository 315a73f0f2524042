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
mod late;
mod mount;
mod process;
mod seen;
mod snapshot;
mod socket;
mod transfer;

use falco_abi::EventDef;
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
    let Some(event) = events::event(row.event()).filter(|event| changes_state(event)) else {
        return;
    };
    match row.event() {
        // Its own birth, and events of no thread.
        events::procfork::EVENT => return process::fork(state, row),
        events::container::EVENT => return told::container(state, row),
        events::useradded::EVENT => return told::user_added(state, row),
        events::groupadded::EVENT => return told::group_added(state, row),
        events::execve::EVENT => exec::prepare(state, row),
        _ => {}
    }
    process::observe(state, row, event.lane);
    // Each event is one part's alone; those that come most often are asked first.
    let _ = file::before(state, row)
        || descriptor::before(state, row)
        || transfer::before(state, row)
        || socket::before(state, row)
        || process::before(state, row)
        || exec::before(state, row)
        || identity::before(state, row)
        || mount::before(state, row);
}

/// What an event takes away. State depends on these three, as [`changes_state`] asks.
pub(super) fn after(state: &mut State, row: Row<'_>) {
    match row.event() {
        events::procexit::EVENT => process::exit(state, row),
        events::close::EVENT => descriptor::close(state, row),
        events::close_range::EVENT => descriptor::close_range(state, row),
        _ => {}
    }
}

/// Whether the event table says that state depends on it. All others must have no effect, since a reader may leave them out.
fn changes_state(event: &EventDef) -> bool {
    event.has(STATE) && !event.has(SNAPSHOT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_depends_on_what_takes_away() {
        for id in [
            events::procexit::EVENT,
            events::close::EVENT,
            events::close_range::EVENT,
        ] {
            assert!(events::event(id).is_some_and(changes_state), "{id:?}");
        }
    }
}
