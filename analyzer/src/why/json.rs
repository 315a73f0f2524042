//! Reasons as JSON.
//!
//! In: reasons and what a search found. Out: values whose keys are the same for every rule and event.

use falco_rules::{FoundValue, Lack, Part, PartKind, RuleSet, Span};
use serde_json::{Value as Json, json};

use super::event::ExplainedEvent;
use super::nearest::{NearestEvent, NearestGroup};
use super::reason::{FieldOrigin, Verdict, Why};
use super::search::Found;
use super::words;
use crate::fields::Provenance;
use crate::time::iso;

/// Why a rule alerts on an event, or does not; `captures` are the names of what was read, in its order.
#[must_use]
pub fn why_json(why: &Why, rules: &RuleSet, captures: &[String]) -> Json {
    let rule = rules.rule(why.rule);
    let name = rule.map_or("", |rule| rule.name.as_str());
    let explanation = &why.explanation;
    let deciding = explanation.deciding().map(|at| leaf_json(why, at));
    let lacking = explanation.lacking().map(|at| leaf_json(why, at));
    let shadowed_by = match why.verdict {
        Verdict::Shadowed(by) => rules.rule(by).map(|rule| rule.name.clone()),
        _ => None,
    };
    let verdict = match why.verdict {
        Verdict::Alerts => "alerts",
        Verdict::Disabled => "disabled",
        Verdict::Shadowed(_) => "shadowed",
        Verdict::DoesNotHold => "does_not_hold",
    };
    json!({
        "rule": name,
        "place": rule.and_then(|rule| rule.span.as_ref()).map(words::place),
        "event": event_json(&why.event, name, captures),
        "holds": explanation.holds,
        "verdict": verdict,
        "shadowed_by": shadowed_by,
        "output": why.output,
        "deciding": deciding.collect::<Vec<_>>(),
        "lacking": lacking.collect::<Vec<_>>(),
        "condition": part_json(why, 0),
    })
}

/// An event by its names, also that of an alert of the rule on it.
fn event_json(event: &ExplainedEvent, rule: &str, captures: &[String]) -> Json {
    let boot = event.origin.boot_id.map(|boot| boot.to_string());
    json!({
        "capture": captures.get(event.input),
        "number": event.number,
        "time": iso(event.time),
        "line": event.line,
        "thread": event.thread,
        "evidence.boot": boot,
        "evidence.boottime": event.boottime,
        "evidence.complete": event.is_complete,
        "evidence.cpu": event.cpu,
        "evidence.id": event.evidence_id(rule),
        "evidence.node": event.origin.node,
    })
}

/// A part with the parts below it.
fn part_json(why: &Why, at: usize) -> Json {
    let Some(part) = why.explanation.parts.get(at) else {
        return Json::Null;
    };
    let mut object = json!({
        "kind": kind(part),
        "holds": part.holds,
        "decides": part.decides,
        "lacking": part.is_lacking,
    });
    if let PartKind::Macro(name) = &part.kind {
        object["name"] = json!(name);
    }
    if !part.text.is_empty() {
        object["text"] = json!(part.text);
    }
    if let Some(found) = &part.found {
        object["value"] = found_json_value(found);
    }
    if let Some(compared) = &part.compared {
        object["compared_with"] = found_json_value(compared);
    }
    if let Some(origin) = &part.origin {
        object["place"] = json!(words::place(&origin.span));
        object["item"] = json!(origin.item.as_ref().map(words::item));
    }
    let fields = why.provenance.get(at).into_iter().flatten();
    let fields: Vec<_> = fields.map(origin_json).collect();
    if !fields.is_empty() {
        object["fields"] = json!(fields);
    }
    let members: Vec<_> = why.explanation.members(at).collect();
    if !members.is_empty() {
        let members: Vec<_> = members.into_iter().map(|at| part_json(why, at)).collect();
        object["parts"] = json!(members);
    }
    object
}

fn kind(part: &Part) -> &'static str {
    match part.kind {
        PartKind::And => "and",
        PartKind::Or => "or",
        PartKind::Not => "not",
        PartKind::Check => "check",
        PartKind::Macro(_) => "macro",
        PartKind::Value => "value",
    }
}

/// The text, or nothing where the event has no such value.
fn found_json_value(found: &FoundValue) -> Json {
    if found.is_absent {
        Json::Null
    } else {
        json!(found.text)
    }
}

fn origin_json(origin: &FieldOrigin) -> Json {
    let time = match origin.from {
        Provenance::Executed(time)
        | Provenance::InheritedProgram(time)
        | Provenance::Opened(time)
        | Provenance::InheritedDescriptor(time) => Some(iso(time)),
        _ => None,
    };
    json!({
        "field": origin.field,
        "from": words::provenance_word(origin.from),
        "since": time,
        "doubtful": origin.is_doubtful,
    })
}

/// What a search found for a rule; `captures` are the names of what was read, in its order.
#[must_use]
pub fn found_json(
    found: &Found,
    rule: &str,
    rules: &RuleSet,
    (limit, captures): (usize, &[String]),
) -> Json {
    let whys = found.whys.iter();
    let whys = whys.map(|why| why_json(why, rules, captures));
    let groups = found.nearest.groups().into_iter().take(limit);
    json!({
        "rule": rule,
        "looked_at": found.looked_at,
        "matched": found.matched,
        "explained": whys.collect::<Vec<_>>(),
        "nearest": groups.map(|group| group_json(group, rule, captures)).collect::<Vec<_>>(),
    })
}

fn group_json(group: &NearestGroup, rule: &str, captures: &[String]) -> Json {
    let events = group.events.iter();
    let events = events.map(|near| near_json(near, rule, captures));
    json!({
        "events": group.count,
        "lacking": group.lacks.iter().map(lack_json).collect::<Vec<_>>(),
        "first": events.collect::<Vec<_>>(),
    })
}

/// A part that decides or is lacking, in the same form as what the nearest lack: `must_hold` is what it has to be for the rule to alert.
fn leaf_json(why: &Why, at: usize) -> Json {
    let explanation = &why.explanation;
    let part = explanation.parts.get(at);
    let origin = part.and_then(|part| part.origin.as_ref());
    json!({
        "text": explanation.text(at),
        "must_hold": part.is_some_and(|part| part.holds == explanation.holds),
        "place": origin.map(|origin| words::place(&origin.span)),
        "macros": explanation.macros_above(at),
    })
}

fn lack_json(lack: &Lack) -> Json {
    json!({
        "text": lack.text,
        "must_hold": lack.must_hold,
        "place": lack.span.as_ref().map(|span: &Span| words::place(span)),
        "macros": lack.macros.iter().map(|name| &**name).collect::<Vec<_>>(),
    })
}

fn near_json(near: &NearestEvent, rule: &str, captures: &[String]) -> Json {
    json!({
        "event": event_json(&near.event, rule, captures),
        "values": near.found.iter().map(found_json_value).collect::<Vec<_>>(),
    })
}
