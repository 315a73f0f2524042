//! Everything that goes to standard error.
//!
//! In: lines that cannot be forged, and diagnostics that the rule engine has drawn. Out: bytes on stderr.
//! Where nobody listens any more (a closed pipe, a closed stream, a full disk) there is nobody to tell: a notice never ends the program.

use std::fmt;
use std::io::{self, Write as _};

use falco_format::text::Lines;

use super::report::sums::width_of;

/// What stands before a complaint.
const PROGRAM: &str = "falco-analyze: ";

/// Tells some lines.
pub(crate) fn tell(lines: &Lines) {
    write(lines.as_str());
}

/// Complains in one line that names the program.
pub(crate) fn complain(message: impl fmt::Display) {
    let mut lines = Lines::new();
    lines.part(PROGRAM);
    lines.line(message);
    tell(&lines);
}

/// Shows diagnostics as the rule engine drew them, with the colours of a terminal where it was told to.
pub(crate) fn diagnostics(drawn: &str) {
    let drawn = drawn.trim_end();
    if !drawn.is_empty() {
        write(&format!("{drawn}\n"));
    }
}

/// How wide a line of it is.
pub(crate) fn width() -> usize {
    width_of(io::stderr())
}

/// An error that ends a command, with the diagnostics that say why.
#[derive(Debug)]
pub(crate) struct DiagnosedError {
    /// What does not work.
    pub(crate) message: &'static str,
    /// Why, as the rule engine drew it.
    pub(crate) diagnostics: String,
}

impl fmt::Display for DiagnosedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for DiagnosedError {}

fn write(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
