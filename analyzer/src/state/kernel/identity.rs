//! Users, groups, capabilities; accounts and containers that were learned while recording.

use falco_abi::events;

use crate::state::{Row, State};

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
