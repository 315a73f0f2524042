//! Captures written as files that other programs read.
//!
//! ```text
//! scap/    Falco's own format: as it was read where it was imported, and our own captures told in Falco's words
//! tables/  the tables that queries share, as files
//! class    classes of the Open Cybersecurity Schema Framework, and what their files are called
//! ocsf/    events and alerts as records of those classes
//! ```
//!
//! In: inputs, read by the pipeline, on which everything here stands. Out: bytes; which file they go to, the command line decides.

mod class;
pub mod ocsf;
pub mod scap;
pub mod tables;
