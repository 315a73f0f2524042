//! The report for machines: one JSON object.
//!
//! In: a report. Out: text; every value as it is, what a terminal would obey escaped.

use falco_format::text::json_text;
use serde_json::{Value as Json, json};

use super::example::{Deciding, Example, Said};
use super::kinds::{KINDS, Kind, Reason};
use super::report::{Report, RuleRow, Shadow};
use super::rules::Change;
use super::sides::Side;
use crate::time::iso;

/// The report, with a line break at its end.
#[must_use]
pub fn json(report: &Report<'_>) -> String {
    let rows = report.rows();
    let found = report.found;
    let side = |side: Side| {
        let rules = report.comparison.rules.of(side).rules();
        json!({
            "given": report.given.of(side),
            "rules": rules.iter().filter(|rule| rule.enabled).count(),
            "alerts": found.alerts(side, None),
        })
    };
    let object = json!({
        "differs": report.differs(),
        "old": side(Side::Old),
        "new": side(Side::New),
        "captures": report.captures,
        "events": report.events,
        "alerts": {
            "lost": found.differing(Kind::Lost, None),
            "gained": found.differing(Kind::Gained, None),
            "changed": found.differing(Kind::Changed, None),
            "same": report.same(),
        },
        "rules": rows.iter().map(|row| rule(report, row)).collect::<Json>(),
        "now_shadowed": shadows(&report.shadows(Side::New)),
        "no_longer_shadowed": shadows(&report.shadows(Side::Old)),
        "examples_left_out": found.examples_left_out,
        "missing_evidence": report.missing,
    });
    json_text(&format!("{object:#}\n")).into_owned()
}

fn rule(report: &Report<'_>, row: &RuleRow<'_>) -> Json {
    let entry = row.entry;
    let status = if entry.is_added() {
        "added"
    } else if entry.is_removed() {
        "removed"
    } else if entry.is_renamed {
        "renamed"
    } else {
        "kept"
    };
    let mut object = json!({
        "rule": row.name,
        "status": status,
        "changes": entry.changes.iter().map(|change| word(*change)).collect::<Json>(),
        "old_alerts": row.alerts.old,
        "new_alerts": row.alerts.new,
    });
    if let Some(old) = row.old_name {
        set(&mut object, "old_rule", Json::from(old));
    }
    for kind in KINDS {
        let reasons = report.found.reasons(kind, row.number);
        let reasons = reasons.map(|(reason, alerts)| {
            let mut why = json!({ "reason": reason_word(reason), "alerts": alerts });
            if let Reason::Shadowed(by) = reason {
                set(&mut why, "by", Json::from(report.comparison.name(by)));
            }
            why
        });
        let examples = report.found.examples_of(kind, row.number);
        let mut of_kind = json!({
            "alerts": row.differing(kind),
            "examples": examples.map(|found| example(report, found)).collect::<Json>(),
        });
        if kind != Kind::Changed {
            set(&mut of_kind, "because", reasons.collect());
        }
        set(&mut object, kind.name(), of_kind);
    }
    object
}

fn set(object: &mut Json, key: &str, value: Json) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Condition => "condition",
        Change::ConditionBeneath => "condition_beneath",
        Change::Wording => "wording",
        Change::Output => "output",
        Change::Priority => "priority",
        Change::Tags => "tags",
        Change::Enabled => "enabled",
    }
}

fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::NoRule => "no_rule",
        Reason::Disabled => "disabled",
        Reason::Shadowed(_) => "shadowed",
        Reason::Condition => "condition",
    }
}

fn shadows(shadows: &[Shadow<'_>]) -> Json {
    let shadow = |shadow: &Shadow<'_>| {
        json!({
            "rule": shadow.rule,
            "by": shadow.by,
            "old_events": shadow.events.old,
            "new_events": shadow.events.new,
        })
    };
    shadows.iter().map(shadow).collect()
}

fn example(report: &Report<'_>, example: &Example) -> Json {
    let mut object = json!({
        "capture": report.captures.get(example.capture),
        "event": example.number,
        "time": iso(example.time),
        "evidence.id": example.id,
        "evidence.complete": example.is_complete,
        "explain": report.explain(example),
    });
    for side in [Side::Old, Side::New] {
        if let Some(said) = example.said.of(side) {
            set(&mut object, side.name(), self::said(said));
        }
    }
    if example.kind == Kind::Changed {
        set(&mut object, "changed", Json::from(example.told.words()));
    }
    if !example.decides.is_empty() {
        let decides = example.decides.iter().map(deciding).collect();
        set(&mut object, "decides", decides);
    }
    object
}

fn said(said: &Said) -> Json {
    json!({ "rule": said.rule, "priority": said.priority, "output": said.output })
}

fn deciding(part: &Deciding) -> Json {
    let (file, line) = part.place.clone().unzip();
    json!({
        "side": part.side.name(),
        "part": part.text,
        "value": part.value,
        "holds": part.holds,
        "file": file,
        "line": line,
        "item": part.item,
    })
}
