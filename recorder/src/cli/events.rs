//! `falco-record events`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use falco_abi::EventDef;
use falco_abi::events::{DEFAULT, STATE};
use serde::Serialize;

use super::Format;
use crate::selection::{SETS, Selection, recordable};

/// What is listed.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  listed
  2  the command line is wrong

Examples:
  falco-record events
  falco-record events --events none,net
  falco-record events --format json")]
pub(super) struct Arguments {
    /// Only the events of this list; see `falco-record run --help`
    #[arg(
        long,
        value_name = "SET",
        default_value = "all",
        allow_hyphen_values = true
    )]
    events: String,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    category: &'static str,
    lane: &'static str,
    default: bool,
    state: bool,
    description: &'static str,
}

impl Listed {
    fn of(event: &EventDef) -> Listed {
        Listed {
            name: event.name,
            category: event.category.name(),
            lane: event.lane.name(),
            default: event.has(DEFAULT),
            state: event.has(STATE),
            description: event.doc.trim(),
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let selection = Selection::parse(&arguments.events)?;
    let listed: Vec<Listed> = recordable()
        .filter(|event| selection.contains(event.id))
        .map(Listed::of)
        .collect();
    let mut out = std::io::stdout().lock();
    if arguments.format == Format::Json {
        writeln!(out, "{}", serde_json::to_string_pretty(&listed)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "sets:")?;
    for (name, meaning) in SETS {
        writeln!(out, "  {name:<10} {meaning}")?;
    }
    writeln!(
        out,
        "\n{:<20} {:<10} {:<8} default state",
        "event", "category", "lane"
    )?;
    let mark = |is_so: bool| if is_so { "yes" } else { "-" };
    for event in listed {
        let (default, state) = (mark(event.default), mark(event.state));
        writeln!(
            out,
            "{:<20} {:<10} {:<8} {default:<7} {state:<5} {}",
            event.name, event.category, event.lane, event.description
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
