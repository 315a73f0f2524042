//! What is said where there is no event to be explained.

use std::collections::BTreeSet;

use falco_abi::events::DEFAULT;
use falco_analyze::completeness::grouped;
use falco_analyze::fields::{SCHEMA, event_ids_of};
use falco_analyze::time::{Zone, full};
use falco_analyze::why::{ASYNC_EVENT, ExplainedEvent};
use falco_format::Span;
use falco_format::text::count;
use falco_rules::{EventTypeId, Rule, Schema as _};

use super::Meant;
use super::look::{Looked, Looking};

/// Most event types that are listed.
const TYPES_LISTED_MAX: usize = 12;

/// How many captures are listed that have an event of one number.
const CAPTURES_LISTED_MAX: usize = 8;

/// Several captures have an event of the number: which they are.
pub(super) fn several(looked: &Looked, names: &[String], number: u64) -> String {
    let captures = looked.captures.iter().filter_map(|at| names.get(*at));
    let listed: Vec<_> = captures.take(CAPTURES_LISTED_MAX).cloned().collect();
    let more = looked.captures.len().saturating_sub(listed.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!(
        "{} have an event {number}, and each counts its own: {}{more}; give the one that is meant, or explain each by itself (--event)",
        count(looked.captures.len() as u64, "capture"),
        listed.join(", "),
    )
}

/// The event is there, and the time that was asked for leaves it out.
pub(super) fn outside(event: &ExplainedEvent, span: Span, zone: &Zone) -> String {
    let side = match (span.since, span.until) {
        (Some(since), _) if event.time < since => "before --since",
        (_, Some(until)) if event.time > until => "behind --until",
        _ => "outside of --since and --until",
    };
    format!(
        "event {} lies {side}: it is of {}",
        event.number,
        full(event.time, zone)
    )
}

/// Why nothing is explained.
pub(super) fn reason(looked: &Looked, looking: &Looking<'_>, meant: &Meant) -> String {
    let events = grouped(looked.tally.events);
    match meant {
        Meant::Number(number) => format!(
            "there is no event {number}: the captures have {events} in what was read (--event counts them from 1 in each)"
        ),
        Meant::Where(_) => format!(
            "no event matches the condition, of {} that could (--where)",
            grouped(looked.found.looked_at)
        ),
        Meant::Time(_) | Meant::Any => match looking.rules.rule(looking.rule) {
            Some(rule) => no_types(looked, rule),
            None => "there is no such rule".to_owned(),
        },
    }
}

/// No event is of the rule's types: which these are, whether they are recorded at all, and whether events were lost.
fn no_types(looked: &Looked, rule: &Rule) -> String {
    let name = |id: EventTypeId| {
        let def = SCHEMA.event_types().get(usize::from(id.0));
        def.map_or("", |def| def.name)
    };
    let is_asked_for = |id: &EventTypeId| name(*id) != ASYNC_EVENT;
    let types: Vec<_> = rule.event_types.iter().filter(is_asked_for).collect();
    let names: BTreeSet<_> = types.iter().map(|id| name(*id)).collect();
    let listed: Vec<_> = names.iter().take(TYPES_LISTED_MAX).copied().collect();
    let more = names.len().saturating_sub(listed.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let mut text = format!(
        "nothing came near '{}': it asks for events of {} ({}{more}), and of {} that were read none is one of these",
        rule.name,
        count(names.len() as u64, "type"),
        listed.join(", "),
        grouped(looked.tally.events),
    );
    let is_recorded = |id: &EventTypeId| {
        event_ids_of(*id).any(|id| falco_abi::event(id).is_some_and(|def| def.has(DEFAULT)))
    };
    if !types.iter().any(is_recorded) {
        text.push_str("; the recorder takes none of them unless it is told to");
    }
    let lost = looked.tally.losses.events();
    if lost > 0 {
        text.push_str(&format!(
            "; {} were lost, and some may have been",
            count(lost, "event")
        ));
    }
    text
}
