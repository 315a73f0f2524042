//! The rules of both sides, put beside each other: which is which, and what of it is defined otherwise.
//!
//! In: two rule sets and the program that judges by both. Out: an [`Entry`] for each rule of either side.
//! A rule is the same where it has the same name. Where the name is gone, a new rule that asks the same condition, or the only one that says the same, is the same rule under another name.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use falco_rules::{Rule, RuleIndex, RulePair, RuleSet};

use super::sides::{Both, Side};

/// What may differ in the definition of a rule, as far as alerts can show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Its condition asks something else.
    Condition,
    /// Its condition asks something else, though it is written as it was: a list, a macro or an exception changed.
    ConditionBeneath,
    /// Its condition is written otherwise and asks the same.
    Wording,
    /// Its output.
    Output,
    /// Its priority.
    Priority,
    /// Its tags.
    Tags,
    /// Whether it is enabled.
    Enabled,
}

impl Change {
    /// In a word or two.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Change::Condition => "condition",
            Change::ConditionBeneath => "condition, by what it uses",
            Change::Wording => "wording of the condition",
            Change::Output => "output",
            Change::Priority => "priority",
            Change::Tags => "tags",
            Change::Enabled => "enabled",
        }
    }
}

/// A rule as either side has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the rule set of each side that has it.
    pub places: Both<Option<RuleIndex>>,
    /// What is defined otherwise; nothing for rules that one side alone has.
    pub changes: Vec<Change>,
    /// Whether it has another name now.
    pub is_renamed: bool,
}

impl Entry {
    /// Whether only the new side has it.
    #[must_use]
    pub fn is_added(&self) -> bool {
        self.places.old.is_none()
    }

    /// Whether only the old side has it.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        self.places.new.is_none()
    }

    /// Whether the sides have it in a different way.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.is_added() || self.is_removed() || self.is_renamed || !self.changes.is_empty()
    }

    /// Whether the sides have it in a way that alerts could show.
    #[must_use]
    pub fn differs(&self) -> bool {
        let is_more = |change: &Change| *change != Change::Wording;
        self.is_added() || self.is_removed() || self.is_renamed || self.changes.iter().any(is_more)
    }

    /// Whether alerts of it are the same where both sides give one.
    #[must_use]
    pub fn says_the_same(&self) -> bool {
        let differs =
            |change: &Change| matches!(change, Change::Output | Change::Priority | Change::Tags);
        !self.is_renamed && !self.changes.iter().any(differs)
    }
}

/// Puts the rules of both sides beside each other: those of the new side in their order, then those that are gone.
#[must_use]
pub(super) fn entries(rules: Both<&RuleSet>, pair: &RulePair) -> Vec<Entry> {
    let renamed = renamed(rules, pair);
    let by_name: HashMap<&str, RuleIndex> = numbered(rules.old)
        .map(|(index, rule)| (rule.name.as_str(), index))
        .collect();
    let mut left: BTreeSet<RuleIndex> = by_name.values().copied().collect();
    let mut entries: Vec<Entry> = numbered(rules.new)
        .map(|(new, rule)| {
            let kept = by_name.get(rule.name.as_str()).copied();
            let old = kept.or_else(|| renamed.get(&new).copied());
            if let Some(old) = old {
                left.remove(&old);
            }
            let before = old.and_then(|old| Some((old, rules.old.rule(old)?)));
            let is_same = before.map(|(old, _)| pair.is_same_condition(old, new));
            Entry {
                places: Both {
                    old,
                    new: Some(new),
                },
                changes: before.map_or_else(Vec::new, |(_, before)| {
                    changes(before, rule, is_same == Some(true))
                }),
                is_renamed: kept.is_none() && old.is_some(),
            }
        })
        .collect();
    entries.extend(left.into_iter().map(|old| Entry {
        places: Both {
            old: Some(old),
            new: None,
        },
        changes: Vec::new(),
        is_renamed: false,
    }));
    entries
}

/// The entry of every rule of a side, by its place.
#[must_use]
pub(super) fn entry_of(entries: &[Entry], side: Side, rules: &RuleSet) -> Vec<u32> {
    let mut of = vec![0; rules.rules().len()];
    for (number, entry) in (0..).zip(entries) {
        let place = entry.places.of(side).map(|index| index.0 as usize);
        if let Some(known) = place.and_then(|place| of.get_mut(place)) {
            *known = number;
        }
    }
    of
}

fn numbered(rules: &RuleSet) -> impl Iterator<Item = (RuleIndex, &Rule)> {
    (0..).map(RuleIndex).zip(rules.rules())
}

fn changes(old: &Rule, new: &Rule, is_same_condition: bool) -> Vec<Change> {
    let is_written_alike = old.condition_text == new.condition_text;
    let condition = match (is_same_condition, is_written_alike) {
        (true, true) => None,
        (true, false) => Some(Change::Wording),
        (false, true) => Some(Change::ConditionBeneath),
        (false, false) => Some(Change::Condition),
    };
    let differs = |differs: bool, change| differs.then_some(change);
    [
        condition,
        differs(old.output_text != new.output_text, Change::Output),
        differs(old.priority != new.priority, Change::Priority),
        differs(old.tags != new.tags, Change::Tags),
        differs(old.enabled != new.enabled, Change::Enabled),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The old rules that have another name now, by the new ones: each is the only one on its side that has lost or won its name and asks the same, or else says the same.
fn renamed(rules: Both<&RuleSet>, pair: &RulePair) -> HashMap<RuleIndex, RuleIndex> {
    let names = |rules: &RuleSet| -> BTreeSet<String> {
        rules.rules().iter().map(|rule| rule.name.clone()).collect()
    };
    let without = |rules, names: &BTreeSet<String>| {
        let all = numbered(rules).filter(|(_, rule)| !names.contains(&rule.name));
        all.collect::<Vec<_>>()
    };
    let mut gone = without(rules.old, &names(rules.new));
    let mut come = without(rules.new, &names(rules.old));
    let ask = |index, condition: Option<u32>| condition.map(|condition| (index, condition));
    let mut found = only_pairs(
        gone.iter()
            .filter_map(|(old, _)| ask(*old, pair.old_condition(*old))),
        come.iter()
            .filter_map(|(new, _)| ask(*new, pair.new_condition(*new))),
    );
    let taken: BTreeSet<RuleIndex> = found.values().copied().collect();
    gone.retain(|(old, _)| !taken.contains(old));
    come.retain(|(new, _)| !found.contains_key(new));
    let says = |(index, rule): &(RuleIndex, &Rule)| (*index, rule.output_text.clone());
    found.extend(only_pairs(gone.iter().map(says), come.iter().map(says)));
    found
}

/// The old ones by the new ones, where each is the only one of its kind on its side.
fn only_pairs<K: Eq + Hash>(
    old: impl Iterator<Item = (RuleIndex, K)>,
    new: impl Iterator<Item = (RuleIndex, K)>,
) -> HashMap<RuleIndex, RuleIndex> {
    let mut kinds: HashMap<K, Both<Vec<RuleIndex>>> = HashMap::new();
    for (index, kind) in old {
        kinds.entry(kind).or_default().old.push(index);
    }
    for (index, kind) in new {
        kinds.entry(kind).or_default().new.push(index);
    }
    let pairs = kinds.values().filter_map(|of| match (&*of.old, &*of.new) {
        ([old], [new]) => Some((*new, *old)),
        _ => None,
    });
    pairs.collect()
}
