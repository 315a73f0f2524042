//! What a capture's events answer, by rule: the first reading of a scenario.
//!
//! In: demanded events of a capture. Out: patterns of answers, and how often rules alerted.

use std::io;

use falco_rules::{Coverer, Covering, Observed, RuleIndex};

use crate::pipeline::{Child, Collector, Flow, Seen, Sink};

/// Rules that are observed.
pub(super) struct Observing<'c>(pub(super) &'c Covering<'c>);

/// What one portion gave.
pub(super) struct Portion {
    observed: Observed,
    alerts: u64,
}

impl Collector for Observing<'_> {
    type Harvest = Portion;
    type Child<'c>
        = OneObserving<'c>
    where
        Self: 'c;

    fn child(&self) -> OneObserving<'_> {
        OneObserving {
            coverer: self.0.coverer(),
            matches: Vec::new(),
            alerts: 0,
        }
    }
}

/// One worker's part.
pub(super) struct OneObserving<'c> {
    coverer: Coverer<'c>,
    matches: Vec<RuleIndex>,
    alerts: u64,
}

impl Child for OneObserving<'_> {
    type Harvest = Portion;

    fn event(&mut self, seen: &Seen<'_>) {
        self.matches.clear();
        self.coverer.observe(seen.context, &mut self.matches);
        self.alerts += self.matches.len() as u64;
    }

    fn is_full(&mut self) -> bool {
        self.coverer.is_full()
    }

    fn harvest(&mut self) -> Option<Portion> {
        Some(Portion {
            observed: self.coverer.take(),
            alerts: std::mem::take(&mut self.alerts),
        })
    }
}

/// What all portions gave.
#[derive(Default)]
pub(super) struct Observations {
    pub(super) observed: Observed,
    pub(super) alerts: u64,
}

impl Sink<Portion> for Observations {
    fn harvest(&mut self, portion: Portion) -> io::Result<Flow> {
        self.observed.add(&portion.observed);
        self.alerts += portion.alerts;
        Ok(Flow::Continue)
    }
}
