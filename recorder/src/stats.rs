//! Numbers that the threads share while they work, for the progress line.

use std::sync::atomic::{AtomicU64, Ordering};

/// What was written so far.
#[derive(Debug, Default)]
pub struct Stats {
    events: AtomicU64,
    bytes: AtomicU64,
    lost: AtomicU64,
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

    /// Events written, bytes written, frames lost.
    pub fn read(&self) -> (u64, u64, u64) {
        let of = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (of(&self.events), of(&self.bytes), of(&self.lost))
    }
}
