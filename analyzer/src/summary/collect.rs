//! Alerts with who is behind them, as a collector of a pass.
//!
//! In: rules, and demanded events. Out: for each portion its alerts in the order of the stream, each with the process that did it.

use falco_format::UnixNanos;
use falco_rules::{RuleMatching, RuleSet};

use super::Who;
use crate::alert::Alert;
use crate::fields::SCHEMA;
use crate::pipeline::{Child, Collector, Judge, JudgeTally, Seen, TimeRange};

/// How many alerts a portion holds: some megabytes with the longest outputs.
const ALERTS_MAX: usize = 1_024;

/// What rules say of a portion.
pub struct Told<'r> {
    /// The alerts, with who is behind them.
    pub alerts: Vec<(Alert<'r>, Option<Who>)>,
    /// How often rules alerted.
    pub tally: JudgeTally,
    /// The times of the first and the last event that was judged, of those that have one.
    pub times: Option<TimeRange<UnixNanos>>,
}

/// Runs rules over events and tells who is behind their alerts.
pub struct Behind<'r> {
    /// The rules.
    pub rules: &'r RuleSet,
    /// Which of those that match an event alert.
    pub matching: RuleMatching,
}

impl<'r> Collector for Behind<'r> {
    type Harvest = Told<'r>;
    type Child<'c>
        = Telling<'r>
    where
        Self: 'c;

    fn child(&self) -> Telling<'r> {
        Telling {
            judge: Judge::new(self.rules, &SCHEMA, self.matching),
            alerts: Vec::new(),
            times: None,
        }
    }
}

/// One worker's part.
pub struct Telling<'r> {
    judge: Judge<'r>,
    alerts: Vec<(Alert<'r>, Option<Who>)>,
    times: Option<TimeRange<UnixNanos>>,
}

impl<'r> Child for Telling<'r> {
    type Harvest = Told<'r>;

    fn event(&mut self, seen: &Seen<'_>) {
        if seen.time.is_known() {
            self.times = Some(TimeRange::extended(self.times, seen.time, seen.time));
        }
        let Self { judge, alerts, .. } = self;
        judge.each(seen, |alert| alerts.push((alert, Who::of(seen, false))));
    }

    fn is_full(&mut self) -> bool {
        self.alerts.len() >= ALERTS_MAX
    }

    fn harvest(&mut self) -> Option<Told<'r>> {
        let tally = self.judge.take_tally();
        let alerts = std::mem::take(&mut self.alerts);
        let times = self.times.take();
        (tally.judged > 0).then_some(Told {
            alerts,
            tally,
            times,
        })
    }
}
