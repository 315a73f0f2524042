//! What keeps a scenario from being run, and the places that scenarios, expected alerts and rules have in files.
//!
//! In: made by whoever reads a file or opens what it names. Out: for every report, in the order of the files.

use std::fmt;
use std::path::{Path, PathBuf};

use falco_format::text::plain;
use falco_rules::{Diagnostic, Span};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The beginning of a line.
    #[must_use]
    pub fn of_line(file: &Path, line: usize) -> Self {
        Place {
            file: file.to_owned(),
            line,
            column: 1,
        }
    }

    /// The place of a byte in the text of a file.
    #[must_use]
    pub fn of_byte(file: &Path, text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(start..).unwrap_or_default().chars().count() + 1,
        }
    }

    /// Where something begins in a rule file.
    #[must_use]
    pub fn of_span(span: &Span) -> Self {
        let position = span.position();
        Place {
            file: PathBuf::from(span.file.name()),
            line: position.line as usize,
            column: position.column as usize,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line, column) = (plain(&self.file), self.line, self.column);
        write!(f, "{file}:{line}:{column}")
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it stands, if in a file.
    pub place: Option<Place>,
    /// What is wrong, and what may have been meant.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Why a scenario could not be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannotRun {
    /// What does not work, in one line.
    pub message: String,
    /// Each thing that is wrong, in order of places; nothing where the line says it all.
    pub problems: Vec<Problem>,
    /// The problems with the excerpts that the rule engine drew, where they are of rules.
    pub drawn: Option<String>,
}

impl CannotRun {
    /// One line says it all.
    pub(crate) fn because(message: impl Into<String>) -> Self {
        CannotRun {
            message: message.into(),
            problems: Vec::new(),
            drawn: None,
        }
    }

    /// An error with its causes.
    pub(super) fn from_error(error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            cause = error.source();
        }
        Self::because(message)
    }

    /// Problems of a scenario's own files.
    pub(super) fn of_problems(message: impl Into<String>, mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        CannotRun {
            message: message.into(),
            problems,
            drawn: None,
        }
    }

    /// Rules that do not load.
    pub(crate) fn of_rules(diagnostics: &[Diagnostic]) -> Self {
        let problems = diagnostics.iter().map(|diagnostic| Problem {
            place: diagnostic.span.as_ref().map(Place::of_span),
            message: diagnostic.message.clone(),
        });
        CannotRun {
            message: "the rules do not load".to_owned(),
            problems: problems.collect(),
            drawn: Some(falco_rules::render(diagnostics, false)),
        }
    }

    /// The line, and behind it each problem.
    #[must_use]
    pub fn whole(&self) -> String {
        let problems = self.problems.iter().map(|problem| format!("\n{problem}"));
        std::iter::once(self.message.clone())
            .chain(problems)
            .collect()
    }
}

/// Words, and the name that may have been meant.
pub(super) fn with_hint(mut words: String, hint: Option<&str>) -> String {
    if let Some(hint) = hint {
        words.push_str("; did you mean '");
        words.push_str(hint);
        words.push_str("'?");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let check = |text: &str, byte, line, column| {
            let place = Place::of_byte(Path::new("f"), text, byte);
            assert_eq!(
                (place.line, place.column),
                (line, column),
                "{text:?} {byte}"
            );
        };
        check("", 0, 1, 1);
        check("ab\ncd", 1, 1, 2);
        check("ab\ncd", 3, 2, 1);
        check("ä\nöü", 5, 2, 2);
        // A byte inside of a character, and one behind the end.
        check("ä", 1, 1, 2);
        check("a\n", 99, 2, 1);
    }
}
