//! Captures made from captures: rows left out or changed, and the link to the evidence kept.
//!
//! ```text
//! rewrite   who decides of each row what becomes of it
//! digests   what a source is known by
//! target    one segment of the derived capture, while it is written
//! walk      the items of a source, each to the rewriter and then to the target
//! slice/    which rows are kept of a capture, so that what they say stays the same
//! told      what derived captures say of their making, for commands that tell it
//! ```
//!
//! In: a capture or a `.scap` file, a part of it, and a [`Rewriter`]. Out: segments in a directory, one for each that was read, that say what they were made from and how (`DERIVED` in `format/FORMAT.md`).
//! Clocks, losses, gaps and damage are carried over: what the source lacks, the derived capture says that it lacks.
//! What becomes of a row, rewriters decide; the walk knows neither state nor rules nor names.

mod digests;
mod error;
mod rewrite;
pub mod slice;
mod target;
#[cfg(test)]
mod tests;
pub mod told;
mod walk;

pub use self::error::DeriveError;
pub use self::rewrite::{ChangedRow, Fate, Rewriter};
pub use self::walk::{DeriveReport, Operation, derive};
