//! What parts, items and mutants are called in reports.

use falco_rules::{CoverKind, ItemKind, MutantKind};

use super::super::model::{MutantFate, MutationReport, PartReport, percent};

/// A share in percent, in words.
pub(super) fn share(part: usize, whole: usize) -> String {
    percent(part, whole).map_or_else(|| "-".to_owned(), |share| format!("{share:.1} %"))
}

/// How many mutants are noticed, and how many were not tried.
pub(super) fn score(mutation: &MutationReport) -> String {
    let (noticed, tried) = (mutation.noticed(), mutation.tried());
    let score = match mutation.percent() {
        Some(share) => format!("{noticed} of {tried} noticed ({share:.1} %)"),
        None => "none was tried, so there is no score".to_owned(),
    };
    match mutation.not_tried() {
        0 => score,
        more => format!("{score}, {more} not tried"),
    }
}

pub(super) fn item(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Rule => "rule",
        ItemKind::Macro => "macro",
        ItemKind::List => "list",
    }
}

pub(super) fn part(kind: CoverKind) -> &'static str {
    match kind {
        CoverKind::Check => "check",
        CoverKind::Macro => "macro",
        CoverKind::Alternative => "alternative",
        CoverKind::Group => "group",
        CoverKind::Exception => "exception",
        CoverKind::Value => "value",
    }
}

pub(super) fn mutant(kind: MutantKind) -> &'static str {
    match kind {
        MutantKind::Dropped => "dropped",
        MutantKind::Negated => "negated",
        MutantKind::Widened => "widened",
        MutantKind::ValueDropped => "value dropped",
    }
}

pub(super) fn fate(fate: &MutantFate) -> &'static str {
    match fate {
        MutantFate::Untried => "untried",
        MutantFate::Same => "same",
        MutantFate::Shadowed => "shadowed",
        MutantFate::Admitted => "admitted",
        MutantFate::Noticed(_) => "noticed",
    }
}

/// Why nobody notices a mutant.
pub(super) fn why_unnoticed(fate: &MutantFate) -> &'static str {
    match fate {
        MutantFate::Same => "no event of the captures tells it from the rule",
        MutantFate::Shadowed => "it matches other events, and other rules alert before it",
        MutantFate::Admitted => "alerts are others, and every expectation holds",
        MutantFate::Untried => "it was not tried",
        MutantFate::Noticed(_) => "it is noticed",
    }
}

/// What is not proven of a part, in words; nothing where all of it is.
pub(super) fn lacking(part: &PartReport) -> Vec<String> {
    let tally = &part.tally;
    let mut lacking = Vec::new();
    let evaluations = |held: u64, what: &str| match held {
        0 => format!("it never {what}"),
        1 => format!("it {what} once"),
        times => format!("it {what} {times} times"),
    };
    if tally.proven_held == 0 {
        let how = evaluations(tally.held, "held");
        lacking.push(match (part.is_for, part.is_against) {
            (true, false) => format!("no alert had it: {how}"),
            (false, true) => format!("it alone never kept a rule from alerting: {how}"),
            _ => format!("no alert had it, and it alone kept no rule from alerting: {how}"),
        });
    }
    if tally.proven_failed == 0 && part.asks_failing() {
        let how = evaluations(tally.failed, "failed");
        lacking.push(match (part.is_for, part.is_against) {
            (true, false) => format!("it alone never kept a rule from alerting: {how}"),
            (false, true) => format!("no alert came by its failing: {how}"),
            _ => format!("its failing decided nothing: {how}"),
        });
    }
    lacking
}
