//! Conditions: `or` below `and` below `not`, parentheses, checks and macro names.
//!
//! Parentheses are kept on a stack of levels and not on the machine's, so that nesting costs memory only and its bound
//! is a decision. The grammar and the places of errors are Falco's; the checks themselves are in [`super::operand`].

use super::ast::{Expr, ExprKind};
use super::lexer::{Lexer, SyntaxError};
use super::operand::parse_check;

/// Most open parentheses. Falco intends the same number; the passes behind the parser recurse this deep.
pub(crate) const MAX_NESTING: usize = 1_000;

/// Parses a whole condition.
pub(crate) fn parse(text: &str) -> Result<Expr, SyntaxError> {
    if text.is_empty() {
        return Err(SyntaxError {
            message: "filter input string is empty".to_owned(),
            at: 0,
        });
    }
    let mut lexer = Lexer::new(text);
    let expr = parse_or(&mut lexer)?;
    if !lexer.is_at_end() {
        let message = format!(
            "unexpected token after '{}', expecting 'or', 'and'",
            lexer.last_token
        );
        return lexer.error(message);
    }
    Ok(expr)
}

/// What one open parenthesis (or the whole condition) has gathered so far.
struct Level {
    alternatives: Vec<Expr>,
    alternatives_at: usize,
    factors: Vec<Expr>,
    factors_at: usize,
    negated: bool,
    negated_at: usize,
    /// The parenthesis above came right behind `or`: its content is a whole alternative and no `and` may follow.
    is_whole_alternative: bool,
}

impl Level {
    fn open(lexer: &mut Lexer<'_>) -> Self {
        let alternatives_at = lexer.at;
        lexer.take_blank();
        let at = lexer.at;
        Self {
            alternatives: Vec::new(),
            alternatives_at,
            factors: Vec::new(),
            factors_at: at,
            negated: false,
            negated_at: at,
            is_whole_alternative: false,
        }
    }

    /// `not`s before an operand; true if the last was `not(`, whose parenthesis is then consumed.
    fn take_negations(&mut self, lexer: &mut Lexer<'_>) -> bool {
        self.negated_at = lexer.at;
        self.negated = false;
        lexer.take_blank();
        while lexer.take_not() {
            self.negated = !self.negated;
        }
        let opens = lexer.take_str("not(");
        self.negated ^= opens;
        opens
    }

    fn negate_if_asked(&mut self, expr: Expr) -> Expr {
        if std::mem::take(&mut self.negated) {
            Expr {
                kind: ExprKind::Not(Box::new(expr)),
                at: self.negated_at,
            }
        } else {
            expr
        }
    }

    fn close_factors(&mut self) {
        let factors = std::mem::take(&mut self.factors);
        self.alternatives
            .extend(group(factors, self.factors_at, ExprKind::And));
    }
}

/// A group of one is its only member.
fn group(mut members: Vec<Expr>, at: usize, kind: fn(Vec<Expr>) -> ExprKind) -> Option<Expr> {
    if members.len() > 1 {
        Some(Expr {
            kind: kind(members),
            at,
        })
    } else {
        members.pop()
    }
}

fn parse_or(lexer: &mut Lexer<'_>) -> Result<Expr, SyntaxError> {
    let mut levels = vec![Level::open(lexer)];
    loop {
        let Some(level) = levels.last_mut() else {
            return lexer.error("unbalanced parentheses");
        };
        let mut opens = level.take_negations(lexer);
        if !opens {
            let at = lexer.at;
            lexer.take_blank();
            opens = lexer.take_str("(");
            if !opens {
                let operand = parse_check(lexer, at)?;
                if let Some(whole) = reduce(lexer, &mut levels, operand)? {
                    return Ok(whole);
                }
                continue;
            }
        }
        open_level(lexer, &mut levels)?;
    }
}

fn open_level(lexer: &mut Lexer<'_>, levels: &mut Vec<Level>) -> Result<(), SyntaxError> {
    if levels.len() > MAX_NESTING {
        return lexer.error(format!("more than {MAX_NESTING} nested parentheses"));
    }
    lexer.take_blank();
    levels.push(Level::open(lexer));
    Ok(())
}

/// Takes a finished operand into the innermost level and closes what ends behind it; the whole condition when all does.
fn reduce(
    lexer: &mut Lexer<'_>,
    levels: &mut Vec<Level>,
    operand: Expr,
) -> Result<Option<Expr>, SyntaxError> {
    let mut operand = Some(operand);
    loop {
        let Some(level) = levels.last_mut() else {
            return lexer.error("unbalanced parentheses");
        };
        if let Some(expr) = operand.take() {
            let expr = level.negate_if_asked(expr);
            level.factors.push(expr);
        }
        lexer.take_blank();
        let after_whole = std::mem::take(&mut level.is_whole_alternative);
        if !after_whole && lexer.take_str("and") {
            if lexer.take_blank() {
                return Ok(None);
            }
            if !lexer.take_str("(") {
                return lexer.error("expected blank or '(' after 'and'");
            }
            open_level(lexer, levels)?;
            return Ok(None);
        }
        level.close_factors();
        lexer.take_blank();
        if lexer.take_str("or") {
            if lexer.take_blank() {
                level.factors_at = lexer.at;
                return Ok(None);
            }
            if !lexer.take_str("(") {
                return lexer.error("expected blank or '(' after 'or'");
            }
            level.is_whole_alternative = true;
            open_level(lexer, levels)?;
            return Ok(None);
        }
        let Some(closed) = levels.pop() else {
            return Ok(None);
        };
        let whole = group(closed.alternatives, closed.alternatives_at, ExprKind::Or);
        if levels.is_empty() {
            return Ok(whole);
        }
        lexer.take_blank();
        if !lexer.take_str(")") {
            return lexer.error("expected a ')' token");
        }
        operand = whole;
    }
}
