//! Where statements end.
//!
//! In: lines of SQL, as they are typed or read. Out: [`Piece`]s: statements that end in `;`, and commands, which are lines that begin with a backslash; each with where it stands.
//! Quotes, comments and dollar quotes are told apart as the parser does; nothing else of SQL is understood here.

mod scanner;

use std::ops::Range;
use std::sync::Arc;

use scanner::{Scanner, Stop, is_at_line_start};

/// Bytes of one statement; what is longer is no query that a person or a program writes, but another file.
pub const STATEMENT_BYTES_MAX: usize = 16 << 20;

/// What is one word of the language of people who want to leave or to be helped.
const WORDS: [&str; 3] = ["quit", "exit", "help"];

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// A statement of SQL, without its `;`.
    Statement,
    /// A command to the program: `\d`, `\timing`, `quit`.
    Command,
}

/// A statement or a command, and the lines that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Where it is.
    pub excerpt: Excerpt,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Whole lines.
    lines: Arc<str>,
    /// Where in these lines the part is.
    range: Range<usize>,
    /// The number of the first of these lines, from 1.
    pub first_line: usize,
    /// The file, where it is one.
    pub file: Option<Arc<str>>,
}

impl Excerpt {
    /// A text alone.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self {
            lines: text.into(),
            range: 0..text.len(),
            first_line: 1,
            file: None,
        }
    }

    /// The part.
    #[must_use]
    pub fn text(&self) -> &str {
        self.lines.get(self.range.clone()).unwrap_or_default()
    }

    /// The lines around it.
    #[must_use]
    pub fn lines(&self) -> &str {
        &self.lines
    }

    /// Where in the lines a place of the part is: its line and its character, both counted from 1.
    #[must_use]
    pub fn offset(&self, line: u64, column: u64) -> Option<usize> {
        let text = self.text();
        let before = usize::try_from(line.checked_sub(1)?).ok()?;
        let start = match before.checked_sub(1) {
            None => 0,
            Some(skipped) => text.match_indices('\n').nth(skipped)?.0 + 1,
        };
        let characters = usize::try_from(column.checked_sub(1)?).ok()?;
        let rest = text.get(start..)?;
        let within = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
        Some(self.range.start + start + within.take(characters + 1).last()?)
    }
}

/// Lines that come, and the pieces in them.
#[derive(Clone, Debug, Default)]
pub struct Script {
    file: Option<Arc<str>>,
    /// Lines from the one on in which the next piece begins.
    text: String,
    /// Where the next piece begins.
    start: usize,
    first_line: usize,
    scanner: Scanner,
}

impl Script {
    /// An empty one; `file` is what messages call it.
    #[must_use]
    pub fn new(file: Option<&str>) -> Self {
        Self {
            file: file.map(Into::into),
            first_line: 1,
            ..Self::default()
        }
    }

    /// Adds some lines; what does not end one is one nevertheless.
    pub fn push(&mut self, lines: &str) {
        self.text.push_str(lines);
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// The bytes that wait for the end of their statement.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.text.len().saturating_sub(self.start)
    }

    /// What waits for its end, if it is more than space and comments.
    #[must_use]
    pub fn pending(&self) -> Option<&str> {
        let text = self.text.get(self.start..).unwrap_or_default();
        (self.scanner.has_words || !self.scanner.is_plain()).then(|| text.trim())
    }

    /// The next piece that has ended.
    pub fn next_piece(&mut self) -> Option<Piece> {
        loop {
            if let Some(end) = self.word_end() {
                return Some(self.take(PieceKind::Command, self.start..end, end));
            }
            match self.scanner.advance(&self.text)? {
                Stop::Semicolon(end) if self.scanner.has_words => {
                    let range = self.start..end - 1;
                    return Some(self.take(PieceKind::Statement, range, end));
                }
                // Nothing between two ends is no statement.
                Stop::Semicolon(end) => self.begin_at(end),
                Stop::Backslash(start) => {
                    let rest = self.text.get(start..).unwrap_or_default();
                    let length = rest.find('\n').unwrap_or(rest.len());
                    return Some(self.command(start, start + length));
                }
            }
        }
    }

    /// What is left where nothing more comes: the last statement needs no `;`.
    pub fn last_piece(&mut self) -> Option<Piece> {
        if let Some(piece) = self.next_piece() {
            return Some(piece);
        }
        self.pending()?;
        let (start, end) = (self.start, self.text.len());
        Some(self.take(PieceKind::Statement, start..end, end))
    }

    /// A command stands on a line of its own; what was begun before it waits on.
    fn command(&mut self, start: usize, end: usize) -> Piece {
        if !self.scanner.has_words {
            return self.take(PieceKind::Command, start..end, end);
        }
        let piece = self.piece(PieceKind::Command, start..end);
        // The statement around it is read as if the line were empty, and its lines keep their numbers.
        self.text.replace_range(start..end, "");
        self.scanner.at = start;
        piece
    }

    /// Where a line ends that is one of the words.
    fn word_end(&self) -> Option<usize> {
        let rest = self.text.get(self.start..)?;
        if self.scanner.at != self.start || !is_at_line_start(&self.text, self.start) {
            return None;
        }
        let line = rest.get(..rest.find('\n')?)?;
        is_word(line).then_some(self.start + line.len())
    }

    fn take(&mut self, kind: PieceKind, range: Range<usize>, next: usize) -> Piece {
        let piece = self.piece(kind, range);
        self.begin_at(next);
        piece
    }

    /// A piece with its lines, without the space around it.
    fn piece(&self, kind: PieceKind, range: Range<usize>) -> Piece {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let start = range.start + (text.len() - text.trim_start().len());
        let end = (range.end - (text.len() - text.trim_end().len())).max(start);
        let line_end = self.text.get(end..).and_then(|rest| rest.find('\n'));
        let lines = ..line_end.map_or(self.text.len(), |length| end + length);
        Piece {
            kind,
            excerpt: Excerpt {
                lines: self.text.get(lines).unwrap_or_default().into(),
                range: start..end,
                first_line: self.first_line,
                file: self.file.clone(),
            },
        }
    }

    /// Lets the next piece begin at a place; whole lines before it are let go, with the rest of this line where it is empty.
    fn begin_at(&mut self, at: usize) {
        let rest = self.text.get(at..).unwrap_or_default();
        let blank = rest
            .split_inclusive('\n')
            .take_while(|line| line.ends_with('\n') && line.trim().is_empty());
        let at = at + blank.map(str::len).sum::<usize>();
        let done = self.text.get(..at).unwrap_or_default();
        let line = done.rfind('\n').map_or(0, |newline| newline + 1);
        self.first_line += done.matches('\n').count();
        self.text.drain(..line);
        self.start = at - line;
        self.scanner = Scanner::at(self.start);
    }
}

/// Whether a line is a word that stands for a command.
fn is_word(line: &str) -> bool {
    let word = line.trim().trim_end_matches(';').trim_end();
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether what was typed is to be run as it stands; else more of it is waited for.
#[must_use]
pub fn is_whole(typed: &str) -> bool {
    let mut script = Script::new(None);
    script.push(typed);
    let mut last = None;
    while let Some(piece) = script.next_piece() {
        last = Some(piece.kind);
    }
    script.pending().is_none() || last == Some(PieceKind::Command)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every piece with the number of its line; a command has its backslash or its word, a statement none.
    fn pieces(text: &str) -> Vec<(usize, String)> {
        let mut script = Script::new(None);
        let mut pieces = Vec::new();
        let mut keep = |piece: Piece| {
            let excerpt = piece.excerpt;
            let before = excerpt
                .lines()
                .get(..excerpt.range.start)
                .unwrap_or_default();
            let line = excerpt.first_line + before.matches('\n').count();
            let is_command = piece.kind == PieceKind::Command;
            assert_eq!(
                is_command,
                excerpt.text().starts_with('\\') || is_word(excerpt.text())
            );
            pieces.push((line, excerpt.text().to_owned()));
        };
        for line in text.split_inclusive('\n') {
            script.push(line);
            while let Some(piece) = script.next_piece() {
                keep(piece);
            }
        }
        while let Some(piece) = script.last_piece() {
            keep(piece);
        }
        pieces
    }

    #[track_caller]
    fn check(text: &str, expected: &[(usize, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(line, text)| (*line, (*text).to_owned()))
            .collect();
        assert_eq!(pieces(text), expected, "{text}");
    }

    #[test]
    fn statements_end_where_the_parser_says() {
        check("SELECT 1", &[(1, "SELECT 1")]);
        check(
            "SELECT 1; SELECT 2;\nSELECT\n3",
            &[(1, "SELECT 1"), (1, "SELECT 2"), (2, "SELECT\n3")],
        );
        check(";;\n ; -- nothing;\n/* ; */", &[]);
        check(
            "SELECT ';', \"a;\"\"b\", `c;` -- d;\n;",
            &[(1, "SELECT ';', \"a;\"\"b\", `c;` -- d;")],
        );
        check(
            "SELECT 'it''s;'; SELECT E'\\';' ; SELECT '\\'; SELECT 1",
            &[
                (1, "SELECT 'it''s;'"),
                (1, "SELECT E'\\';'"),
                (1, "SELECT '\\'"),
                (1, "SELECT 1"),
            ],
        );
        check(
            "SELECT $$a;b$$, $x$;$$;$x$; SELECT a$1;",
            &[(1, "SELECT $$a;b$$, $x$;$$;$x$"), (1, "SELECT a$1")],
        );
        check(
            "/* a /* ; */ ; */ SELECT 1;\n\nSELECT 'open;\n",
            &[(1, "/* a /* ; */ ; */ SELECT 1"), (3, "SELECT 'open;")],
        );
    }

    #[test]
    fn commands_have_a_line_of_their_own() {
        check(
            "\\d\n  \\d events \nSELECT 1;\\no\n",
            &[(1, "\\d"), (2, "\\d events"), (3, "SELECT 1"), (3, "\\no")],
        );
        check(
            "SELECT\n\\timing\n1;\nSELECT 2",
            &[(2, "\\timing"), (1, "SELECT\n\n1"), (4, "SELECT 2")],
        );
        check("SELECT '\n\\d\n';", &[(1, "SELECT '\n\\d\n'")]);
        check(
            "-- why\n\\i don't.sql\nSELECT 1;\n",
            &[(2, "\\i don't.sql"), (3, "SELECT 1")],
        );
        check(
            "quit\nEXIT;\nhelp",
            &[(1, "quit"), (2, "EXIT;"), (3, "help")],
        );
        check("SELECT\nquit;", &[(1, "SELECT\nquit")]);
    }

    #[test]
    fn more_is_waited_for_until_a_statement_ends() {
        let check = |typed: &str, expected: bool| assert_eq!(is_whole(typed), expected, "{typed}");
        check("", true);
        check("  -- later", true);
        check("SELECT 1", false);
        check("SELECT 1;", true);
        check("SELECT 1; SELECT", false);
        check("SELECT ';", false);
        check("/* ;", false);
        check("\\d", true);
        check("quit", true);
        check("SELECT 1\n\\r", true);
        check("SELECT '\n\\r", false);
    }

    #[test]
    fn places_are_found_again() {
        let mut script = Script::new(Some("q.sql"));
        script.push("SELECT 1;  SELECT 'ä', x\n  FROM y;\n");
        script.next_piece().expect("the first");
        let excerpt = script.next_piece().expect("the second").excerpt;
        let check = |line, column, expected: Option<&str>| {
            let rest = excerpt
                .offset(line, column)
                .map(|at| &excerpt.lines()[at..]);
            assert_eq!(rest, expected, "{line}:{column}");
        };
        check(1, 1, Some("SELECT 'ä', x\n  FROM y;"));
        check(1, 13, Some("x\n  FROM y;"));
        check(2, 8, Some("y;"));
        check(2, 99, Some(";"));
        check(0, 0, None);
        check(9, 1, None);
    }
}
