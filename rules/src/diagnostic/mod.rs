//! Errors and warnings about rules, for people and for machines.
//!
//! Owns their codes (Falco's and ours), their places, and their forms as text and JSON.
//! What is wrong is decided elsewhere; nothing here looks at rules.

mod code;
mod github;
mod render;
mod sarif;
mod shown;
mod similar;

use std::sync::Arc;

pub use code::{Code, FalcoCode, Severity};
pub use github::{Annotation, to_github_annotation, to_github_annotations};
pub use render::render;
pub use sarif::{path_to_uri, to_sarif};
pub(crate) use similar::Suggestions;
pub use similar::similar;

use crate::source::{SourceFile, Span, offset};

/// Code, place (file, start, end) and sentence of a diagnostic.
pub(crate) type Identity = (Code, Option<(usize, u32, u32)>, String);

/// One error or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong; Falco's code follows from it unless `falco_code` says otherwise.
    pub code: Code,
    /// Falco's code for it; nothing for lints of our own.
    pub falco_code: Option<FalcoCode>,
    /// One sentence.
    pub message: String,
    /// The text it is about, where that stands in a file.
    pub span: Option<Span>,
    /// What to do about it, where we know.
    pub help: Option<String>,
    /// Where Falco says it is, from the file inwards.
    pub locations: Vec<Location>,
}

/// A step on Falco's way to a place: the file, the item, the key, the expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// What the step is: `rules content`, `rule`, `rule condition`, …
    pub item_type: &'static str,
    /// The item's name, where it has one.
    pub item_name: String,
    /// Where it stands, as Falco counts.
    pub mark: Mark,
}

/// A place as Falco prints it: line, column and offset from 0, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Line, from 0.
    pub line: u32,
    /// Column in bytes, from 0.
    pub column: u32,
    /// Offset in bytes from the start of the file.
    pub offset: u32,
}

impl Mark {
    /// The mark of a byte offset of a file.
    pub(crate) fn of(file: &SourceFile, at: u32) -> Self {
        let (line, start) = file.line_of(at);
        Self {
            line,
            column: at.saturating_sub(start),
            offset: at,
        }
    }

    /// The mark Falco gives to a place inside a condition that begins here: its own counting from 1 is added, folded
    /// lines or not.
    pub(crate) fn inside(self, place: TextPlace) -> Self {
        Self {
            line: self.line + offset(place.line) + 1,
            column: self.column + offset(place.column) + 1,
            offset: self.offset + offset(place.offset),
        }
    }
}

/// A place in a text of its own: line, column and offset from 0, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextPlace {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) offset: usize,
}

/// Longest name of an item in a diagnostic's locations, in bytes: a name may be as long as its file, and each of a
/// thousand diagnostics repeats it.
const MAX_NAME_BYTES: usize = 1 << 10;

fn shortened(name: &str) -> String {
    let end = (0..=MAX_NAME_BYTES.min(name.len())).rev();
    let end = end.into_iter().find(|end| name.is_char_boundary(*end));
    name.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
}

impl Diagnostic {
    /// A diagnostic without place, help or Falco's locations.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            falco_code: code.falco(),
            message: message.into(),
            span: None,
            help: None,
            locations: Vec::new(),
        }
    }

    /// Whether it keeps rules from loading.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// What makes two diagnostics the same: the code, the place and the sentence.
    pub(crate) fn identity(&self) -> Identity {
        let place = self
            .span
            .as_ref()
            .map(|span| (Arc::as_ptr(&span.file).addr(), span.start, span.end));
        (self.code, place, self.message.clone())
    }

    pub(crate) fn at(mut self, span: Option<Span>) -> Self {
        self.span = span;
        self
    }

    pub(crate) fn help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    pub(crate) fn under(mut self, context: &Context) -> Self {
        self.locations.clone_from(&context.locations);
        if self.span.is_none() {
            self.span.clone_from(&context.span);
        }
        self
    }
}

/// Where in a file a thing is being read: Falco's locations down to it, and its own span.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    pub(crate) locations: Vec<Location>,
    pub(crate) span: Option<Span>,
}

impl Context {
    /// The file itself.
    pub(crate) fn file() -> Self {
        let root = Location {
            item_type: "rules content",
            item_name: String::new(),
            mark: Mark::default(),
        };
        Self {
            locations: vec![root],
            span: None,
        }
    }

    /// A thing inside, from `start` to `end`.
    pub(crate) fn inside(
        &self,
        item_type: &'static str,
        item_name: &str,
        file: &Arc<SourceFile>,
        (start, end): (u32, u32),
    ) -> Self {
        let mark = Mark::of(file, start);
        let mut locations = self.locations.clone();
        locations.push(Location {
            item_type,
            item_name: shortened(item_name),
            mark,
        });
        Self {
            locations,
            span: Some(Span {
                file: Arc::clone(file),
                start,
                end,
            }),
        }
    }

    /// A place inside a condition, as Falco counts it from the mark of this context.
    pub(crate) fn expression(&self, at: Option<TextPlace>) -> Self {
        let base = self
            .locations
            .last()
            .map(|location| location.mark)
            .unwrap_or_default();
        let mark = at.map_or(base, |at| base.inside(at));
        let mut locations = self.locations.clone();
        locations.push(Location {
            item_type: "condition expression",
            item_name: String::new(),
            mark,
        });
        Self {
            locations,
            span: self.span.clone(),
        }
    }
}
