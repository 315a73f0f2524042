//! What all exports of tables are told in the same words, and how captures are read for them.
//!
//! In: options as typed. Out: opened captures, the columns of each table, and rows handed to sinks while a bar moves.

use std::io;
use std::num::NonZeroUsize;

use anyhow::{Result, bail};
use arrow_array::RecordBatch;
use falco_analyze::columns::{
    BatchSink, CaptureTables, Table, TableLayout, TableQuery, TableSource as _, UnknownColumn,
};
use falco_analyze::completeness::Completeness;
use falco_analyze::export::tables::Provenance;
use falco_analyze::inputs::Inputs;
use falco_analyze::pipeline::{Flow, Input, Part, Tally};
use falco_analyze::time::Zone;
use falco_format::text::Lines;
use falco_rules::Filter;

use crate::cli::args::{ZoneArgs, open_captures};
use crate::cli::events::compile_filter;
use crate::cli::exit::Outcome;
use crate::cli::notice;
use crate::cli::output::Unread;
use crate::cli::progress::{self, Bar};
use crate::cli::read::ReadArgs;
use crate::cli::span::Parts;
use crate::cli::stop::Stop;

/// What is read, and what is wanted of it.
#[derive(clap::Args)]
pub(super) struct ReadingArgs {
    #[command(flatten)]
    pub(super) read: ReadArgs,
    /// Only events that match a condition in Falco's language
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
    /// Columns of events, separated by commas: `default`, `all`, or names, where `evt.type` and `evt_type` are the same
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    columns: Vec<String>,
    #[command(flatten)]
    zone: ZoneArgs,
}

/// Opened captures, and what is wanted of them.
pub(super) struct Reading<'a> {
    args: &'a ReadingArgs,
    zone: Zone,
    filter: Option<Filter>,
    events: TableLayout,
    parts: Parts,
    completeness: Completeness,
    bytes: u64,
    stop: Stop,
}

impl ReadingArgs {
    /// Opens the captures.
    pub(super) fn open(&self) -> Result<(Reading<'_>, Inputs)> {
        let zone = self.zone.zone()?;
        let asked = self.read.span.asked(&zone)?;
        let filter = self.filter.as_deref().map(compile_filter).transpose()?;
        self.read.span.hint(self.filter.as_deref());
        let events = columns(&self.columns)?;
        let inputs = open_captures(&self.read.captures)?;
        let parts = asked.parts(&inputs.recordings())?;
        let reading = Reading {
            args: self,
            zone,
            filter,
            events,
            completeness: parts.completeness(&inputs),
            bytes: parts.bytes(&inputs.recordings()),
            parts,
            stop: Stop::catch()?,
        };
        Ok((reading, inputs))
    }
}

/// The columns of events that are named.
fn columns(names: &[String]) -> Result<TableLayout, UnknownColumn> {
    let all = Table::Events.layout();
    if names.is_empty() {
        return Ok(all.defaults());
    }
    all.select(names)
}

impl ReadingArgs {
    /// Records of another schema have no columns to choose.
    pub(super) fn admit_no_columns(&self) -> Result<()> {
        if !self.columns.is_empty() {
            bail!(
                "--columns are those of events: with --schema ocsf the attributes of a class are always the same"
            );
        }
        Ok(())
    }
}

impl Reading<'_> {
    /// Which events are wanted.
    pub(super) fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }

    /// How many threads work.
    pub(super) fn threads(&self) -> NonZeroUsize {
        self.args.read.jobs.threads()
    }

    /// A bar over one reading of everything.
    pub(super) fn read_once(&self) -> Bar {
        progress::over(self.bytes)
    }

    /// Hands out each capture with the part of it that is read, one after the other.
    pub(super) fn each(
        &self,
        inputs: Inputs,
        mut read: impl FnMut(&Provenance, &Input, &Part) -> Result<Tally>,
    ) -> Result<Tally> {
        let mut tally = Tally::default();
        for (input, part) in self.parts.of(inputs) {
            if self.stop.is_wanted() {
                break;
            }
            tally.add(&read(&Provenance::of(&input, part), &input, part)?);
        }
        Ok(tally)
    }

    /// The columns of a table.
    pub(super) fn layout(&self, table: Table) -> TableLayout {
        match table {
            Table::Events => self.events.clone(),
            other => other.layout(),
        }
    }

    /// Ends as well when nobody reads the results any more.
    pub(super) fn end_with(&mut self, unread: Unread) {
        self.stop = self.stop.clone().or_unread(unread);
    }

    /// Whether to end before everything is read.
    pub(super) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// A bar over all that is read of these tables.
    pub(super) fn bar(&self, tables: &[TableLayout]) -> Bar {
        let tables = tables.iter().map(TableLayout::table);
        let read: Vec<Table> = tables.filter(|table| !is_told(*table)).collect();
        let is_read_twice =
            self.filter.is_some() && read.contains(&Table::Events) && read.len() > 1;
        progress::over(self.bytes.saturating_mul(1 + u64::from(is_read_twice)))
    }

    /// Reads captures one after the other: `capture` is told of each before its rows come, and gives out who takes the rows of which table.
    pub(super) fn read(
        &self,
        inputs: Inputs,
        (tables, bar): (&[TableLayout], &Bar),
        mut capture: impl FnMut(&Provenance, &dyn Fn(Wants<'_>) -> Result<Tally>) -> Result<Tally>,
    ) -> Result<Tally> {
        let threads = self.args.read.jobs.threads();
        let mut tally = Tally::default();
        for (input, part) in self.parts.of(inputs) {
            let provenance = Provenance::of(&input, part);
            if tables.iter().all(|layout| is_told(layout.table())) {
                // Nothing else reads it, and what is missing is to be told all the same.
                input.items_of(part).for_each(|item| tally.item(&item));
                bar.inc(input.bytes_of(part));
            }
            let source = CaptureTables::of_part(input, part.clone()).with_threads(threads);
            tally.add(&capture(&provenance, &|wants| {
                self.rows(&source, bar, wants)
            })?);
        }
        Ok(tally)
    }

    /// Hands out one capture's rows: what items alone tell, and all else in one reading, or in two where only events that match are wanted.
    fn rows(&self, source: &CaptureTables, bar: &Bar, wants: Wants<'_>) -> Result<Tally> {
        let (told, mut read): (Wants<'_>, Wants<'_>) = wants
            .into_iter()
            .partition(|(layout, _)| is_told(layout.table()));
        for (layout, sink) in told {
            source.rows(layout, &TableQuery::default(), sink)?;
        }
        let events = read
            .iter()
            .position(|(layout, _)| layout.table() == Table::Events);
        let events = events.filter(|_| self.filter.is_some());
        let mut tally = Tally::default();
        if let Some((layout, sink)) = events.map(|place| read.swap_remove(place)) {
            let mut sink = self.with_bar(sink, bar);
            tally = source
                .matching(layout, self.filter.as_ref(), &mut sink)?
                .read;
        }
        let mut sinks: Vec<_> = read
            .into_iter()
            .map(|(layout, sink)| (layout, self.with_bar(sink, bar)))
            .collect();
        if !sinks.is_empty() {
            let asked = sinks.iter_mut().map(|(layout, sink)| (*layout, sink as _));
            let scanned = source.scan_tables(asked.collect())?;
            if events.is_none() {
                tally = scanned.read;
            }
        }
        Ok(tally)
    }

    /// A sink that moves the bar.
    pub(super) fn with_bar<'s>(&'s self, sink: &'s mut dyn BatchSink, bar: &'s Bar) -> WithBar<'s> {
        WithBar {
            sink,
            bar,
            stop: &self.stop,
        }
    }

    /// Says what was read and what is missing, below what was written.
    pub(super) fn tell(&self, tally: &Tally, mut text: Lines) -> Outcome {
        self.parts.push(&self.zone, &mut text);
        self.completeness.push(tally, &mut text);
        notice::tell(&text);
        let evidence = self.completeness.evidence(tally);
        self.args.read.evidence.outcome(evidence)
    }
}

/// Whether items tell the rows of a table, without any event.
fn is_told(table: Table) -> bool {
    matches!(table, Table::Losses | Table::Segments | Table::Gaps)
}

/// Who takes the rows of which table, with which columns.
pub(super) type Wants<'s> = Vec<(&'s TableLayout, &'s mut dyn BatchSink)>;

/// A sink that moves the bar, and takes nothing more once somebody wants an end.
pub(super) struct WithBar<'s> {
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
