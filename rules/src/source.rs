//! Rule files as text, and places in them.
//!
//! Owns the text of each file for as long as a diagnostic or a rule points into it.
//! In: a name and a text. Out: spans, and their lines and columns.

use std::fmt;
use std::sync::Arc;

/// The text of one rule file (or of one condition given on a command line), shared by all that points into it.
pub struct SourceFile {
    name: Box<str>,
    text: Box<str>,
    /// Byte offset of the first character of each line.
    line_starts: Vec<u32>,
    /// How many characters begin before each [`STRIDE`] bytes.
    characters: Vec<u32>,
}

/// Characters are counted ahead at every so many bytes: a file may be one line of a thousand mistakes, and each column
/// is a count.
const STRIDE: usize = 1 << 10;

/// A place in a file for people: both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl SourceFile {
    /// Takes a text under the name by which the user gave it.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Arc<Self> {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| offset(at + 1));
        let line_starts = std::iter::once(0).chain(breaks).collect();
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
            line_starts,
            characters: character_counts(text),
        })
    }

    /// The name as the user gave it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset; one past the end is the end.
    #[must_use]
    pub fn position(&self, byte_offset: u32) -> Position {
        let (line, start) = self.line_of(byte_offset);
        Position {
            line: line + 1,
            column: self
                .characters_before(byte_offset)
                .saturating_sub(self.characters_before(start))
                + 1,
        }
    }

    /// How many characters begin before a byte offset.
    fn characters_before(&self, byte_offset: u32) -> u32 {
        let block = byte_offset as usize / STRIDE;
        let counted = self.characters.get(block).copied().unwrap_or(0);
        let rest = self
            .text
            .as_bytes()
            .get(block * STRIDE..(byte_offset as usize).min(self.text.len()));
        counted + offset(beginnings(rest.unwrap_or_default()))
    }

    /// The line (from 0) of a byte offset, and the offset of that line's start.
    pub(crate) fn line_of(&self, byte_offset: u32) -> (u32, u32) {
        let line = self
            .line_starts
            .partition_point(|start| *start <= byte_offset)
            .saturating_sub(1);
        (
            offset(line),
            self.line_starts.get(line).copied().unwrap_or(0),
        )
    }
}

/// How many characters begin in a piece of text.
fn beginnings(piece: &[u8]) -> usize {
    let is_beginning = |byte: &&u8| !matches!(byte, 0x80..=0xbf);
    piece.iter().filter(is_beginning).count()
}

fn character_counts(text: &str) -> Vec<u32> {
    let mut counted = 0;
    let mut counts = vec![0];
    for piece in text.as_bytes().chunks(STRIDE) {
        counted += offset(beginnings(piece));
        counts.push(counted);
    }
    counts
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl PartialEq for SourceFile {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.text == other.text
    }
}

impl Eq for SourceFile {}

/// A range of bytes in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub file: Arc<SourceFile>,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Line and column of the first byte.
    #[must_use]
    pub fn position(&self) -> Position {
        self.file.position(self.start)
    }

    /// How many characters the range covers.
    #[must_use]
    pub fn length(&self) -> u32 {
        offset(self.text().chars().count())
    }

    /// Without white space in front.
    pub(crate) fn trimmed(&self) -> Self {
        let text = self.text();
        let blanks = offset(text.len() - text.trim_start().len());
        Self {
            start: self.start + blanks,
            ..self.clone()
        }
    }

    /// The covered text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.file
            .text()
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// A place among parts of a program, as stored: each part takes many bytes of memory, which ends long before 4 Gi of them.
pub(crate) fn place(at: usize) -> u32 {
    u32::try_from(at).expect("memory ends before the numbers do")
}

/// A byte offset as stored; files are refused long before they reach 4 GiB, so the cast never saturates in practice.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
