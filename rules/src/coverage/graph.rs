//! Conditions as graphs that are evaluated from answers alone, without an event.
//!
//! In: checked conditions. Out: for each its nodes, members before groups, and the parts of rule files that they are.
//! A macro's body is one node below all its mentions that stand under as many `not`s, odd or even: whether a part
//! speaks for the rule or against it is known of each node.

use std::collections::HashMap;
use std::sync::Arc;

use super::leaf::{Leaves, TRUTH, is_set};
use super::part::{CoverKind, ItemKind, Parts, Stands};
use crate::ir::{IrKind, IrNode};
use crate::source::Span;
use crate::{Rule, RuleIndex};

/// One condition.
pub(crate) struct Condition {
    pub(crate) rule: RuleIndex,
    /// Members stand before groups; the last is the condition.
    pub(crate) nodes: Vec<Node>,
    /// Its tests, in the order in which they are met.
    pub(crate) leaves: Vec<LeafOf>,
}

/// A test of a condition.
pub(crate) struct LeafOf {
    /// Its number among all.
    pub(crate) leaf: u32,
    /// Where its answers begin among those of the condition.
    pub(crate) first_word: usize,
}

/// A node of a condition.
pub(crate) struct Node {
    pub(crate) op: Op,
    pub(crate) span: Option<Span>,
    /// Whether it stands under an even number of `not`s, so that the rule needs it to hold.
    pub(crate) is_for: bool,
    /// The part that it is; nothing for groups whose members say as much.
    pub(crate) part: Option<u32>,
    /// The parts that the values of its list are, and where each stands.
    pub(crate) values: Vec<u32>,
    pub(crate) value_spans: Box<[Option<Span>]>,
    /// The rule or macro that it is written in.
    pub(crate) item: u32,
    /// Whether it was made from an exception, and stands in no file as a condition.
    pub(crate) is_of_exception: bool,
    /// How it stands in the node that it is a member of.
    pub(crate) role: Role,
}

/// What a node is. Members are earlier nodes of the same condition.
pub(crate) enum Op {
    And(Vec<u32>),
    Or(Vec<u32>),
    Not(u32),
    /// A test, by its place in [`Condition::leaves`].
    Leaf(u32),
    Macro(u32),
}

/// What a node is a member of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing: it is a whole condition, of a rule or a macro.
    Whole,
    /// `and`
    Factor,
    /// `or`
    Alternative,
    /// `not`
    Negated,
}

/// What becomes of a node where a condition is evaluated otherwise than it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Override {
    Constant(bool),
    Negated,
    /// The answer of another bit of the same test.
    Bit(usize),
    /// The test without one value of its list.
    Without(usize),
}

impl Condition {
    /// The value of each node by the answers of its tests.
    pub(crate) fn evaluate(
        &self,
        leaves: &Leaves,
        answers: &[u64],
        overrides: &[(u32, Override)],
    ) -> Vec<bool> {
        let mut values: Vec<bool> = Vec::with_capacity(self.nodes.len());
        let value =
            |values: &[bool], member: &u32| values.get(*member as usize).copied().unwrap_or(false);
        for (number, node) in (0..).zip(&self.nodes) {
            let over = overrides.iter().find(|(place, _)| *place == number);
            let holds = match (&node.op, over) {
                (_, Some((_, Override::Constant(constant)))) => *constant,
                (Op::And(members), _) => members.iter().all(|member| value(&values, member)),
                (Op::Or(members), _) => members.iter().any(|member| value(&values, member)),
                (Op::Not(member), _) => !value(&values, member),
                (Op::Macro(body), _) => value(&values, body),
                (Op::Leaf(leaf), over) => {
                    let over = over.map(|(_, over)| *over);
                    self.leaf_holds(leaves, *leaf, answers, over)
                }
            };
            let is_negated = matches!(over, Some((_, Override::Negated)));
            values.push(holds != is_negated);
        }
        values
    }

    /// The answer of a test, or of what is asked in its place.
    pub(crate) fn leaf_holds(
        &self,
        leaves: &Leaves,
        place: u32,
        answers: &[u64],
        over: Option<Override>,
    ) -> bool {
        let Some(of) = self.leaves.get(place as usize) else {
            return false;
        };
        let answers = answers.get(of.first_word..).unwrap_or_default();
        match over {
            Some(Override::Bit(bit)) => is_set(answers, bit),
            Some(Override::Without(value)) => {
                let leaf = leaves.get(of.leaf);
                let left_out = leaf.value_bit(value);
                let mut rest = leaf.value_bits().filter(|bit| *bit != left_out);
                rest.any(|bit| is_set(answers, bit))
            }
            _ => is_set(answers, TRUTH),
        }
    }

    /// The answers of one of its tests.
    pub(crate) fn answers_of<'a>(&self, place: u32, answers: &'a [u64]) -> &'a [u64] {
        let of = self.leaves.get(place as usize);
        of.and_then(|of| answers.get(of.first_word..))
            .unwrap_or_default()
    }

    /// Gives its tests the places of their answers, once all that is asked is known.
    pub(crate) fn lay_out(&mut self, leaves: &Leaves, first_word: usize) {
        let mut word = first_word;
        for of in &mut self.leaves {
            of.first_word = word;
            word += leaves.get(of.leaf).words();
        }
    }
}

/// Makes graphs of conditions.
pub(crate) struct Builder<'b, 'w> {
    pub(crate) leaves: &'b mut Leaves,
    pub(crate) parts: &'b mut Parts<'w>,
}

/// One condition in the making.
struct Making<'m, 'b, 'w> {
    builder: &'m mut Builder<'b, 'w>,
    condition: Condition,
    bodies: HashMap<(*const IrNode, bool), u32>,
    places: HashMap<u32, u32>,
}

/// Where a node stands.
#[derive(Clone, Copy)]
struct Standing {
    item: u32,
    is_for: bool,
    is_of_exception: bool,
    role: Role,
}

impl Builder<'_, '_> {
    /// The graph of a rule's condition.
    pub(crate) fn condition(&mut self, index: RuleIndex, rule: &Rule, ir: &IrNode) -> Condition {
        let item = self
            .parts
            .item(ItemKind::Rule, &rule.name, rule.span.as_ref());
        let mut making = Making {
            builder: self,
            condition: Condition {
                rule: index,
                nodes: Vec::new(),
                leaves: Vec::new(),
            },
            bodies: HashMap::new(),
            places: HashMap::new(),
        };
        let standing = Standing {
            item,
            is_for: true,
            is_of_exception: false,
            role: Role::Whole,
        };
        making.node(ir, standing);
        making.condition
    }
}

impl Making<'_, '_, '_> {
    fn node(&mut self, ir: &IrNode, mut standing: Standing) -> u32 {
        let negated = match &ir.kind {
            IrKind::Not(member) => member,
            _ => ir,
        };
        let is_exception = |span: &Span| self.builder.parts.exception(span).is_some();
        standing.is_of_exception |= (standing.role == Role::Negated
            || matches!(ir.kind, IrKind::Not(_)))
            && negated.origin.as_ref().is_some_and(is_exception);
        let below = |role, is_for| Standing {
            role,
            is_for,
            ..standing
        };
        let op = match &ir.kind {
            IrKind::And(members) => {
                Op::And(self.members(members, below(Role::Factor, standing.is_for)))
            }
            IrKind::Or(members) => {
                Op::Or(self.members(members, below(Role::Alternative, standing.is_for)))
            }
            IrKind::Not(member) => {
                Op::Not(self.node(member, below(Role::Negated, !standing.is_for)))
            }
            IrKind::Macro { name, body } => Op::Macro(self.body(name, body, standing.is_for)),
            IrKind::Check(predicate) => {
                let leaf = self.builder.leaves.of(predicate);
                Op::Leaf(self.leaf(leaf))
            }
        };
        let (part, values) = self.parts_of(ir, &op, standing);
        let number = crate::source::place(self.condition.nodes.len());
        self.condition.nodes.push(Node {
            op,
            span: ir.origin.clone(),
            is_for: standing.is_for,
            part,
            values,
            value_spans: ir.value_origins.clone(),
            item: standing.item,
            is_of_exception: standing.is_of_exception,
            role: standing.role,
        });
        number
    }

    fn members(&mut self, members: &[IrNode], standing: Standing) -> Vec<u32> {
        let mut done = Vec::with_capacity(members.len());
        for member in members {
            done.push(self.node(member, standing));
        }
        done
    }

    fn body(&mut self, name: &str, body: &Arc<IrNode>, is_for: bool) -> u32 {
        let key = (Arc::as_ptr(body), is_for);
        if let Some(known) = self.bodies.get(&key) {
            return *known;
        }
        let parts = &mut self.builder.parts;
        let item = parts.item(ItemKind::Macro, name, body.origin.as_ref());
        let standing = Standing {
            item,
            is_for,
            is_of_exception: false,
            role: Role::Whole,
        };
        let number = self.node(body, standing);
        self.bodies.insert(key, number);
        number
    }

    /// The place of a leaf among those of this condition.
    fn leaf(&mut self, leaf: u32) -> u32 {
        let leaves = &mut self.condition.leaves;
        *self.places.entry(leaf).or_insert_with(|| {
            leaves.push(LeafOf {
                leaf,
                first_word: 0,
            });
            crate::source::place(leaves.len() - 1)
        })
    }

    /// The part that a node is, and those that its values are. Members of `and`, and those of `or` that are no groups
    /// themselves, are parts as what they are; a group is one where it is an alternative or negated.
    fn parts_of(&mut self, ir: &IrNode, op: &Op, standing: Standing) -> (Option<u32>, Vec<u32>) {
        let Some(span) = &ir.origin else {
            return (None, Vec::new());
        };
        let exception = (standing.role == Role::Negated)
            .then(|| self.builder.parts.exception(span))
            .flatten();
        let kind = match (&ir.kind, standing.role) {
            (_, Role::Negated) if exception.is_some() => CoverKind::Exception,
            (IrKind::Check(_), _) => CoverKind::Check,
            (IrKind::Macro { .. }, _) => CoverKind::Macro,
            (IrKind::And(_) | IrKind::Or(_), Role::Alternative) => CoverKind::Alternative,
            (IrKind::And(_) | IrKind::Or(_), Role::Negated) => CoverKind::Group,
            (IrKind::And(_) | IrKind::Or(_) | IrKind::Not(_), _) => return (None, Vec::new()),
        };
        let stands = Stands {
            item: standing.item,
            is_for: standing.is_for,
            names_types: matches!(&ir.kind, IrKind::Check(check) if check.left.names_event_type),
            asks: self.asks(op),
        };
        let parts = &mut self.builder.parts;
        let part = parts.part(stands, kind, span, exception);
        let mut values = Vec::new();
        for value in ir.value_origins.iter() {
            let value = value.as_ref().unwrap_or(span);
            let stands = Stands { asks: 0, ..stands };
            values.push(parts.value(stands, span, value));
        }
        (Some(part), values)
    }

    /// What tells apart parts of one place: their first test and their last.
    fn asks(&self, op: &Op) -> u64 {
        let end = |pick: fn(&[u32]) -> Option<&u32>| {
            let mut op = op;
            loop {
                let member = match op {
                    Op::And(members) | Op::Or(members) => pick(members).copied(),
                    Op::Not(member) | Op::Macro(member) => Some(*member),
                    Op::Leaf(place) => {
                        let of = self.condition.leaves.get(*place as usize);
                        return of.map_or(0, |of| u64::from(of.leaf));
                    }
                };
                let next = member.and_then(|member| self.condition.nodes.get(member as usize));
                match next {
                    Some(next) => op = &next.op,
                    None => return 0,
                }
            }
        };
        end(<[u32]>::first) << 32 | end(<[u32]>::last)
    }
}
