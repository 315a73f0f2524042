//! Ids of a task in the initial and in its own pid namespace.

use crate::read::{follow, kernel, number};
use crate::settings::offset;

/// Bytes of `struct upid`: the number, padding, the namespace.
const UPID: u64 = 16;
/// Where in it the namespace stands.
const UPID_NS: u64 = 8;
/// The deepest pid namespaces the kernel allows.
const LEVELS_MAX: u64 = 32;

/// Places in `signal_struct::pids`.
pub mod kind {
    /// Thread group.
    pub const TGID: u64 = 1;
    /// Process group.
    pub const PGID: u64 = 2;
    /// Session.
    pub const SID: u64 = 3;
}

/// A task's own `struct pid`.
#[inline(always)]
pub fn thread_pid(task: u64) -> Option<u64> {
    follow(task, offset!(task_thread_pid))
}

/// The `struct pid` of the task's thread group, process group or session.
#[inline(always)]
pub fn group_pid(task: u64, kind: u64) -> Option<u64> {
    let signal = follow(task, offset!(task_signal))?;
    follow(signal + 8 * kind, offset!(signal_pids))
}

/// The depth of the task's own pid namespace.
#[inline(always)]
pub fn own_level(task: u64) -> Option<u64> {
    let level = number::<u32>(thread_pid(task)?, offset!(pid_level))? as u64;
    if level < LEVELS_MAX {
        Some(level)
    } else {
        None
    }
}

/// The number of a `struct pid` at a depth, 0 where it has none.
#[inline(always)]
pub fn number_at(pid: u64, level: u64) -> Option<u64> {
    let deepest = number::<u32>(pid, offset!(pid_level))? as u64;
    if level > deepest {
        return Some(0);
    }
    let numbers = pid + offset!(pid_numbers)?;
    kernel::<u32>(numbers + UPID * level).map(u64::from)
}

/// The task's own pid namespace.
#[inline(always)]
pub fn own_namespace(task: u64) -> Option<u64> {
    let pid = thread_pid(task)?;
    let numbers = pid + offset!(pid_numbers)?;
    follow(numbers + UPID * own_level(task)?, Some(UPID_NS))
}
