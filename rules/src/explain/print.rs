//! A checked comparison as text that compiles to the same comparison again, lists opened.
//!
//! In: a comparison and the fields of its source. Out: text to be pasted into a filter or a rule.
//! The [normal form](crate::syntax) is Falco's and loses the quotes of some values; nothing is lost here.

use std::fmt::Write as _;

use crate::fields::{Literal, Network};
use crate::ir::{Comparison, Predicate, Term, TermKind};
use crate::syntax::{Function, Modifier, Operator, OperatorClass, is_bare_string};
use crate::template::field_key;
use crate::{BoundField, FieldArgument, FieldDef};

/// The text of one comparison.
pub(super) fn check(predicate: &Predicate, defs: &[FieldDef]) -> String {
    let mut out = String::new();
    push_check(predicate, defs, &mut out);
    out
}

fn push_check(predicate: &Predicate, defs: &[FieldDef], out: &mut String) {
    push_term(&predicate.left, defs, out);
    match &predicate.comparison {
        Comparison::Exists => out.push_str(" exists"),
        Comparison::Constant { operator, value } => {
            let _ = write!(out, " {} ", operator.as_str());
            out.push_str(&literal(*operator, value));
        }
        Comparison::Set { operator, values } => push_set(*operator, None, values, out),
        Comparison::Modified {
            operator,
            modifier,
            values,
        } => push_set(*operator, Some(*modifier), values, out),
        Comparison::Term { operator, right } => {
            let _ = write!(out, " {} ", operator.as_str());
            push_term(right, defs, out);
        }
    }
}

fn push_set(operator: Operator, modifier: Option<Modifier>, values: &[Literal], out: &mut String) {
    let _ = write!(out, " {}", operator.as_str());
    if let Some(modifier) = modifier {
        let _ = write!(out, " {}", modifier.as_str());
    }
    out.push_str(" (");
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push_str(&literal(operator, value));
    }
    out.push(')');
}

fn push_term(term: &Term, defs: &[FieldDef], out: &mut String) {
    match &term.kind {
        TermKind::Field(field) | TermKind::EventType(field) => push_field(field, defs, out),
        TermKind::Text(text) => push_quoted(text, out),
        TermKind::List(members) => push_arguments(members, defs, out),
        TermKind::Call {
            function,
            arguments,
            selector,
        } => {
            out.push_str(function.as_str());
            push_arguments(arguments, defs, out);
            if let Some(selector) = selector.filter(|_| *function == Function::GetOpt) {
                out.push('[');
                push_quoted(&char::from(selector).to_string(), out);
                out.push(']');
            }
        }
    }
}

fn push_arguments(arguments: &[Term], defs: &[FieldDef], out: &mut String) {
    out.push('(');
    for (index, argument) in arguments.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push_term(argument, defs, out);
    }
    out.push(')');
}

fn push_field(field: &BoundField, defs: &[FieldDef], out: &mut String) {
    let Some(def) = defs.get(usize::from(field.field.0)) else {
        return;
    };
    match &field.argument {
        FieldArgument::Key(key) if !key.bytes().all(is_word) => {
            out.push_str(def.name);
            out.push('[');
            push_quoted(key, out);
            out.push(']');
        }
        argument => out.push_str(&field_key(def, argument)),
    }
}

/// Whether a byte may stand in a key behind a dot.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A constant as the right side of an operator.
pub(super) fn literal(operator: Operator, literal: &Literal) -> String {
    let mut out = String::new();
    match literal {
        Literal::Bool(value) => push(value, &mut out),
        Literal::Int(value) => push(value, &mut out),
        Literal::Uint(value) => push(value, &mut out),
        Literal::Double(value) => push(value, &mut out),
        Literal::Ip(address) => push(address, &mut out),
        Literal::Net(network) => push_network(*network, &mut out),
        Literal::Pattern(pattern) => push_text(&String::from_utf8_lossy(pattern.text()), &mut out),
        Literal::Text(bytes) if matches!(operator, Operator::BContains | Operator::BStartsWith) => {
            for byte in bytes {
                let _ = write!(out, "{byte:02x}");
            }
        }
        Literal::Text(text) => {
            let text = String::from_utf8_lossy(text);
            // What stands behind these operators is a number, and numbers have no quotes.
            if operator.class() == OperatorClass::Number {
                out.push_str(&text);
            } else {
                push_text(&text, &mut out);
            }
        }
    }
    out
}

fn push(value: impl std::fmt::Display, out: &mut String) {
    // Writing to a `String` cannot fail, so the result carries no information.
    let _ = write!(out, "{value}");
}

fn push_network(network: Network, out: &mut String) {
    match network {
        Network::V4 { base, mask } => {
            let address = std::net::Ipv4Addr::from(base);
            push(format_args!("{address}/{}", mask.count_ones()), out);
        }
        Network::V6 { base, mask } => {
            let address = std::net::Ipv6Addr::from(base);
            push(format_args!("{address}/{}", mask.count_ones()), out);
        }
    }
}

/// A string as it is read back: bare where it may be, else in quotes.
fn push_text(text: &str, out: &mut String) {
    // `= oneof` before a list would begin a list of values.
    let is_modifier = || Modifier::ALL.iter().any(|word| text == word.as_str());
    if is_bare_string(text) && !is_modifier() {
        out.push_str(text);
    } else {
        push_quoted(text, out);
    }
}

fn push_quoted(text: &str, out: &mut String) {
    let quote = if text.contains('"') && !text.contains('\'') {
        '\''
    } else {
        '"'
    };
    out.push(quote);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Two before the closing quote would keep it from closing; a blank behind one stands for it as well.
            '\\' if characters.peek().is_none() => out.push_str("\\ "),
            '\\' => out.push_str("\\\\"),
            other => {
                if other == quote {
                    out.push('\\');
                }
                out.push(other);
            }
        }
    }
    out.push(quote);
}
