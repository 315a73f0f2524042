//! The cursor over a condition's text and the tokens of the language.
//!
//! Every `take_*` either consumes its token and says so, or leaves the cursor where it is.
//! What counts as blank differs by token, as in Falco: conditions know blank, tab, backspace and line breaks, while
//! bare strings also end at form feed and vertical tab.

use std::ops::Range;

use super::unescape::unescape;

/// The first error of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    /// Byte offset at which the parser stopped.
    pub(crate) at: usize,
}

pub(super) struct Lexer<'t> {
    text: &'t str,
    pub(super) at: usize,
    /// The token taken last, which "unexpected token after" names.
    pub(super) last_token: String,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            last_token: String::new(),
        }
    }

    pub(super) fn error<T>(&self, message: impl Into<String>) -> Result<T, SyntaxError> {
        Err(SyntaxError {
            message: message.into(),
            at: self.at,
        })
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips blanks; true if there was one.
    pub(super) fn take_blank(&mut self) -> bool {
        let length = count(self.rest(), |byte| {
            matches!(byte, b' ' | b'\t' | 8 | b'\r' | b'\n')
        });
        self.at += length;
        length > 0
    }

    pub(super) fn take_str(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.take(token.len());
        }
        found
    }

    /// `not` with the blanks after it.
    pub(super) fn take_not(&mut self) -> bool {
        let Some(rest) = self.rest().strip_prefix("not") else {
            return false;
        };
        let blanks = count(rest, is_posix_space);
        if blanks > 0 {
            self.take("not".len() + blanks);
        }
        blanks > 0
    }

    pub(super) fn take_identifier(&mut self) -> Option<Range<usize>> {
        let length = identifier_length(self.rest());
        (length > 0).then(|| self.take(length))
    }

    /// Two or more identifiers joined by dots.
    pub(super) fn take_field_name(&mut self) -> Option<Range<usize>> {
        let rest = self.rest();
        let first = identifier_length(rest);
        let mut length = first;
        while length > 0 {
            let next = rest
                .get(length..)
                .and_then(|rest| rest.strip_prefix('.'))
                .map_or(0, identifier_length);
            if next == 0 {
                break;
            }
            length += 1 + next;
        }
        (length > first).then(|| self.take(length))
    }

    /// What may stand bare in a field's brackets.
    pub(super) fn take_bare_argument(&mut self) -> Option<Range<usize>> {
        let is_bare = |byte| !is_posix_space(byte) && !matches!(byte, b'[' | b']' | b'"' | b'\'');
        let length = count(self.rest(), is_bare);
        (length > 0).then(|| self.take(length))
    }

    pub(super) fn take_bare_string(&mut self) -> Option<Range<usize>> {
        let length = count(self.rest(), is_bare_byte);
        (length > 0).then(|| self.take(length))
    }

    /// A hexadecimal or decimal number; whether it is one of the field's type is checked later.
    pub(super) fn take_number(&mut self) -> Option<Range<usize>> {
        let length = number_length(self.rest());
        (length > 0).then(|| self.take(length))
    }

    /// A quoted string's content and place, the quotes included; nothing where none begins or none ends.
    pub(super) fn take_quoted(&mut self) -> Result<Option<(String, Range<usize>)>, SyntaxError> {
        let rest = self.rest();
        let Some(quote) = rest
            .chars()
            .next()
            .filter(|quote| matches!(quote, '"' | '\''))
        else {
            return Ok(None);
        };
        // Falco looks at one byte before the closing quote only: after `\\` the quote does not close.
        let bytes = rest.as_bytes();
        let closes = |at: &usize| {
            bytes.get(*at) == Some(&(quote as u8)) && bytes.get(at - 1) != Some(&b'\\')
        };
        let Some(end) = (1..bytes.len()).find(closes) else {
            return Ok(None);
        };
        let range = self.at..self.at + end + 1;
        self.at = range.end;
        match unescape(rest.get(1..end).unwrap_or_default(), quote) {
            Ok(content) => {
                self.last_token.clone_from(&content);
                Ok(Some((content, range)))
            }
            Err(message) => self.error(message),
        }
    }

    fn take(&mut self, length: usize) -> Range<usize> {
        let range = self.at..self.at + length;
        self.last_token = self.text.get(range.clone()).unwrap_or_default().to_owned();
        self.at = range.end;
        range
    }
}

fn count(text: &str, accept: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| accept(*byte)).count()
}

fn is_posix_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Whether a byte may stand in a bare string.
pub(super) fn is_bare_byte(byte: u8) -> bool {
    !is_posix_space(byte) && !matches!(byte, b'(' | b')' | b'"' | b'\'' | b'=' | b',')
}

fn identifier_length(text: &str) -> usize {
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        count(text, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
    } else {
        0
    }
}

fn number_length(text: &str) -> usize {
    let tail = |from: usize| text.get(from..).unwrap_or_default();
    if text.starts_with("0x") || text.starts_with("0X") {
        let digits = count(tail(2), |byte| byte.is_ascii_alphanumeric());
        if digits > 0 {
            return 2 + digits;
        }
    }
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let sign = usize::from(text.starts_with(['+', '-']));
    let digits = count(tail(sign), is_digit);
    if digits == 0 {
        return 0;
    }
    let mut length = sign + digits;
    if tail(length).starts_with('.') {
        length += 1 + count(tail(length + 1), is_digit);
    }
    let mut exponent = tail(length).bytes();
    if matches!(exponent.next(), Some(b'e' | b'E')) && matches!(exponent.next(), Some(b'+' | b'-'))
    {
        let digits = count(tail(length + 2), is_digit);
        if digits > 0 {
            length += 2 + digits;
        }
    }
    length
}
