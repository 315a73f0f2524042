//! The life of a segment: begun with what every segment begins with, sealed, or given up.

use std::time::{Instant, SystemTime};

use falco_format::{CaptureError, ClockPair, EncodedBlock, FileIo, SegmentWriter, WriteError};

use crate::clock;
use crate::compress::SnapshotBlocks;
use crate::retain::Kept;

use super::{Writer, with_sources};

impl Writer {
    /// Ends the segment and begins the next with this snapshot.
    pub(super) fn rotate(&mut self, snapshot: &SnapshotBlocks) {
        let held = self
            .rotation
            .take()
            .map(|rotation| rotation.into_held())
            .unwrap_or_default();
        if self.has_room_for_segment() {
            self.seal();
            if let Err(error) = self.begin_segment(clock::pair(), &snapshot.blocks) {
                self.failed_at = Some(Instant::now());
                self.report.error = Some(with_sources(&error));
                (self.notice)(&with_sources(&error));
            }
        }
        for message in held {
            self.write(message);
        }
    }

    pub(super) fn begin_segment(
        &mut self,
        pair: ClockPair,
        state: &[EncodedBlock],
    ) -> Result<(), CaptureError> {
        loop {
            let mut segment = match self.capture.next_segment(clock::realtime_ns()) {
                Ok(segment) => segment,
                Err(CaptureError::Write(error))
                    if error.is_no_space() && self.retention.make_room() =>
                {
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.report.segments = self.report.segments.saturating_add(1);
            let result = self.fill_start(&mut segment, pair, state);
            if let Err(error) = result {
                self.abandon(segment);
                return Err(error.into());
            }
            self.segment = Some(segment);
            self.opened = Instant::now();
            self.is_spoiled = false;
            self.is_dirty = true;
            return Ok(());
        }
    }

    /// Writes what every segment begins with, making room where that is allowed.
    fn fill_start(
        &mut self,
        segment: &mut SegmentWriter<FileIo>,
        pair: ClockPair,
        state: &[EncodedBlock],
    ) -> Result<(), WriteError> {
        let retention = &mut self.retention;
        let mut write = |item: &mut dyn FnMut() -> Result<(), WriteError>| loop {
            match item() {
                Err(error) if error.is_no_space() && retention.make_room() => {}
                result => return result,
            }
        };
        write(&mut || segment.schema(&self.schema))?;
        write(&mut || segment.clock(&[pair]))?;
        for block in state {
            write(&mut || segment.state(block))?;
        }
        Ok(())
    }

    /// Seals the segment; one that cannot be sealed stays as it is.
    pub(super) fn seal(&mut self) {
        let Some(segment) = self.segment.take() else {
            return;
        };
        let number = segment.header().segment_number;
        let (digest, bytes, rows) = (segment.digest(), segment.bytes(), segment.rows());
        let mut kept = Kept {
            path: self.capture.segment_path(number),
            bytes,
        };
        match segment.finish() {
            Ok(summary) => {
                self.capture.sealed(&summary);
                kept.bytes = summary.bytes;
            }
            Err(error) => {
                self.capture.abandoned(digest);
                self.report.unsealed = self.report.unsealed.saturating_add(1);
                self.noted(Err(error));
            }
        }
        self.count(kept.bytes, rows);
        self.retention.add(kept);
        self.retention.enforce(0, SystemTime::now());
    }

    /// Gives up a segment whose beginning could not be written.
    fn abandon(&mut self, segment: SegmentWriter<FileIo>) {
        self.capture.abandoned(segment.digest());
        let path = self.capture.segment_path(segment.header().segment_number);
        self.report.unsealed = self.report.unsealed.saturating_add(1);
        self.count(segment.bytes(), 0);
        self.retention.add(Kept {
            path,
            bytes: segment.bytes(),
        });
    }

    fn count(&mut self, bytes: u64, rows: u64) {
        self.report.bytes = self.report.bytes.saturating_add(bytes);
        self.report.events = self.report.events.saturating_add(rows);
    }
}
