//! Exceptions: their validation, and the text they add to a rule's condition.
//!
//! An exception is built as text before lists are substituted, so that its values may be the names of lists.

use super::MappedText;
use super::item::{Entry, Exception};
use super::values::{Read, fail};
use crate::check::Binder;
use crate::diagnostic::Context;
use crate::syntax::{Modifier, Operator};
use crate::{Code, Diagnostic};

/// A comparison operator with its modifier, as an exception names it.
fn parse_comparison(text: &str) -> Option<(Operator, Option<Modifier>)> {
    let mut words = text.split_whitespace();
    let operator = Operator::from_name(words.next()?)?;
    let modifier = match words.next() {
        None => None,
        Some(word) => Some(Modifier::from_name(word)?),
    };
    let takes_modifier = operator.class() == crate::syntax::OperatorClass::Text;
    (words.next().is_none() && (modifier.is_none() || takes_modifier))
        .then_some((operator, modifier))
}

/// Whether the right-hand side of the comparison is a list in parentheses.
fn takes_list(text: &str) -> bool {
    parse_comparison(text).is_some_and(|(operator, modifier)| {
        modifier.is_some() || operator.class() == crate::syntax::OperatorClass::List
    })
}

/// One blank between the words.
fn normalized(text: &MappedText) -> MappedText {
    let words: Vec<_> = text.as_str().split_whitespace().collect();
    if words.join(" ") == text.as_str() {
        return text.clone();
    }
    let mut out = MappedText::default();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            out.push_own(" ");
        }
        let at = word.as_ptr().addr() - text.as_str().as_ptr().addr();
        out.push_slice(text, at..at + word.len());
    }
    out
}

/// Checks fields and operators and fills in the default operators. Fields are looked up if the source is known.
pub(super) fn validate(exception: &mut Exception, binder: Option<&mut Binder<'_>>) -> Read<()> {
    let context = exception.context.clone();
    let Some(fields) = &exception.fields else {
        return Ok(());
    };
    let comparisons = match fields {
        Entry::List(fields) => list_comparisons(fields, exception.comparisons.take(), &context)?,
        Entry::Item(_) => item_comparison(exception.comparisons.take(), &context)?,
    };
    exception.comparisons = Some(comparisons);
    let Some(binder) = binder else { return Ok(()) };
    for field in items(fields) {
        if !is_known_operand(field.as_str(), binder) {
            let message = format!("'{}' is not a supported filter field", field.as_str());
            let span = field.span(0..field.len());
            return fail(Code::InvalidException, message, &context)
                .map_err(|diagnostic| Box::new(diagnostic.at(span)));
        }
    }
    Ok(())
}

fn list_comparisons(fields: &[Entry], given: Option<Entry>, context: &Context) -> Read<Entry> {
    let comparisons = match given {
        None => {
            let mut equal = MappedText::default();
            equal.push_own("=");
            vec![Entry::Item(equal); fields.len()]
        }
        Some(Entry::List(comparisons)) => comparisons,
        Some(Entry::Item(_)) => Vec::new(),
    };
    if comparisons.len() != fields.len() {
        return fail(
            Code::InvalidException,
            "Fields and comps lists must have equal length",
            context,
        );
    }
    let mut checked = Vec::with_capacity(comparisons.len());
    for comparison in &comparisons {
        let text = match comparison {
            Entry::Item(text) => normalized(text),
            Entry::List(_) => MappedText::default(),
        };
        if parse_comparison(text.as_str()).is_none() {
            let message = format!("'{}' is not a supported comparison operator", text.as_str());
            return fail(Code::InvalidException, message, context);
        }
        checked.push(Entry::Item(text));
    }
    Ok(Entry::List(checked))
}

fn item_comparison(given: Option<Entry>, context: &Context) -> Read<Entry> {
    let text = match given {
        None => {
            let mut default = MappedText::default();
            default.push_own("in");
            default
        }
        Some(Entry::Item(text)) => normalized(&text),
        Some(Entry::List(_)) => {
            return fail(
                Code::InvalidException,
                "Fields and comps must both be strings",
                context,
            );
        }
    };
    if !takes_list(text.as_str()) {
        let message = "When fields is a single value, comps must be one of (in, pmatch, intersects) or a modifier \
                       operator (e.g. startswith oneof)";
        return fail(Code::InvalidException, message, context);
    }
    Ok(Entry::Item(text))
}

fn items(entry: &Entry) -> Vec<&MappedText> {
    match entry {
        Entry::Item(text) => vec![text],
        Entry::List(entries) => entries.iter().flat_map(items).collect(),
    }
}

/// Whether the text is a field, or a transformer of fields.
fn is_known_operand(text: &str, binder: &mut Binder<'_>) -> bool {
    crate::check::operand_term(text, binder).is_ok()
}

/// The condition with the exceptions of its rule, as Falco writes it: `(condition) and not (…)`; and what is wrong with
/// those that are left out.
pub(crate) fn condition_with_exceptions(
    condition: &MappedText,
    exceptions: &[Exception],
) -> (MappedText, Vec<Diagnostic>) {
    if exceptions.is_empty() {
        return (condition.clone(), Vec::new());
    }
    let mut errors = Vec::new();
    let mut out = MappedText::default();
    out.push_own("(");
    out.push(condition);
    out.push_own(")");
    for exception in exceptions {
        let text = match &exception.fields {
            Some(Entry::Item(field)) => item_text(field, exception),
            Some(Entry::List(fields)) => list_text(fields, exception),
            None => continue,
        };
        match text {
            Ok(text) if !text.is_empty() => {
                out.push_own(" and not ");
                out.push(&text);
            }
            Ok(_) => {}
            Err(error) => errors.push(*error),
        }
    }
    (out, errors)
}

/// One field against a list of values.
fn item_text(field: &MappedText, exception: &Exception) -> Read<MappedText> {
    let mut out = MappedText::default();
    for value in &exception.values {
        let Entry::Item(value) = value else {
            let message = "Expected values array to contain a list of strings";
            return fail(Code::InvalidException, message, &exception.context);
        };
        if out.is_empty() {
            out.push_own("(");
            out.push(field);
            out.push_own(" ");
            if let Some(Entry::Item(comparison)) = &exception.comparisons {
                out.push(comparison);
            }
            out.push_own(" (");
        } else {
            out.push_own(", ");
        }
        push_quoted(value, &mut out);
    }
    if !out.is_empty() {
        out.push_own("))");
    }
    Ok(out)
}

/// Several fields, each with its operator, against tuples of values.
fn list_text(fields: &[Entry], exception: &Exception) -> Read<MappedText> {
    let mut out = MappedText::default();
    let empty = Vec::new();
    let comparisons = match &exception.comparisons {
        Some(Entry::List(comparisons)) => comparisons,
        _ => &empty,
    };
    for (index, tuple) in exception.values.iter().enumerate() {
        let values = match tuple {
            Entry::List(values) => values.as_slice(),
            Entry::Item(_) => &[],
        };
        if values.len() != fields.len() {
            let message = "Fields and values lists must have equal length";
            return fail(Code::InvalidException, message, &exception.context);
        }
        out.push_own(if index == 0 { "((" } else { " or (" });
        let columns = fields.iter().zip(comparisons).zip(values).enumerate();
        for (column, ((field, comparison), value)) in columns {
            out.push_own(if column == 0 { " " } else { " and  " });
            if let (Entry::Item(field), Entry::Item(comparison)) = (field, comparison) {
                out.push(field);
                out.push_own(" ");
                out.push(comparison);
                out.push_own(" ");
                push_value(value, takes_list(comparison.as_str()), &mut out);
            }
        }
        out.push_own(")");
    }
    if !exception.values.is_empty() {
        out.push_own(")");
    }
    Ok(out)
}

fn push_value(value: &Entry, wants_list: bool, out: &mut MappedText) {
    match value {
        Entry::List(members) => {
            out.push_own("(");
            for (index, member) in members.iter().enumerate() {
                if index > 0 {
                    out.push_own(", ");
                }
                if let Entry::Item(member) = member {
                    push_quoted(member, out);
                }
            }
            out.push_own(")");
        }
        Entry::Item(value) if wants_list && !value.as_str().starts_with('(') => {
            out.push_own("(");
            out.push(value);
            out.push_own(")");
        }
        Entry::Item(value) if wants_list => out.push(value),
        Entry::Item(value) => push_quoted(value, out),
    }
}

/// A value as it stands in a condition: in double quotes if a blank is in it and no quote begins it.
pub(super) fn push_quoted(value: &MappedText, out: &mut MappedText) {
    let text = value.as_str();
    if text.contains(' ') && !text.starts_with(['"', '\'']) {
        out.push_own("\"");
        out.push(value);
        out.push_own("\"");
    } else {
        out.push(value);
    }
}
