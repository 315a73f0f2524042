//! What a recording answers to the questions on which the dialects differ: who a thread is, where it is, what is doubtful.
//!
//! In: the tables, and a thread or a row of a recording. Out: answers; nothing is changed but that room is made.

use std::sync::LazyLock;

use falco_abi::limits::EVENT_IDS;
use falco_abi::{EventDef, ParamDef, Role, Source};
use falco_format::{Pid, Tid};

use crate::state::tables::fds::Slot;
use crate::state::tables::ip_socket::Layer4;
use crate::state::tables::limits::StateLimits;
use crate::state::tables::loss::Doubt;
use crate::state::tables::path::{self, UNKNOWN_CWD};
use crate::state::tables::state::State;
use crate::state::tables::thread::Thread;
use crate::state::tables::threads::Threads;
use crate::state::{Dialect, Ptid, Row};

/// The parent of those who have none: init, and the kernel's own threads.
const NOBODY: Tid = Tid(0);

/// Nothing is known of a recording.
pub(in crate::state) fn begin(limits: StateLimits) -> State {
    State::empty(Dialect::Native, limits, Threads::default())
}

/// A thread is known by tid and start.
pub(in crate::state) fn thread_of<'s>(state: &'s State, row: Row<'_>) -> Option<&'s Thread> {
    state.thread(row.tid(), row.start())
}

/// The leader, or the thread itself where it is not known.
pub(in crate::state) fn main_thread<'s>(
    state: &'s State,
    thread: &'s Thread,
) -> Option<&'s Thread> {
    Some(state.threads.leader(thread))
}

/// Of a birth of a process: whose copy it is.
pub(in crate::state) fn parent_at_birth(row: Row<'_>) -> Option<Pid> {
    use falco_abi::events::procfork as p;
    let is_process = row.event() == p::EVENT && row.tid() == row.pid().leader();
    let parent = row.int(p::parent_pid).and_then(Pid::told);
    parent.filter(|_| is_process)
}

/// The parent process.
pub(in crate::state) fn parent<'s>(state: &'s State, thread: &Thread) -> Option<&'s Thread> {
    state.threads.parent(thread)
}

/// The working directory of the thread itself.
pub(in crate::state) fn cwd<'s>(state: &'s State, thread: &Thread) -> &'s [u8] {
    let directories = state.directories.get(thread.directories);
    directories
        .and_then(|directories| directories.cwd.as_deref())
        .unwrap_or(UNKNOWN_CWD)
}

/// A path as the kernel would find it.
pub(in crate::state) fn resolve(
    state: &State,
    thread: Option<&Thread>,
    directory: Option<i32>,
    path: &[u8],
) -> Vec<u8> {
    const AT_FDCWD: i32 = -100;
    if path.first() == Some(&b'/') {
        return path::resolve(b"/", path);
    }
    match (thread, directory) {
        (Some(thread), None | Some(AT_FDCWD)) => path::resolve(state.cwd(thread), path),
        (None, None | Some(AT_FDCWD)) => path::resolve(UNKNOWN_CWD, path),
        (Some(thread), Some(number)) => match state.fd(thread, number) {
            Some(slot) if slot.file.name.first() == Some(&b'/') => {
                path::resolve(&slot.file.name, path)
            }
            _ => path::resolve(path::UNKNOWN_DIRECTORY, path),
        },
        (None, Some(_)) => path::resolve(path::UNKNOWN_DIRECTORY, path),
    }
}

/// What may be stale behind an event: what a loss touched, what a snapshot has only seen later, what nobody ever saw.
pub(in crate::state) fn doubt(state: &State, row: Row<'_>) -> Doubt {
    let thread = state.thread(row.tid(), row.start());
    let mut doubt = state.doubt_of(thread);
    doubt.name = is_name_cut(row);
    if let Some((thread, slot)) = thread.zip(named_fd(state, row)) {
        doubt.name |= slot.file.is_name_cut;
        let is_datagram = slot
            .file
            .ip
            .is_some_and(|socket| socket.protocol != Some(Layer4::Tcp));
        let verified = state.fds(thread).map_or(0, |table| table.verified);
        doubt.fds |= is_datagram && verified < state.losses.datagrams_until();
    }
    doubt
}

/// Whether a path that a call was given was cut, or could not be read when the call had ended. Where the call could not read it either, nothing is missing.
fn is_name_cut(row: Row<'_>) -> bool {
    const EFAULT: i64 = -14;
    let mut left = params_of(row).map_or(0, |params| params.paths);
    let mut is_cut = false;
    while left != 0 && !is_cut {
        is_cut = row.is_partial(left.trailing_zeros() as usize);
        left &= left - 1;
    }
    is_cut && row.int(0) != Some(EFAULT)
}

/// What is looked for among the parameters of every event that is shown with its doubts.
#[derive(Clone, Copy, Default)]
struct Params {
    /// Paths that the call was given, as bits.
    paths: u64,
    /// What is called `fd`.
    fd: Option<usize>,
}

/// By event: found once, and not by role and name for every row.
static PARAMS: LazyLock<Vec<Params>> = LazyLock::new(|| {
    let mut all = vec![Params::default(); EVENT_IDS];
    for event in falco_abi::events::events() {
        if let Some(params) = all.get_mut(usize::from(event.id.0)) {
            *params = of_event(event);
        }
    }
    all
});

fn of_event(event: &EventDef) -> Params {
    let is_path = |param: &ParamDef| {
        matches!(param.role, Role::Path | Role::RelPath) && param.source != Source::None
    };
    // A schema has at most 64 parameters of an event.
    let params = (0..u64::BITS).zip(event.params);
    Params {
        paths: params
            .filter(|(_, param)| is_path(param))
            .fold(0, |all, (place, _)| all | 1 << place),
        fd: event.param("fd"),
    }
}

fn params_of(row: Row<'_>) -> Option<&'static Params> {
    PARAMS.get(usize::from(row.event().0))
}

/// The descriptor that a row names as `fd`.
fn named_fd<'s>(state: &'s State, row: Row<'_>) -> Option<&'s Slot> {
    let param = params_of(row)?.fd?;
    state.fd(state.thread(row.tid(), row.start())?, row.fd(param)?)
}

/// Adds a thread. Where the tables are full, the one that was added first goes.
pub(in crate::state) fn add_thread(state: &mut State, thread: Thread) {
    while state.threads.len() >= state.limits.threads.max(1) {
        let Some(tid) = state.threads.oldest() else {
            break;
        };
        state.remove_thread(tid);
        state.counters.threads_evicted += 1;
    }
    state.threads.insert(thread);
}

impl State {
    /// What may be stale of a thread, whatever it does, or of one that is not known.
    pub fn doubt_of(&self, thread: Option<&Thread>) -> Doubt {
        let Some(thread) = thread else {
            return Doubt {
                thread: true,
                fds: true,
                name: false,
            };
        };
        let now = self.pending.now();
        // What a snapshot has only seen later may not be so yet. Before the first event there is nothing to be late for.
        let is_ahead = |verified: u64| now != 0 && verified > now;
        let is_stale =
            |verified: u64, until: u64| verified == 0 || verified < until || is_ahead(verified);
        let until = self.losses.threads_until();
        let (table, ahead_until) = self
            .fds(thread)
            .map_or((0, 0), |table| (table.verified, table.ahead_until));
        Doubt {
            thread: is_stale(thread.verified, until) || self.is_kin_doubtful(thread, until),
            fds: is_stale(table, self.losses.fds_until()) || is_ahead(ahead_until),
            name: false,
        }
    }

    /// Whether a loss touched an ancestor, for whom rules ask too, or one is not known: it went for want of room, or nobody saw its birth.
    fn is_kin_doubtful(&self, thread: &Thread, until: u64) -> bool {
        let mut eldest = thread;
        for ancestor in self.ancestors(thread) {
            if ancestor.verified < until {
                return true;
            }
            eldest = ancestor;
        }
        let parent = eldest.ids.ptid.and_then(Ptid::tid);
        parent.is_some_and(|tid| tid != NOBODY) && self.parent(eldest).is_none()
    }
}
