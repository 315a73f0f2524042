//! Rows of a snapshot at their own time, when the stream has come to it.

use super::complete::guess_sides;
use crate::state::State;
use crate::state::pending::{Fact, FdFact, ThreadFact};

/// Applies what has become true by a time of the stream.
#[inline]
pub(in crate::state) fn reach(state: &mut State, time: u64) {
    state.pending.reach(time);
    if state.pending.is_due() {
        apply(state);
    }
}

fn apply(state: &mut State) {
    while let Some((time, fact)) = state.pending.next() {
        match fact {
            Fact::Thread(fact) => thread(state, fact, time),
            Fact::Fd(fact) => fd(state, fact),
            Fact::End(epoch) => end(state, epoch, time),
        }
    }
}

fn thread(state: &mut State, fact: ThreadFact, time: u64) {
    let known = state.threads.get_mut(fact.tid);
    let Some(known) = known.filter(|known| known.is_same(fact.start, false)) else {
        return;
    };
    known.verified = known.verified.max(time);
    if let Some(credentials) = fact.credentials {
        known.credentials.complete(credentials);
    }
    let (pid, handle) = (known.pid, known.directories);
    // The row of a thread repeats its leader's directory, which was looked at before.
    let leader = state.threads.get(pid.leader());
    let repeats =
        pid.leader() != fact.tid && leader.is_some_and(|leader| leader.directories == handle);
    if fact.ptid.is_some() {
        state.threads.set_parent(fact.tid, fact.ptid);
    }
    if let Some(directories) = state.directories.get_mut(handle)
        && fact.cwd.is_some()
        && !repeats
    {
        directories.cwd = fact.cwd;
    }
}

fn fd(state: &mut State, fact: FdFact) {
    let limit = crate::state::tables::keep::room(state);
    let known = state.threads.get(fact.tid);
    let known = known.filter(|known| known.is_same(fact.start, false));
    let Some(table) = known.and_then(|known| state.files.get_mut(known.files)) else {
        return;
    };
    let before = table.len();
    table.hold(fact.slot, limit);
    state.fds += table.len() - before;
}

/// What the snapshot did not find in a table that it read was not there.
fn end(state: &mut State, epoch: u32, time: u64) {
    // Rows that waited for their time had no side when the snapshot was complete.
    guess_sides(state);
    for table in state.files.iter_mut() {
        if table.read_epoch != epoch {
            continue;
        }
        let began = table.read_began;
        let gone = table.remove_where(time, |slot| slot.epoch != epoch && slot.time < began);
        state.fds = state.fds.saturating_sub(gone);
        table.verify(epoch, began);
    }
}
