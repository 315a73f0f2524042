//! `fd.*`: the descriptor that the event is about.

mod device;
mod file;
mod found;
mod socket;

use std::sync::Arc;

use falco_rules::Value;

use super::EventContext;
use super::declare::{Field, boolean};
use crate::state::Fd;

pub(crate) use device::Device;

/// The declarations, in the order of the reference.
pub(super) const FIELDS: [&[Field]; 5] = [
    file::NAMES,
    socket::ENDS,
    file::PLACES,
    socket::SERVICES,
    file::FIELDS,
];

pub(super) fn file<'e>(event: &'e EventContext<'_>) -> Option<&'e Fd> {
    event.fd()?.file.map(Arc::as_ref)
}

/// Fields of ours, behind all of Falco's.
pub(super) const OURS: &[Field] = found::FIELDS;

/// A fact of the descriptor's file; nothing where that is not known.
pub(super) fn holds<'e>(event: &'e EventContext<'_>, test: fn(&Fd) -> bool) -> Value<'e> {
    boolean(file(event).map(test))
}
