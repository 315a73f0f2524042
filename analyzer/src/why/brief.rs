//! Reasons in a few lines, for reports that are about something else: what decided, and what was lacking.
//!
//! In: reasons and what a search found. Out: lines without indentation of their own for the first of each; they are not yet made safe for a terminal, whoever prints them does that.

use falco_format::text::{count, grouped};
use falco_rules::{FoundValue, Part, PartKind, RuleSet};

use super::event::ExplainedEvent;
use super::nearest::NearestGroup;
use super::reason::{Verdict, Why};
use super::search::Found;
use super::words::{lack_origin, origin, verdict};
use crate::time::iso;

/// How many parts of a condition are told: the whole tree is what `explain` is for.
const PARTS_MAX: usize = 8;

/// How many values of a list are told: one is what decided, unless none did.
const VALUES_MAX: usize = 1;

/// How long the text of a part may be, in characters: a list of a hundred programs is known by its first ones.
const TEXT_MAX: usize = 160;

/// Why a rule alerted on an event, or did not: a line for the event, and one for each part that decided.
#[must_use]
pub fn brief_why(why: &Why, rules: &RuleSet) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", event(&why.event), verdict(why, rules))];
    let is_false = why.verdict == Verdict::DoesNotHold;
    let parts = &why.explanation.parts;
    let tells = |part: &Part| {
        if is_false {
            part.is_lacking
        } else {
            part.decides
        }
    };
    let telling = parts.iter().enumerate();
    let telling = telling.filter(|(at, part)| part.is_leaf(*at) && tells(part));
    let telling: Vec<_> = telling.collect();
    for (at, part) in telling.iter().take(PARTS_MAX) {
        lines.push(format!("  {}", check(part, *at, parts)));
    }
    push_more(telling.len(), "part", "  ", &mut lines);
    lines
}

/// What a search for the nearest events found: events that the condition holds for all the same, and those that lack least.
#[must_use]
pub fn brief_nearest(found: &Found, rules: &RuleSet, limit: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let shadowed = found
        .whys
        .iter()
        .filter(|why| why.verdict != Verdict::Alerts);
    for why in shadowed.take(limit) {
        lines.push(format!("{}: {}", event(&why.event), verdict(why, rules)));
    }
    let groups = found.nearest.groups();
    if found.looked_at == 0 {
        lines.push("there is no event of the types that the rule asks for".to_owned());
    } else if found.matched == 0 && groups.is_empty() {
        let looked_at = grouped(found.looked_at);
        lines.push(format!(
            "none of the {looked_at} events of the types that the rule asks for comes near it"
        ));
    }
    if found.matched == 0 {
        for group in groups.iter().take(limit) {
            push_group(group, &mut lines);
        }
        let more = groups.len().saturating_sub(limit);
        if more > 0 {
            lines.push(format!(
                "and {} that lack as much or more",
                count(more as u64, "other group")
            ));
        }
    }
    lines
}

/// An event, in words.
fn event(event: &ExplainedEvent) -> String {
    format!("event {} {} {}", event.number, iso(event.time), event.line)
}

/// A comparison, what the event has, and where it is written.
fn check(part: &Part, at: usize, parts: &[Part]) -> String {
    let mut text = match &part.kind {
        PartKind::Macro(name) => name.clone(),
        _ => cut(&part.text),
    };
    if let Some(found) = &part.found {
        text.push_str(&format!(" is {}: {}", part.holds, has(found)));
    }
    let written = part.origin.as_ref().map(origin);
    let mut places: Vec<String> = written.clone().into_iter().collect();
    let values = parts.get(at + 1..part.end).unwrap_or_default().iter();
    let values =
        values.filter(|value| value.kind == PartKind::Value && value.decides && value.holds);
    for value in values.take(VALUES_MAX) {
        // What stands in the condition itself was told with it.
        let from = value.origin.as_ref().map(origin);
        let from = from.filter(|from| Some(from) != written.as_ref());
        places.extend(from.map(|from| format!("{} from {from}", value.text)));
    }
    if !places.is_empty() {
        text.push_str(&format!(" ({})", places.join("; ")));
    }
    text
}

fn has(found: &FoundValue) -> String {
    match (found.is_absent, found.text.as_str()) {
        (true, _) => "the event has none".to_owned(),
        (false, "") => "the event has an empty text".to_owned(),
        (false, text) => format!("the event has {text}"),
    }
}

/// The text as far as it is told.
fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn push_group(group: &NearestGroup, lines: &mut Vec<String>) {
    let Some(first) = group.events.first() else {
        return;
    };
    let lacks = match group.lacks.len() {
        1 => "but for one part of the condition it would be one".to_owned(),
        parts => format!("but for {parts} parts of the condition it would be one"),
    };
    let alike = match group.count {
        0 | 1 => String::new(),
        events => format!(", and so would {}", count(events - 1, "other")),
    };
    lines.push(format!("{}: {lacks}{alike}", event(&first.event)));
    for (lack, found) in group.lacks.iter().zip(&first.found).take(PARTS_MAX) {
        let written = lack_origin(lack);
        let written = if written.is_empty() {
            written
        } else {
            format!(" ({written})")
        };
        let holds = !lack.must_hold;
        lines.push(format!(
            "  {} is {holds}: {}{written}",
            lack.text,
            has(found)
        ));
    }
    push_more(group.lacks.len(), "part", "  ", lines);
}

fn push_more(all: usize, noun: &str, lead: &str, lines: &mut Vec<String>) {
    let more = all.saturating_sub(PARTS_MAX);
    if more > 0 {
        lines.push(format!(
            "{lead}and {}",
            count(more as u64, &format!("other {noun}"))
        ));
    }
}
