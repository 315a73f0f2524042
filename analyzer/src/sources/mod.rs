//! Every source of events there is: how its inputs are known, its schema, its reader and its state.
//!
//! ```text
//! registered what the list says of a source
//! log        a source whose inputs are logs: its reader and its state, and how both are judged
//! lines      a log's lines, each with its place
//! outline    its times, before it is judged
//! recording  an opened input of whatever source, and how it meets rules
//! many       several of them at the same time
//! ```
//!
//! Whoever judges opens inputs by this list and asks each for alerts, so a source is three files (schema, reader, state) and a line here.
//! Captures of system calls are more than a log: they are found in directories, joined, counted once and checked for gaps (`inputs`, `completeness`), and read by many threads (`pipeline`).

mod lines;
mod log;
mod many;
mod outline;
mod recording;
mod registered;

pub use lines::Line;
pub use log::{AnyLog, EventState, LogFile, LogInput, LogReader};
pub use outline::RecordingOutline;
pub use recording::{Judgement, Recording};
pub use registered::{Reading, Registered, readable, schemas};

use crate::fields::SCHEMA;
use crate::inputs::is_capture;

/// System calls, as the recorder and Falco keep them.
pub const SYSCALLS: Registered = Registered {
    schema: &SCHEMA,
    reads: "captures of system calls (segments *.flc, .scap files)",
    recognises: is_capture,
    reading: Reading::Captures,
};

/// Every source there is. The first is the one that rules are of which name none.
pub const SOURCES: &[Registered] = &[SYSCALLS];

// Who judges needs their names.
pub use falco_rules::{RuleMatching, RuleSet};
