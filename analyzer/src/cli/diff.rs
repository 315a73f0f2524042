//! `falco-analyze diff`: two rule sets over the same captures, and which alerts that makes come, go or change.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum;
use falco_analyze::completeness::{Completeness, Evidence};
use falco_analyze::diff::{
    Both, Comparison, Found, LoadedSide, Progress, Report, Side, SideFile, Taking, json,
    load_sides, markdown, read_side, text,
};
use falco_analyze::fields::SCHEMA;
use falco_analyze::inputs::Inputs;
use falco_analyze::pipeline::{Flow, Input, Interest, Part, PassOptions, Tally, collect};
use falco_analyze::rule_files::each_rule_file;
use falco_analyze::sources::{SYSCALLS, schemas};
use falco_format::Block;
use falco_format::text::{Lines, count};
use falco_rules::{RulePair, RuleSet};

use super::args::{TimeArgs, is_colored, open_captures};
use super::exit::{EvidenceArgs, Outcome};
use super::jobs::JobsArgs;
use super::output::{admit_beside, admit_no_capture, file_of, write_whole};
use super::progress::{self, Bar};
use super::replay::Matching;
use super::selection::SelectionArgs;
use super::span::{SpanArgs, help};
use super::stop::Stop;
use super::{notice, summary};

const EXAMPLES: &str = "\
A side is files, directories of them, or REV:PATH of the git repository here, as in `git show`: PATH is from the top of the repository on, or from here where it begins with ./; a directory stands for its *.yaml and *.yml files. Lists and macros of other files are given beside, in order.
An alert is the same where the same rule gives it of the same event; a rule is the same by its name, or, where that is gone, by its condition or its output.
Exit codes: 0 nothing differs, 1 alerts or rules differ, 2 error, 3 nothing differs and evidence is missing.

Examples:
  falco-analyze diff --old main:rules.yaml --new rules.yaml capture/
  falco-analyze diff --old v1.0:rules.d --new rules.d captures/ --format markdown -o comment.md
  falco-analyze diff --old falco_rules.yaml --old old.yaml --new falco_rules.yaml --new new.yaml capture/
  falco-analyze diff --old a.yaml --new b.yaml trace.scap.gz --since -15m --rule '*Shell*' --format json";

/// Compare what two versions of rules say of captures: alerts gained, lost and changed, and why
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Captures: segments, .scap files, packed or not, directories of either, or `-` for standard input
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// Rules as they were: a file, a directory, or REV:PATH in git; repeatable, read in this order
    #[arg(long, value_name = "RULES", required = true)]
    old: Vec<PathBuf>,
    /// Rules as they are to be, in the same forms
    #[arg(long, value_name = "RULES", required = true)]
    new: Vec<PathBuf>,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Which of the rules that match an event alert
    #[arg(long, value_enum, default_value_t = Matching::First)]
    rule_matching: Matching,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// How many examples of a rule's lost, gained and changed alerts are shown
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(..=1_000))]
    examples: u16,
    /// Write the report to a file, readable by its owner alone, instead of stdout; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    time: TimeArgs,
    #[command(flatten)]
    jobs: JobsArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// Lines for people
    Text,
    /// One JSON object for machines
    Json,
    /// A comment for a pull request, no longer than GitHub takes
    Markdown,
}

/// Compares.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let zone = args.time.stamp()?.zone;
    let asked = args.span.asked(&zone)?;
    let files = Both {
        old: read_side(&args.old),
        new: read_side(&args.new),
    };
    let Some(rules) = load(args, &files) else {
        return Ok(Outcome::Failed);
    };
    let inputs = open_captures(&args.captures)?;
    let parts = asked.parts(&inputs.recordings())?;
    let completeness = parts.completeness(&inputs);
    admit_report(args, &inputs)?;
    let sides = Both {
        old: &rules.old,
        new: &rules.new,
    };
    let pair = RulePair::new(sides.old, sides.new, &SCHEMA);
    let matching = args.rule_matching.into();
    let comparison = Comparison::new(sides, &pair, matching, args.examples.into());
    let mut watcher = Watcher {
        stop: Stop::catch()?,
        bar: progress::over(parts.bytes(&inputs.recordings())),
    };
    let options = PassOptions {
        zone: zone.clone(),
        threads: args.jobs.threads(),
        ..PassOptions::default()
    };
    let started = Instant::now();
    let (found, tally) = pass(&comparison, parts.of(&*inputs), &options, &mut watcher)?;
    watcher.bar.finish_and_clear();
    let report = Report {
        comparison: &comparison,
        found: &found,
        given: Both {
            old: names(args.old.iter()),
            new: names(args.new.iter()),
        },
        arguments: Both {
            old: arguments(&files.old),
            new: arguments(&files.new),
        },
        captures: names(inputs.iter().map(|input| &input.path)),
        events: tally.events,
        missing: missing(&completeness, &tally),
        zone: zone.clone(),
    };
    write_whole(
        args.output.as_ref(),
        written(&report, args.format).as_bytes(),
    )?;
    let mut told = Lines::new();
    watcher.stop.push_partial(&mut told);
    parts.push(&zone, &mut told);
    summary::push_reading(&tally, started.elapsed(), &mut told);
    completeness.push(&tally, &mut told);
    notice::tell(&told);
    Ok(Outcome::of([
        Outcome::found(report.differs()),
        watcher.stop.outcome(),
        args.evidence.outcome(completeness.evidence(&tally)),
    ]))
}

/// Refuses to write the report over what is read for it.
fn admit_report(args: &Args, inputs: &Inputs) -> Result<()> {
    let given: Vec<_> = args.old.iter().chain(&args.new).collect();
    let files = each_rule_file(&given).into_iter().flatten();
    let files: Vec<_> = files.collect();
    admit_beside(args.output.as_ref(), inputs.logs(), &files)?;
    match file_of(args.output.as_ref()) {
        Some(path) => admit_no_capture(path, inputs),
        None => Ok(()),
    }
}

fn written(report: &Report<'_>, format: ReportFormat) -> String {
    match format {
        ReportFormat::Text => text(report).to_string(),
        ReportFormat::Json => json(report),
        ReportFormat::Markdown => markdown(report),
    }
}

fn names<'p>(paths: impl Iterator<Item = &'p PathBuf>) -> Vec<String> {
    paths.map(|path| path.display().to_string()).collect()
}

/// One pass over each capture, in order.
fn pass<'i>(
    comparison: &Comparison<'_>,
    captures: impl Iterator<Item = (&'i Input, &'i Part)>,
    options: &PassOptions,
    watcher: &mut Watcher,
) -> Result<(Found, Tally)> {
    let (mut found, mut tally) = (Found::default(), Tally::default());
    let demand = comparison.demand();
    for (capture, (input, part)) in captures.enumerate() {
        let options = PassOptions {
            part: part.clone(),
            ..options.clone()
        };
        let mut taking = Taking {
            comparison,
            found: &mut found,
            capture,
            progress: watcher,
        };
        tally.add(&collect(input, &demand, options, comparison, &mut taking)?);
    }
    Ok((found, tally))
}

/// What is missing of the evidence, for the report itself.
fn missing(completeness: &Completeness, tally: &Tally) -> Vec<String> {
    let mut lines = Lines::new();
    if completeness.evidence(tally) != Evidence::Whole {
        completeness.push(tally, &mut lines);
    }
    lines.as_str().lines().map(str::to_owned).collect()
}

fn arguments(files: &[SideFile]) -> Vec<String> {
    files.iter().map(|file| file.argument.clone()).collect()
}

/// Loads both sides and tells what is wrong with them; none where something is.
fn load(args: &Args, files: &Both<Vec<SideFile>>) -> Option<Both<RuleSet>> {
    let selection = args.selection.selection();
    let files = Both {
        old: &*files.old,
        new: &*files.new,
    };
    let loaded = load_sides(&schemas(&[SYSCALLS]), files, &selection);
    for side in [Side::Old, Side::New] {
        complain(side, loaded.of(side));
    }
    let rules = Both {
        old: loaded.old.rules?,
        new: loaded.new.rules?,
    };
    let complaints = args.selection.complaints_of(&[&rules.old, &rules.new]);
    complaints.iter().for_each(notice::complain);
    complaints.is_empty().then_some(rules)
}

/// Tells the errors of a side, and the warnings of the one that is to be.
fn complain(side: Side, loaded: &LoadedSide) {
    let errors = loaded.errors().count();
    if errors > 0 {
        notice::complain(format_args!(
            "the {} rules have {}; nothing was compared",
            side.name(),
            count(errors as u64, "error")
        ));
    }
    let warnings = loaded.warnings().filter(|_| side == Side::New);
    let mut told: Vec<_> = loaded.errors().chain(warnings).cloned().collect();
    help(&mut told);
    notice::diagnostics(&falco_rules::render(&told, is_colored(&std::io::stderr())));
}

/// Shows how far the comparison is, and ends it where somebody wants an end.
struct Watcher {
    stop: Stop,
    bar: Bar,
}

impl Progress for Watcher {
    fn block(&mut self, block: &Block) -> Interest {
        self.bar.events(block.rows() as u64);
        self.stop.interest()
    }

    fn flow(&self) -> Flow {
        self.stop.flow()
    }

    fn bytes(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }
}
