//! Alerts with who did it and why the rule matched, as a collector of a pass.
//!
//! In: rules, and demanded events. Out: for each portion its alerts in the order of the stream.

use falco_rules::{RuleIndex, RuleMatching, RuleSet};

use crate::alert::Alert;
use crate::fields::SCHEMA;
use crate::pipeline::{Child, Collector, Judge, JudgeTally, Seen};
use crate::summary::Who;
use crate::why::{Explainer, brief_why};

/// How many alerts a portion holds: some megabytes with the longest outputs and reasons.
const ALERTS_MAX: usize = 512;

/// An alert with what a person asks next.
pub struct Explained<'r> {
    /// The alert.
    pub alert: Alert<'r>,
    /// The number of its event in its capture.
    pub number: u64,
    /// The rule's place in the rule set.
    pub rule: RuleIndex,
    /// Who did it, and the processes above.
    pub who: Option<Who>,
    /// What decided, a line each.
    pub why: Vec<String>,
}

/// What rules say of a portion.
pub struct Reported<'r> {
    /// The alerts.
    pub alerts: Vec<Explained<'r>>,
    /// How often rules alerted.
    pub tally: JudgeTally,
}

/// Runs rules over events, and explains each alert.
pub struct Reporting<'r> {
    /// The rules.
    pub rules: &'r RuleSet,
    /// Which of those that match an event alert.
    pub matching: RuleMatching,
}

impl<'r> Collector for Reporting<'r> {
    type Harvest = Reported<'r>;
    type Child<'c>
        = Telling<'r>
    where
        Self: 'c;

    fn child(&self) -> Telling<'r> {
        Telling {
            rules: self.rules,
            judge: Judge::new(self.rules, &SCHEMA, self.matching),
            explainer: Explainer::new(self.rules),
            alerts: Vec::new(),
        }
    }
}

/// One worker's part.
pub struct Telling<'r> {
    rules: &'r RuleSet,
    judge: Judge<'r>,
    explainer: Explainer<'r>,
    alerts: Vec<Explained<'r>>,
}

impl<'r> Child for Telling<'r> {
    type Harvest = Reported<'r>;

    fn event(&mut self, seen: &Seen<'_>) {
        let Self {
            rules,
            judge,
            explainer,
            alerts,
        } = self;
        judge.each(seen, |alert| {
            let places = (0..).map(RuleIndex).zip(rules.rules());
            let mut places = places.filter(|(_, rule)| std::ptr::eq(*rule, alert.rule));
            let Some((rule, _)) = places.next() else {
                return;
            };
            let why = explainer.why(rule, seen);
            // The first line names the event, which the alert does as well.
            let why = why.map_or_else(Vec::new, |why| brief_why(&why, rules));
            let why = why.into_iter().skip(1).map(|line| line.trim().to_owned());
            alerts.push(Explained {
                alert,
                number: seen.number,
                rule,
                who: Who::of(seen, true),
                why: why.collect(),
            });
        });
    }

    fn is_full(&mut self) -> bool {
        self.alerts.len() >= ALERTS_MAX
    }

    fn harvest(&mut self) -> Option<Reported<'r>> {
        let tally = self.judge.take_tally();
        let alerts = std::mem::take(&mut self.alerts);
        (tally.judged > 0).then_some(Reported { alerts, tally })
    }
}
