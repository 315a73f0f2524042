//! The report as JUnit XML.
//!
//! Incomplete evidence is an error there: no failure of the rules, and a skipped test would be as green as a pass in what shows such reports.

use std::fmt::Write as _;

use falco_format::text::plain;

use super::{Ended, Summary, headline, wrong};
use crate::regress::suite::Tested;

pub(super) fn report(tested: &[Tested]) -> String {
    let summary = Summary::of(tested);
    let seconds = |one: &Tested| {
        one.result
            .as_ref()
            .map_or(0.0, |report| report.elapsed.as_secs_f64())
    };
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\"",
        tested.len(),
        summary.failed,
        summary.errors + summary.inconclusive
    );
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a `String` cannot fail, so the results carry no information.
    let _ = writeln!(
        out,
        "<testsuites><testsuite name=\"falco-analyze\" {counts} time=\"{:.3}\">",
        tested.iter().map(seconds).sum::<f64>()
    );
    for one in tested {
        let _ = write!(
            out,
            "<testcase classname=\"scenario\" name=\"{}\" file=\"{}\" time=\"{:.3}\">",
            line(&one.name),
            line(&one.file.display().to_string()),
            seconds(one)
        );
        let text = wrong(one);
        let text = escaped(text.as_str());
        match (&one.result, Ended::of(one)) {
            (Err(error), _) => {
                let message = line(&error.message);
                let _ = write!(
                    out,
                    "<error message=\"{message}\" type=\"cannot-run\">{text}</error>"
                );
            }
            (Ok(report), Ended::Failed) => {
                let message = line(&headline(report));
                let kind = report
                    .findings
                    .first()
                    .map_or("", |finding| finding.kind.name());
                let _ = write!(
                    out,
                    "<failure message=\"{message}\" type=\"{kind}\">{text}</failure>"
                );
            }
            (Ok(report), Ended::Inconclusive) => {
                let evidence = report.evidence.as_deref().unwrap_or_default();
                let evidence = evidence.lines().collect::<Vec<_>>().join("; ");
                let evidence = line(&evidence);
                let _ = write!(
                    out,
                    "<error message=\"inconclusive: {evidence}\" type=\"inconclusive\">{text}</error>"
                );
            }
            (Ok(_), _) => {}
        }
        out.push_str("</testcase>\n");
    }
    out.push_str("</testsuite></testsuites>\n");
    out
}

/// An attribute's value, on one line.
fn line(text: &str) -> String {
    escaped(&plain(text).to_string())
}

/// XML text and attribute values; characters that XML forbids become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            _ if character.is_control() => out.push('\u{FFFD}'),
            _ => out.push(character),
        }
    }
    out
}
