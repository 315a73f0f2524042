//! `falco-analyze rules`: checks rule files, lays them out, and prints references of rules, fields and events.
//!
//! Checking and laying out are in modules of their own; here are the command line, the list and descriptions of rules, and the references.

mod check;
mod fmt;

use std::io::Write as _;

use anyhow::{Result, bail};
use clap::ValueEnum;
use falco_analyze::reference;
use falco_analyze::sources::{SOURCES, schemas};
use falco_format::text::Lines;
use falco_rules::{RuleSet, Schema, similar};

use super::args::{Format, RuleArgs, writer};
use super::exit::Outcome;

const RULES_EXAMPLES: &str = "\
Exit codes: 0 done, 1 what was asked not to be is so (see `check` and `fmt`), 2 error.

Examples:
  falco-analyze rules check rules.yaml
  falco-analyze rules fmt --check rules.d
  falco-analyze rules fields --format markdown";

/// The same for every command that only looks something up.
const LOOKED_UP: &str = "Exit codes: 0 printed, 2 error, rules with errors among them.";

/// The end of a page of help.
fn with_example(example: &str) -> String {
    format!("{LOOKED_UP}\n\nExample:\n  {example}")
}

/// Check rule files, lay them out, and look things up
#[derive(clap::Args)]
#[command(after_help = RULES_EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Fmt(fmt::FmtArgs),
    /// List the rules
    #[command(after_help = with_example("falco-analyze rules list -r rules.yaml --tag container"))]
    List(ListArgs),
    /// Describe one rule, or all
    #[command(after_help = with_example("falco-analyze rules describe -r rules.yaml 'Write below etc'"))]
    Describe(DescribeArgs),
    /// List the fields that conditions and outputs can use
    #[command(after_help = with_example("falco-analyze rules fields --format markdown"))]
    Fields(ReferenceArgs),
    /// List the event types that conditions can name
    #[command(after_help = with_example("falco-analyze rules events --format json"))]
    Events(ReferenceArgs),
}

#[derive(clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    rules: RuleArgs,
    /// Form of the list
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(clap::Args)]
pub(crate) struct DescribeArgs {
    #[command(flatten)]
    rules: RuleArgs,
    /// The rule's name; every rule without it
    name: Option<String>,
    /// Form of the description
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(clap::Args)]
pub(crate) struct ReferenceArgs {
    /// Form of the list
    #[arg(long, value_enum, default_value_t = ReferenceFormat::Text)]
    format: ReferenceFormat,
    /// Names only
    #[arg(short = 'N', long)]
    names_only: bool,
    /// The source of events
    #[arg(long, value_name = "SOURCE", default_value = "syscall")]
    source: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReferenceFormat {
    /// Lines for people
    Text,
    /// Tables for documents
    Markdown,
    /// JSON for machines
    Json,
}

/// Runs one of them.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    match &args.command {
        Command::Check(args) => check::check(args),
        Command::Fmt(args) => fmt::format(args),
        Command::List(args) => with_rules(&args.rules, |rules| list(rules, args.format)),
        Command::Describe(args) => with_rules(&args.rules, |rules| describe(rules, args)),
        Command::Fields(args) => reference_of(args, reference::fields),
        Command::Events(args) => reference_of(args, reference::event_types),
    }
}

fn with_rules(args: &RuleArgs, print: impl FnOnce(&RuleSet) -> Result<String>) -> Result<Outcome> {
    let Some(rules) = args.load(SOURCES)? else {
        return Ok(Outcome::Failed);
    };
    let text = print(&rules)?;
    let mut writer = writer();
    writer.write_all(text.as_bytes())?;
    writer.flush()?;
    Ok(Outcome::Clean)
}

fn list(rules: &RuleSet, format: Format) -> Result<String> {
    let rules = rules.rules().iter().filter(|rule| rule.enabled);
    Ok(match format {
        Format::Json => reference::rules_json(rules),
        Format::Text => {
            let mut out = Lines::new();
            for rule in rules {
                out.line(format_args!(
                    "{:<13} {}  [{}]",
                    rule.priority.to_string(),
                    rule.name,
                    rule.tags.join(", ")
                ));
            }
            out.to_string()
        }
    })
}

fn describe(rules: &RuleSet, args: &DescribeArgs) -> Result<String> {
    let wanted = |name: &str| args.name.as_deref().is_none_or(|wanted| wanted == name);
    let found: Vec<_> = rules
        .rules()
        .iter()
        .filter(|rule| wanted(&rule.name))
        .collect();
    if let (Some(name), true) = (&args.name, found.is_empty()) {
        let known = rules.rules().iter().map(|rule| rule.name.as_str());
        match similar(name, known) {
            Some(similar) => bail!("no rule is named '{name}': did you mean '{similar}'?"),
            None => bail!("no rule is named '{name}'"),
        }
    }
    Ok(match args.format {
        Format::Json => reference::rules_json(found.into_iter()),
        Format::Text => found
            .into_iter()
            .map(reference::rule_text)
            .collect::<Vec<_>>()
            .join("\n"),
    })
}

fn reference_of(
    args: &ReferenceArgs,
    table: impl Fn(&dyn Schema) -> reference::Table,
) -> Result<Outcome> {
    let known = schemas(SOURCES);
    let named = |schema: &&&dyn Schema| schema.source() == args.source;
    let Some(schema) = known.iter().find(named) else {
        let names: Vec<_> = known.iter().map(|schema| schema.source()).collect();
        let names = names.join("`, `");
        bail!(
            "there is no source '{}'; this program knows `{names}`",
            args.source
        );
    };
    let table = table(*schema);
    let text = match (args.names_only, args.format) {
        (true, _) => table.names(),
        (_, ReferenceFormat::Text) => table.text(),
        (_, ReferenceFormat::Markdown) => table.markdown(),
        (_, ReferenceFormat::Json) => table.json(),
    };
    let mut writer = writer();
    writer.write_all(text.as_bytes())?;
    writer.flush()?;
    Ok(Outcome::Clean)
}
