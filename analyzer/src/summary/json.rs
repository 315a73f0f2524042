//! The sums as JSON: the same keys for every capture.
//!
//! In: a summary, and what was not judged. Out: a value; what is missing of the evidence is told by whoever read it.

use serde_json::{Value as Json, json};

use super::{Groups, Row, Summary, Unjudged};
use crate::time::iso;

/// How many columns counts over time have.
const COLUMNS: usize = 32;

/// All sums.
#[must_use]
pub fn to_json(summary: &Summary, unjudged: &Unjudged) -> Json {
    let all = &summary.all;
    let of = |row: &Row, mut named: Json| {
        if let (Some(object), Json::Object(counts)) = (named.as_object_mut(), counts(row, all)) {
            object.extend(counts);
        }
        named
    };
    let rules = summary.rules.iter();
    let rules = rules.map(|((priority, name), row)| {
        of(row, json!({"rule": name, "priority": priority.to_string()}))
    });
    let priorities = summary.priorities.iter();
    let priorities =
        priorities.map(|(priority, row)| of(row, json!({"priority": priority.to_string()})));
    let tactics = summary.tactics.iter();
    let tactics = tactics.map(|(tactic, row)| of(row, json!({"tactic": tactic.name()})));
    let nodes = grouped(&summary.nodes, |node| json!({"node": node}), &of);
    let containers = grouped(
        &summary.containers,
        |it| json!({"id": it.id, "name": it.name, "image": it.image, "pod": it.pod}),
        &of,
    );
    let programs = grouped(
        &summary.programs,
        |it| json!({"name": it.name, "exe": it.exe}),
        &of,
    );
    json!({
        "alerts": counts(all, all),
        "column_ns": all.times.width_ns(COLUMNS),
        "incomplete_alerts": summary.incomplete,
        "rules": rules.collect::<Vec<_>>(),
        "priorities": priorities.collect::<Vec<_>>(),
        "nodes": nodes,
        "containers": containers,
        "tactics": tactics.collect::<Vec<_>>(),
        "programs": programs,
        "unjudged": {
            "disabled": unjudged.disabled,
            "of_other_sources": unjudged.of_other_sources,
            "without_events": unjudged.silent.iter().map(|silent| json!({
                "rule": silent.rule,
                "types": silent.types,
                "recorded_by_default": silent.is_recorded,
            })).collect::<Vec<_>>(),
            "events_that_no_rule_asks_for": unjudged.events,
        },
    })
}

fn grouped<K: Ord>(
    groups: &Groups<K>,
    name: impl Fn(&K) -> Json,
    of: &impl Fn(&Row, Json) -> Json,
) -> Json {
    let rows = groups.by_count().into_iter();
    let rows: Vec<_> = rows.map(|(key, row)| of(row, name(key))).collect();
    json!({"rows": rows, "others": groups.others.count})
}

fn counts(row: &Row, all: &Row) -> Json {
    let known = |time: falco_format::UnixNanos| time.is_known().then(|| iso(time));
    json!({
        "count": row.count,
        "first": known(row.first),
        "last": known(row.last),
        "over_time": row.times.over(&all.times, COLUMNS),
    })
}
