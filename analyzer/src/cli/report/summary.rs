//! `falco-analyze summary`: what rules say of captures, in sums.
//!
//! In: captures and rules as for `replay`. Out: span, nodes, completeness, alerts by everything that is asked first, and what was not judged.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use falco_analyze::completeness::{Completeness, Evidence};
use falco_analyze::inputs::Inputs;
use falco_analyze::pipeline::{
    Flow, Interest, JudgeTally, PassOptions, Sink, Tally, TimeRange, collect,
};
use falco_analyze::sources::{RecordingOutline, SYSCALLS};
use falco_analyze::summary::{self, Behind, Summary, Told, Unjudged};
use falco_analyze::time::{Zone, iso};
use falco_format::text::{Lines, json_text};
use falco_format::{Block, UnixNanos};
use falco_rules::RuleSet;
use serde_json::json;

use super::sums::{Sums, push_unjudged, width_of};
use crate::cli::args::{Format, RuleArgs, ZoneArgs, open_captures};
use crate::cli::exit::Outcome;
use crate::cli::output::{admit_beside, writer};
use crate::cli::progress::{self, Bar};
use crate::cli::read::ReadArgs;
use crate::cli::replay::Matching;
use crate::cli::span::Parts;
use crate::cli::stop::Stop;
use crate::cli::summary as lines;

const EXAMPLES: &str = "\
Counts are of alerts; columns of a sparkline are of equal length, which its head says. Names of containers and programs are those that were known when the rule matched. JSON is one object with everything.
Exit codes: 0 done, 2 error, 3 done, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze summary capture/
  falco-analyze summary node-a/ node-b/ -r rules.d/ --since -1h
  falco-analyze summary capture/ -r falco_rules.yaml --format json | jq '.programs.rows[0]'";

/// Tell what rules say of captures in sums: alerts by rule, priority, node, container, ATT&CK tactic and program over time, what is missing, what was not judged
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    rules: RuleArgs,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Which of the rules that match an event alert
    #[arg(long, value_enum, default_value_t = Matching::First)]
    rule_matching: Matching,
    /// Write the answer to a file, readable by its owner alone, instead of stdout; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    zone: ZoneArgs,
}

/// What a reading gave.
struct Found {
    summary: Summary,
    judged: JudgeTally,
    tally: Tally,
    times: Option<TimeRange<UnixNanos>>,
    nodes: BTreeSet<String>,
    completeness: Completeness,
    started: Instant,
}

/// Summarizes.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let zone = args.zone.zone()?;
    let asked = args.read.span.asked(&zone)?;
    let Some(rules) = args.rules.load(&[SYSCALLS])? else {
        return Ok(Outcome::Failed);
    };
    args.read.span.hint_of_rules(&rules);
    let inputs = open_captures(&args.read.captures)?;
    let parts = asked.parts(&inputs.recordings())?;
    admit_beside(args.output.as_ref(), inputs.logs(), &args.rules.files())?;
    let mut writer = writer(args.output.as_ref(), &inputs)?;
    let stop = Stop::catch()?.or_unread(writer.unread());
    let found = read(args, (&rules, &inputs, &parts), &zone, &stop)?;
    let evidence = found.completeness.evidence(&found.tally);
    let answer = match args.format {
        Format::Text => {
            let width = match &args.output {
                None => width_of(io::stdout()),
                Some(_) => usize::MAX,
            };
            text(&found, &rules, &parts, (&zone, width), &stop)
        }
        Format::Json => json_text(&to_json(&found, &rules).to_string()).into_owned() + "\n",
    };
    writer.write_all(answer.as_bytes())?;
    writer.flush()?;
    Ok(Outcome::of([
        stop.outcome(),
        args.read.evidence.outcome(evidence),
    ]))
}

fn read(
    args: &Args,
    (rules, inputs, parts): (&RuleSet, &Inputs, &Parts),
    zone: &Zone,
    stop: &Stop,
) -> Result<Found> {
    let recordings = inputs.recordings();
    let captures = inputs.iter().filter_map(|input| input.capture());
    let named = captures.filter_map(|capture| Some(capture.header()?.node.clone()));
    let mut found = Found {
        summary: Summary::default(),
        judged: JudgeTally::of(rules),
        tally: Tally::default(),
        // Of captures indexes tell the times; of .scap files those of the events that rules looked at are taken.
        times: None,
        nodes: named.collect(),
        completeness: parts.completeness(inputs),
        started: Instant::now(),
    };
    let mut sink = Watched {
        found: &mut found,
        bar: progress::over(parts.bytes(&recordings)),
        stop: stop.clone(),
        tally: Tally::default(),
    };
    let (demand, matching) = (summary::demand(rules), args.rule_matching.into());
    let behind = Behind { rules, matching };
    for (input, part) in parts.of(&**inputs) {
        let options = PassOptions {
            zone: zone.clone(),
            threads: args.read.jobs.threads(),
            part: part.clone(),
            ..PassOptions::default()
        };
        let tally = collect(input, &demand, options, &behind, &mut sink)?;
        sink.tally.add(&tally);
    }
    sink.bar.finish_and_clear();
    found.tally = std::mem::take(&mut sink.tally);
    if parts.span().is_open() {
        let of_captures = recordings.iter().zip(&**inputs);
        for (recording, _) in of_captures.filter(|(_, input)| input.capture().is_some()) {
            let times = RecordingOutline::of(recording).times();
            found.times = joined(found.times, times);
        }
    }
    Ok(found)
}

fn joined(
    one: Option<TimeRange<UnixNanos>>,
    other: Option<TimeRange<UnixNanos>>,
) -> Option<TimeRange<UnixNanos>> {
    match other {
        Some(other) => Some(TimeRange::extended(one, other.first, other.last)),
        None => one,
    }
}

/// The sums on their way, with a bar and an ear for signals.
struct Watched<'f> {
    found: &'f mut Found,
    tally: Tally,
    bar: Bar,
    stop: Stop,
}

impl Sink<Told<'_>> for Watched<'_> {
    fn harvest(&mut self, told: Told<'_>) -> io::Result<Flow> {
        self.found.judged.add(&told.tally);
        self.found.times = joined(self.found.times, told.times);
        for (alert, who) in &told.alerts {
            self.found.summary.add(alert, who.as_ref());
        }
        Ok(self.stop.flow())
    }

    fn block(&mut self, block: &Block) -> Interest {
        self.bar.events(block.rows() as u64);
        self.stop.interest()
    }

    fn progress(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }
}

fn text(
    found: &Found,
    rules: &RuleSet,
    parts: &Parts,
    (zone, width): (&Zone, usize),
    stop: &Stop,
) -> String {
    let mut out = Lines::new();
    stop.push_partial(&mut out);
    if let Some(times) = found.times {
        let seconds = times.last.since(times.first) as f64 / 1e9;
        out.line(format_args!(
            "Time: {} ({seconds:.3} s)",
            times.spelled(zone)
        ));
    }
    parts.push(zone, &mut out);
    push_nodes(found, &mut out);
    lines::push_reading(&found.tally, found.started.elapsed(), &mut out);
    found.completeness.push(&found.tally, &mut out);
    let unjudged = Unjudged::of(rules, &found.tally, found.judged.judged);
    push_unjudged(&unjudged, &mut out);
    lines::push_counts(rules, &found.judged, &mut out);
    lines::push_doubtful(&found.judged, &mut out);
    let summary = &found.summary;
    Sums {
        summary,
        zone,
        width,
    }
    .push(&mut out);
    out.as_str().to_owned()
}

/// Whose captures they are, as far as that was told.
fn push_nodes(found: &Found, out: &mut Lines) {
    let mut nodes: BTreeSet<&str> = found.nodes.iter().map(String::as_str).collect();
    nodes.extend(found.summary.nodes.rows.keys().map(String::as_str));
    nodes.remove("");
    let named: Vec<_> = nodes.iter().take(NODES_MAX).copied().collect();
    if !named.is_empty() {
        let more = nodes.len().saturating_sub(NODES_MAX);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        out.line(format_args!("Nodes: {}{more}", named.join(", ")));
    }
}

/// How many nodes are named.
const NODES_MAX: usize = 8;

fn to_json(found: &Found, rules: &RuleSet) -> serde_json::Value {
    let unjudged = Unjudged::of(rules, &found.tally, found.judged.judged);
    let mut json = summary::to_json(&found.summary, &unjudged);
    let mut missing = Lines::new();
    found.completeness.push(&found.tally, &mut missing);
    let missing: Vec<&str> = missing.as_str().lines().collect();
    json["first_time"] = json!(found.times.map(|times| iso(times.first)));
    json["last_time"] = json!(found.times.map(|times| iso(times.last)));
    json["events"] = json!(found.tally.events);
    json["judged_events"] = json!(found.judged.judged);
    json["lost_events"] = json!(found.tally.losses.events());
    json["complete"] = json!(found.completeness.evidence(&found.tally) == Evidence::Whole);
    json["completeness"] = json!(missing);
    json
}
