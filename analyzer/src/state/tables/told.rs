//! Accounts and containers as rows tell of them: events and rows of snapshots, which have the same parameters in both dialects.
//!
//! In: a row. Out: the user, group or container in its table, or a refusal that is counted.

use falco_abi::events;

use super::accounts::User;
use super::state::State;
use crate::state::row::Row;

pub(in crate::state) fn container(state: &mut State, row: Row<'_>) {
    let json = row.bytes(events::container::json).unwrap_or_default();
    observe_container(state, json);
}

pub(in crate::state) fn observe_container(state: &mut State, json: &[u8]) {
    if !state.containers.observe(json, state.limits.containers) {
        state.counters.rows_refused += 1;
    }
}

/// A user's row, whether it stands in a snapshot or among the events: both have the same parameters.
macro_rules! take_user {
    ($state:expr, $row:expr, $event:ident) => {{
        use falco_abi::events::$event as p;
        let text = |param| $row.text(param).unwrap_or_else(|| [].into());
        let user = User {
            name: text(p::name),
            home: text(p::home),
            shell: text(p::shell),
        };
        let container = $row.bytes(p::container_id);
        if let Some(uid) = $row.u32(p::uid).filter(|_| $row.bytes(p::name).is_none()) {
            // One without a name is there no more.
            $state.accounts.remove_user(container, uid);
        } else if let Some(uid) = $row.u32(p::uid) {
            let limit = $state.limits.accounts;
            if !$state.accounts.set_user(container, uid, user, limit) {
                $state.counters.rows_refused += 1;
            }
        }
    }};
}
pub(in crate::state) use take_user;

/// The same for a group.
macro_rules! take_group {
    ($state:expr, $row:expr, $event:ident) => {{
        use falco_abi::events::$event as p;
        let container = $row.bytes(p::container_id);
        if let (Some(gid), None) = ($row.u32(p::gid), $row.bytes(p::name)) {
            $state.accounts.remove_group(container, gid);
        } else if let (Some(gid), Some(name)) = ($row.u32(p::gid), $row.text(p::name)) {
            let limit = $state.limits.accounts;
            if !$state.accounts.set_group(container, gid, name, limit) {
                $state.counters.rows_refused += 1;
            }
        }
    }};
}
pub(in crate::state) use take_group;

pub(in crate::state) fn user_added(state: &mut State, row: Row<'_>) {
    take_user!(state, row, useradded);
}

pub(in crate::state) fn group_added(state: &mut State, row: Row<'_>) {
    take_group!(state, row, groupadded);
}
