//! What a word may become: commands and what they take, tables, columns, functions, keywords.
//!
//! In: what stands before the cursor, the whole of what was typed, and the names that there are. Out: words, in order.
//! A few rules and no parser: behind FROM and JOIN come tables, behind `t.` the columns of `t`, elsewhere the columns of the tables that the statement names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use falco_format::text::is_plain;
use falco_sql::{KEYWORDS, SqlSession};

use crate::command::{Argument, COMMANDS};

/// Words behind which a table stands.
const BEFORE_TABLES: [&str; 3] = ["FROM", "JOIN", "DESCRIBE"];

/// The names that there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    tables: Vec<(String, Vec<String>)>,
    functions: Vec<String>,
    table_functions: Vec<String>,
}

impl Names {
    /// Those of a session.
    pub(super) async fn of(session: &SqlSession) -> Self {
        let mut names = Self::default();
        for listed in session.listed().await {
            let columns = session.columns(&listed.name).await.unwrap_or_default();
            let columns = columns.into_iter().map(|column| column.name).collect();
            names.tables.push((listed.name, columns));
        }
        for function in session.functions() {
            let called = format!("{}(", function.name);
            if function.kind == "table" {
                names.table_functions.push(called);
            } else {
                names.functions.push(called);
            }
        }
        names
    }

    /// How many tables there are.
    pub(super) fn tables(&self) -> usize {
        self.tables.len()
    }

    fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|(name, _)| name.as_str())
    }

    fn columns_of<'n>(&'n self, tables: &BTreeSet<String>) -> impl Iterator<Item = &'n str> {
        let known = self.tables.iter();
        let named = known
            .filter(|(name, _)| tables.is_empty() || tables.contains(name))
            .collect::<Vec<_>>();
        named
            .into_iter()
            .flat_map(|(_, columns)| columns)
            .map(String::as_str)
    }
}

/// Where the word begins that is completed, and what it may become.
pub(super) fn complete(typed: &str, whole: &str, names: &Names) -> (usize, Vec<String>) {
    let line_start = typed.rfind('\n').map_or(0, |newline| newline + 1);
    let line = typed.get(line_start..).unwrap_or_default();
    if line.trim_start().starts_with('\\') {
        let (start, words) = complete_command(line, names);
        return (line_start + start, words);
    }
    if typed.matches('\'').count() % 2 == 1 {
        return (typed.len(), Vec::new());
    }
    let start = word_start(typed);
    let word = typed.get(start..).unwrap_or_default();
    let before = typed.get(..start).unwrap_or_default();
    if let Some(owner) = before.strip_suffix('.') {
        let owner = owner.get(word_start(owner)..).unwrap_or_default();
        let tables = BTreeSet::from([table_of(owner, whole)]);
        return (start, beginning(word, names.columns_of(&tables)));
    }
    let previous = before.trim_end();
    let previous = previous.get(word_start(previous)..).unwrap_or_default();
    if BEFORE_TABLES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(previous))
    {
        let functions = names.table_functions.iter().map(String::as_str);
        return (start, beginning(word, names.table_names().chain(functions)));
    }
    // Everything that there is would be no help.
    if word.is_empty() {
        return (start, Vec::new());
    }
    let named = tables_in(whole, names);
    let functions = names.functions.iter().chain(&names.table_functions);
    let columns = names.columns_of(&named).chain(names.table_names());
    let mut words = beginning(word, columns.chain(functions.map(String::as_str)));
    words.extend(keywords(word));
    (start, words)
}

/// Commands, and what they take.
fn complete_command(line: &str, names: &Names) -> (usize, Vec<String>) {
    let indent = line.len() - line.trim_start().len();
    let typed = line.get(indent..).unwrap_or_default();
    let Some(space) = typed.find(char::is_whitespace) else {
        let known = COMMANDS.iter().flat_map(|spec| spec.names).copied();
        return (
            indent,
            beginning(typed, known.filter(|name| name.starts_with('\\'))),
        );
    };
    let (name, rest) = typed.split_at(space);
    let word = rest.trim_start();
    let start = line.len() - word.len();
    let spec = COMMANDS.iter().find(|spec| spec.names.contains(&name));
    let words = match spec.map(|spec| spec.argument) {
        Some(Argument::Table) => beginning(word, names.table_names()),
        Some(Argument::Words(words)) => beginning(word, words.iter().copied()),
        Some(Argument::Function) => {
            let called = names.functions.iter().chain(&names.table_functions);
            beginning(word, called.map(|name| name.trim_end_matches('(')))
        }
        Some(Argument::File) => files(word),
        Some(Argument::Nothing) | None => Vec::new(),
    };
    (start, words)
}

/// Files that begin so. Names that a terminal would obey are left out: they would be typed as they stand.
fn files(word: &str) -> Vec<String> {
    let part = word.rsplit('/').next().unwrap_or_default();
    let prefix = word.strip_suffix(part).unwrap_or_default();
    let directory = if prefix.is_empty() {
        Path::new(".")
    } else {
        Path::new(prefix)
    };
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let is_hidden = name.starts_with('.') && !part.starts_with('.');
        if name.starts_with(part) && !is_hidden && is_plain(name.as_bytes()) {
            let end = if entry.path().is_dir() { "/" } else { "" };
            found.push(format!("{prefix}{name}{end}"));
        }
    }
    found.sort();
    found
}

fn word_start(text: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let before = text.char_indices().rev().find(|(_, c)| !is_part(*c));
    before.map_or(0, |(at, c)| at + c.len_utf8())
}

/// Words of a text, as they stand.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
}

/// The tables that a statement names.
fn tables_in(statement: &str, names: &Names) -> BTreeSet<String> {
    let known = |word: &str| {
        names
            .table_names()
            .find(|name| name.eq_ignore_ascii_case(word))
            .map(ToOwned::to_owned)
    };
    words(statement).filter_map(known).collect()
}

/// The table that a name stands for: `FROM events e`, `JOIN events AS e`, or itself.
fn table_of(owner: &str, statement: &str) -> String {
    let words: Vec<&str> = words(statement)
        .filter(|word| !word.eq_ignore_ascii_case("as"))
        .collect();
    for part in words.windows(3) {
        if let [before, table, alias] = part
            && BEFORE_TABLES
                .iter()
                .any(|known| known.eq_ignore_ascii_case(before))
            && alias.eq_ignore_ascii_case(owner)
        {
            return table.to_lowercase();
        }
    }
    owner.to_lowercase()
}

/// Names that begin so, whatever their capitals; each once, in order.
fn beginning<'n>(word: &str, known: impl Iterator<Item = &'n str>) -> Vec<String> {
    let word = word.to_lowercase();
    let found = known.filter(|name| name.to_lowercase().starts_with(&word));
    let found: BTreeSet<String> = found.map(ToOwned::to_owned).collect();
    found.into_iter().collect()
}

/// Keywords that begin so, in the capitals of what was typed.
fn keywords(word: &str) -> impl Iterator<Item = String> {
    let is_small = word.chars().any(char::is_lowercase);
    let found = beginning(word, KEYWORDS.iter().copied());
    found.into_iter().map(move |keyword| {
        if is_small {
            keyword.to_lowercase()
        } else {
            keyword
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Names {
            tables: vec![
                (
                    "events".to_owned(),
                    owned(&["evt_time", "evt_type", "proc_name"]),
                ),
                ("losses".to_owned(), owned(&["events", "reason"])),
            ],
            functions: owned(&["array_has(", "count("]),
            table_functions: owned(&["alerts("]),
        }
    }

    /// What the `|` becomes.
    #[track_caller]
    fn check(typed: &str, expected: &[&str]) {
        let (before, after) = typed.split_once('|').expect("a cursor");
        let (start, words) = complete(before, &format!("{before}{after}"), &names());
        assert_eq!(words, expected, "{typed}");
        assert!(before.is_char_boundary(start), "{typed}");
    }

    #[test]
    fn words_become_what_stands_where_they_do() {
        check("SEL|", &["SELECT"]);
        check("sel|", &["select"]);
        check("SELECT evt_t| FROM events", &["evt_time", "evt_type"]);
        check("SELECT re| FROM events", &[]);
        check("SELECT re| FROM losses", &["reason"]);
        check("SELECT cou|", &["count("]);
        check("SELECT * FROM |", &["alerts(", "events", "losses"]);
        check("select * from EV|", &["events"]);
        check("SELECT * FROM events e JOIN l|", &["losses"]);
        check("SELECT e.evt_ty| FROM events AS e", &["evt_type"]);
        check("SELECT x.| FROM losses x", &["events", "reason"]);
        check("SELECT losses.re|", &["reason"]);
        check("SELECT 'ev|", &[]);
        check("SELECT |", &[]);
        check("SELECT ü.ev|", &[]);
    }

    #[test]
    fn commands_become_theirs() {
        check("\\ti|", &["\\timing"]);
        check("\\d|", &["\\d", "\\d+", "\\df", "\\dt", "\\dv"]);
        check("\\d ev|", &["events"]);
        check("\\timing |", &["off", "on"]);
        check("\\format p|", &["parquet"]);
        check("\\df arr|", &["array_has"]);
        check("\\q |", &[]);
        check("SELECT\n\\ti|", &["\\timing"]);
    }
}
