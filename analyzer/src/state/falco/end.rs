//! Ends of threads in Falco's dialect: rules still see the thread, then it goes.

use super::places::REAPER_TID;
use super::threads;
use crate::state::{Row, State};

pub(super) fn before(state: &mut State, row: Row<'_>) {
    let has_children = state.threads.has_children(row.tid());
    state.threads.set_dead(row.tid(), true);
    if let Some(thread) = state.threads.get_mut(row.tid())
        && has_children
    {
        thread.falco.reaper = row.falco_int(REAPER_TID).or(thread.falco.reaper);
    }
}

pub(super) fn after(state: &mut State, row: Row<'_>) {
    threads::remove(state, row.tid());
}
