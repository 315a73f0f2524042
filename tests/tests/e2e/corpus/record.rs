//! `corpus/record`: what it refuses, and the scenario that it makes of a capture which is there already.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::programs::{Ran, analyze, analyzer, command, is_root, root};

/// Runs the script with our analyzer, and a recorder that records nothing.
fn record(arguments: &[&str]) -> Ran {
    let script = root().join("corpus/record");
    let mut command = command(&script);
    command
        .args(arguments)
        .env("FALCO_ANALYZE", analyzer())
        .env("FALCO_RECORD", "true")
        .stdout(Stdio::piped());
    command.output().expect("it runs").into()
}

#[test]
fn the_script_says_what_is_wrong() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::create_dir(directory.path().join("taken")).expect("made");
    let into = directory.path().to_string_lossy().into_owned();
    let cases: &[(&[&str], &str)] = &[
        (&[], "a name is missing"),
        (&["new"], "a command is missing"),
        (&["new", "--frobnicate"], "there is no option --frobnicate"),
        (&["new", "--into"], "--into needs a value"),
        (
            &["a/b", "--", "true"],
            "no name that a directory could have",
        ),
        (
            &["--into", &into, "taken", "--", "true"],
            "is there already",
        ),
        (
            &["--into", "/nowhere", "new", "--", "true"],
            "there is no directory /nowhere",
        ),
        (
            &["-r", "/nowhere.yaml", "new", "--", "true"],
            "there are no rules /nowhere.yaml",
        ),
        (
            &["--redact", "/nowhere", "new", "--", "true"],
            "the key /nowhere cannot be read",
        ),
        (
            &["--of", "/nowhere", "--whole", "new"],
            "there is no capture /nowhere",
        ),
        (
            &["--pid", "1", "new", "--", "true"],
            "--pid is for captures",
        ),
    ];
    for (arguments, words) in cases {
        let ran = record(arguments);
        ran.expect_code(2);
        assert!(ran.stderr.contains(words), "no {words} in:\n{}", ran.stderr);
    }
    if is_root() {
        let ran = record(&["--into", &into, "new", "--", "true"]);
        ran.expect_code(2);
        assert!(
            ran.stderr.contains("nothing was recorded"),
            "{}",
            ran.stderr
        );
    }
    let left = fs::read_dir(directory.path()).expect("a directory").count();
    assert_eq!(left, 1, "something was left behind");
}

#[test]
fn a_capture_becomes_a_scenario_that_passes() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let capture = text(&root().join("corpus/first-light/capture"));
    let rules = text(&root().join("rules/default"));
    let into = text(directory.path());
    let ran = record(&[
        "--into", &into, "-r", &rules, "--of", &capture, "--whole", "made",
    ]);
    ran.expect_code(0);
    assert!(
        ran.stdout.contains("rule = \"Crypto Miner Started\""),
        "{}",
        ran.stdout
    );
    analyze(["test", &into]).expect_code(0);
}
