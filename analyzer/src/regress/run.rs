//! Runs a scenario: the same pass and judge as replay, with expectations at the end.
//!
//! In: a scenario, and rules. Out: a report, or why it could not be run.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use falco_rules::RuleSet;

use super::problem::CannotRun;
use super::scenario::Scenario;
use super::trial::Trial;
use super::verdict::Finding;

/// What running a scenario gave.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it shows.
    pub description: String,
    /// What it is about.
    pub tags: Vec<String>,
    /// The ATT&CK techniques that it shows.
    pub techniques: Vec<String>,
    /// How many alerts came.
    pub alerts: u64,
    /// How many events were read.
    pub events: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What is not as expected, in the order of expectations.
    pub findings: Vec<Finding>,
    /// What is missing of the captures, where they should be whole.
    pub evidence: Option<String>,
}

/// What came of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is as expected.
    Passed,
    /// Something is not.
    Failed,
    /// Everything is as expected, but of evidence that is not whole: more may have happened.
    Inconclusive,
}

impl Report {
    /// What came of it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.findings.is_empty(), &self.evidence) {
            (false, _) => Verdict::Failed,
            (true, Some(_)) => Verdict::Inconclusive,
            (true, None) => Verdict::Passed,
        }
    }
}

/// Runs a scenario with its rules and compares. Why something is not as expected is not asked yet.
///
/// # Errors
/// When the scenario cannot be run; a difference is no error.
pub fn run_with(
    scenario: &Scenario,
    rules: &RuleSet,
    threads: NonZeroUsize,
) -> Result<Report, CannotRun> {
    let started = Instant::now();
    let mut trial = Trial::open(scenario, rules)?;
    let seen = trial.replay(threads)?;
    let findings = trial.judged(scenario, &seen);
    Ok(Report {
        description: scenario.description.clone(),
        tags: scenario.tags.clone(),
        techniques: scenario.techniques.clone(),
        alerts: seen.tally.alerts(),
        events: trial.events(),
        elapsed: started.elapsed(),
        findings,
        evidence: trial.evidence(),
    })
}
