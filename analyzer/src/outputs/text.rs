//! Alerts as lines of text: `HH:MM:SS.nnnnnnnnn: Priority message`.
//!
//! In: alerts. Out: one line each, flushed at once, so that whoever reads the pipe sees it when it happens.

use std::fmt::Write as _;
use std::io::{self, Write};

use falco_rules::Priority;

use super::Output;
use crate::alert::Alert;
use crate::time::{Zone, push_clock};

/// Writes alerts as text.
pub struct Text<W> {
    writer: W,
    zone: Zone,
    colored: bool,
    line: String,
}

impl<W: Write> Text<W> {
    /// Times are printed in `zone`; with `colored` the priority carries a terminal's colour.
    pub fn new(writer: W, zone: Zone, colored: bool) -> Self {
        Self {
            writer,
            zone,
            colored,
            line: String::new(),
        }
    }
}

impl<W: Write> Output for Text<W> {
    fn alert(&mut self, alert: &Alert<'_>) -> io::Result<()> {
        self.line.clear();
        if self.colored {
            push_clock(alert.time_ns, &self.zone, &mut self.line);
            let color = color(alert.rule.priority);
            let _ = write!(
                self.line,
                ": \x1b[{color}m{}\x1b[0m {}",
                alert.rule.priority, alert.message
            );
        } else {
            push_alert_text(alert, &self.zone, &mut self.line);
        }
        self.line.push('\n');
        self.writer.write_all(self.line.as_bytes())?;
        self.writer.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Appends the alert as Falco prints it, which is also the `output` of its JSON form.
pub fn push_alert_text(alert: &Alert<'_>, zone: &Zone, out: &mut String) {
    push_clock(alert.time_ns, zone, out);
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
