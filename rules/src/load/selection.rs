//! Which of the loaded rules are enabled, by name, tag and priority.

use crate::compile::Glob;
use crate::{Priority, Rule};

/// Which rules a step of a [`Selection`] is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Rules of this name; `*` stands for any characters.
    Name(String),
    /// Rules with this tag.
    Tag(String),
}

impl Selector {
    /// Whether it is about this rule.
    #[must_use]
    pub fn names(&self, rule: &Rule) -> bool {
        match self {
            Selector::Name(pattern) => matches_name(pattern, &rule.name),
            Selector::Tag(tag) => rule.tags.contains(tag),
        }
    }
}

/// Steps that enable and disable rules, in order, over what the rule files say.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    steps: Vec<(Selector, bool)>,
    least_urgent: Option<Priority>,
}

impl Selection {
    /// Enables the rules that the selector names.
    #[must_use]
    pub fn enable(mut self, selector: Selector) -> Self {
        self.steps.push((selector, true));
        self
    }

    /// Disables the rules that the selector names.
    #[must_use]
    pub fn disable(mut self, selector: Selector) -> Self {
        self.steps.push((selector, false));
        self
    }

    /// Disables every rule less urgent than `priority`.
    #[must_use]
    pub fn at_least(mut self, priority: Priority) -> Self {
        self.least_urgent = Some(priority);
        self
    }

    /// Whether a rule is enabled once all steps were taken.
    pub(crate) fn enables(&self, rule: &Rule) -> bool {
        let enabled = self
            .steps
            .iter()
            .filter(|(selector, _)| selector.names(rule))
            .fold(rule.enabled, |_, (_, enabled)| *enabled);
        enabled && self.least_urgent.is_none_or(|least| rule.priority <= least)
    }
}

/// Only `*` is special: rule names are full of brackets and question marks.
fn matches_name(pattern: &str, name: &str) -> bool {
    let mut escaped = Vec::with_capacity(pattern.len());
    for byte in pattern.bytes() {
        if matches!(byte, b'?' | b'[' | b'\\') {
            escaped.push(b'\\');
        }
        escaped.push(byte);
    }
    Glob::new(&escaped, false).matches(name.as_bytes())
}
