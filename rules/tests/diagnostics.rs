//! What is said about rule files: `tests/diagnostics/NAME.yaml` gives `NAME.stderr`.
//!
//! With `UPDATE_EXPECTED=1` in the environment the expected texts are written anew.

mod schema;

use std::path::Path;

use falco_rules::{
    Code, Diagnostic, Loader, load_results_to_json, render, to_github_annotations, to_sarif,
};
use schema::TestSchema;

fn check(file: &Path) {
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .expect("fixtures have plain names");
    let text = std::fs::read_to_string(file).expect("the fixture can be read");
    let mut loader = Loader::new(&TestSchema);
    let report = loader.load(name, &text);
    let found = render(&report.errors, false)
        + &render(&report.warnings, false)
        + &render(&loader.lint(&[]), false);
    let expected_file = file.with_extension("stderr");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&expected_file, &found).expect("the expected text can be written");
    }
    let expected = std::fs::read_to_string(&expected_file).unwrap_or_default();
    assert_eq!(found, expected, "{name}");
}

#[test]
fn diagnostics_read_as_expected() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .expect("the fixtures are there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files.iter().for_each(|file| check(file));
}

/// A file with one mistake, for the forms that machines read.
const ONE_MISTAKE: &str = "- rule: r\n  desc: é\n  condition: evt.type = open and\n    proc.nmae = a\n  output: o\n  priority: INFO\n";

#[test]
fn annotations_name_file_line_and_column() {
    let report = Loader::new(&TestSchema).load("a,b.yaml", ONE_MISTAKE);
    let expected = "::error file=a%2Cb.yaml,line=4,col=5,endLine=4,endColumn=14,title=unknown-field::unknown field \
                    `proc.nmae`%0Adid you mean `proc.name`?\n";
    assert_eq!(
        to_github_annotations(&report.errors, &str::to_owned),
        expected
    );
}

#[test]
fn sarif_results_have_code_level_and_region() {
    let report = Loader::new(&TestSchema).load("f.yaml", ONE_MISTAKE);
    let sarif = to_sarif(&report.errors, ("tool", "1"), &str::to_owned);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "unknown-field");
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "f.yaml");
    assert_eq!(place["region"]["startLine"], 4);
    assert_eq!(place["region"]["startColumn"], 5);
}

#[test]
fn load_results_have_the_shape_of_falco() {
    let report = Loader::new(&TestSchema).load("f.yaml", ONE_MISTAKE);
    let json = load_results_to_json(&[report]);
    let result = &json["falco_load_results"][0];
    assert_eq!(result["name"], "f.yaml");
    assert_eq!(result["successful"], false);
    let error = &result["errors"][0];
    assert_eq!(error["code"], "LOAD_ERR_COMPILE_CONDITION");
    assert_eq!(error["codedesc"], "Error compiling condition");
    assert_eq!(error["context"]["snippet"], "proc.nmae");
    let types: Vec<_> = error["context"]["locations"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|location| location["item_type"].as_str())
        .collect();
    assert_eq!(
        types,
        [
            "rules content",
            "rule",
            "rule condition",
            "condition expression"
        ]
    );
}

#[test]
fn what_the_rule_schema_does_not_know_is_listed() {
    let text = "- list: l\n  items: [a]\n  itms: [b]\n- macro: m\n  condition: proc.name in (l)\n";
    let check = |text: &str, is_valid: bool, warnings: &[&str]| {
        let report = Loader::new(&TestSchema).load("f.yaml", text);
        let json = load_results_to_json(&[report]);
        let result = &json["falco_load_results"][0];
        assert_eq!(result["schema_valid"], is_valid);
        assert_eq!(result["schema_warnings"], serde_json::json!(warnings));
    };
    let known = text.replace("  itms: [b]\n", "");
    check(&known, true, &[]);
    let warning = "line 3: Unknown key 'itms'. The key will be ignored.";
    check(text, false, &[warning]);
}

#[test]
fn files_after_a_broken_one_are_checked_too() {
    let mut loader = Loader::new(&TestSchema);
    let rule = |name: &str, condition: &str| {
        format!(
            "- rule: {name}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n"
        )
    };
    let mut check = |name: &str, text: &str, expected: &[&str]| {
        let report = loader.load(name, text);
        let found: Vec<_> = report
            .errors
            .iter()
            .map(|error| error.code.as_str())
            .collect();
        assert_eq!(found, expected, "{name}");
    };
    check(
        "a.yaml",
        &rule("a", "evt.type = opne"),
        &["unknown-event-type"],
    );
    check("b.yaml", "- macro: [", &["yaml-syntax"]);
    // What the file that is no YAML may have defined is not missed a second time.
    let uses = rule("c", "evt.type = open and from_b and proc.nmae = x");
    check("c.yaml", &uses, &["unknown-field"]);
    check(
        "d.yaml",
        "- macro: from_b\n  condition: x = y\n  append: true\n",
        &[],
    );
    check(
        "e.yaml",
        &rule("e", "proc.name = a and"),
        &["condition-syntax"],
    );
    assert_eq!(loader.finish().expect_err("files have errors").files, 4);
}

/// Names of files and what stands in them are text of others: a log is read on a terminal, and a reference has few characters.
#[test]
fn names_that_hide_or_break_are_written_out_for_machines() {
    let check = |name: &str, in_github: &str, in_sarif: &str| {
        let report = Loader::new(&TestSchema).load(name, ONE_MISTAKE);
        let github = to_github_annotations(&report.errors, &str::to_owned);
        let file = github
            .strip_prefix("::error file=")
            .and_then(|rest| rest.split_once(",line="));
        assert_eq!(file.map(|(file, _)| file), Some(in_github));
        let sarif = to_sarif(&report.errors, ("tool", "1"), &str::to_owned);
        let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], in_sarif);
    };
    check("r.d/a-b_c~1.yaml", "r.d/a-b_c~1.yaml", "r.d/a-b_c~1.yaml");
    check(
        "sp/a b#c%41/r.yaml",
        "sp/a b#c%2541/r.yaml",
        "sp/a%20b%23c%2541/r.yaml",
    );
    check("a\nb\r", "a\\nb\\r", "a%0Ab%0D");
    check("\u{1b}[2J", "\\u{1b}[2J", "%1B%5B2J");
    check("a\u{202e}b", "a\\u{202e}b", "a%E2%80%AEb");
    check("é:,", "é%3A%2C", "%C3%A9%3A%2C");
    check("/r/a b", "/r/a b", "file:///r/a%20b");
}

#[test]
fn what_a_message_repeats_is_written_out_for_github() {
    let mut said = Diagnostic::new(Code::UnknownField, "a\u{202e}\u{1b}[2J\r::error::b\nc");
    said.help = Some("d\u{2028}".to_owned());
    let github = to_github_annotations(&[said], &str::to_owned);
    let expected =
        "::error title=unknown-field::a\\u{202e}\\u{1b}[2J\\r::error::b%0Ac%0Ad\\u{2028}\n";
    assert_eq!(github, expected);
}
