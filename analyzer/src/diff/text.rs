//! The report for people: lines.
//!
//! In: a report. Out: lines that hold nothing a terminal would obey.

use falco_format::text::{Lines, count, grouped};

use super::example::{Deciding, Example};
use super::kinds::{KINDS, Kind};
use super::report::{Report, RuleRow, Shadow};
use super::sides::Side;
use crate::time::full;

/// The report.
#[must_use]
pub fn text(report: &Report<'_>) -> Lines {
    let mut out = Lines::new();
    let rows = report.rows();
    push_sides(report, &mut out);
    if !report.differs() {
        out.line("Nothing differs: the rules ask and say the same, and so do their alerts");
    } else {
        push_counts(report, &mut out);
    }
    for row in rows.iter().filter(|row| row.all() > 0) {
        out.line("");
        push_rule(report, row, &mut out);
    }
    out.line("");
    let names = |side| {
        let alone = Report::alone(&rows, side).into_iter();
        alone.map(|row| row.name.to_owned()).collect::<Vec<_>>()
    };
    push_list("Rules added", &names(Side::New), &mut out);
    push_list("Rules removed", &names(Side::Old), &mut out);
    let renamed = rows
        .iter()
        .filter_map(|row| Some((row.old_name?, row.name)));
    let renamed: Vec<_> = renamed.map(|(old, new)| format!("{old} → {new}")).collect();
    push_list("Rules renamed", &renamed, &mut out);
    let same = Report::without_effect(&rows);
    push_list("Changed without effect on these captures", &same, &mut out);
    let shadows = |side| shadow_lines(&report.shadows(side), side);
    push_list("Now shadowed", &shadows(Side::New), &mut out);
    push_list("No longer shadowed", &shadows(Side::Old), &mut out);
    out
}

/// The shadows of a side, each as a line.
pub(super) fn shadow_lines(shadows: &[Shadow<'_>], side: Side) -> Vec<String> {
    let line = |shadow: &Shadow<'_>| {
        let events = count(*shadow.events.of(side), "event");
        format!("{} by {} ({events})", shadow.rule, shadow.by)
    };
    shadows.iter().map(line).collect()
}

fn push_sides(report: &Report<'_>, out: &mut Lines) {
    for side in [Side::Old, Side::New] {
        let label = match side {
            Side::Old => "Old",
            Side::New => "New",
        };
        let rules = report.comparison.rules.of(side).rules().iter();
        out.line(format_args!(
            "{label}: {}, {} ({})",
            count(rules.filter(|rule| rule.enabled).count() as u64, "rule"),
            count(report.found.alerts(side, None), "alert"),
            report.given.of(side).join(", ")
        ));
    }
}

fn push_counts(report: &Report<'_>, out: &mut Lines) {
    let kinds = KINDS.iter();
    let kinds = kinds.map(|kind| {
        let differing = report.found.differing(*kind, None);
        format!("{} {}", grouped(differing), kind.name())
    });
    out.line(format_args!(
        "Alerts: {}, {} the same",
        kinds.collect::<Vec<_>>().join(", "),
        grouped(report.same())
    ));
    if report.found.examples_left_out > 0 {
        out.line(format_args!(
            "  examples: {} are left out, of the rules that differ last",
            grouped(report.found.examples_left_out)
        ));
    }
}

fn push_rule(report: &Report<'_>, row: &RuleRow<'_>, out: &mut Lines) {
    let status = row.status().map(|status| format!(" ({status})"));
    out.line(format_args!("{}{}", row.name, status.unwrap_or_default()));
    if let Some(old) = row.old_name {
        out.line(format_args!("  was named {old}"));
    }
    out.line(format_args!(
        "  alerts: {} before, {} now",
        grouped(row.alerts.old),
        grouped(row.alerts.new)
    ));
    for kind in KINDS {
        if row.differing(kind) == 0 {
            continue;
        }
        out.line(format_args!(
            "  {}: {}",
            kind.name(),
            grouped(row.differing(kind))
        ));
        for (reason, alerts) in report.found.reasons(kind, row.number) {
            let why = report.reason(kind, reason);
            out.line(format_args!("    {} since {why}", grouped(alerts)));
        }
        for example in report.found.examples_of(kind, row.number) {
            push_example(report, example, out);
        }
    }
}

fn push_example(report: &Report<'_>, example: &Example, out: &mut Lines) {
    let capture = report.captures.get(example.capture);
    out.line(format_args!(
        "    {} event {} of {}, {}{}",
        full(example.time, &report.zone),
        example.number,
        capture.map_or("", String::as_str),
        example.id,
        if example.is_complete {
            ""
        } else {
            ", on evidence that is not complete"
        }
    ));
    for line in example_lines(example) {
        out.line(format_args!("      {line}"));
    }
    for part in &example.decides {
        out.line(format_args!("      {}", part_line(part)));
    }
    if let Some(command) = report.explain(example) {
        out.line(format_args!("      {command}"));
    }
}

/// What the sides say, each a line.
fn example_lines(example: &Example) -> Vec<String> {
    let mut lines = Vec::new();
    let words = example.told.words();
    if example.kind == Kind::Changed {
        lines.push(format!("changed: {}", words.join(", ")));
    }
    for (label, side) in [("was", Side::Old), ("now", Side::New)] {
        if let Some(said) = example.said.of(side) {
            lines.push(format!("{label}: {} {}", said.priority, said.output));
        }
    }
    lines
}

/// A part that decides, as a line.
fn part_line(part: &Deciding) -> String {
    let value = part.value.as_ref().map(|value| format!(" (found {value})"));
    let place = place_of(part).map(|place| format!(", {place}"));
    format!(
        "{} rules: {} is {}{}{}",
        part.side.name(),
        part.text,
        part.holds,
        value.unwrap_or_default(),
        place.unwrap_or_default()
    )
}

/// Where a part is written, in words.
pub(super) fn place_of(part: &Deciding) -> Option<String> {
    let (file, line) = part.place.as_ref()?;
    let item = part.item.as_ref().map(|item| format!(" in {item}"));
    Some(format!("{file}:{line}{}", item.unwrap_or_default()))
}

fn push_list(label: &str, items: &[String], out: &mut Lines) {
    if items.is_empty() {
        return;
    }
    out.line(format_args!("{label}:"));
    for item in items {
        out.line(format_args!("  {item}"));
    }
}
