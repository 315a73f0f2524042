//! One step of one thread: whom it is about, what it may use, and when its rows stand.

use anyhow::Result;

use super::node::{Process, Thread};
use super::numbers::Numbers;
use super::random::Random;
use super::recording::{Recording, Subject};

/// Between two rows of one step, nanoseconds.
const ROW_GAP: u64 = 2_000;

/// One step of one thread.
pub(super) struct Step<'a> {
    pub(super) process: &'a mut Process,
    pub(super) thread: &'a mut Thread,
    pub(super) numbers: &'a mut Numbers,
    pub(super) recording: &'a mut Recording,
    pub(super) random: &'a mut Random,
    pub(super) time: u64,
}

impl Step<'_> {
    /// The row that was put together happens now, to this thread.
    pub(super) fn emit(&mut self) -> Result<()> {
        let subject = self.subject();
        let time = self.recording.event(subject, self.thread.cpu, self.time)?;
        self.time = time + ROW_GAP;
        Ok(())
    }

    pub(super) fn subject(&self) -> Subject {
        Subject {
            tid: self.thread.tid,
            pid: self.thread.pid,
            start: self.thread.start,
        }
    }
}
