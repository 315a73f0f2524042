//! What there is, as tables for people: tables, columns, functions, commands.
//!
//! In: names and what they mean. Out: lines.

use std::fmt::Write as _;

use falco_analyze::columns::similar_name;
use falco_sql::{Function, Listed, ListedColumn, listing};

use super::COMMANDS;

pub(super) fn tables(listed: &[Listed], width: Option<usize>) -> String {
    let row = |listed: &Listed| {
        let kind = listed.kind.name().to_owned();
        vec![listed.name.clone(), kind, listed.doc.to_owned()]
    };
    listing(
        &["name", "kind", "what it holds"],
        listed.iter().map(row).collect(),
        width,
    )
}

/// Columns; those that only a query that names them sees are counted, or shown with the others.
pub(super) fn columns(columns: &[ListedColumn], is_all: bool, width: Option<usize>) -> String {
    let shown = columns.iter().filter(|column| is_all || column.is_default);
    let row = |column: &ListedColumn| {
        let mut row = vec![column.name.clone(), column.ty.clone(), column.doc.clone()];
        if is_all {
            let seen = if column.is_default { "yes" } else { "by name" };
            row.insert(2, seen.to_owned());
        }
        row
    };
    let names: &[&str] = if is_all {
        &["column", "type", "in *", "what it says"]
    } else {
        &["column", "type", "what it says"]
    };
    let mut out = listing(names, shown.map(row).collect(), width);
    let hidden = columns.iter().filter(|column| !column.is_default).count();
    if hidden > 0 && !is_all {
        // Writing to a `String` cannot fail, so the result carries no information.
        let _ = writeln!(
            out,
            "{hidden} more columns are there for queries that name them: `\\d+` lists them"
        );
    }
    out
}

pub(super) fn functions(functions: &[Function], width: Option<usize>) -> String {
    let row = |function: &Function| {
        vec![
            function.name.clone(),
            function.kind.to_owned(),
            function.usage.clone(),
            function.doc.clone(),
        ]
    };
    listing(
        &["name", "kind", "usage", "what it gives"],
        functions.iter().map(row).collect(),
        width,
    )
}

/// The commands, a line for each.
pub(super) fn help() -> String {
    let usage = |spec: &super::Spec| format!("{} {}", spec.names.join(", "), spec.usage);
    let width = COMMANDS
        .iter()
        .map(|spec| usage(spec).chars().count())
        .max()
        .unwrap_or(0);
    let mut out = "Statements of SQL end with `;`. Ctrl-C ends a query, Ctrl-D leaves, Tab completes, the arrows go through what was typed before.\n".to_owned();
    for spec in COMMANDS {
        let _ = writeln!(out, "  {:width$}  {}", usage(spec), spec.doc);
    }
    out
}

/// What is said of a table that is not there.
pub(super) fn no_table(name: &str, known: &[Listed]) -> String {
    let names = known.iter().map(|listed| listed.name.as_str());
    let hint = match similar_name(&name.to_lowercase(), names) {
        Some(similar) => format!("did you mean '{similar}'?"),
        None => "`\\d` lists them".to_owned(),
    };
    format!("there is no table '{name}'; {hint}")
}
