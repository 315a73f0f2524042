//! The data of a page: each text once, alerts in columns of numbers.
//!
//! In: a report. Out: JSON, which `analyzer/report/data.js` reads.

use falco_rules::Rule;
use serde_json::{Value as Json, json};

use super::Report;
use super::acts::{ActsOf, Deed};
use super::gathered::{Gathered, Kept, NONE};
use crate::alert::evidence_id;
use crate::coverage::technique;
use crate::summary::Tactic;
use crate::time::Zone;

/// Everything.
pub(super) fn data(report: &Report<'_>) -> Json {
    let gathered = &report.gathered;
    let acts: Vec<Json> = report
        .acts
        .by_life
        .iter()
        .map(|(life, acts)| json!([life, acts_json(acts)]))
        .collect();
    let nodes = gathered.nodes.iter().map(|node| {
        let name = falco_format::text::plain(&node.node).to_string();
        let boot = node.boot_id.map_or_else(String::new, |boot| boot.short());
        json!([name, boot])
    });
    let captures = report.evidence.captures.iter();
    let captures = captures.map(|it| falco_format::text::plain(&it.name).to_string());
    let rules = gathered.rules().rules().iter();
    json!({
        "nodes": nodes.collect::<Vec<_>>(),
        "captures": captures.collect::<Vec<_>>(),
        "tactics": report.summary.tactics.keys().map(|it| it.name()).collect::<Vec<_>>(),
        "rules": rules.map(rule).collect::<Vec<_>>(),
        "containers": gathered.containers,
        "processes": processes(gathered),
        "acts": acts,
        "whys": gathered.whys,
        "alerts": alerts(gathered, &report.zone),
        "beyond": gathered.beyond,
        "strings": gathered.texts.all().collect::<Vec<_>>(),
    })
}

fn rule(rule: &Rule) -> Json {
    let tags = rule.tags.iter();
    let tactics = tags.clone().filter_map(|tag| Tactic::of_tag(tag));
    let id = evidence_id(None, 0, 0, &rule.name);
    json!({
        "name": shown(&rule.name),
        "priority": rule.priority.to_string(),
        "description": shown(rule.description.trim()),
        "tactics": tactics.map(Tactic::name).collect::<Vec<_>>(),
        "techniques": tags.filter_map(|tag| technique(tag)).collect::<Vec<_>>(),
        "digest": id.rsplit('-').next(),
    })
}

fn shown(text: &str) -> String {
    falco_format::text::plain(text).to_string()
}

/// Processes in columns; what there is none of is −1.
fn processes(gathered: &Gathered<'_>) -> Json {
    let all = &gathered.processes;
    let or_none = |number: u32| {
        if number == NONE {
            -1
        } else {
            i64::from(number)
        }
    };
    let column =
        |of: &dyn Fn(&super::gathered::Process) -> i64| all.iter().map(of).collect::<Vec<_>>();
    json!({
        "pid": column(&|it| it.pid),
        "name": column(&|it| it.name.into()),
        "exe": column(&|it| it.exe.into()),
        "command": column(&|it| it.command.into()),
        "user": column(&|it| it.user.into()),
        "parent": column(&|it| or_none(it.parent)),
        "container": column(&|it| or_none(it.container)),
        "node": column(&|it| or_none(it.node)),
        "life": column(&|it| or_none(it.life)),
    })
}

/// Alerts in columns; times are in nanoseconds since the alert before, since no number of a page is exact beyond 2⁵³.
fn alerts(gathered: &Gathered<'_>, zone: &Zone) -> Json {
    let all = &gathered.alerts;
    let first = all.first();
    let steps = |of: &dyn Fn(&Kept) -> u64| {
        let mut before = first.map_or(0, of);
        let step = |alert: &Kept| {
            let step = of(alert).wrapping_sub(before).cast_signed();
            before = of(alert);
            step
        };
        all.iter().map(step).collect::<Vec<_>>()
    };
    let column = |of: &dyn Fn(&Kept) -> u64| all.iter().map(of).collect::<Vec<_>>();
    let incomplete = all.iter().enumerate().filter(|(_, it)| !it.is_complete);
    let process = |it: &Kept| match it.process {
        NONE => -1,
        process => i64::from(process),
    };
    // The zone's offset from an alert on, in seconds.
    let mut offsets: Vec<(usize, i32)> = Vec::new();
    for (place, alert) in all.iter().enumerate() {
        let offset = zone.offset_seconds(alert.time);
        if offsets.last().is_none_or(|(_, last)| *last != offset) {
            offsets.push((place, offset));
        }
    }
    json!({
        "first_time": first.map_or(0, |it| it.time.0).to_string(),
        "first_boottime": first.map_or(0, |it| it.boottime).to_string(),
        "time": steps(&|it| it.time.0),
        "boottime": steps(&|it| it.boottime),
        "offsets": offsets,
        "rule": column(&|it| it.rule.into()),
        "process": all.iter().map(process).collect::<Vec<_>>(),
        "text": column(&|it| it.text.into()),
        "why": column(&|it| it.why.into()),
        "number": column(&|it| it.number),
        "capture": column(&|it| it.capture.into()),
        "cpu": column(&|it| it.cpu.into()),
        "incomplete": incomplete.map(|(place, _)| place).collect::<Vec<_>>(),
    })
}

/// What a process did: by kind, things with what was done, and how many more there are.
fn acts_json(acts: &ActsOf) -> Json {
    let of = |deed: Deed| {
        let things = acts.things.iter().filter(|((of, _), _)| *of == deed);
        let things = things.map(|((_, thing), done)| {
            let calls = done.calls.iter().map(|(call, count)| match count {
                1 => (*call).to_owned(),
                count => format!("{call} ×{count}"),
            });
            let thing = shown(&String::from_utf8_lossy(thing));
            json!([thing, calls.collect::<Vec<_>>().join(", "), done.failed])
        });
        let more = acts.more.get(&deed).copied().unwrap_or(0);
        json!({"things": things.collect::<Vec<_>>(), "more": more})
    };
    json!({
        "files": of(Deed::File),
        "programs": of(Deed::Program),
        "connections": of(Deed::Connection),
    })
}
