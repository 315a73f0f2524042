//! Runs a scenario: the same pass and judge as replay, with expectations at the end.
//!
//! In: a scenario, and rules. Out: a report, or why it could not be run.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use falco_format::Block;
use falco_format::text::Lines;
use falco_rules::{RuleMatching, RuleSet};

use super::expected::{self, ExpectedLine};
use super::observe::{Observation, Watching};
use super::problem::{CannotRun, Place};
use super::scenario::{Matching, Scenario};
use super::verdict::{Amount, Finding, Kind, findings};
use super::window::Parts;
use super::{names, nodes};
use crate::completeness::{Completeness, Evidence};
use crate::inputs::{Inputs, open_inputs_of};
use crate::pipeline::{
    Child, Collector, Demand, Flow, Interest, PassOptions, Seen, Shown, Sink, Tally, collect,
};
use crate::sources::{Judgement, Recording, SOURCES};

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
    let expected = scenario.golden.as_ref().map(expected::read).transpose()?;
    let expected = expected.unwrap_or_default();
    let ran = observe(scenario, rules, &expected, threads)?;
    let findings = judged(scenario, rules, &expected, &ran);
    let evidence = evidence(scenario, &ran);
    Ok(Report {
        description: scenario.description.clone(),
        tags: scenario.tags.clone(),
        techniques: scenario.techniques.clone(),
        alerts: ran.seen.tally.alerts(),
        events: ran.amount.events,
        elapsed: started.elapsed(),
        findings,
        evidence,
    })
}

/// Everything that is not as expected of what was seen.
pub(super) fn judged(
    scenario: &Scenario,
    rules: &RuleSet,
    expected: &[ExpectedLine],
    ran: &Ran,
) -> Vec<Finding> {
    let mut findings = findings(scenario, rules, expected, &ran.seen, ran.amount);
    if !scenario.complete && ran.evidence() == Evidence::Whole {
        findings.push(not_incomplete(scenario));
    }
    findings
}

/// What was seen of a scenario's captures.
pub(super) struct Ran {
    pub(super) seen: Observation,
    pub(super) tally: Tally,
    pub(super) completeness: Completeness,
    amount: Amount,
}

impl Ran {
    pub(super) fn evidence(&self) -> Evidence {
        self.completeness.evidence(&self.tally)
    }
}

pub(super) fn options(threads: NonZeroUsize) -> PassOptions {
    PassOptions {
        threads,
        ..PassOptions::default()
    }
}

/// What is missing of captures that should be whole.
pub(super) fn evidence(scenario: &Scenario, ran: &Ran) -> Option<String> {
    missing_evidence(scenario, &ran.completeness, &ran.tally)
}

/// The same of a reading.
pub(super) fn missing_evidence(
    scenario: &Scenario,
    completeness: &Completeness,
    tally: &Tally,
) -> Option<String> {
    if !scenario.complete || completeness.evidence(tally) == Evidence::Whole {
        return None;
    }
    let mut text = Lines::new();
    text.line("the capture must be complete, and is not");
    completeness.push(tally, &mut text);
    Some(text.as_str().trim_end().to_owned())
}

pub(super) fn not_incomplete(scenario: &Scenario) -> Finding {
    Finding {
        kind: Kind::Evidence,
        message: "the capture must be incomplete, but nothing is missing".to_owned(),
        details: Vec::new(),
        place: Place::of_line(&scenario.file, 1),
        rule: None,
        difference: None,
        events: Vec::new(),
        why: Vec::new(),
    }
}

/// Replays a scenario's captures.
pub(super) fn observe(
    scenario: &Scenario,
    rules: &RuleSet,
    expected: &[ExpectedLine],
    threads: NonZeroUsize,
) -> Result<Ran, CannotRun> {
    let problems = names::missing(rules, scenario, expected);
    if !problems.is_empty() {
        let message = "the scenario names what is not there";
        return Err(CannotRun::of_problems(message, problems));
    }
    let inputs = open_inputs_of(SOURCES, &scenario.captures)
        .map_err(|error| CannotRun::from_error(&error))?;
    nodes::admit(scenario, &inputs)?;
    let matching = match scenario.matching {
        Matching::First => RuleMatching::First,
        Matching::All => RuleMatching::All,
    };
    let options = options(threads);
    let needs_duration = scenario
        .budgets
        .iter()
        .any(|budget| budget.per_hour.is_some());
    let recordings = inputs.recordings();
    let parts = Parts::of(&scenario.window, &recordings, needs_duration)?;
    let judgement = Judgement::new(rules, matching, options.clone());
    let mut watching = Watching::new(scenario, rules);
    let cannot_replay =
        |error: std::io::Error| CannotRun::because(format!("cannot replay the capture: {error}"));
    let of_each = parts.of_each(&recordings);
    let tally = judgement
        .of(&of_each, &|| true, &mut watching)
        .map_err(cannot_replay)?;
    let is_log = |recording: &Recording<'_>| matches!(recording, Recording::Log(_));
    // A part is read from a snapshot in front of it on, and who is told of events is told of those of the part.
    // What reads a log counts all of it and can count no part.
    let is_counted = !parts.is_open() && !recordings.iter().any(is_log);
    let events = if is_counted {
        events_within(&parts, &inputs, &options).map_err(cannot_replay)?
    } else {
        tally.events
    };
    if events == 0 {
        return Err(CannotRun::because(
            "the captures have no events, or none of that time: nothing could fire, and nothing be shown by that",
        ));
    }
    Ok(Ran {
        seen: watching.seen,
        completeness: parts.completeness(&inputs),
        amount: Amount {
            events,
            duration_ns: parts.duration_ns.unwrap_or(0),
        },
        tally,
    })
}

/// How many events a part of captures has: a reading begins before it, with what state rests on, and counts that too.
pub(super) fn events_within(
    parts: &Parts,
    inputs: &Inputs,
    options: &PassOptions,
) -> std::io::Result<u64> {
    let demand = Demand::new(Shown::Every, []);
    let mut counted = Counted(0);
    for (recording, part) in parts.of_each(&inputs.recordings()) {
        if let Recording::Capture(input) = recording {
            let options = PassOptions {
                part: part.clone(),
                ..options.clone()
            };
            collect(input, &demand, options, &Count, &mut counted)?;
        }
    }
    Ok(counted.0)
}

/// Counts events.
struct Count;

struct Counting(u64);

struct Counted(u64);

impl Collector for Count {
    type Harvest = u64;
    type Child<'c> = Counting;

    fn child(&self) -> Counting {
        Counting(0)
    }
}

impl Child for Counting {
    type Harvest = u64;

    fn event(&mut self, _: &Seen<'_>) {
        self.0 += 1;
    }

    fn harvest(&mut self) -> Option<u64> {
        Some(std::mem::take(&mut self.0))
    }
}

impl Sink<u64> for Counted {
    fn block(&mut self, _: &Block) -> Interest {
        Interest::Rows
    }

    fn harvest(&mut self, events: u64) -> std::io::Result<Flow> {
        self.0 = self.0.saturating_add(events);
        Ok(Flow::Continue)
    }
}
