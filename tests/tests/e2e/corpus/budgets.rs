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

/// Names that figures are asked for which take minutes.
const FIGURES: &str = "FALCO_FIGURES";

#[test]
fn the_scenarios_prove_the_rules() {
    if std::env::var_os(FIGURES).is_none() {
        let reason = format!("all mutants of all rules take minutes; {FIGURES}=1 tries them");
        return skipped("the_scenarios_prove_the_rules", &reason);
    }
    let corpus = root().join("corpus");
    let ran = analyze([
        "coverage",
        &*corpus.to_string_lossy(),
        "--mutate",
        "--format",
        "json",
    ]);
    ran.expect_code(0);
    let report: Json = serde_json::from_str(&ran.stdout).expect("JSON");
    let percent = |of: &str| report[of]["percent"].as_f64().expect("a figure");
    let (proven, noticed) = (percent("summary"), percent("mutation"));
    super::tell(&format!(
        "coverage: {proven:.1} % of the goals are proven, {noticed:.1} % of the mutants noticed"
    ));
    assert!(proven >= PROVEN_MIN, "{proven:.1} % proven");
    assert!(noticed >= NOTICED_MIN, "{noticed:.1} % noticed");
}
