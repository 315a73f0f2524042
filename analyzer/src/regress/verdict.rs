//! What came of a scenario, held against what it expects.
//!
//! In: a scenario, what was observed, how much was read. Out: findings, each with its place in the scenario and its rule's.

use std::collections::BTreeMap;

use falco_format::text::count;
use falco_rules::{Rule, RuleSet};

use super::compare::{Difference, ExpectedAlert, compare};
use super::expectation::{Budget, Expectation};
use super::expected::ExpectedLine;
use super::observe::{Count, EventName, Met, Observation, SeenAlert};
use super::problem::Place;
use super::scenario::Scenario;
use crate::time::iso;

/// Nanoseconds of an hour.
const HOUR_NS: f64 = 3_600e9;

/// What is not as expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An expected alert did not come, or a rule fired too seldom.
    Missing,
    /// An alert came that was not expected, or a rule fired too often.
    Unexpected,
    /// Rules alerted more often than they may.
    OverBudget,
    /// A rule has another priority.
    Priority,
    /// The captures are more complete than they should be.
    Evidence,
}

impl Kind {
    /// Its name for machines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Missing => "alert-missing",
            Kind::Unexpected => "alert-unexpected",
            Kind::OverBudget => "over-budget",
            Kind::Priority => "other-priority",
            Kind::Evidence => "evidence-complete",
        }
    }
}

/// One thing that is not as expected.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind of thing.
    pub kind: Kind,
    /// What it is, in one line.
    pub message: String,
    /// More about it, in lines.
    pub details: Vec<String>,
    /// Where the scenario expects otherwise.
    pub place: Place,
    /// The rule, and where it is defined.
    pub rule: Option<(String, Option<Place>)>,
    /// How golden alerts differ, where they do.
    pub difference: Option<Difference>,
    /// Events whose alerts were not expected.
    pub events: Vec<EventName>,
    /// What decided, in lines, where somebody found out.
    pub why: Vec<String>,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amount {
    pub(super) events: u64,
    pub(super) duration_ns: u64,
}

/// Everything that is not as expected.
pub(super) fn findings(
    scenario: &Scenario,
    rules: &RuleSet,
    expected: &[ExpectedLine],
    seen: &Observation,
    amount: Amount,
) -> Vec<Finding> {
    let rules = Rules::of(rules);
    let mut findings = golden(scenario, &rules, expected, seen);
    for (expectation, met) in scenario.expectations.iter().zip(&seen.met) {
        findings.extend(held(expectation, met, &rules));
    }
    if let Some(place) = &scenario.nothing_else {
        let others = seen.others.iter();
        findings.extend(others.map(|(rule, count)| other(rule, count, place, &rules)));
    }
    let budgets = scenario.budgets.iter();
    findings.extend(budgets.flat_map(|budget| over(budget, seen, &rules, amount)));
    findings
}

/// Rules by name.
struct Rules<'r> {
    by_name: BTreeMap<&'r str, &'r Rule>,
    all: &'r RuleSet,
}

impl<'r> Rules<'r> {
    fn of(rules: &'r RuleSet) -> Self {
        let by_name = rules.rules().iter();
        Rules {
            by_name: by_name.map(|rule| (rule.name.as_str(), rule)).collect(),
            all: rules,
        }
    }

    /// A rule, and where it is defined.
    fn placed(&self, name: &str) -> Option<(String, Option<Place>)> {
        let span = self.by_name.get(name).and_then(|rule| rule.span.as_ref());
        Some((name.to_owned(), span.map(Place::of_span)))
    }
}

fn golden(
    scenario: &Scenario,
    rules: &Rules<'_>,
    expected: &[ExpectedLine],
    seen: &Observation,
) -> Vec<Finding> {
    let Some(golden) = &scenario.golden else {
        return Vec::new();
    };
    let wanted: Vec<ExpectedAlert> = expected.iter().map(|line| line.alert.clone()).collect();
    let came: Vec<ExpectedAlert> = seen.golden.iter().map(|(alert, _)| alert.clone()).collect();
    let end = Place::of_line(
        &golden.path,
        expected.last().map_or(1, |line| line.place.line),
    );
    let found = compare(&wanted, &came).into_iter().map(|difference| {
        let (kind, sign, number, alert) = match &difference {
            Difference::Missing(number, alert) => (Kind::Missing, '-', *number, alert),
            Difference::Unexpected(number, alert) => (Kind::Unexpected, '+', *number, alert),
        };
        let line = expected.get(number.saturating_sub(1));
        let line = line.filter(|_| kind == Kind::Missing);
        let event = seen.golden.get(number.saturating_sub(1));
        let event = event.filter(|_| kind == Kind::Unexpected);
        Finding {
            kind,
            message: format!("{sign} #{number} {}", alert_text(alert)),
            details: Vec::new(),
            place: line.map_or_else(|| end.clone(), |line| line.place.clone()),
            rule: rules.placed(&alert.rule),
            events: event.map(|(_, event)| *event).into_iter().collect(),
            difference: Some(difference),
            why: Vec::new(),
        }
    });
    found.collect()
}

/// An alert as golden files have it, in words.
fn alert_text(alert: &ExpectedAlert) -> String {
    let mut text = String::new();
    if let Some(time) = &alert.time {
        text.push_str(&format!("{time} "));
    }
    text.push_str(&format!("{} \"{}\"", alert.priority, alert.rule));
    if let Some(thread) = alert.thread {
        text.push_str(&format!(" thread={thread}"));
    }
    for (field, value) in &alert.output_fields {
        text.push_str(&format!(" {field}={value}"));
    }
    text
}

/// An alert that came, in words.
fn seen_text(alert: &SeenAlert) -> String {
    let event = alert.event;
    format!(
        "{} event {}: {}",
        iso(event.time),
        event.number,
        alert.message
    )
}

fn held(expectation: &Expectation, met: &Met, rules: &Rules<'_>) -> Option<Finding> {
    let finding = |kind, message, details, events| Finding {
        kind,
        message,
        details,
        place: expectation.place.clone(),
        rule: rules.placed(&expectation.rule),
        difference: None,
        events,
        why: Vec::new(),
    };
    let rule = rules.by_name.get(expectation.rule.as_str());
    if let Some((rule, wanted)) = rule.zip(expectation.priority)
        && rule.priority != wanted
    {
        let message = format!(
            "'{}' has priority {}, not {wanted}",
            rule.name, rule.priority
        );
        return Some(finding(Kind::Priority, message, Vec::new(), Vec::new()));
    }
    let times = met.met.times;
    if expectation.times.admits(times) {
        return None;
    }
    let came = match times {
        0 => "and did not".to_owned(),
        times => format!("and did {}", count(times, "time")),
    };
    let message = format!("expected: {}; {came}", expectation.spelled());
    if times < expectation.times.least {
        let mut details = Vec::new();
        if met.near_times > 0 {
            let alerts = count(met.near_times, "other alert");
            details.push(format!("the rule gave {alerts}:"));
        }
        for (alert, misses) in &met.near {
            details.push(seen_text(alert));
            details.extend(misses.iter().map(|miss| format!("  {miss}")));
        }
        return Some(finding(Kind::Missing, message, details, Vec::new()));
    }
    let (details, events) = examples(&met.met);
    Some(finding(Kind::Unexpected, message, details, events))
}

fn examples(count: &Count) -> (Vec<String>, Vec<EventName>) {
    let mut lines: Vec<_> = count.examples.iter().map(seen_text).collect();
    let more = count.times.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    let events = count.examples.iter().map(|alert| alert.event);
    (lines, events.collect())
}

fn other(rule: &str, seen: &Count, place: &Place, rules: &Rules<'_>) -> Finding {
    let (details, events) = examples(seen);
    Finding {
        kind: Kind::Unexpected,
        message: format!(
            "expected: nothing else; '{rule}' fired {}",
            count(seen.times, "time")
        ),
        details,
        place: place.clone(),
        rule: rules.placed(rule),
        difference: None,
        events,
        why: Vec::new(),
    }
}

fn over(budget: &Budget, seen: &Observation, rules: &Rules<'_>, amount: Amount) -> Vec<Finding> {
    let counts = rules.all.rules().iter().zip(&seen.tally.by_rule);
    let alerts = match &budget.rule {
        None => seen.tally.alerts(),
        Some((name, _)) => {
            let of_rule = counts.filter(|(rule, _)| rule.name == *name);
            of_rule.map(|(_, alerts)| *alerts).sum()
        }
    };
    let per_million = budget.per_million_events.map(|most| {
        let millions = amount.events as f64 / 1e6;
        (
            most,
            millions,
            "a million events",
            count(amount.events, "event"),
        )
    });
    let per_hour = budget.per_hour.map(|most| {
        let hours = amount.duration_ns as f64 / HOUR_NS;
        (most, hours, "an hour", format!("{hours:.3} hours"))
    });
    let limits = per_million.into_iter().chain(per_hour);
    let broken = limits.filter(|(most, units, ..)| alerts as f64 > most * units);
    let broken = broken.map(|(most, units, unit, of)| {
        let rate = alerts as f64 / units;
        let message = format!(
            "expected: {}; {} of {of} are {rate:.3} for {unit}, and {most} may be",
            budget.spelled(),
            count(alerts, "alert"),
        );
        let of_budget = |rule: &&String| match &budget.rule {
            Some((name, _)) => **rule == *name,
            None => true,
        };
        let counts = seen.by_rule.iter().filter(|(rule, _)| of_budget(rule));
        let mut counts: Vec<_> = counts.collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(count.times));
        let lines = counts
            .iter()
            .map(|(rule, seen)| format!("{} of '{rule}'", count(seen.times, "alert")));
        let events = counts.first().map(|(_, count)| examples(count).1);
        let rule = budget.rule.as_ref().map(|(rule, _)| rule.as_str());
        let rule = rule.or(counts.first().map(|(rule, _)| rule.as_str()));
        Finding {
            kind: Kind::OverBudget,
            message,
            details: lines.collect(),
            place: budget.place.clone(),
            rule: rule.and_then(|rule| rules.placed(rule)),
            difference: None,
            events: events.unwrap_or_default(),
            why: Vec::new(),
        }
    });
    broken.collect()
}
