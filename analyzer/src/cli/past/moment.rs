//! Which captures at which moment, and the answer in the form that was asked for, with how complete it is.
//!
//! In: options as typed; who fills the rows. Out: a list on stdout, what it rests on and what is missing of that on stderr, the exit code.
//! A moment counts for all captures: those that have nothing of it are named, and where all are, that is an error that says what they span.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use falco_analyze::completeness::Evidence;
use falco_analyze::inputs::Inputs;
use falco_analyze::past::{Past, span};
use falco_analyze::pipeline::Input;
use falco_analyze::time::{Moment, TimeRange, Zone, full, iso, moment};
use falco_format::UnixNanos;
use falco_format::text::{Lines, json_text, plain};
use serde_json::{Map, Value as Json, json};

use crate::cli::args::{ZoneArgs, open_captures, writer};
use crate::cli::exit::{EvidenceArgs, Outcome};
use crate::cli::show::{Column, Form, Head, Screen, Sheet, Value};
use crate::cli::{notice, progress};

/// What every tool is told.
#[derive(Args)]
pub(crate) struct MomentArgs {
    /// Captures: segments, .scap files, packed or not, directories of either, or `-` for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// The moment: 2026-11-20T10:00:00Z, 10:00, @SECONDS since 1970, or -15m before the captures' end, which it is where none is given
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// Form of the answer; JSON is one object, with what the answer rests on
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
}

/// A list to be filled, and what it is called.
pub(super) struct List {
    /// The key of the rows in JSON.
    name: &'static str,
    sheet: Sheet,
}

/// Where the rows of one capture go.
pub(super) struct Rows<'l> {
    sheet: &'l mut Sheet,
    tail: [Value; 2],
}

impl Rows<'_> {
    /// One more row.
    pub(super) fn push(&mut self, values: impl IntoIterator<Item = Value>) {
        self.sheet.row(values.into_iter().chain(self.tail.clone()));
    }
}

impl List {
    /// No rows yet; behind the columns stand those that say of which node and capture a row is.
    fn new(name: &'static str, columns: &[Column], is_of_several: bool) -> List {
        let node = if is_of_several {
            Column::new("node", Head::new("NODE"))
        } else {
            Column::hidden("node")
        };
        let columns = columns.iter().copied();
        List {
            name,
            sheet: Sheet::new(columns.chain([node, Column::hidden("capture")])),
        }
    }

    fn rows(&mut self, input: &Input, past: &Past) -> Rows<'_> {
        let capture = input.path.display().to_string();
        Rows {
            sheet: &mut self.sheet,
            tail: [
                Value::Text(past.origin().node.clone()),
                Value::Text(capture),
            ],
        }
    }
}

/// What the rows of a capture rest on.
struct Basis {
    json: Json,
    evidence: Evidence,
}

impl MomentArgs {
    /// The moment and the captures that have it, each at it. An error where none has.
    fn asked(&self, at: Option<&str>, inputs: &Inputs) -> Result<Vec<Option<UnixNanos>>> {
        let spans: Vec<_> = inputs.iter().map(span).collect();
        let zone = self.zone.zone()?;
        let all = spans
            .iter()
            .flatten()
            .copied()
            .reduce(|all, one| TimeRange {
                first: all.first.min(one.first),
                last: all.last.max(one.last),
            });
        let all = all.context("no event of the captures has a time")?;
        let Some(typed) = at else {
            return Ok(spans.into_iter().map(|span| Some(span?.last)).collect());
        };
        let asked = Moment::parse(typed, &zone).and_then(|asked| asked.resolve(all));
        let asked = asked.context("--at")?;
        let has_it = |span: &Option<TimeRange<UnixNanos>>| {
            span.is_some_and(|span| span.first <= asked && asked <= span.last)
        };
        if !spans.iter().any(has_it) {
            bail!(
                "the captures have nothing of {}: they span {}",
                moment(asked, &zone),
                all.spelled(&zone)
            );
        }
        let beside = inputs.iter().zip(&spans).filter(|(_, span)| !has_it(span));
        for (input, span) in beside {
            let spans = span.map(|span| format!(": it spans {}", span.spelled(&zone)));
            notice::complain(format_args!(
                "{} has nothing of {}{}",
                plain(&input.path),
                moment(asked, &zone),
                spans.unwrap_or_default()
            ));
        }
        let each = spans.iter().map(|span| has_it(span).then_some(asked));
        Ok(each.collect())
    }

    /// Fills a list with what each capture had at the moment, and prints it.
    pub(super) fn answer(
        &self,
        (name, columns): (&'static str, &[Column]),
        mut fill: impl FnMut(&Input, &Past, &mut Rows<'_>) -> Result<()>,
    ) -> Result<Outcome> {
        let zone = self.zone.zone()?;
        let inputs = open_captures(&self.captures)?;
        let asked = self.asked(self.at.as_deref(), &inputs)?;
        let mut list = List::new(name, columns, inputs.len() > 1);
        let mut bases = Vec::new();
        for (input, at) in inputs.iter().zip(asked) {
            let Some(at) = at else { continue };
            let past = past_of(input, at)?;
            fill(input, &past, &mut list.rows(input, &past))?;
            bases.push(basis(input, &past, &zone));
        }
        self.print(&list, &bases, &zone)
    }

    /// The same of what differs between two moments, each of which all captures are looked at.
    pub(super) fn compare(
        &self,
        (name, columns): (&'static str, &[Column]),
        (before, after): (&str, &str),
        mut fill: impl FnMut(&Past, &Past, &mut Rows<'_>),
    ) -> Result<Outcome> {
        let zone = self.zone.zone()?;
        let inputs = open_captures(&self.captures)?;
        let moments = [before, after].map(|at| self.asked(Some(at), &inputs));
        let [before, after] = moments;
        let (before, after) = (before.context("--diff")?, after.context("--diff")?);
        let mut list = List::new(name, columns, inputs.len() > 1);
        let mut bases = Vec::new();
        let moments = before.into_iter().zip(after);
        for (input, moments) in inputs.iter().zip(moments) {
            let (Some(before), Some(after)) = moments else {
                continue;
            };
            if after < before {
                bail!("--diff: the second moment lies before the first");
            }
            let (before, after) = (past_of(input, before)?, past_of(input, after)?);
            fill(&before, &after, &mut list.rows(input, &after));
            bases.extend([&before, &after].map(|past| basis(input, past, &zone)));
        }
        if bases.is_empty() {
            bail!("no capture has both moments");
        }
        let differs = Outcome::found(list.sheet.len() > 0);
        let printed = self.print(&list, &bases, &zone)?;
        Ok(Outcome::of([differs, printed]))
    }

    /// The zone of times that say none.
    pub(super) fn zone(&self) -> Result<Zone> {
        self.zone.zone()
    }

    fn print(&self, list: &List, bases: &[Basis], zone: &Zone) -> Result<Outcome> {
        let mut writer = writer();
        match self.format {
            Form::Text => {
                let lines = list.sheet.lines(Screen::of_stdout(), zone);
                writer.write_all(lines.as_str().as_bytes())?;
            }
            Form::Csv => writer.write_all(list.sheet.csv()?.as_bytes())?,
            Form::Json => {
                let bases: Vec<_> = bases.iter().map(|basis| basis.json.clone()).collect();
                let mut object = Map::new();
                object.insert("captures".to_owned(), Json::from(bases));
                object.insert(list.name.to_owned(), list.sheet.json());
                let json = Json::Object(object).to_string();
                writeln!(writer, "{}", json_text(&json))?;
            }
        }
        writer.flush()?;
        let evidence = bases.iter().map(|basis| basis.evidence);
        Ok(Outcome::of(
            evidence.map(|evidence| self.evidence.outcome(evidence)),
        ))
    }
}

/// A capture at a moment.
fn past_of(input: &Input, at: UnixNanos) -> Result<Past> {
    let name = input.path.display();
    Ok(progress::during("reading", name, || Past::at(input, at))?)
}

/// Tells what an answer rests on, and what is missing of that.
fn basis(input: &Input, past: &Past, zone: &Zone) -> Basis {
    let mut missing = Lines::new();
    past.push_missing(&mut missing);
    let mut lines = Lines::new();
    let from = match past.state_from() {
        Some(from) => format!("the snapshot of {}", full(from, zone)),
        None => "the beginning on".to_owned(),
    };
    lines.line(format_args!(
        "{} at {}, known from {from}",
        past.origin().node,
        moment(past.time(), zone)
    ));
    lines.append(&missing);
    notice::tell(&lines);
    let evidence = past.evidence();
    let missing: Vec<_> = missing.as_str().lines().collect();
    let is_whole = evidence == Evidence::Whole;
    Basis {
        json: json!({
            "capture": input.path.display().to_string(),
            "node": past.origin().node,
            "boot_id": past.origin().boot_id.map(|id| id.to_string()),
            "at": iso(past.time()),
            "state_from": past.state_from().map(iso),
            "complete": is_whole,
            "missing": if is_whole { Vec::new() } else { missing },
            "unreadable": past.unreadable(),
        }),
        evidence,
    }
}
