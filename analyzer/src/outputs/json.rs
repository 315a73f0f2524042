//! Alerts as JSON lines with Falco's keys, sorted as Falco sorts them.
//!
//! In: alerts. Out: one object per line, flushed at once; Falcosidekick and its kin take the same object.
//! Characters that are not seen or that reorder text are escaped: the values are the same, and a terminal shows what is there.
//! What only this program knows of an alert (node, boot, CPU, completeness) stands in `output_fields`, never beside Falco's keys.

use std::io::{self, Write};

use falco_format::text::json_text;
use serde_json::{Map, Value as Json};

use super::{Output, push_alert_text};
use crate::alert::Alert;
use crate::time::{Zone, iso};

/// Writes alerts as JSON lines.
pub struct JsonLines<W> {
    writer: W,
    zone: Zone,
}

impl<W: Write> JsonLines<W> {
    /// The time inside `output` is printed in `zone`; the key `time` is always UTC.
    pub fn new(writer: W, zone: Zone) -> Self {
        Self { writer, zone }
    }
}

impl<W: Write> Output for JsonLines<W> {
    fn alert(&mut self, alert: &Alert<'_>) -> io::Result<()> {
        let line = serde_json::to_string(&alert_to_json(alert, &self.zone))?;
        writeln!(self.writer, "{}", json_text(&line))?;
        self.writer.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The alert as Falco's object.
#[must_use]
pub fn alert_to_json(alert: &Alert<'_>, zone: &Zone) -> Json {
    let mut output = String::new();
    push_alert_text(alert, zone, &mut output);
    let fields: Map<String, Json> = alert
        .fields
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let text = |text: &str| Json::String(text.to_owned());
    // The keys stand in alphabetical order here because maps keep the order of insertion.
    let mut object = Map::new();
    object.insert("hostname".to_owned(), text(&alert.origin.node));
    object.insert("output".to_owned(), Json::String(output));
    object.insert("output_fields".to_owned(), Json::Object(fields));
    object.insert(
        "priority".to_owned(),
        Json::String(alert.rule.priority.to_string()),
    );
    object.insert("rule".to_owned(), text(&alert.rule.name));
    object.insert("source".to_owned(), text(&alert.rule.source));
    object.insert(
        "tags".to_owned(),
        alert.rule.tags.iter().map(|tag| text(tag)).collect(),
    );
    object.insert("time".to_owned(), Json::String(iso(alert.time)));
    Json::Object(object)
}
