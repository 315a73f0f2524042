//! The drain thread: takes frames from the rings and closes batches at watermarks.
//!
//! Frames in, [`Batch`]es out over a bounded channel; a frame is copied here and nothing else.
//! A batch is closed so: note the time, wait until every CPU has finished the frame it was at, drain every ring.
//! Then every frame up to that time is in this batch or an earlier one, and the worker can make blocks that are disjoint in order.
//! Between the note and the end of the batch lies the wait for accounts that its frames have asked for; it is short and rare, and draining goes on meanwhile.
//! When the channel is full, frames wait here up to a bound, then in the rings; the lanes are shed in their order.
//!
//! **Memory.** [`BACKLOG_BYTES`] bounds the frames of all batches that are not yet blocks, wherever they wait; closing a batch adds at most what the rings hold.
//! Frames lie in chunks of one size, so that nothing is copied to grow, and a chunk is freed as soon as its frames are rows.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::time::{Duration, Instant};

use falco_abi::{Lane, LossReason};
use falco_format::{ClockPair, LostInterval};

use crate::clock::{self, ClockWatch};
use crate::containers::ContainerTracker;
use crate::loss::LossWatch;
use crate::room::{Held, Room};
use crate::row::Row;
use crate::shed::Shedder;
use crate::source::{FrameSource, Lanes};
use crate::stats::Stats;

/// How long frames are collected before a batch is closed. Half a second, so that with the way to the disk `kill -9` costs less than one.
pub const BATCH_AGE: Duration = Duration::from_millis(500);
/// How many frames a batch has when it is closed early: just below what a block may have.
const BATCH_FRAMES: usize = 60_000;
/// How many bytes of frames a batch has when it is closed early: frames are larger than the rows they become.
const BATCH_BYTES: usize = 3 << 20;
/// How many bytes of frames wait between the rings and the blocks, in all batches together; beyond that only PROCESS is drained, and beyond half as much again nothing.
/// Four batches: one is collected, one becomes blocks, and as much again until lanes are shed.
pub const BACKLOG_BYTES: usize = 12 << 20;
/// The bytes of a chunk of frames; a frame is far smaller.
const CHUNK_BYTES: usize = 256 << 10;
/// The pause between two looks at the rings where little happens, and where much does.
const PAUSE_IDLE: Duration = Duration::from_millis(20);
const PAUSE_BUSY: Duration = Duration::from_millis(2);
/// How many rows of its own a batch takes, each a few hundred bytes: the accounts of some fifty containers. What is more waits where it came from.
const OWN_ROWS_MAX: usize = 4096;
/// How long a batch waits for the accounts that its frames have asked for, so that they stand before what is named by them. A reader that is slower is not waited for again before it has answered.
const ANSWERS_WAIT: Duration = Duration::from_millis(400);
/// How many frames in one look are much.
const BUSY_FRAMES: usize = 500;

/// Frames, one after the other.
#[derive(Debug, Default)]
pub struct Frames {
    chunks: VecDeque<Chunk>,
    bytes: usize,
    length: usize,
}

#[derive(Debug)]
struct Chunk {
    bytes: Vec<u8>,
    lengths: Vec<u32>,
    /// Counts the chunk as long as it is there.
    _held: Option<Held>,
}

impl Frames {
    /// Adds a frame; what it takes is counted in a room.
    pub fn push(&mut self, frame: &[u8], room: Option<&Arc<Room>>) {
        let fits = |chunk: &&mut Chunk| {
            chunk.bytes.len().saturating_add(frame.len()) <= chunk.bytes.capacity()
        };
        let chunk = match self.chunks.back_mut().filter(fits) {
            Some(chunk) => chunk,
            None => {
                let capacity = CHUNK_BYTES.max(frame.len());
                self.chunks.push_back(Chunk {
                    bytes: Vec::with_capacity(capacity),
                    lengths: Vec::new(),
                    _held: room.map(|room| room.take(capacity)),
                });
                let Some(chunk) = self.chunks.back_mut() else {
                    return;
                };
                chunk
            }
        };
        chunk.bytes.extend_from_slice(frame);
        // A ring holds less than 4 GiB, and so does a frame.
        let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        chunk.lengths.push(length);
        self.bytes = self.bytes.saturating_add(frame.len());
        self.length = self.length.saturating_add(1);
    }

    /// Gives out the frames in their order, and frees what it has given out.
    pub fn take_each(&mut self, mut take: impl FnMut(&[u8])) {
        while let Some(chunk) = self.chunks.pop_front() {
            let mut at = 0_usize;
            for length in &chunk.lengths {
                let end = at.saturating_add(*length as usize);
                take(chunk.bytes.get(at..end).unwrap_or_default());
                at = end;
            }
        }
        *self = Frames::default();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Their bytes, which are more than those of the rows they become.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn is_enough(&self) -> bool {
        self.len() >= BATCH_FRAMES || self.bytes >= BATCH_BYTES
    }
}

/// What was drained up to a watermark.
#[derive(Debug)]
pub struct Batch {
    /// Every frame up to the watermark that no earlier batch has, and some younger ones.
    pub frames: Frames,
    /// Nanoseconds of `CLOCK_BOOTTIME`; the largest number in the last batch.
    pub watermark: u64,
    /// What was learned of containers, as events: after everything of the batch before, and each later than the one before.
    pub own_rows: Vec<Row>,
    /// What was lost since the batch before.
    pub lost: Vec<LostInterval>,
    /// The clocks, if the wall clock was stepped.
    pub clock: Option<ClockPair>,
    /// Whether so much waits that its blocks are to be made in the cheapest way.
    pub is_in_haste: bool,
    /// Whether no batch follows.
    pub is_last: bool,
}

/// What the drain thread is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// End the recording: take what is there, and no more.
    Stop,
}

/// What the drain thread did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DrainReport {
    /// How many frames were taken.
    pub frames: u64,
    /// How often a lane was shed.
    pub times_shed: u64,
}

/// What the drain thread works beside.
#[derive(Debug)]
pub struct Aside {
    /// Who looks out for containers, if anybody does.
    pub tracker: Option<ContainerTracker>,
    /// The shared numbers.
    pub stats: Arc<Stats>,
    /// How long frames are collected before a batch is closed; [`BATCH_AGE`] unless somebody follows.
    pub age: Duration,
}

/// A batch that is complete but for answers.
#[derive(Clone, Copy, Debug)]
struct Closing {
    watermark: u64,
    /// How many questions its frames and those before had put.
    asked: u64,
    until: Instant,
}

/// The drain thread's state.
struct Drain<S> {
    source: S,
    out: SyncSender<Batch>,
    frames: Frames,
    /// Counts the frames of all batches.
    room: Arc<Room>,
    opened: Instant,
    /// The watermark of a batch that waits for answers.
    closing: Option<Closing>,
    answers_wait: Duration,
    /// Questions whose answers were not waited for to the end.
    given_up: u64,
    /// A closed batch that the worker has no room for yet.
    waiting: Option<Batch>,
    /// Who looks out for containers, if anybody does.
    tracker: Option<ContainerTracker>,
    /// What was learned of containers, and belongs into the next batch.
    own_rows: Vec<Row>,
    /// The time of the last of them or of the last watermark, whichever is later.
    own_rows_after: u64,
    stats: Arc<Stats>,
    age: Duration,
    losses: LossWatch,
    clock: ClockWatch,
    shedder: Shedder,
    report: DrainReport,
}

/// Drains until told to stop, or until nobody takes the batches. `clock` is the pair that was written first.
pub fn run<S: FrameSource>(
    source: S,
    clock: ClockPair,
    control: &Receiver<Control>,
    out: SyncSender<Batch>,
    aside: Aside,
) -> DrainReport {
    run_waiting(source, clock, control, (out, ANSWERS_WAIT), aside)
}

/// The same, where a batch waits as long as is said for accounts.
fn run_waiting<S: FrameSource>(
    source: S,
    clock: ClockPair,
    control: &Receiver<Control>,
    (out, answers_wait): (SyncSender<Batch>, Duration),
    aside: Aside,
) -> DrainReport {
    let now = Instant::now();
    let mut drain = Drain {
        source,
        out,
        frames: Frames::default(),
        room: Room::new(BACKLOG_BYTES),
        opened: now,
        closing: None,
        answers_wait,
        given_up: 0,
        waiting: None,
        tracker: aside.tracker,
        stats: aside.stats,
        age: aside.age,
        own_rows: Vec::new(),
        own_rows_after: 0,
        losses: LossWatch::new(clock.boottime_ns),
        clock: ClockWatch::new(clock),
        shedder: Shedder::new(BACKLOG_BYTES),
        report: DrainReport::default(),
    };
    let mut pause = PAUSE_IDLE;
    loop {
        match control.recv_timeout(pause) {
            Ok(Control::Stop) | Err(RecvTimeoutError::Disconnected) => return drain.stop(),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let Some(taken) = drain.turn() else {
            return drain.report;
        };
        pause = if taken >= BUSY_FRAMES || drain.closing.is_some() {
            PAUSE_BUSY
        } else {
            PAUSE_IDLE
        };
    }
}

impl<S: FrameSource> Drain<S> {
    /// One look at the rings. `None` when nobody takes the batches any more.
    fn turn(&mut self) -> Option<usize> {
        let waiting = self.room.used();
        let lanes = if waiting < BACKLOG_BYTES {
            Lanes::ALL
        } else if waiting < BACKLOG_BYTES / 2 * 3 {
            Lanes::NONE.with(Lane::Process)
        } else {
            Lanes::NONE
        };
        let taken = self.take(lanes);
        self.take_own_rows(OWN_ROWS_MAX);
        self.send_waiting()?;
        let due = self.frames.is_enough() || self.opened.elapsed() >= self.age;
        // Closing takes what the rings hold: not while there is no room.
        if due && self.closing.is_none() && self.waiting.is_none() && lanes != Lanes::NONE {
            self.note_watermark();
        }
        if let Some(closing) = self.closing
            && self.is_ready(closing)
        {
            self.closing = None;
            // What was read stands in the channel before it counts as answered.
            self.take_own_rows(OWN_ROWS_MAX);
            self.waiting = Some(self.batch(closing.watermark));
            self.send_waiting()?;
        }
        if let Some(lanes) = self.shedder.update(self.room.used())
            && self.source.shed(lanes)
            && lanes != Lanes::NONE
        {
            self.report.times_shed += 1;
            self.stats.shed();
        }
        Some(taken)
    }

    fn take(&mut self, lanes: Lanes) -> usize {
        let before = self.frames.len();
        let (frames, tracker, room) = (&mut self.frames, &mut self.tracker, &self.room);
        self.source.drain(lanes, &mut |frame| {
            frames.push(frame, Some(room));
            if let Some(tracker) = tracker {
                tracker.look(frame);
            }
        });
        self.stats.looked(self.source.take_fill());
        let taken = self.frames.len().saturating_sub(before);
        self.report.frames = self.report.frames.saturating_add(taken as u64);
        taken
    }

    /// Takes what was learned of containers, until there are so many.
    fn take_own_rows(&mut self, most: usize) {
        let Some(tracker) = &mut self.tracker else {
            return;
        };
        let room = most.saturating_sub(self.own_rows.len());
        self.own_rows.append(&mut tracker.take_rows(room));
    }

    fn send_waiting(&mut self) -> Option<()> {
        if let Some(batch) = self.waiting.take() {
            match self.out.try_send(batch) {
                Ok(()) => {}
                Err(TrySendError::Full(batch)) => self.waiting = Some(batch),
                Err(TrySendError::Disconnected(_)) => return None,
            }
        }
        Some(())
    }

    /// Notes the next watermark, and takes every frame up to it.
    fn note_watermark(&mut self) {
        let watermark = clock::boottime_ns();
        self.source.barrier();
        self.take(Lanes::ALL);
        self.closing = Some(Closing {
            watermark,
            asked: self.tracker.as_ref().map_or(0, ContainerTracker::asked),
            until: Instant::now() + self.answers_wait,
        });
    }

    /// Whether a batch waits no longer: everything is answered, or it must not wait.
    fn is_ready(&mut self, closing: Closing) -> bool {
        let Some(tracker) = &self.tracker else {
            return true;
        };
        if tracker.has_answered(closing.asked) {
            return true;
        }
        let is_slow = !tracker.has_answered(self.given_up);
        let is_over = Instant::now() >= closing.until || self.room.used() >= BACKLOG_BYTES / 2;
        if is_over && !is_slow {
            self.given_up = closing.asked;
        }
        if is_over || is_slow {
            tracker.is_late();
        }
        is_over || is_slow
    }

    /// Puts them in order: each has its own time, or the next one that is free, and none lies before what was closed.
    fn ordered_news(&mut self, watermark: u64) -> Vec<Row> {
        self.own_rows.sort_by_key(|row| row.time);
        // What was learned while the batch waited belongs to the next.
        let later = self.own_rows.partition_point(|row| row.time <= watermark);
        let later = self.own_rows.split_off(later);
        let mut own_rows = std::mem::replace(&mut self.own_rows, later);
        for row in &mut own_rows {
            row.time = row.time.max(self.own_rows_after.saturating_add(1));
            self.own_rows_after = row.time;
        }
        own_rows
    }

    fn batch(&mut self, watermark: u64) -> Batch {
        let own_rows = self.ordered_news(watermark);
        if watermark != u64::MAX {
            self.own_rows_after = self.own_rows_after.max(watermark);
        }
        let counters = self.source.losses();
        // Read after the counters: what they count was lost before.
        let pair = clock::pair();
        let lost = self.losses.update(&counters, pair.boottime_ns);
        self.opened = Instant::now();
        Batch {
            frames: std::mem::take(&mut self.frames),
            watermark,
            own_rows,
            lost,
            clock: self.clock.check(pair),
            is_in_haste: self.shedder.is_in_haste(self.room.used()),
            is_last: false,
        }
    }

    /// The last batch: the probe is detached first, so that nothing comes behind it.
    fn stop(mut self) -> DrainReport {
        self.source.stop();
        self.source.barrier();
        self.take(Lanes::ALL);
        if let Some(tracker) = &self.tracker {
            // A container that came and went within a short recording would otherwise stay without a name.
            tracker.settle();
        }
        // No later batch would take what the last one has no room for.
        self.take_own_rows(usize::MAX);
        if let Some(batch) = self.waiting.take() {
            // The worker may be slow, but it comes: nothing is given up at the end.
            let _ = self.out.send(batch);
        }
        let mut last = self.batch(u64::MAX);
        last.is_last = true;
        let _ = self.out.send(last);
        self.report
    }
}

/// An interval that says that a frame could not be parsed.
pub fn bad_frame(cpu: u16, lane: Lane, watermark: u64) -> LostInterval {
    LostInterval {
        cpu,
        lane,
        reason: LossReason::BadFrame,
        count: 1,
        last_good_time: 1,
        next_good_time: watermark,
    }
}
