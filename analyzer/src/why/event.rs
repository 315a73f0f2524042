//! An event by the names by which it is found again, and a line that says what it is.

use std::sync::Arc;

use falco_format::UnixNanos;
use falco_rules::Template;

use crate::alert::{Origin, evidence_id};
use crate::fields::SCHEMA;
use crate::pipeline::Seen;

/// What the line has behind time and number; the star prints it even where a field is absent.
const LINE: &str = "*%proc.name (%thread.tid) %evt.type";

/// An event that something is said of.
#[derive(Clone, Debug)]
pub struct ExplainedEvent {
    /// The place of its capture among those that are read together, from 0.
    pub input: usize,
    /// Its number in its capture, from 1.
    pub number: u64,
    /// When it ended.
    pub time: UnixNanos,
    /// The node and boot.
    pub origin: Arc<Origin>,
    /// When it ended, nanoseconds of boot time.
    pub boottime: u64,
    /// Its CPU.
    pub cpu: u16,
    /// Its thread.
    pub thread: u32,
    /// Process, thread and type.
    pub line: String,
    /// Whether nothing was lost that it may rest on.
    pub is_complete: bool,
}

impl ExplainedEvent {
    /// The event that is seen; the template is [`line_template`]'s.
    pub(super) fn of(seen: &Seen<'_>, line: &Template) -> Self {
        let mut text = String::new();
        line.render(seen.context, &mut text);
        ExplainedEvent {
            // A pass knows one capture; whoever joins passes says which.
            input: 0,
            number: seen.number,
            time: seen.time,
            origin: Arc::clone(seen.origin),
            boottime: seen.view.time(),
            cpu: seen.view.cpu(),
            thread: seen.view.tid().0,
            line: text,
            is_complete: seen.is_complete(),
        }
    }

    /// The name of an alert of a rule on it.
    #[must_use]
    pub fn evidence_id(&self, rule: &str) -> String {
        evidence_id(self.origin.boot_id, self.cpu, self.boottime, rule)
    }
}

/// What makes the line.
pub(super) fn line_template() -> Template {
    Template::compile(&SCHEMA, LINE).expect("the fields of the line are fields of the schema")
}
