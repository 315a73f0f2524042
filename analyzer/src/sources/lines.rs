//! Lines of a file, each with its place.
//!
//! In: bytes, unpacked; they are hostile. Out: lines without their ends, and what was too long to be held.

use std::io::{self, BufRead, Read as _};

/// The longest line that is held, in bytes: what a cluster logs of a request is an object of at most 1.5 MiB that goes in and one that comes back, and JSON escapes make it several times as long.
const LINE_MAX: usize = 16 << 20;

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'b> {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes, without the newline.
    pub bytes: &'b [u8],
}

/// What stands at a place of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The line's number, from 1.
    pub(super) number: u64,
    /// Where it begins, in bytes from the beginning of what is unpacked.
    pub(super) offset: u64,
    /// How many bytes it has, its end among them.
    pub(super) length: u64,
    /// Whether it is longer than any line may be: only its beginning is there.
    pub(super) is_too_long: bool,
    /// Whether the file ends before the line does.
    pub(super) is_cut: bool,
}

/// The lines of a file.
pub(super) struct Lines<R> {
    bytes: R,
    line: Vec<u8>,
    number: u64,
    offset: u64,
    max: usize,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(bytes: R) -> Self {
        Lines {
            bytes,
            line: Vec::new(),
            number: 0,
            offset: 0,
            max: LINE_MAX,
        }
    }

    /// How far it was read, in whole lines.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next line, whatever is in it; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<(Place, Line<'_>)>> {
        self.line.clear();
        let held = self.max as u64;
        let mut length = self
            .bytes
            .by_ref()
            .take(held)
            .read_until(b'\n', &mut self.line)? as u64;
        if length == 0 {
            return Ok(None);
        }
        let mut is_ended = self.line.last() == Some(&b'\n');
        let is_too_long = !is_ended && length == held;
        if is_too_long {
            let (rest, ended) = pass_over(&mut self.bytes)?;
            length = length.saturating_add(rest);
            is_ended = ended;
        }
        self.number += 1;
        let place = Place {
            number: self.number,
            offset: self.offset,
            length,
            is_too_long,
            is_cut: !is_ended,
        };
        self.offset = self.offset.saturating_add(length);
        let bytes = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let number = self.number;
        Ok(Some((place, Line { number, bytes })))
    }
}

/// Reads to the end of the line and holds nothing of it: how many bytes, and whether it has an end.
fn pass_over(bytes: &mut impl BufRead) -> io::Result<(u64, bool)> {
    let mut passed = 0_u64;
    loop {
        let chunk = bytes.fill_buf()?;
        if chunk.is_empty() {
            return Ok((passed, false));
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let count = end.map_or(chunk.len(), |end| end + 1);
        bytes.consume(count);
        passed = passed.saturating_add(count as u64);
        if end.is_some() {
            return Ok((passed, true));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// Number, offset, length, whether too long, whether cut, and the text.
    type Told = (u64, u64, u64, bool, bool, &'static str);

    fn check(text: &str, max: usize, expected: &[Told]) {
        // A buffer smaller than most lines.
        let mut lines = Lines::new(BufReader::with_capacity(3, text.as_bytes()));
        lines.max = max;
        for (number, offset, length, is_too_long, is_cut, text) in expected {
            let (place, line) = lines.next().expect("reads").expect("a line");
            let expected = Place {
                number: *number,
                offset: *offset,
                length: *length,
                is_too_long: *is_too_long,
                is_cut: *is_cut,
            };
            assert_eq!((place, line.bytes), (expected, text.as_bytes()), "{text}");
            assert_eq!(line.number, *number);
        }
        assert_eq!(lines.next().expect("reads"), None, "{text}");
    }

    #[test]
    fn lines_have_places_and_a_longest_length() {
        check("", 8, &[]);
        check("\n", 8, &[(1, 0, 1, false, false, "")]);
        let two = [(1, 0, 4, false, false, "abc"), (2, 4, 2, false, true, "de")];
        check("abc\nde", 8, &two);
        let exact = [(1, 0, 4, false, false, "abc"), (2, 4, 1, false, false, "")];
        check("abc\n\n", 4, &exact);
        let long = [
            (1, 0, 9, true, false, "abcd"),
            (2, 9, 2, false, false, "x"),
            (3, 11, 6, true, true, "uvwx"),
        ];
        check("abcdefgh\nx\nuvwxyz", 4, &long);
    }
}
