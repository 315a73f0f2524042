//! The page: one HTML file with its style, its program and its data, that asks nothing of any network.
//!
//! In: a report. Out: HTML. Its policy names the digests of the one style and the one script, so that nothing else is ever run, whatever a capture holds.

use std::fmt::Write as _;

use falco_format::text::{count, grouped};
use sha2::{Digest as _, Sha256};

use super::Report;
use super::data::data;
use super::escape::{base64, html, script_json};
use super::plain::{document, facts};
use crate::time::full;

const STYLE: &str = include_str!("../../report/style.css");
/// The parts of the program, in the order in which they need each other.
const SCRIPT: &str = concat!(
    "\"use strict\";\n(() => {\n",
    include_str!("../../report/data.js"),
    include_str!("../../report/filter.js"),
    include_str!("../../report/timeline.js"),
    include_str!("../../report/list.js"),
    include_str!("../../report/detail.js"),
    include_str!("../../report/main.js"),
    "})();\n"
);

fn hash(text: &str) -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(text.as_bytes())))
}

/// The page.
#[must_use]
pub fn page(report: &Report<'_>) -> String {
    let data = script_json(&data(report).to_string());
    let mut out = String::with_capacity(data.len() + (1 << 20));
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        html(&title(report)),
    );
    head(report, &mut out);
    out.push_str("<main>\n<div id=\"app\" hidden></div>\n");
    out.push_str(&document(report));
    evidence(report, &mut out);
    out.push_str("</main>\n");
    let _ = write!(
        out,
        "<script type=\"application/json\" id=\"data\">{data}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    );
    out
}

fn title(report: &Report<'_>) -> String {
    let mut nodes: Vec<&str> = report
        .gathered
        .nodes
        .iter()
        .map(|it| it.node.as_str())
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    let nodes = match nodes.as_slice() {
        [] => String::new(),
        [one] => format!(" on {one}"),
        several => format!(" on {} nodes", several.len()),
    };
    format!("{}{nodes}", count(report.summary.all.count, "alert"))
}

fn head(report: &Report<'_>, out: &mut String) {
    let evidence = &report.evidence;
    let title = html(&title(report));
    let _ = write!(out, "<header>\n<div>\n<h1>{title}</h1>\n");
    if let Some((first, last)) = evidence.span {
        let (first, last) = (full(first, &report.zone), full(last, &report.zone));
        let _ = writeln!(
            out,
            "<p class=\"span\"><time>{}</time> to <time>{}</time></p>",
            html(&first),
            html(&last)
        );
    }
    let whole = if evidence.is_whole {
        "<p class=\"verdict whole\">The evidence is complete: nothing is known to be missing.</p>"
    } else {
        "<p class=\"verdict broken\">The evidence is not complete: see what is missing below, under Evidence.</p>"
    };
    let _ = writeln!(out, "{whole}</div>");
    let rules = report.summary.rules.len();
    let facts = [
        (grouped(report.summary.all.count), "alerts"),
        (grouped(rules as u64), "rules alerted"),
        (grouped(evidence.judged), "events judged"),
        (grouped(report.summary.incomplete), "alerts in doubt"),
    ];
    out.push_str("<dl class=\"numbers\">");
    for (number, name) in facts {
        let _ = write!(out, "<div><dt>{name}</dt><dd>{number}</dd></div>");
    }
    out.push_str("</dl>\n</header>\n");
}

fn evidence(report: &Report<'_>, out: &mut String) {
    out.push_str("<section id=\"evidence\"><h2>Evidence</h2><dl>\n");
    let mut before = "";
    for (title, text) in facts(report) {
        if title != before {
            let _ = write!(out, "<dt>{title}</dt>");
            before = title;
        }
        let _ = writeln!(out, "<dd>{}</dd>", html(&text));
    }
    out.push_str("</dl></section>\n");
}
