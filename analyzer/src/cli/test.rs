//! `falco-analyze test`: scenarios whose captures must give the alerts they expect.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use falco_analyze::regress::{
    FoundScenario, RegressError, Report, Verdict, bless, find_scenarios, junit, report_json,
    report_text, run_scenario,
};
use falco_format::text::{Lines, count, json_text};

use super::args::writer;
use super::exit::Outcome;
use super::jobs::JobsArgs;
use super::notice;
use super::progress;

const EXAMPLES: &str = "\
A scenario is a directory with scenario.toml:

  description = \"A shell is run in a container\"
  capture = \"capture\"                  # beside scenario.toml
  rules = [\"../../rules/default\"]      # files or directories, in order
  fields = [\"proc.cmdline\", \"fd.name\"] # compared beside rule and priority
  # rule_matching = \"all\", priority = \"notice\", compare_time = true, compare_thread = true,
  # complete = false, expected = \"expected.jsonl\"

Expected alerts stand in expected.jsonl, one per line; --bless writes them, and only inside of the scenario's
directory. Captures and rules may lie anywhere. A field or a rule's name that nothing has is an error.
A scenario is inconclusive when its alerts are as expected and its capture lacks something: events, an end, a stretch
of time. `complete = false` says of a capture that it does.
Exit codes: 0 all as expected, 1 differences, 2 a scenario could not be run, 3 inconclusive.

Examples:
  falco-analyze test corpus/
  falco-analyze test corpus/shell --bless
  falco-analyze test corpus/ --format junit > report.xml";

/// Test rules against captures with known alerts
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Scenarios, or directories of them
    #[arg(required = true, value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// Write the alerts that come as the ones expected
    #[arg(long)]
    bless: bool,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    #[command(flatten)]
    jobs: JobsArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// Lines for people
    Text,
    /// JSON for machines
    Json,
    /// JUnit XML for CI systems
    Junit,
}

/// Runs the scenarios.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let directories = args.directories.iter();
    let scenarios = directories.flat_map(|directory| find_scenarios(directory));
    if args.bless {
        return Ok(bless_all(scenarios, args.jobs.threads()));
    }
    let run = |(name, scenario): FoundScenario| {
        let report = scenario.map_err(RegressError::from);
        let run = || report.and_then(|scenario| run_scenario(&scenario, args.jobs.threads()));
        let report = progress::during("testing", &name, run);
        (name, report)
    };
    let reports: Vec<_> = scenarios.map(run).collect();
    let text = match args.format {
        ReportFormat::Text => report_text(&reports),
        ReportFormat::Json => json_text(&format!("{}\n", report_json(&reports))).into_owned(),
        ReportFormat::Junit => junit(&reports),
    };
    let mut writer = writer();
    writer.write_all(text.as_bytes())?;
    writer.flush()?;
    Ok(Outcome::of(
        reports.iter().map(|(_, report)| outcome(report)),
    ))
}

fn outcome(report: &Result<Report, RegressError>) -> Outcome {
    match report.as_ref().map(|report| &report.verdict) {
        Err(_) => Outcome::Failed,
        Ok(Verdict::Differs { .. }) => Outcome::Findings,
        Ok(Verdict::Inconclusive { .. }) => Outcome::Incomplete,
        Ok(Verdict::Passed) => Outcome::Clean,
    }
}

/// Blesses every scenario that can be: one that cannot does not keep the others from it.
fn bless_all(scenarios: impl Iterator<Item = FoundScenario>, threads: NonZeroUsize) -> Outcome {
    let mut outcome = Outcome::Clean;
    for (name, scenario) in scenarios {
        let scenario = scenario.map_err(RegressError::from);
        match scenario.and_then(|scenario| bless(&scenario, threads)) {
            Ok(alerts) => {
                let mut text = Lines::new();
                text.line(format_args!(
                    "{name}: expects {} now",
                    count(alerts as u64, "alert")
                ));
                notice::tell(&text);
            }
            Err(RegressError::Rules(drawn)) => {
                notice::complain(format_args!("{name}: the rules do not load"));
                notice::diagnostics(&drawn);
                outcome = Outcome::Failed;
            }
            Err(error) => {
                notice::complain(format_args!("{name}: {:#}", anyhow::Error::from(error)));
                outcome = Outcome::Failed;
            }
        }
    }
    outcome
}
