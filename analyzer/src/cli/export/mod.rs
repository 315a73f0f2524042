//! `falco-analyze export`: captures as files that other programs read.

mod ocsf;
mod parquet;
mod reading;
mod rows;
mod scap;
pub(in crate::cli) mod target;

use anyhow::Result;

use super::exit::Outcome;

const EXAMPLES: &str = "\
Exit codes: 0 written, 2 error, 3 written, but events were lost or the capture is damaged.

Examples:
  falco-analyze export parquet capture/ -o tables/
  falco-analyze export jsonl capture/ --columns evt.time,proc.name,fd.name -o - | head
  falco-analyze export csv capture/ --table processes -o processes.csv
  falco-analyze export jsonl capture/ --schema ocsf -r falco_rules.yaml -o ocsf.jsonl
  falco-analyze export scap capture/ -o capture.scap --compress gzip";

/// Write captures as files that other programs read
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Parquet(parquet::Args),
    /// Write one table as JSON, an object per line
    Jsonl(rows::Args),
    /// Write one table as CSV
    Csv(rows::Args),
    /// Write one table in Arrow's form: its file format, or its stream format to standard output
    Arrow(rows::Args),
    Scap(scap::Args),
}

/// Exports.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    match &args.command {
        Command::Parquet(args) => parquet::run(args),
        Command::Jsonl(args) => rows::run(args, rows::Form::Jsonl),
        Command::Csv(args) => rows::run(args, rows::Form::Csv),
        Command::Arrow(args) => rows::run(args, rows::Form::Arrow),
        Command::Scap(args) => scap::run(args),
    }
}
