//! A change as the lines of the file before and after it.
//!
//! In: the text that is changed and what stands there instead. Out: whole lines, with what joined the text to its
//! neighbours gone where it is taken out.

use super::{Mutant, MutantKind};
use crate::source::Span;

/// A change of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file, as the user gave it.
    pub file: String,
    /// The first line, from 1.
    pub line: u32,
    /// Where the change begins in it, in characters, from 1.
    pub column: u32,
    /// Whether these are lines of the file. An exception's condition stands in no file: fields, operators and values do.
    pub is_of_file: bool,
    /// The lines as they are.
    pub before: Vec<String>,
    /// The lines as they become; lines of which nothing is left are left out.
    pub after: Vec<String>,
}

impl Mutant {
    /// The change.
    #[must_use]
    pub fn edit(&self) -> Edit {
        let position = self.span.position();
        if let Some(before) = &self.of_exception {
            let lines = |text: &String| Vec::from_iter((!text.is_empty()).then(|| text.clone()));
            return Edit {
                file: self.span.file.name().to_owned(),
                line: position.line,
                column: position.column,
                is_of_file: false,
                before: lines(before),
                after: lines(&self.after),
            };
        }
        let text = self.span.file.text();
        let (start, end) = if self.after.is_empty() {
            taken_out(&self.span, self.kind == MutantKind::ValueDropped)
        } else {
            (self.span.start as usize, self.span.end as usize)
        };
        let first = text.get(..start).unwrap_or_default();
        let first = first.rfind('\n').map_or(0, |at| at + 1);
        let last = text.get(end..).unwrap_or_default();
        let last = last.find('\n').map_or(text.len(), |at| end + at);
        let piece = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        let changed = format!("{}{}{}", piece(first, start), self.after, piece(end, last));
        let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
        let after = lines(&changed).into_iter();
        let line = piece(0, first).matches('\n').count() + 1;
        Edit {
            file: self.span.file.name().to_owned(),
            line: u32::try_from(line).unwrap_or(position.line),
            column: position.column,
            is_of_file: true,
            before: lines(piece(first, last)),
            after: after.filter(|line| !line.trim().is_empty()).collect(),
        }
    }
}

/// A text with what would be left of nothing: parentheses and quotes around it, the dash of a line of its own, and the
/// word or comma that joins it to what stands before it, or behind it where it is the first.
fn taken_out(span: &Span, is_value: bool) -> (usize, usize) {
    let text = span.file.text();
    let (start, end) = enclosed(text, (span.start as usize, span.end as usize));
    let before = text.get(..start).unwrap_or_default();
    let behind = text.get(end..).unwrap_or_default();
    if is_value
        && let Some(rest) = before.trim_end_matches(' ').strip_suffix('-')
        && rest.trim_end_matches(' ').ends_with('\n')
    {
        return (rest.len(), end);
    }
    let joints: &[&str] = if is_value { &[","] } else { &["and", "or"] };
    let trimmed = before.trim_end();
    for joint in joints {
        if let Some(rest) = trimmed.strip_suffix(joint)
            && (is_value || rest.ends_with(is_border))
        {
            return (rest.trim_end_matches(' ').len(), end);
        }
    }
    let trimmed = behind.trim_start();
    for joint in joints {
        if let Some(rest) = trimmed.strip_prefix(joint)
            && (is_value || rest.starts_with(is_border))
        {
            return (start, text.len() - rest.trim_start_matches(' ').len());
        }
    }
    (start, end)
}

fn is_border(character: char) -> bool {
    character.is_whitespace() || matches!(character, '(' | ')')
}

/// A text with the parentheses that it opens, and those and the quotes that hold nothing else.
fn enclosed(text: &str, (mut start, mut end): (usize, usize)) -> (usize, usize) {
    let own = text.get(start..end).unwrap_or_default();
    let count = |character| own.matches(character).count();
    for _ in count(')')..count('(') {
        let behind = text.get(end..).unwrap_or_default();
        match behind.trim_start().strip_prefix(')') {
            Some(rest) => end = text.len() - rest.len(),
            None => break,
        }
    }
    loop {
        let before = text.get(..start).unwrap_or_default();
        let behind = text.get(end..).unwrap_or_default();
        let around = |open: char, close: char| {
            let (before, behind) = (before.trim_end(), behind.trim_start());
            let before = before.strip_suffix(open)?;
            let behind = behind.strip_prefix(close)?;
            Some((before.len(), text.len() - behind.len()))
        };
        let kinds = [('(', ')'), ('\'', '\''), ('"', '"')];
        let Some(wider) = kinds.iter().find_map(|(open, close)| around(*open, *close)) else {
            return (start, end);
        };
        (start, end) = wider;
    }
}
