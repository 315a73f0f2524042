//! `open` flags: Linux's bits differ between architectures, and its access mode is a number of two bits.

use falco_abi::Abi;

const O_ACCMODE: u64 = 0o3;
/// Linux's bit and Falco's, where all architectures agree.
const COMMON: [(u64, u64); 8] = [
    (0o100, 0x4),
    (0o2_000, 0x8),
    (0o10_000, 0x10),
    (0o200, 0x20),
    (0o4_000, 0x40),
    (0o1_000, 0x100),
    (0o2_000_000, 0x1000),
    (0o4_000_000, 0x80),
];
/// `O_DIRECTORY`, `O_DIRECT`, `O_LARGEFILE`.
const X86: [(u64, u64); 3] = [(0o200_000, 0x400), (0o40_000, 0x200), (0o100_000, 0x800)];
const ARM: [(u64, u64); 3] = [(0o40_000, 0x400), (0o200_000, 0x200), (0o400_000, 0x800)];
const TMPFILE: u64 = 0o20_000_000;
const FALCO_DIRECTORY: u64 = 0x400;
const FALCO_TMPFILE: u64 = 0x2000;

/// Falco's bits for Linux's.
pub(super) fn from_linux(linux: u64, abi: Abi) -> u64 {
    let access = match linux & O_ACCMODE {
        0 => 1,
        1 => 2,
        _ => 3,
    };
    let special = match abi {
        Abi::Aarch64 => ARM,
        Abi::X86_64 | Abi::I386 | Abi::X32 => X86,
    };
    let mut bits = access;
    for (from, to) in COMMON.iter().chain(&special) {
        if linux & from != 0 {
            bits |= to;
        }
    }
    // `O_TMPFILE` holds the bit of `O_DIRECTORY`, and Falco asks for any of its bits.
    if linux & TMPFILE != 0 || bits & FALCO_DIRECTORY != 0 {
        bits |= FALCO_TMPFILE;
    }
    bits
}

/// The same for calls that have no access mode: `O_RDONLY` is not among their flags.
pub(super) fn creation_from_linux(linux: u64, abi: Abi) -> u64 {
    const ACCESS: u64 = 0b11;
    from_linux(linux & !O_ACCMODE, abi) & !ACCESS
}
