//! Text put together from pieces of rule files that still knows where each piece came from.
//!
//! Appends, overrides, exceptions and lists all work on text; errors must point at what the author wrote.
//! A position in the joined text maps back to a file, or to nothing where the engine itself wrote the characters.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::TextPlace;
use crate::source::{SourceFile, Span, offset};
use crate::work::steps;

/// Text with origins.
#[derive(Clone, Debug, Default)]
pub(crate) struct MappedText {
    text: String,
    /// Sorted by start; each holds up to the start of the next.
    pieces: Vec<Piece>,
    /// Where lines begin, once that was asked: a text may have a mistake on each.
    line_starts: OnceCell<Vec<u32>>,
}

#[derive(Clone, Debug)]
struct Piece {
    start: u32,
    /// The file and the byte there that `start` comes from; nothing for the engine's own characters.
    origin: Option<(Arc<SourceFile>, u32)>,
}

impl MappedText {
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Text of a file given whole, such as a filter of the command line.
    pub(crate) fn from_file(file: &Arc<SourceFile>) -> Self {
        let mut mapped = Self::default();
        mapped.push_from(file.text(), file, 0);
        mapped
    }

    /// Text that stands in no file.
    pub(crate) fn own(text: &str) -> Self {
        let mut mapped = Self::default();
        mapped.push_own(text);
        mapped
    }

    /// Appends characters that stand in no file.
    pub(crate) fn push_own(&mut self, text: &str) {
        self.push_piece(text, None);
    }

    /// Appends characters that stand in `file` at `at`.
    pub(crate) fn push_from(&mut self, text: &str, file: &Arc<SourceFile>, at: u32) {
        self.push_piece(text, Some((Arc::clone(file), at)));
    }

    fn push_piece(&mut self, text: &str, origin: Option<(Arc<SourceFile>, u32)>) {
        if text.is_empty() {
            return;
        }
        let start = offset(self.text.len());
        self.text.push_str(text);
        self.line_starts.take();
        let continues = match (self.pieces.last(), &origin) {
            (Some(Piece { origin: None, .. }), None) => true,
            (
                Some(Piece {
                    start: last,
                    origin: Some((file, at)),
                }),
                Some((new_file, new_at)),
            ) => Arc::ptr_eq(file, new_file) && at + (start - last) == *new_at,
            _ => false,
        };
        if !continues {
            self.pieces.push(Piece { start, origin });
        }
    }

    /// Appends a part of another text with its origins.
    pub(crate) fn push_slice(&mut self, other: &Self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let index = other.piece_index(at);
            let next = other
                .pieces
                .get(index + 1)
                .map_or(range.end, |next| next.start as usize)
                .min(range.end);
            let Some(text) = other.text.get(at..next) else {
                return;
            };
            let origin = other.pieces.get(index).and_then(|piece| {
                let (file, origin) = piece.origin.as_ref()?;
                Some((Arc::clone(file), origin + (offset(at) - piece.start)))
            });
            self.push_piece(text, origin);
            at = next;
        }
    }

    /// Appends all of another text with its origins.
    pub(crate) fn push(&mut self, other: &Self) {
        self.push_slice(other, 0..other.len());
    }

    /// Without white space at both ends.
    pub(crate) fn trimmed(&self) -> Self {
        let start = self.text.len() - self.text.trim_start().len();
        let mut trimmed = Self::default();
        trimmed.push_slice(self, start..self.text.trim_end().len().max(start));
        trimmed
    }

    /// With every occurrence of `pattern` taken out.
    pub(crate) fn without(&self, pattern: &str) -> Self {
        let mut kept = Self::default();
        let mut from = 0;
        for (at, found) in self.text.match_indices(pattern) {
            kept.push_slice(self, from..at);
            from = at + found.len();
        }
        kept.push_slice(self, from..self.len());
        kept
    }

    /// The place of a byte, a carriage return taken for a line's end as well; of the end for what is no character.
    pub(crate) fn place(&self, at: usize) -> TextPlace {
        let starts = self.line_starts.get_or_init(|| {
            let ends = memchr::memchr2_iter(b'\n', b'\r', self.text.as_bytes());
            ends.map(|at| offset(at + 1)).collect()
        });
        let before = if self.text.is_char_boundary(at) {
            at
        } else {
            self.text.len()
        };
        let line = starts.partition_point(|start| *start as usize <= before);
        let start = line.checked_sub(1).and_then(|line| starts.get(line));
        TextPlace {
            line,
            column: before - start.map_or(0, |start| *start as usize),
            offset: at,
        }
    }

    fn piece_index(&self, at: usize) -> usize {
        self.pieces
            .partition_point(|piece| piece.start as usize <= at)
            .saturating_sub(1)
    }

    /// The file place of the byte at `at`.
    fn origin_of(&self, at: usize) -> Option<(&Arc<SourceFile>, u32)> {
        steps(1);
        let piece = self.pieces.get(self.piece_index(at))?;
        let (file, origin) = piece.origin.as_ref()?;
        Some((file, origin + offset(at).checked_sub(piece.start)?))
    }

    /// The range of a file that `range` comes from: of its first character that comes from any, on the same file as far
    /// as that goes; where none does, the nearest place before.
    pub(crate) fn span(&self, range: Range<usize>) -> Option<Span> {
        let last = self.text.len().saturating_sub(1);
        let start_at = range.start.min(last);
        let from =
            (start_at..range.end.max(start_at + 1)).find_map(|at| Some((at, self.origin_of(at)?)));
        let (at, (file, start)) = match from {
            Some(found) => found,
            None => (0..=start_at)
                .rev()
                .find_map(|at| Some((at, self.origin_of(at)?)))?,
        };
        let end = self.end_in(file, start, at..range.end.min(self.text.len()));
        let end = end.unwrap_or(start + 1);
        let past_end = range.start >= self.text.len();
        let start = if past_end { end } else { start };
        let end = end.max(start);
        Some(Span {
            file: Arc::clone(file),
            start,
            end: on_boundary(file.text(), end),
        })
    }

    /// One past the last byte of `file` in a range whose first byte is the file's `start`; what comes from elsewhere is
    /// passed over piece by piece.
    fn end_in(&self, file: &Arc<SourceFile>, start: u32, range: Range<usize>) -> Option<u32> {
        let last = range
            .end
            .checked_sub(1)
            .filter(|last| *last >= range.start)?;
        let pieces = self.pieces.get(..=self.piece_index(last))?;
        let mut end = range.end;
        for piece in pieces.iter().rev() {
            let begins = (piece.start as usize).max(range.start);
            if end <= begins {
                return None;
            }
            if let Some((own, origin)) = &piece.origin
                && Arc::ptr_eq(own, file)
                && let Some(within) = offset(end - 1).checked_sub(piece.start)
                && origin + within >= start
            {
                return Some(origin + within + 1);
            }
            end = begins;
        }
        None
    }
}

/// The first character border at or after `at`.
fn on_boundary(text: &str, at: u32) -> u32 {
    (at..=offset(text.len()))
        .find(|at| text.is_char_boundary(*at as usize))
        .unwrap_or(offset(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &MappedText, part: &str, expected: &str) {
        let at = text
            .as_str()
            .find(part)
            .expect("the part stands in the text");
        let span = text
            .span(at..at + part.len())
            .expect("the part has an origin");
        assert_eq!(span.text(), expected);
    }

    #[test]
    fn pieces_keep_their_origins_through_joining_and_slicing() {
        let file = SourceFile::new("f", "abc defg hij");
        let mut text = MappedText::default();
        text.push_own("(");
        text.push_from("defg", &file, 4);
        text.push_own(") and ");
        text.push_from("abc", &file, 0);
        check(&text, "ef", "ef");
        check(&text, "abc", "abc");
        let mut part = MappedText::default();
        part.push_slice(&text, 2..4);
        assert_eq!(part.as_str(), "ef");
        check(&part, "f", "f");
    }

    #[test]
    fn the_end_maps_behind_the_last_character() {
        let file = SourceFile::new("f", "a and");
        let text = MappedText::from_file(&file);
        let span = text.span(5..5).expect("the end has a place");
        assert_eq!((span.start, span.end), (5, 5));
    }
}
