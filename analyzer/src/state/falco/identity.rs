//! Users, groups, capabilities, sessions and limits in Falco's dialect: the arguments are taken, since the events carry no result of the kernel's.

use falco_abi::{EventId, events};
use falco_format::Tid;

use super::Apply;
use super::places::account;
use super::threads::{self, set_reaper};
use super::{GROUP_DELETED, USER_DELETED};
use crate::dialect::words::{PRCTL_OPTIONS, RLIMITS, falco};
use crate::state::tables::falco::clone;
use crate::state::thread::Thread;
use crate::state::{Row, State, Vpid};

const RESULT: usize = 0;
/// All capabilities that Falco knows.
const ALL_CAPABILITIES: u64 = (1 << 41) - 1;
const RLIMIT_NOFILE: u64 = falco(RLIMITS, "RLIMIT_NOFILE");
/// An id that a call leaves as it is, as -1 does. Falco takes it for the new id.
const KEPT: u32 = u32::MAX;

/// What a call makes that changes on whose behalf a thread acts, and how far it may go.
pub(super) fn of(event: EventId) -> Option<Apply> {
    Some(match event {
        events::setuid::EVENT => |state, row| user(state, row, events::setuid::uid),
        events::setreuid::EVENT => |state, row| user(state, row, events::setreuid::euid),
        events::setresuid::EVENT => |state, row| user(state, row, events::setresuid::euid),
        events::setgid::EVENT => |state, row| group(state, row, events::setgid::gid),
        events::setregid::EVENT => |state, row| group(state, row, events::setregid::egid),
        events::setresgid::EVENT => |state, row| group(state, row, events::setresgid::egid),
        events::capset::EVENT => capset,
        events::unshare::EVENT => |state, row| user_namespace(state, row, events::unshare::flags),
        events::setns::EVENT => |state, row| user_namespace(state, row, events::setns::nstype),
        events::setsid::EVENT => setsid,
        events::prctl::EVENT => prctl,
        events::getrlimit::EVENT => |state, row| {
            use events::getrlimit as p;
            limit(state, row, p::resource, p::cur);
        },
        events::setrlimit::EVENT => |state, row| {
            use events::setrlimit as p;
            limit(state, row, p::resource, p::cur);
        },
        events::prlimit::EVENT => prlimit,
        events::brk::EVENT | events::mmap::EVENT | events::mmap2::EVENT | events::munmap::EVENT => {
            memory
        }
        _ => return None,
    })
}

fn thread_after_success<'s>(state: &'s mut State, row: Row<'_>) -> Option<&'s mut Thread> {
    let succeeded = row.int(RESULT).unwrap_or(0) == 0;
    state.threads.get_mut(row.tid()).filter(|_| succeeded)
}

fn user(state: &mut State, row: Row<'_>, uid: usize) {
    if let Some(uid) = row.u32(uid).filter(|&uid| uid != KEPT)
        && let Some(thread) = thread_after_success(state, row)
    {
        thread.credentials.uid = Some(uid);
    }
}

fn group(state: &mut State, row: Row<'_>, gid: usize) {
    if let Some(gid) = row.u32(gid).filter(|&gid| gid != KEPT)
        && let Some(thread) = thread_after_success(state, row)
    {
        thread.credentials.gid = Some(gid);
    }
}

fn capset(state: &mut State, row: Row<'_>) {
    use events::capset as p;
    if let Some(thread) = thread_after_success(state, row) {
        let credentials = &mut thread.credentials;
        credentials.cap_inheritable = row.uint(p::cap_inheritable);
        credentials.cap_permitted = row.uint(p::cap_permitted);
        credentials.cap_effective = row.uint(p::cap_effective);
    }
}

/// Whoever enters a user namespace has every capability there.
fn user_namespace(state: &mut State, row: Row<'_>, flags: usize) {
    let flags = row.u32(flags).unwrap_or(0);
    if flags & clone::NEWUSER == 0 || row.int(RESULT).is_some_and(|result| result < 0) {
        return;
    }
    if let Some(thread) = state.threads.get_mut(row.tid()) {
        let credentials = &mut thread.credentials;
        credentials.cap_inheritable = Some(ALL_CAPABILITIES);
        credentials.cap_permitted = Some(ALL_CAPABILITIES);
        credentials.cap_effective = Some(ALL_CAPABILITIES);
    }
}

fn setsid(state: &mut State, row: Row<'_>) {
    let session = row.int(RESULT).filter(|&session| session >= 0);
    if let Some(session) = session
        && let Some(thread) = state.threads.get_mut(row.tid())
    {
        thread.ids.vsid = Some(Vpid(session));
    }
}

fn prctl(state: &mut State, row: Row<'_>) {
    use events::prctl as p;
    const SET_SUBREAPER: u64 = falco(PRCTL_OPTIONS, "PR_SET_CHILD_SUBREAPER");
    const GET_SUBREAPER: u64 = falco(PRCTL_OPTIONS, "PR_GET_CHILD_SUBREAPER");
    let is_about = matches!(row.uint(p::option), Some(SET_SUBREAPER | GET_SUBREAPER));
    if !is_about || row.int(RESULT).is_none_or(|result| result < 0) {
        return;
    }
    let adopts = row.int(p::arg2_int).is_some_and(|value| value != 0);
    let thread = state.threads.get(row.tid());
    if let Some(thread) = thread.filter(|thread| !thread.is_invalid()) {
        set_reaper(state, thread.pid, adopts);
    }
}

/// Falco takes a limit that was read for as good as one that was set.
fn limit(state: &mut State, row: Row<'_>, resource: usize, current: usize) {
    let succeeded = row.int(RESULT).is_none_or(|result| result >= 0);
    if succeeded && row.uint(resource) == Some(RLIMIT_NOFILE) {
        set_limit(state, row.tid(), row.int(current));
    }
}

fn prlimit(state: &mut State, row: Row<'_>) {
    use events::prlimit as p;
    let succeeded = row.int(RESULT).unwrap_or(0) == 0;
    if !succeeded || row.uint(p::resource) != Some(RLIMIT_NOFILE) {
        return;
    }
    let tid = match row.int(p::pid) {
        None => return,
        Some(0) => row.tid(),
        Some(number) => match Tid::told(number) {
            Some(tid) => tid,
            None => return,
        },
    };
    let limit = row.int(p::newcur);
    if limit.is_none_or(|limit| limit == -1) {
        return;
    }
    threads::observe(state, tid);
    if state
        .threads
        .get(tid)
        .is_some_and(|thread| !thread.is_invalid())
    {
        set_limit(state, tid, limit);
    }
}

/// Limits are kept with the leader.
fn set_limit(state: &mut State, tid: Tid, limit: Option<i64>) {
    let Some(limit) = limit.filter(|&limit| limit != -1) else {
        return;
    };
    let main = state.threads.get(tid);
    let main = main.and_then(|thread| Some(state.main_thread(thread)?.tid));
    if let Some(thread) = main.and_then(|main| state.threads.get_mut(main)) {
        thread.fdlimit = Some(limit.cast_unsigned());
    }
}

fn memory(state: &mut State, row: Row<'_>) {
    const SIZES: [usize; 3] = [1, 2, 3];
    let [size, rss, swap] = SIZES.map(|place| {
        let value = row.falco_uint(place);
        value.and_then(|value| u32::try_from(value).ok())
    });
    let Some(thread) = state.threads.get_mut(row.tid()) else {
        return;
    };
    thread.falco.vm_size = size.unwrap_or(thread.falco.vm_size);
    if let Some(swap) = swap {
        thread.falco.vm_rss = rss.unwrap_or(0);
        thread.falco.vm_swap = swap;
    }
}

/// A switch carries faults of the thread and memory of its process.
pub(super) fn switch(state: &mut State, row: Row<'_>) {
    const PLACES: [usize; 5] = [1, 2, 3, 4, 5];
    let [major, minor, size, rss, swap] = PLACES;
    if row.falco_uint(swap).is_none() {
        return;
    }
    let Some(thread) = state.threads.get_mut(row.tid()) else {
        return;
    };
    thread.falco.faults_major = row.falco_uint(major).unwrap_or(0);
    thread.falco.faults_minor = row.falco_uint(minor).unwrap_or(0);
    let main = state.threads.get(row.tid());
    let main = main.and_then(|thread| Some(state.main_thread(thread)?.tid));
    if let Some(thread) = main.and_then(|main| state.threads.get_mut(main)) {
        let value = |place| {
            let value = row.falco_uint(place).unwrap_or(0);
            u32::try_from(value).unwrap_or(u32::MAX)
        };
        thread.falco.vm_size = value(size);
        thread.falco.vm_rss = value(rss);
        thread.falco.vm_swap = value(swap);
    }
}

pub(super) fn deleted(state: &mut State, row: Row<'_>) {
    let Some(id) = threads::id(row, account::ID) else {
        return;
    };
    match row.event() {
        USER_DELETED => {
            let container = row.falco_bytes(account::USER_CONTAINER);
            state.accounts.remove_user(container, id);
        }
        GROUP_DELETED => {
            let container = row.falco_bytes(account::GROUP_CONTAINER);
            state.accounts.remove_group(container, id);
        }
        _ => {}
    }
}
