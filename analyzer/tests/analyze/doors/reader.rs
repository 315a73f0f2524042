//! Lines of JSON to openings of doors. What is no such line is damage, and passed over.

use serde_json::Value as Json;

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

/// The openings, and `None` where a line is none.
pub(super) fn read(text: &str) -> impl Iterator<Item = Option<Opening>> {
    (1..).zip(text.lines()).map(|(line, text)| {
        let json: Json = serde_json::from_str(text).ok()?;
        let string = |key: &str| json.get(key)?.as_str().map(str::to_owned);
        Some(Opening {
            line,
            time_ns: json.get("ns")?.as_u64()?,
            door: string("door")?,
            by: string("by")?,
            is_in: json.get("in")?.as_bool()?,
        })
    })
}
