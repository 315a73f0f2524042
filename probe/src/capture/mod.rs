//! Obtaining values: one step of a plan at a time.
//!
//! The functions marked `no_mangle` are global functions to the verifier: it checks each alone, for any arguments, instead of anew at every call.
//! So they take numbers, look the event up themselves, and the number of instructions to verify is a sum instead of a product.

mod argv;
mod cgroup;
mod exe;
mod fd;
mod ids;
mod memory;
mod message;
mod path;
mod task;
mod tuple;

use falco_abi::plan::{Step, kind};

use crate::frame::{Event, get};
use crate::read::{follow, number};
use crate::settings::{config, offset};

/// Writes a value that is a register or the result: the most frequent ones, without a call. Whether it was one.
#[inline(always)]
pub fn at_hand(event: Event, index: u32, step: &Step) -> bool {
    let value = match step.kind {
        kind::REG => event.arg(step.a as u64),
        kind::RET => get!(event, ret) as u64,
        _ => return false,
    };
    event.put_number(index, value);
    true
}

/// Obtains one value.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn capture_step(cpu: u32, index: u32) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return 0;
    };
    let Some(step) = event.step(index) else {
        return 0;
    };
    if at_hand(event, index, &step) {
        return 0;
    }
    match step.kind {
        kind::ZERO => event.put_number(index, 0),
        kind::SYSCALL_NUMBER => event.put_number(index, get!(event, number) as u64),
        kind::REG64 => event.put_number(index, wide_register(event, step.a as u64)),
        kind::TP_ARG => event.put_number(index, event.arg(step.a as u64)),
        kind::EXEC_OLD_TID => event.put_number(index, event.arg(1)),
        kind::USER_STR => memory::string(event, index, event.arg(step.a as u64), step.limit),
        kind::USER_INT => memory::integer(event, index, step),
        kind::USER_LONG => memory::long_at(event, index, step),
        kind::USER_BYTES | kind::SOCKADDR => memory::bytes(event, index, step),
        kind::TP_STR => memory::kernel_string(event, index, event.arg(step.a as u64), step.limit),
        kind::EXEC_FILENAME => {
            let name = follow(event.arg(2), offset!(binprm_filename));
            memory::kernel_string(event, index, name.unwrap_or(0), step.limit);
        }
        kind::CGROUP_HIERARCHY => {
            let root = follow(event.arg(0), offset!(cgroup_root));
            let id = root.and_then(|root| number::<u32>(root, offset!(cgroup_root_hierarchy)));
            event.put_maybe(index, id.map(u64::from));
        }
        kind::FD => {
            fd::capture_fd(cpu, index);
        }
        kind::TASK | kind::CURRENT => {
            task::capture_task(cpu, index);
        }
        kind::IOVEC | kind::MSGHDR => {
            message::capture_message(cpu, index);
        }
        kind::USER_ARGV => {
            argv::capture_argv(cpu, index);
        }
        kind::EXEC_ARGS | kind::EXEC_ENV => argv::area(event, index, step),
        _ => event.put_absent(index),
    }
    0
}

/// A 64-bit offset: one register, or two of i386 with the low half first.
#[inline(always)]
fn wide_register(event: Event, register: u64) -> u64 {
    let low = event.arg(register);
    if get!(event, abi) as u64 == config!(compat_abi) {
        low | event.arg(register + 1) << 32
    } else {
        low
    }
}
