//! The writer thread: messages become segments.
//!
//! Owns the segment that is being written, rotation, and what happens when the disk does not take what it is given.
//!
//! **Durability.** Each item is one `write`, made as soon as its block is encoded: `kill -9` costs what was not yet written, less than a second.
//! `fdatasync` follows every [`SYNC_INTERVAL`] and when a segment is sealed: a loss of power costs at most that much more.
//!
//! **Rotation.** A new segment begins with a snapshot that another thread takes while this one goes on.
//! Blocks with events after the snapshot's beginning are held back and follow it, so that the new segment can be read alone without missing a change; the hold is short, so that `kill -9` costs no more than at other times, and what exceeds it goes to the old segment instead.
//!
//! **A full disk.** With a budget the oldest segment makes room; without one, blocks that find no room become LOST intervals, which are written as soon as they can be.

mod reserve;
mod rotation;
mod segments;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant, SystemTime};

use falco_format::{
    CaptureError, CaptureWriter, ClockPair, EncodedBlock, FileIo, Schema, SegmentWriter, WriteError,
};

use crate::compress::{Message, SnapshotBlocks};
use crate::loss::{self, LossSums, PendingLosses};
use crate::retain::{Budget, Kept, Retention};
use crate::snapshot;
use crate::stats::Stats;

use reserve::Reserve;
use rotation::Rotation;

/// How often what was written is made to survive a loss of power.
pub const SYNC_INTERVAL: Duration = Duration::from_secs(5);
/// How long the writer waits for a message before it looks at its clocks.
const TICK: Duration = Duration::from_millis(100);
/// How long to wait before a segment is begun anew when the last attempt failed.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
/// How much room a new segment must find before it is tried: a schema, a snapshot of a small host, a few blocks.
const SEGMENT_ROOM_BYTES: u64 = 1 << 20;

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
    /// The zstd level.
    pub level: i32,
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
}

/// Tells the user something while recording.
pub type Notice = Box<dyn Fn(&str) + Send>;

/// The writer.
pub struct Writer {
    capture: CaptureWriter,
    config: WriterConfig,
    schema: Arc<Schema>,
    segment: Option<SegmentWriter<FileIo>>,
    opened: Instant,
    synced: Instant,
    is_dirty: bool,
    retention: Retention,
    reserve: Option<Reserve>,
    rotation: Option<Rotation>,
    /// When a segment was last tried to begin and could not.
    failed_at: Option<Instant>,
    /// Whether the segment must not be written any further.
    is_spoiled: bool,
    pending: PendingLosses,
    report: WriteReport,
    notice: Notice,
    stats: Arc<Stats>,
    requests: SyncSender<Message>,
}

impl Writer {
    /// Takes a directory, and begins the first segment with the first snapshot. Snapshots for rotation are sent through `requests` to the messages of [`Writer::run`].
    pub fn start(
        capture: CaptureWriter,
        config: WriterConfig,
        first: (ClockPair, &SnapshotBlocks),
        channel: SyncSender<Message>,
        stats: Arc<Stats>,
        notice: Notice,
    ) -> Result<Writer, CaptureError> {
        let existing = capture.existing().iter();
        let existing: Vec<Kept> = existing
            .map(|file| Kept {
                path: file.path.clone(),
                bytes: file.bytes,
            })
            .collect();
        let now = Instant::now();
        let mut writer = Writer {
            retention: Retention::new(config.budget, existing),
            reserve: Reserve::take(capture.directory()).ok(),
            capture,
            config,
            schema: Schema::native(),
            segment: None,
            opened: now,
            synced: now,
            is_dirty: false,
            rotation: None,
            failed_at: None,
            is_spoiled: false,
            pending: PendingLosses::default(),
            report: WriteReport::default(),
            notice,
            stats,
            requests: channel,
        };
        writer.begin_segment(first.0, &first.1.blocks)?;
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
            Message::Events(block) => self.write_events(*block),
            Message::Watermark(_) | Message::Snapshot(_) | Message::End => {}
        }
    }

    fn write_events(&mut self, block: EncodedBlock) {
        loop {
            let result = match (self.write_pending(), &mut self.segment) {
                (true, Some(segment)) => segment.events(&block),
                // What was lost before is said before what follows, or the order would lie.
                _ => return self.lose(block),
            };
            match result {
                Ok(()) => {
                    self.stats
                        .wrote(block.rows as u64, block.bytes.len() as u64);
                    self.is_dirty = true;
                    self.failed_at = None;
                    break;
                }
                Err(error) if error.is_no_space() && self.retention.make_room() => {
                    self.disk_full("the oldest segments make room");
                }
                Err(error) => {
                    self.noted(Err(error));
                    return self.lose(block);
                }
            }
        }
        let active = self.segment.as_ref().map_or(0, SegmentWriter::bytes);
        self.retention.enforce(active, SystemTime::now());
    }

    /// Writes the losses that wait. Returns whether none waits any more.
    fn write_pending(&mut self) -> bool {
        if self.pending.is_empty() {
            return true;
        }
        loop {
            let Some(segment) = &mut self.segment else {
                return false;
            };
            match segment.lost(&self.pending.intervals()) {
                Ok(()) => {
                    self.pending.clear();
                    self.is_dirty = true;
                    return true;
                }
                Err(error) if error.is_no_space() && self.retention.make_room() => {}
                Err(error) => {
                    self.noted(Err(error));
                    return false;
                }
            }
        }
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
            self.disk_full("what finds no room is counted as lost");
        } else if self.report.error.is_none() {
            (self.notice)(&with_sources(&error));
        }
        self.is_spoiled |= matches!(error, WriteError::Sync(_));
        self.report.error = Some(with_sources(&error));
    }

    fn disk_full(&mut self, consequence: &str) {
        if !self.report.disk_full {
            let directory = self.capture.directory().path().display();
            (self.notice)(&format!("no space left in {directory}: {consequence}"));
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
        if self.rotation.as_ref().is_some_and(Rotation::is_abandoned) {
            self.rotation = None;
            self.failed_at = Some(Instant::now());
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
        let room = self.capture.directory().room().unwrap_or(u64::MAX);
        self.config.budget.is_limited() || room >= SEGMENT_ROOM_BYTES
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
        self.write_pending();
        self.seal();
        if !self.pending.is_empty() {
            (self.notice)("the capture could not take what it says of its losses: it ends unsaid");
        }
        self.report.dropped = self.retention.dropped;
        self.report
    }
}

/// An error with everything that caused it, in one line.
pub fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
