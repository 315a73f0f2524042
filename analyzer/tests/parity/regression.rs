//! Falco's regression tests of 2016 to 2023: their rules over their captures, and the alerts of today's Falco.

use std::collections::BTreeMap;

use falco_analyze::rule_files::RuleText;
use falco_rules::{RuleMatching, Selection, Selector};
use serde_json::Value as Json;

use super::ledger::{Comparison, Difference};
use super::reference::{Reference, is_wanted, text_of};
use super::replay::{Alerted, alerts_of, rules_of};

/// What Falco appends to a line behind the fields that are compared.
const APPENDED: &str = " container_name=";

#[test]
fn old_tests_give_the_alerts_of_today() {
    let Some(reference) = Reference::open("old_tests_give_the_alerts_of_today") else {
        return;
    };
    let mut differences = Vec::new();
    let (mut tests, mut falcos, mut ours) = (0, 0, 0);
    for case in reference.cases("conformance/old_falco_regression.jsonl") {
        let capture = text_of(&case, "trace").trim_end_matches(".scap");
        let Some(expected) = case["peer_0_44_1"]["alerts"].as_array() else {
            continue;
        };
        if !is_wanted(capture) {
            continue;
        }
        let path = reference.capture(capture).expect("the capture is there");
        let rules = rules_of(&rule_texts(&case), &selection(&case));
        let observed = alerts_of(&path, &rules, RuleMatching::First).alerts;
        tests += 1;
        falcos += expected.len();
        ours += observed.len();
        differences.extend(compare(text_of(&case, "name"), expected, &observed));
    }
    let table = format!(
        "| tests | Falco's alerts | ours | differences |\n|---|---|---|---|\n| {tests} | {falcos} | {ours} | {} |\n",
        differences.len()
    );
    Comparison {
        set: "regression",
        table,
        differences,
    }
    .settle();
}

/// The rule files of a case in order; a directory stands for its files.
fn rule_texts(case: &Json) -> Vec<RuleText> {
    let named = case["rules_file"].as_array().into_iter().flatten();
    let mut texts = Vec::new();
    for name in named.filter_map(Json::as_str) {
        let files: BTreeMap<_, _> = case["files"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(path, _)| *path == name || path.starts_with(&format!("{name}/")))
            .collect();
        texts.extend(files.into_iter().map(|(path, text)| RuleText {
            name: path.clone(),
            text: text.as_str().unwrap_or_default().to_owned(),
        }));
    }
    texts
}

/// The steps that enable and disable rules.
fn selection(case: &Json) -> Selection {
    let steps = case["rule_selection"].as_array().into_iter().flatten();
    steps.fold(Selection::default(), |selection, step| {
        let (enables, selected) = match (&step["enable"], &step["disable"]) {
            (Json::Null, disabled) => (false, disabled),
            (enabled, _) => (true, enabled),
        };
        let selector = match selected["tag"].as_str() {
            Some(tag) => Selector::Tag(tag.to_owned()),
            None => Selector::Name(text_of(selected, "rule").to_owned()),
        };
        if enables {
            selection.enable(selector)
        } else {
            selection.disable(selector)
        }
    })
}

/// Lines of alerts, as often as they come.
fn compare(case: &str, expected: &[Json], observed: &[Alerted]) -> Vec<Difference> {
    let mut balance: BTreeMap<String, i64> = BTreeMap::new();
    for alert in expected {
        let output = text_of(alert, "output");
        let line = output
            .rsplit_once(APPENDED)
            .map_or(output, |(line, _)| line);
        let key = format!("{}: {line}", text_of(alert, "rule"));
        *balance.entry(key).or_default() += 1;
    }
    for alert in observed {
        let container = alert.always.get("container.id");
        let container = container.and_then(Json::as_str).unwrap_or("<NA>");
        let key = format!("{}: {} container_id={container}", alert.rule, alert.text);
        *balance.entry(key).or_default() -= 1;
    }
    balance
        .into_iter()
        .filter(|(_, count)| *count != 0)
        .map(|(line, count)| Difference {
            place: case.to_owned(),
            what: line,
            at: String::new(),
            expected: format!("{} times", count.max(0)),
            got: format!("{} times", (-count).max(0)),
        })
        .collect()
}
