//! One block being written: its head, a body of little-endian values, its padding and the length again.

use std::io::{self, Write};

use crate::scap::block::{FRAME_LEN, HEAD_LEN};

/// Bodies are padded to this many bytes.
const ALIGNMENT: usize = 4;

/// The bytes of one block. One is kept and cleared for each block, so that writing events does not allocate.
#[derive(Clone, Debug, Default)]
pub(super) struct BlockBytes {
    bytes: Vec<u8>,
    cut: u64,
}

impl BlockBytes {
    /// Begins a block of a kind.
    pub(super) fn begin(&mut self, kind: u32) -> &mut Self {
        self.bytes.clear();
        self.u32(kind).u32(0)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    pub(super) fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(super) fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(super) fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// A string with its length in two bytes in front. What is longer is cut, and counted: the format has no way to say more.
    pub(super) fn text(&mut self, text: &[u8]) -> &mut Self {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.cut += u64::from(usize::from(length) < text.len());
        let text = text.get(..usize::from(length)).unwrap_or(text);
        self.u16(length).bytes(text)
    }

    /// How many strings were cut, in all blocks so far.
    pub(super) fn cut(&self) -> u64 {
        self.cut
    }

    /// Bytes so far, the head among them: a place to write a length to later.
    pub(super) fn place(&self) -> usize {
        self.bytes.len()
    }

    /// Writes a length to where four bytes were left for it.
    pub(super) fn set_u32(&mut self, place: usize, value: usize) {
        let value = u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(slot) = self
            .bytes
            .get_mut(place..)
            .and_then(|rest| rest.first_chunk_mut())
        {
            *slot = value;
        }
    }

    /// Ends the block and writes it. Returns its bytes' number.
    ///
    /// # Errors
    /// When a block of that length cannot be, or the writer fails.
    pub(super) fn finish(&mut self, out: &mut dyn Write) -> io::Result<u64> {
        let padded = self.bytes.len().next_multiple_of(ALIGNMENT);
        self.bytes.resize(padded, 0);
        let length = padded.saturating_add(FRAME_LEN - HEAD_LEN);
        let stored = u32::try_from(length)
            .map_err(|_| io::Error::other("a block of a .scap file cannot have 4 GiB"))?;
        self.set_u32(size_of::<u32>(), length);
        self.u32(stored);
        out.write_all(&self.bytes)?;
        Ok(length as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_padded_and_says_its_length_twice() {
        let check = |text: &[u8], expected: &[u8]| {
            let mut out = Vec::new();
            let mut block = BlockBytes::default();
            block.begin(0x201).text(text);
            assert_eq!(block.finish(&mut out).ok(), Some(expected.len() as u64));
            assert_eq!(out, expected);
        };
        check(
            b"ab",
            &[1, 2, 0, 0, 16, 0, 0, 0, 2, 0, b'a', b'b', 16, 0, 0, 0],
        );
        check(b"c", &[1, 2, 0, 0, 16, 0, 0, 0, 1, 0, b'c', 0, 16, 0, 0, 0]);
        check(b"", &[1, 2, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0]);
    }

    #[test]
    fn a_string_that_is_too_long_is_cut() {
        let mut block = BlockBytes::default();
        block.begin(0).text(&vec![b'x'; 70_000]);
        assert_eq!(block.place(), HEAD_LEN + 2 + usize::from(u16::MAX));
        assert_eq!(block.cut(), 1);
    }
}
