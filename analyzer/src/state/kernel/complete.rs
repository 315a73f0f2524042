//! The end of a snapshot of a recording: what only the whole of it can say.
//!
//! In: the tables with every row of the snapshot applied. Out: sides of sockets, tables that are known to be whole, and without what a loss made doubtful and nobody saw.

use std::sync::Arc;

use super::process;
use crate::state::State;
use crate::state::fd_kind::FdKind;
use crate::state::ip_socket::Side;
use crate::state::thread::Thread;

/// The end of a snapshot: sides of sockets can be told now, and what losses made doubtful and nobody saw goes.
pub(super) fn apply(state: &mut State, time: u64) {
    guess_sides(state);
    drop_ended(state);
    let began = state.snapshot.began;
    let epoch = state.snapshot.epoch;
    if state.losses.threads_until() <= began {
        drop_unseen_threads(state, epoch, began);
    }
    let doubtful = state.losses.fds_until();
    for table in state.files.iter_mut() {
        let is_doubtful = table.verified == 0 || table.verified < doubtful;
        if is_doubtful && doubtful <= began {
            // A table that was born meanwhile was read when its turn came.
            let read = if table.read_epoch == epoch {
                table.read_began
            } else {
                began
            };
            let gone = table.remove_where(read, |slot| slot.epoch != epoch && slot.time < read);
            state.fds = state.fds.saturating_sub(gone);
        }
    }
    // Until the stream has come to its end, events may still show who parted from whom.
    let is_ahead = time > state.pending.now();
    for tid in state.threads.tids() {
        let Some(thread) = state.threads.get(tid).filter(|t| t.epoch == epoch) else {
            continue;
        };
        if let Some(table) = state.files.get_mut(thread.files) {
            table.verify(epoch, began);
            if is_ahead {
                table.ahead_until = time;
            }
        }
    }
}

/// A process of which the snapshot found nothing but what waits for its parent: its end was before the stream.
fn drop_ended(state: &mut State) {
    for tid in state.threads.tids() {
        let is_ended = |thread: &&Thread| thread.has_exited() && thread.is_leader();
        let ended = state.threads.get(tid).filter(is_ended);
        if ended.is_some_and(|leader| state.threads.live_in_group(leader.pid) == 0) {
            process::bury(state, tid);
        }
    }
}

fn drop_unseen_threads(state: &mut State, epoch: u32, began: u64) {
    let doubtful = state.losses.threads_until();
    for tid in state.threads.tids() {
        let is_gone = |thread: &Thread| {
            thread.epoch != epoch && thread.verified < doubtful && thread.start < began
        };
        if state.threads.get(tid).is_some_and(is_gone) {
            process::bury(state, tid);
        }
    }
}

/// A connected socket that the snapshot found is a server's if the host listens on its port, else a client's. Falco does so for IPv4 alone.
pub(super) fn guess_sides(state: &mut State) {
    const TCP: u8 = 6;
    const UDP: u8 = 17;
    let host = &state.host;
    for slot in state.files.iter_mut().flat_map(|table| table.iter_mut()) {
        let is_open_question = slot.from_snapshot
            && slot.file.kind == FdKind::Ipv4
            && slot.file.ip.is_some_and(|ip| {
                ip.side == Side::Unknown && ip.local.is_some() && ip.remote.is_some()
            });
        if !is_open_question {
            continue;
        }
        let file = Arc::make_mut(&mut slot.file);
        if let Some(mut ip) = file.ip {
            let port = ip.local.map_or(0, |end| end.port);
            let serves = host.listens_on(TCP, port) || host.listens_on(UDP, port);
            ip.side = if serves { Side::Server } else { Side::Client };
            file.set_ip(ip);
        }
    }
}
