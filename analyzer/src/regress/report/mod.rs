//! Reports of scenarios, for people and for machines.
//!
//! ```text
//! text    lines for a terminal        json    everything, for programs
//! junit   XML that CI systems show    sarif   SARIF 2.1.0, for code scanning
//! github  annotations, step summary   tap     TAP 14
//! ```
//!
//! In: what became of each scenario, in order. Out: text. A scenario that could not be run is in every report, and so is one whose evidence is incomplete.
//! What stands in captures and scenarios is text of others, and each form has its own way to keep it text.

mod github;
mod json;
mod junit;
mod sarif;
mod tap;
mod text;

use falco_format::text::{Lines, count};

use super::observe::EventName;
use super::run::{Report, Verdict};
use super::suite::Tested;
use super::verdict::Finding;
pub use github::step_summary;

/// How many findings of one scenario are printed for people; a rule that went wild would fill the screen.
const FINDINGS_SHOWN_MAX: usize = 40;

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    Text,
    /// JSON for programs.
    Json,
    /// JUnit XML for CI systems.
    Junit,
    /// SARIF 2.1.0 for code scanning.
    Sarif,
    /// Annotations of GitHub's workflows.
    Github,
    /// Lines of the Test Anything Protocol, version 14.
    Tap,
}

/// The report of some scenarios; `version` is that of the program that says so.
#[must_use]
pub fn report(form: Form, tested: &[Tested], version: &str) -> String {
    match form {
        Form::Text => text::report(tested),
        Form::Json => json::report(tested),
        Form::Junit => junit::report(tested),
        Form::Sarif => sarif::report(tested, version),
        Form::Github => github::report(tested),
        Form::Tap => tap::report(tested),
    }
}

/// How many scenarios ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Everything was as expected.
    pub passed: usize,
    /// Something was not.
    pub failed: usize,
    /// Could not be run.
    pub errors: usize,
    /// As expected, of evidence that is not whole.
    pub inconclusive: usize,
}

impl Summary {
    /// Counts.
    #[must_use]
    pub fn of(tested: &[Tested]) -> Self {
        let mut summary = Summary::default();
        for one in tested {
            let counter = match Ended::of(one) {
                Ended::Passed => &mut summary.passed,
                Ended::Failed => &mut summary.failed,
                Ended::Error => &mut summary.errors,
                Ended::Inconclusive => &mut summary.inconclusive,
            };
            *counter += 1;
        }
        summary
    }

    /// In one line.
    fn spelled(self) -> String {
        let all = self.passed + self.failed + self.errors + self.inconclusive;
        let mut text = format!(
            "Scenarios: {all}, {} passed, {} failed",
            self.passed,
            self.failed + self.errors
        );
        if self.errors > 0 {
            text.push_str(&format!(" ({} could not be run)", self.errors));
        }
        if self.inconclusive > 0 {
            text.push_str(&format!(", {} inconclusive", self.inconclusive));
        }
        text
    }
}

/// How a scenario ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Passed,
    Failed,
    Error,
    Inconclusive,
}

impl Ended {
    fn of(tested: &Tested) -> Self {
        match tested.result.as_ref().map(Report::verdict) {
            Err(_) => Ended::Error,
            Ok(Verdict::Passed) => Ended::Passed,
            Ok(Verdict::Failed) => Ended::Failed,
            Ok(Verdict::Inconclusive) => Ended::Inconclusive,
        }
    }

    /// Its name for machines.
    fn name(self) -> &'static str {
        match self {
            Ended::Passed => "passed",
            Ended::Failed => "failed",
            Ended::Error => "error",
            Ended::Inconclusive => "inconclusive",
        }
    }
}

/// How much a scenario read, in words.
fn amounts(report: &Report) -> String {
    let alerts = count(report.alerts, "alert");
    format!("{alerts} of {}", count(report.events, "event"))
}

/// A finding and everything about it, in lines for people.
fn push_finding(finding: &Finding, out: &mut Lines) {
    if finding.difference.is_some() {
        out.line(format_args!("    {}", finding.message));
    } else {
        out.line(format_args!("    {}: {}", finding.place, finding.message));
    }
    let further = finding.details.iter().chain(&finding.why);
    further.for_each(|line| out.line(format_args!("        {line}")));
}

/// Everything that is wrong with a scenario, in lines for people.
fn wrong(tested: &Tested) -> Lines {
    let mut out = Lines::new();
    match &tested.result {
        Ok(report) => {
            let evidence = report.evidence.iter().flat_map(|evidence| evidence.lines());
            evidence.for_each(|line| out.line(format_args!("    {line}")));
            let findings = &report.findings;
            if findings.iter().any(|finding| finding.difference.is_some()) {
                out.line("    - expected, did not come    + came, was not expected");
            }
            let shown = findings.iter().take(FINDINGS_SHOWN_MAX);
            shown.for_each(|finding| push_finding(finding, &mut out));
            let more = findings.len().saturating_sub(FINDINGS_SHOWN_MAX);
            if more > 0 {
                out.line(format_args!("    and {more} more"));
            }
        }
        Err(error) => match &error.drawn {
            Some(drawn) => out.text(drawn),
            None => {
                let problems = error.problems.iter();
                problems.for_each(|problem| out.line(format_args!("    {problem}")));
            }
        },
    }
    out
}

/// What a failure is, in one line.
fn headline(report: &Report) -> String {
    match report.findings.as_slice() {
        [one] => one.message.clone(),
        several => count(several.len() as u64, "difference"),
    }
}

/// An event, for machines.
fn event_json(event: &EventName) -> serde_json::Value {
    serde_json::json!({
        "number": event.number,
        "time": crate::time::iso(event.time),
        "boot": event.boot.map(|boot| boot.to_string()),
    })
}

#[cfg(test)]
mod tests;
