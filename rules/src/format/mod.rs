//! The canonical layout of a rule file.
//!
//! In: a rule file's text. Out: the same items and comments in the same order, laid out one way.
//! Two blanks of indentation, sequences indented below their keys, one blank before and after `-` and `:`, one blank line
//! between items, none twice, no blanks at the ends of lines. What scalars say is never touched, nor how they are written:
//! quotes, brackets and block scalars stay, and what stands inside of them keeps its relative indentation.
//!
//! Nothing here knows rules. The result is parsed again and must give the same events and the same comments; a file where
//! it does not is refused rather than changed.

mod lines;
mod plan;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use granit_parser::{Event, Options, Parser};

use crate::source::{SourceFile, Span, offset};
use crate::{Code, Diagnostic, MAX_RULE_FILE_BYTES};

/// Most passes until nothing changes any more. One does for every layout people write, and the second one shows it.
const MAX_PASSES: usize = 4;

const UNSAFE_LAYOUT: &str = "the layout here cannot be changed without changing what the file says";

/// The text in canonical layout; formatting it again changes nothing.
///
/// # Errors
///
/// If the text is no YAML, too large, or laid out in a way that cannot be changed without changing what it says.
pub fn format_rules(name: &str, text: &str) -> Result<String, Box<Diagnostic>> {
    let refuse = |code, message: String, at: usize| {
        let file = SourceFile::new(name, text);
        let at = offset(at.min(text.len()));
        let span = Span {
            file: Arc::clone(&file),
            start: at,
            end: at,
        };
        Box::new(Diagnostic::new(code, message).at(Some(span)))
    };
    if text.len() > MAX_RULE_FILE_BYTES {
        let message = format!("the file has more than {MAX_RULE_FILE_BYTES} bytes");
        return Err(refuse(Code::UnreadableFile, message, 0));
    }
    let mut current = text.to_owned();
    for _ in 0..MAX_PASSES {
        let next = pass(&current).map_err(|(code, message, at)| refuse(code, message, at))?;
        if next == current {
            return Ok(next);
        }
        current = next;
    }
    Err(refuse(Code::InvalidStructure, UNSAFE_LAYOUT.into(), 0))
}

/// One pass over a text; an error with its sentence and place.
fn pass(text: &str) -> Result<String, (Code, String, usize)> {
    let content = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - content.len();
    let plan = plan::plan(content)
        .map_err(|error| (Code::YamlSyntax, error.message, skipped + error.at))?;
    let formatted = lines::render(&plan);
    match first_difference(content, &formatted) {
        None => Ok(formatted),
        Some(at) => Err((Code::InvalidStructure, UNSAFE_LAYOUT.into(), skipped + at)),
    }
}

/// Where in `before` the first event is that `after` does not have in its place.
fn first_difference(before: &str, after: &str) -> Option<usize> {
    let mut after_events = events(after);
    for event in events(before) {
        let Ok((event, at)) = event else {
            return Some(0);
        };
        match after_events.next() {
            Some(Ok((other, _))) if is_same(&event, &other) => {}
            _ => return Some(at),
        }
    }
    after_events.next().map(|_| before.len())
}

/// The events of a text and where each begins.
fn events(text: &str) -> impl Iterator<Item = Result<(Event<'_>, usize), ()>> {
    let mut options = Options::default();
    options.set_emit_comments(true);
    Parser::new_from_str_with_options(text, options).map(|event| {
        let (event, span) = event.map_err(|_| ())?;
        Ok((event, span.start.byte_offset().unwrap_or(0)))
    })
}

/// A comment is the same if it says the same; what it stands beside is a guess of the parser's.
fn is_same(one: &Event<'_>, other: &Event<'_>) -> bool {
    match (one, other) {
        (Event::Comment(one, _), Event::Comment(other, _)) => one.trim_end() == other.trim_end(),
        _ => one == other,
    }
}
