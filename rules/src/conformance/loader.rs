//! 99 rule files of Falco's own tests: success, errors, warnings, and what the rules become.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::reference::Reference;
use super::{Tally, open_reference};
use crate::{Diagnostic, FileReport, Loader, RuleSet, Schema, Version};

#[test]
fn rule_files_load_as_in_falco() {
    if let Some(reference) = open_reference("rule_files_load_as_in_falco") {
        tally(&reference).finish("rule_loader");
    }
}

pub(super) fn tally(reference: &Reference) -> Tally {
    let mut tally = Tally::default();
    for case in reference.cases("conformance/rule_loader.jsonl") {
        let name = case["test"].as_str().unwrap_or_default();
        let mut loader = Loader::new(reference);
        let report = loader.load(
            case["file"].as_str().unwrap_or_default(),
            case["yaml"].as_str().unwrap_or_default(),
        );
        let difference = compare_report(&case, &report).or_else(|| match loader.finish() {
            Ok(rules) => compare_rules(&case, &rules, reference),
            Err(_) => None,
        });
        tally.count(name, difference);
    }
    tally
}

/// Falco stops at its first error: ours must hold it; the warnings must be the same where both load.
pub(super) fn compare_report(case: &Json, report: &FileReport) -> Option<String> {
    let successful = case["successful"] == true;
    if report.errors.is_empty() != successful {
        let found: Vec<_> = report.errors.iter().map(|error| &error.message).collect();
        return Some(format!(
            "successful should be {successful}; errors {found:?}; expected {}",
            case["errors"]
        ));
    }
    for error in case["errors"].as_array().into_iter().flatten() {
        if !report.errors.iter().any(|ours| is_same(ours, error)) {
            let found: Vec<_> = report.errors.iter().map(describe).collect();
            return Some(format!("{} not among {found:#?}", describe_json(error)));
        }
    }
    let expected: BTreeSet<_> = case["warnings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(describe_json)
        .collect();
    let found: BTreeSet<_> = report.warnings.iter().map(describe).collect();
    let fits = if successful {
        found == expected
    } else {
        expected.is_subset(&found)
    };
    (!fits).then(|| format!("warnings {found:#?} instead of {expected:#?}"))
}

fn is_same(ours: &Diagnostic, error: &Json) -> bool {
    describe(ours) == describe_json(error)
}

/// Code and places; the wording is each engine's own.
fn describe(diagnostic: &Diagnostic) -> String {
    let code = diagnostic.falco_code.map_or("", |code| code.as_str());
    let steps = diagnostic.locations.iter().map(|location| {
        let mark = location.mark;
        format!(
            "{} '{}' {}:{}+{}",
            location.item_type, location.item_name, mark.line, mark.column, mark.offset
        )
    });
    format!("{code} {}", steps.collect::<Vec<_>>().join(" > "))
}

fn describe_json(json: &Json) -> String {
    let locations = json["locations"]
        .as_array()
        .or(json["context"]["locations"].as_array());
    let steps = locations.into_iter().flatten().map(|location| {
        let position = &location["position"];
        format!(
            "{} '{}' {}:{}+{}",
            location["item_type"].as_str().unwrap_or_default(),
            location["item_name"].as_str().unwrap_or_default(),
            position["line"],
            position["column"],
            position["offset"]
        )
    });
    format!(
        "{} {}",
        json["code"].as_str().unwrap_or_default(),
        steps.collect::<Vec<_>>().join(" > ")
    )
}

fn compare_rules(case: &Json, rules: &RuleSet, schema: &dyn Schema) -> Option<String> {
    let expected = case["rules"].as_array().map_or(&[][..], Vec::as_slice);
    if case["describe_error"].is_string() {
        return None;
    }
    if rules.rules().len() != expected.len() {
        return Some(format!(
            "{} rules instead of {}",
            rules.rules().len(),
            expected.len()
        ));
    }
    for (rule, expected) in rules.rules().iter().zip(expected) {
        let types = schema.event_types();
        let events: BTreeSet<_> = rule
            .event_types
            .iter()
            .map(|id| types[usize::from(id.0)].name)
            .collect();
        let expected_events: BTreeSet<_> = expected["events"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let pairs = [
            ("name", rule.name.clone(), expected["name"].clone()),
            (
                "condition",
                rule.condition_text.clone(),
                expected["condition"].clone(),
            ),
            (
                "compiled condition",
                rule.condition_compiled.clone(),
                expected["condition_compiled"].clone(),
            ),
            (
                "description",
                rule.description.clone(),
                expected["description"].clone(),
            ),
            (
                "priority",
                rule.priority.to_string(),
                expected["priority"].clone(),
            ),
            ("source", rule.source.clone(), expected["source"].clone()),
            (
                "tags",
                format!("{:?}", rule.tags),
                Json::from(expected["tags"].to_string().replace(',', ", ")),
            ),
            (
                "enabled",
                rule.enabled.to_string(),
                Json::from(expected["enabled"].to_string()),
            ),
        ];
        for (what, found, expected) in pairs {
            if expected != *found {
                return Some(format!("{what} {found:?} instead of {expected}"));
            }
        }
        if events != expected_events {
            let extra: Vec<_> = events.symmetric_difference(&expected_events).collect();
            return Some(format!("events differ by {extra:?}"));
        }
    }
    None
}

#[test]
fn plugin_requirements_are_judged_as_in_falco() {
    if let Some(reference) = open_reference("plugin_requirements_are_judged_as_in_falco") {
        plugin_tally(&reference).finish("plugin_requirements");
    }
}

pub(super) fn plugin_tally(reference: &Reference) -> Tally {
    let mut tally = Tally::default();
    for case in reference.cases("conformance/plugin_requirements.jsonl") {
        let plugins = case["plugins"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|plugin| {
                Some((
                    plugin["name"].as_str()?.to_owned(),
                    Version::parse(plugin["version"].as_str()?)?,
                ))
            });
        let mut loader = Loader::new(reference).with_plugins(plugins.collect());
        let yaml = case["yaml"].as_str().unwrap_or_default();
        let report = loader.load("rules.yaml", yaml);
        let ok = report.errors.is_empty();
        let message = case["err"].as_str().unwrap_or_default();
        let says_so =
            message.is_empty() || report.errors.iter().any(|error| error.message == message);
        let differs = case["ok"] != ok || !says_so;
        let found = || {
            report
                .errors
                .iter()
                .map(|error| error.message.clone())
                .collect::<Vec<_>>()
        };
        tally.count(
            yaml,
            differs.then(|| format!("{:?} instead of {case}", found())),
        );
    }
    tally
}
