//! Which rows and columns of a capture of Falco's the state reads.

use falco_abi::EventId;
use falco_abi::events::{self, SNAPSHOT, STATE};
use falco_format::Projection;

use super::{begin, makes_entry};
use crate::dialect::catalog::{self, ParamType};
use crate::dialect::{ENTER_SEEN, event_id, falco_event, may_open};
use crate::state::tables::facets::{Facets, of_name};

/// Events of the event table that the state depends on in Falco's dialect alone: births, transfers, figures of memory.
const FALCO_BESIDE: [EventId; 20] = [
    events::clone::EVENT,
    events::clone3::EVENT,
    events::fork::EVENT,
    events::vfork::EVENT,
    events::read::EVENT,
    events::readv::EVENT,
    events::pread::EVENT,
    events::preadv::EVENT,
    events::write::EVENT,
    events::writev::EVENT,
    events::pwrite::EVENT,
    events::pwritev::EVENT,
    events::getrlimit::EVENT,
    events::brk::EVENT,
    events::mmap::EVENT,
    events::mmap2::EVENT,
    events::munmap::EVENT,
    events::container::EVENT,
    events::useradded::EVENT,
    events::groupadded::EVENT,
];

/// Events that take entries of threads away, after which any row may make one again.
const TAKE_ENTRIES: [EventId; 7] = [
    events::clone::EVENT,
    events::clone3::EVENT,
    events::fork::EVENT,
    events::vfork::EVENT,
    events::execve::EVENT,
    events::execveat::EVENT,
    events::procexit::EVENT,
];

/// What an event changes. The begin of a call says what the next end of one does not take from an older begin.
pub(in crate::state) fn changes(event: EventId) -> Facets {
    let named = falco_event(event).map_or(Facets::NONE, |ty| of_name(ty.name));
    if begin::is_kept(event) {
        named.and(Facets::ANCESTRY)
    } else {
        named
    }
}

/// Whether an event is applied for who asks of some facets: it changes one of them, or there is no telling the events of a capture from what stood before it without it.
pub(in crate::state) fn is_applied(event: EventId, asked: Facets) -> bool {
    asked.meets(changes(event)) || may_open(event)
}

/// What the state depends on in either dialect or in Falco's alone, as far as it is asked for, without the payloads.
///
/// Falco makes an entry for whoever makes any event, so of all other events it is told whose they are.
pub(in crate::state) fn columns(asked: Facets) -> Projection {
    let of_table = events::events().filter(|event| event.has(STATE) && !event.has(SNAPSHOT));
    let wanted = of_table
        .map(|event| event.id)
        .chain(FALCO_BESIDE)
        .chain(super::falco_only())
        .filter(|event| is_applied(*event, asked));
    let all = catalog::all().map(|ty| event_id(ty.code));
    let makes_entries = all.filter(|event| makes_entry(*event));
    let forgets = TAKE_ENTRIES.into_iter().chain(ENTER_SEEN.map(event_id));
    let projection = wanted.fold(Projection::none(), |projection, event| {
        projection.with_params(event, falco_columns(event))
    });
    projection.with_firsts(makes_entries, forgets)
}

/// Every column of a type but the payloads.
fn falco_columns(event: EventId) -> u64 {
    const PAYLOADS: [&str; 3] = ["data", "msgcontrol", "val"];
    let params = falco_event(event).map_or(&[][..], |ty| ty.params);
    let wanted = params.iter().enumerate().filter(|(_, param)| {
        let is_payload = matches!(param.ty, ParamType::ByteBuf | ParamType::Dyn);
        !(is_payload && PAYLOADS.contains(&param.name))
    });
    wanted.fold(0, |bits, (index, _)| bits | 1 << index)
}
