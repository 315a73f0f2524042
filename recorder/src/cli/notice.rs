//! Everything that goes to standard error.
//!
//! In: what a person should know. Out: lines that begin with the program's name, which nobody can forge, and which nothing in them can break or colour.
//! Where nobody listens any more (a closed pipe, a closed stream, a full disk) there is nobody to tell: a notice never ends a recording.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::OnceLock;

use falco_format::text::Lines;
use indicatif::ProgressBar;
use serde::Serialize;

/// What stands before each line.
const PROGRAM: &str = "falco-record: ";

/// Tells one line.
pub(super) fn notice(text: &str) {
    tell([text]);
}

/// Tells some lines, with one write.
pub(super) fn tell<Line: fmt::Display>(texts: impl IntoIterator<Item = Line>) {
    let mut lines = Lines::new();
    for text in texts {
        lines.part(PROGRAM);
        lines.line(text);
    }
    write(lines.as_str());
}

/// Tells a fact to programs: one line of JSON, in which every control character is escaped.
pub(super) fn tell_as_json(fact: &impl Serialize) {
    let line = serde_json::to_string(fact).unwrap_or_default();
    write(&format!("{line}\n"));
}

/// Where a line of progress is drawn, it is taken away while a notice is written.
static BAR: OnceLock<ProgressBar> = OnceLock::new();

/// From now on, notices keep clear of this line of progress.
pub(super) fn keep_clear_of(bar: &ProgressBar) {
    // A second recording of one process has no line of its own.
    let _ = BAR.set(bar.clone());
}

fn write(text: &str) {
    let write = || {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    };
    match BAR.get() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}
