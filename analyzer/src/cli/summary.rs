//! What was read and found, in a few lines for stderr.

use std::collections::BTreeMap;
use std::time::Duration;

use falco_analyze::pipeline::{JudgeTally, Tally};
use falco_format::text::Lines;
use falco_rules::RuleSet;

/// How many damaged places a summary names.
const DAMAGE_SHOWN_MAX: usize = 5;

/// Digits in groups of three: `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Events, segments, time and rate.
pub(crate) fn push_reading(tally: &Tally, elapsed: Duration, out: &mut Lines) {
    let seconds = elapsed.as_secs_f64();
    let rate = if seconds > 0.0 {
        tally.events as f64 / seconds
    } else {
        0.0
    };
    out.line(format_args!(
        "Events: {} in {} segment{}, read in {seconds:.2} s ({} events/s)",
        grouped(tally.events),
        tally.segments,
        if tally.segments == 1 { "" } else { "s" },
        grouped(rate as u64)
    ));
}

/// Rules, alerts, and how many of each priority and rule.
pub(crate) fn push_alerts(rules: &RuleSet, tally: &JudgeTally, out: &mut Lines) {
    let loaded = rules.rules().iter().filter(|rule| rule.enabled).count();
    out.line(format_args!(
        "Rules: {loaded} loaded, {} alerted on {} events that could match",
        tally.by_rule.iter().filter(|alerts| **alerts > 0).count(),
        grouped(tally.judged)
    ));
    out.line(format_args!("Alerts: {}", grouped(tally.alerts())));
    for (priority, alerts) in tally.by_priority(rules) {
        out.line(format_args!("  {:>9}  {priority}", grouped(alerts)));
        let of_priority = rules.rules().iter().zip(&tally.by_rule);
        for (rule, alerts) in
            of_priority.filter(|(rule, alerts)| rule.priority == priority && **alerts > 0)
        {
            out.line(format_args!("    {:>9}  {}", grouped(*alerts), rule.name));
        }
    }
    if tally.incomplete > 0 {
        out.line(format_args!(
            "  {:>9}  rest on evidence that is not complete (evidence.complete is false)",
            grouped(tally.incomplete)
        ));
    }
}

/// Losses and damage; says so where there are none.
pub(crate) fn push_missing(tally: &Tally, out: &mut Lines) {
    if tally.losses.intervals == 0 {
        out.line("Lost: nothing");
    } else {
        out.line(format_args!(
            "Lost: {} events (intervals: {}); no rule can have seen them",
            grouped(tally.losses.events()),
            grouped(tally.losses.intervals)
        ));
        let mut by_reason: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
        for ((reason, lane), count) in &tally.losses.by_reason {
            *by_reason
                .entry(reason.name())
                .or_default()
                .entry(lane.name())
                .or_default() += count;
        }
        for (reason, lanes) in by_reason {
            for (lane, count) in lanes {
                out.line(format_args!(
                    "  {:>9}  {reason}, lane {lane}",
                    grouped(count)
                ));
            }
        }
    }
    push_damage(tally, out);
}

fn push_damage(tally: &Tally, out: &mut Lines) {
    if tally.skipped_items > 0 {
        out.line(format_args!(
            "Skipped: {} items or values of kinds that a newer version writes",
            grouped(tally.skipped_items)
        ));
    }
    if tally.damaged_places == 0 {
        return;
    }
    out.line(format_args!(
        "Damaged: {} places; what lies before and after them was read",
        tally.damaged_places
    ));
    for damage in tally.damage.iter().take(DAMAGE_SHOWN_MAX) {
        out.line(format_args!("  {damage}"));
    }
    let more = tally.damaged_places.saturating_sub(DAMAGE_SHOWN_MAX as u64);
    if more > 0 {
        out.line(format_args!("  and {more} more"));
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_are_grouped_by_three() {
        let check = |number, expected: &str| assert_eq!(grouped(number), expected);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(12_345_678, "12,345,678");
    }
}
