//! Options that several subcommands share, and opening what they name.
//!
//! In: options as typed. Out: opened captures, loaded rules, a writer.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use falco_analyze::inputs::{Inputs, open_inputs_of};
use falco_analyze::pipeline::Input;
use falco_analyze::rule_files::{each_rule_file, load_rule_files, load_rules_of, shipped_rules};
use falco_analyze::sources::{Registered, SYSCALLS, schemas};
use falco_analyze::time::{Stamp, TimeForm, Zone};
use falco_format::text::count;
use falco_rules::{RuleSet, Selection};

pub(crate) use super::output::stdout as writer;
use super::selection::SelectionArgs;
use super::span::help;
use super::{notice, progress};

/// What stands for standard input, and for standard output where something is written.
pub(crate) const STDIN: &str = "-";

/// The form of a subcommand's results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people.
    Text,
    /// JSON for machines.
    Json,
}

/// How much of a time is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Date, time and offset from UTC: 2018-08-18T00:17:31.397761344Z
    Full,
    /// The time of day, as Falco and sysdig print it: 00:17:31.397761344
    Short,
}

/// How times are printed.
#[derive(Args)]
pub(crate) struct TimeArgs {
    /// How lines for people begin; JSON is as Falco's
    #[arg(long = "time", value_enum, value_name = "FORM", default_value_t = Form::Full)]
    form: Form,
    #[command(flatten)]
    zone: ZoneArgs,
}

/// The zone of times that say none.
#[derive(Args)]
pub(crate) struct ZoneArgs {
    /// Time zone of times that are printed, or typed without one: `utc`, `local`, or a name such as Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "utc")]
    time_zone: String,
    /// Times in UTC (the default)
    #[arg(long, conflicts_with = "time_zone")]
    utc: bool,
}

impl ZoneArgs {
    /// What it was called.
    pub(crate) fn name(&self) -> &str {
        if self.utc { "utc" } else { &self.time_zone }
    }

    /// The zone.
    pub(crate) fn zone(&self) -> Result<Zone> {
        if self.utc {
            Ok(Zone::utc())
        } else {
            Ok(self.time_zone.parse()?)
        }
    }
}

impl TimeArgs {
    /// Form and zone.
    pub(crate) fn stamp(&self) -> Result<Stamp> {
        let form = match self.form {
            Form::Full => TimeForm::Full,
            Form::Short => TimeForm::Short,
        };
        let zone = self.zone.zone()?;
        Ok(Stamp { form, zone })
    }
}

/// Files of rules.
#[derive(Args)]
pub(crate) struct RuleFileArgs {
    /// Rule file, or a directory of them; repeatable, read in this order. The rules that come with
    /// the program where none is given
    #[arg(short = 'r', long = "rules", value_name = "FILE|DIR")]
    rules: Vec<PathBuf>,
}

impl RuleFileArgs {
    /// Whether any were given.
    pub(crate) fn is_given(&self) -> bool {
        !self.rules.is_empty()
    }

    /// The files that they are read from, as far as those can be told.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let files = each_rule_file(&self.rules).into_iter();
        files.filter_map(Result::ok).collect()
    }

    /// Loads the rules of some sources; prints all warnings and errors to stderr. `None` when there are errors; then nothing is `done`.
    pub(crate) fn load(
        &self,
        sources: &[Registered],
        selection: &Selection,
        done: &str,
    ) -> Result<Option<RuleSet>> {
        load_rules(sources, (&self.rules, selection), done)
    }
}

/// Loads rules of some sources from files, those that are shipped where none is named; prints all warnings and errors to stderr. `None` when there are errors; then nothing is `done`.
pub(crate) fn load_rules(
    sources: &[Registered],
    (files, selection): (&[PathBuf], &Selection),
    done: &str,
) -> Result<Option<RuleSet>> {
    let schemas = schemas(sources);
    let loaded = if files.is_empty() {
        load_rules_of(&schemas, &shipped_rules(), selection)
    } else {
        load_rule_files(&schemas, files, selection)
    };
    let mut diagnostics = loaded.diagnostics();
    help(&mut diagnostics);
    let text = falco_rules::render(&diagnostics, is_colored(&io::stderr()));
    notice::diagnostics(&text);
    if loaded.rules.is_none() {
        notice::complain(format_args!(
            "the rules have {}; nothing was {done}",
            count(loaded.errors() as u64, "error")
        ));
    }
    Ok(loaded.rules)
}

/// Which rules to run.
#[derive(Args)]
pub(crate) struct RuleArgs {
    #[command(flatten)]
    files: RuleFileArgs,
    #[command(flatten)]
    selection: SelectionArgs,
}

impl RuleArgs {
    /// The files that they are read from, as far as those can be told.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.files.files()
    }

    /// Loads the rules of some sources; prints all warnings and errors to stderr. `None` when there are errors, or an option selects nothing.
    pub(crate) fn load(&self, sources: &[Registered]) -> Result<Option<RuleSet>> {
        let selection = self.selection.selection();
        let Some(rules) = self.files.load(sources, &selection, "replayed")? else {
            return Ok(None);
        };
        let complaints = self.selection.complaints(&rules);
        complaints.iter().for_each(notice::complain);
        Ok(complaints.is_empty().then_some(rules))
    }
}

/// Whether inputs may be of several nodes, so that each line must say whose it is.
///
/// Segments name their node in front; what a `.scap` file is of, only reading it tells, so two of them count as two.
pub(crate) fn may_be_of_several_nodes(inputs: &[Input]) -> bool {
    let node = |input: &Input| Some(input.capture()?.header()?.node.clone());
    let mut nodes = inputs.iter().map(node);
    let first = nodes.next();
    nodes.any(|node| node.is_none() || first.as_ref() != Some(&node))
}

/// Opens the captures that paths stand for, and tells what counts once and what was passed over.
pub(crate) fn open_captures<P: AsRef<Path>>(paths: &[P]) -> Result<Inputs> {
    open_of(&[SYSCALLS], paths)
}

/// The same of all that some sources read.
pub(crate) fn open_of<P: AsRef<Path>>(sources: &[Registered], paths: &[P]) -> Result<Inputs> {
    let first = paths
        .first()
        .map(|path| path.as_ref().display().to_string());
    let name = first.unwrap_or_default();
    let inputs = progress::during("opening", name, || open_inputs_of(sources, paths))?;
    inputs.notes().iter().for_each(notice::complain);
    Ok(inputs)
}

/// Where the copy of one of several captures goes: the directory itself where there is one, else numbered directories in it.
pub(crate) fn one_of(output: &Path, place: usize, captures: usize) -> PathBuf {
    if captures == 1 {
        output.to_path_buf()
    } else {
        output.join((place + 1).to_string())
    }
}

/// Whether colours are wanted: on a terminal, unless the user's environment says no.
pub(crate) fn is_colored(stream: &impl io::IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
