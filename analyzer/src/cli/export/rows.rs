//! `falco-analyze export jsonl`, `csv` and `arrow`: one table in one file or through a pipe.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use falco_analyze::columns::Table;
use falco_analyze::export::tables::{RowFormat, RowWriter};
use falco_analyze::pipeline::Tally;
use falco_analyze::unfinished::{BeginError, Unfinished};
use falco_format::text::{Lines, count};

use super::parquet::table;
use super::reading::ReadingArgs;
use crate::cli::exit::Outcome;
use crate::cli::output::{admit_bytes_on_stdout, admit_no_capture, file_of, stdout, stdout_or};

const EXAMPLES: &str = "\
JSON has an object per line with every column, `null` for what is NULL. CSV has nothing for NULL and \"\" for empty text, and lists and maps as JSON. Times are RFC 3339 in UTC with nine digits of a second.
A file has its name only when it is whole, and is readable by its owner alone, as captures are.

Exit codes: 0 written, 2 error, 3 written, but evidence is missing: losses, damage, ends or segments.

Examples:
  falco-analyze export jsonl capture/ -o - --columns evt.time,proc.name,fd.name | head
  falco-analyze export csv capture/ --table processes -o processes.csv
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
    /// File that is written, or `-` for standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
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
    let (mut reading, inputs) = args.reading.open()?;
    let (unfinished, out): (_, Box<dyn Write>) = match file_of(Some(&args.output)) {
        Some(path) => {
            admit_no_capture(path, &inputs)?;
            if !args.force && path.exists() {
                bail!(
                    "{} is there already; give another name, or --force to replace it",
                    path.display()
                );
            }
            let (unfinished, file) = Unfinished::begin(path)
                .map_err(|error| match error {
                    BeginError::Busy => anyhow::anyhow!("another export is writing it"),
                    BeginError::Io(error) => error.into(),
                })
                .with_context(|| format!("cannot write {}", path.display()))?;
            (Some(unfinished), Box::new(BufWriter::new(file)))
        }
        None => {
            if form == Form::Arrow {
                admit_bytes_on_stdout("Arrow's form")?;
            }
            let results = stdout();
            reading.end_with(results.unread());
            (None, Box::new(results))
        }
    };
    let layout = reading.layout(args.table);
    let named = || format!("cannot write {}", stdout_or(&args.output));
    let begun = RowWriter::begin(&layout, form.format(unfinished.is_some()), out);
    let mut writer = begun.with_context(named)?;
    let tables = std::slice::from_ref(&layout);
    let bar = reading.bar(tables);
    let read = reading.read(inputs, (tables, &bar), |_, rows| {
        rows(vec![(&layout, &mut writer)])
    });
    // Captures cannot make a reading fail: what fails is the writing.
    let tally = read.with_context(named)?;
    if reading.stop().is_wanted() && unfinished.is_some() {
        bail!("stopped by a signal: nothing was written")
    }
    let (_, rows) = writer.finish().with_context(named)?;
    if let Some(unfinished) = unfinished {
        unfinished.finish().with_context(named)?;
    }
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
        stdout_or(&args.output),
        count(rows, "row"),
        args.table.name(),
    ));
    if args.table == Table::Events {
        text.part(format_args!(", from {}", count(tally.events, "event")));
    }
    text.line("");
}
