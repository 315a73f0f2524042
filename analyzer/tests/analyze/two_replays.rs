//! `falco-analyze diff` says what two replays say, one of each side: which alerts are lost and gained, and how many are the same.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;

use crate::support::Workspace;

/// How often there is an alert of a rule, by the name of its evidence.
type Alerts = BTreeMap<(String, String), u64>;

fn alerts(workspace: &Workspace, rules: &str, capture: &str, matching: &str) -> Alerts {
    let arguments = ["replay", capture, "-r", rules, "--format", "json"];
    let run = workspace.run(&[&arguments[..], &["--rule-matching", matching]].concat());
    let mut alerts = Alerts::new();
    for alert in run.json_lines() {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let name = (
            text(&alert["rule"]),
            text(&alert["output_fields"]["evidence.id"]),
        );
        *alerts.entry(name).or_default() += 1;
    }
    alerts
}

/// How many alerts of each rule the first has and the second has not.
fn without(first: &Alerts, second: &Alerts) -> BTreeMap<String, u64> {
    let mut left = BTreeMap::new();
    for (name, count) in first {
        let more = count.saturating_sub(second.get(name).copied().unwrap_or(0));
        if more > 0 {
            *left.entry(name.0.clone()).or_default() += more;
        }
    }
    left
}

fn told(report: &Json, kind: &str) -> BTreeMap<String, u64> {
    let rules = report["rules"].as_array().expect("rules").iter();
    let told = rules.map(|rule| {
        let name = rule["rule"].as_str().unwrap_or_default().to_owned();
        (name, rule[kind]["alerts"].as_u64().unwrap_or(0))
    });
    told.filter(|(_, count)| *count > 0).collect()
}

/// Compares by the command and by two replays. Returns how many alerts differ.
fn check(text: &str, capture: &Path, change: (&str, &str), matching: &str) -> u64 {
    assert!(text.contains(change.0), "{change:?}");
    let workspace = Workspace::new();
    workspace.write("old.yaml", text);
    workspace.write("new.yaml", text.replace(change.0, change.1));
    let capture = capture.to_str().expect("a path of text");
    let old = alerts(&workspace, "old.yaml", capture, matching);
    let new = alerts(&workspace, "new.yaml", capture, matching);
    let sides = ["diff", "--old", "old.yaml", "--new", "new.yaml", capture];
    let form = ["--format", "json", "--rule-matching", matching];
    let run = workspace.run(&[&sides[..], &form].concat());
    let report: Json = serde_json::from_str(&run.stdout).expect("a JSON object");
    let (lost, gained) = (without(&old, &new), without(&new, &old));
    assert_eq!(told(&report, "lost"), lost, "{change:?} {matching}");
    assert_eq!(told(&report, "gained"), gained, "{change:?} {matching}");
    for (side, alerts) in [("old", &old), ("new", &new)] {
        let sum: u64 = alerts.values().sum();
        assert_eq!(report[side]["alerts"], sum, "{change:?} {matching}");
    }
    lost.values().sum::<u64>() + gained.values().sum::<u64>()
}

#[test]
fn our_rules_over_the_scripted_intrusion() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let rules: String = falco_rules::SHIPPED
        .iter()
        .filter(|(name, _)| ["10_acts.yaml", "80_network.yaml", "90_broad.yaml"].contains(name))
        .map(|(_, text)| *text)
        .collect();
    let capture = root.join("corpus/first-light/capture");
    let mut differing = 0;
    for change in [
        ("items: [ash, bash, csh, dash, fish,", "items: [fish,"),
        ("evt.is_open_write = true", "evt.is_open_read = true"),
        ("(container.id != host)", "(container.id exists)"),
        ("evt.rawres = 0", "evt.rawres <= 0"),
        ("proc.name", "proc.pname"),
        ("and ", "or "),
    ] {
        for matching in ["first", "all"] {
            differing += check(&rules, &capture, change, matching);
        }
    }
    assert!(differing > 100, "{differing}");
}
