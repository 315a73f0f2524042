//! What was read and found, in a few lines for stderr.

use std::time::Duration;

pub(crate) use falco_analyze::completeness::grouped;
use falco_analyze::pipeline::{JudgeTally, Tally};
use falco_format::text::{Lines, count};
use falco_rules::RuleSet;

/// Events, segments, time and rate.
pub(crate) fn push_reading(tally: &Tally, elapsed: Duration, out: &mut Lines) {
    let seconds = elapsed.as_secs_f64();
    let rate = if seconds > 0.0 {
        tally.events as f64 / seconds
    } else {
        0.0
    };
    out.line(format_args!(
        "Events: {} in {}, read in {seconds:.2} s ({} events/s)",
        grouped(tally.events),
        count(tally.segments, "segment"),
        grouped(rate as u64)
    ));
}

/// How many rules there are, and alerts.
pub(crate) fn push_counts(rules: &RuleSet, tally: &JudgeTally, out: &mut Lines) {
    let loaded = rules.rules().iter().filter(|rule| rule.enabled).count();
    out.line(format_args!(
        "Rules: {loaded} loaded, {} alerted on {} that could match",
        tally.by_rule.iter().filter(|alerts| **alerts > 0).count(),
        count(tally.judged, "event")
    ));
    out.line(format_args!("Alerts: {}", grouped(tally.alerts())));
}

/// Rules, alerts, and how many of each priority and rule.
pub(crate) fn push_alerts(rules: &RuleSet, tally: &JudgeTally, out: &mut Lines) {
    push_counts(rules, tally, out);
    for (priority, alerts) in tally.by_priority(rules) {
        out.line(format_args!("  {:>9}  {priority}", grouped(alerts)));
        let of_priority = rules.rules().iter().zip(&tally.by_rule);
        for (rule, alerts) in
            of_priority.filter(|(rule, alerts)| rule.priority == priority && **alerts > 0)
        {
            out.line(format_args!("    {:>9}  {}", grouped(*alerts), rule.name));
        }
    }
    push_doubtful(tally, out);
}

/// How many alerts are not to be relied on, if any.
pub(crate) fn push_doubtful(tally: &JudgeTally, out: &mut Lines) {
    if tally.incomplete > 0 {
        out.line(format_args!(
            "  {:>9}  rest on evidence that is not complete (evidence.complete is false)",
            grouped(tally.incomplete)
        ));
    }
}
