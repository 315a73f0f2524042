//! What becomes of the files under the recorder's hands: whether they are still there, and what is done where they are not.
//!
//! The segment that is written is looked at twice a second and before each block, those that this recording has sealed in turn.
//! What is gone is told and counted; recording goes on in a new segment, in a new directory where that is gone as well.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use falco_abi::{Lane, LossReason};
use falco_format::text::count;
use falco_format::{Fate, LostInterval, segment_file_name};

use crate::clock;
use crate::live::CPU_UNKNOWN;

use super::Writer;
use super::reserve::Reserve;
use crate::causes::with_sources;

/// How often it is looked: what is removed is noticed within a second.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

impl Writer {
    /// Looks whether the files are still there.
    pub(super) fn look_at_files(&mut self) {
        if self.looked.elapsed() < LOOK_INTERVAL {
            return;
        }
        self.looked = Instant::now();
        for kept in self.retention.missing() {
            // Numbers that are missing between two segments say it in the capture.
            self.destroyed("removed or cut", &kept.name, kept.rows.unwrap_or(0));
        }
        if self.segment.is_none() {
            if self.store.capture.directory().is_gone() {
                self.begin_elsewhere();
            }
            return;
        }
        self.look_at_active();
    }

    /// Looks whether the segment that is written is as it was written, and goes on in another where it is not.
    pub(super) fn look_at_active(&mut self) {
        if self.give_up_destroyed() {
            self.begin_elsewhere();
        }
    }

    /// Gives up the segment if somebody removed or cut it; bytes behind a cut would leave a hole.
    pub(super) fn give_up_destroyed(&mut self) -> bool {
        let Some(segment) = &self.segment else {
            return false;
        };
        let name = OsString::from(segment_file_name(segment.header().segment_number));
        let what = match segment.fate(self.store.capture.directory(), &name) {
            Fate::Whole => return false,
            Fate::Removed => "removed while it was written",
            Fate::Cut => "cut while it was written",
        };
        let (rows, digest) = (segment.rows(), segment.digest());
        let since = self.opened.elapsed();
        self.segment = None;
        self.store.capture.abandoned(digest);
        if rows > 0 {
            let lost = Writer::lost_with(rows, nanoseconds(since));
            self.pending.add(&[lost]);
        }
        self.destroyed(what, &name, rows);
        true
    }

    /// Tells and counts a segment that is gone.
    fn destroyed(&mut self, what: &str, name: &OsString, rows: u64) {
        (self.notice)(&format!(
            "the segment {} was {what}, and {} with it",
            name.to_string_lossy(),
            count(rows, "event")
        ));
        self.report.destroyed = self.report.destroyed.saturating_add(1);
        self.stats.lost(rows);
        if rows > 0 {
            let lost = Writer::lost_with(rows, 0);
            self.report.lost.add(&[lost]);
        }
    }

    /// So many events that were written less than this many nanoseconds ago, of CPUs that nobody remembers.
    fn lost_with(rows: u64, ago: u64) -> LostInterval {
        let now = clock::boottime_ns();
        LostInterval {
            cpu: CPU_UNKNOWN,
            lane: Lane::Process,
            reason: LossReason::WriteFailed,
            count: rows,
            last_good_time: now.saturating_sub(ago).max(1),
            next_good_time: now,
        }
    }

    /// Begins a segment, in a directory that is made anew where the old one is gone.
    fn begin_elsewhere(&mut self) {
        if self.store.capture.directory().is_gone() {
            if let Err(error) = self.store.renew() {
                self.report.error = Some(with_sources(&error));
                return;
            }
            self.retention
                .move_to(&self.store.root, self.store.boot.as_deref());
            self.reserve = Reserve::take(self.store.capture.directory()).ok();
            self.move_page();
            self.move_certificates();
            let place = self.store.capture.directory().path().display();
            (self.notice)(&format!("recording goes on in {place}"));
        }
        self.begin_in_haste();
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
