//! The id of a boot: sixteen bytes that the kernel draws anew at each start.
//!
//! Owns how it is printed, how that is read back, and which digits of it stand for it where names are short.
//! A file holds the bytes; everything that a person or a program reads holds what is printed here.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

/// The bytes that a dash stands in front of.
const AFTER_DASH: [usize; 4] = [4, 6, 8, 10];
/// Characters of a printed id: two for each byte, and the dashes.
const TEXT_LEN: usize = 2 * 16 + AFTER_DASH.len();
/// Digits of an id that names show: those of directories of boots, and those of alerts.
const SHORT_LEN: usize = 8;
/// The digits, by their values.
const DIGITS: [u8; 16] = *b"0123456789abcdef";

/// The kernel's id of a boot; of an import, what its file's bytes are told apart by.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BootId(pub [u8; 16]);

impl BootId {
    /// The id as the kernel prints it, without an allocation.
    pub fn text(self) -> BootText {
        let mut text = [b'-'; TEXT_LEN];
        let mut places = text.iter_mut();
        for (index, byte) in self.0.iter().enumerate() {
            if AFTER_DASH.contains(&index) {
                places.next();
            }
            for nibble in [byte >> 4, byte & 15] {
                if let Some((place, digit)) = places.next().zip(DIGITS.get(usize::from(nibble))) {
                    *place = *digit;
                }
            }
        }
        BootText(text)
    }

    /// Its first digits, by which the directories of boots and alerts are named. Another boot may have the same.
    pub fn short(self) -> String {
        self.text().chars().take(SHORT_LEN).collect()
    }
}

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

/// Its bytes, as whatever else is only bytes in a file.
impl fmt::Debug for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that is no boot id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no boot id: hexadecimal digits in groups of 8, 4, 4, 4 and 12 are wanted")]
pub struct NoBootId;

impl FromStr for BootId {
    type Err = NoBootId;

    /// Reads what is printed, and nothing else.
    fn from_str(text: &str) -> Result<BootId, NoBootId> {
        let digits: String = text.chars().filter(|character| *character != '-').collect();
        let number = u128::from_str_radix(&digits, 16).map_err(|_| NoBootId)?;
        let id = BootId(number.to_be_bytes());
        // What is printed has one form only, so whatever prints otherwise is not of that form.
        Some(id).filter(|id| *id.text() == *text).ok_or(NoBootId)
    }
}

/// A boot id as it is printed: hexadecimal digits in groups of 8, 4, 4, 4 and 12.
#[derive(Clone, Copy, Debug)]
pub struct BootText([u8; TEXT_LEN]);

impl Deref for BootText {
    type Target = str;

    fn deref(&self) -> &str {
        // Digits and dashes are text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back_and_nothing_else() {
        let check = |text: &str, expected: Option<[u8; 16]>| {
            let found = text.parse::<BootId>();
            assert_eq!(found, expected.map(BootId).ok_or(NoBootId), "{text}");
            if let Ok(id) = found {
                assert_eq!((id.to_string(), &*id.text()), (text.to_owned(), text));
            }
        };
        let id = [
            0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 1, 2, 3, 4, 5, 6, 0xff,
        ];
        check("01234567-89ab-cdef-0001-0203040506ff", Some(id));
        check("00000000-0000-0000-0000-000000000000", Some([0; 16]));
        check("ffffffff-ffff-ffff-ffff-ffffffffffff", Some([0xff; 16]));
        check("", None);
        check("0123", None);
        check("01234567-89ab-cdef-0001-0203040506f", None);
        check("01234567-89ab-cdef-0001-0203040506fff", None);
        check("01234567-89ab-cdef-0001-0203040506fg", None);
        check("01234567-89AB-cdef-0001-0203040506ff", None);
        check("0123456789abcdef00010203040506ff", None);
        check("012345678-9ab-cdef-0001-0203040506ff", None);
        check("+1234567-89ab-cdef-0001-0203040506ff", None);
        check("01234567-89ab-cdef-0001-0203040506ff\n", None);
    }

    #[test]
    fn names_have_the_first_digits() {
        let id = std::array::from_fn(|place| place as u8 * 17);
        assert_eq!(BootId(id).short(), "00112233");
    }
}
