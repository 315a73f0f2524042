//! What was probably meant where a condition cannot be parsed.
//!
//! In: the text and where the parser stopped. Out: a better sentence, or advice. The parser and its own messages stay Falco's.

use crate::resolve::MappedText;

/// What is said besides, or instead of, the parser's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SyntaxHelp {
    /// The error stands at a quote that nothing closes.
    Unclosed(char),
    /// A quote further on is not closed, which is why words stand where none belong.
    UnclosedAt(usize),
    /// A word or sign of other languages, and what this one has for it.
    Foreign(&'static str, &'static str),
}

/// Signs and words that other languages have where the parser wants an operator, `and` or `or`.
const FOREIGN: &[(&str, &str)] = &[
    ("&&", "and"),
    ("||", "or"),
    ("AND", "and"),
    ("And", "and"),
    ("OR", "or"),
    ("Or", "or"),
    ("NOT", "not"),
    ("Not", "not"),
    ("!~", "not FIELD regex"),
    ("=~", "regex"),
    ("=>", ">="),
    ("=<", "<="),
    ("<>", "!="),
    ("!-", "!="),
    ("===", "="),
    ("matches", "regex"),
    ("match", "regex"),
    ("like", "glob"),
    ("LIKE", "glob"),
    ("IN", "in"),
    ("is", "="),
    ("equals", "="),
    ("eq", "="),
    ("ne", "!="),
    ("startwith", "startswith"),
    ("starts_with", "startswith"),
    ("startsWith", "startswith"),
    ("beginswith", "startswith"),
    ("endwith", "endswith"),
    ("ends_with", "endswith"),
    ("endsWith", "endswith"),
    ("contain", "contains"),
    ("has", "contains"),
    ("exist", "exists"),
    ("!", "not"),
];

/// What the text at the error suggests.
pub(crate) fn syntax_help(text: &str, error_at: usize) -> Option<SyntaxHelp> {
    let rest = text.get(error_at..).unwrap_or_default();
    if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
        let is_open = unclosed_quote(text).is_some_and(|at| at >= error_at);
        if is_open && !rest.get(1..).unwrap_or_default().contains(quote) {
            return Some(SyntaxHelp::Unclosed(quote));
        }
    }
    foreign_word(text, error_at).or_else(|| unclosed_quote(text).map(SyntaxHelp::UnclosedAt))
}

/// The quote that opens a string which never ends, as the lexer pairs them.
fn unclosed_quote(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open: Option<(usize, u8)> = None;
    let mut before = 0;
    for (at, byte) in bytes.iter().copied().enumerate() {
        open = match (open, byte) {
            (None, b'"' | b'\'') => Some((at, byte)),
            (Some((_, quote)), _) if byte == quote && before != b'\\' => None,
            (known, _) => known,
        };
        before = byte;
    }
    open.map(|(at, _)| at)
}

/// The foreign word at the error, or the one just before it where the parser took its beginning for its own.
fn foreign_word(text: &str, at: usize) -> Option<SyntaxHelp> {
    let blank = |character: char| character.is_ascii_whitespace();
    let (before, rest) = (text.get(..at)?, text.get(at..)?);
    let rest = rest.trim_start_matches(blank);
    let word_before = before.trim_end_matches(blank).rsplit(blank).next()?;
    let is_sign =
        |character: char| character.is_ascii_punctuation() && !"()\"'_,".contains(character);
    let sign_length = rest
        .find(|character| !is_sign(character))
        .unwrap_or(rest.len());
    let is_letter = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let word_length = rest
        .find(|character| !is_letter(character))
        .unwrap_or(rest.len());
    let sign = rest.get(..sign_length).unwrap_or_default();
    let word = rest.get(..word_length).unwrap_or_default();
    // `=>`, `!-`: the parser takes the first character as an operator, or stops before it.
    let joined = before
        .chars()
        .next_back()
        .filter(|last| is_sign(*last))
        .map(|last| format!("{last}{sign}"));
    let find = |wanted: &str| FOREIGN.iter().find(|(foreign, _)| *foreign == wanted);
    joined
        .as_deref()
        .and_then(find)
        .or_else(|| find(sign))
        .or_else(|| find(word))
        .or_else(|| find(word_before))
        .map(|(foreign, ours)| SyntaxHelp::Foreign(foreign, ours))
}

impl SyntaxHelp {
    /// The message and the advice to give.
    pub(crate) fn told(self, message: String, text: &MappedText) -> (String, Option<String>) {
        match self {
            Self::Unclosed(quote) => {
                let message =
                    format!("unclosed quote: no {quote} ends the string that begins here");
                (message, None)
            }
            Self::UnclosedAt(at) => {
                let place = text.span(at..at + 1).map_or_else(String::new, |span| {
                    let position = span.position();
                    format!(" at {}:{}", position.line, position.column)
                });
                let help = format!("the quote{place} is never closed: is one missing before it?");
                (message, Some(help))
            }
            Self::Foreign(foreign, ours) => (
                message,
                Some(format!("for `{foreign}` this language has `{ours}`")),
            ),
        }
    }
}
