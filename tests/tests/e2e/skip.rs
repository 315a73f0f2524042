//! Leaving a test out, with the reason where everyone sees it.

use std::io::Write;

/// Says that a test is left out. Written past the capture of the test runner, which hides what passing tests print.
pub(crate) fn skipped(test: &str, reason: &str) {
    let line = format!("skipped {test}: {reason}\n");
    // A closed standard error is nobody's concern here.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
