//! Counting what was delivered and what was not.

use falco_abi::counters::{CpuState, LaneCounters, REASONS};
use falco_abi::{Lane, LossReason};

use crate::read::bounded;

/// A lane's counters.
#[inline(always)]
fn counters(state: &mut CpuState, lane: u32) -> &mut LaneCounters {
    const LAST: u64 = Lane::COUNT as u64 - 1;
    // SAFETY: the place is at most the last.
    unsafe {
        state
            .lanes
            .get_unchecked_mut(bounded::<LAST>(lane as u64) as usize)
    }
}

/// A frame of the lane was delivered.
#[inline(always)]
pub fn delivered(state: &mut CpuState, lane: u32, time: u64) {
    let counters = counters(state, lane);
    counters.delivered += 1;
    counters.last_good = time;
    counters.losing = 0;
}

/// Frames of the lane were lost. The first loss after a delivery begins a run.
#[inline(always)]
pub fn lost(state: &mut CpuState, lane: u32, reason: LossReason, time: u64, count: u64) {
    let counters = counters(state, lane);
    if counters.losing == 0 {
        counters.losing = 1;
        counters.runs += 1;
        counters.good_before = counters.last_good;
        counters.first_lost = time;
    }
    counters.last_lost = time;
    counters.lost[reason as usize & (REASONS - 1)] += count;
}
