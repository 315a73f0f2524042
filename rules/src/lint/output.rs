//! Output fields that print `<NA>` in every alert of their rule.

use std::collections::HashMap;

use crate::ir::IrNode;
use crate::resolve::Collector;
use crate::{Code, Diagnostic, Rule, Schema};

/// Reports fields that no type of event the rule matches ever has.
pub(super) fn absent_fields(
    collector: &Collector,
    rules: &[&(Rule, IrNode)],
    schema: &dyn Schema,
    found: &mut Vec<Diagnostic>,
) {
    let items: HashMap<_, _> = collector
        .rules
        .iter()
        .map(|item| (item.name.as_str(), item))
        .collect();
    for (rule, _) in rules {
        for (key, field) in rule.output.fields() {
            let mut types = rule.event_types.iter();
            let is_absent =
                types.all(|event_type| schema.never_has(event_type, field.field, &field.argument));
            if !is_absent || rule.event_types.iter().next().is_none() {
                continue;
            }
            let message = format!(
                "no event that rule '{}' can match has '{key}'; it always prints <NA>",
                rule.name
            );
            let mut diagnostic = Diagnostic::new(Code::AbsentOutputField, message);
            if let Some(item) = items.get(rule.name.as_str()) {
                let at = item.output.as_str().find(key);
                let span = at.and_then(|at| item.output.span(at..at + key.len()));
                let fallback = item.output_context.span.clone();
                diagnostic = diagnostic.under(&item.output_context).at(span.or(fallback));
            }
            found.push(diagnostic);
        }
    }
}
