//! The thread that applies.
//!
//! In: items, read ahead into windows. Out: windows to workers, and what came of them to the sink.
//! It owns the cursor, and decides who walks a window: whichever way it decides, what comes of the window is the same.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use falco_format::Item;

use super::Spread;
use super::delivery::{Applied, Delivery, PORTIONS_WAITING, Portions};
use super::window::{Place, Window};
use super::workers::{Shop, Workers};
use crate::pipeline::ahead::LookAhead;
use crate::pipeline::stats::{Asked, Stage};
use crate::pipeline::{Border, Child as _, Collector, Cursor, Flow, Sink, Stream, Tally};
use crate::state::Foresight;

/// How many windows for each thread are read ahead, and as many applied and not yet taken to the sink: enough that nobody waits for one that takes longer than others.
const WINDOWS_PER_THREAD: usize = 2;
/// How many bytes of them, as they are before they are packed: decoded they take about as much.
const BYTES_HELD_MAX: u64 = 64 << 20;
/// Windows for each worker that wait to be walked, or are, while the driver walks one itself: one at work, and one for when it is done.
const GIVEN_PER_WORKER: usize = 2;

/// Runs a collector over items, from where the cursor is.
pub(in crate::pipeline) fn run<C: Collector>(
    items: impl Stream,
    cursor: Cursor,
    asked: Asked<'_>,
    (collector, spread): (&C, Spread),
    sink: &mut impl Sink<C::Harvest>,
) -> io::Result<Tally> {
    let (shop, jobs) = Shop::new(collector, asked);
    let threads = spread.threads.get();
    thread::scope(|scope| {
        // This thread works too.
        let workers = Workers::new(scope, &shop, jobs, threads - 1);
        let driver = Driver {
            items: LookAhead::new(items).within(cursor.narrow()),
            is_read: false,
            next: None,
            told: 0,
            border: Border::default(),
            cursor,
            asked,
            child: collector.child(),
            workers,
            ahead: VecDeque::new(),
            ahead_bytes: 0,
            windows_max: threads.saturating_mul(WINDOWS_PER_THREAD),
            window_rows: spread.window_rows,
            chance: spread.chance.map(Chance),
            delivery: Delivery::new(sink),
        };
        driver.run()
    })
}

/// What was read ahead.
struct Step {
    /// What was foreseen of the snapshot that it begins with.
    foresight: Option<Foresight>,
    window: Arc<Window>,
}

/// Decides at random, the same way for the same seed.
struct Chance(u64);

impl Chance {
    fn one_of(&mut self, choices: u64) -> u64 {
        // Xorshift; a seed of nothing would stay nothing.
        self.0 |= 1;
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) % choices.max(1)
    }
}

struct Driver<'scope, 'env, 'd, 's, I, C: Collector, S> {
    items: LookAhead<I>,
    is_read: bool,
    /// An item that stands in front of the next window, with what was foreseen of it.
    next: Option<(Place, Option<Foresight>)>,
    /// Bytes of the input that were read, as far as items say so.
    told: u64,
    /// Where reading is, which is ahead of the cursor.
    border: Border,
    cursor: Cursor,
    asked: Asked<'d>,
    child: C::Child<'d>,
    workers: Workers<'scope, 'env, 'd, C>,
    ahead: VecDeque<Step>,
    ahead_bytes: u64,
    windows_max: usize,
    window_rows: u64,
    chance: Option<Chance>,
    delivery: Delivery<'s, S, C::Harvest>,
}

impl<'env, 'd: 'env, I: Stream, C: Collector, S: Sink<C::Harvest>>
    Driver<'_, 'env, 'd, '_, I, C, S>
{
    fn run(mut self) -> io::Result<Tally> {
        loop {
            while self.has_room() {
                self.read();
            }
            let Some(step) = self.ahead.pop_front() else {
                let mut flow = self.delivery.deliver(0, 0)?;
                if flow == Flow::Continue {
                    flow = self.close()?;
                }
                return Ok(self.ended(flow, None));
            };
            self.ahead_bytes = self.ahead_bytes.saturating_sub(step.window.bytes);
            let (newest, flow) = self.apply(step)?;
            if flow == Flow::Stop {
                return Ok(self.ended(flow, newest));
            }
            let windows_max = match &mut self.chance {
                None => self.windows_max,
                Some(chance) => chance.one_of(self.windows_max as u64) as usize + 1,
            };
            if self.delivery.deliver(windows_max, BYTES_HELD_MAX)? == Flow::Stop {
                return Ok(self.ended(Flow::Stop, None));
            }
        }
    }

    /// Has told what still lives where the stream ends.
    fn close(&mut self) -> io::Result<Flow> {
        self.child.ended(&self.cursor.standing());
        match self.child.harvest() {
            Some(harvest) => self.delivery.sink().harvest(harvest),
            None => Ok(Flow::Continue),
        }
    }

    fn ended(self, flow: Flow, newest: Option<Applied<C::Harvest>>) -> Tally {
        if flow == Flow::Continue {
            return self.delivery.done(self.cursor.counters());
        }
        let ahead = self.ahead.iter().flat_map(|step| &step.window.places);
        let next = self.next.iter().map(|(place, _)| &place.item);
        let missing = self.items.missing();
        let items = ahead.map(|place| &place.item).chain(next).chain(&missing);
        self.delivery.stopped(newest.as_ref(), items)
    }

    /// Whether a window is to be read ahead.
    fn has_room(&self) -> bool {
        let (windows, bytes) = (self.ahead.len(), self.ahead_bytes);
        let is_little = windows < self.windows_max && bytes < BYTES_HELD_MAX;
        // The one behind the next is looked at, or nobody knows that the next is the last.
        !self.is_read && (windows < 2 || is_little)
    }

    fn are_rows_ahead(&self) -> bool {
        self.ahead.iter().any(|step| step.window.rows > 0)
    }

    /// Reads one window.
    fn read(&mut self) {
        let mut window = Window::default();
        let mut foresight = None;
        while let Some((place, foreseen)) = self.next.take().or_else(|| self.place()) {
            let is_alone = matches!(place.item, Item::Segment(_) | Item::State(_));
            if is_alone && !window.places.is_empty() {
                self.next = Some((place, foreseen));
                break;
            }
            foresight = foreseen.or(foresight);
            self.is_read = place.is_end();
            window.push(place);
            if is_alone || self.is_read || window.rows >= self.window_rows {
                break;
            }
        }
        if window.places.is_empty() {
            self.is_read = true;
            return;
        }
        let window = Arc::new(window);
        self.ahead_bytes = self.ahead_bytes.saturating_add(window.bytes);
        // Where there is but one window there is nothing to be spread.
        if window.rows > 0 && self.are_rows_ahead() {
            self.workers.decode(&window);
        }
        self.ahead.push_back(Step { foresight, window });
    }

    /// Reads one item. None where there is none.
    fn place(&mut self) -> Option<(Place, Option<Foresight>)> {
        let item = self.items.next()?;
        let foresight = self.items.foresight();
        let done = self.items.source().bytes_done();
        let bytes = done.saturating_sub(std::mem::replace(&mut self.told, done));
        let wanted = match &item {
            Item::Segment(header) => {
                self.border.is_crossed(header);
                None
            }
            Item::Events(block) => {
                let asked = self.delivery.sink().block(block);
                let interest = self.items.interest(block, asked);
                Some((self.border.dialect(), interest))
            }
            _ => None,
        };
        Some((Place::new(item, bytes, wanted), foresight))
    }

    /// Takes the cursor over a window. What came of it is handed back where the sink had enough in the middle of it.
    fn apply(&mut self, step: Step) -> io::Result<(Option<Applied<C::Harvest>>, Flow)> {
        if let Some(foresight) = step.foresight {
            self.cursor.foresee(foresight);
        }
        let window = step.window;
        if self.is_given(&window) {
            let (sender, receiver) = sync_channel(PORTIONS_WAITING);
            let watch = self.asked.watch;
            watch.window(true);
            let cursor = watch.of(Stage::Clone, || Box::new(self.cursor.clone()));
            self.workers.walk(&window, cursor, sender);
            window.advance(&mut self.cursor, self.asked);
            let portions = Portions::Theirs(receiver);
            self.delivery.push(Applied::new(window, portions));
            return Ok((None, Flow::Continue));
        }
        if window.is_shown() {
            self.asked.watch.window(false);
        }
        let portions = Portions::Own(VecDeque::new());
        let mut newest = Applied::new(Arc::clone(&window), portions);
        let Self {
            cursor,
            asked,
            child,
            delivery,
            ..
        } = self;
        let mut hand_over = |portion| delivery.own(&mut newest, portion);
        let flow = window.walk(cursor, *asked, child, &mut hand_over)?;
        if flow == Flow::Stop {
            return Ok((Some(newest), flow));
        }
        self.delivery.push(newest);
        Ok((None, flow))
    }

    /// Whether a worker walks a window. The last one would be waited for, so it is not given away.
    fn is_given(&mut self, window: &Window) -> bool {
        let workers = self.workers.started();
        if workers == 0 || !window.is_shown() {
            return false;
        }
        if let Some(chance) = &mut self.chance {
            return chance.one_of(3) > 0;
        }
        let is_last = self.is_read && !self.are_rows_ahead();
        !is_last && self.workers.walking() < workers.saturating_mul(GIVEN_PER_WORKER)
    }
}
