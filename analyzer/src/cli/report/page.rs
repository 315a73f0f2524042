//! `falco-analyze report`: a page to hand over, or the same as Markdown, JSON lines or CSV.
//!
//! In: captures and rules as for `replay`. Out: one file that gets its name when it is whole.
//! Captures are read twice: for alerts, and for what the processes behind them did.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use falco_analyze::completeness::{self, Completeness};
use falco_analyze::inputs::Inputs;
use falco_analyze::pipeline::{Flow, Interest, JudgeTally, PassOptions, Sink, Tally, collect};
use falco_analyze::report::{
    ALERTS_KEPT_MAX, Acts, CaptureProof, Evidence, Gathered, Looking, Portion, Report, Reported,
    Reporting, RuleFileProof, csv, json_lines, markdown, page,
};
use falco_analyze::rule_files::{read_rule_files, shipped_rules};
use falco_analyze::sources::{RecordingOutline, SYSCALLS};
use falco_analyze::summary::{self, Summary, Unjudged};
use falco_analyze::time::{TimeRange, Zone};
use falco_format::text::{Lines, grouped, plain};
use falco_format::{Block, UnixNanos};
use falco_rules::RuleSet;

use super::sums::push_unjudged;
use crate::cli::args::{RuleArgs, ZoneArgs, open_captures};
use crate::cli::exit::Outcome;
use crate::cli::export::target::TargetArgs;
use crate::cli::notice;
use crate::cli::progress::{self, Bar};
use crate::cli::read::ReadArgs;
use crate::cli::replay::Matching;
use crate::cli::span::Parts;
use crate::cli::stop::Stop;

const EXAMPLES: &str = "\
The page is one file: it asks nothing of any network, and a browser without scripts shows it as a plain document with the first 1,000 alerts. It keeps the first 100,000 alerts with their reasons, processes and acts; more are counted, and it says so.
Digests of the captures and rules stand in it, so that whoever gets it can check what it was made from.
Exit codes: 0 written, 2 error, 3 written, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze report capture/ -o report.html
  falco-analyze report node-a/ node-b/ -r rules.d/ --since -1h -o report.html --force
  falco-analyze report capture/ -r falco_rules.yaml --format md -o -
  falco-analyze report trace.scap.gz -r rules.yaml --format csv -o alerts.csv";

/// Write a report to hand over: a page with every alert, why it matched, its processes and what they did, over the evidence
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    rules: RuleArgs,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Form::Html)]
    format: Form,
    /// Which of the rules that match an event alert
    #[arg(long, value_enum, default_value_t = Matching::First)]
    rule_matching: Matching,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    zone: ZoneArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One page
    Html,
    /// Markdown: the sums and the first 1,000 alerts
    Md,
    /// An object in a line for each alert
    Json,
    /// A row for each alert
    Csv,
}

/// What is read, and by which rules.
struct Asked<'a> {
    args: &'a Args,
    rules: &'a RuleSet,
    inputs: &'a Inputs,
    parts: &'a Parts,
    zone: &'a Zone,
    stop: &'a Stop,
}

/// Reports.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let zone = args.zone.zone()?;
    let asked_for = args.read.span.asked(&zone)?;
    let Some(rules) = args.rules.load(&[SYSCALLS])? else {
        return Ok(Outcome::Failed);
    };
    args.read.span.hint_of_rules(&rules);
    let inputs = open_captures(&args.read.captures)?;
    let parts = asked_for.parts(&inputs.recordings())?;
    let target = args.target.begin(&inputs, || Ok(()))?;
    let stop = Stop::catch()?.or_unread(target.unread().unwrap_or_default());
    let asked = Asked {
        args,
        rules: &rules,
        inputs: &inputs,
        parts: &parts,
        zone: &zone,
        stop: &stop,
    };
    let (report, tally, completeness) = asked.report()?;
    let (mut out, ending) = target.parts();
    ending.admit(&stop)?;
    let text = match args.format {
        Form::Html => page(&report),
        Form::Md => markdown(&report),
        Form::Json => json_lines(&report),
        Form::Csv => csv(&report),
    };
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.with_context(|| args.target.cannot())?;
    drop(out);
    ending.finish().with_context(|| args.target.cannot())?;
    let mut notices = Lines::new();
    stop.push_partial(&mut notices);
    parts.push(&zone, &mut notices);
    completeness.push(&tally, &mut notices);
    let (kept, beyond) = report.gathered.counts();
    notices.line(format_args!(
        "Wrote {}: {}, {} bytes",
        plain(&args.target.name()),
        falco_format::text::count(kept, "alert"),
        grouped(text.len() as u64)
    ));
    if beyond > 0 {
        notices.line(format_args!(
            "{} more alerts are only counted: a report keeps {}",
            grouped(beyond),
            grouped(ALERTS_KEPT_MAX as u64)
        ));
    }
    notice::tell(&notices);
    Ok(Outcome::of([
        stop.outcome(),
        args.read.evidence.outcome(completeness.evidence(&tally)),
    ]))
}

impl<'a> Asked<'a> {
    fn report(&self) -> Result<(Report<'a>, Tally, Completeness)> {
        let mut found = Found {
            gathered: Gathered::new(self.rules),
            summary: Summary::default(),
            judged: JudgeTally::of(self.rules),
            reading: self.reading(),
        };
        let demand = summary::demand(self.rules);
        let matching = self.args.rule_matching.into();
        let rules = self.rules;
        let reporting = Reporting { rules, matching };
        let mut tally = Tally::default();
        let mut inputs = self.parts.of(&**self.inputs).enumerate();
        inputs.try_for_each(|(place, (input, part))| {
            found.gathered.begin_capture(place);
            let options = self.options(part);
            let read = collect(input, &demand, options, &reporting, &mut found);
            read.map(|read| tally.add(&read))
        })?;
        found.reading.bar.finish_and_clear();
        let completeness = self.parts.completeness(self.inputs);
        let report = Report {
            acts: self.acts(&found.gathered)?,
            evidence: self.evidence(&tally, &completeness, &found)?,
            gathered: found.gathered,
            summary: found.summary,
            zone: self.zone.clone(),
        };
        Ok((report, tally, completeness))
    }

    /// What the processes behind the alerts did.
    fn acts(&self, gathered: &Gathered<'_>) -> Result<Acts> {
        let looking = Looking::of(gathered);
        if looking.is_idle() {
            return Ok(Acts::default());
        }
        let mut done = Done {
            acts: Acts::default(),
            reading: self.reading(),
        };
        let demand = looking.demand();
        for (input, part) in self.parts.of(&**self.inputs) {
            let options = self.options(part);
            collect(input, &demand, options, &looking, &mut done)?;
        }
        done.reading.bar.finish_and_clear();
        Ok(done.acts)
    }

    fn evidence(
        &self,
        tally: &Tally,
        completeness: &Completeness,
        found: &Found<'_>,
    ) -> Result<Evidence> {
        let captures = self.inputs.iter().map(CaptureProof::of);
        let files = self.args.rules.files();
        let texts = if files.is_empty() {
            shipped_rules()
        } else {
            read_rule_files(&files)?
        };
        let rules = texts.iter();
        let rules = rules.map(|file| RuleFileProof::of(&file.name, &file.text));
        let mut missing = Lines::new();
        self.parts.push(self.zone, &mut missing);
        completeness.push(tally, &mut missing);
        let mut unjudged = Lines::new();
        let judged = found.judged.judged;
        push_unjudged(&Unjudged::of(self.rules, tally, judged), &mut unjudged);
        let lines = |lines: &Lines| lines.as_str().lines().map(str::to_owned).collect();
        let times = self.times();
        Ok(Evidence {
            captures: captures.collect::<io::Result<_>>()?,
            rules: rules.collect(),
            missing: lines(&missing),
            is_whole: completeness.evidence(tally) == completeness::Evidence::Whole,
            events: tally.events,
            judged,
            unjudged: lines(&unjudged),
            span: times.map(|times| (times.first, times.last)),
            command: command(),
            program: concat!("falco-analyze ", env!("CARGO_PKG_VERSION")).to_owned(),
            zone: self.args.zone.name().to_owned(),
        })
    }

    /// The time that is reported on.
    fn times(&self) -> Option<TimeRange<UnixNanos>> {
        let recordings = self.inputs.recordings();
        let all = recordings.iter().map(RecordingOutline::of);
        let all = all.filter_map(|outline| outline.times());
        let all =
            all.reduce(|all, times| TimeRange::extended(Some(all), times.first, times.last))?;
        let span = self.parts.span();
        Some(TimeRange {
            first: span.since.unwrap_or(all.first),
            last: span.until.unwrap_or(all.last),
        })
    }

    fn options(&self, part: &falco_analyze::pipeline::Part) -> PassOptions {
        PassOptions {
            zone: self.zone.clone(),
            threads: self.args.read.jobs.threads(),
            part: part.clone(),
            ..PassOptions::default()
        }
    }

    fn reading(&self) -> Reading {
        Reading {
            bar: progress::over(self.parts.bytes(&self.inputs.recordings())),
            stop: self.stop.clone(),
        }
    }
}

/// The command as it was typed, so that it can be typed again.
fn command() -> String {
    let word = |word: std::ffi::OsString| {
        let text = word.to_string_lossy().into_owned();
        let is_simple = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
        if !text.is_empty() && text.chars().all(is_simple) {
            text
        } else {
            format!("'{}'", text.replace('\'', "'\\''"))
        }
    };
    let words = std::env::args_os().skip(1).map(word);
    let words: Vec<_> = std::iter::once("falco-analyze".to_owned())
        .chain(words)
        .collect();
    words.join(" ")
}

/// A bar and an ear for signals.
struct Reading {
    bar: Bar,
    stop: Stop,
}

impl Reading {
    fn block(&mut self, block: &Block) -> Interest {
        self.bar.events(block.rows() as u64);
        self.stop.interest()
    }
}

/// Alerts on their way.
struct Found<'r> {
    gathered: Gathered<'r>,
    summary: Summary,
    judged: JudgeTally,
    reading: Reading,
}

impl<'r> Sink<Reported<'r>> for Found<'r> {
    fn harvest(&mut self, reported: Reported<'r>) -> io::Result<Flow> {
        self.judged.add(&reported.tally);
        for explained in &reported.alerts {
            self.summary.add(&explained.alert, explained.who.as_ref());
            self.gathered.add(explained);
        }
        Ok(self.reading.stop.flow())
    }

    fn block(&mut self, block: &Block) -> Interest {
        self.reading.block(block)
    }

    fn progress(&mut self, bytes: u64) {
        self.reading.bar.inc(bytes);
    }
}

/// Acts on their way.
struct Done {
    acts: Acts,
    reading: Reading,
}

impl Sink<Portion> for Done {
    fn harvest(&mut self, portion: Portion) -> io::Result<Flow> {
        self.acts.add(portion);
        Ok(self.reading.stop.flow())
    }

    fn block(&mut self, block: &Block) -> Interest {
        self.reading.block(block)
    }

    fn progress(&mut self, bytes: u64) {
        self.reading.bar.inc(bytes);
    }
}
