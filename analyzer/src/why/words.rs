//! Words for what reasons are made of, the same in every form.
//!
//! In: places, values, provenance. Out: text that is not yet made safe for a terminal: whoever prints it does that.

use falco_rules::{Item, Lack, PartOrigin, RuleSet, Span};

use super::reason::{FieldOrigin, Verdict, Why};
use crate::fields::Provenance;
use crate::time::{Zone, full};

/// Where something is written, as diagnostics say it.
pub(super) fn place(span: &Span) -> String {
    let at = span.position();
    format!("{}:{}:{}", span.file.name(), at.line, at.column)
}

/// The same without the folders of the file.
pub(super) fn short_place(span: &Span) -> String {
    let name = span.file.name();
    let name = name.rsplit('/').next().unwrap_or(name);
    format!("{name}:{}", span.position().line)
}

/// In what a part is written.
pub(super) fn item(item: &Item) -> String {
    match item {
        Item::List(name) => format!("list {name}"),
        Item::Macro(name) => format!("macro {name}"),
        Item::Rule(name) => format!("rule {name}"),
        Item::Exception { name, .. } => format!("exception {name}"),
    }
}

/// Where a part is written, and in what, unless that is the rule itself.
pub(super) fn origin(origin: &PartOrigin) -> String {
    let place = short_place(&origin.span);
    match &origin.item {
        None | Some(Item::Rule(_)) => place,
        Some(other) => format!("{place}, {}", item(other)),
    }
}

/// Where a part is written, for a tree that shows the rule and the macros itself: what it does not show is an exception.
pub(super) fn place_in_tree(origin: &PartOrigin) -> String {
    let place = short_place(&origin.span);
    match &origin.item {
        Some(exception @ Item::Exception { .. }) => format!("{place}, {}", item(exception)),
        _ => place,
    }
}

/// Where a lacking part is written, through which macros.
pub(super) fn lack_origin(lack: &Lack) -> String {
    let mut text = lack.span.as_ref().map_or_else(String::new, short_place);
    for name in &lack.macros {
        text.push_str(if text.is_empty() {
            "macro "
        } else {
            ", macro "
        });
        text.push_str(name);
    }
    text
}

/// Where a value comes from; nothing where the event itself has it and no more is to be said.
pub(super) fn provenance(origin: &FieldOrigin, zone: &Zone) -> Option<String> {
    let text = match origin.from {
        Provenance::Event | Provenance::Unknown => return None,
        Provenance::Executed(time) => format!("from its exec at {}", full(time, zone)),
        Provenance::InheritedProgram(time) => {
            format!("inherited; executed at {}", full(time, zone))
        }
        Provenance::Opened(time) => format!("opened at {}", full(time, zone)),
        Provenance::InheritedDescriptor(time) => {
            format!("inherited; opened at {}", full(time, zone))
        }
        Provenance::Snapshot => "from a snapshot".to_owned(),
        Provenance::SnapshotOrSince => "from a snapshot or since".to_owned(),
        Provenance::Events => "from events before".to_owned(),
        Provenance::Runtime => "told by the container runtime".to_owned(),
        Provenance::Healed => "told by the container runtime only later".to_owned(),
    };
    Some(if origin.is_doubtful {
        format!("{text}, may be stale")
    } else {
        text
    })
}

/// One word for where a value comes from, for machines.
pub(super) fn provenance_word(from: Provenance) -> &'static str {
    match from {
        Provenance::Event => "event",
        Provenance::Executed(_) => "exec",
        Provenance::InheritedProgram(_) => "inherited_exec",
        Provenance::Opened(_) => "opened",
        Provenance::InheritedDescriptor(_) => "inherited_descriptor",
        Provenance::Snapshot => "snapshot",
        Provenance::SnapshotOrSince => "snapshot_or_since",
        Provenance::Events => "events",
        Provenance::Runtime => "runtime",
        Provenance::Healed => "healed",
        Provenance::Unknown => "unknown",
    }
}

/// What became of a rule and an event, in a sentence.
pub(super) fn verdict(why: &Why, rules: &RuleSet) -> String {
    match why.verdict {
        Verdict::Alerts => "alerts".to_owned(),
        Verdict::Disabled => "the condition holds, but the rule is disabled".to_owned(),
        Verdict::Shadowed(by) => {
            let by = rules.rule(by);
            let name = by.map_or("another rule", |rule| rule.name.as_str());
            let place = by.and_then(|rule| rule.span.as_ref()).map(short_place);
            let place = place.map_or_else(String::new, |place| format!(" ({place})"));
            format!(
                "the condition holds, but '{name}'{place} comes first and alerts in its place; with \
                 --rule-matching all both alert"
            )
        }
        Verdict::DoesNotHold => match why.explanation.lacking().count() {
            1 => "does not alert: 1 part is lacking".to_owned(),
            count => format!("does not alert: {count} parts are lacking"),
        },
    }
}
