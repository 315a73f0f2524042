//! What a scenario and its expected alerts name must be there: a name that selects nothing compares nothing.
//!
//! In: the rules, the chosen fields, the expected alerts. Out: the first name that nothing has, with the one that it may have meant.

use std::collections::BTreeSet;

use falco_rules::{RuleSet, similar};

use super::ExpectedAlert;
use crate::alert::evidence;

/// What every alert has beside the fields of its rule's output.
const OF_EVERY_ALERT: [&str; 8] = [
    evidence::TIME,
    evidence::BOOT,
    evidence::BOOTTIME,
    evidence::COMPLETE,
    evidence::CPU,
    evidence::HEALED,
    evidence::ID,
    evidence::NODE,
];

/// The first name that selects nothing, in words.
pub(super) fn missing(
    rules: &RuleSet,
    fields: &[String],
    expected: &[ExpectedAlert],
) -> Option<String> {
    let outputs = rules.rules().iter().flat_map(|rule| rule.output.fields());
    let known: BTreeSet<&str> = outputs.map(|(key, _)| key).chain(OF_EVERY_ALERT).collect();
    let field = fields.iter().find(|field| !known.contains(field.as_str()));
    if let Some(field) = field {
        let words = format!("`fields` names '{field}', which no rule's output has");
        return Some(with_hint(words, similar(field, known)));
    }
    let names: BTreeSet<&str> = rules
        .rules()
        .iter()
        .map(|rule| rule.name.as_str())
        .collect();
    let unknown = expected
        .iter()
        .enumerate()
        .find(|(_, alert)| !names.contains(alert.rule.as_str()));
    unknown.map(|(place, alert)| {
        let words = format!(
            "expected alert {} is of '{}', and there is no such rule",
            place + 1,
            alert.rule
        );
        with_hint(words, similar(&alert.rule, names))
    })
}

fn with_hint(mut words: String, hint: Option<&str>) -> String {
    if let Some(hint) = hint {
        words.push_str(&format!("; did you mean '{hint}'?"));
    }
    words
}
