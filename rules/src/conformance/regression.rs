//! 94 of Falco's regression tests with their rule files, and what Falco says of them today.

use serde_json::Value as Json;

use super::loader::compare_report;
use super::reference::Reference;
use super::{Tally, open_reference};
use crate::Loader;

#[test]
fn old_rule_files_load_as_today() {
    if let Some(reference) = open_reference("old_rule_files_load_as_today") {
        tally(&reference).finish("old_falco_regression");
    }
}

pub(super) fn tally(reference: &Reference) -> Tally {
    let mut tally = Tally::default();
    for case in reference.cases("conformance/old_falco_regression.jsonl") {
        let name = case["name"].as_str().unwrap_or_default();
        let peer = &case["peer_0_44_1"];
        if peer.is_null() || case["missing_files"] == true {
            continue;
        }
        let validated = files(&case, "validate_rules_file");
        let loaded = files(&case, "rules_file");
        let mut loader = Loader::new(reference);
        let difference = if validated.is_empty() {
            let errors: usize = loaded
                .iter()
                .map(|(name, text)| loader.load(name, text).errors.len())
                .sum();
            let succeeds = errors == 0;
            let expected = peer["rc"] == 0;
            (succeeds != expected).then(|| format!("loads: {succeeds}, in Falco: {expected}"))
        } else {
            let results = peer["validate"]["falco_load_results"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            validated
                .iter()
                .zip(&results)
                .find_map(|((name, text), result)| {
                    let report = loader.load(name, text);
                    compare_report(result, &report)
                })
        };
        tally.count(name, difference);
    }
    tally
}

/// The named files of a case with their texts; a directory stands for its files in order.
fn files(case: &Json, key: &str) -> Vec<(String, String)> {
    let texts = case["files"].as_object();
    let named = case[key]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str);
    named
        .flat_map(|name| {
            let mut found: Vec<_> = texts
                .into_iter()
                .flatten()
                .filter(|(path, _)| *path == name || path.starts_with(&format!("{name}/")))
                .map(|(path, text)| (path.clone(), text.as_str().unwrap_or_default().to_owned()))
                .collect();
            found.sort();
            found
        })
        .collect()
}
