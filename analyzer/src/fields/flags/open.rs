//! `open` flags: Linux's bits differ between architectures, and its access mode is a number of two bits.

use std::sync::LazyLock;

use falco_abi::Abi;

use crate::dialect::words::{OPEN_FLAGS, falco};

const O_ACCMODE: u64 = 0o3;
/// Falco's bits of the access mode.
const FALCO_ACCESS: u64 = falco(OPEN_FLAGS, "O_RDWR");
const FALCO_DIRECTORY: u64 = falco(OPEN_FLAGS, "O_DIRECTORY");
const FALCO_TMPFILE: u64 = falco(OPEN_FLAGS, "O_TMPFILE");

/// Falco's bits for each of Linux's. Every open of a capture is asked for them, and has a few.
type OfBits = [u64; u64::BITS as usize];

static X86_64: LazyLock<OfBits> = LazyLock::new(|| of_bits(Abi::X86_64));
static AARCH64: LazyLock<OfBits> = LazyLock::new(|| of_bits(Abi::Aarch64));

fn of_bits(abi: Abi) -> OfBits {
    let has = |linux: Option<u64>, bit: usize| linux.is_some_and(|linux| linux >> bit & 1 == 1);
    std::array::from_fn(|bit| {
        let words = OPEN_FLAGS.iter();
        words
            .filter(|word| word.falco & FALCO_ACCESS == 0 && has(word.linux(abi), bit))
            .fold(0, |bits, word| bits | word.falco)
    })
}

/// Falco's bits for Linux's.
pub(super) fn from_linux(linux: u64, abi: Abi) -> u64 {
    let mut bits = match linux & O_ACCMODE {
        0 => const { falco(OPEN_FLAGS, "O_RDONLY") },
        1 => const { falco(OPEN_FLAGS, "O_WRONLY") },
        _ => FALCO_ACCESS,
    };
    let of_bits = match abi {
        Abi::Aarch64 => &AARCH64,
        Abi::X86_64 | Abi::I386 | Abi::X32 => &X86_64,
    };
    let mut left = linux;
    while left != 0 {
        let bit = of_bits.get(left.trailing_zeros() as usize);
        bits |= bit.expect("a number has no more bits than these");
        left &= left - 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits word by word, as the table has them.
    fn by_words(linux: u64, abi: Abi) -> u64 {
        let words = OPEN_FLAGS.iter().filter(|word| {
            let is_access = word.falco & FALCO_ACCESS != 0;
            !is_access && word.linux(abi).is_some_and(|bit| linux & bit != 0)
        });
        words.fold(0, |bits, word| bits | word.falco)
    }

    #[test]
    fn bits_are_those_of_the_words() {
        for abi in [Abi::X86_64, Abi::Aarch64, Abi::I386, Abi::X32] {
            for low in 0..u64::BITS {
                for high in 0..u64::BITS {
                    let linux = 1 << low | 1 << high;
                    let ours = from_linux(linux, abi);
                    let is_tmpfile = ours & FALCO_DIRECTORY != 0;
                    let tmpfile = if is_tmpfile { FALCO_TMPFILE } else { 0 };
                    let access = match linux & O_ACCMODE {
                        0 => falco(OPEN_FLAGS, "O_RDONLY"),
                        1 => falco(OPEN_FLAGS, "O_WRONLY"),
                        _ => FALCO_ACCESS,
                    };
                    let expected = by_words(linux, abi) | tmpfile | access;
                    assert_eq!(ours, expected, "{linux:#o} {abi:?}");
                }
            }
        }
    }
}
