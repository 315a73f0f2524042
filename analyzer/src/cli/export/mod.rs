//! `falco-analyze export`: captures as files that other programs read.

mod parquet;
mod scap;

use anyhow::Result;

use super::exit::Outcome;

/// Write captures as files that other programs read
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Parquet(parquet::Args),
    Scap(scap::Args),
}

/// Exports.
pub(crate) fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Parquet(args) => parquet::run(args),
        Command::Scap(args) => scap::run(args),
    }
}
