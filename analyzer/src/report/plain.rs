//! A report for whoever runs no scripts: the document of the page, Markdown, JSON lines, CSV.
//!
//! In: a report. Out: text. Each form says how many alerts it leaves out.

use std::fmt::Write as _;

use falco_format::text::{count, grouped};
use serde_json::json;

use super::Report;
use super::escape::{csv as cell, html, markdown as mark};
use super::gathered::Kept;
use crate::summary::Tactic;
use crate::time::{full, iso};

/// How many alerts a document lists that is read from top to bottom.
pub const STATIC_MAX: usize = 1_000;

/// How much of a time people read in a list: up to the millisecond.
const MILLISECONDS: usize = "2018-08-18T00:17:31.397".len();

/// What is told of one alert.
struct Told<'t> {
    time: String,
    priority: String,
    rule: &'t str,
    text: &'t str,
    process: String,
    container: String,
    why: Vec<&'t str>,
}

fn told<'t>(report: &'t Report<'_>, alert: &Kept) -> Told<'t> {
    let gathered = &report.gathered;
    let rule = gathered.rule(alert);
    let process = gathered.process(alert.process);
    let container = process.and_then(|it| {
        let place = usize::try_from(it.container).ok()?;
        gathered.containers.get(place)
    });
    let texts = &gathered.texts;
    let why = usize::try_from(alert.why).unwrap_or(0);
    let why = gathered.whys.get(why).into_iter().flatten();
    Told {
        time: full(alert.time, &report.zone),
        priority: rule.map_or_else(String::new, |rule| rule.priority.to_string()),
        rule: rule.map_or("", |rule| rule.name.as_str()),
        text: texts.text(alert.text),
        process: process.map_or_else(String::new, |it| {
            format!("{} ({})", texts.text(it.name), it.pid)
        }),
        container: container.map_or_else(String::new, |[id, name, ..]| {
            let (id, name) = (texts.text(*id), texts.text(*name));
            if name.is_empty() || id == name {
                id.to_owned()
            } else {
                format!("{id} {name}")
            }
        }),
        why: why.map(|line| texts.text(*line)).collect(),
    }
}

/// What is not listed, where something is not.
fn left_out(report: &Report<'_>, listed: usize) -> Option<String> {
    let all = report.summary.all.count;
    let listed = (listed as u64).min(report.gathered.counts().0);
    let more = all.saturating_sub(listed);
    (more > 0).then(|| {
        format!(
            "The first {} of {} are listed; {} more are counted above.",
            grouped(listed),
            count(all, "alert"),
            grouped(more)
        )
    })
}

/// The sums and the first alerts as HTML, for readers without scripts and for print.
pub(super) fn document(report: &Report<'_>) -> String {
    let mut out = String::new();
    out.push_str("<section id=\"sums\"><h2>Rules that alerted</h2><table><thead><tr><th>Priority</th><th>Rule</th><th class=\"number\">Alerts</th><th>First</th><th>Last</th></tr></thead><tbody>\n");
    for ((priority, rule), row) in &report.summary.rules {
        let time = |time| html(&short(&full(time, &report.zone)));
        let _ = writeln!(
            out,
            "<tr><td><span class=\"priority {p}\">{p}</span></td><td>{}</td><td class=\"number\">{}</td><td>{}</td><td>{}</td></tr>",
            html(rule),
            grouped(row.count),
            time(row.first),
            time(row.last),
            p = html(&priority.to_string()),
        );
    }
    out.push_str("</tbody></table></section>\n");
    out.push_str("<section id=\"listed\"><h2>Alerts</h2>\n");
    if let Some(left_out) = left_out(report, STATIC_MAX) {
        let _ = writeln!(out, "<p id=\"left-out\">{}</p>", html(&left_out));
    }
    out.push_str("<ol>\n");
    for alert in report.gathered.alerts.iter().take(STATIC_MAX) {
        let told = told(report, alert);
        let _ = write!(
            out,
            "<li><p><span class=\"priority {p}\">{p}</span> <b>{}</b> <time>{}</time></p><p>{}</p><p>{} in {}</p>",
            html(told.rule),
            html(&told.time),
            html(told.text),
            html(&told.process),
            html(&told.container),
            p = html(&told.priority),
        );
        if !told.why.is_empty() {
            out.push_str("<ul>");
            for line in &told.why {
                let _ = write!(out, "<li>{}</li>", html(line));
            }
            out.push_str("</ul>");
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ol></section>\n");
    out
}

/// A time up to the millisecond.
fn short(time: &str) -> String {
    time.get(..MILLISECONDS).unwrap_or(time).replace('T', " ")
}

/// The report as Markdown.
#[must_use]
pub fn markdown(report: &Report<'_>) -> String {
    let (evidence, summary) = (&report.evidence, &report.summary);
    let mut out = String::from("# What the rules found\n\n");
    if let Some((first, last)) = evidence.span {
        let zone = &report.zone;
        let _ = writeln!(out, "From {} to {}.\n", full(first, zone), full(last, zone));
    }
    out.push_str("| Priority | Rule | Alerts | First | Last |\n|---|---|---:|---|---|\n");
    for ((priority, rule), row) in &summary.rules {
        let time = |time| mark(&short(&full(time, &report.zone)));
        let _ = writeln!(
            out,
            "| {priority} | {} | {} | {} | {} |",
            mark(rule),
            grouped(row.count),
            time(row.first),
            time(row.last)
        );
    }
    out.push_str("\n## ATT&amp;CK tactics\n\n");
    for (tactic, row) in &summary.tactics {
        let tactic: &Tactic = tactic;
        let _ = writeln!(out, "- {}: {}", tactic.name(), count(row.count, "alert"));
    }
    out.push_str("\n## Alerts\n\n");
    if let Some(left_out) = left_out(report, STATIC_MAX) {
        let _ = writeln!(out, "{left_out}\n");
    }
    for alert in report.gathered.alerts.iter().take(STATIC_MAX) {
        let told = told(report, alert);
        let _ = writeln!(
            out,
            "1. **{}** {} {}: {} ({} in {})",
            told.priority,
            mark(told.rule),
            told.time,
            mark(told.text),
            mark(&told.process),
            mark(&told.container)
        );
        for line in &told.why {
            let _ = writeln!(out, "   - {}", mark(line));
        }
    }
    out.push_str("\n## Evidence\n\n");
    for (title, text) in facts(report) {
        let _ = writeln!(out, "- {title}: {}", mark(&text));
    }
    out
}

/// What the answer rests on, as titles and texts.
pub(super) fn facts(report: &Report<'_>) -> Vec<(&'static str, String)> {
    let evidence = &report.evidence;
    let mut facts = Vec::new();
    for capture in &evidence.captures {
        let of = match (capture.node.as_str(), capture.boot.as_str()) {
            ("", _) => String::new(),
            (node, boot) => format!(", node {node}, boot {boot}"),
        };
        facts.push(("Capture", format!("{}{of}", capture.name)));
        facts.push(("Signatures", capture.signatures.clone()));
        for (name, digest) in &capture.files {
            facts.push(("File", format!("{name}: {digest}")));
        }
        if capture.more_files > 0 {
            let more = count(capture.more_files, "more segment");
            facts.push(("File", format!("and {more}")));
        }
    }
    let missing = evidence.missing.iter();
    facts.extend(missing.map(|line| ("Completeness", line.clone())));
    facts.push((
        "Events",
        format!(
            "{} read, {} judged",
            grouped(evidence.events),
            grouped(evidence.judged)
        ),
    ));
    let unjudged = evidence.unjudged.iter();
    facts.extend(unjudged.map(|line| ("Not judged", line.clone())));
    let rules = evidence.rules.iter();
    facts.extend(rules.map(|it| ("Rules", format!("{}: sha256 {}", it.name, it.sha256))));
    let left_out = report.gathered.texts.left_out;
    if left_out > 0 {
        let texts = count(left_out, "text");
        facts.push(("Left out", format!("{texts} for which there was no room")));
    }
    facts.push(("Time zone", evidence.zone.clone()));
    facts.push(("Program", evidence.program.clone()));
    facts.push(("Command", evidence.command.clone()));
    facts
}

/// Every alert that is kept as an object in a line.
#[must_use]
pub fn json_lines(report: &Report<'_>) -> String {
    let mut out = String::new();
    for alert in &report.gathered.alerts {
        let told = told(report, alert);
        let line = json!({
            "time": iso(alert.time),
            "priority": told.priority,
            "rule": told.rule,
            "output": told.text,
            "process": told.process,
            "container": told.container,
            "why": told.why,
            "event": alert.number,
            "complete": alert.is_complete,
        });
        let line = line.to_string();
        let _ = writeln!(out, "{}", falco_format::text::json_text(&line));
    }
    out
}

/// Every alert that is kept as a row; the first three columns are those that Timesketch asks for.
#[must_use]
pub fn csv(report: &Report<'_>) -> String {
    let mut out = String::from(
        "datetime,timestamp_desc,message,priority,rule,process,container,event,complete,why\n",
    );
    for alert in &report.gathered.alerts {
        let told = told(report, alert);
        let row = [
            cell(&iso(alert.time)),
            "alert".to_owned(),
            cell(told.text),
            cell(&told.priority),
            cell(told.rule),
            cell(&told.process),
            cell(&told.container),
            alert.number.to_string(),
            alert.is_complete.to_string(),
            cell(&told.why.join("; ")),
        ];
        let _ = writeln!(out, "{}", row.join(","));
    }
    out
}
