//! Argument vectors: behind pointers at a failed exec, as one area of the new image at a successful one.

use falco_abi::ParamStatus;
use falco_abi::limits::ARGV_STRINGS_MAX;
use falco_abi::plan::{Step, kind};

use super::memory;
use crate::frame::{Event, VALUE_MASK, get, set};
use crate::read::{copy_user_str, follow, masked, pointer, user};
use crate::settings::offset;

/// The strings behind a NULL-terminated array of pointers, each with its NUL.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn capture_argv(cpu: u32, index: u32) -> u32 {
    let Some(event) = Event::on(cpu) else {
        return 0;
    };
    let Some(step) = event.step(index) else {
        return 0;
    };
    let array = event.arg(step.a as u64);
    if array == 0 || step.limit == 0 {
        event.put_absent(index);
        return 0;
    }
    let status = strings(cpu, event, array, step.limit as u64);
    event.put(index, status, get!(event, written) as u64);
    0
}

/// How the copying of one string ended: it goes on, or one of `ParamStatus`.
const ON: u32 = u32::MAX;

#[inline(always)]
fn strings(cpu: u32, event: Event, array: u64, limit: u64) -> ParamStatus {
    set!(event, written, 0);
    set!(event, remaining, event.room(limit) as u32);
    for place in 0..ARGV_STRINGS_MAX as u32 {
        let copied = copy_argument(cpu, array, place);
        if copied != ON {
            return match ParamStatus::from_u8(copied as u8) {
                Some(status) => status,
                None => ParamStatus::Fault,
            };
        }
    }
    ParamStatus::Truncated
}

/// Copies the string behind one pointer of the array.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn copy_argument(cpu: u32, array: u64, place: u32) -> u32 {
    const FAULT: u32 = ParamStatus::Fault as u32;
    const TRUNCATED: u32 = ParamStatus::Truncated as u32;
    let Some(event) = Event::on(cpu) else {
        return FAULT;
    };
    let width = get!(event, pointer) as u64;
    let Some(string) = memory::long(event, array + width * place as u64) else {
        return FAULT;
    };
    if string == 0 {
        return ParamStatus::Present as u32;
    }
    let rest = masked::<VALUE_MASK>(get!(event, remaining) as u64);
    if rest == 0 {
        return TRUNCATED;
    }
    let written = get!(event, written) as u64;
    // SAFETY: a place has room for any masked length.
    let copied = unsafe { copy_user_str(event.spot_behind(written), rest, string) };
    if copied <= 0 {
        return FAULT;
    }
    set!(event, written, (written + copied as u64) as u32);
    set!(event, remaining, (rest - copied as u64) as u32);
    // A full buffer holds a cut string, or one that fits exactly.
    if copied as u64 >= rest && user::<u8>(string + rest - 1) != Some(0) {
        return TRUNCATED;
    }
    ON
}

/// The argument or environment area of the image that now runs.
#[inline(always)]
pub fn area(event: Event, index: u32, step: Step) {
    let Some(mm) = follow(get!(event, task), offset!(task_mm)) else {
        return event.put_absent(index);
    };
    let (start, end) = if step.kind == kind::EXEC_ARGS {
        (offset!(mm_arg_start), offset!(mm_arg_end))
    } else {
        (offset!(mm_env_start), offset!(mm_env_end))
    };
    let (Some(start), Some(end)) = (start, end) else {
        return event.put_absent(index);
    };
    let from = pointer(mm + start);
    let to = pointer(mm + end);
    if from == 0 || to < from {
        return event.put_absent(index);
    }
    memory::copy(event, index, from, to - from, step.limit);
}
