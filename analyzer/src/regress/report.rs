//! Reports of scenarios as text, JSON and JUnit.
//!
//! In: reports and failures, in order. Out: text for a terminal, a machine or a CI system.

use std::fmt::Write as _;

use falco_format::text::{Lines, count as count_of};
use serde_json::{Value as Json, json};

use super::{Difference, ExpectedAlert, RegressError, Report, Verdict};

/// How many differences of one scenario are printed; a rule that went wild would fill the screen.
const DIFFERENCES_SHOWN_MAX: usize = 40;

/// A scenario's name and what became of it.
type Named = (String, Result<Report, RegressError>);

/// The reports for people.
#[must_use]
pub fn report_text(reports: &[Named]) -> String {
    let mut out = Lines::new();
    for (name, report) in reports {
        match report {
            Err(RegressError::Rules(drawn)) => {
                out.line(format_args!("ERROR  {name}: the rules do not load"));
                out.text(drawn);
            }
            Err(error) => out.line(format_args!("ERROR  {name}: {}", error_text(error))),
            Ok(report) => push_report(report, &mut out),
        }
    }
    let count = |wanted: fn(&Named) -> bool| reports.iter().filter(|named| wanted(named)).count();
    let passed = count(|(_, report)| is_passed(report));
    let inconclusive = count(|(_, report)| is_inconclusive(report));
    out.part(format_args!(
        "Scenarios: {}, {passed} passed, {} failed",
        reports.len(),
        reports.len() - passed - inconclusive
    ));
    if inconclusive > 0 {
        out.part(format_args!(", {inconclusive} inconclusive"));
    }
    out.line("");
    out.to_string()
}

fn push_report(report: &Report, out: &mut Lines) {
    let alerts = count_of(report.alerts as u64, "alert");
    let counts = format!("{alerts} of {}", count_of(report.events, "event"));
    match &report.verdict {
        Verdict::Passed => out.line(format_args!("ok     {} ({counts})", report.name)),
        Verdict::Inconclusive { evidence } => {
            out.line(format_args!("INCONCLUSIVE {} ({counts})", report.name));
            push_evidence(evidence, out);
        }
        Verdict::Differs {
            differences,
            evidence,
        } => {
            out.line(format_args!("FAILED {} ({counts})", report.name));
            push_differences(differences, evidence.as_deref(), out);
        }
    }
}

fn push_differences(differences: &[Difference], evidence: Option<&str>, out: &mut Lines) {
    if let Some(evidence) = evidence {
        push_evidence(evidence, out);
    }
    if !differences.is_empty() {
        out.line("    - expected, did not come    + came, was not expected");
    }
    for difference in differences.iter().take(DIFFERENCES_SHOWN_MAX) {
        let (sign, place, alert) = parts(difference);
        out.line(format_args!("    {sign} #{place} {}", alert_text(alert)));
    }
    if differences.len() > DIFFERENCES_SHOWN_MAX {
        out.line(format_args!(
            "    and {} more",
            differences.len() - DIFFERENCES_SHOWN_MAX
        ));
    }
}

fn push_evidence(evidence: &str, out: &mut Lines) {
    for line in evidence.lines() {
        out.line(format_args!("    {line}"));
    }
}

fn parts(difference: &Difference) -> (char, usize, &ExpectedAlert) {
    match difference {
        Difference::Missing(place, alert) => ('-', *place, alert),
        Difference::Unexpected(place, alert) => ('+', *place, alert),
    }
}

fn alert_text(alert: &ExpectedAlert) -> String {
    let mut text = String::new();
    if let Some(time) = &alert.time {
        let _ = write!(text, "{time} ");
    }
    let _ = write!(text, "{} \"{}\"", alert.priority, alert.rule);
    if let Some(thread) = alert.thread {
        let _ = write!(text, " thread={thread}");
    }
    for (field, value) in &alert.output_fields {
        let _ = write!(text, " {field}={value}");
    }
    text
}

/// The reports for machines.
#[must_use]
pub fn report_json(reports: &[Named]) -> Json {
    let scenarios = reports.iter().map(|(name, report)| match report {
        Err(error) => json!({"scenario": name, "result": "error", "message": error_text(error)}),
        Ok(report) => {
            let (result, differences, evidence) = match &report.verdict {
                Verdict::Passed => ("passed", Vec::new(), None),
                Verdict::Inconclusive { evidence } => {
                    ("inconclusive", Vec::new(), Some(evidence.clone()))
                }
                Verdict::Differs {
                    differences,
                    evidence,
                } => (
                    "failed",
                    differences.iter().map(difference_json).collect(),
                    evidence.clone(),
                ),
            };
            json!({
                "scenario": name,
                "description": report.description,
                "result": result,
                "alerts": report.alerts,
                "events": report.events,
                "seconds": report.elapsed.as_secs_f64(),
                "evidence": evidence,
                "differences": differences,
            })
        }
    });
    Json::Array(scenarios.collect())
}

fn difference_json(difference: &Difference) -> Json {
    let (sign, place, alert) = parts(difference);
    let kind = if sign == '-' { "missing" } else { "unexpected" };
    json!({"kind": kind, "number": place, "alert": alert})
}

/// The reports as a JUnit file.
#[must_use]
pub fn junit(reports: &[Named]) -> String {
    let failures = reports
        .iter()
        .filter(|(_, report)| report.is_ok() && !is_passed(report) && !is_inconclusive(report))
        .count();
    let skipped = reports
        .iter()
        .filter(|(_, report)| is_inconclusive(report))
        .count();
    let errors = reports.iter().filter(|(_, report)| report.is_err()).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites><testsuite name=\"falco-analyze\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">",
        reports.len()
    );
    for (name, report) in reports {
        let seconds = report
            .as_ref()
            .map_or(0.0, |report| report.elapsed.as_secs_f64());
        let _ = write!(
            out,
            "<testcase classname=\"scenario\" name=\"{}\" time=\"{seconds:.3}\">",
            escaped(name)
        );
        match report {
            Err(error) => {
                let _ = write!(out, "<error message=\"{}\"/>", escaped(&error_text(error)));
            }
            Ok(Report {
                verdict:
                    Verdict::Differs {
                        differences,
                        evidence,
                    },
                ..
            }) => {
                let mut text = Lines::new();
                push_differences(differences, evidence.as_deref(), &mut text);
                let _ = write!(
                    out,
                    "<failure message=\"{}\">{}</failure>",
                    count_of(differences.len() as u64, "difference"),
                    escaped(text.as_str())
                );
            }
            Ok(Report {
                verdict: Verdict::Inconclusive { evidence },
                ..
            }) => {
                let _ = write!(out, "<skipped message=\"{}\"/>", escaped(evidence));
            }
            Ok(_) => {}
        }
        out.push_str("</testcase>\n");
    }
    out.push_str("</testsuite></testsuites>\n");
    out
}

fn is_passed(report: &Result<Report, RegressError>) -> bool {
    matches!(
        report,
        Ok(Report {
            verdict: Verdict::Passed,
            ..
        })
    )
}

fn is_inconclusive(report: &Result<Report, RegressError>) -> bool {
    matches!(
        report,
        Ok(Report {
            verdict: Verdict::Inconclusive { .. },
            ..
        })
    )
}

/// The error and its causes in one line.
fn error_text(error: &RegressError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
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
            _ if character.is_control() => out.push('\u{FFFD}'),
            _ => out.push(character),
        }
    }
    out
}
