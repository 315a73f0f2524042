//! Outputs: text with fields in it.
//!
//! In: a rule's `output`, or a format of the command line. Out: a [`Template`] that renders an event.
//! A `%` begins a field: the longest name that fits, with its argument; the rest is text as it stands.

mod parse;

pub use parse::field_key;

use std::ops::Range;

use crate::check::Binder;
use crate::fields::{push_printable, value_to_text};
use crate::ir::Term;
use crate::resolve::MappedText;
use crate::source::SourceFile;
use crate::transform::{Buffers, each_value};
use crate::{BoundField, Code, Diagnostic, Event, FieldDef, Schema, Value};

/// A compiled output.
#[derive(Debug)]
pub struct Template {
    parts: Vec<Part>,
    /// Every field once, with the key it has in `output_fields`.
    fields: Vec<(String, BoundField)>,
    /// Whether a `*` began the text: a line is printed even where a field is absent.
    prints_incomplete: bool,
    defs: &'static [FieldDef],
}

#[derive(Debug)]
enum Part {
    Text(String),
    Field {
        field: BoundField,
        width: Option<usize>,
    },
    /// A transformed expression.
    Computed {
        term: Term,
        width: Option<usize>,
    },
}

/// Why a text is no output.
#[derive(Debug)]
pub(crate) struct TemplateError {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) range: Range<usize>,
}

impl Template {
    /// Compiles an output on its own, with slots of its own.
    ///
    /// # Errors
    ///
    /// If the text has a `%` without a field of the schema behind it.
    pub fn compile(schema: &dyn Schema, text: &str) -> Result<Self, Diagnostic> {
        let mut binder = Binder::new(schema);
        Self::build(text, &mut binder).map_err(|error| {
            let file = SourceFile::new("output", text);
            let span = MappedText::from_file(&file).span(error.range);
            let mut diagnostic = Diagnostic::new(error.code, error.message)
                .at(span)
                .help(error.help);
            diagnostic.falco_code = Some(crate::FalcoCode::ErrCompileOutput);
            diagnostic
        })
    }

    pub(crate) fn build(text: &str, binder: &mut Binder<'_>) -> Result<Self, TemplateError> {
        parse::parse(text, binder)
    }

    /// Appends the output for an event; absent values as `<NA>`.
    pub fn render<E: Event + ?Sized>(&self, event: &E, out: &mut String) {
        for part in &self.parts {
            self.push_part(part, event, out);
        }
    }

    /// Appends the output, unless a field is absent and no `*` began the text; false if nothing was appended.
    pub fn render_complete<E: Event + ?Sized>(&self, event: &E, out: &mut String) -> bool {
        let start = out.len();
        for part in &self.parts {
            if !self.push_part(part, event, out) && !self.prints_incomplete {
                out.truncate(start);
                return false;
            }
        }
        true
    }

    /// The fields of the output, each once, with the key that `output_fields` has for it (`proc.aname[2]`).
    pub fn fields(&self) -> impl Iterator<Item = (&str, &BoundField)> {
        self.fields.iter().map(|(key, field)| (key.as_str(), field))
    }

    /// Appends one part; false if its value is absent.
    fn push_part<E: Event + ?Sized>(&self, part: &Part, event: &E, out: &mut String) -> bool {
        let start = out.len();
        let (is_present, width) = match part {
            Part::Text(text) => {
                out.push_str(text);
                return true;
            }
            Part::Field { field, width } => {
                let value = event.printed(field);
                if let Some(def) = self.defs.get(usize::from(field.field.0)) {
                    value_to_text(value, def, out);
                }
                (value != Value::Absent, width)
            }
            Part::Computed { term, width } => (push_computed(term, event, out), width),
        };
        if let Some(width) = width {
            fit(out, start, *width);
        }
        is_present
    }
}

/// Appends the values of a term, joined by commas; `<NA>` and false where there are none.
pub(crate) fn push_computed<E: Event + ?Sized>(term: &Term, event: &E, out: &mut String) -> bool {
    let start = out.len();
    let mut is_first = true;
    let is_present = each_value(term, event, &Buffers::default(), &mut |value| {
        if !std::mem::take(&mut is_first) {
            out.push(',');
        }
        match value {
            Value::Str(text) | Value::Bytes(text) => push_printable(text, out),
            Value::Uint(number) => out.push_str(&number.to_string()),
            Value::Int(number) => out.push_str(&number.to_string()),
            Value::Bool(value) => out.push_str(if value { "true" } else { "false" }),
            Value::Double(number) => out.push_str(&number.to_string()),
            Value::Ip(address) => out.push_str(&address.to_string()),
            Value::Absent | Value::List(_) => {}
        }
    });
    if !is_present {
        out.truncate(start);
        out.push_str(crate::fields::ABSENT_TEXT);
    }
    is_present
}

/// Pads with blanks or cuts what was appended from `start` on to `width` characters.
fn fit(out: &mut String, start: usize, width: usize) {
    let appended = out.get(start..).unwrap_or_default();
    let length = appended.chars().count();
    if length > width {
        let cut = appended
            .char_indices()
            .nth(width)
            .map_or(appended.len(), |(at, _)| at);
        out.truncate(start + cut);
    } else {
        out.extend(std::iter::repeat_n(' ', width - length));
    }
}
