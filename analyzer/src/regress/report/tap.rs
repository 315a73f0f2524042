//! The report as TAP 14, the Test Anything Protocol.
//!
//! Incomplete evidence is `not ok`: the protocol's ways to excuse a test count it as passed.

use std::fmt::Write as _;

use falco_format::text::{json_text, plain};
use serde_json::{Value as Json, json};

use super::{Ended, headline, wrong};
use crate::regress::suite::Tested;

pub(super) fn report(tested: &[Tested]) -> String {
    let mut out = format!("TAP version 14\n1..{}\n", tested.len());
    for (index, one) in tested.iter().enumerate() {
        let ended = Ended::of(one);
        let ok = if ended == Ended::Passed {
            "ok"
        } else {
            "not ok"
        };
        // Writing to a `String` cannot fail, so the results carry no information.
        let _ = writeln!(out, "{ok} {} - {}", index + 1, escaped(&one.name));
        if ended == Ended::Passed {
            continue;
        }
        let message = match &one.result {
            Err(error) => error.message.clone(),
            Ok(report) if ended == Ended::Inconclusive => {
                let evidence = report.evidence.as_deref().unwrap_or_default();
                evidence.lines().next().unwrap_or_default().to_owned()
            }
            Ok(report) => headline(report),
        };
        let lines = wrong(one);
        let lines: Json = lines.as_str().lines().collect();
        // JSON is YAML, and cannot be taken for anything else.
        let _ = writeln!(out, "  ---");
        for (key, value) in [
            ("message", json!(message)),
            ("severity", json!(ended.name())),
            ("file", json!(one.file.display().to_string())),
            ("data", lines),
        ] {
            let _ = writeln!(out, "  {key}: {}", json_text(&value.to_string()));
        }
        let _ = writeln!(out, "  ...");
    }
    out
}

/// A description: one line, in which `#` begins no directive.
fn escaped(name: &str) -> String {
    let name = plain(name).to_string();
    name.replace('\\', "\\\\").replace('#', "\\#")
}
