//! The condition language: text to tree, and tree to its normal text.
//!
//! In: a condition after lists were substituted. Out: an [`Expr`], or the first syntax error with its place.
//! Knows neither fields nor types; those are checked later.

mod ast;
mod help;
mod lexer;
mod operand;
mod parser;
mod print;
mod unescape;

pub(crate) use ast::{
    Check, Expr, ExprKind, Function, Modifier, Operand, OperandKind, Operator, OperatorClass,
    Right, Token,
};
pub(crate) use help::syntax_help;
pub(crate) use operand::{operand_length, parse_operand};
pub(crate) use parser::parse;
pub(crate) use print::normal_form;

/// Whether `name` can be used as a macro's name in a condition.
pub(crate) fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether `name` can stand in a condition as a bare string, as a list's name must.
pub(crate) fn is_bare_string(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(lexer::is_bare_byte)
}
