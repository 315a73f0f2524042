//! The pass on several threads: blocks are decoded ahead, one thread applies them, and others judge.
//!
//! In: items and a collector. Out: harvests to a sink, in stream order, and a tally; both are those of the fused pass.
//!
//! ```text
//! workers      decode blocks that were read ahead
//! this thread  takes decoded blocks in order: clones the cursor at the border, advances the original
//! workers      walk a block with the clone, and hand its portions over
//! this thread  takes the portions of the oldest block to the sink
//! ```
//!
//! Whoever walks a block has the rows that were advanced over, from the place where the cursor was, so its events and answers are those of one thread by construction.
//! Jobs are taken in the order in which they were given, so the oldest block is always being worked on: a worker that waits until its portions are taken waits for blocks in front of its own alone.
//! A block is decoded by whoever comes first, so this thread never waits for a worker that waits for it.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use falco_format::{Block, Damage, Dialect, Item};

use super::ahead::Ahead;
use super::{
    Border, Child, Collector, Cursor, Decoded, Demand, Flow, Interest, Observer, Seen, Sink,
    Stream, Tally,
};
use crate::state::Foresight;

/// How many blocks for each thread are decoded and not yet taken to the sink: enough that nobody waits for a block that takes longer than others. Each may take some 20 MiB while it is decoded, and a clone of the state.
const BLOCKS_PER_THREAD: usize = 2;
/// How many portions of a block wait for the sink until its worker does.
const PORTIONS_WAITING: usize = 4;

/// A block that was read ahead.
struct Slot {
    block: Block,
    dialect: Dialect,
    interest: Interest,
    decoded: OnceLock<Decoded>,
}

impl Slot {
    /// Its rows, decoded by whoever asks first.
    fn decoded(&self, demand: &Demand) -> &Decoded {
        let decode = || Decoded::new(&self.block, demand, self.dialect, self.interest);
        self.decoded.get_or_init(decode)
    }
}

/// What a worker does.
enum Job<H> {
    Decode(Arc<Slot>),
    Walk(Arc<Slot>, Box<Cursor>, SyncSender<Portion<H>>),
}

/// What comes of a block.
enum Portion<H> {
    Harvest(H),
    /// Nothing more, so that a worker that died is not taken for one that is done.
    End,
}

/// An item that was read ahead, in the order of the stream.
struct Place {
    item: Item,
    foresight: Option<Foresight>,
    /// Bytes of the input that were read with it.
    bytes: u64,
    /// The block, if it is one that somebody wants; else the stream ends there for the sink.
    slot: Option<Arc<Slot>>,
}

/// An item that was applied, and what comes of it.
struct Applied<H> {
    place: Place,
    /// What of it did not decode.
    damage: Option<Damage>,
    portions: Option<Receiver<Portion<H>>>,
}

/// Runs a collector over items, from where the cursor is.
pub(super) fn run<C: Collector>(
    items: impl Stream,
    cursor: Cursor,
    demand: &Demand,
    (collector, threads): (&C, NonZeroUsize),
    sink: &mut impl Sink<C::Harvest>,
) -> io::Result<Tally> {
    let (jobs, waiting) = channel();
    let waiting = Mutex::new(waiting);
    thread::scope(|scope| {
        // This thread works too.
        for _ in 1..threads.get() {
            scope.spawn(|| work(&waiting, demand, collector));
        }
        let driver = Driver {
            items: Ahead::new(items),
            told: 0,
            border: Border::default(),
            cursor,
            demand,
            jobs,
            ahead: VecDeque::new(),
            applied: VecDeque::new(),
            blocks_max: threads.get().saturating_mul(BLOCKS_PER_THREAD),
            tally: Tally::default(),
        };
        driver.run(sink)
    })
}

/// Works until no job can come any more.
fn work<C: Collector>(waiting: &Mutex<Receiver<Job<C::Harvest>>>, demand: &Demand, collector: &C) {
    let mut child = collector.child();
    loop {
        // Whoever died holding the lock took a job with it, and left the others whole.
        let job = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        match job {
            Ok(Job::Decode(slot)) => {
                slot.decoded(demand);
            }
            Ok(Job::Walk(slot, mut cursor, portions)) => {
                let mut walk = Walk {
                    child: &mut child,
                    portions,
                };
                let decoded = slot.decoded(demand);
                let walked = cursor.walk(&slot.block, decoded, demand, &mut walk);
                // It only fails where nobody takes the portions any more.
                if walked.is_ok() && walk.hand_over().is_ok() {
                    let _ = walk.portions.send(Portion::End);
                } else {
                    // What was not taken must not be part of another block's.
                    child.harvest();
                }
            }
            Err(_) => return,
        }
    }
}

/// Who is shown the events of a block.
struct Walk<'c, C: Child> {
    child: &'c mut C,
    portions: SyncSender<Portion<C::Harvest>>,
}

impl<C: Child> Walk<'_, C> {
    fn hand_over(&mut self) -> io::Result<Flow> {
        if let Some(harvest) = self.child.harvest() {
            let sent = self.portions.send(Portion::Harvest(harvest));
            sent.map_err(|_| io::Error::other("the pass has ended"))?;
        }
        Ok(Flow::Continue)
    }
}

impl<C: Child> Observer for Walk<'_, C> {
    fn event(&mut self, seen: &Seen<'_>) -> io::Result<Flow> {
        self.child.event(seen);
        if self.child.is_full() {
            return self.hand_over();
        }
        Ok(Flow::Continue)
    }
}

/// The thread that applies, and its two queues.
struct Driver<'d, I, H> {
    items: Ahead<I>,
    /// Bytes of the input that were read, as far as items say so.
    told: u64,
    /// Where reading is, which is ahead of the cursor.
    border: Border,
    cursor: Cursor,
    demand: &'d Demand,
    jobs: Sender<Job<H>>,
    ahead: VecDeque<Place>,
    applied: VecDeque<Applied<H>>,
    blocks_max: usize,
    tally: Tally,
}

impl<I: Stream, H> Driver<'_, I, H> {
    fn run(mut self, sink: &mut impl Sink<H>) -> io::Result<Tally> {
        let mut is_read = false;
        loop {
            while !is_read && self.ahead.len() < self.blocks_max {
                is_read = !self.read(sink);
            }
            let is_applied = match self.ahead.pop_front() {
                Some(place) => {
                    self.apply(place);
                    self.applied.len() <= self.blocks_max
                }
                None => false,
            };
            if is_applied {
                continue;
            }
            let Some(oldest) = self.applied.pop_front() else {
                return Ok(self.tally);
            };
            if self.deliver(oldest, sink)? == Flow::Stop {
                return Ok(self.stopped());
            }
        }
    }

    /// Reads one item ahead. False where nothing more is wanted, or there.
    fn read(&mut self, sink: &mut impl Sink<H>) -> bool {
        let Some(item) = self.items.next() else {
            return false;
        };
        let foresight = self.items.foresight();
        let done = self.items.source().bytes_done();
        let bytes = done.saturating_sub(std::mem::replace(&mut self.told, done));
        let slot = match &item {
            Item::Segment(header) => {
                self.border.is_crossed(header);
                None
            }
            Item::Events(block) => match sink.block(block) {
                Interest::Nothing => None,
                interest => Some(Arc::new(Slot {
                    block: block.clone(),
                    dialect: self.border.dialect(),
                    interest,
                    decoded: OnceLock::new(),
                })),
            },
            _ => None,
        };
        let goes_on = slot.is_some() || !matches!(item, Item::Events(_));
        if let Some(slot) = &slot {
            // Where nobody works any more, this thread decodes.
            let _ = self.jobs.send(Job::Decode(Arc::clone(slot)));
        }
        self.ahead.push_back(Place {
            item,
            foresight,
            bytes,
            slot,
        });
        goes_on
    }

    /// Takes the cursor over an item.
    fn apply(&mut self, mut place: Place) {
        if let Some(foresight) = place.foresight.take() {
            self.cursor.foresee(foresight);
        }
        let Some(slot) = &place.slot else {
            let damage = self.cursor.item(&place.item);
            self.applied.push_back(Applied {
                place,
                damage,
                portions: None,
            });
            return;
        };
        let decoded = slot.decoded(self.demand);
        let damage = self.cursor.damage_of(&slot.block, decoded);
        let portions = self.walk(slot);
        self.cursor.advance(&slot.block, decoded);
        self.applied.push_back(Applied {
            place,
            damage,
            portions,
        });
    }

    /// Has a worker walk a block from where the cursor is.
    fn walk(&self, slot: &Arc<Slot>) -> Option<Receiver<Portion<H>>> {
        if !slot.decoded(self.demand).is_shown() {
            return None;
        }
        let (sender, receiver) = sync_channel(PORTIONS_WAITING);
        let cursor = Box::new(self.cursor.clone());
        let job = Job::Walk(Arc::clone(slot), cursor, sender);
        // Where nobody works any more, the portions have no end, and that is told.
        let _ = self.jobs.send(job);
        Some(receiver)
    }

    /// Takes what came of the oldest item to the sink.
    fn deliver(&mut self, oldest: Applied<H>, sink: &mut impl Sink<H>) -> io::Result<Flow> {
        let Applied {
            place,
            damage,
            portions,
        } = oldest;
        self.tally.item(&place.item);
        damage
            .into_iter()
            .for_each(|damage| self.tally.damaged(damage));
        if !matches!(place.item, Item::Events(_)) {
            sink.item(&place.item)?;
        } else if place.slot.is_none() {
            return Ok(Flow::Stop);
        }
        let flow = portions.map_or(Ok(Flow::Continue), |portions| take(portions, sink))?;
        if flow == Flow::Continue {
            sink.progress(place.bytes);
        }
        Ok(flow)
    }

    /// What is missing further on is told also to those who do not read so far.
    fn stopped(mut self) -> Tally {
        let applied = self.applied.into_iter().map(|applied| applied.place);
        let held = applied.chain(self.ahead).map(|place| place.item);
        let is_told = |item: &Item| matches!(item, Item::Damage(_) | Item::NotSealed { .. });
        let told = held.filter(is_told).chain(self.items.missing());
        told.for_each(|item| self.tally.item(&item));
        self.tally
    }
}

/// Takes the portions of a block to the sink, as they come.
fn take<H>(portions: Receiver<Portion<H>>, sink: &mut impl Sink<H>) -> io::Result<Flow> {
    for portion in portions {
        match portion {
            Portion::Harvest(harvest) => {
                if sink.harvest(harvest)? == Flow::Stop {
                    return Ok(Flow::Stop);
                }
            }
            Portion::End => return Ok(Flow::Continue),
        }
    }
    // Joining it tells why.
    Err(io::Error::other("a thread of the pass died"))
}
