//! `falco-analyze replay`: rules over captures, alerts out.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum;
use falco_analyze::outputs::{JsonLines, Output, Text, TextForm};
use falco_analyze::pipeline::{Flow, Interest, JudgeTally, Judged, PassOptions, Sink};
use falco_analyze::sources::{Judgement, Registered};
use falco_analyze::summary::Summary;
use falco_analyze::time::Zone;
use falco_format::Block;
use falco_format::text::Lines;
use falco_rules::{RuleMatching, RuleSet};

use super::args::{Format, RuleArgs, TimeArgs, may_be_of_several_nodes, open_of};
use super::exit::Outcome;
use super::output::{admit_beside, is_output_colored, writer};
use super::progress::{self, Bar};
use super::read::ReadArgs;
use super::report::sums::Sums;
use super::stats::{self, StatsArgs};
use super::stop::Stop;
use super::{notice, summary};

const EXAMPLES: &str = "\
Alerts go to stdout (or -o FILE), everything else to stderr.
Several captures are read in the order of their first events; one that is given twice is read once.
Exit codes: 0 replayed, 1 alerts under --exit-code, 2 error, 3 evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze replay capture/ -r falco_rules.yaml
  falco-analyze replay rotated/ -r falco_rules.yaml
  ssh node cat trace.scap.gz | falco-analyze replay - -r falco_rules.yaml
  falco-analyze replay capture/ -r falco_rules.yaml --since 2026-11-20T10:00:00Z --until 2026-11-20T10:05:00Z
  falco-analyze replay node-a/ node-b/ -r rules.d/ --format json -o alerts.jsonl
  falco-analyze replay capture/ -r rules.yaml --priority notice --rule '*Shell*' --exit-code";

/// Run Falco rules over captures and print the alerts
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    rules: RuleArgs,
    /// Form of the alerts
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Which of the rules that match an event alert
    #[arg(long, value_enum, default_value_t = Matching::First)]
    rule_matching: Matching,
    /// Write alerts to a file, readable by its owner alone, instead of stdout; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Complete containers with what their runtimes only said later: alerts name such fields in `evidence.healed`
    #[arg(long)]
    heal_containers: bool,
    /// End with 1 when there were alerts
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    time: TimeArgs,
    #[command(flatten)]
    stats: StatsArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Matching {
    /// The first in order of definition
    First,
    /// Every one
    All,
}

impl From<Matching> for RuleMatching {
    fn from(matching: Matching) -> Self {
        match matching {
            Matching::First => RuleMatching::First,
            Matching::All => RuleMatching::All,
        }
    }
}

/// Replays.
pub(crate) fn run(args: &Args, sources: &[Registered]) -> Result<Outcome> {
    let stamp = args.time.stamp()?;
    let zone = stamp.zone.clone();
    let asked = args.read.span.asked(&zone)?;
    let Some(rules) = args.rules.load(sources)? else {
        return Ok(Outcome::Failed);
    };
    args.read.span.hint_of_rules(&rules);
    let inputs = open_of(sources, &args.read.captures)?;
    let recordings = inputs.recordings();
    let parts = asked.parts(&recordings)?;
    let completeness = parts.completeness(&inputs);
    let colored = is_output_colored(args.output.as_ref());
    admit_beside(args.output.as_ref(), inputs.logs(), &args.rules.files())?;
    let writer = writer(args.output.as_ref(), &inputs)?;
    let stop = Stop::catch()?.or_unread(writer.unread());
    let output: Box<dyn Output> = match args.format {
        Format::Text => {
            let names_node = may_be_of_several_nodes(&inputs) || !inputs.logs().is_empty();
            let form = TextForm {
                stamp,
                names_node,
                colored,
            };
            Box::new(Text::new(writer, form))
        }
        Format::Json => Box::new(JsonLines::new(writer, zone.clone())),
    };
    let matching = args.rule_matching.into();
    let bar = progress::over(parts.bytes(&recordings));
    let mut replay = Replay {
        stop: stop.clone(),
        judged: JudgeTally::of(&rules),
        output,
        bar,
        // Whoever looks on is shown more than counts; others are spared what it costs.
        sums: io::stderr().is_terminal().then(Summary::default),
    };
    let spent = args.stats.asked();
    let options = PassOptions {
        zone: zone.clone(),
        heal_containers: args.heal_containers,
        threads: args.read.jobs.threads(),
        stats: spent.clone(),
        ..PassOptions::default()
    };
    let judgement = Judgement::new(&rules, matching, options);
    let started = Instant::now();
    let recordings: Vec<_> = parts.of(recordings).collect();
    let tally = judgement.of(&recordings, &|| !stop.is_wanted(), &mut replay)?;
    replay.output.finish()?;
    replay.bar.finish_and_clear();
    let mut text = Lines::new();
    replay.stop.push_partial(&mut text);
    parts.push(&zone, &mut text);
    summary::push_reading(&tally, started.elapsed(), &mut text);
    match &replay.sums {
        Some(sums) => push_sums(sums, (&rules, &replay.judged), &zone, &mut text),
        None => summary::push_alerts(&rules, &replay.judged, &mut text),
    }
    completeness.push(&tally, &mut text);
    notice::tell(&text);
    if let Some(spent) = &spent {
        stats::tell(spent, &tally, started.elapsed(), args.format);
    }
    let has_alerts = replay.judged.alerts() > 0;
    Ok(Outcome::of([
        Outcome::found(args.exit_code && has_alerts),
        stop.outcome(),
        args.read.evidence.outcome(completeness.evidence(&tally)),
    ]))
}

/// The sums of what was found, for whoever sits before a terminal.
fn push_sums(
    summary: &Summary,
    (rules, judged): (&RuleSet, &JudgeTally),
    zone: &Zone,
    out: &mut Lines,
) {
    summary::push_counts(rules, judged, out);
    summary::push_doubtful(judged, out);
    let width = notice::width();
    Sums {
        summary,
        zone,
        width,
    }
    .push(out);
}

struct Replay {
    stop: Stop,
    judged: JudgeTally,
    output: Box<dyn Output>,
    bar: Bar,
    sums: Option<Summary>,
}

impl Sink<Judged<'_>> for Replay {
    fn harvest(&mut self, judged: Judged<'_>) -> io::Result<Flow> {
        self.judged.add(&judged.tally);
        let Self {
            output, bar, sums, ..
        } = self;
        for (_, alert) in &judged.alerts {
            if let Some(sums) = sums {
                sums.add(alert, None);
            }
            bar.suspend(|| output.alert(alert))?;
        }
        Ok(self.stop.flow())
    }

    fn block(&mut self, block: &Block) -> Interest {
        self.bar.events(block.rows() as u64);
        self.stop.interest()
    }

    fn progress(&mut self, encoded_bytes: u64) {
        self.bar.inc(encoded_bytes);
    }
}
