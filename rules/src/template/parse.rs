//! The text of an output taken apart.

use std::collections::HashSet;
use std::ops::Range;

use super::{Part, Template, TemplateError};
use crate::check::{Binder, BoundName, operand_term};
use crate::fields::takes_dotted_key;
use crate::ir::{Term, TermKind};
use crate::syntax::{Function, operand_length};
use crate::work::steps;
use crate::{ArgumentKind, BoundField, Code, FieldArgument, FieldDef};

/// Widest padding; a hostile format must not fill the memory with blanks.
const MAX_WIDTH: usize = 4_096;

pub(super) fn parse(text: &str, binder: &mut Binder<'_>) -> Result<Template, TemplateError> {
    let mut template = Template {
        parts: Vec::new(),
        fields: Vec::new(),
        prints_incomplete: text.starts_with('*'),
        defs: binder.schema().fields(),
    };
    if text.is_empty() {
        return Err(error(
            Code::OutputSyntax,
            "empty formatting token",
            None,
            0..0,
        ));
    }
    let mut noted = HashSet::new();
    let mut at = usize::from(template.prints_incomplete);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(percent) = rest.find('%') else {
            template.parts.push(Part::Text(rest.to_owned()));
            break;
        };
        if percent > 0 {
            template.parts.push(Part::Text(
                rest.get(..percent).unwrap_or_default().to_owned(),
            ));
        }
        at = field(text, at + percent, binder, &mut template, &mut noted)?;
    }
    Ok(template)
}

fn error(
    code: Code,
    message: impl Into<String>,
    help: Option<String>,
    range: Range<usize>,
) -> TemplateError {
    TemplateError {
        code,
        message: message.into(),
        help,
        range,
    }
}

/// One field behind the `%` at `start`; returns where the text goes on.
fn field(
    text: &str,
    start: usize,
    binder: &mut Binder<'_>,
    template: &mut Template,
    noted: &mut HashSet<u32>,
) -> Result<usize, TemplateError> {
    let rest = text.get(start + 1..).unwrap_or_default();
    if rest.is_empty() {
        let message = "invalid formatting syntax: formatting cannot end with a %";
        return Err(error(Code::OutputSyntax, message, None, start..start + 1));
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let width = rest.get(..digits).unwrap_or_default();
    let width = (digits > 0).then(|| width.parse().unwrap_or(MAX_WIDTH).min(MAX_WIDTH));
    let name = rest.get(digits..).unwrap_or_default();
    if name.is_empty() {
        let message = "invalid formatting syntax: formatting cannot end with a number";
        return Err(error(Code::OutputSyntax, message, None, start..text.len()));
    }
    let name_at = start + 1 + digits;
    if let Some(length) = call_length(name) {
        let source = name.get(..length).unwrap_or_default();
        let term = operand_term(source, binder).map_err(|problem| {
            error(
                problem.code,
                problem.message,
                problem.help,
                name_at..name_at + length,
            )
        })?;
        note_fields(&term, template, noted);
        template.parts.push(Part::Computed { term, width });
        return Ok(name_at + length);
    }
    let word = word_length(name);
    let (bound, length) = longest_field(name, binder).map_err(|(code, message)| {
        let meant = binder.meant(name.get(..word).unwrap_or_default());
        let help = meant.map(|found| format!("did you mean `%{found}`?"));
        error(code, message, help, start..name_at + word)
    })?;
    let slot = binder.slot(&bound);
    let field = BoundField {
        field: bound.field,
        argument: bound.argument,
        slot,
    };
    note_field(&field, template, noted);
    template.parts.push(Part::Field { field, width });
    Ok(name_at + length)
}

fn word_length(text: &str) -> usize {
    text.bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
        .count()
}

/// The length of a transformed expression at the start of the text, if one stands there.
fn call_length(text: &str) -> Option<usize> {
    let is_call = Function::ALL
        .iter()
        .filter(|function| **function != Function::Val)
        .any(|function| {
            text.strip_prefix(function.as_str())
                .is_some_and(|rest| rest.starts_with('('))
        });
    if is_call { operand_length(text) } else { None }
}

/// The longest field name that begins the text, with its argument, and the length of both.
fn longest_field(text: &str, binder: &Binder<'_>) -> Result<(BoundName, usize), (Code, String)> {
    let defs = binder.schema().fields();
    let longest = defs
        .iter()
        .filter(|def| text.starts_with(def.name))
        .max_by_key(|def| def.name.len());
    let unknown = || {
        let word = text.get(..word_length(text)).unwrap_or_default();
        (
            Code::UnknownField,
            format!("invalid formatting token '%{word}': no such field"),
        )
    };
    let def = longest.ok_or_else(unknown)?;
    let rest = text.get(def.name.len()..).unwrap_or_default();
    let takes_parameter = matches!(
        def.argument,
        ArgumentKind::EventParameter | ArgumentKind::RawEventParameter
    );
    if takes_parameter && let Some(parameter) = rest.strip_prefix('.') {
        return longest_parameter(parameter, def, binder)
            .map(|(bound, length)| (bound, def.name.len() + 1 + length))
            .ok_or_else(unknown);
    }
    if takes_dotted_key(def)
        && let Some(key) = dotted_key(rest)
    {
        return match binder.bind(def.name, Some(key)) {
            Ok(bound) => Ok((bound, def.name.len() + 1 + key.len())),
            Err(problem) => Err((problem.code, problem.message)),
        };
    }
    let argument = match (def.argument, rest.strip_prefix('[')) {
        (ArgumentKind::None, _) | (_, None) => None,
        (_, Some(inner)) => match inner.split_once(']') {
            Some((argument, _)) => Some(argument),
            None => {
                return Err((
                    Code::OutputSyntax,
                    format!("expected a ']' behind '%{}['", def.name),
                ));
            }
        },
    };
    let length = def.name.len() + argument.map_or(0, |argument| argument.len() + 2);
    match binder.bind(def.name, argument.map(unquoted)) {
        Ok(bound) => Ok((bound, length)),
        Err(problem) => Err((problem.code, problem.message)),
    }
}

/// The key behind a field's dot; a dot that ends a sentence has none.
fn dotted_key(rest: &str) -> Option<&str> {
    let key = rest.strip_prefix('.')?;
    let length = key
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    key.get(..length).filter(|key| !key.is_empty())
}

fn unquoted(argument: &str) -> &str {
    let inner = |quote| {
        argument
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    };
    inner('"').or_else(|| inner('\'')).unwrap_or(argument)
}

/// Longest name of an event parameter; Falco's longest has 21 bytes.
const MAX_PARAMETER_BYTES: usize = 64;

/// The longest event parameter whose name begins the text.
fn longest_parameter(
    text: &str,
    def: &'static FieldDef,
    binder: &Binder<'_>,
) -> Option<(BoundName, usize)> {
    let longest = text
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    (1..=longest.min(MAX_PARAMETER_BYTES))
        .rev()
        .inspect(|_| steps(1))
        .find_map(|length| Some((binder.bind_parameter(def, text.get(..length)?)?, length)))
}

fn note_fields(term: &Term, template: &mut Template, noted: &mut HashSet<u32>) {
    match &term.kind {
        TermKind::Field(field) | TermKind::EventType(field) => note_field(field, template, noted),
        TermKind::Call {
            arguments: members, ..
        }
        | TermKind::List(members) => {
            members
                .iter()
                .for_each(|member| note_fields(member, template, noted));
        }
        TermKind::Text(_) => {}
    }
}

/// Each field once, by its slot.
fn note_field(field: &BoundField, template: &mut Template, noted: &mut HashSet<u32>) {
    if !noted.insert(field.slot) {
        return;
    }
    if let Some(def) = template.defs.get(usize::from(field.field.0)) {
        template
            .fields
            .push((field_key(def, &field.argument), field.clone()));
    }
}

/// The name of a field with its argument, as `output_fields` has it: `proc.aname[2]`, `evt.arg.flags`.
#[must_use]
pub fn field_key(def: &FieldDef, argument: &FieldArgument) -> String {
    let takes_dot = takes_dotted_key(def)
        || matches!(
            def.argument,
            ArgumentKind::EventParameter | ArgumentKind::RawEventParameter
        );
    match argument {
        FieldArgument::None => def.name.to_owned(),
        FieldArgument::Index(index) => format!("{}[{index}]", def.name),
        FieldArgument::Key(key) if takes_dot => format!("{}.{key}", def.name),
        FieldArgument::Key(key) => format!("{}[{key}]", def.name),
    }
}
