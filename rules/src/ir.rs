//! Conditions with names resolved and types checked.
//!
//! In: from the checker. Out: to the optimiser, which makes programs of it, and to the plain evaluator, which explains.
//! Every node keeps the place it was written at, through macros, lists and exceptions. Macro bodies are shared.

use std::sync::Arc;

use crate::fields::Literal;
use crate::source::Span;
use crate::syntax::{Function, Modifier, Operator};
use crate::{BoundField, FieldType, Multiplicity};

/// A condition or a part of one.
#[derive(Debug)]
pub(crate) struct IrNode {
    pub(crate) kind: IrKind,
    /// Where it stands in a rule file; nothing for text the engine made.
    pub(crate) origin: Option<Span>,
    /// Where each value of a check with several stands: in the condition, a list or an exception.
    pub(crate) value_origins: Box<[Option<Span>]>,
}

#[derive(Debug)]
pub(crate) enum IrKind {
    And(Vec<IrNode>),
    Or(Vec<IrNode>),
    Not(Box<IrNode>),
    Check(Arc<Predicate>),
    Macro { name: Arc<str>, body: Arc<IrNode> },
}

/// One comparison. Equal predicates are evaluated once per event, wherever they stand.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Predicate {
    pub(crate) left: Term,
    pub(crate) comparison: Comparison,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Term {
    pub(crate) kind: TermKind,
    pub(crate) ty: FieldType,
    pub(crate) multiplicity: Multiplicity,
    /// Whether this is `evt.type` or `syscall.type` itself.
    pub(crate) names_event_type: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TermKind {
    Field(BoundField),
    /// `evt.type`, which the engine knows without asking for a value.
    EventType(BoundField),
    Call {
        function: Function,
        arguments: Vec<Term>,
        selector: Option<u8>,
    },
    Text(Box<str>),
    List(Vec<Term>),
}

/// The comparison itself; operators are in their canonical form (`=` for `==`).
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Exists,
    Constant {
        operator: Operator,
        value: Literal,
    },
    /// `in`, `intersects`, `pmatch`.
    Set {
        operator: Operator,
        values: Vec<Literal>,
    },
    Modified {
        operator: Operator,
        modifier: Modifier,
        values: Vec<Literal>,
    },
    Term {
        operator: Operator,
        right: Term,
    },
}
