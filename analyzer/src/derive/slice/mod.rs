//! Slices: the part of a capture that somebody wants to share, with the state that it needs and nothing else.
//!
//! ```text
//! life     one process from birth to end
//! known    values that many of them share
//! lives    all processes: which there are, what each needs of others
//! marks    which rows are asked for, a bit for each
//! study    the first reading: who lives, which rows are asked for, whom they look at
//! closure  from what is asked for: whose rows the state needs
//! cutter   the second reading: of each row, whether it is shown, applied or left out
//! ```
//!
//! In: a capture, and which events of it are wanted. Out: a derived capture in which **every event that is kept answers every field as it did**, but for fields that count or measure over events that are left out ([`UNLIKE`]).
//! Events that the state needs and nobody asked for are kept for the state alone: readers apply them, and no alert is theirs.
//!
//! What is needed of a process is every row that changes state, of itself, of each ancestor that it ever had, of whoever shares its descriptors or directories, and of those that its events name: leaders of its session and group, whom it signals or takes descriptors from.
//! That is more than the fields of some events need, and never less, so it can be told why a row is there; and it is closed, so that a slice of a slice is one too.

mod closure;
mod cutter;
mod known;
mod life;
mod lives;
mod marks;
mod study;
#[cfg(test)]
mod tests;

pub use self::closure::Needed;
pub use self::cutter::Cutter;
pub use self::life::{LifeId, ToldLife};
pub use self::study::{Study, Wanted, study};

/// Fields that an event of a slice answers differently: they count events, or measure the time to one that may be left out. A star stands for any ending.
pub const UNLIKE: [&str; 3] = ["evt.num", "evt.reltime*", "evt.deltatime*"];
