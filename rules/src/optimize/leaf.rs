//! Checks in the form in which they are shared and merged.

use std::sync::Arc;

use crate::compile::Matcher;
use crate::event_types::EventTypeSet;
use crate::fields::Literal;
use crate::ir::{Comparison, Predicate, Term, TermKind};
use crate::program::{Fold, Leaf, Source};
use crate::syntax::{Modifier, Operator};
use crate::{EventTypeDef, Multiplicity, Value};

/// One test of one term. Equal specs are one leaf of the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LeafSpec {
    pub(crate) term: Term,
    pub(crate) test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    Exists,
    /// Some value passes `operator constant` for one of the constants; alternatives of this form merge.
    Any {
        operator: Operator,
        constants: Vec<Literal>,
    },
    /// Every value equals one of the constants.
    All {
        constants: Vec<Literal>,
    },
    /// Some value passes.
    One {
        operator: Operator,
        constant: Literal,
    },
    /// No value equals the constant.
    None {
        constant: Literal,
    },
    Counted {
        operator: Operator,
        modifier: Modifier,
        constants: Vec<Literal>,
    },
    Term {
        operator: Operator,
        right: Term,
    },
}

/// What becomes of a test in the program.
pub(crate) enum Compiled<'s> {
    /// Each value of the term is tested, and the results combine.
    Values(Fold, Matcher),
    /// The values of the term are compared with those of another.
    Terms(Operator, &'s Term),
}

impl LeafSpec {
    pub(crate) fn new(predicate: &Predicate) -> Self {
        let term = predicate.left.clone();
        let is_list = term.multiplicity == Multiplicity::List;
        let test = match &predicate.comparison {
            Comparison::Exists => Test::Exists,
            Comparison::Set {
                operator: Operator::In,
                values,
            } if is_list => Test::All {
                constants: sorted(values.clone()),
            },
            Comparison::Set {
                operator: Operator::In | Operator::Intersects,
                values,
            } => Test::Any {
                operator: Operator::Equal,
                constants: sorted(values.clone()),
            },
            Comparison::Set { operator, values } => Test::Any {
                operator: *operator,
                constants: sorted(values.clone()),
            },
            Comparison::Constant {
                operator: Operator::NotEqual,
                value,
            } if term.multiplicity == Multiplicity::EitherEnd => Test::None {
                constant: value.clone(),
            },
            Comparison::Constant { operator, value } if merges(*operator) => Test::Any {
                operator: *operator,
                constants: vec![value.clone()],
            },
            Comparison::Constant { operator, value } => Test::One {
                operator: *operator,
                constant: value.clone(),
            },
            Comparison::Modified {
                operator,
                modifier,
                values,
            } => Test::Counted {
                operator: *operator,
                modifier: *modifier,
                constants: values.clone(),
            },
            Comparison::Term { operator, right } => Test::Term {
                operator: *operator,
                right: right.clone(),
            },
        };
        Self { term, test }
    }

    /// The operator and the constants of a test that joins with others of the same term and operator.
    pub(crate) fn mergeable(&self) -> Option<(Operator, &[Literal])> {
        match &self.test {
            Test::Any {
                operator,
                constants,
            } => Some((*operator, constants)),
            _ => None,
        }
    }

    /// The constants that joining copies.
    pub(crate) fn constants(&self) -> &[Literal] {
        self.mergeable().map_or(&[], |(_, constants)| constants)
    }

    /// One leaf for this one and others of the same term, all of them mergeable with this operator.
    pub(crate) fn joined(&self, operator: Operator, others: &[Arc<Self>]) -> Self {
        let others = others.iter().flat_map(|spec| spec.constants());
        let constants = self.constants().iter().chain(others);
        Self {
            term: self.term.clone(),
            test: Test::Any {
                operator,
                constants: sorted(constants.cloned().collect()),
            },
        }
    }

    /// Whether this holds wherever `other` does, because it allows the same constants and more.
    pub(crate) fn is_wider_than(&self, other: &Self) -> bool {
        match (&self.test, &other.test) {
            (
                Test::Any {
                    operator,
                    constants,
                },
                Test::Any {
                    operator: other_operator,
                    constants: other_constants,
                },
            ) => {
                operator == other_operator
                    && self.term == other.term
                    && holds_all(constants, other_constants)
            }
            _ => false,
        }
    }

    /// The types of events the leaf holds for, where it asks for the type and nothing else.
    pub(crate) fn event_types(&self, types: &[EventTypeDef]) -> Option<EventTypeSet> {
        if !matches!(self.term.kind, TermKind::EventType(_)) {
            return None;
        }
        let Compiled::Values(fold, matcher) = self.compiled() else {
            return None;
        };
        let name = |def: &EventTypeDef| Value::Str(def.name.as_bytes());
        Some(EventTypeSet::of(types, |def| {
            fold.single(&matcher, name(def))
        }))
    }

    /// The leaf of a program.
    pub(crate) fn leaf(&self) -> Leaf {
        let (fold, matcher) = match self.compiled() {
            Compiled::Values(fold, matcher) => (fold, matcher),
            Compiled::Terms(operator, right) => {
                return Leaf::Terms {
                    operator,
                    left: Box::new(self.term.clone()),
                    right: Box::new(right.clone()),
                };
            }
        };
        let source = match &self.term.kind {
            TermKind::Field(field) | TermKind::EventType(field) => Source::Field(field.clone()),
            _ => Source::Computed(Box::new(self.term.clone())),
        };
        Leaf::Test {
            source,
            fold,
            matcher,
        }
    }

    /// The test as it is made.
    pub(crate) fn compiled(&self) -> Compiled<'_> {
        let (fold, matcher) = match &self.test {
            Test::Exists => (Fold::Exists, Matcher::Always),
            Test::Any {
                operator,
                constants,
            } => (Fold::Any, Matcher::any(*operator, constants)),
            Test::All { constants } => (Fold::All, Matcher::any(Operator::Equal, constants)),
            Test::One { operator, constant } => (Fold::Any, Matcher::one(*operator, constant)),
            Test::None { constant } => (Fold::None, Matcher::one(Operator::Equal, constant)),
            Test::Counted {
                operator,
                modifier,
                constants,
            } => (Fold::Any, Matcher::counted(*operator, *modifier, constants)),
            Test::Term { operator, right } => return Compiled::Terms(*operator, right),
        };
        Compiled::Values(fold, matcher)
    }
}

/// Whether the first has every one of the others; both are in the order of [`sorted`], so that one walk tells.
fn holds_all(constants: &[Literal], others: &[Literal]) -> bool {
    let mut rest = constants.iter();
    others.len() <= constants.len() && others.iter().all(|other| rest.any(|own| own == other))
}

/// Whether `x op a or x op b` is one test of `x`.
fn merges(operator: Operator) -> bool {
    !matches!(
        operator,
        Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Exists
    )
}

/// Constants in an order of their own, each once, so that equal sets are equal.
fn sorted(mut constants: Vec<Literal>) -> Vec<Literal> {
    constants.sort_by(|left, right| {
        order(left)
            .cmp(&order(right))
            .then_with(|| text(left).cmp(text(right)))
    });
    constants.dedup();
    constants
}

fn order(literal: &Literal) -> (u8, u128, u128) {
    use crate::fields::Network;
    match literal {
        Literal::Bool(value) => (0, u128::from(*value), 0),
        Literal::Int(value) => (1, u128::from(value.cast_unsigned()), 0),
        Literal::Uint(value) => (2, u128::from(*value), 0),
        Literal::Double(value) => (3, u128::from(value.to_bits()), 0),
        Literal::Text(_) | Literal::Pattern(_) => (4, 0, 0),
        Literal::Ip(std::net::IpAddr::V4(address)) => (5, u128::from(u32::from(*address)), 0),
        Literal::Ip(std::net::IpAddr::V6(address)) => (6, u128::from(*address), 0),
        Literal::Net(Network::V4 { base, mask }) => (7, u128::from(*base), u128::from(*mask)),
        Literal::Net(Network::V6 { base, mask }) => (8, *base, *mask),
    }
}

fn text(literal: &Literal) -> &[u8] {
    match literal {
        Literal::Text(text) => text,
        Literal::Pattern(pattern) => pattern.text(),
        _ => &[],
    }
}
