//! One alert that differs: its event, what the sides say of it, and which part of a condition decides.
//!
//! In: an event with its alerts. Out: all that a report shows of it.

use falco_format::UnixNanos;
use falco_rules::{Explanation, Item, RuleSet};
use serde_json::Value as Json;

use super::kinds::{Kind, Reason};
use super::rules::Entry;
use super::sides::{Both, Side};
use crate::alert::{Alert, evidence};
use crate::pipeline::Seen;

/// How many parts of a condition are kept for an example.
const PARTS_MAX: usize = 3;
/// How much of a part, or of a value, is kept, in bytes: lists may have thousands of items.
const PART_MAX: usize = 400;
/// How much of an output is kept, in bytes: as much as a line of a report can use.
const OUTPUT_MAX: usize = 4_096;

/// An alert as a side gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The rule's name.
    pub rule: String,
    /// Its priority.
    pub priority: String,
    /// Its output.
    pub output: String,
}

/// What of an alert is not the same on both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its rule has another name.
    pub is_renamed: bool,
    /// It has another priority.
    pub has_other_priority: bool,
    /// It has other tags.
    pub has_other_tags: bool,
    /// Its output says something else.
    pub has_other_output: bool,
    /// Fields that one side alone has, or that have other values: sorted.
    pub fields: Vec<String>,
}

impl Told {
    /// In words.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        let word = |is_so: bool, word| is_so.then_some(word);
        let words = [
            word(self.is_renamed, "name"),
            word(self.has_other_priority, "priority"),
            word(self.has_other_tags, "tags"),
            word(self.has_other_output, "output"),
        ];
        let fields = self.fields.iter().map(String::as_str);
        words.into_iter().flatten().chain(fields).collect()
    }
}

/// A part of a condition that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deciding {
    /// Whose condition it is part of.
    pub side: Side,
    /// The part, as it is written.
    pub text: String,
    /// The value that it found, where it found one.
    pub value: Option<String>,
    /// Whether it holds.
    pub holds: bool,
    /// Where it is written: file and line.
    pub place: Option<(String, usize)>,
    /// In which item of the file that is, in words.
    pub item: Option<String>,
}

/// An alert that differs.
#[derive(Clone, Debug)]
pub struct Example {
    /// The entry of its rule.
    pub entry: u32,
    /// How it differs.
    pub kind: Kind,
    /// Why the other side gives none.
    pub reason: Option<Reason>,
    /// The place of its capture among those that were compared over.
    pub capture: usize,
    /// The number of its event in the capture, by which `explain` takes it.
    pub number: u64,
    /// When it was.
    pub time: UnixNanos,
    /// The alert's own name.
    pub id: String,
    /// Whether everything it rests on was recorded.
    pub is_complete: bool,
    /// What the sides say.
    pub said: Both<Option<Said>>,
    /// What of it is not the same.
    pub told: Told,
    /// Which parts decide.
    pub decides: Vec<Deciding>,
}

impl Example {
    pub(super) fn of(
        seen: &Seen<'_>,
        entry: u32,
        (kind, reason): (Kind, Option<Reason>),
        alerts: &Both<Option<Alert<'_>>>,
    ) -> Self {
        let any = alerts.new.as_ref().or(alerts.old.as_ref());
        Example {
            entry,
            kind,
            reason,
            capture: 0,
            number: seen.number,
            time: seen.time,
            id: any.map(id_of).unwrap_or_default(),
            is_complete: any.is_some_and(|alert| alert.complete),
            said: Both {
                old: alerts.old.as_ref().map(said),
                new: alerts.new.as_ref().map(said),
            },
            told: Told::default(),
            decides: Vec::new(),
        }
    }

    /// Finds which part of a condition decides.
    pub(super) fn decide(&mut self, rules: Both<&RuleSet>, entry: &Entry, seen: &Seen<'_>) {
        // What keeps the other side from it; of a rule that is new, what makes it alert.
        let side = match (self.kind, self.reason) {
            (Kind::Lost, Some(Reason::Condition)) | (Kind::Gained, Some(Reason::NoRule)) => {
                Side::New
            }
            (Kind::Gained, Some(Reason::Condition)) => Side::Old,
            _ => return,
        };
        let rules = rules.of(side);
        let explained = entry
            .places
            .of(side)
            .and_then(|place| rules.explain(place, seen.context));
        self.decides = explained.map_or_else(Vec::new, |explained| deciding(side, &explained));
    }
}

/// The parts that decided; of a condition that does not hold, those that would have to be otherwise.
fn deciding(side: Side, explained: &Explanation) -> Vec<Deciding> {
    let part = |at: usize| {
        let part = explained.parts.get(at)?;
        let place = part.origin.as_ref().map(|origin| {
            let line = origin.span.position().line;
            (origin.span.file.name().to_owned(), line as usize)
        });
        Some(Deciding {
            side,
            text: cut(&part.text, PART_MAX),
            value: part.found.as_ref().map(|found| cut(&found.text, PART_MAX)),
            holds: part.holds,
            place,
            item: part
                .origin
                .as_ref()
                .and_then(|origin| origin.item.as_ref())
                .map(item),
        })
    };
    if explained.holds {
        explained
            .deciding()
            .filter_map(part)
            .take(PARTS_MAX)
            .collect()
    } else {
        explained
            .lacking()
            .filter_map(part)
            .take(PARTS_MAX)
            .collect()
    }
}

/// In which item of a file something is written, in words.
fn item(item: &Item) -> String {
    match item {
        Item::List(name) => format!("list {name}"),
        Item::Macro(name) => format!("macro {name}"),
        Item::Rule(name) => format!("rule {name}"),
        Item::Exception { rule, name } => format!("exception {name} of rule {rule}"),
    }
}

/// The beginning of a text, which says so where it is not all.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(most);
    format!("{}…", text.get(..end).unwrap_or_default())
}

fn id_of(alert: &Alert<'_>) -> String {
    let of_key = alert.fields.iter().find(|(key, _)| key == evidence::ID);
    let text = of_key.and_then(|(_, value)| value.as_str());
    text.unwrap_or_default().to_owned()
}

fn said(alert: &Alert<'_>) -> Said {
    Said {
        rule: alert.rule.name.clone(),
        priority: alert.rule.priority.to_string(),
        output: cut(&alert.message, OUTPUT_MAX),
    }
}

/// What of two alerts of one event is not the same.
pub(super) fn told(old: &Alert<'_>, new: &Alert<'_>) -> Told {
    let value = |alert: &Alert<'_>, key: &str| -> Option<Json> {
        let found = alert.fields.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.clone())
    };
    let is_of_rule = |key: &str| !key.starts_with("evidence.");
    let mut fields: Vec<String> = [old, new]
        .iter()
        .flat_map(|alert| &alert.fields)
        .map(|(key, _)| key)
        .filter(|key| is_of_rule(key) && value(old, key) != value(new, key))
        .cloned()
        .collect();
    fields.sort();
    fields.dedup();
    Told {
        is_renamed: old.rule.name != new.rule.name,
        has_other_priority: old.rule.priority != new.rule.priority,
        has_other_tags: old.rule.tags != new.rule.tags,
        has_other_output: old.message != new.message,
        fields,
    }
}
