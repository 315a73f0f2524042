//! The writer thread: messages become segments.
//!
//! Owns the segment that is being written, rotation, and what happens when the disk does not take what it is given.
//!
//! **Durability.** Each item is one `write`, made as soon as its block is encoded: `kill -9` costs what was not yet written, less than a second.
//! `fdatasync` follows every [`SYNC_INTERVAL`] and when a segment is sealed: a loss of power costs at most that much more.
//!
//! **The beginning.** The first segment begins with the first snapshot where that is there within [`FIRST_SNAPSHOT_WAIT`]; else it begins without, so that events reach the disk all the same, and the next begins with it as soon as it comes.
//!
//! **Rotation.** A new segment begins with a snapshot that another thread takes while this one goes on.
//! Blocks with events after the snapshot's beginning are held back and follow it, so that the new segment can be read alone without missing a change; the hold is short, so that `kill -9` costs no more than at other times, and what exceeds it goes to the old segment instead.
//!
//! **The budget.** It holds for all segments of all boots and the one that is written: the oldest goes when a block was written that exceeds it, so that it is exceeded by one block at most.
//! No segment takes more than half of it: one that would, because the snapshot for the next takes long, is sealed, and the next begins without a snapshot; state goes on from the one before.
//!
//! **A full disk.** Blocks that find no room become LOST intervals, which are written as soon as they can be; what is kept stays.
//!
//! **Files that vanish.** Twice a second and before each block the writer looks whether its segment is still there; one that was removed or cut is told, its events count as lost, and recording goes on in a new one.

mod fate;
mod reserve;
mod rotation;
mod segments;
mod standing;
mod vouch;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant, SystemTime};

use falco_format::{
    CaptureError, ClockPair, EncodedBlock, FileIo, Schema, SegmentWriter, Sequel, WriteError,
};

use crate::causes::with_sources;
use crate::compress::{Message, SnapshotBlocks};
use crate::loss::{self, LossSums, PendingLosses};
use crate::priority::Priority;
use crate::retain::{Budget, Retention};
use crate::root::Store;
use crate::snapshot;
use crate::stats::Stats;
use crate::units::show_bytes;
use crate::vouch::{Vouched, Vouching};

use reserve::Reserve;
use rotation::Rotation;
use standing::Standing;

/// How often what was written is made to survive a loss of power.
pub const SYNC_INTERVAL: Duration = Duration::from_secs(5);
/// How long the first segment waits for the first snapshot: with the rest of a batch's age, `kill -9` costs no more than about a second at the start either.
pub const FIRST_SNAPSHOT_WAIT: Duration = Duration::from_millis(750);
/// How long the writer waits for a message before it looks at its clocks.
const TICK: Duration = Duration::from_millis(100);
/// How long to wait before a segment is begun anew when the last attempt failed.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
/// How much room a new segment must find before it is tried: a schema, a snapshot of a small host, a few blocks.
const SEGMENT_ROOM_BYTES: u64 = 1 << 20;

/// The share of the budget that one segment may take, in sixteenths: with its index two of them fit.
const SEGMENT_SHARE: u64 = 7;
/// The share that a snapshot may take, in sixteenths: the rest of the segment is for events.
const SNAPSHOT_SHARE: u64 = 4;

/// How segments are written.
#[derive(Clone, Debug)]
pub struct WriterConfig {
    /// The size at which the next segment is begun, in bytes.
    pub segment_bytes: u64,
    /// The age at which the next segment is begun.
    pub segment_age: Duration,
    /// How much is kept.
    pub budget: Budget,
    /// How snapshots are taken.
    pub snapshot: snapshot::Options,
    /// How long the first segment waits for the first of them.
    pub first_snapshot_wait: Duration,
    /// The zstd level.
    pub level: i32,
    /// How long events wait before they become a block.
    pub latency: Duration,
    /// How urgent all this is.
    pub priority: Priority,
}

/// What was written.
#[derive(Clone, Debug, Default)]
pub struct WriteReport {
    /// Segments that were begun.
    pub segments: u64,
    /// Segments that could not be sealed; they stay readable.
    pub unsealed: u64,
    /// Segments that the budget dropped.
    pub dropped: u64,
    /// Segments that somebody removed or cut.
    pub destroyed: u64,
    /// Events.
    pub events: u64,
    /// Bytes of segments.
    pub bytes: u64,
    /// What was lost.
    pub lost: LossSums,
    /// The last error of writing, if there was one.
    pub error: Option<String>,
    /// Whether the disk was full at some time.
    pub disk_full: bool,
    /// Who vouches for it.
    pub vouched: Vouched,
}

/// Tells the user something while recording.
pub type Notice = Box<dyn Fn(&str) + Send>;

/// The writer.
pub struct Writer {
    store: Store,
    config: WriterConfig,
    schema: Arc<Schema>,
    segment: Option<SegmentWriter<FileIo>>,
    opened: Instant,
    synced: Instant,
    /// When it was last looked whether the segments are still there.
    looked: Instant,
    /// What the budget leaves to what is not pinned, as of the segment's beginning.
    available: Option<u64>,
    is_dirty: bool,
    retention: Retention,
    reserve: Option<Reserve>,
    standing: Standing,
    rotation: Option<Rotation>,
    /// When a segment was last tried to begin and could not.
    failed_at: Option<Instant>,
    /// Whether the next segment is wanted now: this one must not be written any further, lacks a snapshot, or somebody asked.
    is_spoiled: bool,
    /// Whether it was told that snapshots find no room.
    is_snapshot_left_out: bool,
    pending: PendingLosses,
    report: WriteReport,
    notice: Notice,
    stats: Arc<Stats>,
    vouching: Vouching,
    requests: SyncSender<Message>,
}

impl Writer {
    /// Takes a directory, and begins the first segment: with the first snapshot, or without it where that is still being taken.
    /// One that is late, and those for rotation, are sent through `requests` to the messages of [`Writer::run`].
    pub fn start(
        store: Store,
        config: WriterConfig,
        first: (ClockPair, Option<&SnapshotBlocks>),
        channel: SyncSender<Message>,
        (stats, vouching): (Arc<Stats>, Vouching),
        notice: Notice,
    ) -> Result<Writer, CaptureError> {
        let now = Instant::now();
        let retention = Retention::new(
            Arc::clone(&store.root),
            store.boot.clone(),
            config.budget,
            store.kept.iter().cloned(),
            store.dropped.clone(),
        );
        let mut writer = Writer {
            retention,
            reserve: Reserve::take(store.capture.directory()).ok(),
            store,
            config,
            schema: Schema::native(),
            segment: None,
            opened: now,
            synced: now,
            looked: now,
            standing: Standing::default(),
            available: None,
            is_dirty: false,
            rotation: None,
            failed_at: None,
            is_spoiled: false,
            is_snapshot_left_out: false,
            pending: PendingLosses::default(),
            report: WriteReport::default(),
            notice,
            stats,
            vouching,
            requests: channel,
        };
        writer.fit_budget();
        match first {
            (pair, Some(snapshot)) => writer.begin_with_snapshot(pair, &snapshot.blocks)?,
            (pair, None) => writer.begin_before_snapshot(pair)?,
        }
        Ok(writer)
    }

    /// Writes until the end is sent.
    pub fn run(mut self, messages: &Receiver<Message>) -> WriteReport {
        loop {
            match messages.recv_timeout(TICK) {
                Ok(Message::End) | Err(RecvTimeoutError::Disconnected) => return self.end(),
                Ok(Message::Snapshot(snapshot)) => {
                    // One that came too late would put changes before what they changed.
                    if self.rotation.is_some() {
                        self.rotate(&snapshot);
                    }
                }
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.look_at_clocks();
        }
    }

    /// Writes a message, or holds it back while a snapshot is taken.
    fn take(&mut self, message: Message) {
        let message = match &mut self.rotation {
            Some(rotation) => match rotation.hold(message) {
                Some(message) => message,
                None => return,
            },
            None => message,
        };
        self.write(message);
    }

    fn write(&mut self, message: Message) {
        match message {
            Message::Clock(pair) => {
                if let Some(segment) = &mut self.segment {
                    let result = segment.clock(&[pair]);
                    self.noted(result);
                }
            }
            Message::Lost(intervals) => {
                self.report.lost.add(&intervals);
                self.stats
                    .lost(intervals.iter().map(|interval| interval.count).sum());
                self.pending.add(&intervals);
                self.write_pending();
            }
            Message::Events(block, _held) => self.write_events(*block),
            Message::Watermark(watermark) => self.stats.reached(watermark),
            Message::Snapshot(_) | Message::End => {}
        }
    }

    fn write_events(&mut self, block: EncodedBlock) {
        self.look_at_active();
        self.keep_within_share(block.bytes.len() as u64);
        let result = match (self.write_pending(), &mut self.segment) {
            (true, Some(segment)) => segment.events(&block),
            // What was lost before is said before what follows, or the order would lie.
            _ => return self.lose(block),
        };
        if let Err(error) = result {
            self.noted(Err(error));
            return self.lose(block);
        }
        self.stats
            .wrote(block.rows as u64, block.bytes.len() as u64);
        self.is_dirty = true;
        self.failed_at = None;
        self.enforce();
    }

    /// Drops what the budget has no room for.
    fn enforce(&mut self) {
        enforce_beside(&mut self.retention, self.segment.as_mut(), 0);
    }

    /// Makes the budget what the disk has room for, and says so.
    fn fit_budget(&mut self) {
        let room = self.store.root.room().unwrap_or(u64::MAX);
        if let Some(fitting) = self.retention.fit_to(room) {
            (self.notice)(&format!(
                "the disk has no room for the budget: {} are kept at most",
                show_bytes(fitting)
            ));
        }
    }

    /// So many sixteenths of what the budget leaves; everything where there is no budget.
    fn share(&self, sixteenths: u64) -> u64 {
        let available = self.available.map(|bytes| bytes / 16);
        available.map_or(u64::MAX, |part| part.saturating_mul(sixteenths))
    }

    /// Seals a segment that would take too much of the budget with so many bytes more, and begins the next without waiting for a snapshot.
    fn keep_within_share(&mut self, more: u64) {
        let Some(segment) = &self.segment else {
            return;
        };
        let is_over = segment.bytes().saturating_add(more) > self.share(SEGMENT_SHARE);
        if is_over && segment.rows() > 0 && self.has_room_for_segment() {
            self.seal(Sequel::GoesOn);
            self.begin_in_haste();
        }
    }

    /// Writes the losses that wait. Returns whether none waits any more.
    fn write_pending(&mut self) -> bool {
        if self.pending.is_empty() {
            return true;
        }
        let Some(segment) = &mut self.segment else {
            return false;
        };
        let result = segment.lost(&self.pending.intervals());
        let is_written = result.is_ok();
        if is_written {
            self.pending.clear();
            self.is_dirty = true;
        }
        self.noted(result);
        is_written
    }

    /// Takes note of a block that cannot be written.
    fn lose(&mut self, block: EncodedBlock) {
        let lost = block.into_block().and_then(|block| loss::of_block(&block));
        match lost {
            Ok(lost) => {
                self.stats
                    .lost(lost.iter().map(|interval| interval.count).sum());
                self.report.lost.add(&lost);
                self.pending.add(&lost);
            }
            Err(error) => {
                self.report.error = Some(format!("a block could not be counted: {error}"))
            }
        }
    }

    /// Takes note of an error of writing, if it is one.
    fn noted(&mut self, result: Result<(), WriteError>) {
        let Err(error) = result else {
            return;
        };
        if error.is_no_space() {
            self.disk_full();
        } else if self.report.error.is_none() {
            (self.notice)(&with_sources(&error));
        }
        self.is_spoiled |= matches!(error, WriteError::Sync(_));
        self.report.error = Some(with_sources(&error));
    }

    fn disk_full(&mut self) {
        if !self.report.disk_full {
            let directory = self.store.root.path().display();
            (self.notice)(&format!(
                "no space left in {directory}: what is kept stays, and what finds no room is counted as lost"
            ));
        }
        self.report.disk_full = true;
    }

    fn look_at_clocks(&mut self) {
        if self
            .rotation
            .as_mut()
            .is_some_and(|rotation| rotation.is_too_long())
        {
            for message in self
                .rotation
                .as_mut()
                .map(Rotation::give_up)
                .unwrap_or_default()
            {
                self.write(message);
            }
        }
        if self.is_dirty && self.synced.elapsed() >= SYNC_INTERVAL {
            if let Some(segment) = &mut self.segment {
                let result = segment.sync();
                self.noted(result);
            }
            self.is_dirty = false;
            self.synced = Instant::now();
        }
        self.vouch();
        if self.rotation.as_ref().is_some_and(Rotation::is_abandoned) {
            self.rotation = None;
            self.failed_at = Some(Instant::now());
        }
        self.look_at_files();
        self.look_at_standing();
        if self.stats.take_wanted_rotation() {
            self.is_spoiled = true;
        }
        if self.rotation.is_none() && self.is_rotation_due() {
            self.rotation = Some(Rotation::begin(
                &self.config.snapshot,
                self.config.level,
                &self.requests,
            ));
        }
    }

    fn is_rotation_due(&self) -> bool {
        let is_due = self.segment.as_ref().is_none_or(|segment| {
            segment.bytes() >= self.config.segment_bytes
                || self.opened.elapsed() >= self.config.segment_age
                || self.is_spoiled
        });
        let may_retry = self
            .failed_at
            .is_none_or(|at| at.elapsed() >= RETRY_INTERVAL);
        is_due && may_retry && self.has_room_for_segment()
    }

    /// Whether a new segment can be begun. Without room the old one is better than none.
    fn has_room_for_segment(&self) -> bool {
        // With a budget of a small disk's size, the oldest makes room for what comes behind the beginning.
        let needed = self.share(2).min(SEGMENT_ROOM_BYTES);
        self.store.root.room().is_ok_and(|room| room >= needed)
    }

    fn end(mut self) -> WriteReport {
        for message in self
            .rotation
            .take()
            .map(Rotation::into_held)
            .unwrap_or_default()
        {
            self.write(message);
        }
        self.reserve = None;
        self.look_at_active();
        self.write_pending();
        self.seal(Sequel::Ended);
        if !self.pending.is_empty() {
            (self.notice)("the capture could not take what it says of its losses: it ends unsaid");
        }
        self.report.dropped = self.retention.dropped;
        self.report.vouched = std::mem::take(&mut self.vouching).finish();
        self.tell_the_end();
        self.report
    }
}

/// Drops what the budget has no room for beside a segment and so many bytes that it will take, and says so in it.
/// What it cannot take is told in the next one, which begins with all that was ever dropped.
fn enforce_beside(
    retention: &mut Retention,
    mut segment: Option<&mut SegmentWriter<FileIo>>,
    more: u64,
) {
    let bytes = segment.as_ref().map_or(0, |segment| segment.bytes());
    let active = bytes.saturating_add(more);
    retention.enforce(active, SystemTime::now(), |ranges| {
        let Some(segment) = &mut segment else {
            return active;
        };
        let _ = segment.dropped(ranges);
        segment.bytes().saturating_add(more)
    });
}
