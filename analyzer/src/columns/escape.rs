//! Bytes as the text of a column, and back: the one form for names that are not UTF-8.
//!
//! In: bytes as the kernel or a program gave them. Out: UTF-8 that stands for exactly those bytes, and the way back.
//!
//! A byte that is part of no UTF-8 character is written `\xHH` with two capital digits, so `HH` lies between `80` and `FF`; every character stands for itself, control characters and NUL too, since a table is no terminal.
//! A backslash in front of what would be read as such a form is written `\x5C`; every other backslash stands for itself, so paths and `printf '\x41'` look as they are.
//! No two strings of bytes have one text: equal text is equal bytes.
//! Readers who want the bytes themselves ask for the column's twin, whose name ends with `_bytes`.
//! Rules, filters and `falco(…)` never see this form: they compare the bytes; a constant of a query that is compared with a column is brought back to bytes before anything is looked up by it.

use std::fmt::{self, Write};

/// How long a form is.
const FORM_BYTES: usize = 4;
/// The one character below 0x80 that has a form.
const BACKSLASH: u8 = b'\\';

/// The text of bytes that are their own. Asked first, since nearly all are.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> Option<&str> {
    let text = str::from_utf8(bytes).ok()?;
    memchr::memchr(BACKSLASH, bytes).is_none().then_some(text)
}

/// Appends the text that stands for bytes.
pub(super) fn push_escaped(bytes: &[u8], out: &mut String) {
    // Writing to a string cannot fail.
    let _ = write_escaped(bytes, out);
}

/// Writes the text that stands for bytes.
pub(super) fn write_escaped(bytes: &[u8], out: &mut impl Write) -> fmt::Result {
    if let Some(text) = plain(bytes) {
        return out.write_str(text);
    }
    for chunk in bytes.utf8_chunks() {
        write_valid(chunk.valid(), out)?;
        for byte in chunk.invalid() {
            write_form(*byte, out)?;
        }
    }
    Ok(())
}

/// Appends text in which backslashes may stand before what reads as a form.
fn write_valid(mut text: &str, out: &mut impl Write) -> fmt::Result {
    while let Some(at) = text.find('\\') {
        let (before, rest) = text.split_at(at);
        out.write_str(before)?;
        if form(rest.as_bytes()).is_some() {
            write_form(BACKSLASH, out)?;
        } else {
            out.write_char('\\')?;
        }
        text = rest.get(1..).unwrap_or_default();
    }
    out.write_str(text)
}

fn write_form(byte: u8, out: &mut impl Write) -> fmt::Result {
    write!(out, "\\x{byte:02X}")
}

/// The byte that a form at the beginning stands for.
fn form(text: &[u8]) -> Option<u8> {
    let digits = text.get(..FORM_BYTES)?.strip_prefix(b"\\x")?;
    let value = |digit: &u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let [high, low] = digits else { return None };
    let byte = value(high)? << 4 | value(low)?;
    (byte >= 0x80 || byte == BACKSLASH).then_some(byte)
}

/// The text that stands for bytes.
#[must_use]
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    push_escaped(bytes, &mut text);
    text
}

/// The bytes that a text of a column stands for; none where no bytes have this text, so that a comparison with it holds for none.
#[must_use]
pub fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(first) = rest.first() {
        let (byte, length) = form(rest).map_or((*first, 1), |byte| (byte, FORM_BYTES));
        bytes.push(byte);
        rest = rest.get(length..).unwrap_or_default();
    }
    (escaped(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        let text = escaped(bytes);
        assert_eq!(text, expected);
        assert_eq!(unescaped(&text).as_deref(), Some(bytes));
    }

    #[test]
    fn bytes_have_one_text() {
        check(b"", "");
        check(b"/etc/passwd", "/etc/passwd");
        check("caf\u{e9}\u{FFFD}".as_bytes(), "caf\u{e9}\u{FFFD}");
        check(b"/tmp/a\xff\x1bb", "/tmp/a\\xFF\u{1b}b");
        check(b"a\0b\n", "a\0b\n");
        check(b"\\", "\\");
        check(b"printf '\\x41\\xff'", "printf '\\x41\\xff'");
        check(b"\\xFF", "\\x5CxFF");
        check(b"\\x5C", "\\x5Cx5C");
        check(b"\\\xff", "\\\\xFF");
        check(b"\\x8\xff", "\\x8\\xFF");
        check(b"\xe2\x82", "\\xE2\\x82");
    }

    #[test]
    fn what_no_bytes_are_written_as_stands_for_none() {
        // A whole character is never written byte by byte, and a backslash alone only where it must be.
        for text in ["\\xC3\\xA9", "\\x5C", "\\x5Cx41"] {
            assert_eq!(unescaped(text), None, "{text}");
        }
    }

    /// Bytes of which many are such as forms are made of.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            Just(b'\\'),
            Just(b'x'),
            Just(b'5'),
            Just(b'C'),
            Just(b'F'),
            Just(0xc3),
            Just(0xa9),
            any::<u8>(),
        ];
        prop::collection::vec(byte, 0..40)
    }

    proptest! {
        #[test]
        fn text_leads_back_to_its_bytes(bytes in bytes()) {
            prop_assert_eq!(unescaped(&escaped(&bytes)), Some(bytes));
        }

        #[test]
        fn equal_text_is_equal_bytes(one in bytes(), other in bytes()) {
            prop_assert_eq!(escaped(&one) == escaped(&other), one == other);
        }
    }
}
