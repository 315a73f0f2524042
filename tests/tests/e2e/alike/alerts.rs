//! What rules say of a recording, of its export, and of what an import makes of that: the same alerts with the same fields.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{Demand, Flow, Input, Judge, Observer, PassOptions, Seen, run_pass};
use falco_analyze::rule_files::{load_rules, read_rule_files};
use falco_analyze::scap::{ImportOptions, ScapFile, import};
use falco_rules::{RuleMatching, RuleSet, Selection};
use serde_json::Value as Json;

use super::known;
use super::rows::input_of;
use crate::programs::root;
use crate::skip::skipped;

/// Names the directory of Falco's own rules.
const REFERENCE: &str = "FALCO_REFERENCE";
/// Small, so that an import has several segments.
const SEGMENT_BYTES: u64 = 64 << 10;

/// An alert: time, thread, rule, and the values of the rule's own fields.
pub(crate) type ReplayedAlert = (u64, u32, String, BTreeMap<String, Json>);

struct Replay<'r> {
    judge: Judge<'r>,
    alerts: Vec<ReplayedAlert>,
}

impl Observer for Replay<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> std::io::Result<Flow> {
        let Self { judge, alerts } = self;
        judge.judge(seen, |alert| {
            let fields = alert.fields.iter();
            let fields = fields.filter(|(name, _)| !is_of_the_capture(name));
            let fields = fields.map(|(name, value)| (name.clone(), value.clone()));
            let tid = seen.view.meta().tid.0;
            let rule = alert.rule.name.to_string();
            alerts.push((alert.time.0, tid, rule, fields.collect()));
            Ok(())
        })?;
        Ok(Flow::Continue)
    }
}

/// Numbers of events count what a file holds, and evidence names where it was recorded.
fn is_of_the_capture(field: &str) -> bool {
    field.starts_with("evidence.") || field == "evt.num"
}

/// Whether two alerts are the same but for fields that are known to differ.
pub(crate) fn is_alike(left: &ReplayedAlert, right: &ReplayedAlert) -> bool {
    let is_same = |(name, value): (&String, &Json)| {
        let other = right.3.get(name);
        // Each answer of these events was judged already, with its reason.
        other == Some(value) || other.is_some() && known::may_differ(name)
    };
    let of = |alert: &ReplayedAlert| (alert.0, alert.1, alert.2.clone(), alert.3.len());
    of(left) == of(right) && left.3.iter().all(is_same)
}

pub(crate) fn replay(input: &Input, rules: &RuleSet) -> Vec<ReplayedAlert> {
    let mut replay = Replay {
        judge: Judge::new(rules, &SCHEMA, RuleMatching::All),
        alerts: Vec::new(),
    };
    let demand = Demand::of_rules(rules);
    run_pass(input, &demand, PassOptions::default(), &mut replay).expect("nothing fails");
    replay.alerts
}

/// Our rules, and Falco's where they are at hand.
fn rule_sets(test: &str) -> Vec<RuleSet> {
    let mut sets = vec![vec![root().join("rules/default")]];
    match std::env::var_os(REFERENCE).map(PathBuf::from) {
        Some(reference) => sets.push(
            [
                "falco_rules",
                "falco-incubating_rules",
                "falco-sandbox_rules",
            ]
            .map(|name| reference.join("rules").join(format!("{name}.yaml")))
            .to_vec(),
        ),
        None => skipped(
            test,
            &format!("Falco's own rules: {REFERENCE} names no data"),
        ),
    }
    let load = |paths: Vec<PathBuf>| {
        let texts = read_rule_files(&paths).expect("the rules are there");
        let loaded = load_rules(&SCHEMA, &texts, &Selection::default());
        loaded.rules.expect("the rules load")
    };
    sets.into_iter().map(load).collect()
}

/// Replays a recording, its export and the export's import.
pub(super) fn check(test: &str, capture: &Path, export: &[u8]) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = ScapFile::from_bytes(export.to_vec()).expect("a section header");
    let options = ImportOptions {
        segment_bytes: SEGMENT_BYTES,
    };
    import(&file, directory.path(), options, |_| Flow::Continue).expect("is imported");
    let recorded = Input::open(capture).expect("the capture opens");
    let exported = input_of(export.to_vec());
    let imported = Input::open(directory.path()).expect("the import opens");
    for rules in rule_sets(test) {
        let expected = replay(&recorded, &rules);
        assert!(!expected.is_empty(), "no rule says anything");
        for other in [&exported, &imported] {
            let alerts = replay(other, &rules);
            let mut pairs = expected.iter().zip(&alerts);
            let unlike = pairs.find(|(left, right)| !is_alike(left, right));
            assert_eq!(unlike, None, "in {}", other.path.display());
            assert_eq!(expected.len(), alerts.len(), "in {}", other.path.display());
        }
    }
}
