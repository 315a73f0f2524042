//! A pass whose events become record batches.
//!
//! In: one capture, columns, what is asked of it. Out: batches, handed to a sink in stream order.
//! The state engine sees every event that it depends on, whatever is asked for.

use std::io;

use arrow_array::RecordBatch;
use falco_format::Block;
use falco_rules::{Filter, Schema};

use super::{BatchBuilder, EventQuery, TableLayout};
use crate::pipeline::{
    Demand, Flow, Input, Interest, Observer, PassOptions, Seen, Shown, Tally, run_pass,
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
    /// Blocks whose times were asked for.
    pub blocks_shown: u64,
}

/// Reads the events that `query` asks for and `filter` matches.
///
/// # Errors
/// When the sink fails; captures cannot make a scan fail.
pub(super) fn scan(
    input: &Input,
    schema: &dyn Schema,
    layout: &TableLayout,
    (query, filter): (&EventQuery, Option<&Filter>),
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
    let mut scan = Scan {
        builder: BatchBuilder::new(layout, &input.path.display().to_string()),
        filter,
        plan: query.plan(input).map(Vec::into_iter),
        sink,
        tally: ScanTally::default(),
    };
    let read = run_pass(input, &demand, PassOptions::default(), &mut scan)?;
    scan.flush()?;
    Ok(ScanTally { read, ..scan.tally })
}

/// The observer of the pass.
struct Scan<'s> {
    builder: BatchBuilder,
    filter: Option<&'s Filter>,
    plan: Option<std::vec::IntoIter<Interest>>,
    sink: &'s mut dyn BatchSink,
    tally: ScanTally,
}

impl Scan<'_> {
    fn flush(&mut self) -> io::Result<Flow> {
        if self.builder.rows() == 0 {
            return Ok(Flow::Continue);
        }
        let batch = self.builder.finish().map_err(io::Error::other)?;
        self.tally.rows += batch.num_rows() as u64;
        self.sink.batch(batch)
    }
}

impl Observer for Scan<'_> {
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

    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        self.tally.shown += 1;
        if self
            .filter
            .is_some_and(|filter| !filter.matches(seen.context))
        {
            return Ok(Flow::Continue);
        }
        self.builder.push(seen);
        if self.builder.is_full() {
            self.flush()
        } else {
            Ok(Flow::Continue)
        }
    }

    fn progress(&mut self, encoded_bytes: u64) {
        self.sink.progress(encoded_bytes);
    }
}
