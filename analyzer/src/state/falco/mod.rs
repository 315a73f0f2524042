//! The transitions of captures in Falco's dialect, as Falco does them.
//!
//! Falco's events carry other facts than the kernel's (a birth and an exec the whole thread, a tuple both ends), and Falco judges by what it made of them, mistakes included; so these transitions follow its rules and share the tables and helpers alone.
//! Whoever makes an event and is not known gets an entry of which nothing but the tid is known; births, ends and switches make none.

pub(super) mod ask;
mod begin;
mod birth;
mod columns;
mod descriptor;
mod directory;
pub(super) mod encoding;
mod end;
mod exec;
mod identity;
mod open;
pub(super) mod params;
mod places;
mod schedule;
mod snapshot;
mod socket;
mod threads;
mod transfer;

use std::sync::LazyLock;

use falco_abi::{EventId, events};
use falco_format::Tid;

use crate::dialect::catalog::{self, Origin};
use crate::dialect::{ENTER_SEEN, FALCO_IDS, event_id, falco_event};
use crate::state::tables::told;
use crate::state::{Effect, Row, State};

pub(super) use columns::{changes, columns, is_applied};
pub(super) use snapshot::apply as snapshot;

/// Falco's types without a row in the event table that state depends on.
const SWITCH: EventId = EventId(FALCO_IDS + 152);
const PAGE_FAULT: EventId = EventId(FALCO_IDS + 290);
const PROCINFO: EventId = EventId(FALCO_IDS + 234);
const USER_DELETED: EventId = EventId(FALCO_IDS + 356);
const GROUP_DELETED: EventId = EventId(FALCO_IDS + 360);

/// What an event of one type does to the state.
type Apply = fn(&mut State, Row<'_>);

/// What an event does, by its type: looked up once for each row, of which most do little.
struct Transition {
    /// Falco looks for its thread, and makes an entry where there is none.
    observes: bool,
    /// What it makes.
    before: Apply,
    /// What it takes away.
    after: Option<Apply>,
    /// It ends the call that its thread had begun.
    ends_call: bool,
}

/// By id.
static TRANSITIONS: LazyLock<Box<[Transition]>> = LazyLock::new(|| {
    let transitions = (0..ids_end()).map(|id| Transition::of(EventId(id)));
    transitions.collect()
});

impl Transition {
    fn of(event: EventId) -> Transition {
        Transition {
            observes: makes_entry(event),
            before: before_of(event).unwrap_or(|_, _| {}),
            after: match event {
                events::procexit::EVENT => Some(end::after),
                events::close::EVENT => Some(descriptor::close),
                events::close_range::EVENT => Some(descriptor::close_range),
                _ => None,
            },
            // A turn on a CPU ends in the middle of a call.
            ends_call: is_of_thread(event) && event != SWITCH && !begin::is_kept(event),
        }
    }

    fn get(event: EventId) -> Option<&'static Transition> {
        TRANSITIONS.get(usize::from(event.0))
    }
}

/// What an event makes. None where it makes nothing.
fn before_of(event: EventId) -> Option<Apply> {
    Some(match event {
        events::container::EVENT => told::container,
        events::useradded::EVENT => told::user_added,
        events::groupadded::EVENT => told::group_added,
        USER_DELETED | GROUP_DELETED => identity::deleted,
        events::clone::EVENT
        | events::clone3::EVENT
        | events::fork::EVENT
        | events::vfork::EVENT => birth::before,
        events::procexit::EVENT => end::before,
        SWITCH => |state, row| {
            schedule::switched(state, row);
            identity::switch(state, row);
        },
        PROCINFO => schedule::reported,
        _ if !is_of_thread(event) => return None,
        _ if begin::is_kept(event) => begin::keep,
        _ => {
            return exec::of(event)
                .or_else(|| open::of(event))
                .or_else(|| directory::of(event))
                .or_else(|| descriptor::of(event))
                .or_else(|| socket::of(event))
                .or_else(|| identity::of(event))
                .or_else(|| transfer::of(event));
        }
    })
}

/// What an event makes.
#[inline]
pub(super) fn before(state: &mut State, row: Row<'_>) {
    state.effect = Effect::default();
    let Some(transition) = Transition::get(row.event()) else {
        return;
    };
    if transition.observes {
        threads::observe(state, row.tid());
    }
    (transition.before)(state, row);
}

/// What an event takes away.
#[inline]
pub(super) fn after(state: &mut State, row: Row<'_>) {
    let Some(transition) = Transition::get(row.event()) else {
        return;
    };
    if let Some(after) = transition.after {
        after(state, row);
    }
    if transition.ends_call {
        begin::forget(state, row.tid());
    }
}

/// What is left of an event that changes nothing anybody asks for: its thread is there, and no begun call of it.
pub(super) fn pass(state: &mut State, row: Row<'_>) {
    state.effect = Effect::default();
    if Transition::get(row.event()).is_some_and(|transition| transition.observes) {
        glimpse(state, row.tid());
    }
}

/// The same of a row of which nothing but the thread is known.
pub(super) fn glimpse(state: &mut State, tid: Tid) {
    threads::observe(state, tid);
    begin::forget(state, tid);
}

/// Ids of events end before this one.
fn ids_end() -> u16 {
    let codes = u16::try_from(catalog::CODES).unwrap_or(u16::MAX);
    FALCO_IDS.saturating_add(codes)
}

/// By id, whether Falco looks for the thread of such an event.
static OF_THREAD: LazyLock<Box<[bool]>> = LazyLock::new(|| {
    let is_of_thread = |id: u16| {
        let is_looked_for = |ty: &catalog::FalcoEvent| {
            matches!(ty.origin, Origin::Syscall | Origin::Tracepoint)
                || ty.name == "signaldeliver"
                || ty.name == "tracer"
        };
        EventId(id) != PAGE_FAULT && falco_event(EventId(id)).is_some_and(is_looked_for)
    };
    (0..ids_end()).map(is_of_thread).collect()
});

/// Whether Falco looks for the thread of such an event.
fn is_of_thread(event: EventId) -> bool {
    let of_event = OF_THREAD.get(usize::from(event.0));
    of_event.copied().unwrap_or(false)
}

/// Whether it makes an entry where there is none, and does nothing else to it: births, ends and switches have rules of their own.
fn makes_entry(event: EventId) -> bool {
    let is_apart = matches!(
        event,
        events::clone::EVENT
            | events::clone3::EVENT
            | events::fork::EVENT
            | events::vfork::EVENT
            | events::procexit::EVENT
            | SWITCH
    );
    is_of_thread(event) && !is_apart
}

/// Whether such an event is of a thread, so that one that is not known is a gap: reports of the capturing program are of none.
fn has_thread(row: Row<'_>) -> bool {
    is_of_thread(row.event()) || row.event() == PROCINFO
}

/// Ids of the events that the state reads beside those of the event table that it depends on in any dialect.
fn falco_only() -> impl Iterator<Item = EventId> {
    let own = [SWITCH, PROCINFO, USER_DELETED, GROUP_DELETED];
    own.into_iter().chain(ENTER_SEEN.map(event_id))
}
