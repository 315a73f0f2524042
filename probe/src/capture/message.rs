//! Vectors of buffers, and message headers.

use falco_abi::limits::IOVECS_MAX;
use falco_abi::plan::{Step, kind};
use falco_abi::{MsgPart, ParamStatus};

use super::memory;
use crate::frame::{Event, VALUE_MASK, get, set};
use crate::read::{copy_user, masked, user};

const NAME: u8 = MsgPart::Name as u8;
const DATA: u8 = MsgPart::Data as u8;
const CONTROL: u8 = MsgPart::Control as u8;
const OWN_LENGTH: u8 = MsgPart::OwnLength as u8;

/// The members of `struct msghdr`, in words of the caller's ABI: name, name's length, vector, its length, control, its length, flags.
mod word {
    pub const NAME: u64 = 0;
    pub const NAME_LEN: u64 = 1;
    pub const IOV: u64 = 2;
    pub const IOV_LEN: u64 = 3;
    pub const CONTROL: u64 = 4;
    pub const CONTROL_LEN: u64 = 5;
    /// Behind the header in `struct mmsghdr`.
    pub const MESSAGE_LEN: u64 = 7;
}

/// The bytes of a vector, or a part of a message header.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn capture_message(cpu: u32, index: u32) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return 0;
    };
    let Some(step) = event.step(index) else {
        return 0;
    };
    let base = event.arg(step.a as u64);
    if step.kind == kind::MSGHDR && step.b == OWN_LENGTH {
        moved(event, index, base);
    } else if base == 0 || step.limit == 0 {
        event.put_absent(index);
    } else if step.kind == kind::IOVEC {
        let ret = get!(event, ret);
        if ret < 0 {
            event.put_absent(index);
        } else {
            let count = event.arg(step.b as u64);
            vector(cpu, index, (base, count), ret as u64, step.limit);
        }
    } else {
        header(cpu, event, (index, step), base);
    }
    0
}

/// How many bytes the message moved, or the result of a call that moved none.
#[inline(always)]
fn moved(event: Event, index: u32, base: u64) {
    let ret = get!(event, ret);
    if ret <= 0 {
        return event.put_number(index, ret as u64);
    }
    match own_length(event, base) {
        Some(length) => event.put_number(index, length),
        None => event.put(index, ParamStatus::Fault, 0),
    }
}

/// The length that the kernel has written behind one of several message headers.
#[inline(always)]
fn own_length(event: Event, base: u64) -> Option<u64> {
    let width = get!(event, pointer) as u64;
    user::<u32>(base + width * word::MESSAGE_LEN).map(u64::from)
}

/// Obtains a part of a message header. Each word is tested before the next is read: see `read::pointer`.
#[inline(always)]
fn header(cpu: u32, event: Event, (index, step): (u32, Step), base: u64) {
    let width = get!(event, pointer) as u64;
    let (place, length_place) = match step.b {
        NAME => (word::NAME, word::NAME_LEN),
        CONTROL => (word::CONTROL, word::CONTROL_LEN),
        _ => (word::IOV, word::IOV_LEN),
    };
    let Some(address) = memory::long(event, base + width * place) else {
        return event.put(index, ParamStatus::Fault, 0);
    };
    let Some(length) = memory::long(event, base + width * length_place) else {
        return event.put(index, ParamStatus::Fault, 0);
    };
    match step.b {
        // An `int`, with padding behind it where words are longer.
        NAME => memory::copy(event, index, address, length & u32::MAX as u64, step.limit),
        CONTROL => memory::copy(event, index, address, length, step.limit),
        part => {
            let ret = get!(event, ret);
            if ret < 0 || (ret == 0 && part != DATA) {
                return event.put_absent(index);
            }
            let mut wanted = ret as u64;
            if part != DATA {
                let Some(own) = own_length(event, base) else {
                    return event.put(index, ParamStatus::Fault, 0);
                };
                wanted = own;
            }
            vector(cpu, index, (address, length), wanted, step.limit);
        }
    }
}

/// The first `length` bytes of a vector's buffers, at most `limit`.
#[inline(always)]
fn vector(cpu: u32, index: u32, (iov, count): (u64, u64), length: u64, limit: u16) {
    let Some(event) = Event::on(cpu) else {
        return;
    };
    let room = event.room(limit as u64);
    let wanted = if length < room { length } else { room };
    set!(event, written, 0);
    set!(event, remaining, wanted as u32);
    set!(event, parts, count);
    let read = buffers(cpu, iov);
    let written = get!(event, written) as u64;
    let status = if !read {
        ParamStatus::Fault
    } else {
        memory::whole_unless(written < length)
    };
    event.put(index, status, written);
}

/// How the copying of one buffer ended.
const FAILED: u32 = 0;
const DONE: u32 = 1;
const ON: u32 = 2;

/// Copies buffers until nothing remains wanted; whether all could be read.
///
/// The loop's end is the constant alone: with the count beside it the compiler would turn both into one test for inequality with an unknown number, which older verifiers (6.1's) take for a loop without end.
#[inline(always)]
fn buffers(cpu: u32, iov: u64) -> bool {
    for place in 0..IOVECS_MAX as u32 {
        let copied = copy_buffer(cpu, iov, place);
        if copied != ON {
            return copied == DONE;
        }
    }
    true
}

/// Copies one buffer of a vector.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn copy_buffer(cpu: u32, iov: u64, place: u32) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return FAILED;
    };
    let remaining = get!(event, remaining) as u64;
    if remaining == 0 || place as u64 >= get!(event, parts) {
        return DONE;
    }
    let width = get!(event, pointer) as u64;
    let entry = iov + 2 * width * place as u64;
    let Some(base) = memory::long(event, entry) else {
        return FAILED;
    };
    let Some(length) = memory::long(event, entry + width) else {
        return FAILED;
    };
    let part = masked::<VALUE_MASK>(if length < remaining {
        length
    } else {
        remaining
    });
    let written = get!(event, written) as u64;
    // SAFETY: a place has room for any masked length.
    if !unsafe { copy_user(event.spot_behind(written), part, base) } {
        return FAILED;
    }
    set!(event, written, (written + part) as u32);
    set!(event, remaining, (remaining - part) as u32);
    ON
}
