//! The place in a query where it is wrong, drawn.
//!
//! In: an error, and the lines that the statement stands in. Out: the line with a mark under the place, where a place is known or the name that the error tells of is found.

use std::fmt::Write as _;
use std::ops::Range;

use falco_format::text::plain;
use unicode_width::UnicodeWidthStr as _;

use super::{Kind, SqlError};
use crate::script::Excerpt;

/// Columns of a line that are shown on either side of a place; queries that programs write have lines of any length.
const AROUND_MAX: usize = 72;

const MARK: &str = "\x1b[1;31m";
const END: &str = "\x1b[0m";

/// The line with its mark, in lines of its own; nothing where no place is known.
#[must_use]
pub fn pointed(error: &SqlError, excerpt: &Excerpt, is_colored: bool) -> String {
    let lines = excerpt.lines();
    let Some(range) = place(error, excerpt) else {
        return String::new();
    };
    let before = lines.get(..range.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let number = excerpt.first_line + before.matches('\n').count();
    let line_end = lines.get(range.start..).and_then(|rest| rest.find('\n'));
    let line_end = line_end.map_or(lines.len(), |length| range.start + length);
    let shown = |range: Range<usize>| plain(lines.get(range).unwrap_or_default()).to_string();
    let (head, is_cut) = tail_of(&shown(line_start..range.start));
    let marked = shown(range.start..range.end.min(line_end).max(range.start));
    let rest = head_of(&shown(range.end.min(line_end)..line_end));
    let mut out = String::new();
    let gutter = " ".repeat(number.to_string().len());
    // Writing to a `String` cannot fail, so the results carry no information.
    if let Some(file) = &excerpt.file {
        let _ = writeln!(out, "{gutter}--> {}:{number}", plain(file.as_ref()));
    }
    let cut = if is_cut { "…" } else { "" };
    let _ = writeln!(out, "{number} | {cut}{head}{marked}{rest}");
    let space = " ".repeat(head.width() + cut.width());
    let mark = "^".repeat(marked.width().max(1));
    let (color, end) = if is_colored { (MARK, END) } else { ("", "") };
    let _ = writeln!(out, "{gutter} | {space}{color}{mark}{end}");
    if is_text_in_double_quotes(error, lines.get(range).unwrap_or_default()) {
        let _ = writeln!(
            out,
            "{gutter} = names stand in double quotes, text in single ones: 'bash'"
        );
    }
    out
}

fn is_text_in_double_quotes(error: &SqlError, marked: &str) -> bool {
    matches!(
        error,
        SqlError::Unknown {
            kind: Kind::Column,
            ..
        }
    ) && marked.starts_with('"')
}

/// Where the error is in the lines.
fn place(error: &SqlError, excerpt: &Excerpt) -> Option<Range<usize>> {
    if let Some(place) = error.place() {
        let start = excerpt.offset(place.start.0, place.start.1)?;
        let end = excerpt.offset(place.end.0, place.end.1).unwrap_or(start);
        return Some(start..end.max(start));
    }
    let text = excerpt.text();
    let named = match error {
        SqlError::Unknown { name, .. } => word_in(text, name),
        SqlError::Query { message, .. } => in_condition(text, message).or_else(|| {
            let quoted = message.split(['\'', '`']).skip(1).step_by(2);
            quoted.filter_map(|name| word_in(text, name)).next()
        }),
        _ => None,
    }?;
    let start = excerpt.offset(1, 1)?;
    Some(start + named.start..start + named.end)
}

/// The place that a message tells of a condition of Falco's language, `… (characters 3 to 5 of 'TEXT')`, where the condition stands in a statement.
fn in_condition(text: &str, message: &str) -> Option<Range<usize>> {
    let (_, told) = message.rsplit_once(" (characters ")?;
    let (numbers, condition) = told.strip_suffix("')")?.split_once(" of '")?;
    let (from, to) = numbers.split_once(" to ")?;
    let (from, to): (usize, usize) = (from.parse().ok()?, to.parse().ok()?);
    // In SQL a quote within a text is doubled.
    let typed = |condition: &str| condition.replace('\'', "''");
    let begin = text
        .find(&format!("'{}'", typed(condition)))?
        .saturating_add(1);
    let behind = |characters: usize| {
        let before: String = condition.chars().take(characters).collect();
        begin.saturating_add(typed(&before).len())
    };
    Some(behind(from.saturating_sub(1))..behind(to))
}

/// Where a name stands in a text as a word of its own.
fn word_in(text: &str, name: &str) -> Option<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_part) {
        return None;
    }
    // Names in queries are in any capitals; those of ours are ASCII, in which lengths stay.
    let (text, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let mut found = text.match_indices(&name).map(|(at, _)| at..at + name.len());
    found.find(|range| {
        let before = text.get(..range.start).unwrap_or_default();
        let after = text.get(range.end..).unwrap_or_default();
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

/// The end of a text, and whether something stands before it.
fn tail_of(text: &str) -> (String, bool) {
    let characters = text.chars().count();
    let skipped = characters.saturating_sub(AROUND_MAX);
    (text.chars().skip(skipped).collect(), skipped > 0)
}

/// The beginning of a text, and a mark where more follows.
fn head_of(text: &str) -> String {
    let mut head: String = text.chars().take(AROUND_MAX).collect();
    if head.len() < text.len() {
        head.push('…');
    }
    head
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;
    use crate::script::Script;

    fn unknown(name: &str, place: Option<Place>) -> SqlError {
        SqlError::Unknown {
            kind: Kind::Column,
            name: name.to_owned(),
            similar: None,
            place,
        }
    }

    #[track_caller]
    fn check(text: &str, file: Option<&str>, error: &SqlError, expected: &str) {
        let mut script = Script::new(file);
        script.push(text);
        let mut last = None;
        while let Some(piece) = script.last_piece() {
            last = Some(piece);
        }
        let excerpt = last.expect("a statement").excerpt;
        assert_eq!(pointed(error, &excerpt, false), expected);
    }

    #[test]
    fn the_place_is_under_its_line() {
        let place = |start, end| Some(Place { start, end });
        check(
            "SELECT proc_nam FROM events",
            None,
            &unknown("proc_nam", place((1, 8), (1, 16))),
            "1 | SELECT proc_nam FROM events\n  |        ^^^^^^^^\n",
        );
        check(
            "SELECT 1;\n\nSELECT '世界',\n  x FROM y",
            Some("q.sql"),
            &unknown("x", place((2, 3), (2, 4))),
            " --> q.sql:4\n4 |   x FROM y\n  |   ^\n",
        );
        check(
            "SELECT '世界', x",
            None,
            &unknown("X", None),
            "1 | SELECT '世界', x\n  |                ^\n",
        );
        check(
            "SELECT a WHERE b = \"bash\"",
            None,
            &unknown("bash", place((1, 20), (1, 26))),
            "1 | SELECT a WHERE b = \"bash\"\n  |                    ^^^^^^\n  = names stand in double quotes, text in single ones: 'bash'\n",
        );
        check("SELECT 1", None, &unknown("x", None), "");
        check("SELECT 1", None, &unknown("x", place((9, 9), (9, 9))), "");
    }

    #[test]
    fn the_place_in_a_condition_is_that_in_the_query() {
        let error = |message: &str| SqlError::Query {
            message: message.to_owned(),
            help: None,
            place: None,
        };
        check(
            "SELECT 1 WHERE\n NOT falco('proc.name = ''é'' or x.y exists')",
            None,
            &error(
                "falco: unknown field `x.y` (characters 20 to 22 of 'proc.name = 'é' or x.y exists')",
            ),
            "2 |  NOT falco('proc.name = ''é'' or x.y exists')\n  |                                  ^^^\n",
        );
        check(
            "SELECT falco('a', 'b')",
            None,
            &error("falco: no (characters 1 to 1 of 'b.c')"),
            "",
        );
        check(
            "SELECT falco('a =')",
            None,
            &error("falco: expected a value (characters 4 to 4 of 'a =')"),
            "1 | SELECT falco('a =')\n  |                  ^\n",
        );
    }

    #[test]
    fn nothing_that_a_terminal_would_obey_is_shown() {
        check(
            "SELECT '\u{1b}[2J', x",
            None,
            &unknown("x", None),
            "1 | SELECT '\\u{1b}[2J', x\n  |                     ^\n",
        );
        let long = format!("SELECT {}, x, {}", "a".repeat(500), "b".repeat(500));
        let mut script = Script::new(None);
        script.push(&long);
        let excerpt = script.last_piece().expect("a statement").excerpt;
        let drawn = pointed(&unknown("x", None), &excerpt, false);
        assert!(
            drawn.lines().all(|line| line.chars().count() < 160),
            "{drawn}"
        );
        let mut lines = drawn.lines().map(|line| line.chars().collect::<Vec<_>>());
        let (line, mark) = (lines.next().expect("a line"), lines.next().expect("a mark"));
        let at = mark.iter().position(|c| *c == '^').expect("a place");
        assert_eq!(line.get(at), Some(&'x'), "{drawn}");
    }
}
