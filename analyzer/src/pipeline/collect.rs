//! How collectors are fed: by one fused pass, or by a pipeline over several threads; their sinks are told the same.
//!
//! In: a capture or items, and a collector with its sink. Out: a tally.

use std::io;
use std::num::NonZeroUsize;

use falco_format::{Block, EventView, Item};

use super::parallel::{self, Spread, caught};
use super::pass::run_watched;
use super::stats::{Asked, TimedCollector, TimedItems, TimedSink, Watch};
use super::{Child, Collector, Sink, cursor_of};
use super::{
    Cursor, Demand, Flow, Input, Interest, Observer, PassOptions, Seen, Standing, Stream, Tally,
};

/// Runs a collector over one capture.
///
/// # Errors
/// What the sink fails with; captures cannot make a pass fail.
pub fn collect<C: Collector>(
    input: &Input,
    demand: &Demand,
    options: PassOptions,
    collector: &C,
    sink: &mut impl Sink<C::Harvest>,
) -> io::Result<Tally> {
    let cursor = cursor_of(input, &options);
    let items = input.items_for(&options.part, options.threads);
    let threads = input.threads_for(options.threads);
    let Some(stats) = options.stats.as_deref() else {
        return collect_items(items, cursor, demand, (collector, threads), sink);
    };
    let watch = Watch(Some(stats));
    collect_watched(
        TimedItems(items, stats),
        cursor,
        Asked { demand, watch },
        (&TimedCollector(collector, stats), threads.into()),
        &mut TimedSink(sink, stats),
    )
}

/// Runs a collector over items, from where the cursor is: with one thread as one fused pass, with several as a pipeline. The sink is told the same.
///
/// # Errors
/// What the sink fails with; items cannot make a pass fail. A fault of the program that shows in a pass is an error of it.
pub fn collect_items<C: Collector>(
    items: impl Stream,
    cursor: Cursor,
    demand: &Demand,
    (collector, spread): (&C, impl Into<Spread>),
    sink: &mut impl Sink<C::Harvest>,
) -> io::Result<Tally> {
    let watch = Watch::default();
    let asked = Asked { demand, watch };
    collect_watched(items, cursor, asked, (collector, spread.into()), sink)
}

fn collect_watched<C: Collector>(
    items: impl Stream,
    cursor: Cursor,
    asked: Asked<'_>,
    (collector, spread): (&C, Spread),
    sink: &mut impl Sink<C::Harvest>,
) -> io::Result<Tally> {
    let work = || {
        if spread.threads() > NonZeroUsize::MIN {
            parallel::run(items, cursor, asked, (collector, spread), sink)
        } else {
            fuse(items, cursor, asked, collector, sink)
        }
    };
    caught(|| asked.watch.thread(work))
}

/// One pass that decodes, walks and hands over.
fn fuse<C: Collector>(
    items: impl Stream,
    cursor: Cursor,
    asked: Asked<'_>,
    collector: &C,
    sink: &mut impl Sink<C::Harvest>,
) -> io::Result<Tally> {
    let mut fused = Fused {
        child: collector.child(),
        sink,
        is_stopped: false,
    };
    let tally = run_watched(items, cursor, asked, &mut fused)?;
    fused.hand_over()?;
    Ok(tally)
}

/// A child and its sink on one thread.
struct Fused<'s, C, S> {
    child: C,
    sink: &'s mut S,
    /// Whether the sink has what it wants.
    is_stopped: bool,
}

impl<C: Child, S: Sink<C::Harvest>> Fused<'_, C, S> {
    fn hand_over(&mut self) -> io::Result<Flow> {
        if let Some(harvest) = self.child.harvest().filter(|_| !self.is_stopped) {
            self.is_stopped = self.sink.harvest(harvest)? == Flow::Stop;
        }
        Ok(self.flow())
    }

    fn flow(&self) -> Flow {
        if self.is_stopped {
            Flow::Stop
        } else {
            Flow::Continue
        }
    }
}

impl<C: Child, S: Sink<C::Harvest>> Observer for Fused<'_, C, S> {
    fn block(&mut self, block: &Block) -> Interest {
        if self.is_stopped {
            return Interest::Nothing;
        }
        self.sink.block(block)
    }

    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        self.child.event(seen);
        if self.child.is_full() {
            return self.hand_over();
        }
        Ok(Flow::Continue)
    }

    fn block_ended(&mut self) -> io::Result<Flow> {
        if self.child.is_ready() {
            return self.hand_over();
        }
        Ok(Flow::Continue)
    }

    fn ahead(&mut self, view: &EventView<'_>, standing: &Standing<'_>) {
        self.child.ahead(view, standing);
    }

    fn item_ahead(&mut self, item: &Item, standing: &Standing<'_>) {
        self.child.item_ahead(item, standing);
    }

    fn item(&mut self, item: &Item, standing: &Standing<'_>) -> io::Result<()> {
        self.hand_over()?;
        self.sink.item(item)?;
        self.child.item(item, standing);
        Ok(())
    }

    fn ended(&mut self, standing: &Standing<'_>) -> io::Result<()> {
        self.child.ended(standing);
        Ok(())
    }

    fn progress(&mut self, bytes: u64) {
        self.sink.progress(bytes);
    }
}
