//! Every rule we ship has a positive, a near miss, and the one edit of the near miss that makes it fire; and no two rules live on the same small act.

use std::collections::BTreeMap;
use std::fs;

use super::acts::{self, Acts};
use super::alerts::{self, Judged};
use crate::programs::{analyze, root};

/// How many processes a positive has at least, where another rule alerts on it too.
const SHARED_PROCESSES_MIN: usize = 3;

fn shipped() -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("rules/default")).expect("the rules") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a rule file");
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("- rule: "));
        names.extend(lines.map(str::to_owned));
    }
    names.sort();
    names
}

fn by_name() -> BTreeMap<&'static str, &'static Judged> {
    let all = alerts::all().iter();
    all.map(|judged| (judged.kept.name.as_str(), judged))
        .collect()
}

#[test]
fn all_scenarios_are_as_expected() {
    let corpus = root().join("corpus");
    let ran = analyze(["test", &*corpus.to_string_lossy()]);
    ran.expect_code(0);
    let last = ran
        .stdout
        .lines()
        .rev()
        .find(|line| line.starts_with("Scenarios: "));
    super::tell(last.expect("a summary"));
}

#[test]
fn every_rule_has_a_positive_a_near_miss_and_the_edit() {
    let (files, judged) = (acts::all(), by_name());
    let mut proven: Vec<String> = files.iter().filter_map(|acts| acts.rule.clone()).collect();
    proven.sort();
    assert_eq!(proven, shipped(), "one act file for each rule");
    for acts in &files {
        let Some(rule) = &acts.rule else { continue };
        for (scenario, fires) in [("positive", true), ("near-miss", false), ("edit", true)] {
            let name = format!("{}/{scenario}", acts.name);
            let of = judged
                .get(name.as_str())
                .unwrap_or_else(|| panic!("there is no {name}"));
            assert_eq!(
                of.rules.contains(rule),
                fires,
                "{name}: {rule}: {:?}",
                of.rules
            );
        }
        assert!(is_one_edit(acts), "{}: the edit is not one", acts.name);
    }
}

/// Whether the edit changes one line of the near miss, or nothing but the place.
fn is_one_edit(acts: &Acts) -> bool {
    let (Some(near), Some(edit)) = (acts.scenario("near-miss"), acts.scenario("edit")) else {
        return false;
    };
    match edit.lines.as_slice() {
        [] => near.place != edit.place,
        [old, new] => {
            let old = old.strip_prefix('-');
            let lines = near.lines.iter().filter(|line| Some(line.as_str()) == old);
            near.place == edit.place && lines.count() == 1 && new.starts_with('+')
        }
        _ => false,
    }
}

#[test]
fn no_two_rules_share_a_small_positive() {
    for judged in alerts::all() {
        let mut rules = judged.rules.clone();
        rules.sort();
        rules.dedup();
        let is_small = judged.processes.len() < SHARED_PROCESSES_MIN;
        assert!(
            rules.len() < 2 || !is_small || !judged.kept.name.ends_with("/positive"),
            "{}: {} processes, {rules:?}",
            judged.kept.name,
            judged.processes.len()
        );
    }
}

/// A scenario is what its act file says: none is left over, and none is missing.
#[test]
fn every_act_is_recorded_and_every_recording_has_its_act() {
    let files = acts::all();
    let acts = files.iter().flat_map(|acts| {
        let of = acts.scenarios.iter();
        of.map(|act| format!("{}/{}", acts.name, act.name))
    });
    let mut acts: Vec<String> = acts.collect();
    acts.sort();
    let mut kept: Vec<String> = by_name().keys().map(|&name| name.to_owned()).collect();
    kept.sort();
    assert_eq!(acts, kept);
}
