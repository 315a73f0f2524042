//! What the editor asks of us: whether a statement has ended, and what a word may become.
//!
//! In: what was typed so far. Out: answers from `script` and `complete`.

use falco_sql::is_whole;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};

use super::complete::{Names, complete};

pub(super) struct ShellHelper {
    names: Names,
}

impl ShellHelper {
    pub(super) fn new(names: Names) -> Self {
        Self { names }
    }
}

impl Helper for ShellHelper {}

impl Highlighter for ShellHelper {}

impl Hinter for ShellHelper {
    type Hint = String;
}

impl Validator for ShellHelper {
    fn validate(&self, typed: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        Ok(if is_whole(typed.input()) {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}

impl Completer for ShellHelper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _context: &Context<'_>,
    ) -> Result<(usize, Vec<Pair>)> {
        let typed = line.get(..at).unwrap_or_default();
        let (start, words) = complete(typed, line, &self.names);
        let pair = |word: String| Pair {
            display: word.clone(),
            replacement: word,
        };
        Ok((start, words.into_iter().map(pair).collect()))
    }
}
