//! DataFusion's errors in our words.
//!
//! In: an error, with the place that DataFusion knows of it, and what is in scope. Out: [`SqlError`].

use std::error::Error as _;

use datafusion::common::{Column, DataFusionError, SchemaError, TableReference};
use datafusion::sql::sqlparser::parser::ParserError;
use falco_analyze::columns::similar_name;

use super::{Kind, Place, SqlError};
use crate::keywords::KEYWORDS;

/// What stands in front of DataFusion's messages, and says nothing to whoever typed the query.
const PREFIXES: [&str; 8] = [
    "Error during planning: ",
    "Execution error: ",
    "External error: ",
    "Schema error: ",
    "SQL error: ",
    "Arrow error: ",
    "This feature is not implemented: ",
    "type_coercion caused by ",
];

/// The names that a query may use.
pub(crate) trait Scope {
    /// Tables and views.
    fn tables(&self) -> Vec<String>;
    /// Functions of values.
    fn functions(&self) -> Vec<String>;
    /// Functions that give tables.
    fn table_functions(&self) -> Vec<String>;
    /// Columns that a table has and does not show unless they are named.
    fn hidden_columns(&self) -> Vec<String>;
}

/// No names at all.
pub(super) struct Nothing;

impl Scope for Nothing {
    fn tables(&self) -> Vec<String> {
        Vec::new()
    }

    fn functions(&self) -> Vec<String> {
        Vec::new()
    }

    fn table_functions(&self) -> Vec<String> {
        Vec::new()
    }

    fn hidden_columns(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Explains an error of planning or of running.
pub(crate) fn explain(error: &DataFusionError, scope: &dyn Scope) -> SqlError {
    let place = error
        .diagnostic()
        .and_then(|told| told.span)
        .map(Place::from);
    let root = error.find_root();
    match root {
        DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
            SchemaError::FieldNotFound {
                field,
                valid_fields,
            } => {
                let hidden = scope.hidden_columns();
                unknown_column(field, valid_fields, &hidden, place)
            }
            SchemaError::AmbiguousReference { field } => SqlError::Query {
                message: format!("'{}' is a column of several of these tables", field.name),
                help: Some(format!("say of which, as in t.{}", field.name)),
                place,
            },
            _ => other(root, place),
        },
        DataFusionError::SQL(parser, _) => explain_syntax(parser, ""),
        DataFusionError::Plan(message) => {
            planning(message, scope, place).unwrap_or_else(|| other(root, place))
        }
        DataFusionError::ResourcesExhausted(message) => SqlError::Query {
            message: format!(
                "the query needs more memory than it may take: {}",
                one_line(message)
            ),
            help: Some("--memory-limit says how much that is".to_owned()),
            place,
        },
        _ => other(root, place),
    }
}

fn unknown_column(
    field: &Column,
    valid: &[Column],
    hidden: &[String],
    place: Option<Place>,
) -> SqlError {
    let of = |column: &Column| {
        column
            .relation
            .as_ref()
            .map(TableReference::table)
            .map(ToOwned::to_owned)
    };
    let relation = of(field);
    let relations: Vec<String> = valid.iter().filter_map(of).collect();
    if let Some(name) = &relation
        && !relations.contains(name)
    {
        return unknown(Kind::Table, name, &relations, place);
    }
    let in_scope = valid
        .iter()
        .filter(|column| relation.is_none() || of(column) == relation);
    let mut names: Vec<String> = in_scope.map(|column| column.name.clone()).collect();
    names.extend_from_slice(hidden);
    unknown(Kind::Column, &field.name, &names, place)
}

fn unknown(kind: Kind, name: &str, known: &[String], place: Option<Place>) -> SqlError {
    SqlError::Unknown {
        kind,
        name: name.to_owned(),
        similar: nearest(name, known.iter().map(String::as_str)),
        place,
    }
}

/// What is nearest to a name, whatever its capitals, and dots where the columns have underscores.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let known: Vec<(String, &str)> = known.map(|known| (known.to_lowercase(), known)).collect();
    let wanted = name.to_lowercase().replace('.', "_");
    let similar = similar_name(&wanted, known.iter().map(|(lower, _)| lower.as_str()))?;
    let found = known.iter().find(|(lower, _)| lower == similar);
    found.map(|(_, known)| (*known).to_owned())
}

/// What DataFusion says in words alone.
fn planning(message: &str, scope: &dyn Scope, place: Option<Place>) -> Option<SqlError> {
    let quoted = |prefix: &str| {
        let rest = message.strip_prefix(prefix)?;
        Some(rest.split_once('\'')?.0)
    };
    if let Some(name) = quoted("Invalid function '") {
        return Some(unknown(Kind::Function, name, &scope.functions(), place));
    }
    if let Some(name) = quoted("table function '") {
        return Some(unknown(
            Kind::TableFunction,
            name,
            &scope.table_functions(),
            place,
        ));
    }
    if let Some(name) = quoted("table '").filter(|_| message.ends_with("not found")) {
        let name = name.rsplit('.').next().unwrap_or(name);
        return Some(unknown(Kind::Table, name, &scope.tables(), place));
    }
    for (kind, what) in [
        (
            "DDL not supported: ",
            "a statement that makes or removes something",
        ),
        ("DML not supported: ", "a statement that writes something"),
        (
            "Statement not supported: ",
            "a statement that sets something",
        ),
    ] {
        if let Some(name) = message.strip_prefix(kind) {
            let what = format!("{what} ({})", one_line(name));
            return Some(SqlError::Refused { what });
        }
    }
    None
}

fn other(root: &DataFusionError, place: Option<Place>) -> SqlError {
    let mut message = one_line(&root.strip_backtrace());
    // A cause that its parent already prints is not printed again.
    let mut cause = root.source();
    while let Some(error) = cause {
        let text = one_line(&error.to_string());
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        cause = error.source();
    }
    let is_of_lists = message.contains("List(")
        && (message.contains("infer common argument type") || message.contains("Cannot coerce"));
    let help = is_of_lists.then(|| {
        "a column with several values is a list: array_has(fd_port, 22), array_has(proc_aname, 'sshd')".to_owned()
    });
    SqlError::Query {
        message,
        help,
        place,
    }
}

/// Explains why a text is no SQL. The place stands in the message alone: `… at Line: 1, Column: 5`.
pub(crate) fn explain_syntax(error: &ParserError, sql: &str) -> SqlError {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => "the query is nested too deeply",
    };
    let (message, start) = match text.rsplit_once(" at Line: ") {
        Some((message, at)) => (message, location(at)),
        None => (text, None),
    };
    let mut message = message
        .strip_prefix("sql parser error: ")
        .unwrap_or(message)
        .to_owned();
    if let Some(rest) = message.strip_prefix("Expected: ") {
        message = format!("expected {rest}").replacen(", found: ", ", found ", 1);
    }
    let found = message
        .rsplit_once(", found ")
        .map(|(_, found)| found.to_owned());
    let is_end = found.as_deref() == Some("EOF");
    if is_end {
        message = message.replacen(", found EOF", ", found the end of the query", 1);
    }
    let before = start.and_then(|start| word_before(sql, start));
    let keyword = |word: &str| {
        let is_one = KEYWORDS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word));
        let near = || nearest(word, KEYWORDS.iter().copied());
        (!is_one).then(near).flatten()
    };
    let length = found
        .as_deref()
        .filter(|_| !is_end)
        .map_or(1, |found| found.chars().count().max(1));
    let place = start.map(|start| Place {
        start,
        end: (start.0, start.1 + length as u64),
    });
    let similar = found.as_deref().and_then(keyword);
    if similar.is_none()
        && let Some((place, word)) = before
        && let Some(similar) = keyword(word)
    {
        return SqlError::Syntax {
            message,
            similar: Some(similar),
            place: Some(place),
        };
    }
    SqlError::Syntax {
        message,
        similar,
        place,
    }
}

fn location(text: &str) -> Option<(u64, u64)> {
    let (line, column) = text.split_once(", Column: ")?;
    Some((line.trim().parse().ok()?, column.trim().parse().ok()?))
}

/// The word in front of a place on the same line, and where it is: a keyword with a typing mistake is taken for a name, and what comes behind it is complained of.
fn word_before(sql: &str, (line, column): (u64, u64)) -> Option<(Place, &str)> {
    let text = sql
        .lines()
        .nth(usize::try_from(line.checked_sub(1)?).ok()?)?;
    let end = text
        .char_indices()
        .nth(usize::try_from(column.checked_sub(1)?).ok()?)
        .map_or(text.len(), |(at, _)| at);
    let before = text.get(..end)?.trim_end();
    let word = before
        .rsplit(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()?;
    let last = before.chars().count() as u64 + 1;
    let place = Place {
        start: (line, last.checked_sub(word.chars().count() as u64)?),
        end: (line, last),
    };
    (!word.is_empty()).then_some((place, word))
}

/// A message without its lines and without what stands in front of it.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let joined = lines.collect::<Vec<_>>().join(" ");
    let mut text = joined.as_str();
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = rest;
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_with_a_mistake_is_pointed_at() {
        let check =
            |sql: &str, found: &str, column: u64, expected: &str, place: Option<(u64, u64)>| {
                let error = ParserError::ParserError(format!(
                    "Expected: {found} at Line: 1, Column: {column}"
                ));
                let told = explain_syntax(&error, sql);
                assert_eq!(told.to_string(), expected);
                let at = told.place().map(|place| (place.start.1, place.end.1));
                assert_eq!(at, place);
            };
        check(
            "SELEC 1",
            "an SQL statement, found: SELEC",
            1,
            "expected an SQL statement, found SELEC; did you mean 'SELECT'?",
            Some((1, 6)),
        );
        check(
            "SELECT a FORM events",
            "end of statement, found: events",
            15,
            "expected end of statement, found events; did you mean 'FROM'?",
            Some((10, 14)),
        );
        check(
            "SELECT a FROM",
            "identifier, found: EOF",
            14,
            "expected identifier, found the end of the query",
            Some((14, 15)),
        );
    }

    #[test]
    fn what_is_near_is_found_whatever_its_capitals() {
        let check = |name: &str, expected: Option<&str>| {
            let known = ["proc_name", "evt_type", "COUNT"].into_iter();
            assert_eq!(nearest(name, known).as_deref(), expected, "{name}");
        };
        check("Proc_Nam", Some("proc_name"));
        check("evt.type", Some("evt_type"));
        check("cuont", Some("COUNT"));
        check("nothing_like_it", None);
    }
}
