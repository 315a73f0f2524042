//! Which byte of the file each byte of a scalar's text comes from.
//!
//! YAML folds lines, strips indentation and unescapes; errors inside a condition must still point at the right place.
//! The text and its source are walked side by side: equal characters pair up, a run of white space pairs with a run of
//! white space, an escape in the source pairs with the character it stands for.

use std::sync::Arc;

use super::{Node, Scalar, Style};
use crate::resolve::MappedText;
use crate::source::{SourceFile, offset};

/// A scalar's text together with the places it comes from; empty for every other node.
pub(crate) fn scalar_text(node: &Node, file: &Arc<SourceFile>) -> MappedText {
    let super::Content::Scalar(scalar) = &node.content else {
        return MappedText::default();
    };
    let start = scalar.content_start as usize;
    let raw = file
        .text()
        .get(start..(node.end as usize).max(start))
        .unwrap_or_default();
    let mut mapped = MappedText::default();
    Walk {
        scalar,
        raw: raw.as_bytes(),
        at: opening_length(scalar.style),
    }
    .run(|range, raw_at| {
        let piece = scalar.text.get(range).unwrap_or_default();
        mapped.push_from(piece, file, offset(start + raw_at));
    });
    mapped
}

fn opening_length(style: Style) -> usize {
    usize::from(matches!(style, Style::SingleQuoted | Style::DoubleQuoted))
}

struct Walk<'a> {
    scalar: &'a Scalar,
    raw: &'a [u8],
    /// Next byte of the source.
    at: usize,
}

impl Walk<'_> {
    /// Calls `emit` with ranges of the text and where each begins in the source; the ranges cover the text in order.
    fn run(mut self, mut emit: impl FnMut(std::ops::Range<usize>, usize)) {
        let text = self.scalar.text.as_bytes();
        let mut piece_start = 0;
        let mut piece_raw = self.at;
        let mut index = 0;
        while index < text.len() {
            let (length, raw_at) = self.pair(text, index);
            // A piece goes on as long as text and source advance together, and ends on a character border only.
            let continues = raw_at.wrapping_sub(piece_raw) == index - piece_start;
            if !continues && self.scalar.text.is_char_boundary(index) {
                if index > piece_start {
                    emit(piece_start..index, piece_raw);
                }
                piece_start = index;
                piece_raw = raw_at;
            }
            index += length;
        }
        if text.len() > piece_start {
            emit(piece_start..text.len(), piece_raw);
        }
    }

    /// Pairs the text's byte at `index` with its source; returns how many bytes of text it covers and the place.
    fn pair(&mut self, text: &[u8], index: usize) -> (usize, usize) {
        let byte = text.get(index).copied().unwrap_or(0);
        let raw = |at: usize| self.raw.get(at).copied();
        if byte.is_ascii_whitespace() && raw(self.at).is_some_and(|byte| byte.is_ascii_whitespace())
        {
            return self.pair_white_space(text, index);
        }
        // Indentation of a literal block, or a line break that folding dropped.
        if !byte.is_ascii_whitespace() {
            while raw(self.at).is_some_and(|byte| byte.is_ascii_whitespace()) {
                self.at += 1;
            }
        }
        let at = self.at;
        let raw = |at: usize| self.raw.get(at).copied();
        match self.scalar.style {
            Style::DoubleQuoted if raw(at) == Some(b'\\') => {
                self.at += escape_length(raw(at + 1));
                let rest =
                    std::str::from_utf8(text.get(index..).unwrap_or_default()).unwrap_or_default();
                (rest.chars().next().map_or(1, char::len_utf8), at)
            }
            Style::SingleQuoted if byte == b'\'' && raw(at + 1) == Some(b'\'') => {
                self.at += 2;
                (1, at)
            }
            _ => {
                self.at += 1;
                (1, at)
            }
        }
    }

    /// A run of white space in the text stands for a run in the source, whatever their lengths.
    fn pair_white_space(&mut self, text: &[u8], index: usize) -> (usize, usize) {
        let run = |bytes: &[u8], from: usize| {
            bytes
                .get(from..)
                .unwrap_or_default()
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count()
        };
        let at = self.at;
        if self.raw.get(at) == text.get(index) && run(text, index) == run(self.raw, at) {
            self.at += 1;
            return (1, at);
        }
        let length = run(text, index).max(1);
        self.at += run(self.raw, at);
        (length, at)
    }
}

/// How many bytes an escape sequence of a double-quoted scalar takes, the backslash included.
fn escape_length(kind: Option<u8>) -> usize {
    match kind {
        Some(b'x') => 4,
        Some(b'u') => 6,
        Some(b'U') => 10,
        _ => 2,
    }
}
