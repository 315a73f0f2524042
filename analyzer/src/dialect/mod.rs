//! Falco's own way to write events, beside the kernel's: what a capture imported from `.scap` holds.
//!
//! ```text
//! catalog/   Falco's event types by number, with parameters
//! words/     its words for flags and values
//! ids        which event of ours a type is, and the way back
//! schema     the event table of an imported capture: SCHEMA items of the Falco dialect
//! syscalls   Falco's numbers of calls
//! ```
//!
//! An import keeps Falco's parameters in Falco's order and Falco's encoding, since not all of it can be turned back into the kernel's.
//! Where an event of the table in `falco-abi` has the name of one of Falco's, both go by one id, so that demands, state and rules name it once.
//! The typed view that reads both dialects is `state::row`; nothing here knows rows.

pub mod catalog;
mod ids;
mod schema;
mod syscalls;
pub mod words;

pub use ids::{ENTER_SEEN, FALCO_IDS, UNKNOWN_TYPE, event_id, falco_event, may_open};
pub use schema::{SNAPSHOT_PARAMS, category_of, snapshot_param, unknown_type, wire_of};

/// A bit of a row's ABI byte, which in Falco's dialect holds the low bits of the flags that the event's block had:
/// the state takes the event, and nobody is shown it. Who filters while capturing may keep what the state needs that way.
pub const STATE_ONLY: u8 = 1;

/// The same bit in the kernel's dialect, whose ABIs are small numbers: a derived capture keeps the row for the state alone.
const STATE_ONLY_NATIVE: u8 = 0x80;

/// Whether the ABI byte of a row says that nobody is shown it.
#[must_use]
#[inline]
pub const fn is_for_state(abi: u8, is_native: bool) -> bool {
    let bit = if is_native {
        STATE_ONLY_NATIVE
    } else {
        STATE_ONLY
    };
    abi & bit != 0
}

/// The ABI byte of a row with the mark that nobody is shown it.
#[must_use]
pub const fn marked_for_state(abi: u8, is_native: bool) -> u8 {
    if is_native {
        abi | STATE_ONLY_NATIVE
    } else {
        abi | STATE_ONLY
    }
}

/// The ABI of a call in the kernel's dialect, whoever is shown it.
#[must_use]
#[inline]
pub const fn call_abi(abi: u8) -> u8 {
    abi & !STATE_ONLY_NATIVE
}

/// The types by which a driver says that it drops events, and that it no longer does: of those in between only some are there.
pub const DROP_TYPES: [u16; 2] = [148, 149];

pub use schema::falco_schema;
pub use syscalls::syscall_names;
