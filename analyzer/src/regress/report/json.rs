//! The report for programs: one object for each scenario, in order.

use falco_format::text::json_text;
use serde_json::{Value as Json, json};

use super::{Ended, event_json};
use crate::regress::compare::Difference;
use crate::regress::problem::{Place, Problem};
use crate::regress::suite::Tested;
use crate::regress::verdict::Finding;

pub(super) fn report(tested: &[Tested]) -> String {
    let scenarios: Json = tested.iter().map(scenario).collect();
    json_text(&format!("{scenarios}\n")).into_owned()
}

fn scenario(tested: &Tested) -> Json {
    let mut json = json!({
        "scenario": tested.name,
        "file": tested.file.display().to_string(),
        "result": Ended::of(tested).name(),
    });
    let more = match &tested.result {
        Err(error) => json!({
            "message": error.whole(),
            "problems": error.problems.iter().map(problem).collect::<Json>(),
        }),
        Ok(report) => {
            let findings = report.findings.iter();
            let differences = findings.clone().filter_map(difference);
            json!({
                "description": report.description,
                "tags": report.tags,
                "techniques": report.techniques,
                "alerts": report.alerts,
                "events": report.events,
                "seconds": report.elapsed.as_secs_f64(),
                "evidence": report.evidence,
                "differences": differences.collect::<Json>(),
                "findings": findings.map(finding).collect::<Json>(),
            })
        }
    };
    if let (Some(json), Json::Object(more)) = (json.as_object_mut(), more) {
        json.extend(more);
    }
    json
}

fn problem(problem: &Problem) -> Json {
    json!({
        "message": problem.message,
        "place": problem.place.as_ref().map(place),
    })
}

fn place(place: &Place) -> Json {
    json!({
        "file": place.file.display().to_string(),
        "line": place.line,
        "column": place.column,
    })
}

fn difference(finding: &Finding) -> Option<Json> {
    let (kind, number, alert) = match finding.difference.as_ref()? {
        Difference::Missing(number, alert) => ("missing", number, alert),
        Difference::Unexpected(number, alert) => ("unexpected", number, alert),
    };
    Some(json!({"kind": kind, "number": number, "alert": alert}))
}

fn finding(finding: &Finding) -> Json {
    let rule = finding
        .rule
        .as_ref()
        .map(|(name, defined)| json!({"name": name, "place": defined.as_ref().map(place)}));
    json!({
        "kind": finding.kind.name(),
        "message": finding.message,
        "details": finding.details,
        "why": finding.why,
        "place": place(&finding.place),
        "rule": rule,
        "events": finding.events.iter().map(event_json).collect::<Json>(),
    })
}
