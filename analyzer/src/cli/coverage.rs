//! `falco-analyze coverage`: which parts of rules scenarios prove, and which changes of them somebody would notice.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum;
use falco_analyze::coverage::{
    Budget, CoverOptions, CoverReport, Mutation, cover, html, json, lcov, navigator, text,
};
use falco_analyze::regress::find_scenarios;
use falco_format::text::{count, json_text};

use super::exit::Outcome;
use super::jobs::JobsArgs;
use super::output::write_whole;
use super::test::{FilterArgs, admit_report};
use super::{notice, progress};

const EXAMPLES: &str = "\
A part of a rule is a comparison, a macro's name, a member of `or` that is a group, an exception, or a value of a list.
  evaluated      how often it held and did not, for each event of a type that its rule can match
  proven to hold an alert had it: it held, and all that it stands in
  proven not to  it alone kept the rule from alerting: had it held, the rule would have alerted
Under `not` it is the other way round: an exception is proven to hold when it alone kept the rule from alerting. Of a value of a list only its holding is asked. A part of a macro or a list is proven once any rule with it proves it.

--mutate changes one thing after the other: takes a member out of `and` or `or`, an exception, a value of a list; puts `not` in front of a check or takes it away; makes a comparison hold more often (`exists`, a shorter beginning, `<=` for `<`). A mutant is noticed if the expectations of a scenario fail of the alerts that it gives. The score is the share of those tried that are noticed; those that were not tried stand beside it. With --budget so many are chosen by --seed, or as many as there is time for. That time begins with the reading, and where the reading takes all of it no mutant is tried.

An alternative is a member of `or` that is a group of several checks; a group stands behind `not (...)` and keeps the rule from alerting as a whole. A scenario whose expectations fail is told, and what it proves is counted nevertheless.

lcov is for what shows the coverage of programs: DA is how often that part of a line was proven which was most often; BRDA how often each part was proven to hold (branch 0) and not to (branch 1), `-` where it never did so at all; FNDA how often a rule alerted. `navigator` is a layer of the ATT&CK Navigator (format 4.5) of what alerts really prove, by a rule with the tag or an `[[expect]]` of a passing scenario with the technique, and what is claimed and never proven.
Exit codes: 0 done, 1 less than --fail-under or --fail-under-mutation (also where there is nothing to take a share of), or the expectations of a scenario fail of the rules as they are, 2 a
scenario could not be run, 3 evidence of a scenario is missing.

Examples:
  falco-analyze coverage corpus/
  falco-analyze coverage corpus/ --format html -o coverage.html
  falco-analyze coverage corpus/ --format lcov -o coverage.lcov && genhtml --branch-coverage coverage.lcov
  falco-analyze coverage corpus/ --mutate --budget 200 --seed 7 --fail-under-mutation 60
  falco-analyze coverage corpus/ --format navigator -o layer.json";

/// Tell which parts of rules scenarios prove, and which changes of rules nobody would notice
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Scenarios, or directories with scenarios below them
    #[arg(required = true, value_name = "DIR")]
    directories: Vec<PathBuf>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// Write the report to a file, readable by its owner alone, instead of stdout; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How many parts, values and mutants are told of each item for people; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Change one thing of the rules after the other, and tell what no expectation notices
    #[arg(long)]
    mutate: bool,
    /// What decides which mutants are chosen, and their order
    #[arg(long, value_name = "N", default_value_t = 1, requires = "mutate")]
    seed: u64,
    /// Try at most so many mutants, or for so long: 200, 30s, 5m
    #[arg(long, value_name = "COUNT|DURATION", value_parser = budget, requires = "mutate")]
    budget: Option<Limit>,
    /// End with 1 where less of the goals is proven, in percent
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    fail_under: Option<f64>,
    /// End with 1 where less of the mutants is noticed, in percent
    #[arg(long, value_name = "PERCENT", value_parser = share, requires = "mutate")]
    fail_under_mutation: Option<f64>,
    #[command(flatten)]
    jobs: JobsArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// A summary, a table and what is not proven, for people
    Text,
    /// JSON for machines
    Json,
    /// A tracefile of lcov: lines and branches of rule files
    Lcov,
    /// One page with the rule files, coloured
    Html,
    /// A layer of the ATT&CK Navigator
    Navigator,
}

/// How many mutants are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    Mutants(usize),
    Time(Duration),
}

fn budget(text: &str) -> Result<Limit, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0);
    let time = units.iter().find_map(|(unit, ms)| {
        let number = number(text.strip_suffix(unit)?)?;
        Some(Limit::Time(Duration::from_millis(number.checked_mul(*ms)?)))
    });
    let mutants = || text.parse().ok().filter(|number| *number > 0);
    time.or_else(|| mutants().map(Limit::Mutants))
        .ok_or_else(|| "give a number of mutants, or a time: 200, 500ms, 30s, 5m, 1h".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<f64>().ok();
    number
        .filter(|number| (0.0..=100.0).contains(number))
        .ok_or_else(|| "give a share in percent, from 0 to 100".to_owned())
}

/// Reads the scenarios and tells what they prove.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let found = find_scenarios(&args.directories);
    let chosen = match args.filter.filter().choose(found) {
        Ok(chosen) => chosen,
        Err(complaints) => {
            complaints.iter().for_each(notice::complain);
            notice::complain("nothing was read");
            return Ok(Outcome::Failed);
        }
    };
    admit_report(args.output.as_ref(), &chosen)?;
    let budget = args.budget.map(|limit| match limit {
        Limit::Mutants(most) => Budget::Mutants(most),
        Limit::Time(time) => Budget::Until(Instant::now() + time),
    });
    let bar = progress::steps("scenarios read", chosen.len());
    let options = CoverOptions {
        threads: args.jobs.threads(),
        mutation: args.mutate.then_some(Mutation {
            seed: args.seed,
            budget,
        }),
        done: &|| bar.inc(1),
    };
    let report = cover(chosen, &options);
    bar.finish_and_clear();
    let told = match args.format {
        ReportFormat::Text => text(&report, args.top).as_str().to_owned(),
        ReportFormat::Json => json_text(&format!("{}\n", json(&report))).into_owned(),
        ReportFormat::Lcov => lcov(&report),
        ReportFormat::Html => html(&report),
        ReportFormat::Navigator => json_text(&format!("{:#}\n", navigator(&report))).into_owned(),
    };
    write_whole(args.output.as_ref(), told.as_bytes())?;
    complain(&report);
    Ok(Outcome::of([
        of_scenarios(&report),
        too_little("--fail-under", report.percent(), args.fail_under),
        report.mutation.as_ref().map_or(Outcome::Clean, |mutation| {
            let least = args.fail_under_mutation;
            too_little("--fail-under-mutation", mutation.percent(), least)
        }),
    ]))
}

/// Says of scenarios that could not be run, or notice nothing, what not every form of report has room for.
fn complain(report: &CoverReport) {
    for scenario in &report.scenarios {
        match &scenario.result {
            Err(error) => super::test::complain(&scenario.name, error),
            Ok(proven) if !proven.differs.is_empty() => {
                let findings = count(proven.differs.len() as u64, "expectation");
                notice::complain(format_args!(
                    "{}: {findings} fail of the rules as they are: it notices no mutant, and what it proves is counted nevertheless",
                    scenario.name
                ));
            }
            Ok(_) => {}
        }
    }
}

fn of_scenarios(report: &CoverReport) -> Outcome {
    let each = report
        .scenarios
        .iter()
        .map(|scenario| match &scenario.result {
            Err(_) => Outcome::Failed,
            Ok(proven) if !proven.differs.is_empty() => Outcome::Findings,
            Ok(proven) if proven.evidence.is_some() => Outcome::Incomplete,
            Ok(_) => Outcome::Clean,
        });
    Outcome::of(each)
}

fn too_little(option: &str, share: Option<f64>, least: Option<f64>) -> Outcome {
    match (share, least) {
        (None, Some(_)) => {
            notice::complain(format_args!(
                "there is nothing to take a share of: nothing was there or nothing was tried ({option})"
            ));
            Outcome::Findings
        }
        (Some(share), Some(least)) if share < least => {
            notice::complain(format_args!(
                "{share:.1} % is less than {least} % ({option})"
            ));
            Outcome::Findings
        }
        _ => Outcome::Clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_numbers_or_times() {
        let check = |text: &str, expected: Option<Limit>| {
            assert_eq!(budget(text).ok(), expected, "{text}");
        };
        let ms = |ms| Some(Limit::Time(Duration::from_millis(ms)));
        check("200", Some(Limit::Mutants(200)));
        check("500ms", ms(500));
        check("30s", ms(30_000));
        check("5m", ms(300_000));
        check("1h", ms(3_600_000));
        for wrong in [
            "",
            "0",
            "0s",
            "s",
            "-1",
            "1.5s",
            "1d",
            "99999999999999999999h",
            "18446744073709551615h",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn shares_are_percent() {
        for (text, expected) in [
            ("0", Some(0.0)),
            ("80.5%", Some(80.5)),
            ("100", Some(100.0)),
            ("101", None),
            ("-1", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(share(text).ok(), expected, "{text}");
        }
    }
}
