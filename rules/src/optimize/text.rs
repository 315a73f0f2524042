//! Tests of a program as text: near to how a rule has them, short enough for a line.
//!
//! In: a part of a program and the schema that it was compiled against. Out: what it asks, for people. Alternatives of
//! several rules may stand in one test, so that no rule need have it in these words.

use std::fmt::Write as _;

use super::Part;
use super::leaf::{LeafSpec, Test};
use crate::event_types::EventTypeSet;
use crate::fields::{Literal, Network};
use crate::ir::{Predicate, Term, TermKind};
use crate::syntax::Operator;
use crate::{BoundField, Schema, field_key};

/// Most constants of a test that are shown; how many more there are is told.
const MAX_CONSTANTS: usize = 6;

/// Most characters of a constant that are shown.
const MAX_CHARACTERS: usize = 60;

/// What a part asks.
pub(crate) fn part_text(part: &Part, schema: &dyn Schema) -> String {
    let mut out = String::new();
    match part {
        Part::Test(spec) => push_test(spec, schema, &mut out),
        Part::Types(types) => push_types(types, schema, &mut out),
    }
    out
}

/// A field as conditions name it.
pub(crate) fn field_text(field: &BoundField, schema: &dyn Schema) -> String {
    let def = schema.fields().get(usize::from(field.field.0));
    let def = def.expect("a bound field is one of its schema");
    field_key(def, &field.argument)
}

fn push_types(types: &EventTypeSet, schema: &dyn Schema, out: &mut String) {
    let names: Vec<_> = (schema.event_types().iter())
        .zip(crate::event_types::type_ids(schema.event_types().len()))
        .filter(|(_, id)| types.contains(*id))
        .map(|(def, _)| def.name.to_owned())
        .collect();
    out.push_str("evt.type in ");
    push_set(&names, out);
}

fn push_test(spec: &LeafSpec, schema: &dyn Schema, out: &mut String) {
    push_term(&spec.term, schema, out);
    let push_operator = |operator: Operator, out: &mut String| {
        let _ = write!(out, " {}", operator.as_str());
    };
    match &spec.test {
        Test::Exists => push_operator(Operator::Exists, out),
        Test::Any {
            operator,
            constants,
        } => {
            let operator = match (operator, constants.len()) {
                (Operator::Equal, 2..) => Operator::In,
                (operator, _) => *operator,
            };
            push_operator(operator, out);
            out.push(' ');
            push_literals(constants, out);
        }
        Test::All { constants } => {
            out.push_str(" all in ");
            push_literals(constants, out);
        }
        Test::One { operator, constant } => {
            push_operator(*operator, out);
            out.push(' ');
            push_literals(std::slice::from_ref(constant), out);
        }
        Test::None { constant } => {
            out.push_str(" none = ");
            push_literals(std::slice::from_ref(constant), out);
        }
        Test::Counted {
            operator,
            modifier,
            constants,
        } => {
            push_operator(*operator, out);
            let _ = write!(out, " {} ", modifier.as_str());
            push_literals(constants, out);
        }
        Test::Term { operator, right } => {
            push_operator(*operator, out);
            out.push_str(" val(");
            push_term(right, schema, out);
            out.push(')');
        }
    }
}

/// What a predicate asks.
pub(crate) fn predicate_text(predicate: &Predicate, schema: &dyn Schema) -> String {
    let mut out = String::new();
    push_test(&LeafSpec::new(predicate), schema, &mut out);
    out
}

/// A term as conditions have it.
pub(crate) fn term_text(term: &Term, schema: &dyn Schema) -> String {
    let mut out = String::new();
    push_term(term, schema, &mut out);
    out
}

fn push_term(term: &Term, schema: &dyn Schema, out: &mut String) {
    match &term.kind {
        TermKind::Field(field) | TermKind::EventType(field) => {
            out.push_str(&field_text(field, schema));
        }
        TermKind::Text(text) => push_word(text, out),
        TermKind::List(members) => push_terms(members, schema, out),
        TermKind::Call {
            function,
            arguments,
            selector,
        } => {
            out.push_str(function.as_str());
            push_terms(arguments, schema, out);
            if let Some(selector) = selector {
                let _ = write!(out, "[{}]", selector.escape_ascii());
            }
        }
    }
}

fn push_terms(terms: &[Term], schema: &dyn Schema, out: &mut String) {
    out.push('(');
    for (index, term) in terms.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push_term(term, schema, out);
    }
    out.push(')');
}

fn push_literals(literals: &[Literal], out: &mut String) {
    let shown = literals.iter().take(MAX_CONSTANTS + 1);
    let words: Vec<_> = shown.map(literal_text).collect();
    match words.as_slice() {
        [only] => out.push_str(only),
        _ => push_some(&words, literals.len(), out),
    }
}

fn push_set(words: &[String], out: &mut String) {
    push_some(words, words.len(), out);
}

/// The first of `count` words in parentheses.
fn push_some(words: &[String], count: usize, out: &mut String) {
    // One more is no longer than to say that there is one more.
    let shown = match count.checked_sub(MAX_CONSTANTS + 1) {
        None | Some(0) => words,
        Some(_) => words.get(..MAX_CONSTANTS).unwrap_or(words),
    };
    let _ = write!(out, "({}", shown.join(", "));
    if shown.len() < count {
        let _ = write!(out, ", and {} more", count - shown.len());
    }
    out.push(')');
}

fn literal_text(literal: &Literal) -> String {
    let mut out = String::new();
    match literal {
        Literal::Bool(value) => out = value.to_string(),
        Literal::Int(value) => out = value.to_string(),
        Literal::Uint(value) => out = value.to_string(),
        Literal::Double(value) => out = value.to_string(),
        Literal::Text(text) => push_word(&String::from_utf8_lossy(text), &mut out),
        Literal::Pattern(pattern) => {
            push_word(&String::from_utf8_lossy(pattern.text()), &mut out);
        }
        Literal::Ip(address) => out = address.to_string(),
        Literal::Net(Network::V4 { base, mask }) => {
            out = format!("{}/{}", std::net::Ipv4Addr::from(*base), mask.count_ones());
        }
        Literal::Net(Network::V6 { base, mask }) => {
            out = format!("{}/{}", std::net::Ipv6Addr::from(*base), mask.count_ones());
        }
    }
    out
}

/// A word; what is no plain word in quotes. Nothing that steers a terminal is left of it.
fn push_word(word: &str, out: &mut String) {
    let is_plain = |character: char| character.is_ascii_graphic() && !"'\"(),".contains(character);
    if !word.is_empty() && word.len() <= MAX_CHARACTERS && word.chars().all(is_plain) {
        out.push_str(word);
        return;
    }
    let shown: String = word.chars().take(MAX_CHARACTERS).collect();
    let more = if shown.len() < word.len() { "…" } else { "" };
    let _ = write!(out, "\"{}{more}\"", shown.escape_debug());
}
