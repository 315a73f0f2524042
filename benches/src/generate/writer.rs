//! The thread that encodes blocks and writes segments, in the order in which it is told.
//!
//! The tags, the boot and the numbers of the recording come from the seed, so that the same seed gives the same bytes.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender};

use anyhow::{Context as _, Result};
use falco_format::{
    BootId, ClockPair, Dialect, Digest, FileIo, FormatVersion, RowBatch, Schema, SegmentHeader,
    SegmentWriter, Sequel, limits, segment_file_name,
};

use super::node::HOSTNAME;
use super::random::Random;

/// What is to be written.
pub(super) enum Order {
    Events(RowBatch),
    Clock(ClockPair),
    /// Seals the segment, if there is one, and begins the next with this snapshot.
    Rotate {
        state: Vec<RowBatch>,
        clock: ClockPair,
    },
}

pub(super) struct Writer {
    directory: PathBuf,
    random: Random,
    boot: [u8; 16],
    recording: u64,
    segment: Option<SegmentWriter<FileIo>>,
    number: u64,
    previous: Option<Digest>,
    /// Bytes of sealed segments.
    bytes: u64,
    /// Told the bytes of each block of events.
    tell: Sender<u64>,
}

impl Writer {
    pub(super) fn new(directory: &Path, seed: u64, tell: Sender<u64>) -> Self {
        let mut random = Random::new(seed ^ 0x5eed);
        let mut boot = [0; 16];
        boot[..8].copy_from_slice(&random.next().to_le_bytes());
        boot[8..].copy_from_slice(&random.next().to_le_bytes());
        Writer {
            directory: directory.to_path_buf(),
            recording: random.next(),
            random,
            boot,
            segment: None,
            number: 0,
            previous: None,
            bytes: 0,
            tell,
        }
    }

    /// Writes until nobody tells it more; how many bytes the capture has.
    pub(super) fn run(mut self, orders: &Receiver<Order>) -> Result<u64> {
        for order in orders {
            match order {
                Order::Events(batch) => {
                    let block = batch.encode(limits::DEFAULT_LEVEL);
                    let segment = self.segment.as_mut().context("a segment is begun")?;
                    segment.events(&block)?;
                    // Nobody listens behind the last block.
                    let _ = self.tell.send(block.bytes.len() as u64);
                }
                Order::Clock(pair) => {
                    let segment = self.segment.as_mut().context("a segment is begun")?;
                    segment.clock(&[pair])?;
                }
                Order::Rotate { state, clock } => {
                    self.seal(Sequel::GoesOn)?;
                    self.begin(&state, clock)?;
                }
            }
        }
        self.seal(Sequel::Ended)?;
        Ok(self.bytes)
    }

    fn seal(&mut self, sequel: Sequel) -> Result<()> {
        if let Some(segment) = self.segment.take() {
            let summary = segment.finish_with(sequel)?;
            self.previous = Some(summary.digest);
            self.bytes += summary.bytes;
        }
        Ok(())
    }

    fn begin(&mut self, state: &[RowBatch], clock: ClockPair) -> Result<()> {
        self.number += 1;
        let header = SegmentHeader {
            version: FormatVersion::CURRENT,
            boot_id: BootId(self.boot),
            node: HOSTNAME.to_owned(),
            dialect: Dialect::Native,
            segment_number: self.number,
            previous: self.previous,
            created_realtime: clock.realtime_ns,
            recording: Some(self.recording),
            capture: Some(self.recording),
        };
        let path = self.directory.join(segment_file_name(self.number));
        let file = FileIo::create(&path).with_context(|| path.display().to_string())?;
        let mut segment = SegmentWriter::with_tag(file, header, self.random.next())?;
        segment.schema(&Schema::native())?;
        segment.clock(&[clock])?;
        for batch in state {
            segment.state(&batch.encode(limits::DEFAULT_LEVEL))?;
        }
        self.segment = Some(segment);
        Ok(())
    }
}
