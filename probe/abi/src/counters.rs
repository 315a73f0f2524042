//! What the probe counts per CPU, read by the recorder from a map.
//!
//! Owns the layout of the counters and how a run of losses is remembered.
//! A frame that is due takes a sequence number and then is either delivered or counted as lost for one reason, so the sum of the losses of a CPU is exactly the number of missing sequence numbers.

use crate::{Lane, LossReason};

/// How many reasons of loss there is room for.
pub const REASONS: usize = 8;

/// The counters of one lane on one CPU. Times are `CLOCK_BOOTTIME` in nanoseconds, 0 for never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct LaneCounters {
    /// Frames delivered.
    pub delivered: u64,
    /// Time of the last frame delivered.
    pub last_good: u64,
    /// Whether the last frame was lost.
    pub losing: u64,
    /// How many runs of losses there were.
    pub runs: u64,
    /// Time of the last frame delivered before the last run.
    pub good_before: u64,
    /// Time of the first frame lost in the last run.
    pub first_lost: u64,
    /// Time of the last frame lost.
    pub last_lost: u64,
    /// Frames lost, by reason.
    pub lost: [u64; REASONS],
}

/// The counters of one CPU. Whole cache lines, so that CPUs do not disturb each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct CpuState {
    /// Time of the last frame that was due.
    pub last_time: u64,
    /// Sequence number of the next frame that will be due.
    pub sequence: u64,
    /// The counters of the lanes.
    pub lanes: [LaneCounters; Lane::COUNT],
    /// Zero.
    pub reserved: u64,
}

/// How many 64-bit words a [`CpuState`] has.
pub const CPU_WORDS: usize = size_of::<CpuState>() / 8;

impl LaneCounters {
    /// Frames lost for a reason.
    pub fn lost_for(&self, reason: LossReason) -> u64 {
        self.lost.get(reason as usize).copied().unwrap_or(0)
    }

    /// Frames lost.
    pub fn lost_total(&self) -> u64 {
        self.lost
            .iter()
            .fold(0, |sum, count| sum.wrapping_add(*count))
    }

    fn from_words(words: &mut impl Iterator<Item = u64>) -> LaneCounters {
        let mut next = || words.next().unwrap_or(0);
        LaneCounters {
            delivered: next(),
            last_good: next(),
            losing: next(),
            runs: next(),
            good_before: next(),
            first_lost: next(),
            last_lost: next(),
            lost: core::array::from_fn(|_| next()),
        }
    }
}

impl CpuState {
    /// The counters as the map's words hold them.
    pub fn from_words(words: [u64; CPU_WORDS]) -> CpuState {
        let mut words = words.into_iter();
        let last_time = words.next().unwrap_or(0);
        let sequence = words.next().unwrap_or(0);
        CpuState {
            last_time,
            sequence,
            lanes: core::array::from_fn(|_| LaneCounters::from_words(&mut words)),
            reserved: 0,
        }
    }
}

/// The recorder's orders to the running probe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Control {
    /// The recorder's process id as the kernel sees it, 0 until it has made itself known: nothing is recorded before.
    pub own_pid: u32,
    /// One bit per lane that is shed.
    pub shed: u32,
}

const _: () = assert!(size_of::<CpuState>() == 384);
const _: () = assert!(LossReason::ALL.len() <= REASONS);
const _: () = assert!(size_of::<Control>() == 8);
