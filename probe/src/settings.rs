//! Read-only data that the loader fills in before the verifier runs: to the verifier every word is a constant.

use falco_abi::kernel::{ABSENT, Config, Offsets, SOCKETCALL_SLOTS};
use falco_abi::limits::SYSCALL_NUMBERS;

/// How many entries the plan index has: one table per ABI.
pub const INDEX_LEN: usize = 4 * SYSCALL_NUMBERS;

/// Offsets in this kernel's structures.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".rodata")]
pub static OFFSETS: Offsets = Offsets::UNKNOWN;

/// Configuration.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".rodata")]
pub static CONFIG: Config = Config::ZERO;

/// Which plan a call has, by ABI and number: one more than its place, 0 where it is not selected.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".rodata")]
pub static PLAN_INDEX: [u16; INDEX_LEN] = [0; INDEX_LEN];

/// The same for the calls behind i386's `socketcall`.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".rodata")]
pub static SOCKETCALL_INDEX: [u16; SOCKETCALL_SLOTS] = [0; SOCKETCALL_SLOTS];

/// A word of [`CONFIG`]. The read is volatile, or the compiler would take the zero that stands in the object.
macro_rules! config {
    ($field:ident) => {{
        // SAFETY: the address is that of an initialised static.
        unsafe { core::ptr::read_volatile(&raw const $crate::settings::CONFIG.$field) }
    }};
}

/// An offset, `None` where this kernel does not have the field.
macro_rules! offset {
    ($field:ident) => {{
        // SAFETY: the address is that of an initialised static.
        let raw = unsafe { core::ptr::read_volatile(&raw const $crate::settings::OFFSETS.$field) };
        $crate::settings::known(raw)
    }};
}

pub(crate) use {config, offset};

/// The offset, unless it is the one that stands for none.
#[inline(always)]
pub fn known(raw: u16) -> Option<u64> {
    if raw == ABSENT {
        None
    } else {
        Some(raw as u64)
    }
}

/// The plan of a number in an ABI: one more than its place, 0 for none.
#[inline(always)]
pub fn plan_of(abi: u64, number: u32) -> u16 {
    let index =
        (((abi as usize) & 3) * SYSCALL_NUMBERS) + (number as usize & (SYSCALL_NUMBERS - 1));
    // SAFETY: the index is below INDEX_LEN by the masks.
    unsafe { core::ptr::read_volatile((&raw const PLAN_INDEX).cast::<u16>().add(index)) }
}

/// The plan of a call behind `socketcall`.
#[inline(always)]
pub fn socketcall_plan(call: u32) -> u16 {
    let index = call as usize & (SOCKETCALL_SLOTS - 1);
    // SAFETY: the index is below SOCKETCALL_SLOTS by the mask.
    unsafe { core::ptr::read_volatile((&raw const SOCKETCALL_INDEX).cast::<u16>().add(index)) }
}
