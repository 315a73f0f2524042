//! Which rows and columns the state reads.

use falco_abi::EventId;
use falco_abi::events::{self, SNAPSHOT, STATE};
use falco_format::{Dialect, Projection};

use super::apply::falco::falco_only;
use crate::dialect::catalog::ParamType;
use crate::dialect::falco_event;

/// The events and parameters that [`State::before`](super::State::before) and [`State::after`](super::State::after) read.
///
/// Payloads are left out: no transition reads them.
pub fn state_projection(dialect: Dialect) -> Projection {
    match dialect {
        Dialect::Native => native(),
        Dialect::Falco => falco(),
    }
}

fn native() -> Projection {
    let mut projection = Projection::none();
    for event in events::events() {
        if event.has(STATE) && !event.has(SNAPSHOT) {
            let payload = falco_abi::Role::Payload;
            let columns = event.params.iter().enumerate();
            let wanted = columns
                .filter(|(_, param)| param.role != payload)
                .fold(0, |bits, (index, _)| bits | 1 << index);
            projection = projection.with_params(event.id, wanted);
        }
    }
    projection
}

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

fn falco() -> Projection {
    let of_table = events::events().filter(|event| event.has(STATE) && !event.has(SNAPSHOT));
    let wanted = of_table
        .map(|event| event.id)
        .chain(FALCO_BESIDE)
        .chain(falco_only());
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

#[cfg(test)]
mod tests {
    use falco_abi::events::{clone, recvfrom};

    use super::*;
    use crate::dialect::event_id;

    #[test]
    fn each_dialect_has_its_own_columns() {
        let native = state_projection(Dialect::Native);
        let falco = state_projection(Dialect::Falco);
        // The parent's side of a birth tells the state something in Falco's captures alone.
        assert_eq!(native.columns(clone::EVENT), None);
        assert_eq!(falco.columns(clone::EVENT), Some((1 << 21) - 1));
        // Payloads stand second in Falco's list and in ours.
        assert_eq!(falco.columns(recvfrom::EVENT), Some(0b11101));
        assert_eq!(native.columns(recvfrom::EVENT), Some(0b11_1101));
        let futex = event_id(65);
        assert_eq!(falco.columns(futex), None);
    }
}
