//! What is handed over: what rules say of captures, in sums and as a report.
//!
//! ```text
//! page     `falco-analyze report`: a page with everything, or the same in other forms
//! summary  `falco-analyze summary`: the sums as lines or as one object
//! sums     the rows of a summary, as wide as there is room
//! ```
//!
//! In: captures and rules as for `replay`. Out: answers for people who did not see the incident.

pub(crate) mod page;
pub(crate) mod summary;
pub(crate) mod sums;
