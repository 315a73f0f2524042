//! The running task, and who a task is.

use aya_ebpf::helpers::generated::{bpf_get_current_task_btf, bpf_get_smp_processor_id};

use crate::read::field;
use crate::settings::offset;

/// Who a task is, as every frame says.
#[derive(Clone, Copy)]
pub struct Identity {
    /// Thread id.
    pub tid: u32,
    /// Process id.
    pub pid: u32,
    /// Start in nanoseconds of `CLOCK_BOOTTIME`.
    pub start: u64,
}

/// The task that runs. Its fields can be loaded directly.
#[inline(always)]
pub fn current() -> *const u8 {
    // SAFETY: the helper has no preconditions.
    unsafe { bpf_get_current_task_btf() as *const u8 }
}

/// The CPU that runs this program.
#[inline(always)]
pub fn cpu() -> u32 {
    // SAFETY: the helper has no preconditions.
    unsafe { bpf_get_smp_processor_id() as u32 }
}

/// The process id of a task whose type the verifier knows.
#[inline(always)]
pub fn pid(task: *const u8) -> u32 {
    match offset!(task_pid) {
        Some(offset) => field(task, offset),
        None => 0,
    }
}

/// Who a task is, whose type the verifier knows.
#[inline(always)]
pub fn identity(task: *const u8) -> Identity {
    Identity {
        tid: match offset!(task_tid) {
            Some(offset) => field(task, offset),
            None => 0,
        },
        pid: pid(task),
        start: match offset!(task_start) {
            Some(offset) => field(task, offset),
            None => 0,
        },
    }
}
