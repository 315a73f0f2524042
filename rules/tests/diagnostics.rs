//! What is said about rule files: `tests/diagnostics/NAME.yaml` gives `NAME.stderr`.
//!
//! With `UPDATE_EXPECTED=1` in the environment the expected texts are written anew.

mod schema;

use std::path::Path;

use falco_rules::{Loader, load_results_to_json, render, to_github_annotations, to_sarif};
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
    assert_eq!(to_github_annotations(&report.errors), expected);
}

#[test]
fn sarif_results_have_code_level_and_region() {
    let report = Loader::new(&TestSchema).load("f.yaml", ONE_MISTAKE);
    let sarif = to_sarif(&report.errors, "tool", "1");
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
