//! Values in the program's memory: strings, integers, bytes, socket addresses.

use falco_abi::ParamStatus;
use falco_abi::plan::{Step, length};

use crate::frame::{Event, VALUE_MASK, get};
use crate::read::{copy_kernel_str, copy_user, copy_user_str, masked, user};

/// Bytes of a page, the smallest there are: memory is there or not there by pages.
const PAGE: u64 = 4096;

/// A NUL-terminated string of the program.
#[inline(always)]
pub fn string(event: Event, index: u32, address: u64, limit: u16) {
    if address == 0 || limit == 0 {
        return event.put_absent(index);
    }
    let limit = masked::<VALUE_MASK>(event.room(limit as u64));
    // SAFETY: a place has room for any masked length.
    let copied = unsafe { copy_user_str(event.spot(), limit, address) };
    if copied <= 0 {
        return event.put(index, ParamStatus::Fault, 0);
    }
    let copied = copied as u64;
    // A full buffer holds a cut string, or one that fits exactly.
    let cut = copied >= limit && user::<u8>(address + limit - 1) != Some(0);
    event.put(index, whole_unless(cut), copied - 1);
}

/// A NUL-terminated string of the kernel.
#[inline(always)]
pub fn kernel_string(event: Event, index: u32, address: u64, limit: u16) {
    if address == 0 || limit == 0 {
        return event.put_absent(index);
    }
    let limit = masked::<VALUE_MASK>(event.room(limit as u64));
    // SAFETY: a place has room for any masked length.
    let copied = unsafe { copy_kernel_str(event.spot(), limit, address) };
    if copied <= 0 {
        return event.put(index, ParamStatus::Fault, 0);
    }
    let copied = copied as u64;
    event.put(index, whole_unless(copied >= limit), copied - 1);
}

/// An integer of one to eight bytes.
#[inline(always)]
pub fn integer(event: Event, index: u32, step: Step) {
    let base = event.arg(step.a as u64);
    if base == 0 {
        return event.put_absent(index);
    }
    let address = base + step.b as u64;
    let value = match step.c {
        1 => user::<u8>(address).map(u64::from),
        2 => user::<u16>(address).map(u64::from),
        4 => user::<u32>(address).map(u64::from),
        _ => user::<u64>(address),
    };
    put_read(event, index, value);
}

/// A `long` of the caller's ABI.
#[inline(always)]
pub fn long_at(event: Event, index: u32, step: Step) {
    let base = event.arg(step.a as u64);
    if base == 0 {
        return event.put_absent(index);
    }
    let width = get!(event, pointer) as u64;
    put_read(event, index, long(event, base + width * step.b as u64));
}

/// A `long`, `size_t` or pointer of the caller's ABI at an address.
#[inline(always)]
pub fn long(event: Event, address: u64) -> Option<u64> {
    if get!(event, pointer) == 4 {
        user::<u32>(address).map(u64::from)
    } else {
        user::<u64>(address)
    }
}

#[inline(always)]
fn put_read(event: Event, index: u32, value: Option<u64>) {
    match value {
        Some(value) => event.put_number(index, value),
        None => event.put(index, ParamStatus::Fault, 0),
    }
}

/// Bytes or a socket address, with a length.
#[inline(always)]
pub fn bytes(event: Event, index: u32, step: Step) {
    let ret = get!(event, ret);
    let operand = step.c as u64;
    let length = match step.b {
        length::REG => event.arg(operand),
        length::FIXED => operand,
        // What a failed call would have written is not there.
        _ if ret < 0 => return event.put_absent(index),
        length::RET => ret as u64,
        _ => {
            let place = event.arg(operand);
            if place == 0 {
                return event.put_absent(index);
            }
            match user::<u32>(place) {
                Some(length) => length as u64,
                None => return event.put(index, ParamStatus::Fault, 0),
            }
        }
    };
    copy(event, index, event.arg(step.a as u64), length, step.limit);
}

/// Copies `length` bytes, at most `limit`.
#[inline(always)]
pub fn copy(event: Event, index: u32, address: u64, length: u64, limit: u16) {
    if address == 0 || limit == 0 {
        return event.put_absent(index);
    }
    let room = event.room(limit as u64);
    let wanted = masked::<VALUE_MASK>(if length < room { length } else { room });
    // SAFETY: a place has room for any masked length.
    if unsafe { copy_user(event.spot(), wanted, address) } {
        return event.put(index, whole_unless(wanted < length), wanted);
    }
    let first_page = masked::<VALUE_MASK>(PAGE - (address & (PAGE - 1)));
    // SAFETY: as above.
    if first_page < wanted && unsafe { copy_user(event.spot(), first_page, address) } {
        return event.put(index, ParamStatus::Fault, first_page);
    }
    event.put(index, ParamStatus::Fault, 0);
}

/// Present, or truncated if it was cut.
#[inline(always)]
pub fn whole_unless(cut: bool) -> ParamStatus {
    if cut {
        ParamStatus::Truncated
    } else {
        ParamStatus::Present
    }
}
