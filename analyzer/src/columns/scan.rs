//! A pass whose events become record batches.
//!
//! In: one capture, columns, what is asked of it. Out: batches, handed to a sink in stream order.
//! The state engine sees every event that it depends on, whatever is asked for.

use std::io;
use std::num::NonZeroUsize;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use falco_format::Block;
use falco_rules::{BoundField, Filter};

use super::{BATCH_ROWS_MAX, BatchBuilder, Column, ColumnSource, TableLayout, TableQuery};
use crate::fields::{SCHEMA, nature};
use crate::pipeline::{
    Child, Collector, Demand, Flow, Input, InputOutline, Interest, Part, PassOptions, Seen, Shown,
    Sink, Tally, collect,
};

/// Who takes batches.
pub trait BatchSink {
    /// Takes one batch.
    ///
    /// # Errors
    /// When the sink cannot take it; the scan ends.
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow>;

    /// Whether nobody wants more. Asked at each block, since rows that match may be far between.
    fn is_done(&self) -> bool {
        false
    }

    /// Told how many bytes of events were read since the last call.
    fn progress(&mut self, _encoded_bytes: u64) {}
}

/// What a scan read and gave.
#[derive(Clone, Debug, Default)]
pub struct ScanTally {
    /// What the pass came across.
    pub read: Tally,
    /// Events that were looked at: those of the types and blocks that were asked for.
    pub shown: u64,
    /// Rows of the batches.
    pub rows: u64,
    /// States whose columns were made, once for all rows that met them; each counted for each group of columns that has values for it.
    pub states: u64,
    /// Blocks that may have rows that were asked for.
    pub blocks_shown: u64,
    /// Blocks that by their heads and the clock have none.
    pub blocks_skipped: u64,
    /// Segments that by their indexes lie beside the time that was asked for.
    pub segments_skipped: u64,
}

/// What is asked of `events`, and what answering takes.
pub(super) struct EventsAsked<'a> {
    layout: &'a TableLayout,
    query: &'a TableQuery,
    filter: Option<&'a Filter>,
    shown: Shown,
    demand: Demand,
}

impl<'a> EventsAsked<'a> {
    /// The events that `query` asks for and `filter` matches.
    pub(super) fn new(
        layout: &'a TableLayout,
        query: &'a TableQuery,
        filter: Option<&'a Filter>,
    ) -> Self {
        let shown = filter.filter(|_| query.types.is_none()).map_or_else(
            || query.shown(&SCHEMA),
            |filter| Shown::of_types(filter.event_types()),
        );
        let asked = filter.map_or(&[][..], Filter::slots);
        Self {
            layout,
            query,
            filter,
            demand: demand(shown.clone(), layout, asked),
            shown,
        }
    }

    /// What must be read of an input. What no state is asked of begins anywhere.
    pub(super) fn part(&self, input: &Input) -> Part {
        let span = self.query.span();
        if span.is_open() {
            return Part::whole();
        }
        if input.capture().is_none() {
            // A file of Falco's has no index: to know more of it would be to read it twice.
            return Part::of_span(span);
        }
        let is_exact = self.query.is_state_exact && !self.demand.is_stateless();
        InputOutline::of(input).part(span, is_exact)
    }
}

/// Reads what is asked.
///
/// # Errors
/// When the sink fails; captures cannot make a scan fail.
pub(super) fn scan(
    (input, part): (&Input, &Part),
    asked: EventsAsked<'_>,
    threads: NonZeroUsize,
    sink: &mut dyn BatchSink,
) -> io::Result<ScanTally> {
    let taken = asked.filter.map_or(0, |filter| filter.slots().len());
    let layout = asked.layout;
    let columns = Columns {
        layout: layout.with_slots_from(u32::try_from(taken).unwrap_or(u32::MAX)),
        capture: input.path.display().to_string(),
        filter: asked.filter,
    };
    let mut batches = Batches {
        asked: Some((asked.query, asked.shown)),
        left: asked.query.limit.unwrap_or(u64::MAX),
        sink,
        tally: ScanTally::default(),
    };
    let options = PassOptions {
        threads,
        part: part.clone(),
        ..PassOptions::default()
    };
    let read = collect(input, &asked.demand, options, &columns, &mut batches)?;
    let beside = part.stretch().map_or(0, |stretch| {
        let before = stretch.passed.segments;
        before.saturating_add(stretch.segments_behind)
    });
    Ok(ScanTally {
        blocks_shown: read.blocks_shown,
        blocks_skipped: read.blocks.saturating_sub(read.blocks_shown),
        read,
        segments_skipped: beside,
        ..batches.tally
    })
}

/// What must be decoded for these events, the columns and the fields of a filter.
fn demand(shown: Shown, layout: &TableLayout, asked: &[BoundField]) -> Demand {
    let fields = || asked.iter().chain(layout.fields());
    // What a column of no field reads is not declared, but for those that the row and its segment tell.
    let is_told = |column: &Column| {
        matches!(
            column.source,
            ColumnSource::Field(..)
                | ColumnSource::Bytes(..)
                | ColumnSource::Arguments(..)
                | ColumnSource::Time
                | ColumnSource::BootId
                | ColumnSource::Node
                | ColumnSource::Cpu
                | ColumnSource::Boottime
                | ColumnSource::Capture
                | ColumnSource::Segment
                | ColumnSource::Position
        )
    };
    if !layout.columns().iter().all(is_told) {
        return Demand::new(shown, fields());
    }
    let demand = Demand::without_doubts(shown.clone(), fields());
    if fields().all(|field| nature(field.field).spares_parameters()) {
        return demand.of_results(&shown);
    }
    demand
}

/// The events that a filter matches, as batches.
pub(crate) struct Columns<'s> {
    layout: TableLayout,
    capture: String,
    filter: Option<&'s Filter>,
}

impl Columns<'_> {
    /// Every event.
    pub(crate) fn of_every(layout: &TableLayout, capture: &str) -> Self {
        Columns {
            layout: layout.clone(),
            capture: capture.to_owned(),
            filter: None,
        }
    }
}

impl<'s> Collector for Columns<'s> {
    type Harvest = Portion;
    type Child<'c>
        = Building<'s>
    where
        Self: 'c;

    fn child(&self) -> Building<'s> {
        Building {
            builder: BatchBuilder::new(self.layout.clone(), &self.capture),
            filter: self.filter,
            shown: 0,
            ready_at: 1,
        }
    }
}

/// One worker's batch.
pub(crate) struct Building<'s> {
    builder: BatchBuilder,
    filter: Option<&'s Filter>,
    /// Events that were looked at.
    shown: u64,
    /// How many rows are handed over at the end of a block.
    ready_at: usize,
}

/// What was made of a portion.
pub(crate) struct Portion {
    /// None where no row matched.
    batch: Option<Result<RecordBatch, ArrowError>>,
    shown: u64,
    states: usize,
}

impl Child for Building<'_> {
    type Harvest = Portion;

    fn event(&mut self, seen: &Seen<'_>) {
        self.shown += 1;
        let is_match = |filter: &Filter| filter.matches(seen.context);
        if self.filter.is_none_or(is_match) {
            self.builder.push(seen);
        }
    }

    fn is_full(&mut self) -> bool {
        self.builder.is_full()
    }

    /// A batch goes over the borders of blocks, or those that match little would give small ones; the first rows come soon, whoever waits for them.
    fn is_ready(&mut self) -> bool {
        self.builder.rows() >= self.ready_at
    }

    fn harvest(&mut self) -> Option<Portion> {
        let shown = std::mem::take(&mut self.shown);
        let states = self.builder.states();
        if self.builder.rows() > 0 {
            self.ready_at = self.ready_at.saturating_mul(2).min(BATCH_ROWS_MAX);
        }
        let batch = (self.builder.rows() > 0).then(|| self.builder.finish());
        (shown > 0).then_some(Portion {
            batch,
            shown,
            states,
        })
    }
}

/// Where the batches go.
pub(crate) struct Batches<'s> {
    /// What is asked, and the events that are shown; none where every block is.
    asked: Option<(&'s TableQuery, Shown)>,
    /// How many rows are wanted still.
    left: u64,
    sink: &'s mut dyn BatchSink,
    pub(crate) tally: ScanTally,
}

impl<'s> Batches<'s> {
    /// Of every block.
    pub(crate) fn of_every(sink: &'s mut dyn BatchSink) -> Self {
        Batches {
            asked: None,
            left: u64::MAX,
            sink,
            tally: ScanTally::default(),
        }
    }
}

impl Sink<Portion> for Batches<'_> {
    fn block(&mut self, block: &Block) -> Interest {
        if self.left == 0 || self.sink.is_done() {
            return Interest::Nothing;
        }
        let asked = self.asked.as_ref();
        if asked.is_none_or(|(query, shown)| query.touches(block, shown)) {
            Interest::Rows
        } else {
            Interest::State
        }
    }

    fn harvest(&mut self, portion: Portion) -> io::Result<Flow> {
        self.tally.shown += portion.shown;
        self.tally.states += portion.states as u64;
        let Some(batch) = portion.batch else {
            return Ok(Flow::Continue);
        };
        let mut batch = batch.map_err(io::Error::other)?;
        let rows = u64::min(batch.num_rows() as u64, self.left);
        if rows < batch.num_rows() as u64 {
            batch = batch.slice(0, usize::try_from(rows).unwrap_or(usize::MAX));
        }
        self.left -= rows;
        self.tally.rows += rows;
        let flow = self.sink.batch(batch)?;
        Ok(if self.left == 0 { Flow::Stop } else { flow })
    }

    fn progress(&mut self, encoded_bytes: u64) {
        self.sink.progress(encoded_bytes);
    }
}
