//! Everything that goes to standard error.
//!
//! In: a complaint. Out: one line on stderr, which names the program and holds nothing that a terminal would obey.
//! Where nobody listens any more there is nobody to tell: a notice never ends the program.

use std::fmt;
use std::io::{self, Write as _};

use falco_format::text::Lines;

/// Complains in one line that names the program.
pub(crate) fn complain(message: impl fmt::Display) {
    let mut lines = Lines::new();
    lines.part("falco-analyze sql: ");
    lines.line(message);
    let _ = io::stderr().lock().write_all(lines.as_str().as_bytes());
}
