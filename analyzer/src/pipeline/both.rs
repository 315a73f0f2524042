//! Two collectors over one pass.
//!
//! In: two collectors, and a sink for each. Out: one of each kind that feeds both, with the same portions.
//! A sink that has enough is told no more; the pass ends when both have.

use std::io;

use falco_format::{Block, EventView, Item};

use super::{Child, Collector, Flow, Interest, Seen, Sink, Standing};

/// Two of a kind.
pub struct Both<A, B>(pub A, pub B);

impl<A: Collector, B: Collector> Collector for Both<A, B> {
    type Harvest = (Option<A::Harvest>, Option<B::Harvest>);
    type Child<'c>
        = Both<A::Child<'c>, B::Child<'c>>
    where
        Self: 'c;

    fn child(&self) -> Self::Child<'_> {
        Both(self.0.child(), self.1.child())
    }
}

impl<A: Child, B: Child> Child for Both<A, B> {
    type Harvest = (Option<A::Harvest>, Option<B::Harvest>);

    fn event(&mut self, seen: &Seen<'_>) {
        self.0.event(seen);
        self.1.event(seen);
    }

    fn ahead(&mut self, view: &EventView<'_>, standing: &Standing<'_>) {
        self.0.ahead(view, standing);
        self.1.ahead(view, standing);
    }

    fn item_ahead(&mut self, item: &Item, standing: &Standing<'_>) {
        self.0.item_ahead(item, standing);
        self.1.item_ahead(item, standing);
    }

    fn item(&mut self, item: &Item, standing: &Standing<'_>) {
        self.0.item(item, standing);
        self.1.item(item, standing);
    }

    fn ended(&mut self, standing: &Standing<'_>) {
        self.0.ended(standing);
        self.1.ended(standing);
    }

    fn is_full(&mut self) -> bool {
        self.0.is_full() || self.1.is_full()
    }

    fn is_ready(&mut self) -> bool {
        self.0.is_ready() || self.1.is_ready()
    }

    fn harvest(&mut self) -> Option<Self::Harvest> {
        let both = (self.0.harvest(), self.1.harvest());
        (both.0.is_some() || both.1.is_some()).then_some(both)
    }
}

/// A sink, until it has enough.
pub struct Until<'s, S> {
    sink: &'s mut S,
    is_done: bool,
}

impl<'s, S> Until<'s, S> {
    /// It has nothing yet.
    pub fn new(sink: &'s mut S) -> Self {
        Until {
            sink,
            is_done: false,
        }
    }

    fn block<H>(&mut self, block: &Block) -> Interest
    where
        S: Sink<H>,
    {
        if self.is_done {
            return Interest::Nothing;
        }
        let interest = self.sink.block(block);
        self.is_done = interest == Interest::Nothing;
        interest
    }

    fn harvest<H>(&mut self, harvest: Option<H>) -> io::Result<()>
    where
        S: Sink<H>,
    {
        if let Some(harvest) = harvest.filter(|_| !self.is_done) {
            self.is_done = self.sink.harvest(harvest)? == Flow::Stop;
        }
        Ok(())
    }
}

impl<HA, HB, A: Sink<HA>, B: Sink<HB>> Sink<(Option<HA>, Option<HB>)>
    for Both<Until<'_, A>, Until<'_, B>>
{
    /// Both see the same rows: those that either wants.
    fn block(&mut self, block: &Block) -> Interest {
        match (self.0.block(block), self.1.block(block)) {
            (Interest::Rows, _) | (_, Interest::Rows) => Interest::Rows,
            (Interest::State, _) | (_, Interest::State) => Interest::State,
            (Interest::Nothing, Interest::Nothing) => Interest::Nothing,
        }
    }

    fn harvest(&mut self, (first, second): (Option<HA>, Option<HB>)) -> io::Result<Flow> {
        self.0.harvest(first)?;
        self.1.harvest(second)?;
        Ok(if self.0.is_done && self.1.is_done {
            Flow::Stop
        } else {
            Flow::Continue
        })
    }

    fn item(&mut self, item: &Item) -> io::Result<()> {
        self.0.sink.item(item)?;
        self.1.sink.item(item)
    }

    /// The first shows how far both are.
    fn progress(&mut self, bytes: u64) {
        self.0.sink.progress(bytes);
    }
}
