//! One page: the rule files, each character coloured by what is known of the innermost part that it belongs to.
//!
//! In: a report. Out: a document that is whole by itself. It loads nothing and runs nothing, and says so to the browser
//! (`Content-Security-Policy`); whatever was written by others is escaped.

use std::fmt::Write as _;

use falco_format::text::{grouped, plain};
use falco_rules::SourceFile;

use super::super::model::{CoverReport, ItemReport, MutationReport, PartReport, Proven};
use super::super::technique::techniques;
use super::words;

const STYLE: &str = "\
body{font:15px/1.5 sans-serif;margin:2em auto;max-width:75em;padding:0 1em;color:#222;background:#fff}\
h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em}table{border-collapse:collapse}\
td,th{padding:.15em .7em;text-align:left;border-bottom:1px solid #ddd}td.n,th.n{text-align:right}\
pre{font:13px/1.5 monospace;white-space:pre-wrap;margin:0}\
.l>b{display:inline-block;width:4em;color:#888;font-weight:normal;user-select:none}\
.y{background:#d5f2d5}.h{background:#fff2b8}.n1{background:#ffd6d6}\
.w{margin-left:4em;color:#a33;font-style:italic}\
.minus{color:#a33}.plus{color:#262}.k span{padding:0 .5em;margin-right:1em}";

/// How much of a part is proven.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Colour {
    None,
    Proven,
    Half,
    Never,
}

impl Colour {
    fn of(part: &PartReport) -> Self {
        let goals = part.goals();
        match goals.iter().filter(|goal| **goal).count() {
            0 => Self::Never,
            proven if proven == goals.len() => Self::Proven,
            _ => Self::Half,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Proven => "y",
            Self::Half => "h",
            Self::Never => "n1",
        }
    }
}

/// Text that means nothing to a browser, its control characters shown.
fn escaped(text: &str) -> String {
    let text = plain(text).to_string();
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// The page.
#[must_use]
pub fn html(report: &CoverReport) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>What scenarios prove of rules</title><style>{STYLE}</style></head><body>\n\
         <h1>What scenarios prove of rules</h1>\n"
    );
    push_summary(report, &mut out);
    push_scenarios(report, &mut out);
    push_items(report, &mut out);
    push_techniques(report, &mut out);
    for file in &report.files {
        push_file(report, file, &mut out);
    }
    if let Some(mutation) = &report.mutation {
        push_mutation(mutation, &mut out);
    }
    out.push_str("</body></html>\n");
    out
}

fn push_summary(report: &CoverReport, out: &mut String) {
    let (proven, all) = report.goals();
    let rules = report.rules().count();
    let alerted = report
        .rules()
        .filter(|(_, facts)| facts.tally.alerts > 0)
        .count();
    let _ = writeln!(
        out,
        "<p>{alerted} of {rules} rules alerted; {proven} of {all} goals are proven ({}).{}</p>\n\
         <p>A part is proven to hold by an alert that had it, and proven not to hold by an event on which it alone kept \
         the rule from alerting; under <code>not</code> the other way round. Of a value of a list only the first is \
         asked.</p>\n\
         <p class=\"k\"><span class=\"y\">proven</span><span class=\"h\">proven in one way of two</span>\
         <span class=\"n1\">not proven</span></p>",
        words::share(proven, all),
        match report.proven_by_failing() {
            0 => String::new(),
            goals => format!(" {goals} of them by scenarios alone whose expectations fail."),
        }
    );
}

fn push_scenarios(report: &CoverReport, out: &mut String) {
    out.push_str("<h2>Scenarios</h2>\n<table><tr><th>scenario</th><th class=\"n\">events</th><th class=\"n\">alerts</th><th></th></tr>\n");
    for scenario in &report.scenarios {
        let name = escaped(&scenario.name);
        let (events, alerts, note) = match &scenario.result {
            Ok(proven) => (grouped(proven.events), grouped(proven.alerts), note(proven)),
            Err(error) => (String::new(), String::new(), error.whole()),
        };
        let _ = writeln!(
            out,
            "<tr><td>{name}</td><td class=\"n\">{events}</td><td class=\"n\">{alerts}</td><td>{}</td></tr>",
            escaped(&note)
        );
    }
    out.push_str("</table>\n");
}

fn note(proven: &Proven) -> String {
    let evidence = proven.evidence.iter().cloned();
    let failed = proven
        .differs
        .iter()
        .map(|differs| format!("failed: {differs}"));
    evidence.chain(failed).collect::<Vec<_>>().join("; ")
}

fn push_items(report: &CoverReport, out: &mut String) {
    out.push_str("<h2>Rules, macros, lists</h2>\n<table><tr><th class=\"n\">proven</th><th class=\"n\">goals</th><th class=\"n\">alerts</th><th>item</th><th>place</th></tr>\n");
    for item in &report.items {
        let (proven, all) = item.goals();
        let facts = item.rule.as_ref();
        let alerts = facts.map_or_else(String::new, |facts| grouped(facts.tally.alerts));
        let _ = writeln!(
            out,
            "<tr><td class=\"n\">{}</td><td class=\"n\">{proven}/{all}</td><td class=\"n\">{alerts}</td>\
             <td>{} {}</td><td>{}:{}</td></tr>",
            words::share(proven, all),
            words::item(item.kind),
            escaped(&item.name),
            escaped(&item.file),
            item.line
        );
    }
    out.push_str("</table>\n");
}

fn push_techniques(report: &CoverReport, out: &mut String) {
    let techniques = techniques(report);
    if techniques.is_empty() {
        return;
    }
    out.push_str("<h2>ATT&amp;CK techniques</h2>\n<table><tr><th>technique</th><th>proven by</th><th>claimed by, and never proven</th></tr>\n");
    for technique in techniques {
        let rules = technique.proven_rules.iter().map(|(rule, _)| rule);
        let proven: Vec<_> = rules.chain(&technique.proven_scenarios).collect();
        let silent = technique.silent_rules.iter();
        let silent: Vec<_> = silent.chain(&technique.silent_scenarios).collect();
        let joined = |names: &[&String]| {
            let names: Vec<_> = names.iter().map(|name| escaped(name)).collect();
            names.join(", ")
        };
        let class = if proven.is_empty() { "n1" } else { "y" };
        let _ = writeln!(
            out,
            "<tr><td class=\"{class}\">{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&technique.id),
            joined(&proven),
            joined(&silent)
        );
    }
    out.push_str("</table>\n");
}

fn push_file(report: &CoverReport, file: &SourceFile, out: &mut String) {
    let _ = writeln!(out, "<h2>{}</h2>\n<pre>", escaped(file.name()));
    let parts = report.items.iter().flat_map(|item| &item.parts);
    let parts: Vec<_> = parts.filter(|part| part.file == file.name()).collect();
    let silent = report.items.iter().filter(|item| is_silent(item));
    let silent: Vec<_> = silent.filter(|item| item.file == file.name()).collect();
    let colours = colours(file.text(), &parts);
    let mut start = 0;
    for (line, text) in (1..).zip(file.text().split_inclusive('\n')) {
        let _ = write!(out, "<span class=\"l\"><b>{line}</b>");
        push_line(start, text.trim_end_matches(['\n', '\r']), &colours, out);
        out.push_str("</span>\n");
        for item in silent.iter().filter(|item| item.line == line) {
            let _ = writeln!(
                out,
                "<span class=\"w\">{} never alerted</span>",
                words::item(item.kind)
            );
        }
        for part in parts.iter().filter(|part| part.line == line) {
            push_lacking(part, out);
        }
        start += text.len();
    }
    out.push_str("</pre>\n");
}

fn is_silent(item: &ItemReport) -> bool {
    item.rule
        .as_ref()
        .is_some_and(|facts| facts.tally.alerts == 0)
}

/// What is not proven of a part, below its line. Values are told by their colour alone.
fn push_lacking(part: &PartReport, out: &mut String) {
    if part.kind == falco_rules::CoverKind::Value {
        return;
    }
    for lacking in words::lacking(part) {
        let _ = writeln!(
            out,
            "<span class=\"w\">{}: {}</span>",
            escaped(&part.text),
            escaped(&lacking)
        );
    }
}

/// The colour of each byte: that of the shortest part that it belongs to.
fn colours(text: &str, parts: &[&PartReport]) -> Vec<Colour> {
    let mut colours = vec![Colour::None; text.len()];
    let mut by_length = parts.to_vec();
    by_length.sort_by_key(|part| std::cmp::Reverse(part.bytes.len()));
    for part in by_length {
        if let Some(bytes) = colours.get_mut(part.bytes.clone()) {
            bytes.fill(Colour::of(part));
        }
    }
    colours
}

fn push_line(start: usize, text: &str, colours: &[Colour], out: &mut String) {
    let colour_at = |at: usize| colours.get(at).copied().unwrap_or(Colour::None);
    let mut run = String::new();
    let mut colour = Colour::None;
    for (at, character) in text.char_indices() {
        // Indentation has no colour, whichever part goes over several lines.
        let is_indent = text.get(..=at).is_some_and(|text| text.trim().is_empty());
        let next = if is_indent {
            Colour::None
        } else {
            colour_at(start + at)
        };
        if next != colour {
            push_run(&run, colour, out);
            run.clear();
            colour = next;
        }
        run.push(character);
    }
    push_run(&run, colour, out);
}

fn push_run(text: &str, colour: Colour, out: &mut String) {
    if text.is_empty() {
        return;
    }
    let text = escaped(text);
    match colour {
        Colour::None => out.push_str(&text),
        colour => {
            let _ = write!(out, "<span class=\"{}\">{text}</span>", colour.class());
        }
    }
}

fn push_mutation(mutation: &MutationReport, out: &mut String) {
    let _ = writeln!(
        out,
        "<h2>Mutants that nobody notices</h2>\n<p>Mutants: {}, with the seed {}.</p>",
        words::score(mutation),
        mutation.seed
    );
    for mutant in mutation.unnoticed() {
        let edit = &mutant.edit;
        let _ = writeln!(
            out,
            "<p>{}:{}: {} in {}: {}</p><pre>",
            escaped(&edit.file),
            edit.line,
            words::mutant(mutant.kind),
            escaped(&mutant.item),
            words::why_unnoticed(&mutant.fate)
        );
        for line in &edit.before {
            let _ = writeln!(out, "<span class=\"minus\">- {}</span>", escaped(line));
        }
        for line in &edit.after {
            let _ = writeln!(out, "<span class=\"plus\">+ {}</span>", escaped(line));
        }
        out.push_str("</pre>\n");
    }
}
