//! Time on CPUs, as switches and the reports of Falco's captures tell it.

use crate::state::tables::falco::CpuTimes;
use crate::state::{Row, State};

/// A switch ends the turn of the thread that makes it, which began with the switch before on its CPU.
pub(super) fn switched(state: &mut State, row: Row<'_>) {
    let turn = state.switches.switched(row.cpu(), row.time());
    state.effect.turn_ns = turn;
    if let Some(turn) = turn
        && let Some(thread) = state.threads.get_mut(row.tid())
    {
        thread.falco.on_cpu_ns = thread.falco.on_cpu_ns.saturating_add(turn);
    }
}

/// A report says what a thread has used so far; what it used since the last one is what fields show.
pub(super) fn reported(state: &mut State, row: Row<'_>) {
    const USER: usize = 0;
    const SYSTEM: usize = 1;
    let (Some(user), Some(system)) = (row.falco_uint(USER), row.falco_uint(SYSTEM)) else {
        return;
    };
    let Some(thread) = state.threads.get_mut(row.tid()) else {
        return;
    };
    let now = CpuTimes { user, system };
    let before = thread.falco.cpu_times.replace(now);
    state.effect.cpu_used = Some(before.map_or_else(CpuTimes::default, |before| now.since(before)));
}
