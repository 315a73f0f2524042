//! What the benchmarks share: the programs under test, workloads and captures made from a seed, captures counted and cut, medians, goals.
//!
//! Nothing here measures; the benchmarks do, and each prints the command that repeats it.

pub mod captures;
pub mod cuts;
pub mod generate;
pub mod generated_crate;
pub mod goals;
pub mod programs;
pub mod statistics;
