//! `falco-analyze export parquet`: captures as tables.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::ValueEnum;
use falco_analyze::columns::{Table, TableLayout};
use falco_analyze::export::tables::{ParquetExport, ParquetOptions, Partition, WrittenTable};
use falco_analyze::pipeline::Tally;
use falco_format::text::{Lines, count};
use falco_rules::similar;

use super::ocsf::OcsfArgs;
use super::reading::{ReadingArgs, Wants};
use crate::cli::exit::Outcome;
use crate::cli::output::admit_directory;

const EXAMPLES: &str = "\
Writes a file for each table, of which events.parquet has one row per event; `falco-analyze sql CAPTURE -c 'SHOW TABLES'` lists them, and TABLES.md describes them. Columns of events are Falco's fields with dots as underscores, after state is known, beside what leads back into the evidence: node, boot_id, cpu, boottime_ns, complete, capture, segment, position.
With --partition, events are in directories as Hive names them, which readers of Parquet take as columns: events/date=2026-11-26/hour=09/node=web-1/part-0.parquet, by UTC.
Rows are in the order of their times within each row group of about a million, also of captures whose times run backwards; equal times stay in the order of the capture, which the column position tells.
--schema ocsf writes process_activity, file_activity, network_activity and, with -r, detection_finding of OCSF 1.5.0 instead, a file for each; OCSF.md says where each attribute comes from.
Files are readable by their owner alone, as captures are. They have their names only when all are whole; what an export leaves that is killed, the next one into the same directory takes away.

Exit codes: 0 written, 2 error, 3 written, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze export parquet capture/ -o tables/
  falco-analyze export parquet web-1/ web-2/ -o lake/ --partition hour --columns all
  falco-analyze export parquet capture/ -o connects/ --tables events --where 'evt.type = connect' --columns evt.time,proc.name,fd.name
  falco-analyze export parquet capture/ --schema ocsf -r falco_rules.yaml -o ocsf/
  falco-analyze sql tables/ -c 'SELECT proc_name, count(*) FROM events GROUP BY proc_name'";

/// Write the tables as Parquet
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    reading: ReadingArgs,
    /// Directory for the files; made if it is not there
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Only these tables, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "TABLES", value_parser = table)]
    tables: Vec<Table>,
    /// How events are put in files
    #[arg(long, value_name = "BY", value_enum, default_value_t = By::None)]
    partition: By,
    /// Replace the export that is in the directory
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    ocsf: OcsfArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// All in one file
    None,
    /// By date and node
    Day,
    /// By date, hour and node
    Hour,
}

impl From<By> for Partition {
    fn from(by: By) -> Self {
        match by {
            By::None => Partition::None,
            By::Day => Partition::Day,
            By::Hour => Partition::Hour,
        }
    }
}

/// The table of a name.
pub(super) fn table(name: &str) -> Result<Table, String> {
    let name = name.trim();
    Table::named(name).ok_or_else(|| {
        let names = Table::ALL.map(Table::name);
        let hint = similar(name, names).map_or_else(
            || format!("the tables are {}", names.join(", ")),
            |similar| format!("did you mean '{similar}'?"),
        );
        format!("there is no table '{name}'; {hint}")
    })
}

/// Exports.
pub(super) fn run(args: &Args) -> Result<Outcome> {
    let instead = "`falco-analyze export jsonl`, csv and arrow write one table there";
    admit_directory(&args.output, instead)?;
    if args.ocsf.is_asked() {
        if !args.tables.is_empty() || args.partition != By::None {
            bail!(
                "--schema ocsf has a file for each class: --classes chooses among them, and nothing is partitioned"
            );
        }
        return args
            .ocsf
            .write_parquet(&args.reading, (&args.output, args.force));
    }
    args.ocsf.admit_none()?;
    let (reading, inputs) = args.reading.open()?;
    let is_wanted = |table: &Table| args.tables.is_empty() || args.tables.contains(table);
    let tables = Table::ALL.into_iter().filter(is_wanted);
    let layouts: Vec<TableLayout> = tables.map(|table| reading.layout(table)).collect();
    let options = ParquetOptions {
        force: args.force,
        partition: args.partition.into(),
        threads: args.reading.read.jobs.threads(),
    };
    let asked = layouts
        .iter()
        .map(|layout| ParquetExport::asked(layout, options.partition));
    let asked: Vec<TableLayout> = asked.collect();
    let mut export = ParquetExport::create(&args.output, &layouts, options)?;
    let bar = reading.bar(&layouts);
    let tally = reading.read(inputs, (&layouts, &bar), |capture, rows| {
        export.capture(capture)?;
        let mut sinks = export.sinks();
        let mut wants = Wants::new();
        for (layout, sink) in asked.iter().zip(&mut sinks) {
            wants.push((layout, sink));
        }
        rows(wants)
    })?;
    if reading.stop().is_wanted() {
        bail!("stopped by a signal: nothing was written")
    }
    let tables = export.finish()?;
    bar.finish_and_clear();
    Ok(reading.tell(&tally, summary(args, &tables, &tally)))
}

fn summary(args: &Args, tables: &[WrittenTable], tally: &Tally) -> Lines {
    let mut text = Lines::new();
    for written in tables {
        let is_in_parts = Partition::from(args.partition) != Partition::None
            && written.table == Table::Events.name();
        let name = if is_in_parts {
            written.table.to_owned()
        } else {
            format!("{}.parquet", written.table)
        };
        text.part(format_args!(
            "Wrote {}: {}",
            args.output.join(name).display(),
            count(written.rows, "row"),
        ));
        if written.table == Table::Events.name() {
            text.part(format_args!(" of {}", count(tally.events, "event")));
        }
        if is_in_parts {
            text.part(format_args!(", {}", count(written.files, "file")));
        }
        text.line(format_args!(", {}", count(written.bytes, "byte")));
    }
    text
}
