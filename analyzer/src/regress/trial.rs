//! A scenario that is tried: its captures opened, what it names found, and its expectations held against alerts.
//!
//! In: a scenario and its rules. Out: what is not as expected of the alerts that its rules give (`replay`), or, as often as one likes, of those that some change of the rules would give; for these the captures are read by who asks.

use std::io;
use std::num::NonZeroUsize;

use falco_format::text::Lines;
use falco_rules::{RuleIndex, RuleMatching, RuleSet};

use super::count::events_within;
use super::expected::{self, ExpectedLine};
use super::observe::{Observation, Watching};
use super::problem::{CannotRun, Place};
use super::scenario::{Matching, Scenario};
use super::verdict::{Amount, Finding, Kind, findings};
use super::window::Parts;
use super::{names, nodes};
use crate::alert::Alert;
use crate::completeness::Evidence;
use crate::inputs::{Inputs, open_inputs_of};
use crate::pipeline::{Part, PassOptions, Tally};
use crate::sources::{Judgement, Recording, SOURCES};

/// A scenario with its captures opened and what it expects read.
pub struct Trial<'s> {
    scenario: &'s Scenario,
    rules: &'s RuleSet,
    expected: Vec<ExpectedLine>,
    inputs: Inputs,
    parts: Parts,
    amount: Amount,
    /// Whether nothing is missing of what was read.
    is_whole: bool,
    /// What is missing, where nothing should be.
    missing: Option<String>,
}

impl<'s> Trial<'s> {
    /// Which of the rules that match an event alert.
    #[must_use]
    pub fn matching(scenario: &Scenario) -> RuleMatching {
        match scenario.matching {
            Matching::First => RuleMatching::First,
            Matching::All => RuleMatching::All,
        }
    }

    /// Reads the golden alerts of a scenario, and opens what it names.
    ///
    /// # Errors
    /// When the scenario cannot be run.
    pub fn open(scenario: &'s Scenario, rules: &'s RuleSet) -> Result<Self, CannotRun> {
        let expected = scenario.golden.as_ref().map(expected::read).transpose()?;
        Self::expecting(scenario, rules, expected.unwrap_or_default())
    }

    /// Opens what a scenario names, with these golden alerts.
    pub(super) fn expecting(
        scenario: &'s Scenario,
        rules: &'s RuleSet,
        expected: Vec<ExpectedLine>,
    ) -> Result<Self, CannotRun> {
        let problems = names::missing(rules, scenario, &expected);
        if !problems.is_empty() {
            let message = "the scenario names what is not there";
            return Err(CannotRun::of_problems(message, problems));
        }
        let inputs = open_inputs_of(SOURCES, &scenario.captures)
            .map_err(|error| CannotRun::from_error(&error))?;
        nodes::admit(scenario, &inputs)?;
        let mut budgets = scenario.budgets.iter();
        let needs_duration = budgets.any(|budget| budget.per_hour.is_some());
        let parts = Parts::of(&scenario.window, &inputs.recordings(), needs_duration)?;
        Ok(Trial {
            scenario,
            rules,
            expected,
            inputs,
            parts,
            amount: Amount::default(),
            is_whole: false,
            missing: None,
        })
    }

    /// What is to be read.
    #[must_use]
    pub fn recordings(&self) -> Vec<(Recording<'_>, &Part)> {
        self.parts.of_each(&self.inputs.recordings())
    }

    /// Replays the captures with the scenario's own rules.
    pub(super) fn replay(&mut self, threads: NonZeroUsize) -> Result<Observation, CannotRun> {
        let matching = Self::matching(self.scenario);
        let judgement = Judgement::new(self.rules, matching, options(threads));
        let mut watching = Watching::new(self.scenario, self.rules);
        let tally = judgement
            .of(&self.recordings(), &|| true, &mut watching)
            .map_err(cannot_replay)?;
        self.settle(&tally, true, threads)?;
        Ok(watching.seen)
    }

    /// Takes how much there was, for budgets, once it was read; and how many events were shown to somebody.
    ///
    /// # Errors
    /// When nothing was read, by which nothing is shown.
    pub fn read(
        &mut self,
        tally: &Tally,
        judged: u64,
        threads: NonZeroUsize,
    ) -> Result<(), CannotRun> {
        let mut budgets = self.scenario.budgets.iter();
        let counts_events = budgets.any(|budget| budget.per_million_events.is_some());
        self.settle(tally, counts_events || judged == 0, threads)
    }

    /// Takes what there was. The events of a part are counted by one more reading, where somebody asks for their number.
    fn settle(
        &mut self,
        tally: &Tally,
        counts_part: bool,
        threads: NonZeroUsize,
    ) -> Result<(), CannotRun> {
        let is_log = |recording: &Recording<'_>| matches!(recording, Recording::Log(_));
        // What reads a log counts all of it and can count no part.
        let has_log = self.inputs.recordings().iter().any(is_log);
        let events = if counts_part && !self.parts.is_open() && !has_log {
            events_within(&self.parts, &self.inputs, &options(threads)).map_err(cannot_replay)?
        } else {
            tally.events
        };
        if events == 0 {
            return Err(CannotRun::because(
                "the captures have no events, or none of that time: nothing could fire, and nothing be shown by that",
            ));
        }
        let completeness = self.parts.completeness(&self.inputs);
        self.is_whole = completeness.evidence(tally) == Evidence::Whole;
        self.missing = (self.scenario.complete && !self.is_whole).then(|| {
            let mut text = Lines::new();
            text.line("the capture must be complete, and is not");
            completeness.push(tally, &mut text);
            text.as_str().trim_end().to_owned()
        });
        self.amount = Amount {
            events,
            duration_ns: self.parts.duration_ns.unwrap_or(0),
        };
        Ok(())
    }

    /// How many events were read.
    pub(super) fn events(&self) -> u64 {
        self.amount.events
    }

    /// What is missing of captures that should be whole, once they were read.
    #[must_use]
    pub fn evidence(&self) -> Option<String> {
        self.missing.clone()
    }

    /// Begins to take alerts.
    #[must_use]
    pub fn watch(&self) -> Watched<'s> {
        Watched(Watching::new(self.scenario, self.rules))
    }

    /// Of how many alerts expectations may still tell one more: whatever is counted beyond it decides nothing but budgets.
    #[must_use]
    pub fn most_expected(&self) -> u64 {
        let expectations = self.scenario.expectations.iter();
        let each = expectations.map(|one| one.times.most.unwrap_or(0).max(one.times.least));
        each.max().unwrap_or(0)
    }

    /// What of these alerts is not as expected, a line each.
    #[must_use]
    pub fn findings(&self, Watched(watching): &Watched<'_>) -> Vec<String> {
        let found = self.judged(self.scenario, &watching.seen).into_iter();
        found.map(|finding| finding.message).collect()
    }

    /// Everything of what was seen that is not as a scenario of the same captures expects.
    pub(super) fn judged(&self, scenario: &Scenario, seen: &Observation) -> Vec<Finding> {
        let mut found = findings(scenario, self.rules, &self.expected, seen, self.amount);
        if !scenario.complete && self.is_whole {
            found.push(not_incomplete(scenario));
        }
        found
    }
}

/// How captures are read: all of what is asked for.
pub(super) fn options(threads: NonZeroUsize) -> PassOptions {
    PassOptions {
        threads,
        ..PassOptions::default()
    }
}

/// Why a reading failed.
#[expect(
    clippy::needless_pass_by_value,
    reason = "errors are mapped by it as they come"
)]
pub(crate) fn cannot_replay(error: io::Error) -> CannotRun {
    CannotRun::because(format!("cannot replay the capture: {error}"))
}

fn not_incomplete(scenario: &Scenario) -> Finding {
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

/// Alerts of a scenario, taken one after the other.
pub struct Watched<'s>(Watching<'s>);

impl Watched<'_> {
    /// Takes an alert of a rule, with the number of its event.
    pub fn take(&mut self, rule: RuleIndex, number: u64, alert: &Alert<'_>) {
        self.0.take(number, alert);
        self.count(rule, 1);
    }

    /// Counts alerts of which nothing else is known, for budgets.
    pub fn count(&mut self, rule: RuleIndex, times: u64) {
        let by_rule = &mut self.0.seen.tally.by_rule;
        if let Some(sum) = by_rule.get_mut(rule.0 as usize) {
            *sum = sum.saturating_add(times);
        }
    }

    /// How many alerts are of those that an expectation wants to come.
    #[must_use]
    pub fn meant(&self) -> u64 {
        let met = self.0.scenario.expectations.iter().zip(&self.0.seen.met);
        let wanted = met.filter(|(expectation, _)| expectation.times.least > 0);
        wanted.map(|(_, met)| met.met.times).sum()
    }
}
