//! Everything that goes to standard error.
//!
//! In: complaints, and what the place of one looks like. Out: lines on stderr that hold nothing that a terminal would obey but our own colours.
//! Where nobody listens any more there is nobody to tell: a notice never ends the program.

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};

use falco_format::text::Lines;
use falco_sql::{Evidence, Excerpt, SqlError, pointed};

/// Complains in one line that names the program.
pub(crate) fn complain(message: impl fmt::Display) {
    let mut lines = Lines::new();
    lines.part("falco-analyze sql: ");
    lines.line(message);
    write(lines.as_str());
}

/// Tells whoever sits at the terminal, who knows the program's name.
pub(crate) fn tell(message: impl fmt::Display) {
    let mut lines = Lines::new();
    lines.line(message);
    write(lines.as_str());
}

/// Complains of a query, and shows where in it.
pub(crate) fn refuse(error: &SqlError, excerpt: &Excerpt) {
    complain(error);
    write(&pointed(error, excerpt, is_colored()));
}

/// Tells what is missing from what the answers rest on.
pub(crate) fn incomplete(evidence: Evidence) {
    complain(format_args!("the evidence is incomplete: {evidence}"));
}

/// Whether colours are wanted: on a terminal, unless the user's environment says no.
fn is_colored() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn write(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
