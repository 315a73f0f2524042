//! The worker thread: batches become encoded blocks.
//!
//! Frames in, [`Message`]s for the writer out; splitting, ordering and compressing happen here, so that neither draining nor writing waits for them.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use falco_abi::Lane;
use falco_abi::frame::CPU_RECORDER;
use falco_abi::view::FrameView;
use falco_format::{
    BlockBuilder, BlockLimits, ClockPair, EncodedBlock, LostInterval, RawParam, RowMeta, RowOrder,
};

use crate::batch::{Batch, bad_frame};
use crate::gaps::GapWatch;
use crate::live::CPU_UNKNOWN;
use crate::loss::PendingLosses;
use crate::room::{Held, Room};
use crate::row::Row;

/// The raw bytes after which a block is full: a quarter of what the format allows, so that making one takes a quarter of the memory.
const BLOCK_BYTES: usize = 4 << 20;
/// The same where segments are small: each must have room for several.
const BLOCK_BYTES_MIN: usize = 256 << 10;
/// How many bytes of blocks wait for the writer; a disk that stands still for longer holds up the worker.
pub const BLOCKS_BYTES: usize = 8 << 20;
/// The zstd level of blocks that are made in haste.
const HASTE_LEVEL: i32 = -5;

/// How large blocks become in segments of this size.
pub fn block_limits(segment_bytes: u64) -> BlockLimits {
    let segment = usize::try_from(segment_bytes).unwrap_or(usize::MAX);
    BlockLimits {
        raw_bytes: segment.clamp(BLOCK_BYTES_MIN, BLOCK_BYTES),
        ..BlockLimits::default()
    }
}

/// What the writer is to write, in order.
#[derive(Debug)]
pub enum Message {
    /// The wall clock was stepped.
    Clock(ClockPair),
    /// Something was lost; what it touches follows.
    Lost(Vec<LostInterval>),
    /// A block of events, and the room that it takes.
    Events(Box<EncodedBlock>, Option<Held>),
    /// Everything up to this time has been sent.
    Watermark(u64),
    /// A snapshot that the writer asked for.
    Snapshot(Box<SnapshotBlocks>),
    /// Nothing follows.
    End,
}

/// A snapshot, encoded.
#[derive(Debug, Default)]
pub struct SnapshotBlocks {
    /// When it was begun, nanoseconds of `CLOCK_BOOTTIME`: events after that time come behind it.
    pub begun: u64,
    /// Its blocks.
    pub blocks: Vec<EncodedBlock>,
    /// What was seen.
    pub counts: crate::snapshot::Counts,
}

/// Makes blocks of batches until the last one has been sent on, or until nobody takes them.
pub fn run(batches: &Receiver<Batch>, out: &SyncSender<Message>, level: i32, limits: BlockLimits) {
    let mut worker = Worker {
        builder: BlockBuilder::new(RowOrder::TimeCpu, limits),
        gaps: GapWatch::default(),
        own_sequence: 0,
        level,
        room: Room::new(BLOCKS_BYTES),
    };
    // A worker that dies is an end like any other: what was written is sealed.
    let _end = EndGuard(out);
    for batch in batches {
        let is_last = batch.is_last;
        if worker.send_batch(batch, out).is_none() || is_last {
            break;
        }
    }
}

/// Sends the end when the worker is gone, whatever the reason.
struct EndGuard<'a>(&'a SyncSender<Message>);

impl Drop for EndGuard<'_> {
    fn drop(&mut self) {
        // A writer that is gone needs no end.
        let _ = self.0.send(Message::End);
    }
}

/// What goes on from batch to batch.
struct Worker {
    builder: BlockBuilder,
    gaps: GapWatch,
    /// The number of the recorder's next own row.
    own_sequence: u64,
    level: i32,
    /// Counts the blocks that wait for the writer.
    room: Arc<Room>,
}

impl Worker {
    fn send_batch(&mut self, mut batch: Batch, out: &SyncSender<Message>) -> Option<()> {
        let mut lost = PendingLosses::default();
        lost.add(&batch.lost);
        self.gaps.said(&batch.lost);
        self.builder
            .reserve(batch.frames.len(), batch.frames.bytes());
        batch.frames.take_each(|frame| {
            self.gaps.came(frame);
            if self.builder.push_frame(frame).is_err() {
                let (cpu, lane) = origin(frame);
                lost.add(&[bad_frame(cpu, lane, batch.watermark)]);
            }
        });
        for row in &batch.own_rows {
            self.add_own_row(row);
        }
        lost.add(&self.gaps.close(batch.watermark));
        if let Some(pair) = batch.clock {
            out.send(Message::Clock(pair)).ok()?;
        }
        if !lost.is_empty() {
            out.send(Message::Lost(lost.intervals())).ok()?;
        }
        let level = match batch.is_in_haste {
            true => self.level.min(HASTE_LEVEL),
            false => self.level,
        };
        while let Some(rows) = self.builder.take_until(batch.watermark) {
            let block = rows.encode(level);
            self.builder.recycle(rows);
            let held = self.room.wait(block.bytes.len());
            out.send(Message::Events(Box::new(block), Some(held)))
                .ok()?;
        }
        out.send(Message::Watermark(batch.watermark)).ok()
    }

    /// Adds a row of the recorder's own. Numbers are given to rows that are taken, so that none can go missing unseen.
    fn add_own_row(&mut self, row: &Row) {
        let meta = RowMeta {
            time: row.time,
            cpu: CPU_RECORDER,
            sequence: self.own_sequence,
            ..RowMeta::default()
        };
        let values = row.values.iter();
        let params: Vec<RawParam<'_>> = values
            .map(|value| RawParam {
                status: value.status,
                bytes: &value.bytes,
            })
            .collect();
        if self.builder.push(row.event, &meta, &params).is_ok() {
            self.own_sequence += 1;
        }
    }
}

/// The CPU and lane of a frame that could not be parsed, if as much of it is there.
fn origin(frame: &[u8]) -> (u16, Lane) {
    FrameView::new(frame).map_or((CPU_UNKNOWN, Lane::Process), |view| {
        (view.cpu(), view.known_lane().unwrap_or(Lane::Process))
    })
}
