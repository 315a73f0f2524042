//! `open` flags: Linux's bits differ between architectures, and its access mode is a number of two bits.

use falco_abi::Abi;

use crate::dialect::words::{OPEN_FLAGS, falco};

const O_ACCMODE: u64 = 0o3;
/// Falco's bits of the access mode.
const FALCO_ACCESS: u64 = falco(OPEN_FLAGS, "O_RDWR");
const FALCO_DIRECTORY: u64 = falco(OPEN_FLAGS, "O_DIRECTORY");
const FALCO_TMPFILE: u64 = falco(OPEN_FLAGS, "O_TMPFILE");

/// Falco's bits for Linux's.
pub(super) fn from_linux(linux: u64, abi: Abi) -> u64 {
    let mut bits = match linux & O_ACCMODE {
        0 => falco(OPEN_FLAGS, "O_RDONLY"),
        1 => falco(OPEN_FLAGS, "O_WRONLY"),
        _ => falco(OPEN_FLAGS, "O_RDWR"),
    };
    for word in OPEN_FLAGS {
        let is_access = word.falco & FALCO_ACCESS != 0;
        if !is_access && word.linux(abi).is_some_and(|bit| linux & bit != 0) {
            bits |= word.falco;
        }
    }
    // `O_TMPFILE` holds the bit of `O_DIRECTORY`, and Falco asks for any of its bits.
    if bits & FALCO_DIRECTORY != 0 {
        bits |= FALCO_TMPFILE;
    }
    bits
}

/// The same for calls that have no access mode: `O_RDONLY` is not among their flags.
pub(super) fn creation_from_linux(linux: u64, abi: Abi) -> u64 {
    from_linux(linux & !O_ACCMODE, abi) & !FALCO_ACCESS
}
