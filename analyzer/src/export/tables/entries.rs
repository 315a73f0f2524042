//! What values that rows share are, each of them once.
//!
//! In: a number below how many they are. Out: the value, how it is written, and what the file says of the least and the greatest.

use parquet::basic::Type;
use parquet::file::statistics::Statistics;

/// What stands for a value that is not there, in place of its number.
pub(super) const NOTHING: u32 = u32::MAX;
/// Bytes of a least or greatest text that are kept. The library's own number.
const BOUND_BYTES: usize = 64;

/// Values that rows share.
pub(super) trait Entries {
    /// One of them.
    type Value<'d>: Copy + Ord
    where
        Self: 'd;

    /// Parquet's type.
    const TYPE: Type;
    /// Whether pages have the values themselves in place of numbers, since they are as short, or hardly repeat.
    fn is_plain(&self) -> bool {
        false
    }

    /// How many there are.
    fn len(&self) -> usize;

    /// One by its number.
    fn value(&self, number: u32) -> Self::Value<'_>;

    /// Appends one as it is plain.
    fn write(value: Self::Value<'_>, out: &mut Vec<u8>);

    /// Appends some as pages have them that are plain.
    fn write_page(&self, numbers: &[u32], out: &mut Vec<u8>) {
        numbers
            .iter()
            .for_each(|number| Self::write(self.value(*number), out));
    }

    /// How many bytes a text has.
    fn text_bytes(&self, _number: u32) -> usize {
        0
    }

    /// What is told of the least and the greatest, and whether it is these themselves.
    fn bounds(low: Self::Value<'_>, high: Self::Value<'_>) -> [(Vec<u8>, bool); 2];

    /// The same as the library has it.
    fn statistics(bounds: Option<[(Vec<u8>, bool); 2]>, nulls: u64) -> Statistics;
}

/// A text that is not greater, of bounded length, and whether it is the same.
pub(super) fn lower(text: &str) -> (&str, bool) {
    let cut = text.get(..text.floor_char_boundary(BOUND_BYTES));
    let cut = cut.unwrap_or(text);
    (cut, cut.len() == text.len())
}

/// A text that is not less, of about the same length at most, and whether it is the same.
pub(super) fn upper(text: &str) -> (String, bool) {
    let (cut, is_whole) = lower(text);
    let mut cut = cut.to_owned();
    while !is_whole && let Some(last) = cut.pop() {
        // Text is in the order of its characters; a number that is no character is passed over.
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            cut.push(next);
            return (cut, false);
        }
    }
    (text.to_owned(), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_of_long_texts_are_short_and_hold() {
        let check = |text: &str, low: &str, high: &str| {
            let ((found_low, low_exact), (found_high, high_exact)) = (lower(text), upper(text));
            assert_eq!((found_low, &*found_high), (low, high));
            assert!(found_low <= text && text <= &*found_high);
            assert_eq!((low_exact, high_exact), (low == text, high == text));
        };
        check("", "", "");
        check("/etc/passwd", "/etc/passwd", "/etc/passwd");
        let a = |count| "a".repeat(count);
        check(&a(64), &a(64), &a(64));
        check(&a(65), &a(64), &(a(63) + "b"));
        let last = char::MAX.to_string();
        check(&(a(60) + &last + "z"), &(a(60) + &last), &(a(59) + "b"));
        check(
            &(a(62) + "\u{e9}z"),
            &(a(62) + "\u{e9}"),
            &(a(62) + "\u{ea}"),
        );
        check(&(a(63) + "\u{e9}"), &a(63), &(a(62) + "b"));
        check(
            &("\u{d7ff}".to_owned() + &last.repeat(16)),
            &("\u{d7ff}".to_owned() + &last.repeat(15)),
            "\u{e000}",
        );
        check(&last.repeat(17), &last.repeat(16), &last.repeat(17));
    }
}
