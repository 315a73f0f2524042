//! A table of text within the width of a screen.
//!
//! In: heads and rows of text, which may be anybody's. Out: aligned lines, of which none can be forged.
//! Where the width does not suffice, long columns are cut first, then columns are left out that say least, the last of them first; the table names them.
//! Where there is no width, in a pipe or a file, nothing is cut.

use std::fmt::Display;

use falco_format::text::{Lines, plain};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Screen;

/// What lies between columns.
const GAP: &str = "  ";
/// A long column is cut to this before another one is left out.
const LONG_WANTED: usize = 12;
/// And to this where nothing can be left out any more.
const LONG_MIN: usize = 4;

/// The side on which texts of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// The left, for words.
    Left,
    /// The right, for numbers.
    Right,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    title: &'static str,
    align: Align,
    is_long: bool,
    is_optional: bool,
}

impl Head {
    /// A column of words.
    pub(crate) const fn new(title: &'static str) -> Head {
        Head {
            title,
            align: Align::Left,
            is_long: false,
            is_optional: false,
        }
    }

    /// The same on another side.
    pub(crate) const fn aligned(mut self, align: Align) -> Head {
        self.align = align;
        self
    }

    /// Of texts that may be long, and are cut where there is no room.
    pub(crate) const fn long(mut self) -> Head {
        self.is_long = true;
        self
    }

    /// That is left out where there is no room.
    pub(crate) const fn optional(mut self) -> Head {
        self.is_optional = true;
        self
    }
}

/// Rows under heads.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    heads: Vec<Head>,
    rows: Vec<Vec<String>>,
}

/// A column that is shown: its place, and how wide it is.
struct Shown {
    place: usize,
    head: Head,
    natural: usize,
    width: usize,
}

impl Table {
    /// No rows yet.
    pub(crate) fn new(heads: impl IntoIterator<Item = Head>) -> Table {
        Table {
            heads: heads.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    /// One more row: a text for each head. Whatever stands in it is shown as text of others.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Display>) {
        let cells = cells.into_iter().map(|cell| cell.to_string());
        self.rows
            .push(cells.map(|cell| plain(&cell).to_string()).collect());
    }

    /// The lines as a screen can show them, heads first; behind them the names of columns for which there was no room.
    pub(crate) fn lines(&self, screen: Screen) -> Lines {
        let mut columns = self.columns();
        let left_out = match screen.width {
            Some(width) => fit(&mut columns, width),
            None => Vec::new(),
        };
        let mut out = Lines::new();
        let title = |column: &Shown| column.head.title;
        push(&columns, title, screen, &mut out);
        for row in &self.rows {
            let cell = |column: &Shown| row.get(column.place).map_or("", String::as_str);
            push(&columns, cell, screen, &mut out);
        }
        if !left_out.is_empty() {
            out.line(format_args!(
                "(no room for {}; a wider terminal, a pipe or --format json has all)",
                left_out.join(", ")
            ));
        }
        out
    }

    fn columns(&self) -> Vec<Shown> {
        let heads = self.heads.iter().copied().enumerate();
        heads
            .map(|(place, head)| {
                let cells = self.rows.iter().filter_map(|row| row.get(place));
                let widest = cells.map(|cell| cell.width()).max().unwrap_or(0);
                let natural = widest.max(head.title.width());
                Shown {
                    place,
                    head,
                    natural,
                    width: natural,
                }
            })
            .collect()
    }
}

/// Makes columns fit; the titles of those that were left out.
fn fit(columns: &mut Vec<Shown>, width: usize) -> Vec<&'static str> {
    let mut left_out = Vec::new();
    loop {
        if shrink(columns, width, LONG_WANTED) {
            break;
        }
        let Some(last) = columns.iter().rposition(|column| column.head.is_optional) else {
            shrink(columns, width, LONG_MIN);
            break;
        };
        left_out.push(columns.remove(last).head.title);
    }
    left_out.reverse();
    left_out
}

/// Cuts long columns, the widest first, down to `least`; whether that suffices.
fn shrink(columns: &mut [Shown], width: usize, least: usize) -> bool {
    for column in columns.iter_mut() {
        column.width = column.natural;
    }
    let gaps = GAP.len().saturating_mul(columns.len().saturating_sub(1));
    loop {
        let taken: usize = columns.iter().map(|column| column.width).sum();
        let over = taken.saturating_add(gaps).saturating_sub(width);
        if over == 0 {
            return true;
        }
        let can_shrink = |column: &&mut Shown| {
            let least = least.max(column.head.title.width());
            column.head.is_long && column.width > least
        };
        let long = columns.iter_mut().filter(can_shrink);
        let Some(widest) = long.max_by_key(|column| column.width) else {
            return false;
        };
        // At most half at once, so that two long columns end about as wide.
        let least = least.max(widest.head.title.width());
        let most = (widest.width - least).div_ceil(2);
        widest.width -= over.min(most);
    }
}

fn push<'t>(columns: &[Shown], cell: impl Fn(&Shown) -> &'t str, screen: Screen, out: &mut Lines) {
    let mut line = String::new();
    for (place, column) in columns.iter().enumerate() {
        let text = cut(cell(column), column, screen.is_unicode);
        let missing = column.width.saturating_sub(text.width());
        let space = " ".repeat(missing);
        if place > 0 {
            line.push_str(GAP);
        }
        let (before, behind) = match column.head.align {
            Align::Left => ("", space.as_str()),
            Align::Right => (space.as_str(), ""),
        };
        line.extend([before, &text, behind]);
    }
    out.line(line.trim_end());
}

/// A text within its column, with a mark where something was cut.
fn cut(text: &str, column: &Shown, is_unicode: bool) -> String {
    if text.width() <= column.width {
        return text.to_owned();
    }
    let mark = if is_unicode { "…" } else { ">" };
    let mut out = String::new();
    let mut left = column.width.saturating_sub(mark.width());
    for character in text.chars() {
        let width = character.width().unwrap_or(0);
        if width > left {
            break;
        }
        left -= width;
        out.push(character);
    }
    out + mark
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([
            Head::new("PID").aligned(Align::Right),
            Head::new("USER"),
            Head::new("STARTED").optional(),
            Head::new("COMMAND").long(),
            Head::new("CONTAINER").optional(),
        ]);
        table.row(["1", "root", "2018-08-18", "/sbin/init splash", "host"]);
        table.row([
            "31999",
            "世界",
            "2018-08-18",
            "sh -c 'a very long command line'\x1b[2J\n",
            "web",
        ]);
        table
    }

    fn check(width: Option<usize>, is_unicode: bool, expected: &[&str]) {
        let lines = table().lines(Screen { width, is_unicode });
        let found: Vec<_> = lines.as_str().lines().collect();
        assert_eq!(found, expected, "{lines}");
        for line in found.iter().filter(|line| !line.starts_with('(')) {
            assert!(width.is_none_or(|width| line.width() <= width), "{line}");
        }
    }

    #[test]
    fn a_pipe_gets_everything() {
        check(
            None,
            true,
            &[
                "  PID  USER  STARTED     COMMAND                                      CONTAINER",
                "    1  root  2018-08-18  /sbin/init splash                            host",
                "31999  世界  2018-08-18  sh -c 'a very long command line'\\u{1b}[2J\\n  web",
            ],
        );
    }

    #[test]
    fn a_narrow_terminal_gets_what_says_most() {
        check(
            Some(60),
            true,
            &[
                "  PID  USER  STARTED     COMMAND                   CONTAINER",
                "    1  root  2018-08-18  /sbin/init splash         host",
                "31999  世界  2018-08-18  sh -c 'a very long comm…  web",
            ],
        );
        check(
            Some(40),
            false,
            &[
                "  PID  USER  STARTED     COMMAND",
                "    1  root  2018-08-18  /sbin/init spl>",
                "31999  世界  2018-08-18  sh -c 'a very >",
                "(no room for CONTAINER; a wider terminal, a pipe or --format json has all)",
            ],
        );
        check(
            Some(22),
            false,
            &[
                "  PID  USER  COMMAND",
                "    1  root  /sbin/in>",
                "31999  世界  sh -c 'a>",
                "(no room for STARTED, CONTAINER; a wider terminal, a pipe or --format json has all)",
            ],
        );
    }

    #[test]
    fn no_width_makes_it_fail() {
        for width in 0..80 {
            let lines = table().lines(Screen {
                width: Some(width),
                is_unicode: true,
            });
            assert!(lines.as_str().lines().count() >= 3);
        }
    }
}
