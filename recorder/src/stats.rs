//! What the threads share while they work: numbers for the progress line, the status and the service manager, and that a new segment is wanted.
//!
//! Each number has one thread that writes it; whoever tells of the recording reads them together as a [`Status`].

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use falco_abi::Lane;
use falco_format::UnixNanos;

use crate::clock;
use crate::status::{RingFill, Status, Store};

/// Over how long the rate is taken, and how full the rings were.
const WINDOW: Duration = Duration::from_secs(10);
/// The shortest time between two samples: with [`WINDOW`] it bounds how many are kept.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(250);

/// What was written so far.
#[derive(Debug)]
pub struct Stats {
    began: Instant,
    since: UnixNanos,
    events: AtomicU64,
    bytes: AtomicU64,
    lost: AtomicU64,
    /// The boot time up to which everything was given to the disk; 0 before the first batch.
    watermark: AtomicU64,
    /// How often the drain thread has looked at the rings.
    turns: AtomicU64,
    times_shed: AtomicU64,
    /// How full the fullest ring of each lane was since the last sample, in thousandths.
    fill: [AtomicU32; Lane::COUNT],
    samples: Mutex<VecDeque<Sample>>,
    /// What the writer knows of the disk.
    store: Mutex<Store>,
    is_rotation_wanted: AtomicBool,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    events: u64,
    fill: [u32; Lane::COUNT],
}

impl Default for Stats {
    /// Begins now.
    fn default() -> Stats {
        Stats {
            began: Instant::now(),
            since: clock::realtime(),
            events: AtomicU64::default(),
            bytes: AtomicU64::default(),
            lost: AtomicU64::default(),
            watermark: AtomicU64::default(),
            turns: AtomicU64::default(),
            times_shed: AtomicU64::default(),
            fill: Default::default(),
            samples: Mutex::default(),
            store: Mutex::default(),
            is_rotation_wanted: AtomicBool::default(),
        }
    }
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

    /// Everything up to this boot time was given to the disk, or is counted as lost.
    pub fn reached(&self, watermark: u64) {
        // The last batch has the largest number, which is no time.
        if watermark != u64::MAX {
            self.watermark.store(watermark, Ordering::Relaxed);
        }
    }

    /// The rings were looked at, and were so full, in thousandths.
    pub fn looked(&self, fill: [u32; Lane::COUNT]) {
        self.turns.fetch_add(1, Ordering::Relaxed);
        for (known, fill) in self.fill.iter().zip(fill) {
            known.fetch_max(fill, Ordering::Relaxed);
        }
    }

    /// How often the rings were looked at: a number that stands still is a drain thread that does.
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    /// A lane was shed.
    pub fn shed(&self) {
        self.times_shed.fetch_add(1, Ordering::Relaxed);
    }

    /// Says what is kept on the disk.
    pub fn keeps(&self, store: Store) {
        *guard(&self.store) = store;
    }

    /// Says which segment is being written.
    pub fn begin_segment(&self, path: String) {
        guard(&self.store).segment = path;
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

    /// Takes a sample, from which rates are made. To be called now and then by one thread.
    pub fn sample(&self) {
        let at = Instant::now();
        let mut samples = guard(&self.samples);
        let is_early = |last: &Sample| at.saturating_duration_since(last.at) < SAMPLE_INTERVAL;
        if samples.back().is_some_and(is_early) {
            return;
        }
        samples.push_back(Sample {
            at,
            events: self.events.load(Ordering::Relaxed),
            fill: std::array::from_fn(|lane| {
                let fill = self.fill.get(lane);
                fill.map_or(0, |fill| fill.swap(0, Ordering::Relaxed))
            }),
        });
        while samples
            .front()
            .is_some_and(|first| at.saturating_duration_since(first.at) > WINDOW)
        {
            samples.pop_front();
        }
    }

    /// How it goes.
    pub fn status(&self) -> Status {
        let (events, bytes, lost_total) = self.read();
        let samples: Vec<Sample> = guard(&self.samples).iter().copied().collect();
        let watermark = self.watermark.load(Ordering::Relaxed);
        let lag = match watermark {
            0 => self.began.elapsed(),
            _ => Duration::from_nanos(clock::boottime_ns().saturating_sub(watermark)),
        };
        let rings = Lane::ALL.iter().map(|lane| {
            let fills = samples
                .iter()
                .filter_map(|one| one.fill.get(*lane as usize));
            RingFill::new(lane.name(), fills.copied().max().unwrap_or(0))
        });
        Status {
            since: self.since.0,
            seconds: self.began.elapsed().as_secs_f64(),
            updated: clock::realtime().0,
            events,
            events_per_second: rate(&samples),
            bytes,
            lost_total,
            times_shed: self.times_shed.load(Ordering::Relaxed),
            lag_seconds: lag.as_secs_f64(),
            rings: rings.collect(),
            store: guard(&self.store).clone(),
            ..Status::default()
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown without a fraction")]
fn rate(samples: &[Sample]) -> f64 {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
        return 0.0;
    };
    let seconds = last.at.saturating_duration_since(first.at).as_secs_f64();
    let events = last.events.saturating_sub(first.events) as f64;
    if seconds > 0.0 { events / seconds } else { 0.0 }
}

/// A thread that died with a number in its hands has not made it wrong.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_the_fullest_ring_and_the_rate_of_the_window() {
        let stats = Stats::default();
        stats.sample();
        stats.wrote(1000, 5000);
        stats.lost(3);
        stats.looked([10, 900, 0]);
        stats.looked([20, 100, 0]);
        std::thread::sleep(SAMPLE_INTERVAL);
        stats.sample();
        let status = stats.status();
        assert_eq!(
            (status.events, status.bytes, status.lost_total),
            (1000, 5000, 3)
        );
        let fills: Vec<f64> = status.rings.iter().map(|ring| ring.fill).collect();
        assert_eq!(fills, [0.02, 0.9, 0.0]);
        let most = 1000.0 / SAMPLE_INTERVAL.as_secs_f64();
        assert!(
            status.events_per_second > 0.0 && status.events_per_second <= most,
            "{}",
            status.events_per_second
        );
        assert_eq!(stats.turns(), 2);
    }

    #[test]
    fn the_lag_is_what_the_disk_is_behind() {
        let stats = Stats::default();
        stats.reached(clock::boottime_ns().saturating_sub(7_000_000_000));
        stats.reached(u64::MAX);
        let lag = stats.status().lag_seconds;
        assert!((7.0..60.0).contains(&lag), "{lag}");
    }
}
