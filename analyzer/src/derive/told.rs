//! What captures say of what they were made from, in words and as JSON, for every command that tells it.
//!
//! In: the segments of a capture. Out: one line for each step that they share, with what became of the rows in all of them.
//! Texts are those of the file, and hostile: they are made plain and cut, and of forged steps without end so many are told.

use std::fmt;

use falco_format::text::{Lines, count, grouped, plain};
use falco_format::{Capture, DerivationCounts, DerivationSource, DerivationStep, Segment};
use hashbrown::HashMap;
use serde_json::{Value as Json, json};

/// How many different steps are told of a capture: honest ones are a few, and forged segments may each have others.
const TOLD_MAX: usize = 256;
/// How many bytes of a step's arguments are told to people: a long condition and a list of processes, and no screens of it.
const ARGUMENTS_SHOWN: usize = 2_000;

/// One step, of all segments that took it alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldStep {
    /// The step in the last of those segments: its source's chain names those before it.
    pub step: DerivationStep,
    /// How many segments took it.
    pub segments: u64,
    /// Of how many of them nobody knows what became of the rows, since the end is missing or damaged, where it is told.
    pub unfinished: u64,
    /// What became of the rows in all others.
    pub counts: DerivationCounts,
}

/// The steps of a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// In the order in which they were made; none where it is evidence as it was recorded.
    pub steps: Vec<ToldStep>,
    /// How often segments have steps beside them, which are too many to be told.
    pub more: u64,
}

/// The steps of a capture.
#[must_use]
pub fn told(capture: &Capture) -> Told {
    let mut steps: Vec<(usize, ToldStep)> = Vec::new();
    let mut places: HashMap<(usize, [String; 3]), usize> = HashMap::new();
    let mut more = 0_u64;
    let read = capture.segments().iter();
    for segment in read.filter(|segment| segment.why_passed_over().is_none()) {
        let taken = segment.derivation().unwrap_or_default().steps;
        let last = taken.len();
        for (number, step) in (1..).zip(taken) {
            let words = [&step.operation, &step.arguments, &step.tool].map(Clone::clone);
            let place = match places.get(&(number, words.clone())) {
                Some(place) => *place,
                None if steps.len() < TOLD_MAX => {
                    places.insert((number, words), steps.len());
                    steps.push((number, ToldStep::of(step.clone())));
                    steps.len() - 1
                }
                None => {
                    more = more.saturating_add(1);
                    continue;
                }
            };
            if let Some((_, told)) = steps.get_mut(place) {
                // The counts of the last step are told behind all rows; those of the steps before it were, where it was made from.
                let is_counted = number < last || has_counts(segment, &step);
                told.add(step, is_counted);
            }
        }
    }
    steps.sort_by_key(|(number, _)| *number);
    Told {
        steps: steps.into_iter().map(|(_, told)| told).collect(),
        more,
    }
}

/// Whether a segment was told what became of the rows in the last step: at its begin there are no counts, and the item at its end may be missing or damaged.
fn has_counts(segment: &Segment, step: &DerivationStep) -> bool {
    let is_empty = segment.end().is_some_and(|end| end.rows == 0);
    segment.is_sealed() && (is_empty || step.counts != DerivationCounts::default())
}

impl ToldStep {
    fn of(step: DerivationStep) -> ToldStep {
        ToldStep {
            step,
            segments: 0,
            unfinished: 0,
            counts: DerivationCounts::default(),
        }
    }

    fn add(&mut self, step: DerivationStep, is_counted: bool) {
        self.segments = self.segments.saturating_add(1);
        if is_counted {
            self.counts.add(&step.counts);
        } else {
            self.unfinished = self.unfinished.saturating_add(1);
        }
        self.step = step;
    }
}

/// Whether a capture has left out rows of what it was made from, so that sequence numbers are missing that nobody lost.
#[must_use]
pub fn is_derived(capture: &Capture) -> bool {
    let mut segments = capture.segments().iter();
    segments.any(|segment: &Segment| segment.derivation().is_some())
}

/// Tells the steps; nothing of evidence as it was recorded.
pub fn push(capture: &Capture, out: &mut Lines) {
    let Told { steps, more } = told(capture);
    for told in &steps {
        let step = &told.step;
        out.line(format_args!(
            "Derived: {} {} by {}, from {}{}",
            plain(&step.operation),
            Shown(&step.arguments),
            plain(&step.tool),
            step.source,
            match told.segments {
                0 | 1 => String::new(),
                more => format!(", the last of {}", grouped(more)),
            }
        ));
        push_counts(told, out);
    }
    if more > 0 {
        out.line(format_args!(
            "Derived: {} more often in other ways",
            grouped(more)
        ));
    }
}

fn push_counts(told: &ToldStep, out: &mut Lines) {
    let counts = &told.counts;
    if told.unfinished > 0 {
        out.line(format_args!(
            "  what became of the rows of {} nobody knows: their end is missing or damaged, where it is told",
            count(told.unfinished, "segment")
        ));
    }
    if told.unfinished == told.segments {
        return;
    }
    out.line(format_args!(
        "  {} kept{}{}, {} left out; of snapshots {} kept{}, {} left out",
        count(counts.kept, "event"),
        match counts.for_state {
            0 => String::new(),
            more => format!(" and {} for the state alone", grouped(more)),
        },
        numbered(counts.changed, "changed"),
        grouped(counts.left_out),
        count(counts.entries_kept, "row"),
        numbered(counts.entries_changed, "changed"),
        grouped(counts.entries_left_out),
    ));
}

/// Arguments for people: their beginning, and how long they are where that is not all.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0;
        let mut end = text.len().min(ARGUMENTS_SHOWN);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let (shown, rest) = text.split_at(end);
        write!(f, "{}", plain(shown))?;
        if rest.is_empty() {
            return Ok(());
        }
        write!(f, "… ({} in all)", count(text.len() as u64, "byte"))
    }
}

fn numbered(number: u64, what: &str) -> String {
    match number {
        0 => String::new(),
        more => format!(" ({} {what})", grouped(more)),
    }
}

/// The steps as JSON.
#[must_use]
pub fn json(capture: &Capture) -> Json {
    let told = told(capture);
    let steps = told.steps.iter().map(|told| {
        // What is no JSON is told as the text that it is.
        let arguments = serde_json::from_str(&told.step.arguments);
        let arguments = arguments.unwrap_or_else(|_| Json::from(told.step.arguments.as_str()));
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
            "segments_without_end": told.unfinished,
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
