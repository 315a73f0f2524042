//! Lines and branches of rule files, as tracefiles of lcov have them for programs.
//!
//! In: a report. Out: a record for each rule file. A rule or a macro is a function; a line counts as often as the part on
//! it that was proven most; a part is a block with a branch for its holding and one for its not holding, a value has the
//! first alone. A branch that was never evaluated is `-`, one that decided nothing 0.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use falco_format::text::plain;
use falco_rules::ItemKind;

use super::super::model::{CoverReport, ItemReport, PartReport};

/// A name as a tracefile takes it: one line of text that hides nothing, and without a comma, which separates.
fn name(text: &str) -> String {
    plain(text).to_string().replace(',', " ")
}

/// The path of a file, which others open: it stays as it is, but for what some reader takes for the end of a line, or a terminal for a command.
fn path(text: &str) -> String {
    let breaks =
        |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    let mut out = String::new();
    for character in text.chars() {
        if breaks(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

/// The tracefile.
#[must_use]
pub fn lcov(report: &CoverReport) -> String {
    let mut out = String::new();
    for file in &report.files {
        let items = report.items.iter();
        let items: Vec<_> = items.filter(|item| item.file == file.name()).collect();
        let parts = report.items.iter().flat_map(|item| &item.parts);
        let parts: Vec<_> = parts.filter(|part| part.file == file.name()).collect();
        let _ = writeln!(out, "TN:\nSF:{}", path(file.name()));
        push_functions(&items, &mut out);
        push_branches(&parts, &mut out);
        push_lines(&parts, &mut out);
        out.push_str("end_of_record\n");
    }
    out
}

fn push_functions(items: &[&ItemReport], out: &mut String) {
    let calls = |item: &ItemReport| match &item.rule {
        Some(facts) => facts.tally.alerts,
        None => {
            let held = item.parts.iter().map(|part| part.tally.proven_held);
            held.max().unwrap_or(0)
        }
    };
    let functions: Vec<_> = items
        .iter()
        .filter(|item| item.kind != ItemKind::List)
        .map(|item| (item.line, name(&item.name), calls(item)))
        .collect();
    for (line, name, _) in &functions {
        let _ = writeln!(out, "FN:{line},{name}");
    }
    for (_, name, calls) in &functions {
        let _ = writeln!(out, "FNDA:{calls},{name}");
    }
    let hit = functions.iter().filter(|(.., calls)| *calls > 0).count();
    let _ = writeln!(out, "FNF:{}\nFNH:{hit}", functions.len());
}

fn push_branches(parts: &[&PartReport], out: &mut String) {
    let (mut found, mut hit) = (0, 0);
    let mut blocks: BTreeMap<u32, u32> = BTreeMap::new();
    for part in parts {
        let tally = &part.tally;
        let block = blocks.entry(part.line).or_default();
        let failing = part
            .asks_failing()
            .then_some((tally.failed, tally.proven_failed));
        let branches = [Some((tally.held, tally.proven_held)), failing];
        for (branch, (evaluated, proven)) in (0..).zip(branches.into_iter().flatten()) {
            let taken = match (evaluated, proven) {
                (0, 0) => "-".to_owned(),
                (_, proven) => proven.to_string(),
            };
            let _ = writeln!(out, "BRDA:{},{block},{branch},{taken}", part.line);
            found += 1;
            hit += u32::from(proven > 0);
        }
        *block += 1;
    }
    let _ = writeln!(out, "BRF:{found}\nBRH:{hit}");
}

fn push_lines(parts: &[&PartReport], out: &mut String) {
    let mut lines: BTreeMap<u32, u64> = BTreeMap::new();
    for part in parts {
        let proven = part.tally.proven_held.max(part.tally.proven_failed);
        let line = lines.entry(part.line).or_default();
        *line = proven.max(*line);
    }
    for (line, proven) in &lines {
        let _ = writeln!(out, "DA:{line},{proven}");
    }
    let hit = lines.values().filter(|proven| **proven > 0).count();
    let _ = writeln!(out, "LF:{}\nLH:{hit}", lines.len());
}
