//! Warnings that Falco gives about conditions that compile.

use super::{Binder, BoundName, Problem};
use crate::syntax::{Check, Function, OperandKind, Operator, Right, Token};
use crate::{Code, Multiplicity};

/// Fields whose absent values were once the string `<NA>`.
const UNSAFE_NA_PREFIXES: [&str; 2] = ["ka.", "jevt."];

/// The field that is the same for every event since enter events are gone.
const DIRECTION_FIELD: &str = "evt.dir";

pub(super) fn check_hints(check: &Check, binder: &Binder<'_>, problems: &mut Vec<Problem>) {
    if let OperandKind::Field { name, .. } = &check.left.kind {
        if name == DIRECTION_FIELD {
            let message = "due to the drop of enter events, 'evt.dir = <' always evaluates to true, and 'evt.dir = >' \
                           always evaluates to false. The rule expression can be simplified by removing the condition \
                           on 'evt.dir'";
            push(
                problems,
                Code::DeprecatedDirection,
                message.to_owned(),
                check.range.clone(),
            );
        }
        let is_equality = matches!(
            check.operator,
            Operator::Equal
                | Operator::DoubleEqual
                | Operator::NotEqual
                | Operator::In
                | Operator::Intersects
                | Operator::PMatch
        );
        let is_unsafe = UNSAFE_NA_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix));
        if is_equality
            && is_unsafe
            && tokens(&check.right)
                .iter()
                .any(|token| token.text == "<NA>")
        {
            let message = "comparing a field value with <NA> is unsafe: check whether the field has a value with \
                           'exists' instead";
            push(
                problems,
                Code::UnsafeNaCheck,
                message.to_owned(),
                check.range.clone(),
            );
        }
    }
    for token in tokens(&check.right) {
        constant_hints(check, token, binder, problems);
    }
}

/// What is doubtful about one constant; Falco may say several things about the same.
fn constant_hints(check: &Check, token: &Token, binder: &Binder<'_>, problems: &mut Vec<Problem>) {
    let text = &token.text;
    if check.operator == Operator::Regex && is_simple_regex(text) {
        let message = format!(
            "regex check with '{text}' may be optimized with simpler operators such as '=', 'contains', \
             'startswith', 'endswith'"
        );
        push(problems, Code::SimpleRegex, message, token.range.clone());
    }
    if let Some(kind) = misused_constant(text, binder) {
        let message = format!("'{text}' may be a valid {kind} misused as a const string value");
        let range = token.range.clone();
        push(problems, Code::FieldAsConstant, message, range);
        if let Some(problem) = problems.last_mut() {
            problem.help = meant_comparison(check, text, kind, binder);
        }
    }
}

/// How to compare with what a constant reads like, or why that cannot be.
fn meant_comparison(check: &Check, text: &str, kind: &str, binder: &Binder<'_>) -> Option<String> {
    let OperandKind::Field { name, argument } = &check.left.kind else {
        return None;
    };
    let no_field = |why: &str| Some(format!("it is compared as text: {why}"));
    if matches!(check.operator, Operator::Regex | Operator::PMatch) || check.modifier.is_some() {
        return no_field("this operator takes no field on its right");
    }
    let left = binder.bind(name, argument.as_deref()).ok()?;
    if kind != FIELD {
        return Some(format!(
            "to compare with what it gives, write it without quotes: `{name} = {text}`"
        ));
    }
    let solid: String = text.chars().filter(|found| !is_blank(*found)).collect();
    let right = bound(&solid, binder)?;
    if left.ty != right.ty {
        return no_field("the two fields are of different types and have nothing in common");
    }
    if [&left, &right]
        .iter()
        .any(|side| side.multiplicity != Multiplicity::One)
    {
        return no_field("a field with several values cannot be compared with another field");
    }
    let operator = match check.operator {
        Operator::In | Operator::Intersects => Operator::Equal,
        other => other,
    };
    let operator = operator.as_str();
    Some(format!(
        "to compare with the field's value, write `{name} {operator} val({solid})`; as it stands the word itself is compared"
    ))
}

/// What a constant that reads like a field is called.
const FIELD: &str = "field";

fn push(problems: &mut Vec<Problem>, code: Code, message: String, range: std::ops::Range<usize>) {
    let falco_at = range.start;
    problems.push(Problem {
        code,
        message,
        help: None,
        range,
        falco_at,
    });
}

fn tokens(right: &Right) -> &[Token] {
    match right {
        Right::Value(token) => std::slice::from_ref(token),
        Right::List(tokens) => tokens,
        Right::Nothing | Right::Operand(_) => &[],
    }
}

/// A constant that reads like a field or a transformer was probably meant to be one, whatever blanks are in it.
fn misused_constant(text: &str, binder: &Binder<'_>) -> Option<&'static str> {
    // The cheap question first, asked for every constant of every rule.
    if !text.contains(['.', '(']) {
        return None;
    }
    let solid: std::borrow::Cow<'_, str> = if text.contains(is_blank) {
        text.replace(is_blank, "").into()
    } else {
        text.into()
    };
    if is_field(&solid, binder) {
        return Some(FIELD);
    }
    let is_call = |function: &Function| {
        solid
            .strip_prefix(function.as_str())
            .is_some_and(|rest| rest.starts_with('(') && rest.ends_with(')'))
    };
    Function::ALL
        .iter()
        .any(is_call)
        .then_some("field transformer")
}

/// What C counts as white space.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}

fn is_field(text: &str, binder: &Binder<'_>) -> bool {
    bound(text, binder).is_some()
}

/// The field that a constant reads like.
fn bound(text: &str, binder: &Binder<'_>) -> Option<BoundName> {
    if !text.contains('.') {
        return None;
    }
    let (name, argument) = match text.split_once('[') {
        Some((name, rest)) => (name, Some(rest.strip_suffix(']')?)),
        None => (text, None),
    };
    if !binder.may_be_field(name) {
        return None;
    }
    binder.bind(name, argument).ok()
}

/// A plain word, perhaps with an anchor or a wildcard at either end.
fn is_simple_regex(pattern: &str) -> bool {
    let start = ["^", ".*", ".+", ".?"]
        .iter()
        .find_map(|prefix| pattern.strip_prefix(prefix))
        .unwrap_or(pattern);
    let word = ["$", ".*", ".+", ".?"]
        .iter()
        .find_map(|suffix| start.strip_suffix(suffix))
        .unwrap_or(start);
    !word.is_empty()
        && !word.contains([
            '\\', '.', '*', '+', '?', '[', ']', '(', ')', '{', '}', '^', '$', '|',
        ])
}
