//! Exceptions that exclude nothing: without values, or with values that their rule's condition rules out anyway.

use std::collections::HashMap;
use std::sync::Arc;

use super::facts::Facts;
use crate::ir::{IrKind, IrNode};
use crate::resolve::{Collector, Entry, Exception};
use crate::source::Span;
use crate::{Code, Diagnostic, Rule};

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
    rules: &[&(Rule, IrNode)],
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
        own.iter().for_each(|member| facts.learn(member, true));
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
