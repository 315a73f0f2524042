//! Scenario files: TOML read key by key, so that every mistake of a file is told at once, each with its line.
//!
//! ```text
//! keys      a table, asked for its keys by kind; what nobody asked for is a mistake
//! scenario  the keys of a scenario
//! expect    the keys of [[expect]] and [[budget]]
//! ```
//!
//! In: the text of a scenario.toml. Out: a scenario, or its problems.

mod expect;
mod keys;
mod scenario;

pub(super) use scenario::{SCENARIO_FILE, read};
