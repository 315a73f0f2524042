//! What rules say of a scenario's captures, kept as far as its expectations ask.
//!
//! In: alerts, one after the other. Out: counts with examples for each expectation, and the alerts themselves where they are compared with golden ones.
//! A rule that went wild may give millions of alerts, of which expectations need the number and the first few.

use std::collections::BTreeMap;
use std::io;

use falco_format::{BootId, UnixNanos};
use falco_rules::RuleSet;
use serde_json::Value as Json;

use super::compare::ExpectedAlert;
use super::expectation::Observed;
use super::scenario::{Golden, Scenario};
use crate::alert::{Alert, evidence};
use crate::pipeline::{Flow, JudgeTally, Judged, Sink};
use crate::time::iso;

/// How many alerts of a kind are kept: nobody looks at more examples of one thing.
const EXAMPLES_MAX: usize = 3;

/// The event of an alert, as far as it takes to find it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventName {
    /// Its number in its capture.
    pub number: u64,
    /// When it ended.
    pub time: UnixNanos,
    /// The boot that it is of.
    pub boot: Option<BootId>,
}

/// An alert that came.
#[derive(Clone, Debug)]
pub struct SeenAlert {
    /// Its event.
    pub event: EventName,
    /// Its rule's name.
    pub rule: String,
    /// Its rule's priority.
    pub priority: String,
    /// The thread.
    pub thread: Option<u32>,
    /// What the rule says.
    pub message: String,
    /// The fields of the output, without those of the evidence.
    pub fields: BTreeMap<String, Json>,
}

/// How many alerts there were of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    pub(super) times: u64,
    pub(super) examples: Vec<SeenAlert>,
}

impl Count {
    fn add(&mut self, number: u64, alert: &Alert<'_>) {
        self.times += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(SeenAlert::of(number, alert));
        }
    }
}

/// What came of one expectation.
#[derive(Clone, Debug, Default)]
pub(super) struct Met {
    /// Alerts as they are meant.
    pub(super) met: Count,
    /// Alerts of the rule that are not, with what is other.
    pub(super) near: Vec<(SeenAlert, Vec<String>)>,
    pub(super) near_times: u64,
}

/// What came.
pub(super) struct Observation {
    /// Golden alerts with what the scenario compares, and their events.
    pub(super) golden: Vec<(ExpectedAlert, EventName)>,
    /// By expectation.
    pub(super) met: Vec<Met>,
    /// Alerts that nobody asked for, by rule.
    pub(super) others: BTreeMap<String, Count>,
    /// Alerts by rule, in place order.
    pub(super) tally: JudgeTally,
    /// The first alerts of each rule, where there is a budget.
    pub(super) by_rule: BTreeMap<String, Count>,
}

/// Takes the alerts of a scenario.
pub(super) struct Watching<'s> {
    pub(super) scenario: &'s Scenario,
    pub(super) seen: Observation,
}

impl<'s> Watching<'s> {
    pub(super) fn new(scenario: &'s Scenario, rules: &RuleSet) -> Self {
        Watching {
            scenario,
            seen: Observation {
                golden: Vec::new(),
                met: vec![Met::default(); scenario.expectations.len()],
                others: BTreeMap::new(),
                tally: JudgeTally::of(rules),
                by_rule: BTreeMap::new(),
            },
        }
    }

    pub(super) fn take(&mut self, number: u64, alert: &Alert<'_>) {
        let Self { scenario, seen } = self;
        if let Some(golden) = &scenario.golden {
            let compared = as_compared(golden, alert);
            seen.golden.push((compared, EventName::of(number, alert)));
        }
        let observed = Observed {
            rule: &alert.rule.name,
            priority: alert.rule.priority,
            source: &alert.rule.source,
            node: &alert.origin.node,
            fields: &alert.fields,
        };
        let mut is_asked_for = false;
        for (expectation, met) in scenario.expectations.iter().zip(&mut seen.met) {
            if expectation.rule != observed.rule {
                continue;
            }
            let misses = expectation.misses(&observed);
            if misses.is_empty() {
                is_asked_for = true;
                met.met.add(number, alert);
            } else {
                met.near_times += 1;
                if met.near.len() < EXAMPLES_MAX {
                    met.near.push((SeenAlert::of(number, alert), misses));
                }
            }
        }
        let count = |counts: &mut BTreeMap<String, Count>| {
            if let Some(count) = counts.get_mut(&alert.rule.name) {
                return count.add(number, alert);
            }
            let count = counts.entry(alert.rule.name.clone()).or_default();
            count.add(number, alert);
        };
        if scenario.nothing_else.is_some() && !is_asked_for {
            count(&mut seen.others);
        }
        if !scenario.budgets.is_empty() {
            count(&mut seen.by_rule);
        }
    }
}

impl Sink<Judged<'_>> for Watching<'_> {
    fn harvest(&mut self, judged: Judged<'_>) -> io::Result<Flow> {
        self.seen.tally.add(&judged.tally);
        for (number, alert) in &judged.alerts {
            self.take(*number, alert);
        }
        Ok(Flow::Continue)
    }
}

impl EventName {
    fn of(number: u64, alert: &Alert<'_>) -> Self {
        EventName {
            number,
            time: alert.time,
            boot: alert.origin.boot_id,
        }
    }
}

impl SeenAlert {
    fn of(number: u64, alert: &Alert<'_>) -> Self {
        let is_evidence = |key: &str| key == evidence::TIME || key.starts_with("evidence.");
        let fields = alert.fields.iter().filter(|(key, _)| !is_evidence(key));
        SeenAlert {
            event: EventName::of(number, alert),
            rule: alert.rule.name.clone(),
            priority: alert.rule.priority.to_string(),
            thread: alert.thread,
            message: alert.message.clone(),
            fields: fields.cloned().collect(),
        }
    }
}

/// The alert with what the scenario compares, and nothing else. A chosen field that the rule's output lacks is left out.
fn as_compared(golden: &Golden, alert: &Alert<'_>) -> ExpectedAlert {
    let fields = alert.fields.iter();
    let chosen = fields.filter(|(key, _)| golden.fields.contains(key));
    let output_fields: BTreeMap<_, _> = chosen.cloned().collect();
    ExpectedAlert {
        rule: alert.rule.name.clone(),
        priority: alert.rule.priority.to_string(),
        time: golden.compares_time.then(|| iso(alert.time)),
        thread: alert.thread.filter(|_| golden.compares_thread),
        output_fields,
    }
}
