//! What a pass spends, by stage: for those who ask why it takes so long.
//!
//! In: the same parts that every pass has, each wrapped by one that looks at the clock of its thread. Out: sums over all threads.
//! Whoever asks for nothing runs the parts as they are. Times are those of processors, so that a busy machine changes nothing.
//! Rules are asked too often for the clock to be looked at each time: of so many events one is, and stands for the others.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::io;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ThreadId};
use std::time::Duration;

use falco_format::{Block, EventView, Item};
use rustix::time::{ClockId, clock_gettime};

use super::{Child, Collector, Decoded, Demand, Flow, Interest, Seen, Sink, Standing, Stream};

/// Of so many events the time of one is taken.
const EVENTS_PER_LOOK: u32 = 32;
/// How often the clock is looked at to know what a look costs.
const LOOKS_TO_KNOW: u32 = 64;

/// A part of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Finding items; of `.scap` files also decompressing and parsing them.
    Read,
    /// Blocks into rows.
    Decode,
    /// Rows into state, once each; snapshots too.
    State,
    /// Rows into state where a worker does what the driver did.
    Again,
    /// Copies of the state for workers.
    Clone,
    /// What a collector does: rules, filters, columns; and what is put together for it of each event.
    Collect,
    /// What a sink does: printing, writing.
    Sink,
}

impl Stage {
    /// In the order of the way of the data.
    pub const ALL: [Stage; 7] = [
        Stage::Read,
        Stage::Decode,
        Stage::State,
        Stage::Again,
        Stage::Clone,
        Stage::Collect,
        Stage::Sink,
    ];
}

/// Sums over all threads and captures.
#[derive(Debug, Default)]
pub struct Stats {
    nanoseconds: [AtomicU64; Stage::ALL.len()],
    /// Everything that was done while a block was walked.
    walks: AtomicU64,
    /// What the sink did meanwhile.
    within_walks: AtomicU64,
    /// Events that were shown.
    shown: AtomicU64,
    decompressed: AtomicU64,
    /// Windows that workers walked, and those that the driver did.
    windows: [AtomicU64; 2],
    /// Processor time of each thread that worked, be it on several captures.
    threads: Mutex<Vec<(ThreadId, Duration)>>,
    walked: Mutex<BTreeMap<String, u64>>,
}

thread_local! {
    /// Whether this thread walks a block.
    static WALKS: Cell<bool> = const { Cell::new(false) };
}

/// What this thread has spent so far.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn nanoseconds(since: Duration) -> u64 {
    let spent = spent().saturating_sub(since).as_nanos();
    u64::try_from(spent).unwrap_or(u64::MAX)
}

impl Stats {
    fn add(&self, stage: Stage, nanoseconds: u64) {
        if let Some(sum) = self.nanoseconds.get(stage as usize) {
            sum.fetch_add(nanoseconds, Ordering::Relaxed);
        }
    }

    /// What a stage took, of all threads together.
    #[must_use]
    pub fn time(&self, stage: Stage) -> Duration {
        let of = |stage: Stage| {
            let sum = self.nanoseconds.get(stage as usize);
            sum.map_or(0, |sum| sum.load(Ordering::Relaxed))
        };
        let sum = if stage == Stage::State {
            // Every window is walked once, whoever walks it, and whoever walks applies; what else is done meanwhile is known.
            let walks = self.walks.load(Ordering::Relaxed);
            let within = self.within_walks.load(Ordering::Relaxed);
            let applied = walks.saturating_sub(within);
            let applied = applied.saturating_sub(of(Stage::Collect));
            of(Stage::State).saturating_add(applied)
        } else {
            of(stage)
        };
        Duration::from_nanos(sum)
    }

    /// Events that rules, filters or columns were asked about.
    #[must_use]
    pub fn shown(&self) -> u64 {
        self.shown.load(Ordering::Relaxed)
    }

    /// Bytes of rows and columns, as they are decompressed.
    #[must_use]
    pub fn decompressed(&self) -> u64 {
        self.decompressed.load(Ordering::Relaxed)
    }

    /// Windows that workers walked, and those that the thread walked that applies.
    #[must_use]
    pub fn windows(&self) -> (u64, u64) {
        let [given, kept] = &self.windows;
        (given.load(Ordering::Relaxed), kept.load(Ordering::Relaxed))
    }

    /// Rows that were decoded, by the name of their event.
    #[must_use]
    pub fn walked(&self) -> BTreeMap<String, u64> {
        self.walked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Processor time of each thread that worked, in the order in which they first ended something.
    #[must_use]
    pub fn threads(&self) -> Vec<Duration> {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.iter().map(|(_, time)| *time).collect()
    }

    /// The share of the work of one thread that only one thread at a time can do, between 0 and 1: what is left of the time when there are any number of cores.
    #[must_use]
    pub fn serial_share(&self) -> f64 {
        let sum = |stages: &[Stage]| -> f64 {
            let times = stages.iter().map(|stage| self.time(*stage));
            times.map(|time| time.as_secs_f64()).sum()
        };
        let serial = sum(&[Stage::Read, Stage::State, Stage::Sink]);
        let all = serial + sum(&[Stage::Decode, Stage::Collect]);
        if all > 0.0 { serial / all } else { 0.0 }
    }
}

/// Who looks at the clock, if anybody asked for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watch<'s>(pub(super) Option<&'s Stats>);

impl Watch<'_> {
    /// Does a stage's work.
    pub(super) fn of<T>(self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let Self(Some(stats)) = self else {
            return work();
        };
        let since = spent();
        let done = work();
        stats.add(stage, nanoseconds(since));
        done
    }

    /// Decodes a block.
    pub(super) fn decode(self, work: impl FnOnce() -> Decoded) -> Decoded {
        let decoded = self.of(Stage::Decode, work);
        if let (Self(Some(stats)), Some(rows)) = (self, decoded.rows()) {
            let bytes = rows.decompressed_bytes();
            stats.decompressed.fetch_add(bytes, Ordering::Relaxed);
            let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
            for view in rows.iter() {
                *counts.entry(view.name()).or_default() += 1;
            }
            let mut walked = stats.walked.lock().unwrap_or_else(PoisonError::into_inner);
            for (name, count) in counts {
                *walked.entry(name.to_owned()).or_default() += count;
            }
        }
        decoded
    }

    /// Walks a block.
    pub(super) fn walk<T>(self, work: impl FnOnce() -> T) -> T {
        let Self(Some(stats)) = self else {
            return work();
        };
        let since = spent();
        WALKS.set(true);
        let done = work();
        WALKS.set(false);
        stats.walks.fetch_add(nanoseconds(since), Ordering::Relaxed);
        done
    }

    /// A window was given to a worker, or kept.
    pub(super) fn window(self, is_given: bool) {
        if let Self(Some(stats)) = self {
            let [given, kept] = &stats.windows;
            let sum = if is_given { given } else { kept };
            sum.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Does all that a thread does.
    pub(super) fn thread<T>(self, work: impl FnOnce() -> T) -> T {
        let Self(Some(stats)) = self else {
            return work();
        };
        let since = spent();
        let done = work();
        let spent = Duration::from_nanos(nanoseconds(since));
        let mut threads = stats.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let this = thread::current().id();
        match threads.iter_mut().find(|(id, _)| *id == this) {
            Some((_, sum)) => *sum += spent,
            None => threads.push((this, spent)),
        }
        done
    }
}

/// What parts of a pass are asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'d> {
    pub(super) demand: &'d Demand,
    pub(super) watch: Watch<'d>,
}

/// Items whose reading is timed.
pub(super) struct TimedItems<'s, I>(pub(super) I, pub(super) &'s Stats);

impl<I: Stream> Iterator for TimedItems<'_, I> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let Self(items, stats) = self;
        Watch(Some(stats)).of(Stage::Read, || items.next())
    }
}

impl<I: Stream> Stream for TimedItems<'_, I> {
    fn bytes_done(&self) -> u64 {
        self.0.bytes_done()
    }

    fn unread(self) -> Vec<Item> {
        self.0.unread()
    }
}

/// A collector whose children are timed.
pub(super) struct TimedCollector<'c, C>(pub(super) &'c C, pub(super) &'c Stats);

/// One of them.
pub(super) struct TimedChild<'c, C> {
    child: C,
    stats: &'c Stats,
    shown: u32,
    /// What a look at the clock costs, in nanoseconds.
    look: u64,
}

impl<C: Collector> Collector for TimedCollector<'_, C> {
    type Harvest = C::Harvest;
    type Child<'c>
        = TimedChild<'c, C::Child<'c>>
    where
        Self: 'c;

    fn child(&self) -> Self::Child<'_> {
        let since = spent();
        for _ in 1..LOOKS_TO_KNOW {
            let _ = spent();
        }
        let look = nanoseconds(since) / u64::from(LOOKS_TO_KNOW);
        TimedChild {
            child: self.0.child(),
            stats: self.1,
            shown: 0,
            look,
        }
    }
}

impl<C: Child> Child for TimedChild<'_, C> {
    type Harvest = C::Harvest;

    fn event(&mut self, seen: &Seen<'_>) {
        self.shown += 1;
        if self.shown < EVENTS_PER_LOOK {
            return self.child.event(seen);
        }
        let since = spent();
        self.child.event(seen);
        // Who walks for a collector puts together what it asks, and who only applies does not. That was done before, so it is done again for the clock.
        black_box(seen.context.again(seen.view));
        let spent = nanoseconds(since).saturating_sub(self.look);
        let stands_for = std::mem::take(&mut self.shown);
        self.stats
            .add(Stage::Collect, spent * u64::from(stands_for));
        self.stats
            .shown
            .fetch_add(u64::from(stands_for), Ordering::Relaxed);
    }

    fn ahead(&mut self, view: &EventView<'_>, standing: &Standing<'_>) {
        self.child.ahead(view, standing);
    }

    fn item_ahead(&mut self, item: &Item, standing: &Standing<'_>) {
        self.child.item_ahead(item, standing);
    }

    fn item(&mut self, item: &Item, standing: &Standing<'_>) {
        self.child.item(item, standing);
    }

    fn ended(&mut self, standing: &Standing<'_>) {
        self.child.ended(standing);
    }

    fn is_full(&mut self) -> bool {
        self.child.is_full()
    }

    fn is_ready(&mut self) -> bool {
        self.child.is_ready()
    }

    fn harvest(&mut self) -> Option<C::Harvest> {
        let shown = std::mem::take(&mut self.shown);
        let shown = u64::from(shown);
        self.stats.shown.fetch_add(shown, Ordering::Relaxed);
        let since = spent();
        let harvest = self.child.harvest();
        let spent = nanoseconds(since).saturating_sub(self.look);
        self.stats.add(Stage::Collect, spent);
        if !WALKS.get() {
            self.stats.walks.fetch_add(spent, Ordering::Relaxed);
        }
        harvest
    }
}

/// A sink that is timed.
pub(super) struct TimedSink<'s, S>(pub(super) &'s mut S, pub(super) &'s Stats);

impl<H, S: Sink<H>> Sink<H> for TimedSink<'_, S> {
    fn block(&mut self, block: &Block) -> Interest {
        self.0.block(block)
    }

    fn harvest(&mut self, harvest: H) -> io::Result<Flow> {
        let Self(sink, stats) = self;
        let since = spent();
        let flow = sink.harvest(harvest);
        let spent = nanoseconds(since);
        stats.add(Stage::Sink, spent);
        if WALKS.get() {
            stats.within_walks.fetch_add(spent, Ordering::Relaxed);
        }
        flow
    }

    fn item(&mut self, item: &Item) -> io::Result<()> {
        self.0.item(item)
    }

    fn progress(&mut self, bytes: u64) {
        self.0.progress(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share belongs to the work, and not to how it was spread: a window that is applied a second time changes neither.
    #[test]
    fn what_is_applied_again_changes_neither_state_nor_share() {
        let check = |again: u64| {
            let stats = Stats::default();
            for (stage, nanoseconds) in [
                (Stage::Read, 10),
                (Stage::Decode, 30),
                (Stage::State, 5),
                (Stage::Again, again),
                (Stage::Collect, 40),
                (Stage::Sink, 8),
            ] {
                stats.add(stage, nanoseconds);
            }
            stats.walks.fetch_add(100, Ordering::Relaxed);
            stats.within_walks.fetch_add(8, Ordering::Relaxed);
            // 100 in walks without 8 of the sink and 40 of rules, and 5 of snapshots.
            assert_eq!(stats.time(Stage::State), Duration::from_nanos(57));
            assert_eq!(stats.time(Stage::Again), Duration::from_nanos(again));
            let share = stats.serial_share();
            assert!((share - 75.0 / 145.0).abs() < 1e-9, "{share}");
        };
        [0, 25, 52, 1_000].into_iter().for_each(check);
    }
}
