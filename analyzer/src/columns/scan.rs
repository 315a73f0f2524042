//! A pass whose events become record batches.
//!
//! In: one capture, columns, what is asked of it. Out: batches, handed to a sink in stream order.
//! The state engine sees every event that it depends on, whatever is asked for.

use std::io;
use std::num::NonZeroUsize;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use falco_format::Block;
use falco_rules::{Filter, Schema};

use super::{BatchBuilder, TableLayout, TableQuery};
use crate::pipeline::{
    Child, Collector, Demand, Flow, Input, Interest, Part, PassOptions, Seen, Shown, Sink, Tally,
    collect,
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
    /// Blocks whose times were asked for.
    pub blocks_shown: u64,
}

/// Reads the events that `query` asks for and `filter` matches.
///
/// # Errors
/// When the sink fails; captures cannot make a scan fail.
pub(super) fn scan(
    (input, part): (&Input, &Part),
    schema: &dyn Schema,
    layout: &TableLayout,
    (query, filter): (&TableQuery, Option<&Filter>),
    threads: NonZeroUsize,
    sink: &mut dyn BatchSink,
) -> io::Result<ScanTally> {
    let shown = filter.filter(|_| query.types.is_none()).map_or_else(
        || query.shown(schema),
        |filter| Shown::of_types(filter.event_types()),
    );
    let asked = filter.map_or(&[][..], Filter::slots);
    let demand = Demand::new(shown, asked.iter().chain(layout.fields()));
    let taken = filter.map_or(0, |filter| filter.slots().len());
    let layout = layout.with_slots_from(u32::try_from(taken).unwrap_or(u32::MAX));
    let columns = Columns {
        layout,
        capture: input.path.display().to_string(),
        filter,
    };
    let mut batches = Batches {
        plan: query.plan(input, part).map(Vec::into_iter),
        sink,
        tally: ScanTally::default(),
    };
    let options = PassOptions {
        threads,
        part: part.clone(),
        ..PassOptions::default()
    };
    let read = collect(input, &demand, options, &columns, &mut batches)?;
    Ok(ScanTally {
        read,
        ..batches.tally
    })
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
        }
    }
}

/// One worker's batch.
pub(crate) struct Building<'s> {
    builder: BatchBuilder,
    filter: Option<&'s Filter>,
    /// Events that were looked at.
    shown: u64,
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

    /// A batch goes over the borders of blocks, or those that match little would give small ones.
    fn is_ready(&mut self) -> bool {
        false
    }

    fn harvest(&mut self) -> Option<Portion> {
        let shown = std::mem::take(&mut self.shown);
        let states = self.builder.states();
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
    plan: Option<std::vec::IntoIter<Interest>>,
    sink: &'s mut dyn BatchSink,
    pub(crate) tally: ScanTally,
}

impl<'s> Batches<'s> {
    /// Of every block.
    pub(crate) fn of_every(sink: &'s mut dyn BatchSink) -> Self {
        Batches {
            plan: None,
            sink,
            tally: ScanTally::default(),
        }
    }
}

impl Sink<Portion> for Batches<'_> {
    fn block(&mut self, _block: &Block) -> Interest {
        if self.sink.is_done() {
            return Interest::Nothing;
        }
        // A block beyond the plan is one that the planning did not see, such as one appended since.
        let interest = self
            .plan
            .as_mut()
            .map_or(Interest::Rows, |plan| plan.next().unwrap_or(Interest::Rows));
        self.tally.blocks_shown += u64::from(interest == Interest::Rows);
        interest
    }

    fn harvest(&mut self, portion: Portion) -> io::Result<Flow> {
        self.tally.shown += portion.shown;
        self.tally.states += portion.states as u64;
        let Some(batch) = portion.batch else {
            return Ok(Flow::Continue);
        };
        let batch = batch.map_err(io::Error::other)?;
        self.tally.rows += batch.num_rows() as u64;
        self.sink.batch(batch)
    }

    fn progress(&mut self, encoded_bytes: u64) {
        self.sink.progress(encoded_bytes);
    }
}
