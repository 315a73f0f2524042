//! Cells as a drawn table, or one below the other.
//!
//! In: texts that are shown already. Out: lines. Nothing is cut: where a terminal is too narrow, cells are folded, and where even that does not fit, each row has a line for each column.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// What stands for NULL.
const NULL: &str = "NULL";
/// A column is folded to no fewer characters than this; a table of narrower ones is not read by anybody.
const FOLDED_WIDTH_MIN: usize = 16;
/// What a column takes beside its text: a bar and a space on either side.
const FRAME_WIDTH: usize = 3;

/// When rows stand one below the other, a line for each column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expanded {
    /// Always.
    On,
    /// Never.
    Off,
    /// Where a table does not fit.
    #[default]
    Auto,
}

/// The head of a column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) is_number: bool,
}

/// Cells of a table.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    columns: Vec<Column>,
    rows: Vec<Vec<Option<String>>>,
    bytes: usize,
}

impl Grid {
    pub(super) fn new(columns: Vec<Column>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
            bytes: 0,
        }
    }

    pub(super) fn add(&mut self, cells: Vec<Option<String>>) {
        let cell = |cell: &Option<String>| {
            size_of::<Option<String>>() + cell.as_ref().map_or(0, String::len)
        };
        self.bytes += cells.iter().map(cell).sum::<usize>();
        self.rows.push(cells);
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// What the cells take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// All of it, no wider than `width` where one is given; `first` is the number of the first row.
    pub(super) fn drawn(&self, width: Option<usize>, expanded: Expanded, first: usize) -> String {
        let natural = self.widths();
        let fits = |widths: &[usize]| width.is_none_or(|width| total(widths) <= width);
        let widths = match expanded {
            Expanded::On => None,
            Expanded::Off => Some(natural),
            Expanded::Auto if fits(&natural) => Some(natural),
            Expanded::Auto => width.and_then(|width| self.folded(&natural, width)),
        };
        match widths {
            Some(widths) => self.table(&widths),
            None => self.records(first),
        }
    }

    /// How wide each column's widest text is.
    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .map(|column| column.name.width())
            .collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(text(cell).width());
            }
        }
        widths
    }

    /// Widths that fit, where columns of text are folded; `None` where there are too many columns. What is narrow stays, and wide ones share what is left.
    fn folded(&self, natural: &[usize], width: usize) -> Option<Vec<usize>> {
        let least = |(column, natural): (&Column, &usize)| {
            if column.is_number {
                *natural
            } else {
                (*natural).min(FOLDED_WIDTH_MIN)
            }
        };
        let mut widths: Vec<usize> = self.columns.iter().zip(natural).map(least).collect();
        let mut left = width.checked_sub(total(&widths))?;
        while left > 0 {
            let wanting = widths
                .iter()
                .zip(natural)
                .filter(|(width, natural)| width < natural)
                .count();
            if wanting == 0 {
                break;
            }
            let share = (left / wanting).max(1);
            for (width, natural) in widths.iter_mut().zip(natural) {
                let more = share.min(natural.saturating_sub(*width)).min(left);
                *width += more;
                left -= more;
            }
        }
        Some(widths)
    }

    fn table(&self, widths: &[usize]) -> String {
        let mut rule = String::new();
        for width in widths {
            rule.push('+');
            rule.push_str(&"-".repeat(width + 2));
        }
        rule.push_str("+\n");
        let names = self.columns.iter().map(|column| column.name.as_str());
        let mut out = rule.clone();
        self.push_row(&names.collect::<Vec<_>>(), widths, &mut out);
        out.push_str(&rule);
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(text).collect();
            self.push_row(&cells, widths, &mut out);
        }
        if !self.rows.is_empty() {
            out.push_str(&rule);
        }
        out
    }

    fn push_row(&self, cells: &[&str], widths: &[usize], out: &mut String) {
        let folded: Vec<Vec<&str>> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| fold(cell, *width))
            .collect();
        let lines = folded.iter().map(Vec::len).max().unwrap_or(1);
        for line in 0..lines {
            for ((parts, width), column) in folded.iter().zip(widths).zip(&self.columns) {
                let part = parts.get(line).copied().unwrap_or_default();
                let space = " ".repeat(width.saturating_sub(part.width()));
                let (before, after) = if column.is_number {
                    (space.as_str(), "")
                } else {
                    ("", space.as_str())
                };
                // Writing to a `String` cannot fail, so the result carries no information.
                let _ = write!(out, "| {before}{part}{after} ");
            }
            out.push_str("|\n");
        }
    }

    /// Rows one below the other.
    fn records(&self, first: usize) -> String {
        let width = self
            .columns
            .iter()
            .map(|column| column.name.width())
            .max()
            .unwrap_or(0);
        let mut out = String::new();
        for (number, row) in (first..).zip(&self.rows) {
            let title = format!("-[ row {number} ]");
            let _ = writeln!(
                out,
                "{title}{}",
                "-".repeat((width + 1).saturating_sub(title.width()))
            );
            for (column, cell) in self.columns.iter().zip(row) {
                let space = " ".repeat(width - column.name.width());
                let _ = writeln!(out, "{}{space} | {}", column.name, text(cell));
            }
        }
        out
    }
}

fn text(cell: &Option<String>) -> &str {
    cell.as_deref().unwrap_or(NULL)
}

fn total(widths: &[usize]) -> usize {
    widths
        .iter()
        .map(|width| width + FRAME_WIDTH)
        .sum::<usize>()
        + 1
}

/// The lines of a text that is folded, at a space where there is one in the second half of a line.
fn fold(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) = fold_at(rest, width) {
        let Some((line, next)) = rest.split_at_checked(at) else {
            break;
        };
        lines.push(line);
        rest = next;
    }
    lines.push(rest);
    lines
}

/// Where a text that is too wide is folded; at least one character stands before it.
fn fold_at(text: &str, width: usize) -> Option<usize> {
    let (mut space, mut used) = (None, 0);
    for (at, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > width && at > 0 {
            return Some(space.unwrap_or(at));
        }
        if character == ' ' && used > width / 2 {
            space = Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: &[&[Option<&str>]]) -> Grid {
        let column = |(name, is_number): (&str, bool)| Column {
            name: name.to_owned(),
            is_number,
        };
        let mut grid = Grid::new([("n", true), ("name", false)].map(column).into());
        for row in rows {
            grid.add(row.iter().map(|cell| cell.map(ToOwned::to_owned)).collect());
        }
        grid
    }

    #[test]
    fn tables_are_drawn_as_wide_as_they_may_be() {
        let long = "a word and another, 世界 and on";
        let rows = grid(&[
            &[Some("7"), Some(long)],
            &[Some("1234"), None],
            &[None, Some("")],
        ]);
        let check = |width, expanded, expected: &str| {
            assert_eq!(rows.drawn(width, expanded, 1), expected, "{width:?}");
        };
        let whole = "\
+------+---------------------------------+
|    n | name                            |
+------+---------------------------------+
|    7 | a word and another, 世界 and on |
| 1234 | NULL                            |
| NULL |                                 |
+------+---------------------------------+
";
        check(None, Expanded::Auto, whole);
        check(Some(42), Expanded::Auto, whole);
        check(Some(10), Expanded::Off, whole);
        let records = "\
-[ row 1 ]
n    | 7
name | a word and another, 世界 and on
-[ row 2 ]
n    | 1234
name | NULL
-[ row 3 ]
n    | NULL
name | 
";
        check(Some(20), Expanded::Auto, records);
        check(None, Expanded::On, records);
    }

    #[test]
    fn folded_text_is_whole_and_fits() {
        for (text, width) in [
            ("a word and another, 世界 and on", 16),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 16),
            ("世界世界世界世界世界世界", 5),
            ("", 16),
            ("世", 1),
        ] {
            let lines = fold(text, width);
            assert_eq!(lines.concat(), text);
            let fits = |line: &&str| line.width() <= width || line.chars().count() == 1;
            assert!(lines.iter().all(fits), "{lines:?}");
        }
        let rows = grid(&[&[Some("7"), Some("a word and another, 世界 and on")]]);
        let drawn = rows.drawn(Some(30), Expanded::Auto, 1);
        assert!(drawn.lines().all(|line| line.width() <= 30), "{drawn}");
        assert!(drawn.lines().count() > 5, "{drawn}");
    }
}
