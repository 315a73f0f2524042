//! `falco-analyze rules check`: every problem of every file, and advice, in the form that people or machines want.
//!
//! In: rule files in order, and which advice to leave out. Out: the diagnostics on stdout, and the worst of them as the exit code.
//! What is wrong is decided by the rule engine; this only sorts it by file and prints it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use falco_analyze::repository::found_path;
use falco_analyze::rule_files::{
    RuleFileError, RuleText, each_rule_file, load_each, read_each_rule_file,
};
use falco_analyze::sources::{SOURCES, schemas};
use falco_format::text::{count, json_text, plain};
use falco_rules::{Code, Diagnostic, FileReport, LINTS, LINTS_ON_REQUEST, Loader, Severity};

use crate::cli::exit::Outcome;
use crate::cli::output::{admit_other_than, is_output_colored, write_whole};
use crate::cli::span::help;

const EXAMPLES: &str = "\
Files are read in order, as `replay -r` reads them; every problem of every file is reported.
Lints are advice beyond Falco's own warnings; they are given when the files have no errors.
shadowed-rule, absent-output-field and duplicate-item are given on request only: --lint NAME, or --lint all. Their names, and those of the warnings, stand in brackets before each message; `all` stands for all of them.
Exit codes: 0 no errors, 1 warnings under --deny-warnings, 2 errors.

Examples:
  falco-analyze rules check rules.yaml
  falco-analyze rules check base.yaml local.yaml --format json --deny-warnings
  falco-analyze rules check rules.d --format sarif > rules.sarif
  falco-analyze rules check rules.yaml --lint all --no-lint shadowed-rule --no-lint unused-macro";

/// Check rule files
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// Rule files or directories, in order
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    /// Form of the result
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    format: CheckFormat,
    /// Write the result to a file instead of stdout; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// End with 1 when there are warnings
    #[arg(long)]
    deny_warnings: bool,
    /// Of the lints, only this one, or `all`; repeatable
    #[arg(long = "lint", value_name = "NAME", value_parser = parse_lint)]
    lints: Vec<Choice>,
    /// Not this lint or warning; repeatable
    #[arg(long = "no-lint", value_name = "NAME", value_parser = parse_warning)]
    no_lints: Vec<Choice>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// Excerpts for people
    Text,
    /// The shape of Falco's own validation
    Json,
    /// SARIF 2.1.0 for code scanners
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
}

/// What a lint option names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    All,
    One(Code),
}

fn parse_lint(name: &str) -> Result<Choice, String> {
    parse_choice(name, LINTS.to_vec())
}

fn parse_warning(name: &str) -> Result<Choice, String> {
    let is_warning = |code: &&Code| code.severity() == Severity::Warning;
    parse_choice(name, Code::ALL.iter().filter(is_warning).copied().collect())
}

fn parse_choice(name: &str, known: Vec<Code>) -> Result<Choice, String> {
    if name == "all" {
        return Ok(Choice::All);
    }
    let found = known.iter().find(|code| code.as_str() == name);
    found.map(|code| Choice::One(*code)).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|code| code.as_str()).collect();
        format!(
            "there is none of this name; known are all, {}",
            names.join(", ")
        )
    })
}

impl CheckArgs {
    /// Whether a lint or warning is to be left out.
    fn leaves_out(&self, code: Code) -> bool {
        let names = |choices: &[Choice]| {
            choices.contains(&Choice::All) || choices.contains(&Choice::One(code))
        };
        let is_unasked = if self.lints.is_empty() {
            LINTS_ON_REQUEST.contains(&code)
        } else {
            LINTS.contains(&code) && !names(&self.lints)
        };
        let is_refused = if self.no_lints.contains(&Choice::All) {
            // `all` means the lints; a warning of Falco's is left out by its name only.
            LINTS.contains(&code) || self.no_lints.contains(&Choice::One(code))
        } else {
            names(&self.no_lints)
        };
        code.severity() == Severity::Warning && (is_unasked || is_refused)
    }
}

/// Checks and prints.
pub(super) fn check(args: &CheckArgs) -> Result<Outcome> {
    let files: Vec<_> = each_rule_file(&args.files).into_iter().flatten().collect();
    admit_other_than(args.output.as_ref(), &files, "rule files")?;
    let reports = load(&read_each_rule_file(&args.files), args);
    write_whole(args.output.as_ref(), print(&reports, args).as_bytes())?;
    let warns = reports.iter().any(|report| !report.warnings.is_empty());
    let fails = reports.iter().any(|report| !report.errors.is_empty());
    Ok(match (fails, warns) {
        (true, _) => Outcome::Failed,
        (false, true) if args.deny_warnings => Outcome::Findings,
        (false, _) => Outcome::Clean,
    })
}

/// One report per file, advice among its warnings.
fn load(texts: &[Result<RuleText, RuleFileError>], args: &CheckArgs) -> Vec<FileReport> {
    let mut loader = Loader::with_sources(&schemas(SOURCES));
    let mut reports = load_each(&mut loader, texts);
    if reports.iter().all(|report| report.errors.is_empty()) {
        let disabled: Vec<_> = LINTS
            .iter()
            .copied()
            .filter(|code| args.leaves_out(*code))
            .collect();
        loader
            .lint(&disabled)
            .into_iter()
            .for_each(|advice| file_under(advice, &mut reports));
    }
    for report in &mut reports {
        help(&mut report.errors);
        report
            .warnings
            .retain(|warning| !args.leaves_out(warning.code));
    }
    reports
}

/// Puts advice to the file it is about; the last one where it stands in none.
fn file_under(advice: Diagnostic, reports: &mut [FileReport]) {
    let is_about = |report: &FileReport| {
        advice
            .span
            .as_ref()
            .is_some_and(|span| span.file.name() == report.name)
    };
    let index = reports
        .iter()
        .position(is_about)
        .unwrap_or(reports.len().saturating_sub(1));
    if let Some(report) = reports.get_mut(index) {
        report.warnings.push(advice);
    }
}

fn print(reports: &[FileReport], args: &CheckArgs) -> String {
    let all = || -> Vec<Diagnostic> {
        reports
            .iter()
            .flat_map(|report| report.errors.iter().chain(&report.warnings))
            .cloned()
            .collect()
    };
    let path_of = |name: &str| found_path(Path::new(name));
    match args.format {
        CheckFormat::Text => text(reports, is_output_colored(args.output.as_ref())),
        CheckFormat::Json => {
            json_text(&format!("{}\n", falco_rules::load_results_to_json(reports))).into_owned()
        }
        CheckFormat::Sarif => {
            let version = env!("CARGO_PKG_VERSION");
            let sarif = falco_rules::to_sarif(&all(), ("falco-analyze", version), &path_of);
            json_text(&format!("{sarif:#}\n")).into_owned()
        }
        CheckFormat::Github => falco_rules::to_github_annotations(&all(), &path_of),
    }
}

fn text(reports: &[FileReport], colored: bool) -> String {
    let mut out = String::new();
    for report in reports {
        out.push_str(&falco_rules::render(&report.errors, colored));
        out.push_str(&falco_rules::render(&report.warnings, colored));
        let errors = count(report.errors.len() as u64, "error");
        let warnings = count(report.warnings.len() as u64, "warning");
        let verdict = match (report.errors.is_empty(), report.warnings.is_empty()) {
            (true, true) => "ok".to_owned(),
            (true, false) => format!("ok, {warnings}"),
            (false, true) => errors,
            (false, false) => format!("{errors}, {warnings}"),
        };
        let _ = writeln!(out, "{}: {verdict}", plain(&report.name));
    }
    out
}
