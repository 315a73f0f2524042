//! Annotations of GitHub's workflows, and the summary of a step as Markdown.

use std::fmt::Write as _;

use falco_format::text::{Lines, plain};
use falco_rules::{Annotation, Position, to_github_annotation};

use super::{Ended, Summary, amounts, headline, push_finding, wrong};
use crate::regress::problem::Place;
use crate::regress::suite::Tested;
use crate::repository::found_path;

/// How much of what is wrong with one scenario a summary holds, in bytes: GitHub takes a mebibyte for a step.
const WRONG_BYTES_MAX: usize = 16 << 10;
/// How many scenarios of a summary are told in full.
const TOLD_MAX: usize = 32;

/// One annotation for each thing that is wrong, and the report's last line.
pub(super) fn report(tested: &[Tested]) -> String {
    let mut out = String::new();
    for one in tested {
        let whole = Place::of_line(&one.file, 1);
        match &one.result {
            Err(error) if error.problems.is_empty() => {
                push("error", &whole, one, &error.message, &mut out);
            }
            Err(error) => {
                for problem in &error.problems {
                    let place = problem.place.as_ref().unwrap_or(&whole);
                    push("error", place, one, &problem.message, &mut out);
                }
            }
            Ok(report) if Ended::of(one) == Ended::Inconclusive => {
                let evidence = report.evidence.as_deref().unwrap_or_default();
                push("warning", &whole, one, evidence, &mut out);
            }
            Ok(report) => {
                for finding in &report.findings {
                    let rule = finding.rule.as_ref().and_then(|(_, place)| place.as_ref());
                    let mut text = Lines::new();
                    push_finding(finding, &mut text);
                    let place = rule.unwrap_or(&finding.place);
                    push("error", place, one, text.as_str().trim(), &mut out);
                }
            }
        }
    }
    let mut last = Lines::new();
    last.line(Summary::of(tested).spelled());
    out + last.as_str()
}

fn push(command: &str, place: &Place, tested: &Tested, message: &str, out: &mut String) {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    out.push_str(&to_github_annotation(&Annotation {
        command,
        file: &found_path(&place.file),
        start: Position {
            line: number(place.line),
            column: number(place.column),
        },
        end: None,
        title: &tested.name,
        message: message.trim_end(),
    }));
}

/// The summary of a step: a table of all scenarios, and what is wrong with those that did not pass.
#[must_use]
pub fn step_summary(tested: &[Tested]) -> String {
    let mut out = String::from("### Scenarios\n\n");
    let _ = writeln!(out, "{}\n", Summary::of(tested).spelled());
    out.push_str("| | scenario | |\n|---|---|---|\n");
    for one in tested {
        let what = match (&one.result, Ended::of(one)) {
            (Err(error), _) => error.message.clone(),
            (Ok(report), Ended::Failed) => headline(report),
            (Ok(report), _) => amounts(report),
        };
        let sign = match Ended::of(one) {
            Ended::Passed => "✅",
            Ended::Failed => "❌",
            Ended::Error => "⛔",
            Ended::Inconclusive => "❔",
        };
        let ended = Ended::of(one).name();
        let (name, what) = (escaped(&one.name), escaped(&what));
        let _ = writeln!(out, "| {sign} {ended} | {name} | {what} |");
    }
    let is_wrong = |one: &&Tested| Ended::of(one) != Ended::Passed;
    let all: Vec<_> = tested.iter().filter(is_wrong).collect();
    for one in all.iter().take(TOLD_MAX) {
        let lines = wrong(one);
        let lines = lines.as_str();
        if lines.is_empty() {
            // The table said it all.
            continue;
        }
        let mut end = WRONG_BYTES_MAX.min(lines.len());
        while !lines.is_char_boundary(end) {
            end -= 1;
        }
        let shown = lines.get(..end).unwrap_or_default();
        let name = escaped(&one.name);
        let fence = fence(shown);
        let _ = writeln!(
            out,
            "\n<details><summary>{name}</summary>\n\n{fence}text\n{}\n{fence}\n</details>",
            shown.trim_end()
        );
    }
    if all.len() > TOLD_MAX {
        let _ = writeln!(out, "\nand {} more", all.len() - TOLD_MAX);
    }
    out
}

/// A fence that the text cannot close: longer than any row of backticks in it.
fn fence(text: &str) -> String {
    let rows = text.split(|character| character != '`');
    let longest = rows.map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Text of others in a cell of a table, or in a heading: nothing in it is Markdown or HTML.
fn escaped(text: &str) -> String {
    let text = plain(text).to_string();
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Whatever Markdown may take for its own, `@` for a person, `:` for a link.
            _ if character.is_ascii_punctuation()
                && !matches!(character, '.' | ',' | '\'' | '-') =>
            {
                let _ = write!(out, "&#{};", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}
