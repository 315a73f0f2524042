//! The maps, and the scratch memory of one event.
//!
//! Scratch stands in an array indexed by CPU, not in a per-CPU array, whose values are too small.
//! Programs run with preemption off, so one event at a time uses a CPU's scratch; [`Scratch::busy`] guards against kernels where that ceases to hold.

use aya_ebpf::btf_maps::{ArrayOfMaps, RingBuf};
use aya_ebpf::macros::{btf_map, map};
use aya_ebpf::maps::Array;
use falco_abi::counters::{Control, CpuState};
use falco_abi::kernel::slot;
use falco_abi::limits::{FRAME_MAX, VALUE_MAX};
use falco_abi::plan::Plan;

/// Bytes of the buffer in which a path is put together from its end. A power of two.
pub const PATH_BUFFER: usize = 4096;
/// The longest name of one directory entry, in bytes, and one for the slash.
pub const COMPONENT_MAX: usize = 256;

/// What is known of the event being captured, and the frame it becomes.
#[repr(C)]
pub struct Scratch {
    /// Whether an event is being captured here.
    pub busy: u32,
    /// Where in the frame the next value goes.
    pub at: u32,
    /// Which plan.
    pub slot: u32,
    /// How many steps it has.
    pub steps: u32,
    /// The call's ABI.
    pub abi: u32,
    /// Bytes of a pointer in that ABI.
    pub pointer: u32,
    /// The call's number, -1 for none.
    pub number: i32,
    /// Where in the path buffer the path begins.
    pub path_at: u32,
    /// Its return value.
    pub ret: i64,
    /// Its arguments; a tracepoint's arguments.
    pub args: [u64; 8],
    /// The task that the event is about.
    pub task: u64,
    /// The task that runs.
    pub current: u64,
    /// The descriptor last looked up, and one more than it: 0 before the first.
    pub file_key: u64,
    /// What was found: a `struct file`, or 0.
    pub file: u64,
    /// Its inode, or 0.
    pub inode: u64,
    /// Where a climb to the root of a hierarchy stands: a dentry or a kernfs node.
    pub climb_at: u64,
    /// The mount that it stands in.
    pub climb_mount: u64,
    /// That mount's root; 0 where the climb is one inside a file system, whatever is mounted where.
    pub climb_root: u64,
    /// The place whose path was written last, for what else is asked of it: its mount, its dentry, that mount's root; 0 before the first.
    pub place_mount: u64,
    /// Its dentry.
    pub place_dentry: u64,
    /// Its mount's root.
    pub place_root: u64,
    /// The mount at the root of the task's mount namespace, or 0.
    pub climb_end: u64,
    /// What is to be known of the path built last.
    pub path_flags: u32,
    /// Keeps the next word where it belongs.
    pub reserved: u32,
    /// Bytes written so far of a value made of parts.
    pub written: u32,
    /// What such a value may still take.
    pub remaining: u32,
    /// How many parts it has.
    pub parts: u64,
    /// How many messages of the call are still to become events.
    pub messages: u64,
    /// The frame, and room behind it so that a masked offset and a masked length stay within.
    pub frame: [u8; FRAME_MAX + VALUE_MAX],
    /// The path buffer, and room behind it for one component.
    pub path: [u8; PATH_BUFFER + COMPONENT_MAX],
}

/// Plans by place.
#[map]
pub static PLANS: Array<Plan> = Array::with_max_entries(slot::COUNT, 0);

/// Scratch by CPU.
#[map]
pub static SCRATCH: Array<Scratch> = Array::with_max_entries(1, 0);

/// Counters by CPU.
#[map]
pub static CPUS: Array<CpuState> = Array::with_max_entries(1, 0);

/// The recorder's orders.
#[map]
pub static CONTROL: Array<Control> = Array::with_max_entries(1, 0);

/// The rings, by CPU and lane.
#[btf_map]
pub static RINGS: ArrayOfMaps<RingBuf<[u8; 8], 4096>, 3> = ArrayOfMaps::new();

/// The counters of a CPU.
#[inline(always)]
pub fn cpu_state(cpu: u32) -> Option<&'static mut CpuState> {
    // SAFETY: the map's values are plain data and written on their own CPU alone.
    CPUS.get_ptr_mut(cpu).map(|state| unsafe { &mut *state })
}

/// The recorder's orders.
#[inline(always)]
pub fn control() -> Option<*mut Control> {
    CONTROL.get_ptr_mut(0)
}

/// A plan.
#[inline(always)]
pub fn plan(slot: u32) -> Option<&'static Plan> {
    // SAFETY: the map's values are plain data, written before the programs are attached.
    PLANS.get_ptr(slot).map(|plan| unsafe { &*plan })
}
