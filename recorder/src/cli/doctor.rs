//! `falco-record doctor`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use falco_format::text::Lines;

use super::Format;
use super::containers::ContainerArguments;
use crate::{doctor, exit};

/// What the doctor is asked.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  this host can record
  2  it cannot

Examples:
  falco-record doctor
  falco-record doctor --format json
  falco-record doctor --cri /run/kind/containerd.sock")]
pub(super) struct Arguments {
    #[command(flatten)]
    containers: ContainerArguments,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let report = doctor::examine(arguments.containers.settings().as_ref());
    let mut out = std::io::stdout().lock();
    match arguments.format {
        Format::Text => {
            let mut lines = Lines::new();
            lines.text(&report.to_string());
            write!(out, "{lines}")?;
        }
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
    }
    Ok(ExitCode::from(if report.can_record {
        exit::CLEAN
    } else {
        exit::ERROR
    }))
}
