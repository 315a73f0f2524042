//! Who did most over a span: processes, files, connections, programs, users, containers, errors, calls.
//!
//! ```text
//! kinds   what is counted by what: the fields that name a thing, and which events are of it
//! count   events → a row for each thing, with how often, how much, how often in vain, and when
//! ```
//!
//! In: events of captures. Out: rows by rank. Memory is bounded: things beyond the limit are counted together.
//! How rows look is for the command line to say.

mod count;
mod kinds;

pub use count::{By, Read, Row, THINGS_MAX, Tops};
pub use kinds::Kind;
