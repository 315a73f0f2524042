//! Users, groups, capabilities; accounts and containers that were learned while recording.

use falco_abi::events;

use crate::state::{Row, State, User};

/// Changes of credentials. The kernel's values after the call are taken, not the arguments.
pub(super) fn before(state: &mut State, row: Row<'_>) -> bool {
    let (uid, gid) = match row.event() {
        events::setuid::EVENT => (row.u32(events::setuid::after_euid), None),
        events::setreuid::EVENT => (row.u32(events::setreuid::after_euid), None),
        events::setresuid::EVENT => (row.u32(events::setresuid::after_euid), None),
        events::setgid::EVENT => (None, row.u32(events::setgid::after_egid)),
        events::setregid::EVENT => (None, row.u32(events::setregid::after_egid)),
        events::setresgid::EVENT => (None, row.u32(events::setresgid::after_egid)),
        events::capset::EVENT => {
            capset(state, row);
            return true;
        }
        // Falco follows neither file system ids nor process groups.
        events::setfsuid::EVENT | events::setfsgid::EVENT | events::setpgid::EVENT => return true,
        _ => return false,
    };
    if let Some(thread) = state.threads.get_mut(row.tid()) {
        thread.credentials.uid = uid.or(thread.credentials.uid);
        thread.credentials.gid = gid.or(thread.credentials.gid);
    }
    true
}

fn capset(state: &mut State, row: Row<'_>) {
    use events::capset as p;
    let Some(thread) = state.threads.get_mut(row.tid()) else {
        return;
    };
    let credentials = &mut thread.credentials;
    credentials.cap_inheritable = row.uint(p::cap_inheritable).or(credentials.cap_inheritable);
    credentials.cap_permitted = row.uint(p::cap_permitted).or(credentials.cap_permitted);
    credentials.cap_effective = row.uint(p::cap_effective).or(credentials.cap_effective);
}

pub(super) fn container(state: &mut State, row: Row<'_>) {
    let json = row.bytes(events::container::json).unwrap_or_default();
    observe_container(state, json);
}

pub(super) fn observe_container(state: &mut State, json: &[u8]) {
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
pub(super) use take_user;

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
pub(super) use take_group;

pub(super) fn user_added(state: &mut State, row: Row<'_>) {
    take_user!(state, row, useradded);
}

pub(super) fn group_added(state: &mut State, row: Row<'_>) {
    take_group!(state, row, groupadded);
}
