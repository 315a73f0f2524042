//! `falco-analyze export`: captures as files that other programs read.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use falco_analyze::columns::{
    CaptureTables, EventSource as _, ParquetExport, TableLayout, WrittenTable, losses_schema,
    segments_schema,
};
use falco_analyze::pipeline::{Tally, open_inputs};
use falco_rules::Filter;

use super::events::compile_filter;
use super::exit::Outcome;
use super::summary::{grouped, push_missing};

const EXAMPLES: &str = "\
Writes events.parquet (one row per event), losses.parquet (one per interval in which events were lost)
and segments.parquet. Columns of events are Falco's fields with dots as underscores, after state is known,
and evidence: node, boot_id, cpu, boottime_ns, complete, capture, segment, position.
Files are readable by their owner alone, as captures are, and appear under their names only when they are whole.

Exit codes: 0 written, 2 error, 3 written, but events were lost or the capture is damaged.

Examples:
  falco-analyze export parquet capture/ -o tables/
  falco-analyze export parquet capture/ -o connects/ --where 'evt.type = connect' --columns evt.time,proc.name,fd.name
  falco-analyze sql tables/ -c 'SELECT proc_name, count(*) FROM events GROUP BY proc_name'";

/// Write captures as files that other programs read
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Parquet(ParquetArgs),
}

/// Write the tables events, losses and segments as Parquet
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ParquetArgs {
    /// Captures: directories of segments, or single segment files
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// Directory for the files; made if it is not there
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Only events that match a condition in Falco's language
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
    /// Only these columns of events, separated by commas; `evt.type` and `evt_type` are the same
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    columns: Vec<String>,
    /// Replace the export that is in the directory
    #[arg(long)]
    force: bool,
}

/// Exports.
pub(crate) fn run(command: &Command) -> Result<Outcome> {
    match command {
        Command::Parquet(args) => parquet(args),
    }
}

fn parquet(args: &ParquetArgs) -> Result<Outcome> {
    let filter = args.filter.as_deref().map(compile_filter).transpose()?;
    let all = CaptureTables::layout();
    let layout = if args.columns.is_empty() {
        all
    } else {
        all.select(&args.columns)?
    };
    let sources: Vec<_> = open_inputs(&args.captures)?
        .into_iter()
        .map(CaptureTables::new)
        .collect();
    let schemas = [losses_schema(), segments_schema(), layout.schema()];
    let mut export = ParquetExport::create(&args.output, schemas, args.force)?;
    let mut tally = Tally::default();
    for source in &sources {
        tally.add(&write(source, &layout, filter.as_ref(), &mut export)?);
    }
    let tables = export.finish()?;
    eprint!("{}", summary(args, &tables, &tally));
    Ok(if tally.is_complete() {
        Outcome::Clean
    } else {
        Outcome::Incomplete
    })
}

/// Writes one capture's rows of each table.
fn write(
    source: &CaptureTables,
    layout: &TableLayout,
    filter: Option<&Filter>,
    export: &mut ParquetExport,
) -> Result<Tally> {
    for (table, rows) in [
        ("losses", source.losses()?),
        ("segments", source.segments()?),
    ] {
        let Some(sink) = export.table(table) else {
            bail!("an export has no table {table}")
        };
        sink.batch(rows)?;
    }
    let Some(sink) = export.table("events") else {
        bail!("an export has no table events")
    };
    Ok(source.matching(layout, filter, sink)?.read)
}

fn summary(args: &ParquetArgs, tables: &[WrittenTable], tally: &Tally) -> String {
    let mut text = String::new();
    for written in tables {
        let _ = write!(
            text,
            "Wrote {}: {} row{}",
            args.output
                .join(format!("{}.parquet", written.table))
                .display(),
            grouped(written.rows),
            if written.rows == 1 { "" } else { "s" },
        );
        if written.table == "events" {
            let _ = write!(text, " of {} events", grouped(tally.events));
        }
        let _ = writeln!(text, ", {} bytes", grouped(written.bytes));
    }
    push_missing(tally, &mut text);
    text
}
