//! What rules say of captures in sums: how often, when, where, and by whom.
//!
//! ```text
//! who        the process behind an event, with its container and its ancestors
//! collect    events → alerts with who is behind them
//! histogram  times → counts in a bounded number of columns
//! tactics    tags of rules → tactics of ATT&CK
//! tally      alerts → rows by rule, priority, node, container, tactic and program
//! unjudged   which rules and events could not meet, and why
//! json       the sums as JSON
//! ```
//!
//! In: captures and rules. Out: sums, whose memory is bounded however many alerts there are; how they look is for the command line to say.

mod collect;
mod histogram;
mod json;
mod tactics;
mod tally;
mod unjudged;
mod who;

pub use collect::{Behind, Told};
pub use histogram::{BUCKETS_MAX, Histogram};
pub use json::to_json;
pub use tactics::Tactic;
pub use tally::{GROUPS_MAX, Groups, Program, Row, Summary};
pub use unjudged::{Silent, Unjudged};
pub use who::{Container, LINEAGE_MAX, Party, Who, demand};
