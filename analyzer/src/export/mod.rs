//! Captures written as files that other programs read.
//!
//! ```text
//! scap/  Falco's own format: as it was read where it was imported, and our own captures told in Falco's words
//! ```
//!
//! In: inputs, read by the pipeline, on which everything here stands. Out: bytes; which file they go to, the command line decides.
//! Tables are written by `columns`, which queries share.

pub mod scap;
