//! Texts, each kept once, within a bound.
//!
//! In: texts of captures, which are hostile. Out: numbers for them; what is kept shows every character that a terminal or a page would hide or obey.

use std::collections::HashMap;
use std::sync::Arc;

use falco_format::text::plain;

/// How many bytes of different texts are kept: a page with them stays below 20 MB, and a browser's copies of them below a tenth of what it may take.
const BYTES_MAX: usize = 12 << 20;

/// How much of one text is kept, in bytes.
const TEXT_MAX: usize = 2_048;

/// What stands for a text for which there was no room.
const CUT: &str = "(left out: the report has no room for more text)";

/// Texts by number; number 0 is the empty text.
pub(super) struct Texts {
    all: Vec<Arc<str>>,
    known: HashMap<Arc<str>, u32>,
    bytes: usize,
    /// How many were left out.
    pub(super) left_out: u64,
}

impl Default for Texts {
    fn default() -> Self {
        let mut texts = Texts {
            all: Vec::new(),
            known: HashMap::new(),
            bytes: 0,
            left_out: 0,
        };
        for fixed in ["", CUT] {
            texts.keep(fixed.into());
        }
        texts
    }
}

impl Texts {
    /// The number of a text.
    pub(super) fn of(&mut self, text: &str) -> u32 {
        let mut end = text.len().min(TEXT_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let cut = if end < text.len() { "…" } else { "" };
        let shown = format!("{}{cut}", plain(text.get(..end).unwrap_or_default()));
        if let Some(number) = self.known.get(shown.as_str()) {
            return *number;
        }
        if self.bytes.saturating_add(shown.len()) > BYTES_MAX {
            self.left_out += 1;
            return 1;
        }
        self.keep(shown.into())
    }

    fn keep(&mut self, text: Arc<str>) -> u32 {
        let number = u32::try_from(self.all.len()).unwrap_or(1);
        self.bytes = self.bytes.saturating_add(text.len());
        self.known.insert(Arc::clone(&text), number);
        self.all.push(text);
        number
    }

    /// The text of a number.
    pub(super) fn text(&self, number: u32) -> &str {
        let place = usize::try_from(number).unwrap_or(0);
        self.all.get(place).map_or("", |text| text)
    }

    /// All of them, in the order of their numbers.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|text| &**text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_once_shown_and_bounded() {
        let mut texts = Texts::default();
        let one = texts.of("a\u{1b}[2J\u{202e}b");
        assert_eq!(texts.of("a\u{1b}[2J\u{202e}b"), one);
        assert!(falco_format::text::is_plain(texts.text(one).as_bytes()));
        assert_eq!(texts.of(""), 0);
        let long = texts.of(&"ä".repeat(TEXT_MAX));
        assert!(texts.text(long).ends_with('…') && texts.text(long).len() <= TEXT_MAX + 3);
        let mut at = 0_u64;
        while texts.left_out == 0 {
            let text = format!("{at:0>width$}", width = TEXT_MAX);
            texts.of(&text);
            at += 1;
        }
        assert!(texts.bytes <= BYTES_MAX);
        let cut = texts.of(&"z".repeat(TEXT_MAX));
        assert_eq!(texts.text(cut), CUT);
        assert_eq!(texts.of("a\u{1b}[2J\u{202e}b"), one);
    }
}
