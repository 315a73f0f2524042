//! Why a rule alerted on an event, why it did not, and which events came nearest to it.
//!
//! ```text
//! event     an event by the names by which it is found again
//! reason    a rule and an event → the explanation, the rule that comes first, where the values come from
//! search    which events a rule is explained for, as a collector of a pass
//! nearest   the events that came nearest, grouped by what they lacked
//! words     words for what reasons are made of
//! json      both as JSON
//! text      both as lines for people
//! brief     both in a few lines, for reports that are about something else
//! ```
//!
//! In: rules, and events as a pass shows them. Out: reasons; how they look is decided last.
//! The rules explain themselves; here is added what only the capture and the state know. Nobody who asks no why pays for it.

mod brief;
mod event;
mod json;
mod nearest;
mod reason;
mod search;
mod text;
mod words;

pub use brief::{brief_nearest, brief_why};
pub use event::ExplainedEvent;
pub use json::{found_json, why_json};
pub use nearest::{Nearest, NearestEvent, NearestGroup};
pub use reason::{Explainer, FieldOrigin, Verdict, Why};
pub use search::{ASYNC_EVENT, Answers, Found, Question, Search, Wanted};
pub use text::{TextStyle, found_text, why_text};
