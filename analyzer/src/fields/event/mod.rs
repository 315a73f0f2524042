//! `evt.*` and `syscall.type`: the event itself.

mod kind;
mod open;
mod outcome;
mod time;
mod unlisted;

use super::declare::Field;

/// The declarations, in the order of the reference.
pub(super) const FIELDS: [&[Field]; 7] = [
    time::CLOCK,
    kind::ORIGIN,
    time::DELTA,
    kind::FIELDS,
    outcome::FIELDS,
    open::FIELDS,
    unlisted::FIELDS,
];
