//! Which rules and events could not meet, and why: what an answer without alerts does not say.
//!
//! In: rules, and the tally of a reading. Out: rules that are disabled, of other sources, or that ask for events of which there are none; how many events no rule asks for.

use std::collections::{BTreeMap, BTreeSet};

use falco_abi::events::DEFAULT;
use falco_rules::{EventTypeId, Rule, RuleSet, Schema as _};

use crate::fields::{SCHEMA, event_ids_of};
use crate::pipeline::Tally;

/// A rule that asks for events of which there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    /// Its name.
    pub rule: String,
    /// The types of events that it asks for.
    pub types: Vec<&'static str>,
    /// Whether the recorder takes some of them without being told to.
    pub is_recorded: bool,
}

/// What was not judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unjudged {
    /// Rules that judge nothing since they are disabled.
    pub disabled: Vec<String>,
    /// Rules of sources that these captures are not of, by source.
    pub of_other_sources: BTreeMap<String, Vec<String>>,
    /// Rules whose types of events did not happen, or were not recorded.
    pub silent: Vec<Silent>,
    /// Events that no rule asks for.
    pub events: u64,
}

impl Unjudged {
    /// Of these rules, after a reading of which so many events were judged.
    #[must_use]
    pub fn of(rules: &RuleSet, tally: &Tally, judged: u64) -> Self {
        let mut unjudged = Unjudged {
            events: tally.events.saturating_sub(judged),
            ..Unjudged::default()
        };
        for rule in rules.rules() {
            if !rule.enabled {
                unjudged.disabled.push(rule.name.clone());
            } else if rule.source != SCHEMA.source() {
                let source = unjudged.of_other_sources.entry(rule.source.clone());
                source.or_default().push(rule.name.clone());
            } else {
                unjudged.silent.extend(silent(rule, tally));
            }
        }
        unjudged
    }

    /// The types of events whose absence kept rules silent, with how many rules.
    #[must_use]
    pub fn absent_types(&self) -> BTreeMap<&'static str, usize> {
        let mut types = BTreeMap::new();
        for silent in &self.silent {
            for name in &silent.types {
                *types.entry(*name).or_default() += 1;
            }
        }
        types
    }
}

/// The rule, if there was no event that it could have matched.
fn silent(rule: &Rule, tally: &Tally) -> Option<Silent> {
    let happened = |id: EventTypeId| event_ids_of(id).any(|id| tally.by_event.contains_key(&id));
    // Every rule is given the type of events that no capture holds.
    if rule.event_types.iter().any(happened) {
        return None;
    }
    let name = |id: EventTypeId| {
        let def = SCHEMA.event_types().get(usize::from(id.0));
        def.map_or("", |def| def.name)
    };
    let is_recorded = |id: EventTypeId| {
        event_ids_of(id).any(|id| falco_abi::event(id).is_some_and(|def| def.has(DEFAULT)))
    };
    let types = rule.event_types.iter().map(name);
    let types: BTreeSet<_> = types
        .filter(|name| *name != crate::why::ASYNC_EVENT)
        .collect();
    Some(Silent {
        rule: rule.name.clone(),
        types: types.into_iter().collect(),
        is_recorded: rule.event_types.iter().any(is_recorded),
    })
}
