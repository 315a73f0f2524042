//! Facts in the order of the stream become rows, and rows become batches.
//!
//! In: portions of facts. Out: batches, to one taker for each table.
//! What is kept between facts is small and bounded: counts of those who live, and when containers were seen.

use std::collections::BTreeMap;
use std::io;

use falco_format::{Block, Item, Pid, UnixNanos};
use hashbrown::HashMap;

use super::Wanted;
use super::cells::{Cell, Row, RowBatch};
use super::collect::{Fact, Portion};
use super::held::Holding;
use super::machine::{Origin, Sighting};
use crate::columns::{BatchSink, ScanTally, TableLayout};
use crate::pipeline::{Flow, Interest, Sink};
use crate::state::Text;

/// How many containers of one boot are told at most: more than a node starts between two boots. Those that come later are counted as forgotten.
const CONTAINERS_MAX: usize = 65_536;

/// A table's rows on their way out.
pub(crate) struct Taker<'s> {
    batch: RowBatch,
    sink: &'s mut dyn BatchSink,
    rows: u64,
    is_done: bool,
}

impl<'s> Taker<'s> {
    /// Rows of a layout, for a sink.
    pub(crate) fn new(layout: &TableLayout, sink: &'s mut dyn BatchSink) -> Taker<'s> {
        Taker {
            batch: RowBatch::new(layout),
            sink,
            rows: 0,
            is_done: false,
        }
    }

    fn row(&mut self, row: Row) -> io::Result<()> {
        if self.is_done {
            return Ok(());
        }
        self.rows += 1;
        self.batch.push(row);
        if self.batch.is_full() {
            return self.flush();
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_done || self.batch.is_empty() {
            return Ok(());
        }
        let batch = self.batch.finish().map_err(io::Error::other)?;
        self.is_done = self.sink.batch(batch)? == Flow::Stop;
        Ok(())
    }
}

/// A container between its first sighting and the end of the boot.
struct Known {
    first: UnixNanos,
    last: UnixNanos,
    row: Option<Row>,
}

/// The fold.
pub(crate) struct Fold<'w, 's> {
    wanted: &'w Wanted,
    takers: Vec<Taker<'s>>,
    /// Events of those who live. Numbers of processes are few, and so are these.
    counts: HashMap<Pid, u64>,
    containers: BTreeMap<Text, Known>,
    /// What descriptors stand for.
    holding: Holding,
    /// What was not told for want of room.
    forgotten: u64,
}

impl<'w, 's> Fold<'w, 's> {
    /// Nothing is known yet. The takers stand in the order of the layouts that were asked for.
    pub(crate) fn new(wanted: &'w Wanted, takers: Vec<Taker<'s>>) -> Self {
        Fold {
            wanted,
            takers,
            counts: HashMap::new(),
            containers: BTreeMap::new(),
            holding: Holding::new(wanted.later.iter().copied()),
            forgotten: 0,
        }
    }

    /// Hands on what is left, and adds to a tally how many rows there were, and what there was no room for.
    pub(crate) fn finish(mut self, mut tally: ScanTally) -> io::Result<ScanTally> {
        self.takers.iter_mut().try_for_each(Taker::flush)?;
        tally.rows += self.takers.iter().map(|taker| taker.rows).sum::<u64>();
        let refused = &mut tally.read.state.rows_refused;
        *refused = refused.saturating_add(self.forgotten + self.holding.forgotten);
        Ok(tally)
    }

    fn row(&mut self, place: usize, row: Row) -> io::Result<()> {
        self.takers
            .get_mut(place)
            .map_or(Ok(()), |taker| taker.row(row))
    }

    fn take(&mut self, fact: Fact) -> io::Result<()> {
        match fact {
            Fact::Row(place, row) => self.row(place, row),
            Fact::Life(life, since) => {
                let Some((place, _)) = &self.wanted.lives else {
                    return Ok(());
                };
                let mut row = life.row;
                let count = self.counts.remove(&life.pid).unwrap_or(0) + since;
                if let Some(cell) = self.wanted.counts.and_then(|place| row.get_mut(place)) {
                    *cell = Cell::Uint(count);
                }
                self.row(*place, row)
            }
            Fact::Counts(counts) => {
                for (pid, count) in counts {
                    *self.counts.entry(pid).or_default() += count;
                }
                Ok(())
            }
            Fact::Held(pid, at, fact) => {
                self.holding.take(pid, at, fact);
                self.finished()
            }
            Fact::Container(sighting) => {
                self.container(sighting);
                Ok(())
            }
            Fact::BootEnds(origin) => self.boot_ends(&origin),
        }
    }

    /// Hands on the rows whose last descriptor was closed.
    fn finished(&mut self) -> io::Result<()> {
        let mut finished = self.holding.finished().into_iter();
        finished.try_for_each(|(place, row)| self.row(place, row))
    }

    fn container(&mut self, sighting: Sighting) {
        let has_room = self.containers.len() < CONTAINERS_MAX;
        if !has_room && !self.containers.contains_key(&sighting.id) {
            self.forgotten += 1;
            return;
        }
        let known = self.containers.entry(sighting.id).or_insert(Known {
            first: sighting.time,
            last: sighting.time,
            row: None,
        });
        if !known.first.is_known() {
            known.first = sighting.time;
        }
        known.last = known.last.max(sighting.time);
        known.row = sighting.row.or(known.row.take());
    }

    fn boot_ends(&mut self, origin: &Origin) -> io::Result<()> {
        self.counts.clear();
        self.holding.end();
        self.finished()?;
        let containers = std::mem::take(&mut self.containers);
        let Some((place, maker)) = &self.wanted.containers else {
            return Ok(());
        };
        for (id, known) in containers {
            let mut row = known.row.unwrap_or_else(|| maker.bare(origin, &id));
            maker.set_times(&mut row, (known.first, known.last));
            self.row(*place, row)?;
        }
        Ok(())
    }

    fn flow(&self) -> Flow {
        let is_done = |taker: &Taker<'_>| taker.is_done || taker.sink.is_done();
        if self.takers.iter().all(is_done) {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }
}

impl Sink<Portion> for Fold<'_, '_> {
    fn block(&mut self, _block: &Block) -> Interest {
        match self.flow() {
            Flow::Stop => Interest::Nothing,
            Flow::Continue => Interest::Rows,
        }
    }

    fn harvest(&mut self, portion: Portion) -> io::Result<Flow> {
        portion.0.into_iter().try_for_each(|fact| self.take(fact))?;
        Ok(self.flow())
    }

    fn item(&mut self, _item: &Item) -> io::Result<()> {
        Ok(())
    }

    fn progress(&mut self, bytes: u64) {
        // One of them shows how far all are.
        if let Some(taker) = self.takers.first_mut() {
            taker.sink.progress(bytes);
        }
    }
}
