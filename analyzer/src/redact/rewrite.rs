//! A capture redacted: every row, header, note and earlier step of its making.
//!
//! In: what a derived capture is made from, part by part. Out: the same with its names replaced, for the writer of derived captures.
//! What an earlier step was asked for may name what is replaced here, so its arguments are replaced too; what follows from them is a digest, which tells nothing.

use std::sync::Arc;

use falco_format::{DerivationStep, Dialect, EventView, Schema, SegmentHeader};
use serde_json::Value as Json;

use super::value::Redactor;
use crate::derive::{ChangedRow, Fate, Rewriter};

/// What arguments of steps are called whose values are times, numbers of processes or values that check keys, and what these are written with.
const NUMBERS: [&str; 5] = ["since", "until", "pid", "key", "kept"];
const OF_NUMBERS: &[u8] = b"0123456789abcdef-:.+TZ@";

/// A value before and after.
pub type Sample = (Vec<u8>, Vec<u8>);

/// Redacts a capture while it is written.
#[derive(Debug)]
pub struct Redaction<'r> {
    redactor: &'r mut Redactor,
    dialect: Dialect,
    /// Values before and after, and how many are wanted.
    samples: Vec<Sample>,
    wanted: usize,
}

impl<'r> Redaction<'r> {
    /// Redacts, and shows so many values before and after.
    pub fn new(redactor: &'r mut Redactor, samples: usize) -> Self {
        Redaction {
            redactor,
            dialect: Dialect::Native,
            samples: Vec::new(),
            wanted: samples,
        }
    }

    /// Different values before and after, the first that came.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    fn row(&mut self, view: &EventView<'_>) -> Fate {
        let Some(params) = self.redactor.row(self.dialect, view) else {
            return Fate::Keep;
        };
        if self.samples.len() < self.wanted {
            for (index, (_, after)) in params.iter().enumerate() {
                self.sample(view.param(index).bytes, after);
            }
        }
        Fate::Change(ChangedRow {
            meta: view.meta(),
            params,
        })
    }

    fn sample(&mut self, before: &[u8], after: &[u8]) {
        let is_new = self.samples.iter().all(|(known, _)| known != before);
        if before != after && is_new && self.samples.len() < self.wanted {
            self.samples.push((before.to_vec(), after.to_vec()));
        }
    }

    fn argument(&mut self, key: &str, value: &mut Json) {
        match value {
            Json::String(text) => {
                let is_number =
                    NUMBERS.contains(&key) && text.bytes().all(|byte| OF_NUMBERS.contains(&byte));
                if !is_number {
                    *text = self.redactor.text(text);
                }
            }
            Json::Array(values) => values.iter_mut().for_each(|each| self.argument(key, each)),
            Json::Object(members) => {
                let members = members.iter_mut();
                members.for_each(|(key, each)| self.argument(key, each));
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
}

impl Rewriter for Redaction<'_> {
    fn header(&mut self, header: &mut SegmentHeader) {
        self.dialect = header.dialect;
        header.boot_id = self.redactor.boot(header.boot_id);
        header.node = self.redactor.node(&header.node);
    }

    fn schema(&mut self, schema: &Arc<Schema>) -> Arc<Schema> {
        self.redactor.table(schema)
    }

    fn event(&mut self, view: &EventView<'_>, _row: u64) -> Fate {
        self.row(view)
    }

    fn entry(&mut self, view: &EventView<'_>, _rows: u64) -> Fate {
        self.row(view)
    }

    fn note(&mut self, words: &mut String, file: &mut String) {
        *words = self.redactor.note(words);
        *file = self.redactor.segment(file);
    }

    fn step(&mut self, step: &mut DerivationStep) {
        step.tool = self.redactor.text(&step.tool);
        step.operation = self.redactor.text(&step.operation);
        step.arguments = match serde_json::from_str(&step.arguments) {
            Ok(mut arguments) => {
                self.argument("", &mut arguments);
                arguments.to_string()
            }
            Err(_) => self.redactor.text(&step.arguments),
        };
    }

    fn place(&mut self, name: &mut String) {
        *name = self.redactor.segment(name);
    }
}

#[cfg(test)]
mod tests {
    use falco_format::{DerivationCounts, DerivationSource, Digest};

    use super::*;
    use crate::redact::{Keep, Key};

    #[test]
    fn what_an_earlier_step_was_asked_for_is_replaced_too() {
        let secret: Vec<u8> = (0..64).collect();
        let mut redactor = Redactor::new(&Key::of(&secret).expect("a key"), Keep::default());
        let mut redaction = Redaction::new(&mut redactor, 0);
        let mut check = |arguments: &str, gone: &[&str], stay: &[&str]| {
            let mut step = DerivationStep {
                source: DerivationSource::Segment {
                    number: 1,
                    digest: Digest([7; 32]),
                },
                tool: "falco-analyze 0.1.0".to_owned(),
                operation: "slice".to_owned(),
                arguments: arguments.to_owned(),
                counts: DerivationCounts::default(),
            };
            redaction.step(&mut step);
            assert_eq!(
                (&*step.tool, &*step.operation),
                ("falco-analyze 0.1.0", "slice")
            );
            for gone in gone {
                assert!(!step.arguments.contains(gone), "{}", step.arguments);
            }
            for stays in stay {
                assert!(step.arguments.contains(stays), "{}", step.arguments);
            }
        };
        check(
            r#"{"pid":["4711@2026-01-02T03:04:05Z"],"where":"proc.name = wilhelmine","other_values_of":["evt.num"]}"#,
            &["wilhelm"],
            &["4711@2026-01-02T03:04:05Z", "proc.name = ", "evt.num"],
        );
        check(
            r#"{"container":"wilhelmine","pid":"wilhelmine"}"#,
            &["wilhelm"],
            &["container"],
        );
        check(r#"{"key":"0123456789abcdef"}"#, &[], &["0123456789abcdef"]);
        check("wilhelmine {", &["wilhelm"], &[]);
    }
}
