//! Replay of kept captures, and of Falco's own rule files where they are at hand.

use std::fs;
use std::path::PathBuf;

use crate::programs::{analyze, root};
use crate::skip::skipped;

#[test]
fn kept_captures_give_the_alerts_they_must() {
    let corpus = root().join("corpus");
    let ran = analyze(["test", &*corpus.to_string_lossy()]);
    ran.expect_code(0);
}

#[test]
fn a_missing_alert_is_a_readable_difference() {
    let directory = tempfile::tempdir().expect("a directory");
    let scenario = root().join("corpus/first-light");
    let text = fs::read_to_string(scenario.join("scenario.toml")).expect("the scenario");
    let absolute = |path: &str| {
        let path = scenario
            .join(path)
            .canonicalize()
            .expect("a path of the scenario");
        path.to_string_lossy().into_owned()
    };
    let text = text
        .replace("\"capture\"", &format!("\"{}\"", absolute("capture")))
        .replace(
            "\"../../rules/default\"",
            &format!("\"{}\"", absolute("../../rules/default")),
        );
    fs::write(directory.path().join("scenario.toml"), text).expect("a scenario");
    let expected = fs::read_to_string(scenario.join("expected.jsonl")).expect("the alerts");
    let changed = expected.replace("Crypto Miner Started", "Outbound SSH Connection");
    assert_ne!(expected, changed);
    fs::write(directory.path().join("expected.jsonl"), changed).expect("the alerts");
    let ran = analyze(["test", &*directory.path().to_string_lossy()]);
    ran.expect_code(1);
    let said = ran.stdout + &ran.stderr;
    for word in ["Crypto Miner Started", "Outbound SSH Connection"] {
        assert!(said.contains(word), "no {word} in:\n{said}");
    }
}

#[test]
fn the_default_rules_load_without_a_word() {
    let rules = root().join("rules/default");
    let ran = analyze([
        "rules",
        "check",
        "--deny-warnings",
        &*rules.to_string_lossy(),
    ]);
    ran.expect_code(0);
    assert!(!ran.stderr.contains("arning"), "{}", ran.stderr);
}

#[test]
fn a_segment_alone_replays_as_its_capture_does() {
    let capture = root().join("corpus/first-light/capture");
    let rules = root().join("rules/default").to_string_lossy().into_owned();
    let mut segments: Vec<PathBuf> = fs::read_dir(&capture)
        .expect("the kept capture")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    segments.sort();
    let [segment] = segments.as_slice() else {
        panic!("the kept capture has one segment: {segments:?}");
    };
    let whole = analyze([
        "replay",
        &*capture.to_string_lossy(),
        "-r",
        &rules,
        "--format",
        "json",
    ]);
    let alone = analyze([
        "replay",
        &*segment.to_string_lossy(),
        "-r",
        &rules,
        "--format",
        "json",
    ]);
    whole.expect_code(0);
    alone.expect_code(0);
    assert_eq!(whole.stdout, alone.stdout);
    assert_eq!(
        whole.stdout.lines().count(),
        7,
        "one alert per default rule"
    );
}

#[test]
fn falcos_own_rule_files_load() {
    let Some(reference) = std::env::var_os("FALCO_REFERENCE").map(PathBuf::from) else {
        skipped("falcos_own_rule_files_load", "FALCO_REFERENCE is not set");
        return;
    };
    let file = |name: &str| {
        reference
            .join("rules")
            .join(name)
            .to_string_lossy()
            .into_owned()
    };
    let stock = file("falco_rules.yaml");
    let incubating = file("falco-incubating_rules.yaml");
    let sandbox = file("falco-sandbox_rules.yaml");
    let capture = root()
        .join("corpus/first-light/capture")
        .to_string_lossy()
        .into_owned();
    let mut check = vec![
        "rules".to_owned(),
        "check".to_owned(),
        "--deny-warnings".to_owned(),
        // Four names in them are longer than the kernel keeps; Falco loads them all the same.
        "--no-lint".to_owned(),
        "never-true".to_owned(),
    ];
    check.extend([stock.clone(), incubating.clone(), sandbox.clone()]);
    analyze(check).expect_code(0);
    let ran = analyze([
        "replay",
        &*capture,
        "-r",
        &stock,
        "-r",
        &incubating,
        "-r",
        &sandbox,
    ]);
    ran.expect_code(0);
    // Both look at the same file, each under its own name.
    assert!(
        ran.stdout.contains("/etc/shadow"),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
}
