//! Reads and writes the primitive pieces of payloads: integers, varints, length-prefixed bytes.
//!
//! [`Cursor`] is the only way hostile bytes are taken apart: every access is checked and says where it failed.
//! It knows nothing of items, blocks or values.

use std::ops::Range;

/// The bytes ended early or hold what cannot be, at this offset of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Offset from the start of the bytes that the cursor was made over.
    pub(crate) offset: usize,
}

/// A checked position in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Cursor { bytes, offset: 0 }
    }

    /// A cursor over a part of an arena, whose offsets are those of the arena. Behind the part there is nothing; the part itself may lie outside.
    pub(crate) fn within(arena: &'a [u8], part: Range<usize>) -> Self {
        Cursor {
            bytes: arena.get(..part.end).unwrap_or_default(),
            offset: part.start,
        }
    }

    pub(crate) fn malformed(&self) -> Malformed {
        Malformed {
            offset: self.offset,
        }
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// All bytes that the cursor was made over.
    pub(crate) fn whole(&self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.offset)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let rest = self.bytes.get(self.offset..).ok_or(self.malformed())?;
        let taken = rest.get(..length).ok_or(self.malformed())?;
        self.offset = self.offset.saturating_add(length);
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let at = self.malformed();
        self.take(N)?.try_into().map_err(|_| at)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    /// A LEB128 integer: seven bits per byte, low ones first, at most ten bytes.
    pub(crate) fn varint(&mut self) -> Result<u64, Malformed> {
        let at = self.malformed();
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(at);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(at)
    }

    /// A varint that must not exceed `max`.
    pub(crate) fn length(&mut self, max: usize) -> Result<usize, Malformed> {
        let at = self.malformed();
        usize::try_from(self.varint()?)
            .ok()
            .filter(|length| *length <= max)
            .ok_or(at)
    }

    /// A varint that must fit 32 bits.
    pub(crate) fn varint_u32(&mut self) -> Result<u32, Malformed> {
        let at = self.malformed();
        u32::try_from(self.varint()?).map_err(|_| at)
    }

    /// A varint that must fit 16 bits.
    pub(crate) fn varint_u16(&mut self) -> Result<u16, Malformed> {
        let at = self.malformed();
        u16::try_from(self.varint()?).map_err(|_| at)
    }

    /// A string with its length before it.
    pub(crate) fn name(&mut self, max: usize) -> Result<String, Malformed> {
        let length = self.length(max)?;
        let at = self.malformed();
        let bytes = self.take(length)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| at)
    }

    /// Nothing may stand behind what was read.
    pub(crate) fn finish(&self) -> Result<(), Malformed> {
        if self.remaining() == 0 {
            Ok(())
        } else {
            Err(self.malformed())
        }
    }
}

/// Appends a LEB128 integer.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a length as a varint.
pub(crate) fn put_length(out: &mut Vec<u8>, length: usize) {
    put_varint(out, length as u64);
}

/// Appends a string with its length before it, cut to `max` bytes at a character's border.
pub(crate) fn put_name(out: &mut Vec<u8>, name: &str, max: usize) {
    let mut end = name.len().min(max);
    while !name.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let bytes = name.as_bytes().get(..end).unwrap_or_default();
    put_length(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Maps small negative and small positive numbers to small unsigned ones.
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The inverse of [`zigzag`].
pub(crate) fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}

/// Bytes written in hexadecimal; nothing where there are more, fewer, or others.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let number = digit(*high)? << 4 | digit(*low)?;
        *byte = u8::try_from(number).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_come_back() {
        let check = |value: u64| {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            let mut cursor = Cursor::new(&out);
            assert_eq!(cursor.varint(), Ok(value));
            assert_eq!(cursor.finish(), Ok(()));
            assert_eq!(unzigzag(zigzag(value as i64)), value as i64);
        };
        for shift in 0..64 {
            check(1 << shift);
            check((1 << shift) - 1);
        }
        check(u64::MAX);
    }

    #[test]
    fn a_varint_that_is_too_long_or_cut_is_refused() {
        let check = |bytes: &[u8]| assert!(Cursor::new(bytes).varint().is_err(), "{bytes:?}");
        check(&[]);
        check(&[0x80]);
        check(&[0xff; 10]);
        check(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]);
    }
}
