//! The probe's clock, and waiting until no CPU is inside the probe.

use std::thread;
use std::time::Duration;

use rustix::thread::{MembarrierCommand, membarrier};
use rustix::time::{ClockId, clock_gettime};

/// How long to wait where the kernel offers no barrier over all CPUs (full dynticks): far longer than any run of the probe.
const GRACE: Duration = Duration::from_millis(20);

/// Now, in nanoseconds of `CLOCK_BOOTTIME`.
pub fn boottime_ns() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(now.tv_nsec).unwrap_or(0);
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(nanoseconds)
}

/// Waits until every CPU has left the probe if it was inside: frames with an earlier time are in the rings then, or counted as lost.
///
/// The kernel waits for a grace period of RCU, and the probe runs with preemption off.
pub fn barrier() {
    if membarrier(MembarrierCommand::Global).is_err() {
        thread::sleep(GRACE);
    }
}
