//! The report as a comment of a pull request: GitHub's Markdown, short, and never longer than a comment may be.
//!
//! In: a report. Out: text. What is said first is what most differs; what finds no room is counted.
//! Names, outputs and values are others' text: each stands in a code span or in escaped HTML, where it can neither be markup nor call anybody.

use falco_format::text::{count, grouped, plain};

use super::example::{Deciding, Example};
use super::kinds::{KINDS, Kind};
use super::report::{Report, RuleRow};
use super::sides::Side;
use super::text::{place_of, shadow_lines};
use crate::time::full;

/// The longest comment that GitHub takes, in characters; bytes are never fewer.
pub const COMMENT_MAX: usize = 65_536;
/// What is kept for the words that say what was left out, in bytes.
const REST_MAX: usize = 512;
/// How many rules the table has; nobody reads on so far.
const ROWS_MAX: usize = 100;
/// How many names a list has, for the same reason.
const NAMES_MAX: usize = 40;
/// How much of an output or a value is shown, in bytes: an example shall not take the room of ten.
const TEXT_MAX: usize = 600;
/// How much of a name is shown in tables and lists, in bytes: a hundred of them leave room for examples.
const NAME_MAX: usize = 200;
/// The longest command that is shown, in bytes; of a longer one nothing is, for a part of a command is none.
const COMMAND_MAX: usize = 2_000;

/// The report.
#[must_use]
pub fn markdown(report: &Report<'_>) -> String {
    let rows = report.rows();
    let mut page = Page::default();
    push_head(report, &mut page);
    let differing: Vec<_> = rows.iter().filter(|row| row.all() > 0).collect();
    if !differing.is_empty() {
        page.tell(&table(&differing));
    }
    for (label, names) in lists(report, &rows) {
        page.tell(&list(label, &names));
    }
    if !report.missing.is_empty() {
        let lines = report
            .missing
            .iter()
            .map(|line| format!("> {}\n", code(line)));
        let lines: String = lines.take(NAMES_MAX).collect();
        page.tell(&format!("> **Evidence is missing:**\n{lines}\n"));
    }
    for row in differing {
        if !page.push(&details(report, row)) {
            page.left_out += 1;
        }
    }
    page.end()
}

/// A text that stays short enough.
#[derive(Default)]
struct Page {
    text: String,
    /// How many rules' examples found no room.
    left_out: usize,
    /// Whether anything else found none.
    is_cut: bool,
}

impl Page {
    /// Appends a whole piece, or nothing of it where there is no room.
    fn push(&mut self, piece: &str) -> bool {
        let has_room = self.text.len() + piece.len() + REST_MAX <= COMMENT_MAX;
        if has_room {
            self.text.push_str(piece);
        }
        has_room
    }

    /// Appends a whole piece, or remembers that it found no room.
    fn tell(&mut self, piece: &str) {
        self.is_cut |= !self.push(piece);
    }

    fn end(mut self) -> String {
        let rules = count(self.left_out as u64, "rule");
        let what = match (self.left_out, self.is_cut) {
            (0, false) => return self.text,
            (0, true) => "all that is to be said".to_owned(),
            (_, false) => format!("{rules} more"),
            (_, true) => format!("all that is to be said, nor for {rules} more"),
        };
        self.text += &format!(
            "\nA comment has no room for {what}; `falco-analyze diff --format json` has all.\n"
        );
        self.text
    }
}

fn push_head(report: &Report<'_>, page: &mut Page) {
    let (found, events) = (report.found, count(report.events, "event"));
    let differing = KINDS.map(|kind| {
        let differing = found.differing(kind, None);
        format!("**{}** {}", grouped(differing), kind.name())
    });
    let head = if report.differing() > 0 {
        format!(
            "### Alerts differ\n\n{}, {} the same, over {events}.\n\n",
            differing.join(", "),
            grouped(report.same())
        )
    } else {
        format!(
            "### Alerts are the same\n\n{} on both sides, over {events}.\n\n",
            count(found.alerts(Side::New, None), "alert")
        )
    };
    page.tell(&head);
    let given = |side| {
        let given = report.given.of(side).iter().take(NAMES_MAX);
        given.map(|text| code(text)).collect::<Vec<_>>().join(", ")
    };
    page.tell(&format!(
        "Old rules: {}. New rules: {}.\n\n",
        given(Side::Old),
        given(Side::New)
    ));
}

/// The first of the rules whose alerts differ, and how many more there are.
fn table(rows: &[&RuleRow<'_>]) -> String {
    let mut text = "| Rule | before | now | lost | gained | changed | definition |\n|---|--:|--:|--:|--:|--:|---|\n".to_owned();
    for row in rows.iter().take(ROWS_MAX) {
        let number = |kind| match row.differing(kind) {
            0 => String::new(),
            differing => grouped(differing),
        };
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            cell(row.name),
            grouped(row.alerts.old),
            grouped(row.alerts.new),
            number(Kind::Lost),
            number(Kind::Gained),
            number(Kind::Changed),
            row.status().unwrap_or_default()
        );
    }
    let more = rows.len().saturating_sub(ROWS_MAX);
    if more > 0 {
        text += &format!("\nand {}\n", count(more as u64, "more rule"));
    }
    text + "\n"
}

/// What is said of rules in lists: those without alerts that differ, too.
fn lists(report: &Report<'_>, rows: &[RuleRow<'_>]) -> [(&'static str, Vec<String>); 6] {
    let names = |side| {
        let alone = Report::alone(rows, side).into_iter();
        alone.map(|row| row.name.to_owned()).collect()
    };
    let renamed = rows
        .iter()
        .filter_map(|row| Some((row.old_name?, row.name)));
    let shadows = |side| shadow_lines(&report.shadows(side), side);
    [
        ("Rules added", names(Side::New)),
        ("Rules removed", names(Side::Old)),
        (
            "Rules renamed",
            renamed.map(|(old, new)| format!("{old} → {new}")).collect(),
        ),
        (
            "Changed without effect on these captures",
            Report::without_effect(rows),
        ),
        ("Now shadowed", shadows(Side::New)),
        ("No longer shadowed", shadows(Side::Old)),
    ]
}

fn list(label: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let shown = names.iter().take(NAMES_MAX);
    let shown = shown.map(|name| code_within(name, NAME_MAX));
    let mut shown: Vec<_> = shown.collect();
    if let Some(more) = names.len().checked_sub(NAMES_MAX).filter(|more| *more > 0) {
        shown.push(format!("and {more} more"));
    }
    format!("**{label}:** {}\n\n", shown.join(", "))
}

fn details(report: &Report<'_>, row: &RuleRow<'_>) -> String {
    let kinds = KINDS.iter().filter(|kind| row.differing(**kind) > 0);
    let kinds = kinds.map(|kind| format!("{} {}", grouped(row.differing(*kind)), kind.name()));
    let kinds = kinds.collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "<details><summary><code>{}</code>: {kinds}</summary>\n\n",
        html(row.name)
    );
    for kind in KINDS {
        for (reason, alerts) in report.found.reasons(kind, row.number) {
            let why = code(&report.reason(kind, reason));
            text += &format!("- {} {} since {why}\n", grouped(alerts), kind.name());
        }
        for example in report.found.examples_of(kind, row.number) {
            push_example(report, example, &mut text);
        }
    }
    text + "\n</details>\n\n"
}

fn push_example(report: &Report<'_>, example: &Example, text: &mut String) {
    let capture = report.captures.get(example.capture);
    *text += &format!(
        "- {}: {}, event {} of {}{}\n",
        example.kind.name(),
        full(example.time, &report.zone),
        example.number,
        code(capture.map_or("", String::as_str)),
        if example.is_complete {
            ""
        } else {
            ", on evidence that is not complete"
        }
    );
    if example.kind == Kind::Changed {
        *text += &format!("  - changed: {}\n", code(&example.told.words().join(", ")));
    }
    for (label, side) in [("was", Side::Old), ("now", Side::New)] {
        if let Some(said) = example.said.of(side) {
            *text += &format!("  - {label}: {} {}\n", said.priority, code(&said.output));
        }
    }
    for part in &example.decides {
        *text += &format!("  - {}\n", deciding(part));
    }
    let command = report.explain(example);
    if let Some(command) = command.as_deref().and_then(command_span) {
        *text += &format!("  - {command}\n");
    }
}

/// A command, whole or not at all.
fn command_span(command: &str) -> Option<String> {
    let is_whole = plain(command).to_string().len() <= COMMAND_MAX;
    is_whole.then(|| code_within(command, COMMAND_MAX))
}

fn deciding(part: &Deciding) -> String {
    let value = part.value.as_ref();
    let value = value.map(|value| format!(", which found {}", code(value)));
    let place = place_of(part).map(|place| format!(", at {}", code(&place)));
    format!(
        "{} rules: {} is {}{}{}",
        part.side.name(),
        code(&part.text),
        part.holds,
        value.unwrap_or_default(),
        place.unwrap_or_default()
    )
}

/// Others' text on one line, cut where it is longer than so many bytes.
fn one_line(text: &str, most: usize) -> String {
    let text = plain(text).to_string();
    if text.len() <= most {
        return text;
    }
    let end = text.floor_char_boundary(most);
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// A code span, cut where it is long.
fn code(text: &str) -> String {
    code_within(text, TEXT_MAX)
}

/// A code span: between as many backticks as the text has nowhere in a row, nothing is markup.
fn code_within(text: &str, most: usize) -> String {
    let text = one_line(text, most);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One blank at either side is taken away where both sides have one.
    let is_at_edge = |c: char| c == '`' || c == ' ';
    if text.is_empty() {
        return "` `".to_owned();
    }
    if text.starts_with(is_at_edge) || text.ends_with(is_at_edge) {
        return format!("{fence} {text} {fence}");
    }
    format!("{fence}{text}{fence}")
}

/// A code span in a table, whose cells end at any bar: a broken one stands for it.
fn cell(text: &str) -> String {
    code_within(&text.replace('|', "¦"), NAME_MAX)
}

/// Text within HTML.
fn html(text: &str) -> String {
    let text = one_line(text, TEXT_MAX);
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_others_is_markup() {
        let check = |text: &str, in_code: &str, in_html: &str| {
            assert_eq!(
                (code(text).as_str(), html(text).as_str()),
                (in_code, in_html)
            );
        };
        check("a", "`a`", "a");
        check("", "` `", "");
        check("a`b", "``a`b``", "a`b");
        check("`", "`` ` ``", "`");
        check("``` x ```", "```` ``` x ``` ````", "``` x ```");
        check(
            "<img src=x>@all",
            "`<img src=x>@all`",
            "&lt;img src=x&gt;@all",
        );
        check("a\n\n# b", r"`a\n\n# b`", r"a\n\n# b");
        check("\u{202e}x", r"`\u{202e}x`", r"\u{202e}x");
        check(" a", "`  a `", " a");
        assert_eq!(cell("a|b"), "`a¦b`");
    }

    #[test]
    fn long_text_is_cut() {
        let long = "ä".repeat(TEXT_MAX);
        let shown = one_line(&long, TEXT_MAX);
        assert!(
            shown.ends_with('…') && shown.len() <= TEXT_MAX + 3,
            "{shown}"
        );
    }

    #[test]
    fn a_command_is_whole_or_not_there() {
        let check = |length: usize, is_there: bool| {
            let command = "x".repeat(length);
            let expected = is_there.then(|| format!("`{command}`"));
            assert_eq!(command_span(&command), expected);
        };
        check(TEXT_MAX + 1, true);
        check(COMMAND_MAX, true);
        check(COMMAND_MAX + 1, false);
    }

    #[test]
    fn what_finds_no_room_is_told() {
        let check = |left_out: usize, piece: usize, expected: &str| {
            let mut page = Page::default();
            page.tell(&"x".repeat(piece));
            page.left_out = left_out;
            let text = page.end();
            assert_eq!(text.trim_start_matches('x'), expected);
        };
        let told = |what: &str| {
            format!(
                "\nA comment has no room for {what}; `falco-analyze diff --format json` has all.\n"
            )
        };
        check(0, 10, "");
        check(2, 10, &told("2 rules more"));
        check(0, COMMENT_MAX, &told("all that is to be said"));
        let both = "all that is to be said, nor for 1 rule more";
        check(1, COMMENT_MAX, &told(both));
    }

    #[test]
    fn a_page_has_an_end() {
        let mut page = Page::default();
        let piece = "x".repeat(1_000);
        let mut taken = 0;
        for _ in 0..100 {
            if page.push(&piece) {
                taken += 1;
            } else {
                page.left_out += 1;
            }
        }
        let text = page.end();
        assert_eq!(taken, 65, "{}", text.len());
        assert!(
            text.len() <= COMMENT_MAX && text.contains("35 rules"),
            "{}",
            text.len()
        );
    }
}
