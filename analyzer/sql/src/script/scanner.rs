//! Goes over SQL and tells quotes and comments from the rest.
//!
//! In: a text that grows. Out: where a `;` or a backslash stands that is neither quoted nor in a comment.

/// What the scanner is in the middle of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Plain,
    /// Quotes end with the same character; whether a backslash takes the next one away.
    Quoted(char, bool),
    LineComment,
    BlockComment(u32),
    /// `$tag$`, until the same comes again.
    Dollar(String),
}

/// What ends where the scanner has come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Behind a `;`.
    Semicolon(usize),
    /// A backslash at the beginning of a line or of a piece.
    Backslash(usize),
}

/// Goes over a text that grows, and finds where statements end.
#[derive(Clone, Debug, Default)]
pub(super) struct Scanner {
    state: State,
    pub(super) at: usize,
    /// Whether something else than space and comments was seen since the last end.
    pub(super) has_words: bool,
}

impl Scanner {
    /// Begins at a place.
    pub(super) fn at(at: usize) -> Self {
        Self {
            at,
            ..Self::default()
        }
    }

    /// Goes on to the next stop, or to the text's end.
    pub(super) fn advance(&mut self, text: &str) -> Option<Stop> {
        while let Some((character, rest)) = first(text, self.at) {
            let start = self.at;
            self.at += character.len_utf8();
            match &mut self.state {
                State::Plain => {
                    if character == '\\' && (!self.has_words || is_at_line_start(text, start)) {
                        return Some(Stop::Backslash(start));
                    }
                    if character == ';' {
                        return Some(Stop::Semicolon(self.at));
                    }
                    self.plain(text, start, character, rest);
                }
                State::Quoted(_, true) if character == '\\' => {
                    self.at += rest.chars().next().map_or(0, char::len_utf8)
                }
                State::Quoted(end, _) if character == *end => self.state = State::Plain,
                State::LineComment if character == '\n' => self.state = State::Plain,
                State::BlockComment(depth) if character == '*' && rest.starts_with('/') => {
                    self.at += 1;
                    *depth = depth.saturating_sub(1);
                    if *depth == 0 {
                        self.state = State::Plain;
                    }
                }
                State::BlockComment(depth) if character == '/' && rest.starts_with('*') => {
                    self.at += 1;
                    *depth = depth.saturating_add(1);
                }
                State::Dollar(tag) if character == '$' && rest.starts_with(tag.as_str()) => {
                    self.at += tag.len();
                    self.state = State::Plain;
                }
                _ => {}
            }
        }
        None
    }

    fn plain(&mut self, text: &str, start: usize, character: char, rest: &str) {
        let before = text.get(..start).unwrap_or_default();
        let follows_word = before.ends_with(is_word_part);
        match character {
            '-' if rest.starts_with('-') => return self.state = State::LineComment,
            '/' if rest.starts_with('*') => {
                self.at += 1;
                return self.state = State::BlockComment(1);
            }
            // A division of whole numbers, and no beginning of a comment.
            '/' if rest.starts_with('/') => self.at += 1,
            '"' | '`' => self.state = State::Quoted(character, false),
            '\'' => self.state = State::Quoted('\'', is_escaping(before)),
            '$' if !follows_word => {
                if let Some(tag) = dollar_tag(rest) {
                    self.at += tag.len();
                    self.state = State::Dollar(tag.to_owned());
                }
            }
            _ => {}
        }
        self.has_words |= !character.is_whitespace();
    }

    pub(super) fn is_plain(&self) -> bool {
        matches!(self.state, State::Plain | State::LineComment)
    }
}

fn first(text: &str, at: usize) -> Option<(char, &str)> {
    let mut characters = text.get(at..)?.chars();
    Some((characters.next()?, characters.as_str()))
}

pub(super) fn is_at_line_start(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.trim().is_empty()
}

/// Whether what stands before a quote says that a backslash escapes within it: `E'…'`.
fn is_escaping(before: &str) -> bool {
    let mut characters = before.chars().rev();
    matches!(characters.next(), Some('e' | 'E')) && !characters.next().is_some_and(is_word_part)
}

/// What names are made of, in the parser's dialect.
fn is_word_part(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$' | '@' | '#')
}

/// The rest of `$tag$` behind its first `$`.
fn dollar_tag(rest: &str) -> Option<&str> {
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
    rest.get(end..)?
        .starts_with('$')
        .then(|| rest.get(..=end))
        .flatten()
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::GenericDialect;
    use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

    use super::*;

    /// Whatever stands in a text that the parser's own tokens can be made of, both see the same ends.
    #[test]
    fn the_parser_sees_the_same_ends() {
        let parts = [
            "'", "\"", "`", "E'", "--", "\n", "/*", "*/", "$", "$a$", ";", "x", "''", " ",
        ];
        let mut seed = 7_u64;
        let mut compared = 0;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..8 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(parts[(seed >> 33) as usize % parts.len()]);
            }
            let Ok(tokens) = Tokenizer::new(&GenericDialect {}, &text).tokenize() else {
                continue;
            };
            let mut scanner = Scanner::default();
            let mut ends = 0;
            while let Some(stop) = scanner.advance(&text) {
                ends += usize::from(matches!(stop, Stop::Semicolon(_)));
            }
            let expected = tokens
                .iter()
                .filter(|token| **token == Token::SemiColon)
                .count();
            assert_eq!(ends, expected, "{text:?}: {tokens:?}");
            compared += 1;
        }
        assert!(compared > 1_000, "{compared}");
    }
}
