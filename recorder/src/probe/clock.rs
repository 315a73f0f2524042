//! Waiting until no CPU is inside the probe.

use std::thread;
use std::time::Duration;

use rustix::thread::{MembarrierCommand, membarrier};

/// How long to wait where the kernel offers no barrier over all CPUs (full dynticks): far longer than any run of the probe.
const GRACE: Duration = Duration::from_millis(20);

/// Waits until every CPU has left the probe if it was inside: frames with an earlier time are in the rings then, or counted as lost.
///
/// The kernel waits for a grace period of RCU, and the probe runs with preemption off.
pub fn barrier() {
    if membarrier(MembarrierCommand::Global).is_err() {
        thread::sleep(GRACE);
    }
}
