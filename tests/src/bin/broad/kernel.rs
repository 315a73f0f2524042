//! Calls by their numbers, and children that end without the C library's knowing.

use std::ffi::{CStr, c_int, c_long};

use crate::numbers::number;

// SAFETY: these are the C library's functions of these names and types.
unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    safe fn fork() -> c_int;
    safe fn _exit(status: c_int) -> !;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
}

/// An argument of a call.
#[derive(Debug)]
pub(crate) enum Arg<'a> {
    Number(i64),
    Text(&'a CStr),
    /// Bytes that the call reads.
    Bytes(&'a [u8]),
    /// Machine words that the call reads and may write: structures of numbers and of pointers to what outlives the call.
    Words(&'a mut [usize]),
    /// Bytes that the call writes.
    Room(&'a mut [u8]),
}

impl From<i32> for Arg<'_> {
    fn from(number: i32) -> Self {
        Arg::Number(i64::from(number))
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Arg::Number(number)
    }
}

impl From<usize> for Arg<'_> {
    fn from(number: usize) -> Self {
        Arg::Number(number as i64)
    }
}

impl<'a> From<&'a CStr> for Arg<'a> {
    fn from(text: &'a CStr) -> Self {
        Arg::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Arg::Bytes(bytes)
    }
}

impl<'a> From<&'a mut [usize]> for Arg<'a> {
    fn from(words: &'a mut [usize]) -> Self {
        Arg::Words(words)
    }
}

impl<'a> From<&'a mut [u8]> for Arg<'a> {
    fn from(room: &'a mut [u8]) -> Self {
        Arg::Room(room)
    }
}

impl Arg<'_> {
    fn word(&mut self) -> c_long {
        match self {
            Arg::Number(number) => *number as c_long,
            Arg::Text(text) => text.as_ptr().expose_provenance() as c_long,
            Arg::Bytes(bytes) => bytes.as_ptr().expose_provenance() as c_long,
            Arg::Words(words) => words.as_mut_ptr().expose_provenance() as c_long,
            Arg::Room(room) => room.as_mut_ptr().expose_provenance() as c_long,
        }
    }
}

/// Makes a call; −1 where it failed, or the architecture has no such call. What fails is as good an event as what does not.
pub(crate) fn by_name<const N: usize>(name: &str, arguments: [Arg<'_>; N]) -> i64 {
    let Some(number) = number(name) else {
        return -1;
    };
    let mut words = [0; 6];
    let mut arguments = arguments;
    for (word, argument) in words.iter_mut().zip(&mut arguments) {
        *word = argument.word();
    }
    let [a, b, c, d, e, f] = words;
    // SAFETY: buffers outlive the call, and the callers say no greater lengths than theirs.
    unsafe { syscall(number as c_long, a, b, c, d, e, f) }
}

/// A call by name with arguments of any kind.
macro_rules! call {
    ($name:literal $(, $argument:expr)* $(,)?) => {
        $crate::kernel::by_name($name, [$($crate::kernel::Arg::from($argument)),*])
    };
}
pub(crate) use call;

/// Lets a child do something, and waits for its end. Returns its id.
pub(crate) fn in_child(acts: impl FnOnce()) -> i32 {
    let pid = fork();
    if pid == 0 {
        acts();
        _exit(3);
    }
    wait(pid);
    pid
}

/// Waits for the end of a child.
pub(crate) fn wait(pid: i32) {
    if pid > 0 {
        // SAFETY: nobody asks for the status.
        unsafe { waitpid(pid, std::ptr::null_mut(), 0) };
    }
}

/// Ends this process at once.
pub(crate) fn end(status: i32) -> ! {
    _exit(status)
}

/// `umount` without flags, which only the 32-bit entry has: of no place, so that it fails. Where the kernel has no such entry, the signal ends who asks.
#[cfg(target_arch = "x86_64")]
pub(crate) fn umount_without_flags() {
    // SAFETY: the entry reads eax and the saved rbx, clears r8 to r11, and the call gets no address that it could use; rbx, which the compiler keeps for itself, is put back.
    unsafe {
        std::arch::asm!(
            "xchg {first:r}, rbx",
            "int 0x80",
            "xchg {first:r}, rbx",
            first = inout(reg) 0_u64 => _,
            inlateout("eax") 22 => _,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
}

/// There is no such entry here.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn umount_without_flags() {}

/// A birth by `vfork`, whose child ends before anything else can happen: it has the parent's stack.
#[cfg(target_arch = "x86_64")]
pub(crate) fn vfork_and_end() -> i32 {
    let pid: i64;
    // SAFETY: the child ends within the block and touches no memory; the parent waits until then.
    unsafe {
        std::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "mov eax, 60",
            "xor edi, edi",
            "syscall",
            "2:",
            inlateout("rax") 58_i64 => pid,
            out("rdi") _, out("rcx") _, out("r11") _,
        );
    }
    pid as i32
}

/// There is no such call here.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn vfork_and_end() -> i32 {
    -1
}
