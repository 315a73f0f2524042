//! Rules that never alert under `first`, because an earlier rule matches whenever they do.

use crate::ir::IrNode;
use crate::optimize::Implications;
use crate::{Code, Diagnostic, Rule, Schema};

/// Most pairs of rules that are compared; beyond, the lint is silent rather than slow.
const MAX_PAIRS: usize = 4_000_000;

/// Most comparisons of parts of conditions, for the same reason.
const MAX_STEPS: usize = 100_000_000;

/// Reports enabled rules whose condition implies that of an earlier enabled rule.
pub(super) fn shadowed_rules(
    rules: &[&(Rule, IrNode)],
    schema: &dyn Schema,
    found: &mut Vec<Diagnostic>,
) {
    let enabled: Vec<_> = rules.iter().filter(|(rule, _)| rule.enabled).collect();
    if enabled.len() * enabled.len() / 2 > MAX_PAIRS {
        return;
    }
    // Each conjunct of one is held against each of the other.
    let mut steps = 0_usize;
    let mut implications = Implications::new(schema.event_types());
    let nodes: Vec<_> = enabled
        .iter()
        .map(|(_, condition)| implications.add(condition))
        .collect();
    for (later, ((rule, _), node)) in enabled.iter().zip(&nodes).enumerate() {
        let earlier = enabled.iter().zip(&nodes).take(later);
        let shadow = earlier
            .map(|((rule, _), node)| (rule, node))
            .find(|(_, other)| {
                steps = steps.saturating_add(implications.steps(*node, **other));
                steps <= MAX_STEPS && implications.implies(*node, **other)
            });
        if let Some((shadow, _)) = shadow {
            let place = shadow.span.as_ref().map_or_else(String::new, |span| {
                format!(", at {}:{}", span.file.name(), span.position().line)
            });
            let message = format!(
                "rule '{}' never alerts under first-match: '{}'{place} matches whenever it does",
                rule.name, shadow.name
            );
            found.push(Diagnostic::new(Code::ShadowedRule, message).at(rule.span.clone()));
        }
    }
}
