//! Consumers that can be spread over threads.
//!
//! ```text
//! Collector   shared by all workers: what is asked, and how a worker begins
//! Child       one worker's: is shown events, and hands over what it made of a portion of the stream
//! Sink        one for all: takes harvests in the order of the stream, and is told of the items between them
//! ```
//!
//! A portion is a run of events of the stream: a part of a block, a block, or several, as the driver sees fit; what a harvest holds carries the numbers of its events.
//! A child keeps nothing that an answer rests on from one portion to the next, or answers would depend on how the stream is cut.

use std::io;

use falco_format::{Block, EventView, Item};

use super::{Flow, Interest, Seen, Standing};

/// What is asked of a stream, shared by all who work on it.
pub trait Collector: Sync {
    /// What is made of a portion.
    type Harvest: Send;
    /// Who makes it.
    type Child<'c>: Child<Harvest = Self::Harvest> + Send
    where
        Self: 'c;

    /// A child for one more worker.
    fn child(&self) -> Self::Child<'_>;
}

/// What is lent collects as well.
impl<C: Collector> Collector for &C {
    type Harvest = C::Harvest;
    type Child<'c>
        = C::Child<'c>
    where
        Self: 'c;

    fn child(&self) -> Self::Child<'_> {
        (**self).child()
    }
}

/// One worker's part of a collector.
pub trait Child {
    /// What is made of a portion.
    type Harvest;

    /// Takes one demanded event. Within a portion they come in the order of the stream.
    fn event(&mut self, seen: &Seen<'_>);

    /// Told of an event before the state takes it, where it is [demanded so](super::Demand::shows_ahead).
    fn ahead(&mut self, _view: &EventView<'_>, _standing: &Standing<'_>) {}

    /// Told of each item that holds no events, before the state takes it. What is made of it stands in front of the item.
    fn item_ahead(&mut self, _item: &Item, _standing: &Standing<'_>) {}

    /// Told of the same item once the state has taken it. What is made of it stands behind the item.
    fn item(&mut self, _item: &Item, _standing: &Standing<'_>) {}

    /// Told that the stream has come to its end, unless somebody had enough before: what still lives there can be told now.
    fn ended(&mut self, _standing: &Standing<'_>) {}

    /// Whether so much is held that it must be handed over before the next event. Asked after each event: what is held must have a bound.
    fn is_full(&mut self) -> bool {
        false
    }

    /// Whether it is worth handing over what is held, where nothing else ends the portion. Asked at the end of each block.
    fn is_ready(&mut self) -> bool {
        true
    }

    /// Ends the portion. None where there is nothing to hand over.
    fn harvest(&mut self) -> Option<Self::Harvest>;
}

/// Where harvests go.
pub trait Sink<H> {
    /// Asked before a block is decoded what is wanted of it; a few blocks before the harvests of the ones in front of it where several threads work.
    fn block(&mut self, _block: &Block) -> Interest {
        Interest::Rows
    }

    /// Takes the next harvest, in the order of the stream.
    ///
    /// # Errors
    /// When the sink cannot go on, such as when its output is closed. The pass ends with this error.
    fn harvest(&mut self, harvest: H) -> io::Result<Flow>;

    /// Told of each item that holds no events, after the harvests of what stands before it.
    ///
    /// # Errors
    /// When the sink cannot go on. The pass ends with this error.
    fn item(&mut self, _item: &Item) -> io::Result<()> {
        Ok(())
    }

    /// Told after each item how many of the [input's bytes](super::Input::bytes) were read since the last call.
    fn progress(&mut self, _bytes: u64) {}
}
