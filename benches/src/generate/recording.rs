//! Rows become a capture as the recorder's do: sequence numbers and times per CPU, blocks closed at watermarks, segments begun with STATE and sealed in a chain.
//!
//! Rows in, in the order in which they happen; what a segment begins with is put together by whoever knows the node.
//! Blocks are encoded and written by the thread of `writer`; where it stands when a segment is full is waited for, so that the bytes do not depend on how fast it is.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Result, anyhow};
use falco_abi::frame::CPU_RECORDER;
use falco_format::{
    BlockBuilder, BlockLimits, ClockPair, Pid, RowBatch, RowMeta, RowOrder, Tid, UnixNanos,
};

use super::Generator;
use super::row::Row;
use super::writer::{Order, Writer};

/// CPUs of the node.
pub(super) const CPUS: usize = 8;
/// When the recording begins, nanoseconds since the boot.
pub(super) const BEGIN: u64 = 3_600_000_000_000;
/// The wall clock at the boot: the first moment of 2026.
pub(super) const BOOT_REALTIME: u64 = 1_767_225_600_000_000_000;
/// When a block is closed beside its rows, as the recorder does: by age and by bytes.
const BLOCK_AGE: u64 = 500_000_000;
const BLOCK_BYTES: usize = 8 << 20;
/// Every so many blocks the wall clock is stepped by so many nanoseconds, and a CLOCK item tells it.
const BLOCKS_PER_STEP: u64 = 50;
const STEP: u64 = 2_000_000;
/// Blocks that are written while the next is made.
const AHEAD: u64 = 2;

/// Whom an event is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    pub(super) tid: u32,
    pub(super) pid: u32,
    pub(super) start: u64,
}

/// The recorder's side of the generator.
pub(super) struct Recording {
    /// The row that is put together.
    pub(super) row: Row,
    builder: BlockBuilder,
    orders: SyncSender<Order>,
    written: Receiver<u64>,
    writer: JoinHandle<Result<u64>>,
    last: [u64; CPUS],
    sequence: [u64; CPUS],
    own_sequence: u64,
    own_last: u64,
    opened: u64,
    /// Everything up to here is in a block.
    watermark: u64,
    blocks: u64,
    told: u64,
    stepped: u64,
    segment_bytes: u64,
    block_rows: usize,
    written_bytes: u64,
    events: u64,
}

impl Recording {
    pub(super) fn create(directory: &Path, generator: &Generator) -> Result<Self> {
        std::fs::create_dir_all(directory)?;
        let (orders, taken) = sync_channel(AHEAD as usize);
        let (tell, written) = channel();
        let writer = Writer::new(directory, generator.seed, tell);
        Ok(Recording {
            row: Row::new(),
            builder: builder(RowOrder::TimeCpu),
            orders,
            written,
            writer: std::thread::spawn(move || writer.run(&taken)),
            last: [BEGIN; CPUS],
            sequence: [0; CPUS],
            own_sequence: 0,
            own_last: BEGIN,
            opened: BEGIN,
            watermark: BEGIN,
            blocks: 0,
            told: 0,
            stepped: 0,
            segment_bytes: generator.segment_bytes,
            block_rows: generator.block_rows,
            written_bytes: 0,
            events: 0,
        })
    }

    pub(super) fn events(&self) -> u64 {
        self.events
    }

    /// Takes the row that was put together as an event of a CPU, and tells at which time it stands: strictly increasing on each CPU.
    pub(super) fn event(&mut self, subject: Subject, cpu: usize, time: u64) -> Result<u64> {
        let time = time.max(self.last[cpu] + 1).max(self.watermark + 1);
        self.last[cpu] = time;
        let sequence = self.sequence[cpu];
        self.sequence[cpu] += 1;
        self.push(subject, cpu as u16, (time, sequence))?;
        Ok(time)
    }

    /// Takes the row as one that the recorder tells of itself.
    pub(super) fn own(&mut self, time: u64) -> Result<()> {
        let nobody = Subject {
            tid: 0,
            pid: 0,
            start: 0,
        };
        self.own_last = time.max(self.own_last + 1).max(self.watermark + 1);
        let sequence = self.own_sequence;
        self.own_sequence += 1;
        self.push(nobody, CPU_RECORDER, (self.own_last, sequence))
    }

    fn push(&mut self, subject: Subject, cpu: u16, (time, sequence): (u64, u64)) -> Result<()> {
        let meta = RowMeta {
            time,
            cpu,
            abi: 0,
            tid: Tid(subject.tid),
            pid: Pid(subject.pid),
            start: subject.start,
            sequence,
        };
        self.events += 1;
        self.row.push(&mut self.builder, &meta)
    }

    /// Closes a block if one is due. True where the segment is full and a snapshot should follow.
    pub(super) fn tick(&mut self, now: u64) -> Result<bool> {
        let is_due = now >= self.opened + BLOCK_AGE
            || self.builder.rows() >= self.block_rows
            || self.builder.raw_bytes() >= BLOCK_BYTES;
        if !is_due {
            return Ok(false);
        }
        self.close()?;
        Ok(self.written_bytes >= self.segment_bytes)
    }

    /// Closes a block with everything so far.
    fn close(&mut self) -> Result<()> {
        let last = self.last.iter().copied().max().unwrap_or(BEGIN);
        self.watermark = last.max(self.own_last);
        self.opened = self.watermark;
        while let Some(batch) = self.builder.take_until(self.watermark) {
            self.order(Order::Events(batch))?;
            self.blocks += 1;
            if self.blocks.is_multiple_of(BLOCKS_PER_STEP) {
                self.stepped += STEP;
                self.order(Order::Clock(self.clock()))?;
            }
        }
        while self.told + AHEAD < self.blocks {
            self.written_bytes += self.written.recv()?;
            self.told += 1;
        }
        Ok(())
    }

    /// The moment up to which everything is in a block.
    pub(super) fn watermark(&self) -> u64 {
        self.watermark
    }

    /// Begins a segment with these rows of a snapshot.
    pub(super) fn rotate(&mut self, state: Vec<RowBatch>) -> Result<()> {
        self.written_bytes = 0;
        let clock = self.clock();
        self.order(Order::Rotate { state, clock })
    }

    fn clock(&self) -> ClockPair {
        ClockPair {
            boottime_ns: self.watermark,
            realtime_ns: UnixNanos(BOOT_REALTIME + self.watermark + self.stepped),
        }
    }

    fn order(&self, order: Order) -> Result<()> {
        // What the writer failed at is told by its end.
        let sent = self.orders.send(order);
        sent.map_err(|_| anyhow!("the capture cannot be written further"))
    }

    /// Ends the recording; how many bytes it has.
    pub(super) fn finish(mut self) -> Result<u64> {
        let closed = self.close();
        drop(self.orders);
        let written = self.writer.join();
        let bytes = written.map_err(|_| anyhow!("the writing thread has panicked"))??;
        closed?;
        Ok(bytes)
    }
}

/// A builder whose blocks are closed by whoever fills it.
pub(super) fn builder(order: RowOrder) -> BlockBuilder {
    BlockBuilder::new(order, BlockLimits::default())
}
