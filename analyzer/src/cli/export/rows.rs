//! `falco-analyze export jsonl`, `csv` and `arrow`: one table in one file or through a pipe.

use anyhow::{Context as _, Result, bail};
use falco_analyze::columns::Table;
use falco_analyze::export::tables::{RowFormat, RowWriter};
use falco_analyze::pipeline::Tally;
use falco_format::text::{Lines, count};

use super::ocsf::OcsfArgs;
use super::parquet::table;
use super::reading::ReadingArgs;
use super::target::TargetArgs;
use crate::cli::exit::Outcome;
use crate::cli::output::admit_bytes_on_stdout;

const EXAMPLES: &str = "\
JSON has an object per line with every column, `null` for what is NULL. CSV has nothing for NULL and \"\" for empty text, and lists and maps as JSON. Times are RFC 3339 in UTC with nine digits of a second.
--schema ocsf writes JSON lines of OCSF 1.5.0 instead, an event of process_activity (1007), file_activity (1001), network_activity (4001) or, with -r, detection_finding (2004) per line; OCSF.md says where each attribute comes from.
A file has its name only when it is whole, and is readable by its owner alone, as captures are.

Exit codes: 0 written, 2 error, 3 written, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze export jsonl capture/ -o - --columns evt.time,proc.name,fd.name | head
  falco-analyze export csv capture/ --table processes -o processes.csv
  falco-analyze export jsonl capture/ --schema ocsf -r falco_rules.yaml -o ocsf.jsonl
  falco-analyze export arrow capture/ --where 'evt.type = connect' -o connects.arrow";

/// One table
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    reading: ReadingArgs,
    /// The table
    #[arg(long, value_name = "TABLE", value_parser = table, default_value = "events")]
    table: Table,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    ocsf: OcsfArgs,
}

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Jsonl,
    Csv,
    Arrow,
}

impl Form {
    fn format(self, is_file: bool) -> RowFormat {
        match self {
            Form::Jsonl => RowFormat::Jsonl,
            Form::Csv => RowFormat::Csv,
            Form::Arrow if is_file => RowFormat::ArrowFile,
            Form::Arrow => RowFormat::ArrowStream,
        }
    }
}

/// Exports.
pub(super) fn run(args: &Args, form: Form) -> Result<Outcome> {
    if args.ocsf.is_asked() {
        if form != Form::Jsonl {
            bail!("--schema ocsf is written by `export jsonl` and `export parquet`");
        }
        if args.table != Table::Events {
            bail!("--schema ocsf has classes instead of tables: --classes chooses among them");
        }
        return args.ocsf.write_lines(&args.reading, &args.target);
    }
    args.ocsf.admit_none()?;
    let (mut reading, inputs) = args.reading.open()?;
    let target = args.target.begin(&inputs, || match form {
        Form::Arrow => admit_bytes_on_stdout("Arrow's form"),
        Form::Jsonl | Form::Csv => Ok(()),
    })?;
    if let Some(unread) = target.unread() {
        reading.end_with(unread);
    }
    let layout = reading.layout(args.table);
    let named = || args.target.cannot();
    let (out, ending) = target.parts();
    let begun = RowWriter::begin(&layout, form.format(ending.is_file()), out);
    let mut writer = begun.with_context(named)?;
    let tables = std::slice::from_ref(&layout);
    let bar = reading.bar(tables);
    let read = reading.read(inputs, (tables, &bar), |_, rows| {
        rows(vec![(&layout, &mut writer)])
    });
    // Captures cannot make a reading fail: what fails is the writing.
    let tally = read.with_context(named)?;
    ending.admit(reading.stop())?;
    let (_, rows) = writer.finish().with_context(named)?;
    ending.finish().with_context(named)?;
    bar.finish_and_clear();
    let mut text = Lines::new();
    if !reading.stop().is_wanted() {
        summary(args, rows, &tally, &mut text);
    }
    reading.stop().push_partial(&mut text);
    Ok(reading.tell(&tally, text))
}

fn summary(args: &Args, rows: u64, tally: &Tally, text: &mut Lines) {
    text.part(format_args!(
        "Wrote {}: {} of {}",
        args.target.name(),
        count(rows, "row"),
        args.table.name(),
    ));
    if args.table == Table::Events {
        text.part(format_args!(", from {}", count(tally.events, "event")));
    }
    text.line("");
}
