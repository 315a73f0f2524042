//! Differences between a recording and its export that stay, each with its reason.
//!
//! A reason holds for exactly what it names: the fields, the types of events, and what both sides say, of the field and of what stands beside it.
//!
//! ```text
//! general  anything but sockets
//! sockets  ends, sides and names of sockets
//! alone    events that one side has alone; fields that have no value here
//! ```

mod alone;
mod general;
mod sockets;

use super::questions::Questions;
use super::rows::Row;
use alone::{ALONE, NEVER_HERE};

pub(super) use alone::Lone;

/// Why answers of some kind differ.
struct Known {
    /// The questions; a star at the end stands for any rest.
    questions: &'static [&'static str],
    /// The event types.
    types: &'static [&'static str],
    /// What both sides say.
    when: fn(&Case<'_>) -> bool,
    reason: &'static str,
}

/// A recorded event and what its export made of it.
pub(super) struct Pair<'p> {
    pub(super) recorded: &'p Row,
    pub(super) exported: &'p Row,
    pub(super) questions: &'p Questions,
}

/// One question that both answer otherwise.
pub(super) struct Case<'c> {
    pub(super) question: &'c str,
    pub(super) ours: Option<&'c str>,
    pub(super) theirs: Option<&'c str>,
    pub(super) pair: &'c Pair<'c>,
}

impl Case<'_> {
    /// What the recording answers to another question.
    fn recorded(&self, question: &str) -> Option<&str> {
        self.pair
            .recorded
            .answer(self.pair.questions.place(question)?)
    }

    /// What the export answers to another question.
    fn exported(&self, question: &str) -> Option<&str> {
        self.pair
            .exported
            .answer(self.pair.questions.place(question)?)
    }
}

const ANY: &[&str] = &["*"];

/// Whatever both say.
fn always(_: &Case<'_>) -> bool {
    true
}

fn rows() -> impl Iterator<Item = &'static Known> {
    general::ROWS.iter().chain(sockets::ROWS)
}

fn matches(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => text.starts_with(begin),
        None => pattern == text,
    }
}

fn is_one(patterns: &[&str], text: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, text))
}

/// Why a difference is there.
pub(super) fn reason(case: &Case<'_>) -> Option<&'static str> {
    let ty = case.pair.recorded.ty;
    let row = rows().find(|row| {
        is_one(row.questions, case.question) && is_one(row.types, ty) && (row.when)(case)
    });
    row.map(|row| row.reason)
}

/// Reasons that were given for nothing.
pub(super) fn unneeded<'r>(
    given: impl Fn(&str) -> bool + 'r,
) -> impl Iterator<Item = &'static str> + 'r {
    rows()
        .map(|row| row.reason)
        .filter(move |reason| !given(reason))
}

/// Whether answers to a question may differ at all.
pub(super) fn may_differ(question: &str) -> bool {
    rows().any(|row| is_one(row.questions, question))
}

/// The tables as a section of the page.
pub(super) fn section() -> String {
    let names = |names: &[&str]| match names {
        ["*"] => "any".to_owned(),
        names => format!("`{}`", names.join("`, `")),
    };
    let mut text = "| fields | of events | why |\n|---|---|---|\n".to_owned();
    for row in rows() {
        let (fields, types) = (names(row.questions), names(row.types));
        text += &format!("| {fields} | {types} | {} |\n", row.reason);
    }
    text += "\n| events that the export has not | why |\n|---|---|\n";
    for row in ALONE {
        text += &format!("| `{}` | {} |\n", row.types.join("`, `"), row.reason);
    }
    text
}

/// Why a recorded event has no partner.
pub(super) fn is_alone(lone: &Lone<'_>) -> Option<&'static str> {
    let mut rows = ALONE.iter();
    rows.find(|row| row.types.contains(&lone.row.ty) && (row.when)(lone))
        .map(|row| row.reason)
}

/// Why a field has no value in the recording.
pub(super) fn never_here(field: &str) -> Option<&'static str> {
    let mut rows = NEVER_HERE.iter();
    rows.find(|(name, _)| matches(name, field))
        .map(|(_, reason)| *reason)
}
