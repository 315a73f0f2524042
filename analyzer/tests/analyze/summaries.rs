//! `summary`: sums of what rules say, against the alerts that `replay` prints of the same captures.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::support::{Workspace, intrusion};

fn counted(rows: &Json, key: &str) -> BTreeMap<String, u64> {
    let rows = rows.as_array().expect("rows");
    let named = rows.iter().map(|row| {
        let name = row[key].as_str().expect("a name").to_owned();
        let over_time = row["over_time"].as_array().expect("counts over time");
        let sum: u64 = over_time.iter().filter_map(Json::as_u64).sum();
        let count = row["count"].as_u64().expect("a count");
        assert_eq!(sum, count, "counts over time of {name}");
        (name, count)
    });
    named.collect()
}

#[test]
fn sums_are_those_of_the_alerts() {
    let workspace = Workspace::new();
    intrusion().write_cut(&workspace.path("capture"), 1, 1);
    let replay = workspace.run(&["replay", "capture", "-r", "rules.yaml", "--format", "json"]);
    let alerts = replay.stdout.lines();
    let alerts: Vec<Json> = alerts
        .map(|line| serde_json::from_str(line).expect("an alert"))
        .collect();
    assert!(!alerts.is_empty());
    let by = |key: &str| {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for alert in &alerts {
            let value = alert[key].as_str().expect("a text").to_owned();
            *counts.entry(value).or_default() += 1;
        }
        counts
    };
    for jobs in ["1", "3"] {
        let arguments = [
            "summary",
            "capture",
            "-r",
            "rules.yaml",
            "--format",
            "json",
            "-j",
            jobs,
        ];
        let run = workspace.run(&arguments);
        let json: Json = serde_json::from_str(&run.ends_with(0).stdout).expect("one object");
        assert_eq!(counted(&json["rules"], "rule"), by("rule"));
        assert_eq!(counted(&json["priorities"], "priority"), by("priority"));
        assert_eq!(counted(&json["nodes"]["rows"], "node"), by("hostname"));
        let containers = counted(&json["containers"]["rows"], "id");
        assert_eq!(containers.values().sum::<u64>(), alerts.len() as u64);
        let times: Vec<&str> = alerts
            .iter()
            .filter_map(|alert| alert["time"].as_str())
            .collect();
        assert_eq!(
            json["alerts"]["first"].as_str(),
            times.iter().min().copied()
        );
        assert_eq!(json["alerts"]["last"].as_str(), times.iter().max().copied());
        assert_eq!(json["complete"], true);
    }
    let text = workspace
        .run(&["summary", "capture", "-r", "rules.yaml"])
        .stdout;
    for rule in by("rule").keys() {
        assert!(text.contains(rule.as_str()), "{rule}: {text}");
    }
}
