//! Which rows and columns the state reads.

use falco_abi::events::{self, SNAPSHOT, STATE};
use falco_format::Projection;

/// The events and parameters that [`State::before`](super::State::before) and [`State::after`](super::State::after) read.
///
/// Payloads are left out: no transition reads them.
pub fn state_projection() -> Projection {
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
