//! `falco-analyze test`: scenarios whose captures must give what they expect.
//!
//! ```text
//! admit  no report over what is read
//! bless  golden alerts written anew
//! init   a scenario from a capture
//! ```

mod admit;
mod bless;
mod init;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use falco_analyze::regress::{
    CannotRun, Filter, Form, FoundScenario, Summary, Tested, find_scenarios, report, run_all,
    step_summary,
};
use falco_format::text::{Lines, plain};

pub(super) use admit::admit_report;

use super::exit::Outcome;
use super::jobs::JobsArgs;
use super::output::write_whole;
use super::{notice, progress};

/// Where GitHub's workflows take the summary of a step from.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

const EXAMPLES: &str = "\
A scenario is a directory with scenario.toml:

  description = \"A shell is run in a container\"
  tags = [\"container\"]
  techniques = [\"T1059.004\"]           # ATT&CK
  capture = \"capture\"                  # or captures = [\"a.scap\", \"b.scap.gz\"]
  rules = [\"../../rules/default\"]      # files or directories, in order
  since = \"10:00\"                      # or until = \"…\": only a part of the captures
  nothing_else = true                  # no alerts but the expected ones

  [[expect]]
  rule = \"Terminal Shell In Container\"
  exactly = 1                          # or at_least, at_most, never = true; at least once where nothing is said
  [expect.output_fields]
  \"proc.name\" = \"sh\"
  \"proc.cmdline\" = { starts_with = \"sh\", contains = \"-c\" }  # ends_with, regex, one_of, equal, present

  [[budget]]                           # false alarms of one rule, or of all
  rule = \"Write Below Etc\"
  per_million_events = 5               # and per_hour

Golden alerts stand in expected.jsonl, one per line: where that file is there, exactly these alerts must come.
  fields = [\"proc.cmdline\", \"fd.name\"] # compared beside rule and priority; compare_time, compare_thread = true
  # rule_matching = \"all\", priority = \"notice\", complete = false, expected = \"expected.jsonl\"
--bless writes them, shows first what changes, writes only inside of the scenario's directory, and refuses captures that lack something; where other expectations still fail, it says so and ends with 1. Captures and rules may lie anywhere.

A scenario is inconclusive when all is as expected and its capture lacks something: events, an end, a stretch of time. `complete = false` says of a capture that it does. A field, rule or selection that nothing has is an error.
Exit codes: 0 all as expected, 1 differences, 2 a scenario could not be run, 3 inconclusive.

Examples:
  falco-analyze test corpus/
  falco-analyze test corpus/ --technique T1059 --rule '*Shell*'
  falco-analyze test corpus/ --bless=shell
  falco-analyze test init capture/ -r rules/ -o corpus/new
  falco-analyze test corpus/ --format junit -o report.xml
  falco-analyze test corpus/ --format github";

/// Test rules against captures with known alerts
#[derive(clap::Args)]
#[command(
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Scenarios, by their directory or their scenario.toml, or directories with scenarios below them
    #[arg(required = true, value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// Write the golden alerts anew, of all scenarios that are selected or of one; the difference is shown first
    #[arg(
        long,
        value_name = "NAME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = bless::ALL,
        conflicts_with_all = ["format", "output"]
    )]
    bless: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// Write the report to a file, readable by its owner alone, instead of stdout; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    jobs: JobsArgs,
}

#[derive(clap::Subcommand)]
enum Command {
    Init(init::Args),
}

/// Which of the scenarios are run; of several of one kind one must hold.
#[derive(clap::Args)]
pub(super) struct FilterArgs {
    /// Only scenarios with this in their name; with `*` for any characters, it is the whole name; repeatable
    #[arg(long = "name", value_name = "TEXT|GLOB")]
    names: Vec<String>,
    /// Only scenarios with the tag, `*` for any characters; repeatable
    #[arg(long = "tag", value_name = "GLOB")]
    tags: Vec<String>,
    /// Only scenarios that show the ATT&CK technique or one of its sub-techniques; repeatable
    #[arg(long = "technique", value_name = "ID")]
    techniques: Vec<String>,
    /// Only scenarios that expect something of the rule: case counts, `*` stands for any characters; repeatable
    #[arg(long = "rule", value_name = "GLOB")]
    rules: Vec<String>,
}

impl FilterArgs {
    /// What is asked for.
    pub(super) fn filter(&self) -> Filter {
        Filter {
            names: self.names.clone(),
            tags: self.tags.clone(),
            techniques: self.techniques.clone(),
            rules: self.rules.clone(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// Lines for people
    Text,
    /// JSON for machines
    Json,
    /// JUnit XML for CI systems; an inconclusive scenario is an error there, since many show what was skipped as green
    Junit,
    /// SARIF 2.1.0 for code scanning, at the lines of rules
    Sarif,
    /// Annotations for GitHub's workflows, and the step's summary where $GITHUB_STEP_SUMMARY is set
    Github,
    /// Lines of the Test Anything Protocol
    Tap,
}

impl ReportFormat {
    fn form(self) -> Form {
        match self {
            Self::Text => Form::Text,
            Self::Json => Form::Json,
            Self::Junit => Form::Junit,
            Self::Sarif => Form::Sarif,
            Self::Github => Form::Github,
            Self::Tap => Form::Tap,
        }
    }
}

/// Runs the scenarios.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    if let Some(Command::Init(args)) = &args.command {
        return init::run(args);
    }
    let found = find_scenarios(&args.directories);
    let chosen = match args.filter.filter().choose(found) {
        Ok(chosen) => chosen,
        Err(complaints) => {
            complaints.iter().for_each(notice::complain);
            notice::complain("nothing was tested");
            return Ok(Outcome::Failed);
        }
    };
    if !args.bless.is_empty() {
        return bless::run(&chosen, &args.bless, args.jobs.threads());
    }
    admit_report(args.output.as_ref(), &chosen)?;
    let tested = test(args, chosen);
    let text = report(args.format.form(), &tested, env!("CARGO_PKG_VERSION"));
    write_whole(args.output.as_ref(), text.as_bytes())?;
    if args.format == ReportFormat::Github {
        summarize(&tested)?;
    }
    Ok(outcome(Summary::of(&tested)))
}

fn test(args: &Args, chosen: Vec<FoundScenario>) -> Vec<Tested> {
    let bar = progress::steps("scenarios tested", chosen.len());
    let tested = run_all(chosen, args.jobs.threads(), &|| bar.inc(1));
    bar.finish_and_clear();
    tested
}

fn outcome(summary: Summary) -> Outcome {
    let ended = [
        (summary.errors, Outcome::Failed),
        (summary.failed, Outcome::Findings),
        (summary.inconclusive, Outcome::Incomplete),
    ];
    let ended = ended.into_iter().filter(|(number, _)| *number > 0);
    Outcome::of(ended.map(|(_, outcome)| outcome))
}

/// Why something does not work, with each thing that is wrong.
pub(super) fn complain(what: &str, error: &CannotRun) {
    notice::complain(format_args!("{what}: {}", error.message));
    match &error.drawn {
        Some(drawn) => notice::diagnostics(drawn),
        None => {
            let mut text = Lines::new();
            let problems = error.problems.iter();
            problems.for_each(|problem| text.line(format_args!("    {problem}")));
            notice::tell(&text);
        }
    }
}

/// Adds the summary to what the step said before.
fn summarize(tested: &[Tested]) -> Result<()> {
    let Some(path) = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let append = || {
        let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
        let mut text = step_summary(tested);
        // What stands there may end within a line, or within HTML: no heading begins but behind an empty line.
        if file.metadata()?.len() > 0 {
            text.insert_str(0, "\n\n");
        }
        file.write_all(text.as_bytes())
    };
    append().with_context(|| {
        format!(
            "cannot write the summary of the step, {}",
            plain(path.as_os_str())
        )
    })
}
