//! Which rows and columns of a recording the state reads.

use falco_abi::EventId;
use falco_abi::events::{self, SNAPSHOT, STATE};
use falco_format::Projection;

use crate::state::tables::facets::{Facets, of_name};

/// What an event changes.
pub(in crate::state) fn changes(event: EventId) -> Facets {
    falco_abi::event(event).map_or(Facets::NONE, |event| of_name(event.name))
}

/// All that the event table says the state depends on. Payloads are left out: no transition reads them.
pub(in crate::state) fn columns() -> Projection {
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
