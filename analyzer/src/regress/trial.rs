//! A scenario whose expectations are held against other alerts than those that its rules give.
//!
//! In: a scenario and its rules; then, as often as one likes, alerts that some change of the rules would give. Out: what is
//! not as expected of them, by the very judgement that `test` makes. The captures are read by who asks.

use std::num::NonZeroUsize;

use falco_rules::{RuleMatching, RuleSet};

use super::expected::{self, ExpectedLine};
use super::names;
use super::observe::Watching;
use super::problem::CannotRun;
use super::run::{events_within, missing_evidence};
use super::scenario::{Matching, Scenario};
use super::verdict::{Amount, findings};
use super::window::Parts;
use crate::alert::Alert;
use crate::inputs::{Inputs, open_inputs_of};
use crate::pipeline::{Part, PassOptions, Tally};
use crate::sources::{Recording, SOURCES};

/// A scenario with its captures opened and what it expects read.
pub struct Trial<'s> {
    scenario: &'s Scenario,
    rules: &'s RuleSet,
    expected: Vec<ExpectedLine>,
    inputs: Inputs,
    parts: Parts,
    amount: Amount,
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

    /// Opens what a scenario names.
    ///
    /// # Errors
    /// When the scenario cannot be run.
    pub fn open(scenario: &'s Scenario, rules: &'s RuleSet) -> Result<Self, CannotRun> {
        let expected = scenario.golden.as_ref().map(expected::read).transpose()?;
        let expected = expected.unwrap_or_default();
        let problems = names::missing(rules, scenario, &expected);
        if !problems.is_empty() {
            let message = "the scenario names what is not there";
            return Err(CannotRun::of_problems(message, problems));
        }
        let inputs = open_inputs_of(SOURCES, &scenario.captures)
            .map_err(|error| CannotRun::from_error(&error))?;
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
        })
    }

    /// What is to be read.
    #[must_use]
    pub fn recordings(&self) -> Vec<(Recording<'_>, &Part)> {
        self.parts.of_each(&self.inputs.recordings())
    }

    /// Takes how much there was, for budgets, once it was read.
    ///
    /// # Errors
    /// When nothing was read, by which nothing is shown.
    pub fn read(&mut self, tally: &Tally, threads: NonZeroUsize) -> Result<(), CannotRun> {
        if tally.events == 0 {
            return Err(CannotRun::because(
                "the captures have no events: nothing could fire, and nothing be shown by that",
            ));
        }
        let mut budgets = self.scenario.budgets.iter();
        let counts_events = budgets.any(|budget| budget.per_million_events.is_some());
        let events = if counts_events && !self.parts.is_open() {
            let options = PassOptions {
                threads,
                ..PassOptions::default()
            };
            let counted = events_within(&self.parts, &self.inputs, &options);
            counted.map_err(|error| CannotRun::from_error(&error))?
        } else {
            tally.events
        };
        self.amount = Amount {
            events,
            duration_ns: self.parts.duration_ns.unwrap_or(0),
        };
        Ok(())
    }

    /// What is missing of captures that should be whole.
    #[must_use]
    pub fn evidence(&self, tally: &Tally) -> Option<String> {
        let completeness = self.parts.completeness(&self.inputs);
        missing_evidence(self.scenario, &completeness, tally)
    }

    /// What of these alerts is not as expected, a line each; alerts come with the numbers of their events.
    #[must_use]
    pub fn findings(&self, alerts: &[(u64, &Alert<'_>)]) -> Vec<String> {
        let mut watching = Watching::new(self.scenario, self.rules);
        for (number, alert) in alerts {
            watching.take(*number, alert);
        }
        let seen = watching.seen;
        let found = findings(
            self.scenario,
            self.rules,
            &self.expected,
            &seen,
            self.amount,
        );
        found.into_iter().map(|finding| finding.message).collect()
    }

    /// Whether these alerts are as expected.
    #[must_use]
    pub fn is_as_expected(&self, alerts: &[(u64, &Alert<'_>)]) -> bool {
        self.findings(alerts).is_empty()
    }
}
