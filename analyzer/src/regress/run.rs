//! Runs a scenario: the same pass and judge as replay, with expectations at the end.
//!
//! In: a scenario. Out: a report, or why it could not be run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use falco_format::text::{Lines, json_text};
use falco_rules::{RuleMatching, RuleSet, Selection};

use super::{
    Difference, ExpectedAlert, Matching, Scenario, ScenarioError, compare, golden, selections,
};
use crate::alert::Alert;
use crate::completeness::{Completeness, Evidence};
use crate::inputs::{InputError, open_inputs_of};
use crate::pipeline::{Flow, Judged, Part, PassOptions, Sink, Tally};
use crate::rule_files::load_rule_files;
use crate::sources::{Judgement, SOURCES, schemas};
use crate::time::iso;

/// What running a scenario gave.
#[derive(Clone, Debug)]
pub struct Report {
    /// The scenario's name.
    pub name: String,
    /// What it shows.
    pub description: String,
    /// How many alerts came.
    pub alerts: usize,
    /// How many events were read.
    pub events: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a scenario.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Exactly the expected alerts.
    Passed,
    /// Others.
    Differs {
        /// How they differ, in order.
        differences: Vec<Difference>,
        /// Why the evidence is not as the scenario says it is, if it is not.
        evidence: Option<String>,
    },
    /// Exactly the expected alerts, but of evidence that is not whole: others may be missing.
    Inconclusive {
        /// What is missing.
        evidence: String,
    },
}

/// Why a scenario could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RegressError {
    /// The scenario cannot be read.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The scenario, or one of its expected alerts, names what is not there.
    #[error("{0}")]
    SelectsNothing(String),
    /// The capture cannot be opened.
    #[error(transparent)]
    Capture(#[from] InputError),
    /// The replay ended early.
    #[error("cannot replay the capture")]
    Replay(#[source] io::Error),
    /// The rules have errors.
    #[error("the rules do not load\n{0}")]
    Rules(String),
    /// The expected alerts cannot be read or written.
    #[error("cannot read or write the expected alerts {}", path.display())]
    Expected {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There are no expected alerts yet.
    #[error("{} does not exist: run with --bless to write the alerts that come as the ones expected", path.display())]
    NothingExpected {
        /// The file.
        path: PathBuf,
    },
    /// A line of the expected alerts is none.
    #[error("{}:{line}: not an expected alert", path.display())]
    ExpectedLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// Runs a scenario and compares.
///
/// # Errors
/// When the scenario cannot be run; a difference is no error.
pub fn run_scenario(scenario: &Scenario, threads: NonZeroUsize) -> Result<Report, RegressError> {
    let started = Instant::now();
    let expected = read_expected(scenario)?;
    let (observed, tally, completeness) = observe(scenario, &expected, threads)?;
    let differences = compare(&expected, &observed);
    let verdict = verdict(scenario, differences, &tally, &completeness);
    Ok(Report {
        name: scenario.name.clone(),
        description: scenario.description.clone(),
        alerts: observed.len(),
        events: tally.events,
        elapsed: started.elapsed(),
        verdict,
    })
}

fn verdict(
    scenario: &Scenario,
    differences: Vec<Difference>,
    tally: &Tally,
    completeness: &Completeness,
) -> Verdict {
    let is_whole = completeness.evidence(tally) == Evidence::Whole;
    let evidence = match (scenario.complete, is_whole) {
        (true, false) => {
            let mut text = Lines::new();
            text.line("the capture must be complete, and is not");
            completeness.push(tally, &mut text);
            Some(text.as_str().trim_end().to_owned())
        }
        (false, true) => Some("the capture must be incomplete, but nothing is missing".to_owned()),
        _ => None,
    };
    match evidence {
        None if differences.is_empty() => Verdict::Passed,
        // What came is what was expected; whether more would have come, nobody knows.
        Some(evidence) if differences.is_empty() && scenario.complete => {
            Verdict::Inconclusive { evidence }
        }
        evidence => Verdict::Differs {
            differences,
            evidence,
        },
    }
}

/// Replays a scenario and writes what came as what is expected. Returns how many alerts came.
///
/// # Errors
/// When the scenario cannot be run or the file cannot be written.
pub fn bless(scenario: &Scenario, threads: NonZeroUsize) -> Result<usize, RegressError> {
    let (observed, ..) = observe(scenario, &[], threads)?;
    let mut text = String::new();
    for alert in &observed {
        let line = serde_json::to_string(alert)
            .map_err(|error| failed(scenario, io::Error::other(error)))?;
        text.push_str(&json_text(&line));
        text.push('\n');
    }
    golden::write(&scenario.directory, &scenario.expected_name, &text)
        .map_err(|source| failed(scenario, source))?;
    Ok(observed.len())
}

fn failed(scenario: &Scenario, source: io::Error) -> RegressError {
    RegressError::Expected {
        path: scenario.expected.clone(),
        source,
    }
}

fn read_expected(scenario: &Scenario) -> Result<Vec<ExpectedAlert>, RegressError> {
    let path = &scenario.expected;
    let text = fs::read_to_string(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => RegressError::NothingExpected { path: path.clone() },
        _ => failed(scenario, source),
    })?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let parsed = lines.map(|(index, line)| {
        serde_json::from_str(line).map_err(|source| RegressError::ExpectedLine {
            path: scenario.expected.clone(),
            line: index + 1,
            source,
        })
    });
    parsed.collect()
}

fn observe(
    scenario: &Scenario,
    expected: &[ExpectedAlert],
    threads: NonZeroUsize,
) -> Result<(Vec<ExpectedAlert>, Tally, Completeness), RegressError> {
    let rules = load(scenario)?;
    if let Some(words) = selections::missing(&rules, &scenario.fields, expected) {
        return Err(RegressError::SelectsNothing(words));
    }
    let inputs = open_inputs_of(SOURCES, &[&scenario.capture])?;
    let completeness = Completeness::of(&inputs);
    let matching = match scenario.matching {
        Matching::First => RuleMatching::First,
        Matching::All => RuleMatching::All,
    };
    let options = PassOptions {
        threads,
        ..PassOptions::default()
    };
    let judgement = Judgement::new(&rules, matching, options);
    let mut compared = Compared {
        scenario,
        alerts: Vec::new(),
    };
    let whole = Part::whole();
    let recordings = inputs.recordings();
    let recordings: Vec<_> = recordings.into_iter().map(|one| (one, &whole)).collect();
    let tally = judgement
        .of(&recordings, &|| true, &mut compared)
        .map_err(RegressError::Replay)?;
    Ok((compared.alerts, tally, completeness))
}

fn load(scenario: &Scenario) -> Result<RuleSet, RegressError> {
    let mut selection = Selection::default();
    if let Some(priority) = scenario.priority {
        selection = selection.at_least(priority);
    }
    let loaded = load_rule_files(&schemas(SOURCES), &scenario.rules, &selection);
    let text = falco_rules::render(&loaded.diagnostics(), false);
    loaded.rules.ok_or(RegressError::Rules(text))
}

/// The alerts with what a scenario compares.
struct Compared<'s> {
    scenario: &'s Scenario,
    alerts: Vec<ExpectedAlert>,
}

impl Sink<Judged<'_>> for Compared<'_> {
    fn harvest(&mut self, judged: Judged<'_>) -> io::Result<Flow> {
        let alerts = judged.alerts.iter();
        let compared = alerts.map(|(_, alert)| as_compared(self.scenario, alert));
        self.alerts.extend(compared);
        Ok(Flow::Continue)
    }
}

/// The alert with what the scenario compares, and nothing else. A chosen field that the rule's output lacks is left out.
fn as_compared(scenario: &Scenario, alert: &Alert<'_>) -> ExpectedAlert {
    let chosen = alert
        .fields
        .iter()
        .filter(|(key, _)| scenario.fields.contains(key));
    let output_fields: BTreeMap<_, _> = chosen.cloned().collect();
    ExpectedAlert {
        rule: alert.rule.name.clone(),
        priority: alert.rule.priority.to_string(),
        time: scenario.compares_time.then(|| iso(alert.time)),
        thread: alert.thread.filter(|_| scenario.compares_thread),
        output_fields,
    }
}
