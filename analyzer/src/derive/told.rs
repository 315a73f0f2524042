//! What captures say of what they were made from, in words and as JSON, for every command that tells it.
//!
//! In: the segments of a capture. Out: one line for each step that they share, with what became of the rows in all of them.
//! Texts are those of the file, and hostile: who prints them makes them plain.

use falco_format::text::{Lines, count, plain};
use falco_format::{Capture, Derivation, DerivationCounts, DerivationSource, DerivationStep};
use serde_json::{Value as Json, json};

/// One step, of all segments that took it alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldStep {
    /// The step in the last of those segments: its source's chain names those before it.
    pub step: DerivationStep,
    /// How many segments took it.
    pub segments: u64,
    /// What became of the rows in all of them.
    pub counts: DerivationCounts,
}

/// The steps of a capture, in the order in which they were made; none where it is evidence as it was recorded.
#[must_use]
pub fn told(capture: &Capture) -> Vec<ToldStep> {
    let read = capture.segments().iter();
    let read = read.filter(|segment| segment.why_passed_over().is_none());
    let derivations = read.filter_map(falco_format::Segment::derivation);
    let mut steps: Vec<(usize, ToldStep)> = Vec::new();
    for Derivation { steps: taken } in derivations {
        for (place, step) in taken.into_iter().enumerate() {
            let is_same = |(at, told): &&mut (usize, ToldStep)| {
                *at == place
                    && told.step.operation == step.operation
                    && told.step.arguments == step.arguments
                    && told.step.tool == step.tool
            };
            match steps.iter_mut().find(is_same) {
                Some((_, told)) => {
                    told.segments = told.segments.saturating_add(1);
                    told.counts.add(&step.counts);
                    told.step = step;
                }
                None => steps.push((
                    place,
                    ToldStep {
                        segments: 1,
                        counts: step.counts,
                        step,
                    },
                )),
            }
        }
    }
    steps.sort_by_key(|(place, _)| *place);
    steps.into_iter().map(|(_, told)| told).collect()
}

/// Whether a capture has left out rows of what it was made from, so that sequence numbers are missing that nobody lost.
#[must_use]
pub fn is_derived(capture: &Capture) -> bool {
    let mut segments = capture.segments().iter();
    segments.any(|segment| segment.derivation().is_some())
}

/// Tells the steps; nothing of evidence as it was recorded.
pub fn push(capture: &Capture, out: &mut Lines) {
    for ToldStep {
        step,
        segments,
        counts,
    } in told(capture)
    {
        out.line(format_args!(
            "Derived: {} {} by {}, from {}{}",
            plain(&step.operation),
            plain(&step.arguments),
            plain(&step.tool),
            step.source,
            match segments {
                0 | 1 => String::new(),
                more => format!(", the last of {more}"),
            }
        ));
        out.line(format_args!(
            "  {} kept{}{}, {} left out; of snapshots {} kept{}, {} left out",
            count(counts.kept, "event"),
            numbered(counts.changed, "changed"),
            match counts.for_state {
                0 => String::new(),
                more => format!(" and {more} for the state alone"),
            },
            counts.left_out,
            count(counts.entries_kept, "row"),
            numbered(counts.entries_changed, "changed"),
            counts.entries_left_out,
        ));
    }
}

fn numbered(number: u64, what: &str) -> String {
    match number {
        0 => String::new(),
        more => format!(" ({more} {what})"),
    }
}

/// The steps as JSON.
#[must_use]
pub fn json(capture: &Capture) -> Json {
    let steps = told(capture);
    let steps = steps.iter().map(|told| {
        let arguments: Json =
            serde_json::from_str(&told.step.arguments).unwrap_or_else(|_| Json::Null);
        let source = match &told.step.source {
            DerivationSource::Segment { number, digest } => {
                json!({"segment": number, "digest": digest.to_string()})
            }
            DerivationSource::ScapFile { section, sha256 } => {
                let hex: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
                json!({"section": section, "sha256": hex})
            }
        };
        json!({
            "operation": told.step.operation,
            "arguments": arguments,
            "tool": told.step.tool,
            "from": source,
            "segments": told.segments,
            "events_kept": told.counts.kept,
            "events_for_state": told.counts.for_state,
            "events_left_out": told.counts.left_out,
            "events_changed": told.counts.changed,
            "snapshot_rows_kept": told.counts.entries_kept,
            "snapshot_rows_left_out": told.counts.entries_left_out,
            "snapshot_rows_changed": told.counts.entries_changed,
        })
    });
    steps.collect()
}
