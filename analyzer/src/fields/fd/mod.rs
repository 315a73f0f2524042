//! `fd.*`: the descriptor that the event is about.

mod file;
mod socket;

use falco_rules::Value;

use super::EventContext;
use super::declare::Field;
use crate::state::Fd;

/// The declarations, in the order of the reference.
pub(super) const FIELDS: [&[Field]; 5] = [
    file::NAMES,
    socket::ENDS,
    file::PLACES,
    socket::SERVICES,
    file::FIELDS,
];

pub(super) fn file<'e>(event: &'e EventContext<'_>) -> Option<&'e Fd> {
    event.fd()?.file
}

/// A fact of the descriptor's file, false for what is not known.
pub(super) fn holds<'e>(event: &'e EventContext<'_>, test: fn(&Fd) -> bool) -> Value<'e> {
    match event.fd() {
        None => Value::Absent,
        Some(fd) => Value::Bool(fd.file.is_some_and(test)),
    }
}

/// The kernel keeps major and minor apart; stat and Falco mix them.
pub(super) fn stat_device(device: u32) -> u32 {
    const MINOR_BITS: u32 = 20;
    let (major, minor) = (device >> MINOR_BITS, device & ((1 << MINOR_BITS) - 1));
    (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)
}
