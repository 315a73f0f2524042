//! A scenario whose expectations are held against other alerts than those that its rules give.
//!
//! In: a scenario and its rules; then, as often as one likes, alerts that some change of the rules would give. Out: what is
//! not as expected of them, by the very judgement that `test` makes. The captures are read by who asks.

use std::num::NonZeroUsize;

use falco_rules::{RuleIndex, RuleMatching, RuleSet};

use super::expected::{self, ExpectedLine};
use super::observe::Watching;
use super::problem::CannotRun;
use super::run::{events_within, missing_evidence, not_incomplete};
use super::scenario::{Matching, Scenario};
use super::verdict::{Amount, findings};
use super::window::Parts;
use super::{names, nodes};
use crate::alert::Alert;
use crate::completeness::Evidence;
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
    /// Whether nothing is missing of what was read.
    is_whole: bool,
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
        })
    }

    /// What is to be read.
    #[must_use]
    pub fn recordings(&self) -> Vec<(Recording<'_>, &Part)> {
        self.parts.of_each(&self.inputs.recordings())
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
        // A part is read from a snapshot in front of it on, whose events are counted too.
        let events = if !self.parts.is_open() && (counts_events || judged == 0) {
            let options = PassOptions {
                threads,
                ..PassOptions::default()
            };
            let counted = events_within(&self.parts, &self.inputs, &options);
            counted.map_err(|error| CannotRun::from_error(&error))?
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
        let mut found = findings(
            self.scenario,
            self.rules,
            &self.expected,
            &watching.seen,
            self.amount,
        );
        if !self.scenario.complete && self.is_whole {
            found.push(not_incomplete(self.scenario));
        }
        found.into_iter().map(|finding| finding.message).collect()
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
