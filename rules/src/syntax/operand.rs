//! Checks: a field or a transformer, an operator, and its right-hand side.
//!
//! Recursion happens through nested transformers only and is bounded.

use std::ops::Range;

use super::ast::{
    Check, Expr, ExprKind, Function, Modifier, Operand, OperandKind, Operator, OperatorClass,
    Right, Token,
};
use super::lexer::{Lexer, SyntaxError};

/// Most transformers inside each other; real rules have two.
const MAX_CALL_NESTING: usize = 64;

type Parsed<T> = Result<T, SyntaxError>;

/// A check or a macro's name, at the cursor; `at` is where its node is said to stand.
pub(super) fn parse_check(lexer: &mut Lexer<'_>, at: usize) -> Parsed<Expr> {
    let start = lexer.at;
    let left = if let Some(name) = lexer.take_field_name() {
        field(lexer, name)?
    } else if let Some(function) = take_function(lexer) {
        lexer.take_blank();
        call(lexer, function, start, 0)?
    } else if lexer.take_identifier().is_some() {
        return Ok(Expr {
            kind: ExprKind::Name(lexer.last_token.clone()),
            at,
        });
    } else {
        return lexer.error("expected a '(' token, a field check, or an identifier");
    };
    let (operator, modifier, right) = condition(lexer)?;
    let check = Check {
        left,
        operator,
        modifier,
        right,
        range: start..lexer.at,
    };
    Ok(Expr {
        kind: ExprKind::Check(Box::new(check)),
        at,
    })
}

/// A field or a transformer at the start of a text, and its length.
fn leading_operand(text: &str) -> Parsed<(Operand, usize)> {
    let mut lexer = Lexer::new(text);
    let operand = if let Some(name) = lexer.take_field_name() {
        field(&mut lexer, name)?
    } else if let Some(function) = take_function(&mut lexer) {
        call(&mut lexer, function, 0, 0)?
    } else {
        return lexer.error("expected a field or a transformer");
    };
    Ok((operand, lexer.at))
}

/// The length of the field or transformer that begins a text.
pub(crate) fn operand_length(text: &str) -> Option<usize> {
    leading_operand(text).ok().map(|(_, length)| length)
}

/// A text that is one field or transformer and nothing else.
pub(crate) fn parse_operand(text: &str) -> Parsed<Operand> {
    let (operand, length) = leading_operand(text)?;
    if text
        .get(length..)
        .is_some_and(|rest| rest.trim().is_empty())
    {
        return Ok(operand);
    }
    Err(SyntaxError {
        message: format!(
            "unexpected text behind '{}'",
            text.get(..length).unwrap_or_default()
        ),
        at: length,
    })
}

/// The name just taken and what stands in its brackets.
fn field(lexer: &mut Lexer<'_>, name: Range<usize>) -> Parsed<Operand> {
    let text = lexer.last_token.clone();
    let argument = bracketed(lexer)?;
    let range = name.start..lexer.at;
    Ok(Operand {
        kind: OperandKind::Field {
            name: text,
            argument,
        },
        range,
    })
}

fn bracketed(lexer: &mut Lexer<'_>) -> Parsed<Option<String>> {
    if !lexer.take_str("[") {
        return Ok(None);
    }
    let argument = if let Some((text, _)) = lexer.take_quoted()? {
        text
    } else if lexer.take_bare_argument().is_some() {
        lexer.last_token.clone()
    } else {
        return lexer.error("expected a valid field argument: a quoted string or a bare string");
    };
    if !lexer.take_str("]") {
        return lexer.error("expected a ']' token");
    }
    Ok(Some(argument))
}

fn take_function(lexer: &mut Lexer<'_>) -> Option<Function> {
    let is_next = |function: &&Function| {
        lexer
            .rest()
            .strip_prefix(function.as_str())
            .is_some_and(|rest| rest.starts_with('('))
    };
    let function = *Function::ALL
        .iter()
        .filter(|function| **function != Function::Val)
        .find(is_next)?;
    lexer.take_str(function.as_str());
    lexer.take_str("(");
    Some(function)
}

/// The arguments of a function whose opening parenthesis was consumed.
fn call(lexer: &mut Lexer<'_>, function: Function, start: usize, depth: usize) -> Parsed<Operand> {
    if depth > MAX_CALL_NESTING {
        return lexer.error(format!("more than {MAX_CALL_NESTING} nested transformers"));
    }
    lexer.take_blank();
    let mut arguments = Vec::new();
    loop {
        arguments.push(call_argument(lexer, depth)?);
        lexer.take_blank();
        if !lexer.take_str(",") {
            break;
        }
    }
    close_call(lexer, function, arguments, start)
}

fn close_call(
    lexer: &mut Lexer<'_>,
    function: Function,
    arguments: Vec<Operand>,
    start: usize,
) -> Parsed<Operand> {
    lexer.take_blank();
    if !lexer.take_str(")") {
        return lexer.error("expected a ')' token closing the transformer");
    }
    let selector = bracketed(lexer)?;
    let kind = OperandKind::Call {
        function,
        arguments,
        selector,
    };
    Ok(Operand {
        kind,
        range: start..lexer.at,
    })
}

fn call_argument(lexer: &mut Lexer<'_>, depth: usize) -> Parsed<Operand> {
    lexer.take_blank();
    let start = lexer.at;
    if let Some(range) = lexer.take_number() {
        return Ok(text(lexer.last_token.clone(), range));
    }
    if let Some((content, range)) = lexer.take_quoted()? {
        return Ok(text(content, range));
    }
    if lexer.take_str("(") {
        return list(lexer, start, depth);
    }
    if let Some(function) = take_function(lexer) {
        return call(lexer, function, start, depth + 1);
    }
    if let Some(name) = lexer.take_field_name() {
        return field(lexer, name);
    }
    lexer.error(
        "expected field transformer argument: field, transformer, quoted string, number, or transformer list",
    )
}

fn list(lexer: &mut Lexer<'_>, start: usize, depth: usize) -> Parsed<Operand> {
    lexer.take_blank();
    let mut members = Vec::new();
    if !lexer.take_str(")") {
        loop {
            members.push(list_member(lexer, depth)?);
            lexer.take_blank();
            if !lexer.take_str(",") {
                break;
            }
            lexer.take_blank();
        }
        if !lexer.take_str(")") {
            return lexer.error("expected ')'");
        }
    }
    Ok(Operand {
        kind: OperandKind::List(members),
        range: start..lexer.at,
    })
}

fn list_member(lexer: &mut Lexer<'_>, depth: usize) -> Parsed<Operand> {
    let start = lexer.at;
    if let Some(name) = lexer.take_field_name() {
        return field(lexer, name);
    }
    if let Some(function) = take_function(lexer) {
        lexer.take_blank();
        return call(lexer, function, start, depth + 1);
    }
    if let Some((content, range)) = lexer.take_quoted()? {
        return Ok(text(content, range));
    }
    if let Some(range) = lexer.take_number() {
        return Ok(text(lexer.last_token.clone(), range));
    }
    lexer.error("expected transformer list argument: field, transformer, quoted string, or number")
}

fn text(content: String, range: Range<usize>) -> Operand {
    Operand {
        kind: OperandKind::Text(content),
        range,
    }
}

/// Operator, modifier and right-hand side.
fn condition(lexer: &mut Lexer<'_>) -> Parsed<(Operator, Option<Modifier>, Right)> {
    lexer.take_blank();
    let Some(operator) = take_operator(lexer) else {
        let known: Vec<_> = Operator::ALL
            .iter()
            .map(|operator| quoted(operator.as_str()))
            .collect();
        return lexer.error(format!(
            "expected a valid check operator: one of {}",
            known.join(", ")
        ));
    };
    let mut modifier = None;
    let right = match operator.class() {
        OperatorClass::Unary => Right::Nothing,
        OperatorClass::Number => number_or_operand(lexer)?,
        OperatorClass::Text => {
            modifier = take_modifier(lexer, operator);
            if modifier.is_some() {
                list_or_operand(lexer)?
            } else {
                string_or_operand(lexer)?
            }
        }
        OperatorClass::List => list_or_operand(lexer)?,
    };
    Ok((operator, modifier, right))
}

fn take_operator(lexer: &mut Lexer<'_>) -> Option<Operator> {
    let start = lexer.at;
    for operator in Operator::ALL {
        if !lexer.take_str(operator.as_str()) {
            continue;
        }
        if !operator.wants_blank() || lexer.take_blank() {
            return Some(*operator);
        }
        lexer.at = start;
    }
    None
}

/// `oneof`, `anyof` and `allof` are modifiers only where a list or a name follows; else they are plain strings.
fn take_modifier(lexer: &mut Lexer<'_>, operator: Operator) -> Option<Modifier> {
    // The blank that must stand before the modifier was taken with an operator that is a word.
    let had_blank = lexer.take_blank() || operator.wants_blank();
    let rest = lexer.rest();
    let modifier = Modifier::ALL
        .iter()
        .copied()
        .find(|modifier| rest.starts_with(modifier.as_str()))?;
    let after = rest.get(modifier.as_str().len()..)?;
    let behind_blank = after.trim_start_matches([' ', '\t', '\u{8}', '\r', '\n']);
    let has_blank_behind = after.len() > behind_blank.len();
    let is_list = behind_blank.starts_with('(');
    let mut name = Lexer::new(behind_blank);
    let is_name =
        name.take_identifier().is_some() && !matches!(name.last_token.as_str(), "and" | "or");
    if had_blank && has_blank_behind && (is_list || is_name) {
        lexer.take_str(modifier.as_str());
        lexer.take_blank();
        return Some(modifier);
    }
    None
}

fn number_or_operand(lexer: &mut Lexer<'_>) -> Parsed<Right> {
    lexer.take_blank();
    if let Some(operand) = right_operand(lexer)? {
        return Ok(Right::Operand(operand));
    }
    match lexer.take_number() {
        Some(range) => Ok(Right::Value(Token {
            text: lexer.last_token.clone(),
            range,
        })),
        None => lexer.error(format!(
            "expected a number value or {}",
            a_field_with_a_transformer()
        )),
    }
}

fn string_or_operand(lexer: &mut Lexer<'_>) -> Parsed<Right> {
    lexer.take_blank();
    if let Some(operand) = right_operand(lexer)? {
        return Ok(Right::Operand(operand));
    }
    match take_string(lexer)? {
        Some(token) => Ok(Right::Value(token)),
        None => lexer.error(format!(
            "expected a string value or {}",
            a_field_with_a_transformer()
        )),
    }
}

fn take_string(lexer: &mut Lexer<'_>) -> Parsed<Option<Token>> {
    if let Some((text, range)) = lexer.take_quoted()? {
        return Ok(Some(Token { text, range }));
    }
    Ok(lexer.take_bare_string().map(|range| Token {
        text: lexer.last_token.clone(),
        range,
    }))
}

fn list_or_operand(lexer: &mut Lexer<'_>) -> Parsed<Right> {
    lexer.take_blank();
    if lexer.take_str("(") {
        return values(lexer);
    }
    if let Some(operand) = right_operand(lexer)? {
        return Ok(Right::Operand(operand));
    }
    match lexer.take_identifier() {
        Some(range) => Ok(Right::Value(Token {
            text: lexer.last_token.clone(),
            range,
        })),
        None => lexer.error(format!(
            "expected a list, an identifier, or {}",
            a_field_with_a_transformer()
        )),
    }
}

fn values(lexer: &mut Lexer<'_>) -> Parsed<Right> {
    lexer.take_blank();
    let mut values = Vec::new();
    if let Some(first) = take_string(lexer)? {
        values.push(first);
        lexer.take_blank();
        while lexer.take_str(",") {
            lexer.take_blank();
            match take_string(lexer)? {
                Some(value) => values.push(value),
                None => return lexer.error("expected a string value"),
            }
            lexer.take_blank();
        }
    }
    if !lexer.take_str(")") {
        return lexer.error("expected a ')' token");
    }
    Ok(Right::List(values))
}

/// `val(field)` or a transformer on a right-hand side.
fn right_operand(lexer: &mut Lexer<'_>) -> Parsed<Option<Operand>> {
    let start = lexer.at;
    if lexer.take_str("val(") {
        lexer.take_blank();
        let Some(name) = lexer.take_field_name() else {
            return lexer.error("expected a field within 'val' transformer");
        };
        let inner = field(lexer, name)?;
        return close_call(lexer, Function::Val, vec![inner], start).map(Some);
    }
    match take_function(lexer) {
        Some(function) => {
            lexer.take_blank();
            call(lexer, function, start, 0).map(Some)
        }
        None => Ok(None),
    }
}

fn a_field_with_a_transformer() -> String {
    let known: Vec<_> = Function::ALL
        .iter()
        .map(|function| quoted(function.as_str()))
        .collect();
    format!("a field with a valid transformer: {}", known.join(", "))
}

fn quoted(word: &str) -> String {
    format!("'{word}'")
}
