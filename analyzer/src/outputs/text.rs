//! Alerts as lines of text: `2018-08-18T00:17:31.397761344Z: Priority message`, with the node behind the time where several are read.
//!
//! In: alerts. Out: one line each, flushed at once, so that whoever reads the pipe sees it when it happens.
//! What rules print of an event is text of others: the line shows it as such, and nothing in it breaks the line or commands a terminal.

use std::fmt::Write as _;
use std::io::{self, Write};

use falco_format::text::plain;
use falco_rules::Priority;

use super::Output;
use crate::alert::Alert;
use crate::time::{Stamp, Zone, push_clock};

/// How lines of alerts look.
#[derive(Clone, Debug, Default)]
pub struct TextForm {
    /// How they begin.
    pub stamp: Stamp,
    /// Whether they name the node.
    pub names_node: bool,
    /// Whether the priority carries a terminal's colour.
    pub colored: bool,
}

/// Writes alerts as text.
pub struct Text<W> {
    writer: W,
    form: TextForm,
    line: String,
}

impl<W: Write> Text<W> {
    /// Writes lines of this form.
    pub fn new(writer: W, form: TextForm) -> Self {
        Self {
            writer,
            form,
            line: String::new(),
        }
    }
}

impl<W: Write> Output for Text<W> {
    fn alert(&mut self, alert: &Alert<'_>) -> io::Result<()> {
        let line = &mut self.line;
        line.clear();
        self.form.stamp.push(alert.time, line);
        // Writing to a `String` cannot fail, so the result carries no information.
        if self.form.names_node {
            let _ = write!(line, " {}", plain(&alert.origin.node));
        }
        let priority = alert.rule.priority;
        if self.form.colored {
            let _ = write!(line, ": \x1b[{}m{priority}\x1b[0m ", color(priority));
        } else {
            let _ = write!(line, ": {priority} ");
        }
        let _ = writeln!(line, "{}", plain(&alert.message));
        self.writer.write_all(line.as_bytes())?;
        self.writer.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Appends the alert as Falco prints it, which is the `output` of its JSON form.
pub fn push_alert_text(alert: &Alert<'_>, zone: &Zone, out: &mut String) {
    push_clock(alert.time, zone, out);
    let _ = write!(out, ": {} {}", alert.rule.priority, alert.message);
}

/// The terminal's colour of a priority: red for what needs a person now, yellow for what needs one soon.
fn color(priority: Priority) -> u8 {
    match priority {
        Priority::Emergency | Priority::Alert | Priority::Critical | Priority::Error => 31,
        Priority::Warning => 33,
        Priority::Notice => 36,
        Priority::Informational | Priority::Debug => 2,
    }
}
