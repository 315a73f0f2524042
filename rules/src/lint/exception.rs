//! Exceptions that exclude nothing: without values, or with values that their rule's condition rules out anyway.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::contradiction::wanted_values;
use crate::fields::Literal;
use crate::ir::{Comparison, IrKind, IrNode, Predicate, Term};
use crate::resolve::{Collector, Entry, Exception};
use crate::source::Span;
use crate::syntax::Operator;
use crate::{Code, Diagnostic, Multiplicity, Rule};

/// An exception without values excludes nothing.
pub(super) fn empty(collector: &Collector, found: &mut Vec<Diagnostic>) {
    for rule in collector.rules.iter() {
        for exception in rule
            .exceptions
            .iter()
            .filter(|exception| exception.values.is_empty())
        {
            let message = format!(
                "exception '{}' has no values and never applies",
                exception.name
            );
            found.push(Diagnostic::new(Code::EmptyException, message).under(&exception.context));
        }
    }
}

/// Exceptions, or some of their values, that cannot hold where the rule's own condition does.
pub(super) fn impossible(
    collector: &Collector,
    rules: &[(Rule, IrNode)],
    found: &mut Vec<Diagnostic>,
) {
    let conditions: HashMap<_, _> = rules
        .iter()
        .map(|(rule, condition)| (rule.name.as_str(), condition))
        .collect();
    for item in collector.rules.iter() {
        let exceptions: Vec<_> = item
            .exceptions
            .iter()
            .filter(|exception| exception.fields.is_some() && !exception.values.is_empty())
            .collect();
        let condition = conditions.get(item.name.as_str());
        let Some((own, negated)) = condition.and_then(|all| split(all, exceptions.len())) else {
            continue;
        };
        let mut facts = Facts::default();
        own.iter().for_each(|member| facts.learn(member));
        for (exception, node) in exceptions.into_iter().zip(negated) {
            judge(exception, node, &facts, found);
        }
    }
}

/// A condition's own members, and those that its exceptions added at the end.
fn split(condition: &IrNode, exceptions: usize) -> Option<(&[IrNode], &[IrNode])> {
    let IrKind::And(members) = &condition.kind else {
        return None;
    };
    let at = members.len().checked_sub(exceptions)?;
    let (own, added) = members.split_at_checked(at)?;
    let is_negated = |node: &IrNode| matches!(node.kind, IrKind::Not(_));
    (exceptions > 0 && added.iter().all(is_negated)).then_some((own, added))
}

fn judge(exception: &Exception, node: &IrNode, facts: &Facts<'_>, found: &mut Vec<Diagnostic>) {
    let IrKind::Not(node) = &node.kind else {
        return;
    };
    let IrKind::Or(alternatives) = &node.kind else {
        if facts.contradict(node) {
            let all = exception.values.iter();
            report(exception, all.filter_map(entry_span).reduce(unite), found);
        }
        return;
    };
    for (alternative, value) in alternatives.iter().zip(&exception.values) {
        if facts.contradict(alternative) {
            report(exception, entry_span(value), found);
        }
    }
}

fn report(exception: &Exception, span: Option<Span>, found: &mut Vec<Diagnostic>) {
    let message = format!(
        "exception '{}' never applies with this value: its rule's condition already rules it out",
        exception.name
    );
    let diagnostic = Diagnostic::new(Code::ImpossibleException, message).at(span);
    found.push(diagnostic.under(&exception.context));
}

/// Where a value of an exception stands; a tuple from its first member to its last.
fn entry_span(entry: &Entry) -> Option<Span> {
    match entry {
        Entry::Item(text) => text.span(0..text.len()),
        Entry::List(members) => members.iter().filter_map(entry_span).reduce(unite),
    }
}

fn unite(first: Span, last: Span) -> Span {
    if Arc::ptr_eq(&first.file, &last.file) && last.end > first.start {
        Span {
            end: last.end,
            ..first
        }
    } else {
        first
    }
}

/// What single-valued terms must be or cannot be wherever a condition holds.
#[derive(Default)]
struct Facts<'i> {
    /// Empty where the condition contradicts itself, which is another lint's business.
    allowed: HashMap<&'i Term, HashSet<&'i Literal>>,
    denied: HashMap<&'i Term, HashSet<&'i Literal>>,
}

impl<'i> Facts<'i> {
    /// Takes a member of the condition's `and`.
    fn learn(&mut self, node: &'i IrNode) {
        match &node.kind {
            IrKind::And(members) => members.iter().for_each(|member| self.learn(member)),
            IrKind::Macro { body, .. } => self.learn(body),
            IrKind::Not(member) => self.learn_not(member),
            IrKind::Check(check) if check.left.multiplicity == Multiplicity::One => {
                self.learn_check(check);
            }
            IrKind::Check(_) | IrKind::Or(_) => {}
        }
    }

    fn learn_check(&mut self, check: &'i Predicate) {
        if let Some(values) = wanted_values(&check.comparison) {
            let values: HashSet<_> = values.into_iter().collect();
            self.allowed
                .entry(&check.left)
                .and_modify(|known| known.retain(|value| values.contains(value)))
                .or_insert(values);
        }
        if let Comparison::Constant {
            operator: Operator::NotEqual,
            value,
        } = &check.comparison
        {
            self.denied.entry(&check.left).or_default().insert(value);
        }
    }

    /// Takes what is negated in the condition.
    fn learn_not(&mut self, node: &'i IrNode) {
        match &node.kind {
            IrKind::Or(members) => members.iter().for_each(|member| self.learn_not(member)),
            IrKind::Macro { body, .. } => self.learn_not(body),
            IrKind::Not(member) => self.learn(member),
            IrKind::Check(check) if check.left.multiplicity == Multiplicity::One => {
                if let Some(values) = wanted_values(&check.comparison) {
                    self.denied.entry(&check.left).or_default().extend(values);
                }
            }
            IrKind::Check(_) | IrKind::And(_) => {}
        }
    }

    /// Whether a check of the `and` cannot hold beside these facts.
    fn contradict(&self, node: &IrNode) -> bool {
        match &node.kind {
            IrKind::And(members) => members.iter().any(|member| self.contradict(member)),
            IrKind::Macro { body, .. } => self.contradict(body),
            IrKind::Check(check) if check.left.multiplicity == Multiplicity::One => {
                let possible = |value: &&Literal| {
                    let is_allowed = self.allowed.get(&check.left);
                    let is_denied = self.denied.get(&check.left);
                    is_allowed.is_none_or(|allowed| allowed.is_empty() || allowed.contains(value))
                        && is_denied.is_none_or(|denied| !denied.contains(value))
                };
                wanted_values(&check.comparison)
                    .is_some_and(|values| !values.is_empty() && !values.iter().any(possible))
            }
            IrKind::Check(_) | IrKind::Or(_) | IrKind::Not(_) => false,
        }
    }
}
