//! A recording and its own export: all fields of every event, the one beside the other, and the alerts of both.
//!
//! ```text
//! workload   the live recording of a bit of everything
//! questions  every field with every argument that an event can be asked for
//! rows       replays of both, event by event, told as text
//! compare    events paired by time and thread, differences by field and type
//! known      differences that stay, each with its reason: the section of `PARITY.md`
//! alerts     what rules say of the recording, of the export, and of the export's import
//! page       that section, written and checked
//! old_reader a program of 2022 that reads the export
//! ```
//!
//! The test fails where a difference has no reason, and where the recording shows too little to have shown anything.

pub(crate) mod alerts;
mod compare;
mod known;
mod old_reader;
mod page;
mod questions;
pub(crate) mod rows;
mod workload;

use std::io::Write as _;
use std::path::Path;

use crate::live::recorder_or_skip;
use compare::Report;

/// How much of the default event types must be in the recording, in percent.
const TYPES_MIN: usize = 95;
/// How many of the fields must have a value somewhere in it, in percent.
const FIELDS_MIN: usize = 90;

#[test]
fn a_recording_and_its_export_answer_alike() {
    let test = "a_recording_and_its_export_answer_alike";
    // A recording that is there already may be compared instead.
    let given = std::env::var_os("FALCO_ALIKE_CAPTURE");
    let recorded = match &given {
        Some(_) => None,
        None => match recorder_or_skip(test) {
            Some(_guard) => Some(workload::record()),
            None => return,
        },
    };
    let capture = match (&given, &recorded) {
        (Some(given), _) => Path::new(given).to_owned(),
        (None, Some(recorded)) => recorded.capture(),
        (None, None) => return,
    };
    let export = rows::export(&capture);
    let report = compare::compare(&capture, &export);
    tell(test, &report);
    let unexplained = report.unexplained();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    // Other architectures never had the old calls.
    assert!(
        cfg!(not(target_arch = "x86_64")) || report.is_broad(TYPES_MIN, FIELDS_MIN),
        "the recording shows too little"
    );
    alerts::check(test, &capture, &export);
    old_reader::check(test, &capture);
}

fn tell(test: &str, report: &Report) {
    // Past the capture of the test runner: these figures are what the test is for.
    let _ = std::io::stderr().write_all(format!("{test}: {report}\n").as_bytes());
}
