//! One column of times: differences, each as a class and the bits below its leading one.
//!
//! Differences of times are noise in their low bits and regular in their magnitude.
//! So the magnitudes (one byte each, 0 to 64: the number of significant bits) stand together, where zstd finds their pattern, and the bits below the leading one follow, packed and incompressible.
//! Times that run backwards, as in imports, make the whole column zigzag.

use crate::bytes::{Cursor, Malformed, unzigzag, zigzag};

const FORWARD: u8 = 0;
const ZIGZAG: u8 = 1;

/// Appends the times as differences, the first one to `base`.
pub(super) fn encode(out: &mut Vec<u8>, times: &[u64], base: u64) {
    if times.is_empty() {
        return;
    }
    let lasts = || std::iter::once(&base).chain(times);
    let forward = lasts().zip(times).all(|(last, time)| last <= time);
    out.push(if forward { FORWARD } else { ZIGZAG });
    let difference = |(last, time): (&u64, &u64)| {
        let difference = time.wrapping_sub(*last);
        if forward {
            difference
        } else {
            zigzag(difference as i64)
        }
    };
    out.extend(lasts().zip(times).map(|pair| class(difference(pair))));
    let mut bits = BitWriter::new(out);
    for value in lasts().zip(times).map(difference) {
        let below = u32::from(class(value)).saturating_sub(1);
        bits.put(value & mask(below), below);
    }
    bits.finish();
}

/// Reads `count` times.
pub(super) fn decode(
    cursor: &mut Cursor<'_>,
    count: usize,
    base: u64,
) -> Result<Vec<u64>, Malformed> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let at = cursor.malformed();
    let form = cursor.u8()?;
    if form > ZIGZAG {
        return Err(at);
    }
    let classes = cursor.take(count)?;
    if classes.iter().fold(0, |most, class| *class.max(&most)) > 64 {
        return Err(at);
    }
    let below = |class: u8| u32::from(class).saturating_sub(1);
    let bits: u64 = classes.iter().map(|class| u64::from(below(*class))).sum();
    let packed = cursor.take(usize::try_from(bits.div_ceil(8)).map_err(|_| at)?)?;
    let values = values(classes, BitReader::new(packed));
    // The form is asked once and not for each time.
    Ok(if form == FORWARD {
        summed(base, values)
    } else {
        summed(base, values.map(|value| unzigzag(value) as u64))
    })
}

/// The differences: of each class the bits below its leading one.
fn values<'a>(classes: &'a [u8], mut bits: BitReader<'a>) -> impl Iterator<Item = u64> + 'a {
    classes.iter().map(move |class| match class {
        0 => 0,
        class => {
            let below = u32::from(class - 1);
            bits.take(below) | 1u64 << (below & 63)
        }
    })
}

fn summed(base: u64, differences: impl Iterator<Item = u64>) -> Vec<u64> {
    let sum = |last: &mut u64, difference: u64| {
        *last = last.wrapping_add(difference);
        Some(*last)
    };
    let mut times = Vec::with_capacity(differences.size_hint().0);
    times.extend(differences.scan(base, sum));
    times
}

/// How many significant bits a number has.
fn class(value: u64) -> u8 {
    (64 - value.leading_zeros()) as u8
}

/// At most 63 bits.
fn mask(bits: u32) -> u64 {
    (1u64 << bits) - 1
}

/// Packs bits, low ones first.
struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    held: u128,
    count: u32,
}

impl<'a> BitWriter<'a> {
    fn new(out: &'a mut Vec<u8>) -> Self {
        BitWriter {
            out,
            held: 0,
            count: 0,
        }
    }

    /// At most 64 bits.
    fn put(&mut self, value: u64, bits: u32) {
        self.held |= u128::from(value) << self.count;
        self.count += bits;
        if self.count >= 64 {
            self.out
                .extend_from_slice(&(self.held as u64).to_le_bytes());
            self.held >>= 64;
            self.count -= 64;
        }
    }

    fn finish(self) {
        let length = self.count.div_ceil(8) as usize;
        self.out
            .extend((self.held as u64).to_le_bytes().iter().take(length));
    }
}

/// Unpacks bits, low ones first. Behind the end everything is zero; the caller has checked the length.
struct BitReader<'a> {
    bytes: &'a [u8],
    /// The next bit.
    at: usize,
}

impl<'a> BitReader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        BitReader { bytes, at: 0 }
    }

    /// At most 63 bits.
    #[inline]
    fn take(&mut self, bits: u32) -> u64 {
        let (byte, shift) = (self.at / 8, (self.at % 8) as u32);
        let rest = self.bytes.get(byte..).unwrap_or_default();
        let mut value = match rest.first_chunk() {
            Some(chunk) => u64::from_le_bytes(*chunk) >> shift,
            None => word(rest) >> shift,
        };
        if bits + shift > 64 {
            let ninth = rest.get(8).copied().unwrap_or(0);
            value |= u64::from(ninth) << (64 - shift);
        }
        self.at = self.at.wrapping_add(bits as usize);
        value & mask(bits)
    }
}

/// The number that at most seven last bytes are.
#[cold]
fn word(bytes: &[u8]) -> u64 {
    let bytes = bytes.iter().rev();
    bytes.fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(times: &[u64], base: u64) {
        let mut out = Vec::new();
        encode(&mut out, times, base);
        let mut cursor = Cursor::new(&out);
        assert_eq!(decode(&mut cursor, times.len(), base).as_deref(), Ok(times));
        assert_eq!(cursor.finish(), Ok(()));
    }

    #[test]
    fn edges_come_back() {
        check(&[], 3);
        check(&[3, 3, 3], 3);
        check(&[0, u64::MAX, 0, 1 << 63], 5);
        check(&[u64::MAX; 9], 0);
    }

    proptest! {
        #[test]
        fn any_times_come_back(mut times in prop::collection::vec(any::<u64>(), 0..200), shift in 0u32..64, sort: bool, base: u64) {
            times.iter_mut().for_each(|time| *time >>= shift);
            if sort {
                times.sort_unstable();
            }
            check(&times, base);
            check(&times, times.first().copied().unwrap_or(0));
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0usize..100, base: u64) {
            if let Ok(times) = decode(&mut Cursor::new(&bytes), count, base) {
                prop_assert_eq!(times.len(), count);
            }
        }
    }
}
