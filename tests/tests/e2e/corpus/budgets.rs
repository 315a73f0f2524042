//! What the corpus costs and what it is worth: bytes, false alarms on honest days, and what the scenarios prove of the rules.

use super::alerts::{self, Judged};
use super::kept;
use crate::programs::{analyze, root};
use crate::skip::skipped;
use serde_json::Value as Json;

/// How many bytes the capture of a scenario may have: what one reads over in a review of a change.
const SCENARIO_BYTES_MAX: u64 = 300 << 10;
/// How many bytes the whole corpus may have: a clone of the repository must stay quick.
const CORPUS_BYTES_MAX: u64 = 10 << 20;
/// How many scenarios there are at least.
const SCENARIOS_MIN: usize = 40;
/// How many alerts the baselines may give in sum, for a million of their events.
const FALSE_ALARMS_PER_MILLION_MAX: u64 = 5;
/// How many baselines there are at least: a build, packages, a web server, logins, cron, a database.
const BASELINES_MIN: usize = 6;
/// How many of a hundred goals of the rules' coverage are proven at least.
const PROVEN_MIN: f64 = 90.0;
/// How many of a hundred alternatives of the rules an alert came by at least.
const ALTERNATIVES_MIN: usize = 90;
/// How many of a hundred mutants an expectation notices at least.
const NOTICED_MIN: f64 = 80.0;

#[test]
fn scenarios_are_small_and_many() {
    let scenarios = kept::all();
    let sizes: Vec<u64> = scenarios.iter().map(kept::Kept::size).collect();
    for (scenario, size) in scenarios.iter().zip(&sizes) {
        assert!(
            *size <= SCENARIO_BYTES_MAX,
            "{}: {size} bytes",
            scenario.name
        );
    }
    let whole = kept::size_of(&root().join("corpus"));
    assert!(whole <= CORPUS_BYTES_MAX, "{whole} bytes in all");
    assert!(
        scenarios.len() >= SCENARIOS_MIN,
        "{} scenarios",
        scenarios.len()
    );
    super::tell(&format!(
        "corpus: {} scenarios, captures of {} bytes at most, {whole} bytes in all",
        scenarios.len(),
        sizes.iter().max().copied().unwrap_or(0)
    ));
}

#[test]
fn honest_days_give_few_alerts() {
    let is_baseline = |judged: &&Judged| judged.kept.name.starts_with("baseline-");
    let baselines: Vec<_> = alerts::all().iter().filter(is_baseline).collect();
    assert!(
        baselines.len() >= BASELINES_MIN,
        "{} baselines",
        baselines.len()
    );
    let events: u64 = baselines.iter().map(|judged| judged.events).sum();
    let alerts: u64 = baselines
        .iter()
        .map(|judged| judged.rules.len() as u64)
        .sum();
    super::tell(&format!(
        "baselines: {alerts} alerts on {events} events of {} days; at most {FALSE_ALARMS_PER_MILLION_MAX} per million",
        baselines.len()
    ));
    assert!(
        alerts * 1_000_000 <= FALSE_ALARMS_PER_MILLION_MAX * events,
        "{alerts} alerts"
    );
}

/// What `falco-analyze coverage` says of the corpus.
fn coverage(options: &[&str]) -> Json {
    let corpus = root().join("corpus");
    let corpus = corpus.to_string_lossy();
    let asked = ["coverage", &*corpus, "--format", "json"];
    let ran = analyze(asked.iter().chain(options));
    ran.expect_code(0);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

/// How many of a hundred something is.
fn share(of: &Json) -> f64 {
    of["percent"].as_f64().expect("a figure")
}

#[test]
fn the_scenarios_prove_the_rules() {
    let report = coverage(&[]);
    let proven = share(&report["summary"]);
    let items = report["items"].as_array().expect("items").iter();
    let parts = items.filter_map(|item| item["parts"].as_array()).flatten();
    let came_by: Vec<bool> = parts
        .filter(|part| part["kind"] == "alternative")
        .map(|part| part["proven_held"].as_u64() > Some(0))
        .collect();
    let held = came_by.iter().filter(|held| **held).count();
    let alternatives = came_by.len();
    super::tell(&format!(
        "coverage: {proven:.1} % of the goals are proven; alerts came by {held} of {alternatives} alternatives"
    ));
    assert!(proven >= PROVEN_MIN, "{proven:.1} % proven");
    assert!(
        held * 100 >= ALTERNATIVES_MIN * alternatives,
        "alerts came by {held} of {alternatives} alternatives"
    );
}

/// The name of the variable by which figures are asked for that take minutes.
const FIGURES: &str = "FALCO_FIGURES";

#[test]
fn expectations_notice_changes_of_the_rules() {
    if std::env::var_os(FIGURES).is_none() {
        let reason = format!("all mutants of all rules take minutes; {FIGURES}=1 tries them");
        return skipped("expectations_notice_changes_of_the_rules", &reason);
    }
    let report = coverage(&["--mutate"]);
    let noticed = share(&report["mutation"]);
    super::tell(&format!("mutants: {noticed:.1} % are noticed"));
    assert!(noticed >= NOTICED_MIN, "{noticed:.1} % noticed");
}
