//! Lines of JSON to openings of doors.

use falco_analyze::source::Source;
use falco_analyze::sources::{Line, LogReader};
use serde_json::Value as Json;

use super::schema::Doors;
use super::state::House;

/// A door was opened.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) line: u64,
    pub(super) time_ns: u64,
    pub(super) door: String,
    pub(super) by: String,
    /// Whether somebody came in, and did not go.
    pub(super) is_in: bool,
}

impl LogReader for Doors {
    type Event = Opening;
    type State = House;

    const SCHEMA: &'static dyn Source = &Doors;
    const READS: &'static str = "logs of doors (lines of JSON)";

    fn recognises(head: &[u8]) -> bool {
        head.starts_with(br#"{"ns":"#)
    }

    fn event(line: Line<'_>) -> Option<Opening> {
        let json: Json = serde_json::from_slice(line.bytes).ok()?;
        let string = |key: &str| json.get(key)?.as_str().map(str::to_owned);
        Some(Opening {
            line: line.number,
            time_ns: json.get("ns")?.as_u64()?,
            door: string("door")?,
            by: string("by")?,
            is_in: json.get("in")?.as_bool()?,
        })
    }
}
