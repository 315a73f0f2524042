//! `falco-analyze test` says why: what came nearest and what it lacked, and what made an alert come.

use crate::support::{RULES, Run, Workspace, write_intrusion};

/// A scenario of the intrusion, by these rules.
fn run(rules: &str, scenario: &str, format: &str) -> Run {
    let workspace = Workspace::new();
    workspace.write("rules.yaml", rules);
    write_intrusion(&workspace, "shadow/capture");
    let text = format!("capture = \"capture\"\nrules = [\"../rules.yaml\"]\n{scenario}");
    workspace.write("shadow/scenario.toml", text);
    let golden = "{\"rule\":\"Sensitive file read\",\"priority\":\"Warning\",\"time\":\"2026-01-02T03:04:10.000002000Z\",\"thread\":200}\n";
    if scenario.contains("compare_time") {
        workspace.write("shadow/expected.jsonl", golden);
    }
    workspace.run(&["test", "shadow", "--format", format])
}

const READ: &str = "[[expect]]\nrule = \"Sensitive file read\"\n";

#[track_caller]
fn check(rules: &str, scenario: &str, words: &[&str]) {
    let run = run(rules, scenario, "text").ends_with(1);
    words.iter().fold(run, |run, words| run.says(words));
}

#[test]
fn what_did_not_come_is_told_by_what_came_nearest() {
    // The list lost the file that is read.
    let lost = RULES.replace("/etc/shadow, ", "");
    check(
        &lost,
        READ,
        &[
            "shadow/scenario.toml:3:1: expected: 'Sensitive file read' fires at least once; and did not",
            "event 3 2026-01-02T03:04:10.000002000Z cat (200) openat: but for one part of the condition it would be one",
            "is false: the event has /etc/shadow",
            "rules.yaml:",
        ],
    );
    // The macro asks for another call.
    let other = RULES.replace("evt.type in (open, openat, openat2)", "evt.type in (creat)");
    check(
        &other,
        READ,
        &["there is no event of the types that the rule asks for"],
    );
}

#[test]
fn of_what_did_not_come_the_events_that_have_its_fields_say_most() {
    // Two files are opened, and each lacks as much of the condition.
    let lost = RULES.replace("/etc/shadow, ", "");
    let field = "[expect.output_fields]\n\"fd.name\" = { ends_with = \"name\" }\n";
    check(
        &lost,
        &format!("{READ}{field}"),
        &[
            "event 4 2026-01-02T03:04:10.000003000Z cat (200) openat: does not alert: 1 part is lacking",
            "is false: the event has /etc/hostname",
        ],
    );
}

#[test]
fn what_another_rule_took_is_told_by_that_rule() {
    let first = format!(
        "- rule: Any open\n  desc: d\n  condition: evt.type = openat\n  output: opened\n  priority: ERROR\n{RULES}"
    );
    check(
        &first,
        READ,
        &["the condition holds, but 'Any open' (rules.yaml:1) comes first and alerts in its place"],
    );
}

#[test]
fn what_came_unasked_is_told_by_what_made_it_so() {
    for scenario in [
        "[[expect]]\nrule = \"Sensitive file read\"\nnever = true\n",
        "nothing_else = true\n",
        "[[budget]]\nrule = \"Sensitive file read\"\nper_hour = 1\n",
    ] {
        check(
            RULES,
            scenario,
            &[
                "event 3 2026-01-02T03:04:10.000002000Z cat (200) openat: alerts",
                "is true: the event has /etc/shadow (rules.yaml:7; /etc/shadow from rules.yaml:2, list sensitive)",
            ],
        );
    }
}

#[test]
fn a_golden_alert_that_did_not_come_is_told_by_its_own_event() {
    let golden = "compare_time = true\ncompare_thread = true\n";
    let without = RULES.replace("not proc.name = sshd", "not proc.name = cat");
    check(
        &without,
        golden,
        &[
            "- #1 2026-01-02T03:04:10.000002000Z Warning \"Sensitive file read\" thread=200",
            "event 3 2026-01-02T03:04:10.000002000Z cat (200) openat: does not alert: 1 part is lacking",
            "proc.name = cat is true: the event has cat",
        ],
    );
}

#[test]
fn machines_are_told_the_same() {
    let lost = RULES.replace("/etc/shadow, ", "");
    let told = run(&lost, READ, "json").ends_with(1);
    let report: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
    let why = report[0]["findings"][0]["why"].as_array().expect("a list");
    assert!(why.len() >= 2, "{why:?}");
    for format in ["junit", "sarif", "github", "tap"] {
        let told = run(&lost, READ, format).ends_with(1);
        told.says("but for one part of the condition it would be one");
    }
}
