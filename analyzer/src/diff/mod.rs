//! Two rule sets over the same captures: which alerts come, go, or say something else, and why.
//!
//! ```text
//! git      rule files as a revision has them
//! sides    what was given for either side → two rule sets whose fields are numbered alike
//! rules    the rules of both sides beside each other: kept, renamed, added, removed, changed
//! kinds    how alerts differ, and why
//! compare  both sets over one pass, as a collector
//! example  one alert that differs, with what decides
//! found    exact counts, and the first examples by position
//! report   what was found, as it is told
//! text, json, markdown   the report for people, for machines, and for a pull request's comment
//! ```
//!
//! State is applied once for both sides, and what both rule sets ask is asked once.
//! What was found is the same for any number of threads; memory does not grow with the captures.

mod compare;
mod example;
mod found;
mod git;
mod json;
mod kinds;
mod markdown;
mod report;
mod rules;
mod sides;
mod text;

pub use compare::{Comparison, Differences, EXAMPLES_IN_ALL_MAX};
pub use example::{Deciding, Example, Said, Told};
pub use found::{Found, Progress, Taking};
pub use git::GitError;
pub use json::json;
pub use kinds::{Fact, KINDS, Kind, Reason};
pub use markdown::{COMMENT_MAX, markdown};
pub use report::{Report, RuleRow, Shadow};
pub use rules::{Change, Entry};
pub use sides::{Both, LoadedSide, Side, SideFile, load_sides, quoted, read_side};
pub use text::text;
