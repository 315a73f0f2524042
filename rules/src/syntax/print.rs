//! The normal text of a condition: one blank around operators, parentheses around every group, strings quoted where
//! they must be. Two conditions of the same tree have the same normal text.

use std::fmt::Write as _;
use std::sync::Arc;

use super::ast::{Check, Expr, ExprKind, Operand, OperandKind, Right};

/// The normal text of `expr`; `macro_text` gives the text of a macro, or nothing to leave its name standing.
pub(crate) fn normal_form(expr: &Expr, macro_text: &dyn Fn(&str) -> Option<Arc<str>>) -> String {
    let mut out = String::new();
    push_expr(expr, macro_text, &mut out);
    out
}

fn push_expr(expr: &Expr, macro_text: &dyn Fn(&str) -> Option<Arc<str>>, out: &mut String) {
    let mut push_group = |members: &[Expr], word: &str| {
        out.push('(');
        for (index, member) in members.iter().enumerate() {
            if index > 0 {
                out.push_str(word);
            }
            push_expr(member, macro_text, out);
        }
        out.push(')');
    };
    match &expr.kind {
        ExprKind::And(members) => push_group(members, " and "),
        ExprKind::Or(members) => push_group(members, " or "),
        ExprKind::Not(member) => {
            out.push_str("not ");
            push_expr(member, macro_text, out);
        }
        ExprKind::Name(name) => {
            out.push_str(&macro_text(name).unwrap_or_else(|| name.as_str().into()))
        }
        ExprKind::Check(check) => push_check(check, out),
    }
}

fn push_check(check: &Check, out: &mut String) {
    push_operand(&check.left, out);
    let _ = write!(out, " {}", check.operator.as_str());
    if let Some(modifier) = check.modifier {
        let _ = write!(out, " {}", modifier.as_str());
    }
    match &check.right {
        Right::Nothing => {}
        Right::Value(token) => {
            out.push(' ');
            push_escaped(&token.text, out);
        }
        Right::List(tokens) => {
            out.push_str(" (");
            for (index, token) in tokens.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                push_escaped(&token.text, out);
            }
            out.push(')');
        }
        Right::Operand(operand) => {
            out.push(' ');
            push_operand(operand, out);
        }
    }
}

fn push_operand(operand: &Operand, out: &mut String) {
    let push_all = |operands: &[Operand], out: &mut String| {
        out.push('(');
        for (index, operand) in operands.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            push_operand(operand, out);
        }
        out.push(')');
    };
    let push_argument = |argument: &Option<String>, out: &mut String| {
        if let Some(argument) = argument {
            out.push('[');
            // Nothing in brackets would be no argument at all.
            if argument.is_empty() {
                out.push_str("\"\"");
            }
            push_escaped(argument, out);
            out.push(']');
        }
    };
    match &operand.kind {
        OperandKind::Field { name, argument } => {
            out.push_str(name);
            push_argument(argument, out);
        }
        OperandKind::Call {
            function,
            arguments,
            selector,
        } => {
            out.push_str(function.as_str());
            push_all(arguments, out);
            push_argument(selector, out);
        }
        OperandKind::Text(text) => out.push_str(text),
        OperandKind::List(members) => push_all(members, out),
    }
}

/// A string as it can be read back, quoted only where it must be.
pub(crate) fn push_escaped(text: &str, out: &mut String) {
    let must_quote = |character| {
        matches!(
            character,
            '\u{8}' | '\u{c}' | '\n' | '\r' | '\t' | ' ' | '\\' | '"' | '\'' | '='
        )
    };
    if !text.contains(must_quote) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for character in text.chars() {
        match character {
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            other => out.push(other),
        }
    }
    out.push('"');
}
