//! Why a rule alerts on one event, or does not: the rules' own explanation, and what the capture and the state add to it.
//!
//! In: a rule and an event as a pass shows it. Out: a [`Why`].

use falco_rules::{
    BoundField, Event as _, Explanation, RuleIndex, RuleMatching, RuleSet, Scanner, Schema as _,
    Template, field_key,
};

use super::event::ExplainedEvent;
use crate::fields::{EventContext, Provenance, SCHEMA};
use crate::pipeline::Seen;
use crate::state::Doubt;

/// What became of a rule and an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The rule alerts.
    Alerts,
    /// The condition holds, but the rule is disabled.
    Disabled,
    /// The condition holds, but this rule comes first and alerts in its place, unless all that match do.
    Shadowed(RuleIndex),
    /// The condition does not hold.
    DoesNotHold,
}

/// Where the value of a field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOrigin {
    /// The field's name with its argument.
    pub field: String,
    /// Where its value comes from.
    pub from: Provenance,
    /// Whether it may be stale: something was lost that could have changed it, or its beginning was not seen.
    pub is_doubtful: bool,
}

/// Why a rule alerts on an event, or does not.
#[derive(Clone, Debug)]
pub struct Why {
    /// The rule.
    pub rule: RuleIndex,
    /// The event.
    pub event: ExplainedEvent,
    /// What became of both.
    pub verdict: Verdict,
    /// The condition and its parts.
    pub explanation: Explanation,
    /// By part, where the values of the fields that it reads come from.
    pub provenance: Vec<Vec<FieldOrigin>>,
    /// The rule's output for the event.
    pub output: String,
}

/// Explains a rule of events of system calls, one event after the other.
pub struct Explainer<'r> {
    rules: &'r RuleSet,
    scanner: Option<Scanner<'r>>,
    line: Template,
    matches: Vec<RuleIndex>,
}

impl<'r> Explainer<'r> {
    /// One for these rules and one thread.
    #[must_use]
    pub fn new(rules: &'r RuleSet) -> Self {
        let of_source = rules.of_source(SCHEMA.source());
        Explainer {
            rules,
            scanner: of_source.map(|of_source| of_source.scanner(RuleMatching::First)),
            line: super::event::line_template(),
            matches: Vec::new(),
        }
    }

    /// The event by its names.
    #[must_use]
    pub fn event(&self, seen: &Seen<'_>) -> ExplainedEvent {
        ExplainedEvent::of(seen, &self.line)
    }

    /// Why a rule alerts on an event, or does not; none for no such rule.
    pub fn why(&mut self, rule: RuleIndex, seen: &Seen<'_>) -> Option<Why> {
        let explanation = self.rules.explain(rule, seen.context)?;
        let definition = self.rules.rule(rule)?;
        let mut output = String::new();
        definition.output.render(seen.context, &mut output);
        let verdict = match self.first_match(seen) {
            _ if !explanation.holds => Verdict::DoesNotHold,
            _ if !definition.enabled => Verdict::Disabled,
            Some(first) if first != rule => Verdict::Shadowed(first),
            _ => Verdict::Alerts,
        };
        let (unhealed, doubt) = (seen.unhealed(), seen.doubt());
        let of_field = |field: &BoundField| origin_of(field, seen, unhealed.as_ref(), doubt);
        let provenance = explanation.parts.iter();
        let provenance = provenance.map(|part| part.fields.iter().map(of_field).collect());
        Some(Why {
            rule,
            event: self.event(seen),
            verdict,
            provenance: provenance.collect(),
            explanation,
            output,
        })
    }

    /// The rule that alerts where the first does.
    fn first_match(&mut self, seen: &Seen<'_>) -> Option<RuleIndex> {
        self.matches.clear();
        let scanner = self.scanner.as_mut()?;
        scanner.scan(seen.context, &mut self.matches);
        self.matches.first().copied()
    }
}

fn origin_of(
    field: &BoundField,
    seen: &Seen<'_>,
    unhealed: Option<&EventContext<'_>>,
    doubt: Doubt,
) -> FieldOrigin {
    let is_other =
        |unhealed: &EventContext<'_>| unhealed.extract(field) != seen.context.extract(field);
    let from = if unhealed.is_some_and(is_other) {
        Provenance::Healed
    } else {
        seen.context.provenance(field)
    };
    let def = SCHEMA.fields().get(usize::from(field.field.0));
    let name = def.map_or_else(String::new, |def| field_key(def, &field.argument));
    let is_of_descriptor = name.starts_with("fd.");
    FieldOrigin {
        is_doubtful: from.is_of_state()
            && if is_of_descriptor {
                doubt.fds
            } else {
                doubt.thread
            },
        field: name,
        from,
    }
}
