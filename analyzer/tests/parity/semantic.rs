//! Synthetic captures: single values and filter results that the tests of Falco's libraries assert.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use falco_analyze::dialect::falco_event;
use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{Demand, Seen};
use falco_rules::{Event as _, Filter, Template, Value};
use serde_json::Value as Json;

use super::ledger::{Comparison, Difference};
use super::reference::{Reference, is_wanted, text_of};
use super::replay::each_event;

/// Events that stand in the file and that the reader of the libraries' tests does not return.
const NOT_RETURNED: [&str; 2] = ["useradded", "groupadded"];
/// What is compared: a printed value, whether there is one, or what a filter says.
const KINDS: [(&str, &str); 3] = [
    ("field", "printed values"),
    ("has_value", "presence of a value"),
    ("filter", "filter results and refusals"),
];

#[test]
fn synthetic_captures_give_the_asserted_values() {
    let Some(reference) = Reference::open("synthetic_captures_give_the_asserted_values") else {
        return;
    };
    let cases = reference.cases("conformance/semantic/semantic.jsonl");
    let mut by_capture: BTreeMap<&str, Vec<&Json>> = BTreeMap::new();
    for case in &cases {
        let capture = text_of(case, "scap");
        if is_wanted(capture) {
            by_capture.entry(capture).or_default().push(case);
        }
    }
    let mut differences = Vec::new();
    let mut differing: BTreeMap<&str, usize> = BTreeMap::new();
    for (capture, cases) in &by_capture {
        let path = reference.path(&format!("conformance/semantic/scap/{capture}"));
        for (case, difference) in compare(&path, cases) {
            *differing.entry(text_of(case, "kind")).or_default() += 1;
            differences.push(difference);
        }
    }
    let mut table = "| what | results | agree | differ |\n|---|---|---|---|\n".to_owned();
    for (kind, what) in KINDS {
        let results = cases.iter().filter(|case| case["kind"] == kind).count();
        let differ = differing.get(kind).copied().unwrap_or(0);
        let _ = writeln!(
            table,
            "| {what} | {results} | {} | {differ} |",
            results - differ
        );
    }
    Comparison {
        set: "synthetic",
        table,
        differences,
    }
    .settle();
}

/// Replays one capture and compares every case of it.
fn compare<'c>(path: &Path, cases: &[&'c Json]) -> Vec<(&'c Json, Difference)> {
    let mut results: Vec<Option<String>> = vec![None; cases.len()];
    let mut returned = 0_u64;
    each_event(path, &Demand::everything(), |seen| {
        let name = falco_event(seen.view.event()).map_or("", |event| event.name);
        if NOT_RETURNED.contains(&name) {
            return;
        }
        returned += 1;
        for (case, result) in cases.iter().zip(&mut results) {
            if case["evt_idx"] == returned {
                *result = Some(evaluate(case, seen));
            }
        }
    });
    let compared = cases.iter().zip(results);
    compared
        .filter_map(|(case, result)| {
            let got = result.unwrap_or_else(|| format!("only {returned} events"));
            Some((*case, difference(case, got)?))
        })
        .collect()
}

fn difference(case: &Json, got: String) -> Option<Difference> {
    let expected = match &case["result"] {
        Json::String(text) => text.clone(),
        Json::Object(_) => REFUSED.to_owned(),
        other => other.to_string(),
    };
    let agrees = got == expected || expected == REFUSED && got.starts_with(REFUSED);
    (!agrees).then(|| Difference {
        place: text_of(case, "scap").trim_end_matches(".scap").to_owned(),
        what: text_of(case, "expr").to_owned(),
        at: format!(
            "event {} {} ({})",
            case["evt_idx"],
            text_of(case, "evt"),
            text_of(case, "kind")
        ),
        expected,
        got,
    })
}

/// The result of an expression that must not compile, or does not.
const REFUSED: &str = "refused";

fn evaluate(case: &Json, seen: &Seen<'_>) -> String {
    let expression = text_of(case, "expr");
    if case["kind"] == "filter" {
        return match Filter::compile(&SCHEMA, expression) {
            Ok(filter) => filter.matches(seen.context).to_string(),
            Err(diagnostics) => refused(&diagnostics),
        };
    }
    let template = match Template::compile(&SCHEMA, &format!("%{expression}")) {
        Ok(template) => template,
        Err(diagnostic) => return refused(&[diagnostic]),
    };
    if case["kind"] == "has_value" {
        let mut fields = template.fields();
        let present = |field| !matches!(seen.context.extract(field), Value::Absent);
        return fields.all(|(_, field)| present(field)).to_string();
    }
    let mut text = String::new();
    template.render(seen.context, &mut text);
    text
}

fn refused(diagnostics: &[falco_rules::Diagnostic]) -> String {
    let text = falco_rules::render(diagnostics, false);
    format!("{REFUSED}: {}", text.lines().next().unwrap_or_default())
}
