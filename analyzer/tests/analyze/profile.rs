//! `profile`: what rules cost, counted by events whose values are known.

use serde_json::Value as Json;

use crate::support::{Workspace, intrusion};

const RULES: &str = "
- macro: opens
  condition: evt.type in (open, openat)
- rule: Reads passwords
  desc: d
  condition: opens and fd.name = /etc/passwd
  output: o
  priority: INFO
- rule: Opens a secret
  desc: d
  condition: opens and fd.name startswith /etc/sec
  output: o
  priority: INFO
- rule: Never
  desc: d
  condition: evt.type = mkdir and fd.name exists
  output: o
  priority: INFO
";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    let mut capture = intrusion();
    capture.open(200, "/etc/passwd", 5);
    capture.open(200, "/etc/passwd", 6);
    capture.open(200, "/etc/secret", 7);
    capture.write(&workspace.path("capture"));
    workspace.write("rules.yaml", RULES);
    workspace
}

fn profile(workspace: &Workspace, arguments: &[&str]) -> Json {
    let run = workspace
        .run(
            &[
                &["profile", "-r", "rules.yaml", "--format", "json"],
                arguments,
            ]
            .concat(),
        )
        .ends_with(0);
    run.json_lines().remove(0)
}

/// The numbers under some keys of each member, by its name.
fn numbers(members: &Json, name: &str, keys: &[&str]) -> Vec<(String, Vec<u64>)> {
    let members = members.as_array().expect("an array").iter();
    let row = |member: &Json| {
        let numbers = keys
            .iter()
            .map(|key| member[*key].as_u64().expect("a number"));
        (
            member[name].as_str().expect("a name").to_owned(),
            numbers.collect(),
        )
    };
    let mut rows: Vec<_> = members.map(row).collect();
    rows.sort();
    rows
}

#[test]
fn evaluations_and_matches_are_those_of_the_events() {
    let workspace = workspace();
    let found = profile(&workspace, &["capture"]);
    let run = workspace
        .run(&["events", "capture", "evt.type in (open, openat)"])
        .ends_with(0);
    let opens = run.stdout.lines().count() as u64;
    assert_eq!(found["events"], opens);
    let rules = numbers(&found["rules"], "rule", &["events", "matches"]);
    let row = |name: &str, numbers: &[u64]| (name.to_owned(), numbers.to_vec());
    assert_eq!(
        rules,
        [
            row("Never", &[0, 0]),
            row("Opens a secret", &[opens, 1]),
            row("Reads passwords", &[opens, 2]),
        ]
    );
    let macros = numbers(&found["macros"], "macro", &["evaluations", "matches"]);
    assert_eq!(macros, [row("opens", &[opens, opens])]);
    let parts = numbers(&found["parts"], "test", &["asked", "held"]);
    assert_eq!(
        parts,
        [
            row("fd.name = /etc/passwd", &[opens, 2]),
            // A rule that matches keeps those behind it from being asked.
            row("fd.name startswith /etc/sec", &[opens - 2, 1]),
        ]
    );
}

#[test]
fn captures_add_up() {
    let workspace = workspace();
    intrusion().with_boot(9).write(&workspace.path("other"));
    let of = |captures: &[&str]| {
        let found = profile(&workspace, captures);
        let events = found["events"].as_u64().expect("a number");
        let rules = numbers(&found["rules"], "rule", &["evaluations", "matches"]);
        (events, rules)
    };
    let (first, second, both) = (of(&["capture"]), of(&["other"]), of(&["capture", "other"]));
    assert_eq!(first.0 + second.0, both.0);
    for ((of_first, of_second), of_both) in first.1.iter().zip(&second.1).zip(&both.1) {
        let sum: Vec<_> = of_first
            .1
            .iter()
            .zip(&of_second.1)
            .map(|(a, b)| a + b)
            .collect();
        assert_eq!(sum, of_both.1, "{}", of_both.0);
    }
}

#[test]
fn the_answer_goes_to_a_file_and_is_the_same_for_any_number_of_threads() {
    let workspace = workspace();
    let counts = |found: &Json| {
        let rules = numbers(
            &found["rules"],
            "rule",
            &["events", "evaluations", "matches"],
        );
        (found["events"].as_u64(), rules)
    };
    let expected = counts(&profile(&workspace, &["capture"]));
    for jobs in ["1", "3"] {
        let path = format!("costs-{jobs}.json");
        let arguments = ["profile", "capture", "-r", "rules.yaml", "--format", "json"];
        let arguments = [&arguments[..], &["-o", &path, "-j", jobs]].concat();
        let run = workspace.run(&arguments).ends_with(0);
        assert_eq!(run.stdout, "");
        let text = std::fs::read_to_string(workspace.path(&path)).expect("written");
        let found: Json = serde_json::from_str(&text).expect("JSON");
        assert_eq!(counts(&found), expected, "{jobs}");
    }
    // What is read is not written over.
    workspace
        .run(&["profile", "capture", "-r", "rules.yaml", "-o", "rules.yaml"])
        .ends_with(2)
        .says("rules.yaml is one of the rule files");
    let zone = ["--since", "00:00", "--time-zone", "Atlantis/Capital"];
    workspace
        .run(&[&["profile", "capture", "-r", "rules.yaml"], &zone[..]].concat())
        .ends_with(2);
}

#[test]
fn people_are_told_the_most_expensive() {
    workspace()
        .run(&["profile", "capture", "-r", "rules.yaml", "--top", "1"])
        .ends_with(0)
        .says("Rules: 3, whose tests took")
        .says("and 2 rules more")
        .says("Macros: 1\n")
        .says("and 1 test more");
}
