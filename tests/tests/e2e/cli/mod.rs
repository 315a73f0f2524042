//! Command lines: what users type, and what bad input gets: one clear message and its exit code.

mod captures;
mod coverage;
mod generated;
mod help;
mod recorder;
mod rules;
mod signals;
mod streams;

use std::path::Path;

use crate::programs::{Ran, analyzer, command, recorder as recorder_program};

/// The exit code of an error.
const ERROR: i32 = 2;
/// The exit code of an answer whose evidence is incomplete.
const INCOMPLETE: i32 = 3;

/// Checks that a program ended with a code and one message that holds all words, and did not panic.
fn check_message(name: &str, ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{name}: exit code; stderr:\n{}", ran.stderr);
    assert!(
        !ran.stderr.contains("panicked"),
        "{name}: a panic is no message:\n{}",
        ran.stderr
    );
    for word in words {
        assert!(
            ran.stderr.contains(word),
            "{name}: no {word:?} in:\n{}",
            ran.stderr
        );
    }
}

/// Copies a program to where everybody may run it.
///
/// By another process: what this one holds open for writing, a child forked by another test holds too, and the kernel refuses to run it.
fn copy_program(from: &Path, to: &Path) {
    let status = command(Path::new("cp")).arg(from).arg(to).status();
    assert!(status.expect("cp").success());
}

/// The names of a program's subcommands, from its help.
fn subcommands(program: &Path) -> Vec<String> {
    let output = command(program).arg("--help").output().expect("runs");
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        // A continued description is indented further.
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_has_help_and_is_in_the_changelog() {
    let changelog = std::fs::read_to_string(crate::programs::root().join("CHANGELOG.md"))
        .expect("the changelog");
    for program in [analyzer(), recorder_program()] {
        let names = subcommands(&program);
        assert!(!names.is_empty(), "{}", program.display());
        for name in names {
            let output = command(&program)
                .args([&name, "--help"])
                .output()
                .expect("runs");
            let ran = Ran::from(output);
            ran.expect_code(0);
            assert!(ran.stdout.contains("Usage:"), "{name}: {}", ran.stdout);
            assert!(changelog.contains(&name), "{name} is not in CHANGELOG.md");
        }
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let line = format!("{} --help | head -n 1", analyzer().display());
    let output = command(Path::new("/bin/sh"))
        .args(["-c", &line])
        .output()
        .expect("a shell");
    check_message("help into a closed pipe", &output.into(), 0, &[]);
}
