//! A program of 2022 that reads what is exported for it: Debian's sysdig 0.29, in its default output format.
//!
//! It is no part of this project: the environment variable `SYSDIG_2022` names it, or it is on the path; else the test says why it skips.

use std::path::{Path, PathBuf};
use std::process::Command;

use falco_analyze::export::scap::{ScapSchema, export_scap};
use falco_analyze::pipeline::{Flow, Input, Part};

use crate::programs::root;
use crate::skip::skipped;

/// Names the program.
const PROGRAM: &str = "SYSDIG_2022";
/// What its version must begin with: later ones read today's files.
const VERSION: &str = "sysdig version 0.29.";

/// The program, or none with a printed reason.
fn program(test: &str) -> Option<PathBuf> {
    let given = std::env::var_os(PROGRAM).map(PathBuf::from);
    let program = given.unwrap_or_else(|| PathBuf::from("sysdig"));
    let version = Command::new(&program).arg("--version").output();
    let version = version.map(|ran| String::from_utf8_lossy(&ran.stdout).into_owned());
    match version {
        Ok(version) if version.starts_with(VERSION) => Some(program),
        Ok(version) => {
            skipped(
                test,
                &format!("{} is {version:?}, not one of 2022", program.display()),
            );
            None
        }
        Err(error) => {
            skipped(
                test,
                &format!("{}: {error}; {PROGRAM} names none", program.display()),
            );
            None
        }
    }
}

/// The number that a line of its default format begins with.
fn number(line: &str) -> Option<u64> {
    let (number, rest) = line.split_once(' ')?;
    let is_time = rest.get(2..3) == Some(":") && rest.get(5..6) == Some(":");
    number.parse().ok().filter(|_| is_time)
}

/// Lets it read the export of a capture: to the end, and every event.
pub(super) fn check(test: &str, capture: &Path) {
    let Some(program) = program(test) else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("old.scap");
    let input = Input::open(capture).expect("the capture opens");
    let mut bytes = Vec::new();
    let mut goes_on = |_| Flow::Continue;
    let tally = export_scap(
        (&input, &Part::whole()),
        None,
        ScapSchema::Of2022,
        &mut bytes,
        &mut goes_on,
    );
    let written = tally.expect("memory takes it").written;
    std::fs::write(&file, bytes).expect("the file is written");
    let ran = Command::new(&program).arg("-r").arg(&file).output();
    let ran = ran.expect("the program starts");
    let lines = String::from_utf8_lossy(&ran.stdout);
    let last = lines.lines().next_back().unwrap_or_default();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{}: {said}; last: {last}", ran.status);
    let numbers = lines.lines().filter_map(number);
    let expected = 1..=written.events + written.made_up;
    assert!(
        numbers.eq(expected.clone()),
        "not each of {expected:?}; last: {last}"
    );
}

#[test]
fn a_program_of_2022_reads_the_kept_captures_to_their_ends() {
    let test = "a_program_of_2022_reads_the_kept_captures_to_their_ends";
    check(test, &root().join("corpus/first-light/capture"));
}
