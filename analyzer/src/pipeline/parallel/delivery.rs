//! What came of windows, on its way to the sink.
//!
//! In: windows that were applied, with the portions that come of them. Out: calls to the sink and a tally, in the order of the stream.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use falco_format::Item;

use super::fault;
use super::window::{Portion, Window};
use crate::pipeline::{Flow, Sink, Tally};
use crate::state::StateCounters;

/// How many portions of a window wait until whoever walks it does.
pub(super) const PORTIONS_WAITING: usize = 16;

/// Where the portions of a window come from.
pub(super) enum Portions<H> {
    /// The driver walked it.
    Own(VecDeque<Portion<H>>),
    /// A worker walks it.
    Theirs(Receiver<Portion<H>>),
}

/// A window that was applied, and what comes of it.
pub(super) struct Applied<H> {
    window: Arc<Window>,
    /// How many of its items were told to the sink.
    told: usize,
    /// Whether everything of it was.
    is_whole: bool,
    portions: Portions<H>,
}

impl<H> Applied<H> {
    pub(super) fn new(window: Arc<Window>, portions: Portions<H>) -> Self {
        Applied {
            window,
            told: 0,
            is_whole: false,
            portions,
        }
    }

    /// The items that were not told.
    fn rest(&self) -> impl Iterator<Item = &Item> {
        let rest = self.window.places.get(self.told..).unwrap_or_default();
        rest.iter().map(|place| &place.item)
    }
}

/// How far a window has been taken.
#[derive(PartialEq, Eq)]
enum Taken {
    Whole,
    /// Up to what is not there yet.
    Part,
    /// The sink has what it wants.
    Enough,
}

/// The windows that wait, and the sink.
pub(super) struct Delivery<'s, S, H> {
    sink: &'s mut S,
    waiting: VecDeque<Applied<H>>,
    bytes: u64,
    tally: Tally,
}

impl<'s, S: Sink<H>, H> Delivery<'s, S, H> {
    pub(super) fn new(sink: &'s mut S) -> Self {
        Delivery {
            sink,
            waiting: VecDeque::new(),
            bytes: 0,
            tally: Tally::default(),
        }
    }

    /// The sink, which is asked what it wants.
    pub(super) fn sink(&mut self) -> &mut S {
        self.sink
    }

    /// Takes a window behind the others.
    pub(super) fn push(&mut self, applied: Applied<H>) {
        if applied.is_whole {
            return;
        }
        self.bytes = self.bytes.saturating_add(applied.window.bytes);
        self.waiting.push_back(applied);
    }

    /// Takes to the sink what is there. Where more than so many windows and bytes wait, it waits for what comes of them.
    pub(super) fn deliver(&mut self, windows_max: usize, bytes_max: u64) -> io::Result<Flow> {
        while let Some(mut oldest) = self.waiting.pop_front() {
            let is_waited_for = self.waiting.len() >= windows_max || self.bytes > bytes_max;
            match self.take(&mut oldest, is_waited_for) {
                Ok(Taken::Whole) => {
                    self.bytes = self.bytes.saturating_sub(oldest.window.bytes);
                }
                Ok(Taken::Part) => {
                    self.waiting.push_front(oldest);
                    return Ok(Flow::Continue);
                }
                Ok(Taken::Enough) => {
                    self.waiting.push_front(oldest);
                    return Ok(Flow::Stop);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Flow::Continue)
    }

    /// Takes a portion of the window that the driver walks, which is the newest. Where nothing older waits it goes to the sink at once.
    pub(super) fn own(&mut self, newest: &mut Applied<H>, portion: Portion<H>) -> io::Result<Flow> {
        let Portions::Own(own) = &mut newest.portions else {
            return Err(fault("a worker's window is not the driver's"));
        };
        own.push_back(portion);
        if self.waiting.is_empty() || own.len() > PORTIONS_WAITING {
            if self.deliver(0, 0)? == Flow::Stop {
                return Ok(Flow::Stop);
            }
            if self.take(newest, false)? == Taken::Enough {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }

    fn take(&mut self, applied: &mut Applied<H>, is_waited_for: bool) -> io::Result<Taken> {
        loop {
            let portion = match &mut applied.portions {
                Portions::Own(portions) => portions.pop_front().ok_or(TryRecvError::Empty),
                Portions::Theirs(portions) if is_waited_for => {
                    portions.recv().map_err(TryRecvError::from)
                }
                Portions::Theirs(portions) => portions.try_recv(),
            };
            match portion {
                Ok(Portion::Item(damage, counters)) => {
                    self.tally.state = counters;
                    let place = applied.window.places.get(applied.told);
                    let place = place.ok_or_else(|| fault("more items came than there are"))?;
                    applied.told += 1;
                    self.tally.item(&place.item);
                    if let Some((is_shown, bytes)) = place.walked() {
                        self.tally.walked(is_shown, bytes);
                    }
                    damage
                        .into_iter()
                        .for_each(|damage| self.tally.damaged(damage));
                    if place.is_end() {
                        return Ok(Taken::Enough);
                    }
                    if !matches!(place.item, Item::Events(_)) {
                        self.sink.item(&place.item)?;
                    }
                    self.sink.progress(place.bytes);
                }
                Ok(Portion::Harvest(harvest, counters)) => {
                    self.tally.state = counters;
                    if self.sink.harvest(harvest)? == Flow::Stop {
                        return Ok(Taken::Enough);
                    }
                }
                Ok(Portion::End) => {
                    applied.is_whole = true;
                    return Ok(Taken::Whole);
                }
                Ok(Portion::Fault(said)) => return Err(fault(&said)),
                Err(TryRecvError::Empty) => return Ok(Taken::Part),
                Err(TryRecvError::Disconnected) => {
                    return Err(fault("a thread ended before its work did"));
                }
            }
        }
    }

    /// The tally, where everything was told, with what the state counted to the end.
    pub(super) fn done(self, state: StateCounters) -> Tally {
        Tally {
            state,
            ..self.tally
        }
    }

    /// The tally, where the sink had enough: what is missing further on is told also to those who do not read so far.
    pub(super) fn stopped<'i>(
        self,
        newest: Option<&Applied<H>>,
        ahead: impl Iterator<Item = &'i Item>,
    ) -> Tally {
        let mut tally = self.tally;
        let mut tell = |item: &Item| {
            if matches!(item, Item::Damage(_) | Item::NotSealed { .. }) {
                tally.item(item);
            }
        };
        for applied in self.waiting.iter().chain(newest) {
            applied.rest().for_each(&mut tell);
        }
        ahead.for_each(tell);
        tally
    }
}
