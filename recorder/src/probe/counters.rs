//! What the probe counted, as losses by CPU, lane and reason.

use falco_abi::counters::CpuState;
use falco_abi::{Lane, LossReason};

/// What was lost on one CPU and lane for one reason, since the probe was attached. Times are nanoseconds of `CLOCK_BOOTTIME`, 0 for never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingLosses {
    /// The CPU.
    pub cpu: u32,
    /// The lane.
    pub lane: Lane,
    /// Why.
    pub reason: LossReason,
    /// How many frames.
    pub count: u64,
    /// How many runs of losses the lane had, for any reason.
    pub runs: u64,
    /// Time of the last frame delivered before the last run.
    pub good_before_time: u64,
    /// Time of the first frame lost in the last run.
    pub first_lost_time: u64,
    /// Time of the last frame lost.
    pub last_lost_time: u64,
    /// Time of the last frame delivered.
    pub last_good_time: u64,
}

/// The losses that a CPU's counters tell.
pub(super) fn losses_of(cpu: u32, state: &CpuState) -> impl Iterator<Item = RingLosses> {
    let lanes = Lane::ALL.iter().copied().zip(state.lanes);
    lanes.flat_map(move |(lane, counters)| {
        let reasons = LossReason::ALL.iter().copied();
        reasons.filter_map(move |reason| {
            let count = counters.lost_for(reason);
            (count > 0).then_some(RingLosses {
                cpu,
                lane,
                reason,
                count,
                runs: counters.runs,
                good_before_time: counters.good_before,
                first_lost_time: counters.first_lost,
                last_lost_time: counters.last_lost,
                last_good_time: counters.last_good,
            })
        })
    })
}
