//! Takes hostile little-endian bytes apart. Every access is checked; what is missing is an error and never a panic.

/// The bytes end before the value does, or hold what cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// A checked position in bytes.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Cursor { rest: bytes }
    }

    /// What was not taken yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    /// An entry that says in four bytes how long it is, those four counted: what is behind them.
    pub(super) fn sized_entry(&mut self) -> Result<Cursor<'a>, Malformed> {
        let length = self.u32()? as usize;
        let rest = length.checked_sub(size_of::<u32>()).ok_or(Malformed)?;
        self.take(rest).map(Cursor::new)
    }

    /// A string with its length in two bytes in front.
    pub(super) fn string(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_in_order_and_never_beyond_the_end() {
        let bytes = [1, 2, 0, 3, 0, 0, 0, 2, 0, b'h', b'i', 9];
        let mut cursor = Cursor::new(&bytes);
        assert_eq!(cursor.u8(), Ok(1));
        assert_eq!(cursor.u16(), Ok(2));
        assert_eq!(cursor.u32(), Ok(3));
        assert_eq!(cursor.string(), Ok(&b"hi"[..]));
        assert_eq!(cursor.u64(), Err(Malformed));
        assert_eq!(cursor.string(), Err(Malformed));
        assert_eq!(cursor.rest(), [9]);
    }
}
