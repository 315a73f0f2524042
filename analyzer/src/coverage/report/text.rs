//! The report for people.

use std::collections::BTreeMap;

use falco_format::text::{Lines, count, grouped, plain};
use falco_rules::{CoverKind, MutantKind};

use super::super::model::{
    CoverReport, ItemReport, MutantFate, MutantReport, MutationReport, PartReport,
};
use super::super::technique::techniques;
use super::words;

/// The report for people; of what is not proven and of mutants so many are told of each item, and all with 0.
#[must_use]
pub fn text(report: &CoverReport, top: usize) -> Lines {
    let top = if top == 0 { usize::MAX } else { top };
    let mut out = Lines::new();
    push_scenarios(report, &mut out);
    push_summary(report, &mut out);
    push_rules(report, &mut out);
    push_lacking(report, top, &mut out);
    push_techniques(report, &mut out);
    if let Some(mutation) = &report.mutation {
        push_mutation(mutation, top, &mut out);
    }
    out
}

fn push_scenarios(report: &CoverReport, out: &mut Lines) {
    for scenario in &report.scenarios {
        let name = plain(&scenario.name);
        match &scenario.result {
            Err(error) => {
                out.line(format_args!("ERROR  {name}"));
                out.text(&error.whole());
                out.line("");
            }
            Ok(proven) => {
                if let Some(evidence) = &proven.evidence {
                    out.line(format_args!("INCOMPLETE  {name}"));
                    out.text(evidence);
                    out.line("");
                }
                for differs in &proven.differs {
                    out.line(format_args!(
                        "FAILED  {name} fails of the rules as they are, and so notices no mutant: {}",
                        plain(differs)
                    ));
                }
            }
        }
    }
}

fn push_summary(report: &CoverReport, out: &mut Lines) {
    let ran = report
        .scenarios
        .iter()
        .filter(|one| one.result.is_ok())
        .count();
    let seen = report
        .scenarios
        .iter()
        .filter_map(|one| one.result.as_ref().ok());
    let (events, alerts) = seen.fold((0, 0), |(events, alerts), proven| {
        (events + proven.events, alerts + proven.alerts)
    });
    out.line(format_args!(
        "Scenarios: {ran} of {} read, {} events, {} alerts",
        report.scenarios.len(),
        grouped(events),
        grouped(alerts)
    ));
    let rules = report.rules().count();
    let alerted = report
        .rules()
        .filter(|(_, facts)| facts.tally.alerts > 0)
        .count();
    out.line(format_args!(
        "Rules: {alerted} of {rules} alerted ({})",
        words::share(alerted, rules)
    ));
    let kinds = [
        ("Checks", CoverKind::Check),
        ("Macros", CoverKind::Macro),
        ("Alternatives", CoverKind::Alternative),
        ("Groups", CoverKind::Group),
        ("Exceptions", CoverKind::Exception),
        ("Values", CoverKind::Value),
    ];
    for (name, kind) in kinds {
        push_kind(report, name, kind, out);
    }
    let (proven, all) = report.goals();
    out.line(format_args!(
        "Proven: {proven} of {all} ({})",
        words::share(proven, all)
    ));
    let doubtful = report.proven_by_failing();
    if doubtful > 0 {
        out.line(format_args!(
            "  {doubtful} of them by scenarios alone whose expectations fail"
        ));
    }
    if report.left_out > 0 {
        out.line(format_args!(
            "Left out: {} evaluations whose answers were of too many kinds",
            grouped(report.left_out)
        ));
    }
}

fn push_kind(report: &CoverReport, name: &str, kind: CoverKind, out: &mut Lines) {
    let parts = report.items.iter().flat_map(|item| &item.parts);
    let parts: Vec<_> = parts.filter(|part| part.kind == kind).collect();
    if parts.is_empty() {
        return;
    }
    let held = parts
        .iter()
        .filter(|part| part.tally.proven_held > 0)
        .count();
    let all = parts.len();
    out.part(format_args!(
        "  {name}: {held} of {all} proven to hold ({})",
        words::share(held, all)
    ));
    let parts: Vec<_> = parts.iter().filter(|part| part.asks_failing()).collect();
    if !parts.is_empty() {
        let failed = parts.iter();
        let failed = failed.filter(|part| part.tally.proven_failed > 0).count();
        let all = parts.len();
        out.part(format_args!(
            ", {failed} of {all} proven not to ({})",
            words::share(failed, all)
        ));
    }
    out.line("");
}

fn push_rules(report: &CoverReport, out: &mut Lines) {
    if report.items.is_empty() {
        return;
    }
    out.line("");
    out.line(format_args!(
        "{:>9} {:>11} {:>8} {:>8}  item",
        "proven", "goals", "matched", "alerts"
    ));
    for item in &report.items {
        let (proven, all) = item.goals();
        let number = |number: Option<u64>| number.map_or_else(String::new, grouped);
        let tally = item.rule.as_ref().map(|facts| facts.tally);
        out.line(format_args!(
            "{:>9} {:>11} {:>8} {:>8}  {} {} ({}:{})",
            words::share(proven, all),
            format!("{proven}/{all}"),
            number(tally.map(|tally| tally.matches)),
            number(tally.map(|tally| tally.alerts)),
            words::item(item.kind),
            plain(&item.name),
            plain(&item.file),
            item.line
        ));
    }
}

fn push_lacking(report: &CoverReport, top: usize, out: &mut Lines) {
    let lacks = |part: &&PartReport| part.goals().contains(&false);
    for item in &report.items {
        let lacking: Vec<_> = item.parts.iter().filter(lacks).collect();
        let is_silent = item
            .rule
            .as_ref()
            .is_some_and(|facts| facts.tally.alerts == 0);
        if lacking.is_empty() && !is_silent {
            continue;
        }
        out.line("");
        let name = plain(&item.name);
        out.line(format_args!("{} {name}", words::item(item.kind)));
        if is_silent {
            out.line("  never alerted");
        }
        let (values, others): (Vec<_>, Vec<_>) = lacking
            .into_iter()
            .partition(|part| part.kind == CoverKind::Value);
        for part in others.iter().take(top) {
            push_part(item, part, out);
        }
        push_left_out(others.len(), top, "part", out);
        push_values(item, &values, top, out);
    }
}

/// Where a part is, in front of it: its file only where that is not its item's.
fn place(item: &ItemReport, part: &PartReport) -> String {
    if part.file == item.file {
        format!("{}:{}", part.line, part.column)
    } else {
        format!("{}:{}:{}", plain(&part.file), part.line, part.column)
    }
}

fn push_part(item: &ItemReport, part: &PartReport, out: &mut Lines) {
    let name = match &part.exception {
        Some(name) => format!("exception '{}'", plain(name)),
        None => words::part(part.kind).to_owned(),
    };
    out.line(format_args!(
        "  {} {name}: {}",
        place(item, part),
        plain(&part.text)
    ));
    for lacking in words::lacking(part) {
        out.line(format_args!("    {lacking}"));
    }
}

fn push_values(item: &ItemReport, values: &[&PartReport], top: usize, out: &mut Lines) {
    let Some(first) = values.first() else { return };
    let names: Vec<_> = values
        .iter()
        .take(top)
        .map(|part| plain(&part.text).to_string())
        .collect();
    let of = item
        .parts
        .iter()
        .filter(|part| part.kind == CoverKind::Value);
    out.part(format_args!(
        "  {} {} of {} never decided anything: {}",
        place(item, first),
        count(values.len() as u64, "value"),
        of.count(),
        names.join(", ")
    ));
    if let Some(more @ 1..) = values.len().checked_sub(top) {
        out.part(format_args!(", and {more} more"));
    }
    out.line("");
}

fn push_left_out(all: usize, top: usize, noun: &str, out: &mut Lines) {
    if let Some(more @ 1..) = all.checked_sub(top) {
        out.line(format_args!("  and {} more", count(more as u64, noun)));
    }
}

fn push_techniques(report: &CoverReport, out: &mut Lines) {
    let techniques = techniques(report);
    if techniques.is_empty() {
        return;
    }
    let named = |is_proven: bool| -> Vec<&str> {
        let of_kind = techniques.iter();
        let of_kind = of_kind.filter(|technique| technique.is_proven() == is_proven);
        of_kind.map(|technique| technique.id.as_str()).collect()
    };
    out.line("");
    let (proven, claimed) = (named(true), named(false));
    out.line(format_args!(
        "ATT&CK techniques: {} of {} proven: {}",
        proven.len(),
        techniques.len(),
        proven.join(", ")
    ));
    if !claimed.is_empty() {
        out.line(format_args!(
            "  claimed but never proven: {}",
            claimed.join(", ")
        ));
    }
}

fn push_mutation(mutation: &MutationReport, top: usize, out: &mut Lines) {
    out.line("");
    out.line(format_args!(
        "Mutants: {}, seed {}",
        words::score(mutation),
        mutation.seed
    ));
    let untried = mutation.not_tried();
    if untried > 0 {
        out.line(format_args!(
            "  {} not tried, for want of a budget or of a scenario whose expectations hold",
            count(untried as u64, "mutant")
        ));
    }
    push_unnoticed(mutation, top, out);
}

/// The mutants that nobody notices, the most telling first; values of lists that no event has in a line for each list.
fn push_unnoticed(mutation: &MutationReport, top: usize, out: &mut Lines) {
    let is_value = |mutant: &&&MutantReport| {
        mutant.kind == MutantKind::ValueDropped && mutant.fate == MutantFate::Same
    };
    let unnoticed: Vec<_> = mutation.unnoticed().collect();
    let (values, others): (Vec<_>, Vec<_>) = unnoticed.iter().partition(is_value);
    let mut others: Vec<&MutantReport> = others.into_iter().copied().collect();
    others.sort_by_key(|mutant| match mutant.fate {
        MutantFate::Admitted => 0,
        MutantFate::Shadowed => 1,
        _ => 2,
    });
    for mutant in others.iter().take(top) {
        push_mutant(mutant, out);
    }
    push_left_out(others.len(), top, "mutant", out);
    let mut lists: BTreeMap<(&str, &str), Vec<&MutantReport>> = BTreeMap::new();
    for mutant in values {
        let of = (mutant.edit.file.as_str(), mutant.item.as_str());
        lists.entry(of).or_default().push(mutant);
    }
    if !lists.is_empty() {
        out.line("");
        out.line("Values that could be taken out, and no event of the captures tells it:");
    }
    for ((file, item), values) in lists {
        let names = values.iter().take(top);
        let names: Vec<_> = names
            .map(|mutant| plain(&mutant.text).to_string())
            .collect();
        out.part(format_args!(
            "  {} in '{}' ({}): {}",
            count(values.len() as u64, "value"),
            plain(item),
            plain(file),
            names.join(", ")
        ));
        if let Some(more @ 1..) = values.len().checked_sub(top) {
            out.part(format_args!(", and {more} more"));
        }
        out.line("");
    }
}

fn push_mutant(mutant: &MutantReport, out: &mut Lines) {
    let edit = &mutant.edit;
    out.line("");
    out.line(format_args!(
        "{}:{}:{}: {} in '{}': {}",
        plain(&edit.file),
        edit.line,
        edit.column,
        words::mutant(mutant.kind),
        plain(&mutant.item),
        words::why_unnoticed(&mutant.fate)
    ));
    for line in &edit.before {
        out.line(format_args!("  - {}", plain(line)));
    }
    for line in &edit.after {
        out.line(format_args!("  + {}", plain(line)));
    }
}
