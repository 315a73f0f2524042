//! Rules as a collector: each worker has a judge of its own, and the rules are shared.
//!
//! In: demanded events. Out: for each portion its alerts, in stream order and then rule order, and how often rules alerted.

use falco_rules::{RuleMatching, RuleSet};

use super::{Child, Collector, Judge, JudgeTally, Seen};
use crate::alert::Alert;
use crate::source::{Evidence, Source};

/// How many alerts a portion holds: some megabytes with the longest outputs.
const ALERTS_MAX: usize = 1_024;

/// What rules say of a portion.
pub struct Judged<'r> {
    /// The alerts, each with the number of its event.
    pub alerts: Vec<(u64, Alert<'r>)>,
    /// How often rules alerted.
    pub tally: JudgeTally,
}

/// Runs a rule set over events.
pub struct Alerts<'r> {
    rules: &'r RuleSet,
    source: &'r dyn Source,
    matching: RuleMatching,
}

impl<'r> Alerts<'r> {
    /// All alerts of these rules.
    #[must_use]
    pub fn new(rules: &'r RuleSet, source: &'r dyn Source, matching: RuleMatching) -> Self {
        Alerts {
            rules,
            source,
            matching,
        }
    }
}

impl<'r> Collector for Alerts<'r> {
    type Harvest = Judged<'r>;
    type Child<'c>
        = Judging<'r>
    where
        Self: 'c;

    fn child(&self) -> Judging<'r> {
        Judging {
            judge: Judge::new(self.rules, self.source, self.matching),
            alerts: Vec::new(),
        }
    }
}

/// One worker's judge.
pub struct Judging<'r> {
    judge: Judge<'r>,
    alerts: Vec<(u64, Alert<'r>)>,
}

impl Judging<'_> {
    /// Judges an event of whatever source, by the number that it has in its stream.
    pub fn judge(&mut self, number: u64, event: &impl Evidence) {
        let Self { judge, alerts } = self;
        judge.each(event, |alert| alerts.push((number, alert)));
    }
}

impl<'r> Child for Judging<'r> {
    type Harvest = Judged<'r>;

    fn event(&mut self, seen: &Seen<'_>) {
        self.judge(seen.number, seen);
    }

    fn is_full(&mut self) -> bool {
        self.alerts.len() >= ALERTS_MAX
    }

    fn harvest(&mut self) -> Option<Judged<'r>> {
        let tally = self.judge.take_tally();
        let alerts = std::mem::take(&mut self.alerts);
        (tally.judged > 0).then_some(Judged { alerts, tally })
    }
}
