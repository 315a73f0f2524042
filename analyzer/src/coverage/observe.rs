//! What a capture's events answer, by rule: the first reading of a scenario.
//!
//! In: demanded events of a capture. Out: patterns of answers, and the alerts, held against what the scenario expects.

use std::io;

use falco_rules::{Coverer, Covering, Observed, RuleIndex, RuleMatching, RuleSet};

use crate::alert::Alert;
use crate::fields::SCHEMA;
use crate::pipeline::{Child, Collector, Flow, Judge, Seen, Sink};
use crate::regress::Watched;

/// How many alerts a portion holds: some megabytes with the longest outputs.
const ALERTS_MAX: usize = 1_024;

/// Rules that are observed.
pub(super) struct Observing<'o, 'r> {
    pub(super) rules: &'r RuleSet,
    pub(super) covering: &'o Covering<'r>,
}

/// What one portion gave.
pub(super) struct Portion<'r> {
    observed: Observed,
    judged: u64,
    alerts: Vec<(RuleIndex, u64, Alert<'r>)>,
}

impl<'r> Collector for Observing<'_, 'r> {
    type Harvest = Portion<'r>;
    type Child<'c>
        = OneObserving<'c, 'r>
    where
        Self: 'c;

    fn child(&self) -> OneObserving<'_, 'r> {
        OneObserving {
            coverer: self.covering.coverer(),
            // It is told which rules alert, and makes their alerts alone.
            judge: Judge::new(self.rules, &SCHEMA, RuleMatching::All),
            matches: Vec::new(),
            judged: 0,
            alerts: Vec::new(),
        }
    }
}

/// One worker's part.
pub(super) struct OneObserving<'c, 'r> {
    coverer: Coverer<'c>,
    judge: Judge<'r>,
    matches: Vec<RuleIndex>,
    judged: u64,
    alerts: Vec<(RuleIndex, u64, Alert<'r>)>,
}

impl<'r> Child for OneObserving<'_, 'r> {
    type Harvest = Portion<'r>;

    fn event(&mut self, seen: &Seen<'_>) {
        self.matches.clear();
        self.coverer.observe(seen.context, &mut self.matches);
        self.judged += 1;
        for rule in &self.matches {
            if let Some(alert) = self.judge.alert(*rule, seen) {
                self.alerts.push((*rule, seen.number, alert));
            }
        }
    }

    fn is_full(&mut self) -> bool {
        self.coverer.is_full() || self.alerts.len() >= ALERTS_MAX
    }

    fn harvest(&mut self) -> Option<Portion<'r>> {
        Some(Portion {
            observed: self.coverer.take(),
            judged: std::mem::take(&mut self.judged),
            alerts: std::mem::take(&mut self.alerts),
        })
    }
}

/// What all portions gave.
pub(super) struct Observations<'s> {
    pub(super) observed: Observed,
    /// Events that were shown.
    pub(super) judged: u64,
    pub(super) alerts: u64,
    pub(super) watched: Watched<'s>,
}

impl Sink<Portion<'_>> for Observations<'_> {
    fn harvest(&mut self, portion: Portion<'_>) -> io::Result<Flow> {
        self.observed.add(&portion.observed);
        self.judged += portion.judged;
        self.alerts += portion.alerts.len() as u64;
        for (rule, number, alert) in &portion.alerts {
            self.watched.take(*rule, *number, alert);
        }
        Ok(Flow::Continue)
    }
}
