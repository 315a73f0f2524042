//! Text of others, as terminals and logs may take it.
//!
//! Owns the one function through which names from captures, paths, host names and messages reach people ([`plain`]), and the lines that summaries are made of ([`Lines`]).
//! In: any bytes. Out: text without control characters, without characters that reorder or hide others, without line breaks: one line stays one line, and what was replaced is seen.
//! It is for people; tables and captures keep every byte, and JSON every value ([`json_text`]).

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::path::Path;

/// Characters that are not seen, reorder what stands around them, or end a line, beside the control characters: Unicode's classes Cf, Zl and Zp, and the other code points that Unicode calls ignorable by default.
/// Sorted, first and last of each range.
const HIDDEN: &[(char, char)] = &[
    ('\u{AD}', '\u{AD}'),
    ('\u{34F}', '\u{34F}'),
    ('\u{600}', '\u{605}'),
    ('\u{61C}', '\u{61C}'),
    ('\u{6DD}', '\u{6DD}'),
    ('\u{70F}', '\u{70F}'),
    ('\u{890}', '\u{891}'),
    ('\u{8E2}', '\u{8E2}'),
    ('\u{115F}', '\u{1160}'),
    ('\u{17B4}', '\u{17B5}'),
    ('\u{180B}', '\u{180F}'),
    ('\u{200B}', '\u{200F}'),
    ('\u{2028}', '\u{202E}'),
    ('\u{2060}', '\u{206F}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{FE00}', '\u{FE0F}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFA0}', '\u{FFA0}'),
    ('\u{FFF0}', '\u{FFFB}'),
    ('\u{110BD}', '\u{110BD}'),
    ('\u{110CD}', '\u{110CD}'),
    ('\u{13430}', '\u{1343F}'),
    ('\u{1BCA0}', '\u{1BCA3}'),
    ('\u{1D173}', '\u{1D17A}'),
    ('\u{E0000}', '\u{E0FFF}'),
];

/// Digits in groups of three: `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// So many of something: `1 event`, `2,000 events`.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    let plural = |noun: &str| match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    };
    let noun = if number == 1 {
        noun.to_owned()
    } else {
        plural(noun)
    };
    format!("{} {noun}", grouped(number))
}

/// Whether a character may stand in a line that is shown to people.
fn is_shown(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    let after = HIDDEN.partition_point(|(first, _)| *first <= character);
    let is_hidden = after
        .checked_sub(1)
        .and_then(|at| HIDDEN.get(at))
        .is_some_and(|(_, last)| character <= *last);
    !character.is_control() && !is_hidden
}

/// Whether `bytes` are text that [`plain`] prints as it stands.
#[must_use]
pub fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
        || std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_shown))
}

/// What has bytes that may be shown.
pub trait Bytes {
    /// The bytes, in whatever encoding their owner chose.
    fn bytes(&self) -> &[u8];
}

impl Bytes for [u8] {
    fn bytes(&self) -> &[u8] {
        self
    }
}

impl Bytes for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

impl Bytes for str {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Bytes for String {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Bytes for OsStr {
    fn bytes(&self) -> &[u8] {
        self.as_encoded_bytes()
    }
}

impl Bytes for Path {
    fn bytes(&self) -> &[u8] {
        self.as_os_str().as_encoded_bytes()
    }
}

impl Bytes for std::path::PathBuf {
    fn bytes(&self) -> &[u8] {
        self.as_path().bytes()
    }
}

/// Text of others, shown on one line: line breaks and other control characters, characters that reorder or hide text, and bytes that are no UTF-8 are written out, as `\n`, `\u{202e}`, `\xff`.
///
/// A backslash stays one, so the text cannot be had back from it; it is for reading.
pub fn plain<T: Bytes + ?Sized>(text: &T) -> Plain<'_> {
    Plain(text.bytes())
}

/// What [`plain`] shows.
#[derive(Clone, Copy)]
pub struct Plain<'a>(&'a [u8]);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            OneLine(f).write_str(chunk.valid())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Passes text on as [`plain`] shows it.
struct OneLine<'w, W>(&'w mut W);

impl<W: fmt::Write> fmt::Write for OneLine<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut shown = 0;
        for (at, character) in text.char_indices() {
            if is_shown(character) {
                continue;
            }
            self.0.write_str(text.get(shown..at).unwrap_or_default())?;
            write!(self.0, "{}", character.escape_default())?;
            shown = at + character.len_utf8();
        }
        self.0.write_str(text.get(shown..).unwrap_or_default())
    }
}

/// JSON with every character escaped that [`plain`] would write out: its values are the same, and whoever reads it on a terminal or in a comparison sees what is there.
#[must_use]
pub fn json_text(json: &str) -> Cow<'_, str> {
    // Line breaks and tabs stand between values alone: within strings, JSON has escaped them already.
    let stays = |character: char| is_shown(character) || matches!(character, '\n' | '\r' | '\t');
    let Some((shown, rest)) = json
        .find(|character| !stays(character))
        .and_then(|first| json.split_at_checked(first))
    else {
        return Cow::Borrowed(json);
    };
    let mut out = shown.to_owned();
    for character in rest.chars() {
        if stays(character) {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a `String` cannot fail, so the result carries no information.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    Cow::Owned(out)
}

/// Lines for people, of which none can be forged: whatever stands in a line, it stays one, and holds nothing that a terminal would obey.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(String);

impl Lines {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one line; a line break inside it is shown as any other control character.
    pub fn line(&mut self, line: impl fmt::Display) {
        self.part(line);
        self.0.push('\n');
    }

    /// Appends a part of a line, which [`Lines::line`] ends.
    pub fn part(&mut self, part: impl fmt::Display) {
        // Writing to a `String` cannot fail, so the result carries no information.
        let _ = write!(OneLine(&mut self.0), "{part}");
    }

    /// Appends one line for each line of a text that was made here of nothing but our own words and of values that were plain already.
    pub fn text(&mut self, text: &str) {
        text.lines().for_each(|line| self.line(line));
    }

    /// Appends all of `other`.
    pub fn append(&mut self, other: &Lines) {
        self.0.push_str(&other.0);
    }

    /// All lines, each with its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use regex_automata::meta::Regex;

    use super::*;

    #[test]
    fn numbers_and_what_they_count() {
        let check = |number, noun, expected: &str| assert_eq!(count(number, noun), expected);
        check(0, "event", "0 events");
        check(1, "event", "1 event");
        check(999, "event", "999 events");
        check(1_000, "damaged place", "1,000 damaged places");
        check(12_345_678, "entry", "12,345,678 entries");
        check(1, "entry", "1 entry");
        check(2, "key", "2 keys");
    }

    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(plain(bytes).to_string(), expected);
        assert_eq!(is_plain(bytes), bytes == expected.as_bytes(), "{expected}");
    }

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        check(b"node-1", "node-1");
        check(
            "Grüße, 世界 ё e\u{301} \u{1F600}".as_bytes(),
            "Grüße, 世界 ё e\u{301} \u{1F600}",
        );
        check(b"C:\\x", "C:\\x");
        check(b"n\nLost: nothing", "n\\nLost: nothing");
        check(
            b"\x1b[2J\x1b]0;x\x07\r\t\0\x7f",
            "\\u{1b}[2J\\u{1b}]0;x\\u{7}\\r\\t\\u{0}\\u{7f}",
        );
        check("\u{9b}31m\u{85}".as_bytes(), "\\u{9b}31m\\u{85}");
        check(
            "a\u{202e}b\u{2069}c\u{61c}\u{200f}".as_bytes(),
            "a\\u{202e}b\\u{2069}c\\u{61c}\\u{200f}",
        );
        check(
            "x\u{200b}\u{feff}\u{2028}\u{2029}\u{e0041}y".as_bytes(),
            "x\\u{200b}\\u{feff}\\u{2028}\\u{2029}\\u{e0041}y",
        );
        check(b"a\xff\xc3", "a\\xff\\xc3");
        check(b"", "");
    }

    #[test]
    fn json_keeps_its_values_and_hides_nothing() {
        let check = |json: &str, expected: &str| {
            assert_eq!(json_text(json), expected);
            let is_shown_now = |character| is_shown(character) || character == '\n';
            assert!(json_text(json).chars().all(is_shown_now), "{expected}");
        };
        check("{\"a\": [1, \"ü\"]}\n", "{\"a\": [1, \"ü\"]}\n");
        check("[\"a\u{202e}b\u{9b}\"]", "[\"a\\u202eb\\u009b\"]");
        check("[\"\u{7f}\u{200b}\"]", "[\"\\u007f\\u200b\"]");
        // What does not fit 16 bits is written as two halves.
        check("[\"\u{e0041}\"]", "[\"\\udb40\\udc41\"]");
        check("", "");
    }

    #[test]
    fn paths_and_words_are_taken_alike() {
        let (path, owned) = (std::path::PathBuf::from("a\nb"), String::from("a\nb"));
        let shown = [
            plain(&path),
            plain(path.as_path()),
            plain(path.as_os_str()),
            plain("a\nb"),
            plain(&owned),
        ];
        for shown in shown {
            assert_eq!(shown.to_string(), "a\\nb");
        }
    }

    #[test]
    fn a_line_stays_one_line() {
        let mut lines = Lines::new();
        lines.part("Node: ");
        lines.line(format_args!(
            "{:>6}|{}",
            "x", "evil\n\u{1b}[1ALost: nothing"
        ));
        lines.text("one\ntwo");
        assert_eq!(
            lines.as_str(),
            "Node:      x|evil\\n\\u{1b}[1ALost: nothing\none\ntwo\n"
        );
    }

    /// Unicode's own tables, as another program has them, say the same of every character.
    #[test]
    fn the_hidden_characters_are_those_of_unicode() {
        let hidden = Regex::new(r"^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]$")
            .expect("a pattern");
        let mut text = String::new();
        for character in '\0'..=char::MAX {
            text.clear();
            text.push(character);
            assert_eq!(
                !is_shown(character),
                hidden.is_match(text.as_str()),
                "{:x}",
                u32::from(character)
            );
        }
    }
}
