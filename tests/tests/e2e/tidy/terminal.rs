//! Rules for what reaches people: standard error has one door per program, and standard output may be closed.

use super::sources::{code, rust_files, without_tests};
use super::{Source, report};

/// The doors to standard error, one per program.
const DOORS: [&str; 3] = [
    "analyzer/src/cli/notice.rs",
    "analyzer/sql/src/notice.rs",
    "recorder/src/cli/notice.rs",
];

/// What ends the program with a panic where the stream is closed or full.
const PANICKING: [&str; 5] = ["eprintln!", "eprint!", "println!", "print!", "dbg!"];

/// Folders whose programs are run by us alone.
const OURS_ALONE: [&str; 2] = ["benches/", "/examples/"];

/// Source files of the programs that users run, without their tests.
fn of_programs() -> Vec<Source> {
    let mut files = rust_files();
    files.retain(|file| {
        let is_ours = OURS_ALONE.iter().any(|folder| file.path.contains(folder));
        let is_test = file
            .path
            .split('/')
            .any(|part| part == "tests" || part == "conformance");
        !is_ours && !is_test && !file.path.starts_with("tests/")
    });
    files
}

/// The macro calls among `names` in a line, with nothing in front that would make it another macro.
fn calls<'n>(line: &str, names: &[&'n str]) -> Vec<&'n str> {
    let is_call = |name: &&&str| {
        line.match_indices(**name).any(|(at, _)| {
            let before = line.get(..at).and_then(|before| before.chars().next_back());
            !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
        })
    };
    names.iter().filter(is_call).copied().collect()
}

#[test]
fn macros_are_told_apart() {
    for (line, expected) in [
        ("eprintln!(\"x\");", &["eprintln!"][..]),
        ("    println!()", &["println!"]),
        ("let _ = writeln!(out, \"print\");", &[]),
        ("{ print!(\"a\"); eprint!(a) }", &["eprint!", "print!"]),
    ] {
        assert_eq!(calls(line, &PANICKING), expected, "{line}");
    }
}

#[test]
fn no_program_panics_where_a_stream_is_closed() {
    let mut complaints = Vec::new();
    for file in of_programs() {
        for (number, line) in code(without_tests(&file)) {
            for call in calls(line, &PANICKING) {
                complaints.push(format!("{}:{number}: {call}", file.path));
            }
        }
    }
    report(
        "what a program says cannot make it panic: see the modules `notice`",
        &complaints,
    );
}

#[test]
fn standard_error_has_one_door_per_program() {
    let mut complaints = Vec::new();
    for file in of_programs() {
        let is_door = DOORS.contains(&file.path.as_str());
        let mut opens = false;
        for (number, line) in code(without_tests(&file)) {
            // Asking whether it is a terminal says nothing to anybody.
            let asks = line.contains("is_terminal") || line.contains("is_colored");
            if line.contains("stderr()") && !asks {
                opens = true;
                if !is_door {
                    complaints.push(format!("{}:{number}: {}", file.path, line.trim()));
                }
            }
        }
        if is_door && !opens {
            complaints.push(format!("{}: is no door any more", file.path));
        }
    }
    report(
        "standard error is written by one module of each program",
        &complaints,
    );
}
