//! The report as SARIF 2.1.0: what is wrong, at the rule's line where a rule is concerned, and at the scenario's beside it.

use std::collections::BTreeSet;

use falco_format::text::json_text;
use falco_rules::path_to_uri;
use serde_json::{Value as Json, json};

use super::Ended;
use crate::regress::problem::Place;
use crate::regress::suite::Tested;
use crate::regress::verdict::Finding;
use crate::repository::found_path;

/// What a scenario that could not be run is called.
const CANNOT_RUN: &str = "cannot-run";
/// What incomplete evidence is called.
const INCONCLUSIVE: &str = "inconclusive";

pub(super) fn report(tested: &[Tested], version: &str) -> String {
    let results: Vec<Json> = tested.iter().flat_map(results).collect();
    let ids: BTreeSet<&str> = results
        .iter()
        .filter_map(|result| result["ruleId"].as_str())
        .collect();
    let rules: Json = ids
        .into_iter()
        .map(|id| json!({"id": id, "shortDescription": {"text": meaning(id)}}))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "falco-analyze test", "version": version, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    json_text(&format!("{log}\n")).into_owned()
}

/// What a kind of result means.
fn meaning(id: &str) -> &'static str {
    match id {
        "alert-missing" => "An expected alert did not come",
        "alert-unexpected" => "An alert came that was not expected",
        "over-budget" => "Rules alert more often than they may",
        "other-priority" => "A rule has another priority than expected",
        "evidence-complete" => "Captures are more complete than they should be",
        INCONCLUSIVE => "The captures lack something, so nothing is shown",
        _ => "A scenario could not be run",
    }
}

fn results(tested: &Tested) -> Vec<Json> {
    let whole = Place::of_line(&tested.file, 1);
    match &tested.result {
        Err(error) if error.problems.is_empty() => {
            let text = format!("{}: {}", tested.name, error.message);
            vec![result(CANNOT_RUN, "error", text, Some(&whole), None)]
        }
        Err(error) => {
            let problems = error.problems.iter().map(|problem| {
                let text = format!("{}: {}", tested.name, problem.message);
                let place = problem.place.as_ref().unwrap_or(&whole);
                result(CANNOT_RUN, "error", text, Some(place), None)
            });
            problems.collect()
        }
        Ok(report) if Ended::of(tested) == Ended::Inconclusive => {
            let evidence = report.evidence.as_deref().unwrap_or_default();
            let text = format!("{}: {evidence}", tested.name);
            vec![result(INCONCLUSIVE, "warning", text, Some(&whole), None)]
        }
        Ok(report) => {
            let findings = report.findings.iter();
            findings.map(|one| of_finding(&tested.name, one)).collect()
        }
    }
}

fn of_finding(name: &str, finding: &Finding) -> Json {
    let further = finding.details.iter().chain(&finding.why);
    let mut text = format!("{name}: {}", finding.message);
    further.for_each(|line| {
        text.push('\n');
        text.push_str(line);
    });
    let defined = finding.rule.as_ref().and_then(|(_, place)| place.as_ref());
    let (first, second) = match defined {
        Some(rule) => (rule, Some(&finding.place)),
        None => (&finding.place, None),
    };
    result(finding.kind.name(), "error", text, Some(first), second)
}

fn result(
    id: &str,
    level: &str,
    text: String,
    place: Option<&Place>,
    related: Option<&Place>,
) -> Json {
    let mut result = json!({
        "ruleId": id,
        "level": level,
        "message": {"text": text},
        "locations": place.into_iter().map(location).collect::<Json>(),
    });
    if let Some(related) = related {
        let mut location = location(related);
        location["message"] = json!({"text": "what the scenario expects"});
        result["relatedLocations"] = json!([location]);
    }
    result
}

fn location(place: &Place) -> Json {
    json!({
        "physicalLocation": {
            "artifactLocation": {"uri": path_to_uri(&found_path(&place.file))},
            "region": {"startLine": place.line, "startColumn": place.column},
        },
    })
}
