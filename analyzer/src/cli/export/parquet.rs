//! `falco-analyze export parquet`: captures as tables.

use std::io;
use std::path::PathBuf;

use anyhow::{Result, bail};
use arrow_array::RecordBatch;
use falco_analyze::columns::{
    BatchSink, CaptureTables, ParquetExport, Table, TableLayout, TableQuery, TableSource as _,
    WrittenTable,
};
use falco_analyze::pipeline::{Flow, Part, Tally};
use falco_format::text::{Lines, count};
use falco_rules::Filter;

use crate::cli::args::{ZoneArgs, open_captures};
use crate::cli::events::compile_filter;
use crate::cli::exit::Outcome;
use crate::cli::notice;
use crate::cli::output::admit_directory;
use crate::cli::progress::{self, Bar};
use crate::cli::read::ReadArgs;
use crate::cli::stop::Stop;

const EXAMPLES: &str = "\
Writes events.parquet (one row per event), losses.parquet (one per interval in which events were lost), segments.parquet and gaps.parquet (one row per pause, missing end or missing segment). Columns of events are Falco's fields with dots as underscores, after state is known, and evidence: node, boot_id, cpu, boottime_ns, complete, capture, segment, position.
Files are readable by their owner alone, as captures are, and appear under their names only when they are whole.

Exit codes: 0 written, 2 error, 3 written, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze export parquet capture/ -o tables/
  falco-analyze export parquet capture/ -o connects/ --where 'evt.type = connect' --columns evt.time,proc.name,fd.name
  falco-analyze sql tables/ -c 'SELECT proc_name, count(*) FROM events GROUP BY proc_name'";

/// Write the tables events, losses, segments and gaps as Parquet
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    read: ReadArgs,
    /// Directory for the files; made if it is not there
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Only events that match a condition in Falco's language
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
    /// Other columns of events than the default ones, separated by commas; `evt.type` and `evt_type` are the same, and `all` is every field
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    columns: Vec<String>,
    /// Replace the export that is in the directory
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    zone: ZoneArgs,
}

/// Exports.
pub(super) fn run(args: &Args) -> Result<Outcome> {
    let instead = "`falco-analyze sql CAPTURE -c 'SELECT …' --format csv` writes one table there";
    admit_directory(&args.output, instead)?;
    let zone = args.zone.zone()?;
    let asked = args.read.span.asked(&zone)?;
    let filter = args.filter.as_deref().map(compile_filter).transpose()?;
    args.read.span.hint(args.filter.as_deref());
    let all = Table::Events.layout();
    let layout = if args.columns.is_empty() {
        all.defaults()
    } else {
        all.select(&args.columns)?
    };
    let inputs = open_captures(&args.read.captures)?;
    let parts = asked.parts(&inputs.recordings())?;
    let completeness = parts.completeness(&inputs);
    let bar = progress::over(parts.bytes(&inputs.recordings()));
    let stop = Stop::catch()?;
    let threads = args.read.jobs.threads();
    let source = |(input, part): (_, &Part)| {
        CaptureTables::of_part(input, part.clone()).with_threads(threads)
    };
    let sources: Vec<_> = parts.of(inputs).map(source).collect();
    let layouts = Table::ALL.map(|table| match table {
        Table::Events => layout.clone(),
        other => other.layout(),
    });
    let mut export = ParquetExport::create(&args.output, &layouts, args.force)?;
    let mut tally = Tally::default();
    for source in &sources {
        tally.add(&write(
            source,
            &layouts,
            filter.as_ref(),
            &mut export,
            (&bar, &stop),
        )?);
    }
    if stop.is_wanted() {
        bail!("stopped by a signal: nothing was written")
    }
    let tables = export.finish()?;
    bar.finish_and_clear();
    let mut text = summary(args, &tables, &tally);
    parts.push(&zone, &mut text);
    completeness.push(&tally, &mut text);
    notice::tell(&text);
    Ok(args.read.evidence.outcome(completeness.evidence(&tally)))
}

/// Writes one capture's rows of each table.
fn write(
    source: &CaptureTables,
    layouts: &[TableLayout],
    filter: Option<&Filter>,
    export: &mut ParquetExport,
    (bar, stop): (&Bar, &Stop),
) -> Result<Tally> {
    let mut tally = Tally::default();
    for layout in layouts {
        let table = layout.table();
        let Some(sink) = export.table(table) else {
            bail!("an export has no table {}", table.name())
        };
        if table == Table::Events {
            let mut sink = WithBar { sink, bar, stop };
            tally.add(&source.matching(layout, filter, &mut sink)?.read);
        } else {
            source.rows(layout, &TableQuery::default(), sink)?;
        }
    }
    Ok(tally)
}

/// A sink that moves the bar, and takes nothing more once somebody wants an end.
struct WithBar<'s> {
    sink: &'s mut dyn BatchSink,
    bar: &'s Bar,
    stop: &'s Stop,
}

impl BatchSink for WithBar<'_> {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        self.sink.batch(batch)?;
        Ok(self.stop.flow())
    }

    fn is_done(&self) -> bool {
        self.stop.is_wanted() || self.sink.is_done()
    }

    fn progress(&mut self, encoded_bytes: u64) {
        self.bar.inc(encoded_bytes);
    }
}

fn summary(args: &Args, tables: &[WrittenTable], tally: &Tally) -> Lines {
    let mut text = Lines::new();
    for written in tables {
        text.part(format_args!(
            "Wrote {}: {}",
            args.output
                .join(format!("{}.parquet", written.table))
                .display(),
            count(written.rows, "row"),
        ));
        if written.table == "events" {
            text.part(format_args!(" of {}", count(tally.events, "event")));
        }
        text.line(format_args!(", {}", count(written.bytes, "byte")));
    }
    text
}
