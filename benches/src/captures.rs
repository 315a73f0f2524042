//! Captures, counted with the format's reader.

use std::path::Path;

use anyhow::Result;
use falco_format::{Capture, Item};

/// What a capture holds, in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Contents {
    /// Events.
    pub events: u64,
    /// Events that were due and are not there.
    pub lost: u64,
    /// Bytes of all its files.
    pub bytes: u64,
    /// Bytes of the blocks of events alone, without the state and the table at the start.
    pub event_bytes: u64,
}

impl Contents {
    /// Counts a capture.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(directory: &Path) -> Result<Self> {
        let mut contents = Self::default();
        for entry in std::fs::read_dir(directory)? {
            contents.bytes += entry?.metadata()?.len();
        }
        for item in Capture::open(directory)?.items() {
            match item {
                Item::Events(block) => {
                    contents.events += block.rows() as u64;
                    contents.event_bytes += block.encoded_bytes() as u64;
                }
                Item::Lost(intervals) => {
                    contents.lost += intervals.iter().map(|interval| interval.count).sum::<u64>()
                }
                _ => {}
            }
        }
        Ok(contents)
    }

    /// Bytes per event of the blocks of events.
    #[must_use]
    pub fn bytes_per_event(&self) -> f64 {
        self.event_bytes as f64 / self.events.max(1) as f64
    }
}
