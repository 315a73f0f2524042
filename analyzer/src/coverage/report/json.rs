//! Everything as one object, for machines.

use serde_json::{Value as Json, json};

use super::super::model::MutantFate;
use super::super::model::{CoverReport, CoveredScenario, ItemReport, MutationReport, PartReport};
use super::super::technique::techniques;
use super::words;

/// Everything.
#[must_use]
pub fn json(report: &CoverReport) -> Json {
    let (proven, goals) = report.goals();
    let rules = report.rules().count();
    let alerted = report.rules().filter(|(_, facts)| facts.tally.alerts > 0);
    let mut whole = json!({
        "summary": {
            "rules": rules,
            "rules_alerted": alerted.count(),
            "goals": goals,
            "goals_proven": proven,
            "goals_proven_by_failing_scenarios_alone": report.proven_by_failing(),
            "percent": report.percent(),
            "left_out": report.left_out,
        },
        "scenarios": report.scenarios.iter().map(scenario).collect::<Json>(),
        "items": report.items.iter().map(|one| item(report, one)).collect::<Json>(),
        "techniques": of_techniques(report),
    });
    if let (Some(mutation), Some(object)) = (&report.mutation, whole.as_object_mut()) {
        object.insert("mutation".to_owned(), of_mutation(mutation));
    }
    whole
}

fn scenario(scenario: &CoveredScenario) -> Json {
    match &scenario.result {
        Ok(proven) => json!({
            "name": scenario.name,
            "file": scenario.file.display().to_string(),
            "techniques": scenario.techniques,
            "events": proven.events,
            "alerts": proven.alerts,
            "missing_evidence": proven.evidence,
            "not_as_expected": proven.differs,
        }),
        Err(error) => json!({
            "name": scenario.name,
            "file": scenario.file.display().to_string(),
            "techniques": scenario.techniques,
            "error": error.whole(),
        }),
    }
}

fn item(report: &CoverReport, item: &ItemReport) -> Json {
    let (proven, goals) = item.goals();
    let mut told = json!({
        "kind": words::item(item.kind),
        "name": item.name,
        "file": item.file,
        "line": item.line,
        "goals": goals,
        "goals_proven": proven,
        "parts": item.parts.iter().map(part).collect::<Json>(),
    });
    if let (Some(facts), Some(object)) = (&item.rule, told.as_object_mut()) {
        let names = facts.scenarios.iter();
        let names = names.filter_map(|place| report.scenarios.get(*place));
        let names = names.map(|scenario| scenario.name.as_str());
        object.insert("events".to_owned(), facts.tally.events.into());
        object.insert("matches".to_owned(), facts.tally.matches.into());
        object.insert("alerts".to_owned(), facts.tally.alerts.into());
        object.insert("tags".to_owned(), facts.tags.clone().into());
        object.insert("alerted_in".to_owned(), names.collect::<Json>());
    }
    told
}

fn part(part: &PartReport) -> Json {
    let tally = &part.tally;
    json!({
        "kind": words::part(part.kind),
        "file": part.file,
        "line": part.line,
        "column": part.column,
        "text": part.text,
        "exception": part.exception,
        "needed": part.is_for,
        "keeps_from_alerting": part.is_against,
        "held": tally.held,
        "failed": tally.failed,
        "proven_held": tally.proven_held,
        "proven_failed": tally.proven_failed,
    })
}

fn of_techniques(report: &CoverReport) -> Json {
    let each = techniques(report).into_iter().map(|technique| {
        let proven = technique.proven_rules.iter();
        let proven = proven.map(|(rule, scenarios)| json!({"rule": rule, "scenarios": scenarios}));
        json!({
            "technique": technique.id,
            "proven": technique.is_proven(),
            "score": technique.score(),
            "proven_by_rules": proven.collect::<Json>(),
            "claimed_by_silent_rules": technique.silent_rules,
            "proven_by_scenarios": technique.proven_scenarios,
            "claimed_by_silent_scenarios": technique.silent_scenarios,
        })
    });
    each.collect()
}

fn of_mutation(mutation: &MutationReport) -> Json {
    let mutants = mutation.mutants.iter().map(|mutant| {
        let by = match &mutant.fate {
            MutantFate::Noticed(scenario) => Some(scenario.as_str()),
            _ => None,
        };
        json!({
            "kind": words::mutant(mutant.kind),
            "item": mutant.item,
            "file": mutant.edit.file,
            "line": mutant.edit.line,
            "column": mutant.edit.column,
            "before": mutant.edit.before,
            "after": mutant.edit.after,
            "fate": words::fate(&mutant.fate),
            "noticed_by": by,
        })
    });
    json!({
        "seed": mutation.seed,
        "tried": mutation.tried(),
        "noticed": mutation.noticed(),
        "percent": mutation.percent(),
        "not_tried": mutation.not_tried(),
        "mutants": mutants.collect::<Json>(),
    })
}
