//! Whether an event is due, and what is known of it: early exits first.
//!
//! Every syscall of the machine passes here, most of them only a few instructions far: the call's number, its ABI, the plan index.

use falco_abi::kernel::{I386_SOCKETCALL, SOCKETCALL_SLOTS, slot};
use falco_abi::limits::{PARAMS_MAX, SYSCALL_NUMBERS, SYSCALL_PARAMS_MAX};
use falco_abi::plan::flag;
use falco_abi::{Abi, plan::Plan};

use crate::capture;
use crate::frame::{self, Due, Event, get, set};
use crate::maps;
use crate::messages;
use crate::read::{field, user};
use crate::settings::{config, plan_of, socketcall_plan};
use crate::task::{self, identity};

const NO_CALL: i32 = -1;
const I386: u64 = Abi::I386 as u64;
const X32: u64 = Abi::X32 as u64;

/// How many events a call is: one, or one for each message that it moved.
#[inline(always)]
fn messages(plan: &Plan, ret: i64) -> u64 {
    if plan.flags & flag::MESSAGES != 0 && ret > 1 {
        ret as u64
    } else {
        1
    }
}

/// Which table a call's number belongs to, and the number in it.
struct Call {
    abi: u64,
    number: u32,
}

/// A syscall has finished.
#[inline(always)]
pub fn syscall(regs: *const u8, ret: i64) {
    let task = task::current();
    let call = which_call(regs, task);
    if call.number as u64 == config!(marker_number) && call.abi == config!(native_abi) {
        recognise_recorder(regs, task);
    }
    let Some((slot, behind_socketcall)) = selected(&call, regs) else {
        return;
    };
    let Some(plan) = maps::plan(slot) else {
        return;
    };
    if plan.flags & flag::ONLY_FAILED != 0 && ret >= 0 {
        return;
    }
    let Some(shed) = shed_unless_own(task::pid(task)) else {
        return;
    };
    let cpu = task::cpu();
    let due = Due {
        slot,
        who: identity(task),
        abi: call.abi,
        number: call.number as i32,
        count: messages(plan, ret),
    };
    let Some(event) = frame::begin(cpu, &due, plan, shed) else {
        return;
    };
    let narrow = call.abi == I386 || call.abi == X32;
    set!(event, pointer, if narrow { 4 } else { 8 });
    set!(event, ret, ret);
    set!(event, task, task as u64);
    set!(event, current, task as u64);
    arguments(event, regs, call.abi, behind_socketcall);
    run(cpu, event, plan);
    frame::deliver(cpu, event);
    if get!(event, messages) != 0 {
        messages::other_messages(cpu);
    }
    frame::release(event);
}

/// The call's number and ABI. An `int 0x80` call of a 64-bit program is one of i386.
#[inline(always)]
fn which_call(regs: *const u8, task: *const u8) -> Call {
    let number: u32 = field(regs, config!(number_offset));
    let mask = config!(compat_mask);
    if mask != 0 {
        let word: u32 = field(task, config!(compat_offset));
        if word as u64 & mask != 0 {
            return Call {
                abi: config!(compat_abi),
                number,
            };
        }
    }
    let x32_bit = config!(x32_bit) as u32;
    if number & x32_bit != 0 && number & !x32_bit < SYSCALL_NUMBERS as u32 {
        return Call {
            abi: X32,
            number: number & !x32_bit,
        };
    }
    Call {
        abi: config!(native_abi),
        number,
    }
}

/// The place of the plan, if the call is selected, and whether its arguments stand behind those of `socketcall`.
#[inline(always)]
fn selected(call: &Call, regs: *const u8) -> Option<(u32, bool)> {
    if call.abi > 3 {
        return None;
    }
    if call.abi == I386 && call.number == I386_SOCKETCALL {
        let which = field::<u64>(regs, config!(compat_0)) as u32;
        let plan = if which < SOCKETCALL_SLOTS as u32 {
            socketcall_plan(which)
        } else {
            config!(generic_plan) as u16
        };
        return place(plan).map(|slot| (slot, true));
    }
    let plan = if call.number < SYSCALL_NUMBERS as u32 {
        plan_of(call.abi, call.number)
    } else {
        // Numbers that no table has are told as calls without a row, but for those that mean "no call".
        if call.number as i32 == NO_CALL {
            return None;
        }
        config!(generic_plan) as u16
    };
    place(plan).map(|slot| (slot, false))
}

#[inline(always)]
fn place(plan: u16) -> Option<u32> {
    if plan == 0 {
        None
    } else {
        Some(plan as u32 - 1)
    }
}

/// Copies the call's arguments to where the steps find them.
#[inline(always)]
fn arguments(event: Event, regs: *const u8, abi: u64, behind_socketcall: bool) {
    if abi != I386 {
        event.set_arg(0, field(regs, config!(native_0)));
        event.set_arg(1, field(regs, config!(native_1)));
        event.set_arg(2, field(regs, config!(native_2)));
        event.set_arg(3, field(regs, config!(native_3)));
        event.set_arg(4, field(regs, config!(native_4)));
        event.set_arg(5, field(regs, config!(native_5)));
        return;
    }
    // Only the low halves are the caller's.
    let low = u32::MAX as u64;
    if behind_socketcall {
        let array = field::<u64>(regs, config!(compat_1)) & low;
        for index in 0..6 {
            let word = user::<u32>(array + 4 * index);
            event.set_arg(index as usize, word.unwrap_or(0) as u64);
        }
        return;
    }
    event.set_arg(0, field::<u64>(regs, config!(compat_0)) & low);
    event.set_arg(1, field::<u64>(regs, config!(compat_1)) & low);
    event.set_arg(2, field::<u64>(regs, config!(compat_2)) & low);
    event.set_arg(3, field::<u64>(regs, config!(compat_3)) & low);
    event.set_arg(4, field::<u64>(regs, config!(compat_4)) & low);
    event.set_arg(5, field::<u64>(regs, config!(compat_5)) & low);
}

/// Whether this call is the recorder's, telling who it is. Its cookie was drawn when the probe was loaded.
#[inline(always)]
fn recognise_recorder(regs: *const u8, task: *const u8) {
    if field::<u64>(regs, config!(native_1)) != config!(marker_cookie) {
        return;
    }
    if let Some(control) = maps::control() {
        // SAFETY: a map's value; the recorder's own thread writes it here, once.
        unsafe { core::ptr::write_volatile(&raw mut (*control).own_pid, task::pid(task)) };
    }
}

/// The lanes that are shed, or `None` if the process is the recorder, or nobody has made himself known as such yet: recording begins for all programs at once.
#[inline(always)]
fn shed_unless_own(pid: u32) -> Option<u32> {
    let control = maps::control()?;
    // SAFETY: a map's value; both words are written whole.
    let (own, shed) = unsafe {
        (
            core::ptr::read_volatile(&raw const (*control).own_pid),
            core::ptr::read_volatile(&raw const (*control).shed),
        )
    };
    if own == 0 || own == pid {
        None
    } else {
        Some(shed)
    }
}

/// Obtains a call's values, step by step. What is at hand is written here; the rest is a call, which the verifier checks once and not once per turn.
///
/// The number of steps is read anew in each turn: held in a register, the compiler would merge its test with the loop's own into one for inequality with an unknown number, which older verifiers (6.1's) take for a loop without end.
#[inline(always)]
fn run(cpu: u32, event: Event, plan: &Plan) {
    for index in 0..SYSCALL_PARAMS_MAX as u32 {
        if index >= get!(event, steps) {
            break;
        }
        let Some(step) = plan.steps.get(index as usize) else {
            break;
        };
        if !capture::at_hand(event, index, step) {
            capture::capture_step(cpu, index);
        }
    }
}

/// Obtains a tracepoint's values, of which nothing is at hand.
#[inline(always)]
fn run_all(cpu: u32, event: Event) {
    for index in 0..PARAMS_MAX as u32 {
        if index >= get!(event, steps) {
            break;
        }
        capture::capture_step(cpu, index);
    }
}

/// A tracepoint's event about a task: obtains everything and sends it.
#[inline(always)]
fn tracepoint(slot: u32, task: *const u8, args: [u64; 4]) {
    let Some(plan) = maps::plan(slot) else {
        return;
    };
    if plan.flags & flag::ENABLED == 0 {
        return;
    }
    let Some(shed) = shed_unless_own(task::pid(task)) else {
        return;
    };
    let cpu = task::cpu();
    let due = Due {
        slot,
        who: identity(task),
        abi: config!(native_abi),
        number: NO_CALL,
        count: 1,
    };
    let Some(event) = frame::begin(cpu, &due, plan, shed) else {
        return;
    };
    set!(event, pointer, 8);
    set!(event, ret, 0);
    set!(event, task, task as u64);
    set!(event, current, task::current() as u64);
    event.set_arg(0, args[0]);
    event.set_arg(1, args[1]);
    event.set_arg(2, args[2]);
    event.set_arg(3, args[3]);
    run_all(cpu, event);
    frame::deliver(cpu, event);
    frame::release(event);
}

/// A program was executed.
#[inline(always)]
pub fn exec(task: *const u8, old_tid: i32, bprm: *const u8) {
    tracepoint(slot::EXEC, task, [0, old_tid as u64, bprm as u64, 0]);
}

/// A task was born.
#[inline(always)]
pub fn fork(child: *const u8) {
    tracepoint(slot::FORK, child, [0; 4]);
}

/// A task ends.
#[inline(always)]
pub fn exit(task: *const u8) {
    tracepoint(slot::EXIT, task, [0; 4]);
}

/// A task was moved to a cgroup.
#[inline(always)]
pub fn cgroup_attach(cgroup: *const u8, path: u64, task: *const u8, threadgroup: u8) {
    let args = [cgroup as u64, path, 0, threadgroup as u64];
    tracepoint(slot::CGROUP_ATTACH, task, args);
}
