//! Advice about rules that load: what they say is probably not what was meant.
//!
//! In: everything a loader has collected and built. Out: warnings without a code of Falco's, each switchable by its
//! code. Nothing here changes what a rule means, and nothing here is said unless asked for.

mod contradiction;
mod exception;
mod facts;
mod output;
mod shadow;
mod values;
mod words;

use std::collections::HashSet;
use std::sync::Arc;

use crate::fields::Literal;
use crate::ir::{Comparison, IrKind, IrNode, TermKind};
use crate::resolve::Collector;
use crate::{Code, Diagnostic, Rule, Schema};

/// The text that absent values print as, and that no absent value equals.
const ABSENT_TEXT: &[u8] = b"<NA>";

/// The codes of every lint.
pub const LINTS: &[Code] = &[
    Code::NeverTrue,
    Code::ShadowedRule,
    Code::NaComparison,
    Code::EmptyException,
    Code::ImpossibleException,
    Code::AbsentOutputField,
    Code::WordLikeList,
    Code::UnlikelyValue,
    Code::OlderCall,
    Code::AbsentField,
    Code::AmbiguousName,
    Code::DuplicateItem,
];

/// The lints that are given on request only: what they find does no harm to the rules it is found in, and files that
/// many share have some of it.
pub const LINTS_ON_REQUEST: &[Code] = &[
    Code::ShadowedRule,
    Code::AbsentOutputField,
    Code::DuplicateItem,
];

/// Runs every lint that is not switched off.
pub(crate) fn lint(
    collector: &Collector,
    rules: &[&(Rule, IrNode)],
    schemas: &[&dyn Schema],
    disabled: &[Code],
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut never_true = contradiction::NeverTrue::default();
    for (_, condition) in rules.iter().copied() {
        never_true.look(condition, &mut found);
    }
    let by_source: Vec<(_, Vec<_>)> = schemas
        .iter()
        .map(|schema| {
            let is_mine = |(rule, _): &&&(Rule, IrNode)| rule.source == schema.source();
            (*schema, rules.iter().filter(is_mine).copied().collect())
        })
        .collect();
    for (schema, rules) in &by_source {
        of_source(rules, *schema, disabled, &mut found);
    }
    words::look(collector, rules, &mut found);
    exception::empty(collector, &mut found);
    exception::impossible(collector, rules, &mut found);
    for (schema, rules) in &by_source {
        output::absent_fields(collector, rules, *schema, &mut found);
    }
    duplicate_items(collector, &mut found);
    // Rules share macros: what is wrong inside one is said once.
    let mut said = HashSet::new();
    found.retain(|diagnostic| {
        !disabled.contains(&diagnostic.code) && said.insert(diagnostic.identity())
    });
    found
}

/// What the schema of the rules' source knows about them.
fn of_source(
    rules: &[&(Rule, IrNode)],
    schema: &dyn Schema,
    disabled: &[Code],
    found: &mut Vec<Diagnostic>,
) {
    let mut seen = HashSet::new();
    for (_, condition) in rules.iter().copied() {
        na_comparisons(condition, schema, &mut seen, found);
    }
    values::impossible(rules, schema, found);
    // The one lint that holds rules against each other is not worth its time where nobody asks for it.
    if !disabled.contains(&Code::ShadowedRule) {
        shadow::shadowed_rules(rules, schema, found);
    }
}

/// A comparison with `<NA>` holds for the string only, never for an absent value. Fields that have the string are meant
/// where they are asked for it; so is a set that offers other words for nothing beside it.
fn na_comparisons(
    node: &IrNode,
    schema: &dyn Schema,
    seen: &mut HashSet<*const IrNode>,
    found: &mut Vec<Diagnostic>,
) {
    match &node.kind {
        IrKind::And(members) | IrKind::Or(members) => {
            for member in members {
                na_comparisons(member, schema, seen, found);
            }
        }
        IrKind::Not(member) => na_comparisons(member, schema, seen, found),
        IrKind::Macro { body, .. } => {
            if seen.insert(Arc::as_ptr(body)) {
                na_comparisons(body, schema, seen, found);
            }
        }
        IrKind::Check(check) => {
            let is_na = |value: &Literal| match value {
                Literal::Text(text) => **text == *ABSENT_TEXT,
                Literal::Pattern(pattern) => pattern.text() == ABSENT_TEXT,
                _ => false,
            };
            let compares = match &check.comparison {
                Comparison::Constant { value, .. } => is_na(value),
                Comparison::Set { values, .. } | Comparison::Modified { values, .. } => {
                    !values.is_empty() && values.iter().all(is_na)
                }
                Comparison::Exists | Comparison::Term { .. } => false,
            };
            let is_value = matches!(&check.left.kind, TermKind::Field(field) if schema.has_na_value(field.field));
            if compares && !is_value {
                let message = "an absent value is not the string <NA> and fails every comparison";
                let help = "to ask whether there is a value, use 'exists'".to_owned();
                let diagnostic = Diagnostic::new(Code::NaComparison, message);
                found.push(diagnostic.at(node.origin.clone()).help(Some(help)));
            }
        }
    }
}

/// An item that a list has twice.
fn duplicate_items(collector: &Collector, found: &mut Vec<Diagnostic>) {
    for list in collector.lists.iter() {
        let mut seen = HashSet::new();
        for item in list.items.iter().filter(|item| !seen.insert(item.as_str())) {
            let message = format!(
                "list '{}' has '{}' more than once",
                list.name,
                item.as_str()
            );
            let span = item.span(0..item.len());
            found.push(
                Diagnostic::new(Code::DuplicateItem, message)
                    .under(&list.context)
                    .at(span),
            );
        }
    }
}
