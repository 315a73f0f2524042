//! Alerts: the stock rules and a broad set over every capture.
//!
//! The same means: time, thread, rule, priority, the values of the rule's own output fields, `container.id`, and the line itself.
//! Not compared: the host's name, `evt.num`, and the order of alerts, because times in a capture run backwards.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use falco_analyze::rule_files::{RuleText, read_rule_files};
use falco_rules::{RuleMatching, RuleSet, Selection};
use serde_json::Value as Json;

use super::ledger::{Comparison, Difference};
use super::reference::{Reference, text_of};
use super::replay::{Alerted, alerts_of, rules_of};

/// The capture that is too large for a build without optimization.
const LARGE: &str = "live-large";
/// Rules made for comparing, not for use.
const BROAD: &str = "broad";
/// Not compared.
const EVENT_NUMBER: &str = "evt.num";
/// Where the fields begin that Falco appends to every line by itself.
const APPENDED: &str = " container_id=";

#[test]
fn rules_give_the_same_alerts() {
    let Some(reference) = Reference::open("rules_give_the_same_alerts") else {
        return;
    };
    let captures = reference.captures();
    let small = captures.into_iter().filter(|(name, _)| name != LARGE);
    compare_all(&reference, "alerts", small);
}

#[test]
#[ignore = "2.5 million events take minutes without optimization: run with --ignored"]
fn rules_give_the_same_alerts_over_the_large_capture() {
    let Some(reference) = Reference::open("rules_give_the_same_alerts_over_the_large_capture")
    else {
        return;
    };
    let captures = reference.captures();
    let large = captures.into_iter().filter(|(name, _)| name == LARGE);
    compare_all(&reference, "alerts of the large capture", large);
}

/// Rules and how they are run.
struct Run {
    /// As in the name of the truth's file.
    name: &'static str,
    rules: RuleSet,
    matching: RuleMatching,
}

fn runs(reference: &Reference) -> [Run; 4] {
    let texts = |files: &[&str]| -> Vec<RuleText> {
        let paths: Vec<_> = files.iter().map(|file| reference.path(file)).collect();
        read_rule_files(&paths).expect("the rules can be read")
    };
    let stock = ["rules/falco_rules.yaml"];
    let all = [
        "rules/falco_rules.yaml",
        "rules/falco-incubating_rules.yaml",
        "rules/falco-sandbox_rules.yaml",
    ];
    let run = |name, files: &[&str], matching| Run {
        name,
        rules: rules_of(&texts(files), &Selection::default()),
        matching,
    };
    [
        run("stock", &stock, RuleMatching::First),
        run("allrules", &all, RuleMatching::First),
        run("allrules-matchall", &all, RuleMatching::All),
        run(BROAD, &["truth/broad.yaml"], RuleMatching::All),
    ]
}

fn compare_all(
    reference: &Reference,
    set: &'static str,
    captures: impl Iterator<Item = (String, std::path::PathBuf)>,
) {
    let runs = runs(reference);
    let mut table =
        "| capture | events | rules | Falco's alerts | ours | differences |\n|---|---|---|---|---|---|\n"
            .to_owned();
    let mut differences = Vec::new();
    for (capture, path) in captures {
        for run in &runs {
            // Falco ran the broad rules over few captures; elsewhere an absent file means that nothing alerted.
            let truth = format!("truth/{capture}.{}.jsonl", run.name);
            if run.name == BROAD && reference.text(&truth).is_none() {
                continue;
            }
            let compared = compare(reference, &capture, &path, run);
            let _ = writeln!(
                table,
                "| {capture} | {} | {} | {} | {} | {} |",
                compared.events,
                run.name,
                compared.falcos,
                compared.ours,
                compared.differences.len()
            );
            differences.extend(compared.differences);
        }
    }
    Comparison {
        set,
        table,
        differences,
    }
    .settle();
}

struct Compared {
    events: u64,
    falcos: usize,
    ours: usize,
    differences: Vec<Difference>,
}

fn compare(reference: &Reference, capture: &str, path: &Path, run: &Run) -> Compared {
    let expected = reference.cases(&format!("truth/{capture}.{}.jsonl", run.name));
    let replayed = alerts_of(path, &run.rules, run.matching);
    let mut sides: BTreeMap<String, (Vec<&Json>, Vec<&Alerted>)> = BTreeMap::new();
    for alert in &expected {
        let fields = &alert["output_fields"];
        let key = format!(
            "{} tid {} {}",
            fields["evt.time"],
            fields["thread.tid"],
            text_of(alert, "rule")
        );
        sides.entry(key).or_default().0.push(alert);
    }
    for alert in &replayed.alerts {
        let thread = alert.always.get("thread.tid").unwrap_or(&Json::Null);
        let key = format!("{} tid {thread} {}", alert.time_ns, alert.rule);
        sides.entry(key).or_default().1.push(alert);
    }
    let place = format!("{capture} {}", run.name);
    let differences = sides
        .iter()
        .flat_map(|(key, (theirs, ours))| pairs(&place, key, theirs, ours))
        .collect();
    Compared {
        events: replayed.events,
        falcos: expected.len(),
        ours: replayed.alerts.len(),
        differences,
    }
}

/// Differences between the alerts of one rule on one event.
fn pairs(place: &str, key: &str, theirs: &[&Json], ours: &[&Alerted]) -> Vec<Difference> {
    let mut differences: Vec<_> = theirs
        .iter()
        .zip(ours)
        .flat_map(|(theirs, ours)| values(place, key, theirs, ours))
        .collect();
    let one_sided = |line: &str, rule: &str, expected: &str, got: &str| Difference {
        place: place.to_owned(),
        what: rule.to_owned(),
        at: format!("{key}: {line}"),
        expected: expected.to_owned(),
        got: got.to_owned(),
    };
    for alert in theirs.iter().skip(ours.len()) {
        let (line, rule) = (text_of(alert, "output"), text_of(alert, "rule"));
        differences.push(one_sided(line, rule, "an alert", "none"));
    }
    for alert in ours.iter().skip(theirs.len()) {
        let line = format!("#{} {}", alert.event, alert.text);
        differences.push(one_sided(&line, &alert.rule, "none", "an alert"));
    }
    differences
}

/// Values of two alerts that differ.
fn values(place: &str, key: &str, theirs: &Json, ours: &Alerted) -> Vec<Difference> {
    let printed = |value: Option<&Json>| value.map_or("no such key".to_owned(), Json::to_string);
    let mut differences = Vec::new();
    let mut differ = |what: &str, expected: String, got: String| {
        if expected != got {
            differences.push(Difference {
                place: place.to_owned(),
                what: format!("{} {what}", ours.rule),
                at: format!("{key} #{}", ours.event),
                expected,
                got,
            });
        }
    };
    differ(
        "priority",
        text_of(theirs, "priority").to_owned(),
        ours.priority.clone(),
    );
    let own = ours.own.iter().filter(|(name, _)| *name != EVENT_NUMBER);
    for (name, value) in own.chain(&ours.always) {
        let expected = theirs["output_fields"].get(name);
        differ(name, printed(expected), printed(Some(value)));
    }
    for (name, value) in theirs["output_fields"].as_object().into_iter().flatten() {
        let appended = ["container.", "k8s.", "proc.pid", EVENT_NUMBER];
        let is_own = !appended.iter().any(|prefix| name.starts_with(prefix));
        if is_own && !ours.own.contains_key(name) && !ours.always.contains_key(name) {
            differ(name, value.to_string(), printed(None));
        }
    }
    let line = text_of(theirs, "output");
    let line = line.rsplit_once(APPENDED).map_or(line, |(line, _)| line);
    differ("line", line.to_owned(), ours.text.clone());
    differences
}
