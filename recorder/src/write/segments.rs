//! The life of a segment: begun with what every segment begins with, sealed, or given up.

use std::io;
use std::time::Instant;

use falco_format::{
    CaptureError, ClockPair, EncodedBlock, FileIo, SegmentWriter, Sequel, WriteError,
    segment_file_name,
};

use crate::causes::with_sources;
use crate::clock;
use crate::compress::SnapshotBlocks;
use crate::kept::KeptSegment;
use crate::units::show_bytes;

use super::rotation::Rotation;
use super::{SNAPSHOT_SHARE, Writer, enforce_beside};

/// How many names that somebody has taken are passed over: who plants more is told of.
const NAMES_TRIED: u32 = 64;

impl Writer {
    /// Ends the segment and begins the next with this snapshot.
    pub(super) fn rotate(&mut self, snapshot: &SnapshotBlocks) {
        let held = self
            .rotation
            .take()
            .map(|rotation| rotation.into_held())
            .unwrap_or_default();
        if self.has_room_for_segment() {
            self.seal(Sequel::GoesOn);
            let begun = self.begin_with_snapshot(clock::pair(), &snapshot.blocks);
            self.begun(begun);
        }
        for message in held {
            self.write(message);
        }
    }

    /// Begins a segment without a snapshot; one follows as soon as it is taken.
    pub(super) fn begin_in_haste(&mut self) {
        let begun = self.begin_segment(clock::pair(), &[]);
        self.begun(begun);
        // One that would find no room is not taken again before the segment is due.
        self.is_spoiled = !self.is_snapshot_left_out;
    }

    /// Begins the first segment while the first snapshot is still being taken; the next begins with that.
    pub(super) fn begin_before_snapshot(&mut self, pair: ClockPair) -> Result<(), CaptureError> {
        (self.notice)(
            "it takes long to look at everything that runs here: events are written meanwhile, and the segment after them begins with what was found",
        );
        self.begin_segment(pair, &[])?;
        self.rotation = Some(Rotation::awaited());
        // Should it never come, another is taken.
        self.is_spoiled = true;
        Ok(())
    }

    /// Takes note of a segment that could not be begun.
    fn begun(&mut self, begun: Result<(), CaptureError>) {
        if let Err(error) = begun {
            self.failed_at = Some(Instant::now());
            self.report.error = Some(with_sources(&error));
            (self.notice)(&with_sources(&error));
        }
    }

    /// Begins a segment with a snapshot, if the budget has room for that.
    pub(super) fn begin_with_snapshot(
        &mut self,
        pair: ClockPair,
        state: &[EncodedBlock],
    ) -> Result<(), CaptureError> {
        self.available = self.retention.available();
        let bytes = state.iter().map(|block| block.bytes.len() as u64);
        let bytes = bytes.fold(0, u64::saturating_add);
        if bytes <= self.share(SNAPSHOT_SHARE) {
            return self.begin_segment(pair, state);
        }
        if !self.is_snapshot_left_out {
            (self.notice)(&format!(
                "the budget has no room for a snapshot of {}: segments begin without one, and a replay knows less of what was there before; a budget of {} has room",
                show_bytes(bytes),
                show_bytes(bytes.saturating_mul(16 / SNAPSHOT_SHARE))
            ));
        }
        self.is_snapshot_left_out = true;
        self.begin_segment(pair, &[])
    }

    pub(super) fn begin_segment(
        &mut self,
        pair: ClockPair,
        state: &[EncodedBlock],
    ) -> Result<(), CaptureError> {
        let mut segment = self.next_segment()?;
        self.vouching.begin(&mut segment);
        self.report.segments = self.report.segments.saturating_add(1);
        if let Err(error) = self.fill_start(&mut segment, pair, state) {
            self.abandon(segment);
            return Err(error.into());
        }
        let name = self.name_of(segment.header().segment_number);
        self.stats.begin_segment(name);
        self.segment = Some(segment);
        self.available = self.retention.available();
        self.opened = Instant::now();
        self.is_spoiled = false;
        self.is_dirty = true;
        self.enforce();
        Ok(())
    }

    /// Creates the next file, under the first name that nobody has taken.
    fn next_segment(&mut self) -> Result<SegmentWriter<FileIo>, CaptureError> {
        let mut tried = 0;
        loop {
            match self.store.capture.next_segment(clock::realtime()) {
                Err(CaptureError::Write(WriteError::Create { source, .. }))
                    if source.kind() == io::ErrorKind::AlreadyExists && tried < NAMES_TRIED =>
                {
                    tried += 1;
                }
                result => return result,
            }
        }
    }

    /// Writes what every segment begins with.
    fn fill_start(
        &mut self,
        segment: &mut SegmentWriter<FileIo>,
        pair: ClockPair,
        state: &[EncodedBlock],
    ) -> Result<(), WriteError> {
        segment.schema(&self.schema)?;
        segment.clock(&[pair])?;
        segment.dropped(&self.retention.ranges())?;
        for block in state {
            segment.state(block)?;
            enforce_beside(&mut self.retention, Some(segment), 0);
        }
        Ok(())
    }

    /// Seals the segment, and says what follows it; one that cannot be sealed stays as it is.
    pub(super) fn seal(&mut self, sequel: Sequel) {
        if self.give_up_destroyed() {
            return;
        }
        let Some(mut segment) = self.segment.take() else {
            return;
        };
        // What has to go for the end's sake is told before it.
        let end_bytes = segment.end_bytes();
        enforce_beside(&mut self.retention, Some(&mut segment), end_bytes);
        let number = segment.header().segment_number;
        let rows = segment.rows();
        let header = segment.header().clone();
        let key = self.vouching.signer().map(|signer| signer.key());
        match segment.finish_signed(sequel, key) {
            Ok(summary) => {
                self.store.capture.sealed(&summary);
                self.vouch_for_sealed(&header, &summary);
            }
            Err(error) => {
                // With what was written of its end, or the next one would not follow it.
                self.store.capture.abandoned(segment.digest());
                self.report.unsealed = self.report.unsealed.saturating_add(1);
                self.noted(Err(error));
            }
        }
        let kept = self.kept(number, segment.bytes(), rows);
        self.count(kept.bytes, rows);
        self.retention.add(kept);
        enforce_beside(&mut self.retention, None, 0);
    }

    /// Gives up a segment whose beginning could not be written.
    fn abandon(&mut self, segment: SegmentWriter<FileIo>) {
        self.store.capture.abandoned(segment.digest());
        self.report.unsealed = self.report.unsealed.saturating_add(1);
        self.count(segment.bytes(), 0);
        let number = segment.header().segment_number;
        self.retention.add(self.kept(number, segment.bytes(), 0));
    }

    pub(super) fn kept(&self, number: u64, bytes: u64, rows: u64) -> KeptSegment {
        KeptSegment {
            place: self.store.boot.clone(),
            name: segment_file_name(number).into(),
            bytes,
            rows: Some(rows),
        }
    }

    fn count(&mut self, bytes: u64, rows: u64) {
        self.report.bytes = self.report.bytes.saturating_add(bytes);
        self.report.events = self.report.events.saturating_add(rows);
    }
}
