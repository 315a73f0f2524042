//! Building one frame in a CPU's scratch: header, descriptors, values.
//!
//! Every access goes through volatile loads and stores: the write offset must be loaded and masked anew for each value, or the verifier follows every combination of lengths.

use aya_ebpf::helpers::generated::bpf_ktime_get_boot_ns;
use falco_abi::counters::CpuState;
use falco_abi::frame::{FrameHeader, HEADER_LEN};
use falco_abi::limits::{FRAME_MAX, VALUE_MAX};
use falco_abi::plan::{Plan, Step};
use falco_abi::{LossReason, ParamDesc, ParamStatus};

use crate::maps::{self, SCRATCH, Scratch};
use crate::read::masked;
use crate::task::Identity;
use crate::{loss, ring};

const FRAME_MASK: u64 = FRAME_MAX as u64 - 1;
/// The mask of a value's length.
pub const VALUE_MASK: u64 = VALUE_MAX as u64 - 1;

/// The event being captured on this CPU.
#[derive(Clone, Copy)]
pub struct Event {
    scratch: *mut Scratch,
}

/// What is known of an event before its values.
pub struct Due {
    /// Its plan's place.
    pub slot: u32,
    /// Whose event it is.
    pub who: Identity,
    /// The call's ABI.
    pub abi: u64,
    /// The call's number, -1 for none.
    pub number: i32,
    /// How many frames are due: one, but for calls that move several messages.
    pub count: u64,
}

/// Reads a field of the scratch.
macro_rules! get {
    ($event:expr, $field:ident) => {{
        // SAFETY: the scratch is a map's value, checked when the event was looked up.
        unsafe { core::ptr::read_volatile(&raw const (*$event.raw()).$field) }
    }};
}

/// Writes a field of the scratch.
macro_rules! set {
    ($event:expr, $field:ident, $value:expr) => {{
        let value = $value;
        // SAFETY: as above.
        unsafe { core::ptr::write_volatile(&raw mut (*$event.raw()).$field, value) }
    }};
}

pub(crate) use {get, set};

impl Event {
    /// The event being captured on a CPU.
    #[inline(always)]
    pub fn on(cpu: u32) -> Option<Event> {
        SCRATCH.get_ptr_mut(cpu).map(|scratch| Event { scratch })
    }

    /// Its scratch.
    #[inline(always)]
    pub fn raw(self) -> *mut Scratch {
        self.scratch
    }

    /// The start of the frame.
    #[inline(always)]
    pub fn frame(self) -> *mut u8 {
        // SAFETY: the field's address lies in the map's value.
        unsafe { (&raw mut (*self.scratch).frame).cast() }
    }

    /// The start of the path buffer.
    #[inline(always)]
    pub fn path(self) -> *mut u8 {
        // SAFETY: as above.
        unsafe { (&raw mut (*self.scratch).path).cast() }
    }

    /// An argument of the call or of the tracepoint.
    #[inline(always)]
    pub fn arg(self, index: u64) -> u64 {
        // SAFETY: there are eight, and the mask is seven.
        unsafe {
            let args = (&raw const (*self.scratch).args).cast::<u64>();
            core::ptr::read_volatile(args.add(masked::<7>(index) as usize))
        }
    }

    /// Sets an argument.
    #[inline(always)]
    pub fn set_arg(self, index: usize, value: u64) {
        // SAFETY: there are eight, and the mask is seven.
        unsafe {
            let args = (&raw mut (*self.scratch).args).cast::<u64>();
            core::ptr::write_volatile(args.add(index & 7), value);
        }
    }

    /// A step of the event's plan.
    #[inline(always)]
    pub fn step(self, index: u32) -> Option<Step> {
        let plan = maps::plan(get!(self, slot))?;
        plan.steps.get(index as usize).copied()
    }

    /// How many bytes a value may take here, at most `limit`.
    #[inline(always)]
    pub fn room(self, limit: u64) -> u64 {
        // One byte stays free, so that a full frame's end is not masked to its beginning.
        let rest = FRAME_MASK - (get!(self, at) as u64 & FRAME_MASK);
        if limit < rest { limit } else { rest }
    }

    /// Where the next value goes. There is room for `VALUE_MAX` bytes behind any such place.
    #[inline(always)]
    pub fn spot(self) -> *mut u8 {
        let at = masked::<FRAME_MASK>(get!(self, at) as u64);
        // SAFETY: the frame's array is longer than the mask by VALUE_MAX.
        unsafe { self.frame().add(at as usize) }
    }

    /// Where the part of a value goes that stands `written` bytes behind the next value's place.
    #[inline(always)]
    pub fn spot_behind(self, written: u64) -> *mut u8 {
        let at = masked::<FRAME_MASK>(get!(self, at) as u64 + written);
        // SAFETY: as above.
        unsafe { self.frame().add(at as usize) }
    }

    /// Describes the value that stands at the next place, and goes behind it.
    #[inline(always)]
    pub fn put(self, index: u32, status: ParamStatus, length: u64) {
        let place = HEADER_LEN as u64 + 2 * masked::<63>(index as u64);
        let desc = ParamDesc::new(status, length as u16);
        // SAFETY: the place lies within the frame.
        unsafe { core::ptr::write_volatile(self.frame().add(place as usize).cast(), desc) };
        set!(self, at, get!(self, at) + length as u32);
    }

    /// Describes a value that is not there.
    #[inline(always)]
    pub fn put_absent(self, index: u32) {
        self.put(index, ParamStatus::Absent, 0);
    }

    /// Writes an integer.
    #[inline(always)]
    pub fn put_number(self, index: u32, value: u64) {
        if self.room(8) < 8 {
            return self.put(index, ParamStatus::Truncated, 0);
        }
        // SAFETY: the place has room behind it; the target allows misaligned stores.
        unsafe { core::ptr::write_volatile(self.spot().cast::<u64>(), value) };
        self.put(index, ParamStatus::Present, 8);
    }

    /// Writes an integer that may not be there.
    #[inline(always)]
    pub fn put_maybe(self, index: u32, value: Option<u64>) {
        match value {
            Some(value) => self.put_number(index, value),
            None => self.put_absent(index),
        }
    }
}

/// The time of the next frame of a CPU: now, but later than the last.
#[inline(always)]
fn next_time(state: &mut CpuState) -> u64 {
    // SAFETY: the helper has no preconditions.
    let now = unsafe { bpf_ktime_get_boot_ns() };
    let least = state.last_time + 1;
    let time = if now > least { now } else { least };
    state.last_time = time;
    time
}

/// Begins the frame of an event that is due: from here it is delivered or counted as lost.
#[inline(always)]
pub fn begin(cpu: u32, due: &Due, plan: &Plan, shed: u32) -> Option<Event> {
    let state = maps::cpu_state(cpu)?;
    let time = next_time(state);
    let sequence = state.sequence;
    let lane = plan.lane as u32;
    if shed >> (lane & 31) & 1 != 0 {
        all_lost(state, lane, LossReason::Shed, (time, due.count));
        return None;
    }
    let Some(event) = Event::on(cpu) else {
        all_lost(state, lane, LossReason::ReadFault, (time, due.count));
        return None;
    };
    if get!(event, busy) != 0 {
        all_lost(state, lane, LossReason::Recursion, (time, due.count));
        return None;
    }
    state.sequence = sequence + 1;
    set!(event, busy, 1);
    set!(event, messages, due.count - 1);
    let header = event.frame().cast::<FrameHeader>();
    // Each field goes to its place: a header that was put together first would stand on the stack, of which the kernel gives all calls together 512 bytes.
    macro_rules! write {
        ($($field:ident: $value:expr),* $(,)?) => {
            // SAFETY: the frame begins at a multiple of eight bytes and is longer than a header.
            unsafe { $(core::ptr::write_volatile(&raw mut (*header).$field, $value);)* }
        };
    }
    write!(
        time: time,
        start: due.who.start,
        sequence: sequence,
        tid: due.who.tid,
        pid: due.who.pid,
        length: 0,
        event: plan.event,
        cpu: cpu as u16,
        abi: due.abi as u8,
        lane: plan.lane,
        params: plan.steps_len,
        reserved: [0; 5],
        syscall: due.number,
        reserved2: 0,
    );
    set!(event, slot, due.slot);
    set!(event, steps, plan.steps_len as u32);
    set!(event, number, due.number);
    set!(event, abi, due.abi as u32);
    to_first_value(event);
    set!(event, file_key, 0);
    set!(event, path_flags, 0);
    set!(event, place_mount, 0);
    set!(event, place_dentry, 0);
    Some(event)
}

/// Begins the next frame of the same call: all but its time and its number stays as it was. False where there is none.
#[inline(always)]
pub fn again(cpu: u32, event: Event) -> bool {
    let Some(state) = maps::cpu_state(cpu) else {
        return false;
    };
    let header = event.frame().cast::<FrameHeader>();
    // SAFETY: the header was written when the first frame was begun.
    unsafe {
        core::ptr::write_volatile(&raw mut (*header).time, next_time(state));
        core::ptr::write_volatile(&raw mut (*header).sequence, state.sequence);
    }
    state.sequence += 1;
    to_first_value(event);
    true
}

/// Sets the place of the next value to the first one's, behind the descriptors.
#[inline(always)]
fn to_first_value(event: Event) {
    set!(event, at, HEADER_LEN as u32 + 2 * get!(event, steps));
}

/// Counts frames that were due and will not be built: each takes its number.
#[inline(always)]
fn all_lost(state: &mut CpuState, lane: u32, reason: LossReason, (time, count): (u64, u64)) {
    state.sequence += count;
    loss::lost(state, lane, reason, time, count);
}

/// Counts the messages of a call beyond those that became events.
#[inline(always)]
pub fn beyond(cpu: u32, event: Event, count: u64) {
    let header = event.frame().cast::<FrameHeader>();
    // SAFETY: the header was written when the first frame was begun.
    let lane = unsafe { core::ptr::read_volatile(&raw const (*header).lane) as u32 };
    if let Some(state) = maps::cpu_state(cpu) {
        let time = next_time(state);
        all_lost(state, lane, LossReason::TooManyMessages, (time, count));
    }
}

/// Leaves the CPU's scratch to the next event.
#[inline(always)]
pub fn release(event: Event) {
    set!(event, busy, 0);
}

/// Sends the frame that a CPU has built, and counts what became of it. The scratch stays taken.
#[inline(always)]
pub fn deliver(cpu: u32, event: Event) {
    let header = event.frame().cast::<FrameHeader>();
    let length = masked::<FRAME_MASK>(get!(event, at) as u64);
    // SAFETY: the header was written when the frame was begun.
    let (lane, time) = unsafe {
        core::ptr::write_volatile(&raw mut (*header).length, length as u32);
        (
            core::ptr::read_volatile(&raw const (*header).lane) as u32,
            core::ptr::read_volatile(&raw const (*header).time),
        )
    };
    // SAFETY: the frame's array is longer than the mask.
    let sent = unsafe { ring::send(cpu, lane, event.frame(), length) };
    if let Some(state) = maps::cpu_state(cpu) {
        if sent {
            loss::delivered(state, lane, time);
        } else {
            loss::lost(state, lane, LossReason::RingFull, time, 1);
        }
    }
}
