//! `falco-analyze test`: scenarios pass, differ, are blessed, cannot be run.

use crate::support::{Workspace, write_intrusion};

const SCENARIO: &str = "\
description = \"cat reads /etc/shadow\"
capture = \"capture\"
rules = [\"../../rules.yaml\"]
fields = [\"fd.name\", \"proc.cmdline\"]
compare_thread = true
";

const STARTED: &str =
    "{\"rule\":\"Program started\",\"priority\":\"Informational\",\"thread\":200}\n";
const READ: &str = "{\"rule\":\"Sensitive file read\",\"priority\":\"Warning\",\"thread\":200,\"output_fields\":{\"fd.name\":\"/etc/shadow\",\"proc.cmdline\":\"cat /etc/shadow\"}}\n";

/// A corpus of one scenario with these expected alerts.
fn corpus(expected: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("corpus/shadow/scenario.toml", SCENARIO);
    write_intrusion(&workspace, "corpus/shadow/capture");
    workspace.write("corpus/shadow/expected.jsonl", expected);
    workspace
}

fn check(expected: &str, code: i32, words: &[&str]) {
    for directory in ["corpus", "corpus/shadow"] {
        let mut run = corpus(expected).run(&["test", directory]).ends_with(code);
        for word in words {
            run = run.says(word);
        }
    }
}

#[test]
fn a_scenario_passes_with_exactly_its_alerts() {
    check(
        &format!("{STARTED}{READ}"),
        0,
        &["ok     shadow (2 alerts of 5 events)", "1 passed, 0 failed"],
    );
}

#[test]
fn a_difference_is_printed_as_alerts() {
    check(
        STARTED,
        1,
        &[
            "FAILED shadow",
            "+ #2 Warning \"Sensitive file read\" thread=200 fd.name=\"/etc/shadow\"",
        ],
    );
    check(
        &format!("{STARTED}{READ}{READ}"),
        1,
        &["- #3 Warning \"Sensitive file read\""],
    );
    check(&format!("{READ}{STARTED}"), 1, &["- #", "+ #"]);
    check(
        &format!("{STARTED}{}", READ.replace("200", "201")),
        1,
        &["- #2", "thread=201", "+ #2"],
    );
}

#[test]
fn blessing_writes_what_came() {
    let workspace = corpus("");
    workspace
        .run(&["test", "corpus", "--bless"])
        .ends_with(0)
        .says("shadow: expects 2 alerts now");
    let expected =
        std::fs::read_to_string(workspace.path("corpus/shadow/expected.jsonl")).expect("written");
    assert_eq!(expected, format!("{STARTED}{READ}"));
    workspace.run(&["test", "corpus"]).ends_with(0);
}

#[test]
fn reports_have_forms_for_machines() {
    let workspace = corpus(STARTED);
    let run = workspace
        .run(&["test", "corpus", "--format", "json"])
        .ends_with(1);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report[0]["result"], "failed");
    assert_eq!(report[0]["differences"][0]["kind"], "unexpected");
    workspace
        .run(&["test", "corpus", "--format", "junit"])
        .ends_with(1)
        .says("tests=\"1\" failures=\"1\" errors=\"0\"")
        .says("&quot;Sensitive file read&quot;");
}

#[test]
fn a_scenario_that_cannot_be_run_is_an_error() {
    let check = |file: &str, text: &str, words: &str| {
        let workspace = corpus(&format!("{STARTED}{READ}"));
        workspace.write(&format!("corpus/shadow/{file}"), text);
        workspace.run(&["test", "corpus"]).ends_with(2).says(words);
    };
    check("scenario.toml", "capture = 1", "is not a valid scenario");
    check(
        "scenario.toml",
        &SCENARIO.replace("fields", "feilds"),
        "feilds",
    );
    check(
        "scenario.toml",
        &SCENARIO.replace("rules.yaml", "nope.yaml"),
        "cannot read the rules",
    );
    check("expected.jsonl", "not json", "expected.jsonl:1");
    let workspace = corpus("");
    std::fs::remove_file(workspace.path("corpus/shadow/expected.jsonl")).expect("removable");
    workspace
        .run(&["test", "corpus"])
        .ends_with(2)
        .says("run with --bless");
    Workspace::new()
        .run(&["test", "."])
        .ends_with(2)
        .says("holds no scenario");
}

#[test]
fn evidence_must_be_as_complete_as_the_scenario_says() {
    let workspace = corpus(&format!("{STARTED}{READ}"));
    workspace.write(
        "corpus/shadow/scenario.toml",
        format!("{SCENARIO}complete = false\n"),
    );
    workspace
        .run(&["test", "corpus"])
        .ends_with(1)
        .says("the capture must be incomplete");
}
