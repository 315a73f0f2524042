//! What a file of an export says of where its rows come from: Parquet's metadata by key.
//!
//! In: opened captures, what was lost of them. Out: keys and values, of which those of captures are JSON.

use falco_format::Item;
use parquet::file::metadata::KeyValue;
use serde::Serialize;

use crate::pipeline::{Input, Part};

/// Whose rows stand in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// The capture, as it was named by who opened it.
    pub capture: String,
    /// The node's name.
    pub node: String,
    /// The boots that it has rows of; imports that do not tell have an id made of their first bytes.
    pub boots: Vec<String>,
    /// How many segments were read.
    pub segments: u64,
    /// The digest of the last segment that has one, which with the chain of digests names all before it. None of imports, and where no segment is sealed.
    pub digest: Option<String>,
    /// How many events the recorder lost.
    pub lost: u64,
    /// Places where bytes are damaged.
    pub damaged: u64,
}

impl Provenance {
    /// That of a part of a capture. Its blocks are not decoded for it.
    #[must_use]
    pub fn of(input: &Input, part: &Part) -> Self {
        let mut all = Self {
            capture: input.path.display().to_string(),
            node: String::new(),
            boots: Vec::new(),
            segments: 0,
            digest: None,
            lost: 0,
            damaged: 0,
        };
        for item in input.items_of(part) {
            match item {
                Item::Segment(header) => {
                    let boot = header.boot_id.to_string();
                    if !all.boots.contains(&boot) {
                        all.boots.push(boot);
                    }
                    all.node.clone_from(&header.node);
                    all.segments += 1;
                }
                Item::Lost(intervals) => {
                    let lost = intervals.iter().map(|interval| interval.count);
                    all.lost = lost.fold(all.lost, u64::saturating_add);
                }
                Item::End(end) => all.digest = Some(end.digest.to_string()),
                Item::Damage(_) => all.damaged += 1,
                _ => {}
            }
            if input.capture().is_none() && all.segments > 0 {
                // A file of Falco's tells no losses, and reading it all would be a second reading.
                break;
            }
        }
        all
    }
}

/// The metadata of a file with rows of these captures.
pub(in crate::export) fn metadata(table: &str, captures: &[Provenance]) -> Vec<KeyValue> {
    let total = |of: fn(&Provenance) -> u64| {
        let each = captures.iter().map(of);
        each.fold(0, u64::saturating_add).to_string()
    };
    // Texts and numbers always become JSON.
    let captures_json = serde_json::to_string(captures).unwrap_or_default();
    vec![
        pair(
            "falco.tool",
            concat!("falco-analyze ", env!("CARGO_PKG_VERSION")),
        ),
        pair("falco.table", table),
        pair("falco.captures", captures_json),
        pair("falco.lost", total(|capture| capture.lost)),
        pair("falco.damaged", total(|capture| capture.damaged)),
    ]
}

fn pair(key: &str, value: impl Into<String>) -> KeyValue {
    KeyValue::new(key.to_owned(), value.into())
}
