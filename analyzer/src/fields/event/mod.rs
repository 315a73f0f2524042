//! `evt.*` and `syscall.type`: the event itself.

mod kind;
mod open;
mod outcome;
mod time;

use super::declare::Field;

/// The declarations, in the order of the reference.
pub(super) const FIELDS: [&[Field]; 6] = [
    time::CLOCK,
    kind::ORIGIN,
    time::DELTA,
    kind::FIELDS,
    outcome::FIELDS,
    open::FIELDS,
];
