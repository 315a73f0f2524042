//! A thread's facts that only Falco's captures tell.

use falco_format::{Pid, UnixNanos};

use super::schedule::CpuTimes;
use crate::state::tables::text::Text;

/// The process of a thread of which nothing but its tid is known.
pub(crate) const UNKNOWN_PID: Pid = Pid(u32::MAX);

/// Falco's marks of births and threads.
pub(in crate::state) mod clone {
    use crate::dialect::words::{CLONE_FLAGS, falco};

    const fn bit(name: &str) -> u32 {
        falco(CLONE_FLAGS, name) as u32
    }

    /// The descriptors are those of the leader.
    pub(in crate::state) const FILES: u32 = bit("CLONE_FILES");
    pub(in crate::state) const NEWPID: u32 = bit("CLONE_NEWPID");
    pub(in crate::state) const PARENT: u32 = bit("CLONE_PARENT");
    pub(in crate::state) const THREAD: u32 = bit("CLONE_THREAD");
    /// The child's side was seen first.
    pub(in crate::state) const INVERTED: u32 = bit("CLONE_INVERTED");
    pub(in crate::state) const NEWUSER: u32 = bit("CLONE_NEWUSER");
    pub(in crate::state) const VFORK: u32 = bit("CLONE_VFORK");
    pub(in crate::state) const CHILD_IN_PIDNS: u32 = bit("CLONE_CHILD_IN_PIDNS");
}

/// What the begin of a call told, which its end is believed less than.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::state) struct Entered {
    /// Number of the type.
    pub(in crate::state) code: u16,
    pub(in crate::state) fd: Option<i64>,
    pub(in crate::state) name: Option<Text>,
    pub(in crate::state) flags: u32,
    /// An address in Falco's encoding.
    pub(in crate::state) address: Option<Text>,
}

/// What only Falco's captures tell of a thread, and figures of its memory, which ours tell too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FalcoFacts {
    /// Marks of its birth, in Falco's bits.
    pub(in crate::state) flags: u32,
    /// Who adopts its children, as the kernel said when it ended.
    pub(in crate::state) reaper: Option<i64>,
    /// The begin of the call that it is in.
    pub(in crate::state) entered: Option<Box<Entered>>,
    /// The number of the type of the last begin that was seen.
    pub(in crate::state) last_enter: Option<u16>,
    /// Whether its executable is writable for it.
    pub exe_writable: bool,
    /// Whether the figures of memory and page faults were told.
    pub has_figures: bool,
    /// Virtual memory, KiB.
    pub vm_size: u32,
    /// Resident memory, KiB.
    pub vm_rss: u32,
    /// Swapped memory, KiB.
    pub vm_swap: u32,
    /// Page faults that waited for a disk.
    pub faults_major: u64,
    /// Page faults that did not.
    pub faults_minor: u64,
    /// Nanoseconds on CPUs, since the first switch that was seen.
    pub on_cpu_ns: u64,
    /// What its last report said.
    pub(in crate::state) cpu_times: Option<CpuTimes>,
    /// Nanoseconds from the change of its executable to its birth, as told at its exec. It may be negative.
    pub ctime_to_birth: i64,
    /// Nanoseconds from the start of its pid namespace to the change of its executable, as told at its exec.
    pub pidns_to_ctime: u64,
    /// Start of its pid namespace; 0 where not known.
    pub pidns_start: UnixNanos,
}
