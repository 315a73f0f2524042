//! Reading the kernel's and the program's memory, and telling the verifier what it cannot see.
//!
//! Two ways to the kernel's memory: [`field`] loads directly from a pointer whose type the verifier knows (fast; the task and the registers), [`kernel`] asks a helper (any address).
//! Neither faults: unreadable memory is an answer.

use core::arch::asm;
use core::mem::MaybeUninit;

use aya_ebpf::helpers::generated::{
    bpf_probe_read_kernel, bpf_probe_read_kernel_str, bpf_probe_read_user, bpf_probe_read_user_str,
};

/// The value, masked where the compiler cannot see it: it would drop a mask that it believes needless and the verifier needs.
#[inline(always)]
pub fn masked<const MASK: u64>(value: u64) -> u64 {
    let mut value = value;
    // SAFETY: one operation on one register.
    unsafe { asm!("{0} &= {1}", inout(reg) value, const MASK, options(pure, nomem, nostack)) };
    value
}

/// The value, at most `LAST`: compared and cut in one register, where the compiler cannot part the two.
///
/// It likes to compare one copy of a value and to use another, and older verifiers (6.1's) do not carry what was learned from the one to the other.
#[inline(always)]
pub fn bounded<const LAST: u64>(value: u64) -> u64 {
    let mut value = value;
    // SAFETY: two operations on one register; the jump skips the second.
    unsafe {
        asm!(
            "if {0} <= {1} goto +1",
            "{0} = {1}",
            inout(reg) value,
            const LAST,
            options(pure, nomem, nostack)
        )
    };
    value
}

/// A field of a structure whose type the verifier knows.
#[inline(always)]
pub fn field<T: Copy>(base: *const u8, offset: u64) -> T {
    // SAFETY: the verifier checks the access against the type; a bad address reads as zero.
    unsafe { core::ptr::read_volatile(base.add(offset as usize).cast::<T>()) }
}

/// A value at an address in the kernel.
#[inline(always)]
pub fn kernel<T: Copy>(address: u64) -> Option<T> {
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: the helper writes exactly the value's size, zeroes where it cannot read.
    let result = unsafe {
        bpf_probe_read_kernel(
            value.as_mut_ptr().cast(),
            size_of::<T>() as u32,
            address as *const _,
        )
    };
    if result == 0 {
        // SAFETY: the helper has written it.
        Some(unsafe { value.assume_init() })
    } else {
        None
    }
}

/// The word at an address in the kernel, 0 where it cannot be read.
///
/// For pointers, where both mean that there is nothing: one register instead of two, of which the compiler may leave one unset.
#[inline(always)]
pub fn pointer(address: u64) -> u64 {
    let mut value = 0_u64;
    // SAFETY: the helper writes eight bytes, zeroes where it cannot read.
    unsafe { bpf_probe_read_kernel((&raw mut value).cast(), 8, address as *const _) };
    value
}

/// A pointer to the next structure of a chain: the field at the offset behind the address. `None` for NULL.
#[inline(always)]
pub fn follow(address: u64, offset: Option<u64>) -> Option<u64> {
    let next = pointer(address.wrapping_add(offset?));
    if next == 0 { None } else { Some(next) }
}

/// An integer field behind an address.
#[inline(always)]
pub fn number<T: Copy>(address: u64, offset: Option<u64>) -> Option<T> {
    kernel::<T>(address.wrapping_add(offset?))
}

/// A value at an address of the program.
#[inline(always)]
pub fn user<T: Copy>(address: u64) -> Option<T> {
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: as in `kernel`.
    let result = unsafe {
        bpf_probe_read_user(
            value.as_mut_ptr().cast(),
            size_of::<T>() as u32,
            address as *const _,
        )
    };
    if result == 0 {
        // SAFETY: the helper has written it.
        Some(unsafe { value.assume_init() })
    } else {
        None
    }
}

/// Copies bytes of the program; whether all could be read.
///
/// # Safety
/// `to` has room for `length` bytes.
#[inline(always)]
pub unsafe fn copy_user(to: *mut u8, length: u64, from: u64) -> bool {
    // SAFETY: as the caller promises.
    unsafe { bpf_probe_read_user(to.cast(), length as u32, from as *const _) == 0 }
}

/// Copies bytes of the kernel; whether all could be read.
///
/// # Safety
/// `to` has room for `length` bytes.
#[inline(always)]
pub unsafe fn copy_kernel(to: *mut u8, length: u64, from: u64) -> bool {
    // SAFETY: as the caller promises.
    unsafe { bpf_probe_read_kernel(to.cast(), length as u32, from as *const _) == 0 }
}

/// Copies a string of the kernel with its NUL, cut to `length`; how many bytes with the NUL, negative on a fault.
///
/// # Safety
/// `to` has room for `length` bytes.
#[inline(always)]
pub unsafe fn copy_kernel_str(to: *mut u8, length: u64, from: u64) -> i64 {
    // SAFETY: as the caller promises.
    unsafe { bpf_probe_read_kernel_str(to.cast(), length as u32, from as *const _) as i64 }
}

/// Copies a string of the program with its NUL, cut to `length`; how many bytes with the NUL, negative on a fault, 0 where there was no room.
///
/// # Safety
/// `to` has room for `length` bytes.
#[inline(always)]
pub unsafe fn copy_user_str(to: *mut u8, length: u64, from: u64) -> i64 {
    // SAFETY: as the caller promises.
    let copied =
        unsafe { bpf_probe_read_user_str(to.cast(), length as u32, from as *const _) as i64 };
    // Older kernels (6.1) copy an empty string's NUL and do not count it.
    if copied == 0 && length != 0 {
        1
    } else {
        copied
    }
}
