//! Which rows and columns of a capture of Falco's the state reads.

use falco_abi::EventId;
use falco_abi::events::{self, SNAPSHOT, STATE};
use falco_format::Projection;

use crate::dialect::catalog::ParamType;
use crate::dialect::falco_event;

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

/// What the state depends on in either dialect or in Falco's alone, without the payloads.
pub(in crate::state) fn columns() -> Projection {
    let of_table = events::events().filter(|event| event.has(STATE) && !event.has(SNAPSHOT));
    let wanted = of_table
        .map(|event| event.id)
        .chain(FALCO_BESIDE)
        .chain(super::falco_only());
    wanted.fold(Projection::none(), |projection, event| {
        projection.with_params(event, falco_columns(event))
    })
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
