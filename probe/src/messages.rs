//! Calls that move several messages: each is an event of its own.
//!
//! The gate has captured the first message as it captures any call. Here its plan is run again for each of the others, with the register that points to the messages moved on.
//! What the bound leaves out takes its sequence numbers and is counted as lost.

use falco_abi::limits::{MESSAGES_MAX, SYSCALL_PARAMS_MAX};

use crate::capture;
use crate::frame::{self, Event, get, set};

/// The register that points to the array of `struct mmsghdr`.
const MESSAGES: usize = 1;
/// Words of the caller's ABI in a `struct mmsghdr`: seven of its header, and one with its length.
const MESSAGE_WORDS: u64 = 8;

/// Captures the messages behind the first. Returns nothing of interest.
///
/// The loop's end is the constant alone, as it is for buffers: see `capture::message`.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn other_messages(cpu: u32) -> u32 {
    for _ in 1..MESSAGES_MAX as u32 {
        if next_message(cpu) == 0 {
            return 0;
        }
    }
    let Some(event) = Event::on(cpu) else {
        return 0;
    };
    let left = get!(event, messages);
    if left != 0 {
        frame::beyond(cpu, event, left);
    }
    0
}

/// Captures the next message. Whether there was one.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn next_message(cpu: u32) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return 0;
    };
    let left = get!(event, messages);
    if left == 0 || !frame::again(cpu, event) {
        return 0;
    }
    set!(event, messages, left - 1);
    let step = MESSAGE_WORDS * get!(event, pointer) as u64;
    event.set_arg(MESSAGES, event.arg(MESSAGES as u64).wrapping_add(step));
    for index in 0..SYSCALL_PARAMS_MAX as u32 {
        if index >= get!(event, steps) {
            break;
        }
        capture::capture_step(cpu, index);
    }
    frame::deliver(cpu, event);
    1
}
