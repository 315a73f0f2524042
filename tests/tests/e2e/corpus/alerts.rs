//! What the rules we ship say of every scenario: read once for all tests, with the processes that acted. And the same of its export to `.scap`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use falco_analyze::fields::SCHEMA;
use falco_analyze::pipeline::{Demand, Flow, Input, Judge, Observer, PassOptions, Seen, run_pass};
use falco_analyze::rule_files::{load_rules, read_rule_files};
use falco_analyze::scap::{ImportOptions, ScapFile, import};
use falco_rules::{RuleMatching, RuleSet, Selection};
use serde_json::Value as Json;

use super::kept::{self, Kept};
use crate::alike::{alerts as alike, rows};
use crate::programs::root;

/// A scenario, and what came of it.
pub(super) struct Judged {
    pub(super) kept: Kept,
    /// The rules that alerted, once for each alert.
    pub(super) rules: Vec<String>,
    pub(super) events: u64,
    /// The processes of its events.
    pub(super) processes: BTreeSet<u32>,
}

/// Every scenario with its alerts.
pub(super) fn all() -> &'static [Judged] {
    static ALL: OnceLock<Vec<Judged>> = OnceLock::new();
    ALL.get_or_init(|| {
        let rules = rules();
        let scenarios = kept::all().into_iter();
        scenarios.map(|kept| judge(kept, &rules)).collect()
    })
}

/// The rules we ship.
fn rules() -> RuleSet {
    let texts = read_rule_files(&[root().join("rules/default")]).expect("the rules are there");
    let loaded = load_rules(&SCHEMA, &texts, &Selection::default());
    loaded.rules.expect("the rules load")
}

struct Reading<'r> {
    judge: Judge<'r>,
    rules: Vec<String>,
    events: u64,
    processes: BTreeSet<u32>,
}

impl Observer for Reading<'_> {
    fn event(&mut self, seen: &Seen<'_>) -> std::io::Result<Flow> {
        let Self { judge, rules, .. } = self;
        judge.judge(seen, |alert| {
            rules.push(alert.rule.name.to_string());
            Ok(())
        })?;
        self.events += 1;
        self.processes.insert(seen.view.meta().pid.0);
        Ok(Flow::Continue)
    }
}

fn judge(kept: Kept, rules: &RuleSet) -> Judged {
    let input = Input::open(&kept.capture()).expect("the capture opens");
    let mut reading = Reading {
        judge: Judge::new(rules, &SCHEMA, RuleMatching::First),
        rules: Vec::new(),
        events: 0,
        processes: BTreeSet::new(),
    };
    run_pass(
        &input,
        &Demand::everything(),
        PassOptions::default(),
        &mut reading,
    )
    .expect("it is read");
    Judged {
        kept,
        rules: reading.rules,
        events: reading.events,
        processes: reading.processes,
    }
}

/// The path that a name led to, which only recordings hold (`analyzer/PARITY.md`): what rests on it alone is not in an export.
const REAL_PATH: &str = "fd.real_path";
const NAME: &str = "fd.name";
/// A file of it is opened below a mount that shows a part of a file system, which is known by the path inside of that alone, and so not in an export either.
const BY_INNER_PATH: &str = "sensitive-file/other-names";

/// Whether an alert may be missing in an export: its file was opened under another name than its own.
fn rests_on_the_real_path(alert: &alike::ReplayedAlert) -> bool {
    let is_there = |value: &&Json| !value.is_null();
    let real = alert.3.get(REAL_PATH).filter(is_there);
    real.is_some() && real != alert.3.get(NAME)
}

/// Small, so that an import of a larger capture has several segments.
const SEGMENT_BYTES: u64 = 64 << 10;

/// What the rules say of an export that became a capture again.
fn imported(export: Vec<u8>, rules: &RuleSet) -> Vec<alike::ReplayedAlert> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = ScapFile::from_bytes(export).expect("a section header");
    let options = ImportOptions {
        segment_bytes: SEGMENT_BYTES,
    };
    import(&file, directory.path(), options, |_| Flow::Continue).expect("is imported");
    let input = Input::open(directory.path()).expect("the import opens");
    alike::replay(&input, rules)
}

/// Recorded acts are what other programs are shown too: nothing that a rule asks is lost on the way, but for the real paths.
#[test]
fn every_scenario_alerts_alike_through_an_export() {
    let rules = rules();
    let (mut unlike, mut same, mut unseen) = (Vec::new(), 0, 0);
    for judged in all() {
        let capture: PathBuf = judged.kept.capture();
        let input = Input::open(&capture).expect("the capture opens");
        let recorded = alike::replay(&input, &rules);
        let bytes = rows::export(&capture);
        let exported = alike::replay(&rows::input_of(bytes.clone()), &rules);
        let back = imported(bytes, &rules);
        assert!(
            exported.len() == back.len()
                && exported
                    .iter()
                    .zip(&back)
                    .all(|(left, right)| alike::is_alike(left, right)),
            "{}: the import of the export alerts otherwise",
            judged.kept.name
        );
        let mut others = exported.iter().peekable();
        let mut is_told = true;
        for alert in &recorded {
            if others
                .next_if(|other| alike::is_alike(alert, other))
                .is_some()
            {
                same += 1;
            } else if rests_on_the_real_path(alert) || judged.kept.name == BY_INNER_PATH {
                unseen += 1;
            } else {
                is_told = false;
            }
        }
        if !is_told || others.next().is_some() {
            let of = |alerts: &[alike::ReplayedAlert]| {
                let told = alerts.iter().map(|alert| (alert.0, alert.2.clone()));
                told.collect::<Vec<_>>()
            };
            unlike.push((&judged.kept.name, of(&recorded), of(&exported)));
        }
    }
    assert!(unlike.is_empty(), "{unlike:#?}");
    super::tell(&format!(
        "{same} alerts of {} scenarios are the same through `export scap` and back; {unseen} rest on real paths, which it cannot hold",
        all().len()
    ));
}
