//! A 64-bit program that calls the kernel's 32-bit entry (`int 0x80`), for the live test.
//!
//! The numbers of that entry mean other calls than the 64-bit ones: its `read` (3) is the 64-bit `close`, its `open` (5) the 64-bit `fstat`.
//! A recorder that reads them with the wrong table sees descriptors closed that are open.
//! It prints one line per call: the call's name, and what it returned.
//! Where the kernel has no such entry, the first call ends the program with a signal, which the test takes for the reason to skip.

#[cfg(target_arch = "x86_64")]
mod calls {
    use std::arch::asm;

    /// One call through `int 0x80`, with its number in the i386 table.
    #[derive(Clone, Copy)]
    pub(crate) struct Call {
        /// Its name.
        pub(crate) name: &'static str,
        /// Its number.
        pub(crate) number: u32,
    }

    /// Makes one call.
    ///
    /// # Safety
    /// The arguments must be what the call may be given: pointers to memory below 4 GiB that it may use.
    pub(crate) unsafe fn call(call: Call, arguments: [u32; 3]) -> i32 {
        let result: i32;
        // SAFETY: the entry reads eax, ecx, edx and the saved rbx, and on 64-bit kernels clears r8 to r11; all are declared, and rbx, which the compiler keeps for itself, is put back. The caller vouches for the call.
        unsafe {
            asm!(
                "xchg {first:r}, rbx",
                "int 0x80",
                "xchg {first:r}, rbx",
                first = inout(reg) u64::from(arguments[0]) => _,
                inlateout("eax") call.number => result,
                in("ecx") arguments[1],
                in("edx") arguments[2],
                out("r8") _, out("r9") _, out("r10") _, out("r11") _,
            );
        }
        println!("{}\t{result}", call.name);
        result
    }

    /// Memory that 32 bits can name, with `bytes` in it.
    pub(crate) fn low_memory(bytes: &[u8]) -> Option<u32> {
        let length = bytes.len();
        let address: u64;
        // SAFETY: a fresh private mapping below 2 GiB (MAP_32BIT) touches no memory that exists.
        unsafe {
            asm!(
                "syscall",
                inlateout("rax") 9_u64 => address,
                in("rdi") 0_u64,
                in("rsi") length,
                in("rdx") 3_u64,
                in("r10") 0x62_u64,
                in("r8") u64::MAX,
                in("r9") 0_u64,
                out("rcx") _, out("r11") _,
            );
        }
        let low = u32::try_from(address).ok()?;
        let target = std::ptr::with_exposed_provenance_mut::<u8>(usize::try_from(address).ok()?);
        // SAFETY: the mapping is writable and at least as long as `bytes`.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len()) };
        Some(low)
    }
}

#[cfg(target_arch = "x86_64")]
fn main() -> std::process::ExitCode {
    use calls::{Call, call, low_memory};
    const OPEN: Call = Call {
        name: "open",
        number: 5,
    };
    const READ: Call = Call {
        name: "read",
        number: 3,
    };
    const CLOSE: Call = Call {
        name: "close",
        number: 6,
    };
    const SOCKETCALL: Call = Call {
        name: "socketcall",
        number: 102,
    };
    /// `socketcall`'s number for `socket`.
    const SOCKET: u32 = 1;
    /// `socketcall`'s number for `connect`.
    const CONNECT: u32 = 3;

    let path = std::env::args().nth(1).unwrap_or_default() + "\0";
    // 127.0.0.1, port 9 (discard): nobody need listen, a refused call is a call.
    let address: [u8; 16] = [2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let (Some(path), Some(buffer), Some(address)) = (
        low_memory(path.as_bytes()),
        low_memory(&[0; 64]),
        low_memory(&address),
    ) else {
        eprintln!("compat_calls: no memory below 4 GiB");
        return std::process::ExitCode::from(2);
    };
    // SAFETY: every pointer comes from `low_memory` and is at least as long as the call is told.
    unsafe {
        let file = call(OPEN, [path, 0, 0]).cast_unsigned();
        call(READ, [file, buffer, 16]);
        let words: Vec<u8> = [2_u32, 1, 0]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let Some(arguments) = low_memory(&words) else {
            return std::process::ExitCode::from(2);
        };
        let socket = call(SOCKETCALL, [SOCKET, arguments, 0]).cast_unsigned();
        let words: Vec<u8> = [socket, address, 16]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let Some(arguments) = low_memory(&words) else {
            return std::process::ExitCode::from(2);
        };
        call(SOCKETCALL, [CONNECT, arguments, 0]);
        call(CLOSE, [socket, 0, 0]);
        call(CLOSE, [file, 0, 0]);
    }
    std::process::ExitCode::SUCCESS
}

#[cfg(not(target_arch = "x86_64"))]
fn main() -> std::process::ExitCode {
    eprintln!("compat_calls: this machine has no int 0x80");
    std::process::ExitCode::from(3)
}
