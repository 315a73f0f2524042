//! Captures written as files that other programs read.
//!
//! ```text
//! scap/    Falco's own format: as it was read where it was imported, and our own captures told in Falco's words
//! tables/  the tables that queries share, as files
//! ```
//!
//! In: inputs, read by the pipeline, on which everything here stands. Out: bytes; which file they go to, the command line decides.

pub mod scap;
pub mod tables;
