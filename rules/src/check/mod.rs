//! From syntax to typed conditions: fields found, arguments and constants parsed, operators checked against types.
//!
//! In: an [`Expr`] with the text it was parsed from, the schema, and the macros it may use. Out: an [`IrNode`], and
//! [`Problem`]s. All errors of a condition are found, not the first alone.

mod aliases;
mod bind;
mod call;
mod compare;
mod hints;
mod networks;
mod sources;

use std::sync::Arc;

pub(crate) use bind::{Binder, BoundName, SourceIndex};
pub(crate) use sources::Sources;

use crate::fields::{Literal, parse_literal};
use crate::ir::{Comparison, IrKind, IrNode, Predicate, Term};
use crate::resolve::MappedText;
use crate::source::Span;
use crate::syntax::{Check, Expr, ExprKind, Operand, OperandKind, Operator, Right, Token};
use crate::{Code, FieldType, Multiplicity};

/// What is wrong, or doubtful, at a place of a condition.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) range: std::ops::Range<usize>,
    /// Where Falco says it is: a byte offset into the condition's text.
    pub(crate) falco_at: usize,
}

/// Gives the body of a macro that a condition names.
pub(crate) trait Macros {
    /// The checked body, or nothing where it has errors, which were reported elsewhere, or does not exist.
    fn body(
        &mut self,
        name: &str,
        binder: &mut Binder<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<Arc<IrNode>>;
}

/// Checks a condition; nothing where it has errors.
pub(crate) fn check(
    expr: &Expr,
    text: &MappedText,
    binder: &mut Binder<'_>,
    macros: &mut dyn Macros,
    problems: &mut Vec<Problem>,
) -> Option<IrNode> {
    let mut checker = Checker {
        text,
        binder,
        macros,
        problems,
    };
    checker.node(expr)
}

struct Checker<'c, 's> {
    text: &'c MappedText,
    binder: &'c mut Binder<'s>,
    macros: &'c mut dyn Macros,
    problems: &'c mut Vec<Problem>,
}

impl Checker<'_, '_> {
    fn node(&mut self, expr: &Expr) -> Option<IrNode> {
        let range = expr_range(expr);
        let kind = match &expr.kind {
            ExprKind::And(members) => IrKind::And(self.members(members)?),
            ExprKind::Or(members) => IrKind::Or(self.members(members)?),
            ExprKind::Not(member) => IrKind::Not(Box::new(self.node(member)?)),
            ExprKind::Name(name) => {
                let body = self.macros.body(name, self.binder, self.problems)?;
                IrKind::Macro {
                    name: name.as_str().into(),
                    body,
                }
            }
            ExprKind::Check(check) => IrKind::Check(self.shared_predicate(check)?),
        };
        Some(IrNode {
            kind,
            origin: self.text.span(range),
            value_origins: self.value_origins(expr),
        })
    }

    /// Apart from what recurses, whose frames stay small so; likewise the next.
    #[inline(never)]
    fn shared_predicate(&mut self, check: &Check) -> Option<Arc<Predicate>> {
        self.predicate(check).map(Arc::new)
    }

    /// Where each value of a list stands.
    #[inline(never)]
    fn value_origins(&self, expr: &Expr) -> Box<[Option<Span>]> {
        let values: &[Token] = match &expr.kind {
            ExprKind::Check(check) => match &check.right {
                Right::List(tokens) => tokens,
                Right::Nothing | Right::Value(_) | Right::Operand(_) => &[],
            },
            _ => &[],
        };
        let origin = |token: &Token| self.text.span(token.range.clone());
        values.iter().map(origin).collect()
    }

    /// Every member is checked, so that all of them report; one with errors spoils the group.
    fn members(&mut self, members: &[Expr]) -> Option<Vec<IrNode>> {
        // A plain loop: adapters would put a dozen frames of an unoptimised build between two levels of the recursion.
        let mut checked = Vec::with_capacity(members.len());
        let mut is_whole = true;
        for member in members {
            match self.node(member) {
                Some(member) => checked.push(member),
                None => is_whole = false,
            }
        }
        is_whole.then_some(checked)
    }

    fn predicate(&mut self, check: &Check) -> Option<Predicate> {
        hints::check_hints(check, self.binder, self.problems);
        let left = self.term(&check.left)?;
        let operator = canonical(check.operator);
        if let Err(message) = compare::operator_fits(operator, check.modifier, &left) {
            self.error(
                Code::OperatorMismatch,
                message,
                check.range.clone(),
                check.left.range.start,
            );
            return None;
        }
        let comparison = match &check.right {
            Right::Nothing => Comparison::Exists,
            Right::Operand(operand) => self.right_term(check, operator, &left, operand)?,
            Right::Value(token) => {
                self.constants(check, operator, &left, std::slice::from_ref(token))?
            }
            Right::List(tokens) => self.constants(check, operator, &left, tokens)?,
        };
        Some(Predicate { left, comparison })
    }

    fn constants(
        &mut self,
        check: &Check,
        operator: Operator,
        left: &Term,
        tokens: &[Token],
    ) -> Option<Comparison> {
        let is_list = matches!(
            operator,
            Operator::In | Operator::Intersects | Operator::PMatch
        );
        let parsed: Vec<_> = tokens
            .iter()
            .map(|token| self.constant(check, operator, left, token))
            .collect();
        let values: Vec<_> = parsed.into_iter().collect::<Option<_>>()?;
        match check.modifier {
            Some(modifier) => Some(Comparison::Modified {
                operator,
                modifier,
                values,
            }),
            None if is_list => Some(Comparison::Set { operator, values }),
            None => values
                .into_iter()
                .next()
                .map(|value| Comparison::Constant { operator, value }),
        }
    }

    fn constant(
        &mut self,
        check: &Check,
        operator: Operator,
        left: &Term,
        token: &Token,
    ) -> Option<Literal> {
        let result = match operator {
            Operator::BContains | Operator::BStartsWith => {
                compare::parse_hex(&token.text).map(Literal::Text)
            }
            _ => parse_literal(&token.text, left.ty, self.binder.schema()),
        };
        let literal = match result {
            Ok(literal) => literal,
            Err(message) => {
                let help = networks::help(left, &token.text, self.binder);
                self.problem(
                    Code::InvalidValue,
                    message,
                    help,
                    token.range.clone(),
                    check.left.range.start,
                );
                return None;
            }
        };
        if self.binder.is_event_type_field(left) && !self.binder.is_event_type(&token.text) {
            let help = self.binder.similar_event_type(&token.text);
            let message = format!("unknown event type {}", token.text);
            self.problem(
                Code::UnknownEventType,
                message,
                help,
                token.range.clone(),
                check.left.range.start,
            );
            return None;
        }
        if operator != Operator::Regex {
            return Some(literal);
        }
        match self.binder.pattern(&token.text) {
            Ok(pattern) => Some(Literal::Pattern(pattern)),
            Err(message) => {
                let falco_at = check.left.range.start;
                self.error(Code::InvalidRegex, message, token.range.clone(), falco_at);
                None
            }
        }
    }

    fn right_term(
        &mut self,
        check: &Check,
        operator: Operator,
        left: &Term,
        operand: &Operand,
    ) -> Option<Comparison> {
        let right = self.term(operand)?;
        match compare::sides_fit(operator, check.modifier, left, &right, self.binder) {
            Ok(()) => Some(Comparison::Term { operator, right }),
            Err(message) => {
                self.error(
                    Code::IncompatibleSides,
                    message,
                    check.range.clone(),
                    check.left.range.start,
                );
                None
            }
        }
    }

    fn term(&mut self, operand: &Operand) -> Option<Term> {
        match &operand.kind {
            OperandKind::Field { name, argument } => {
                match self.binder.bind(name, argument.as_deref()) {
                    Ok(bound) => Some(self.binder.term(bound)),
                    Err(problem) => {
                        let range = operand.range.clone();
                        self.problem(
                            problem.code,
                            problem.message,
                            problem.help,
                            range,
                            operand.range.start,
                        );
                        None
                    }
                }
            }
            OperandKind::Text(text) => Some(text_term(text)),
            OperandKind::List(members) => {
                let members: Option<Vec<_>> =
                    members.iter().map(|member| self.term(member)).collect();
                Some(call::list_term(members?))
            }
            OperandKind::Call {
                function,
                arguments,
                selector,
            } => {
                let arguments: Option<Vec<_>> = arguments
                    .iter()
                    .map(|argument| self.term(argument))
                    .collect();
                match call::call_term(*function, arguments?, selector.as_deref(), self.binder) {
                    Ok(term) => Some(term),
                    Err(message) => {
                        self.error(
                            Code::InvalidTransformer,
                            message,
                            operand.range.clone(),
                            operand.range.start,
                        );
                        None
                    }
                }
            }
        }
    }

    fn error(
        &mut self,
        code: Code,
        message: String,
        range: std::ops::Range<usize>,
        falco_at: usize,
    ) {
        self.problem(code, message, None, range, falco_at);
    }

    fn problem(
        &mut self,
        code: Code,
        message: String,
        help: Option<String>,
        range: std::ops::Range<usize>,
        falco_at: usize,
    ) {
        self.problems.push(Problem {
            code,
            message,
            help,
            range,
            falco_at,
        });
    }
}

/// Both spellings of equality are one operator.
fn canonical(operator: Operator) -> Operator {
    if operator == Operator::DoubleEqual {
        Operator::Equal
    } else {
        operator
    }
}

fn text_term(text: &str) -> Term {
    Term {
        kind: crate::ir::TermKind::Text(text.into()),
        ty: FieldType::Charbuf,
        multiplicity: Multiplicity::One,
        names_event_type: false,
    }
}

/// The text an expression covers: a check's own, a group's from its first member to its last.
fn expr_range(expr: &Expr) -> std::ops::Range<usize> {
    match &expr.kind {
        ExprKind::Check(check) => check.range.clone(),
        ExprKind::Name(name) => expr.at..expr.at + name.len(),
        ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) => expr.at..last_end(expr),
    }
}

fn last_end(expr: &Expr) -> usize {
    match &expr.kind {
        ExprKind::Check(check) => check.range.end,
        ExprKind::Name(name) => expr.at + name.len(),
        ExprKind::Not(member) => last_end(member),
        ExprKind::And(members) | ExprKind::Or(members) => members.last().map_or(expr.at, last_end),
    }
}

struct NoMacros;

impl Macros for NoMacros {
    fn body(&mut self, _: &str, _: &mut Binder<'_>, _: &mut Vec<Problem>) -> Option<Arc<IrNode>> {
        None
    }
}

/// Checks a field or a transformer that stands alone, as in an output or an exception.
pub(crate) fn operand_term(text: &str, binder: &mut Binder<'_>) -> Result<Term, Problem> {
    let syntax = |message: String| Problem {
        code: Code::OutputSyntax,
        message,
        help: None,
        range: 0..text.len(),
        falco_at: 0,
    };
    let operand = crate::syntax::parse_operand(text).map_err(|error| syntax(error.message))?;
    let mapped = MappedText::default();
    let mut problems = Vec::new();
    let mut checker = Checker {
        text: &mapped,
        binder,
        macros: &mut NoMacros,
        problems: &mut problems,
    };
    match checker.term(&operand) {
        Some(term) => Ok(term),
        None => Err(problems
            .pop()
            .unwrap_or_else(|| syntax(format!("'{text}' is no field")))),
    }
}
