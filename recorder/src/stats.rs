//! What the threads share while they work: numbers for the progress line and for the status, and that a new segment is wanted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What was written so far.
#[derive(Debug, Default)]
pub struct Stats {
    events: AtomicU64,
    bytes: AtomicU64,
    lost: AtomicU64,
    /// The path of the segment that is being written; empty where there is none.
    segment: Mutex<String>,
    is_rotation_wanted: AtomicBool,
}

impl Stats {
    /// Adds a written block.
    pub fn wrote(&self, events: u64, bytes: u64) {
        self.events.fetch_add(events, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Adds lost frames.
    pub fn lost(&self, count: u64) {
        self.lost.fetch_add(count, Ordering::Relaxed);
    }

    /// Says which segment is being written.
    pub fn begin_segment(&self, path: String) {
        *self.segment.lock().unwrap_or_else(PoisonError::into_inner) = path;
    }

    /// The path of the segment that is being written; empty where there is none.
    pub fn segment(&self) -> String {
        let path = self.segment.lock();
        path.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks for a new segment.
    pub fn want_rotation(&self) {
        self.is_rotation_wanted.store(true, Ordering::Relaxed);
    }

    /// Whether a new segment was asked for since the last call.
    pub fn take_wanted_rotation(&self) -> bool {
        self.is_rotation_wanted.swap(false, Ordering::Relaxed)
    }

    /// Events written, bytes written, frames lost.
    pub fn read(&self) -> (u64, u64, u64) {
        let of = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (of(&self.events), of(&self.bytes), of(&self.lost))
    }
}
