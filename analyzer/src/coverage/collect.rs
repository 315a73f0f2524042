//! Several rule sets told as one: each part of a rule file once, whoever loads the file.
//!
//! In: for each rule set its parts, and what its scenarios prove of them. Out: items with parts, in the order of files and
//! lines. A rule that several sets have counts once: what any scenario proves of it is proven.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use falco_rules::{
    CoverItem, CoverKind, CoverPart, Coverage, Covering, ItemKind, PartTally, RuleSet, RuleTally,
    SourceFile,
};

use super::model::{ItemReport, PartReport, RuleFacts};

/// What names an item: its file, its kind and its name.
type ItemKey = (String, ItemKind, String);

/// What names a part of an item: its place and kind, and its number among those that share both.
type PartKey = (String, u32, u32, CoverKind, usize);

/// What a scenario proves.
pub(super) struct OfScenario<'s> {
    /// What names it among the others.
    pub(super) place: usize,
    pub(super) coverage: &'s Coverage,
    /// Whether its expectations hold.
    pub(super) is_passing: bool,
}

/// What was collected so far.
#[derive(Default)]
pub(super) struct Collected {
    items: BTreeMap<ItemKey, (ItemReport, BTreeMap<PartKey, PartReport>)>,
    files: BTreeMap<String, Arc<SourceFile>>,
}

fn key_of(item: &CoverItem) -> ItemKey {
    let file = item.span.as_ref().map(|span| span.file.name());
    (
        file.unwrap_or_default().to_owned(),
        item.kind,
        item.name.clone(),
    )
}

fn add(sum: &mut PartTally, more: &PartTally) {
    sum.held += more.held;
    sum.failed += more.failed;
    sum.proven_held += more.proven_held;
    sum.proven_failed += more.proven_failed;
}

fn add_rule(sum: &mut RuleTally, more: &RuleTally) {
    sum.events += more.events;
    sum.matches += more.matches;
    sum.alerts += more.alerts;
}

impl Collected {
    /// Adds a rule set, and what each of its scenarios proves; a scenario is named by its place.
    pub(super) fn add(
        &mut self,
        rules: &RuleSet,
        covering: &Covering<'_>,
        of_scenarios: &[OfScenario<'_>],
    ) {
        let mut numbers: HashMap<(ItemKey, PartKey), usize> = HashMap::new();
        for (place, part) in covering.parts().iter().enumerate() {
            let Some(item) = covering.items().get(part.item as usize) else {
                continue;
            };
            let report = part_report(part);
            let key = key_of(item);
            let mut part_key = (
                report.file.clone(),
                part.span.start,
                part.span.end,
                part.kind,
                0,
            );
            let number = numbers.entry((key.clone(), part_key.clone())).or_default();
            part_key.4 = *number;
            *number += 1;
            let file = Arc::clone(&part.span.file);
            self.files.entry(report.file.clone()).or_insert(file);
            let (_, parts) = self.item(key, item);
            let known = parts.entry(part_key).or_insert(report);
            known.is_for |= part.is_for;
            known.is_against |= part.is_against;
            for one in of_scenarios {
                if let Some(tally) = one.coverage.parts.get(place) {
                    add(&mut known.tally, tally);
                    if one.is_passing {
                        add(&mut known.by_passing, tally);
                    }
                }
            }
        }
        self.add_rules(rules, covering, of_scenarios);
    }

    fn add_rules(
        &mut self,
        rules: &RuleSet,
        covering: &Covering<'_>,
        of_scenarios: &[OfScenario<'_>],
    ) {
        let of_rules = covering.items().iter();
        let of_rules: Vec<_> = of_rules
            .filter(|item| item.kind == ItemKind::Rule)
            .collect();
        for one in of_scenarios {
            for (index, tally) in &one.coverage.rules {
                let Some(rule) = rules.rule(*index) else {
                    continue;
                };
                let found = of_rules.iter().find(|item| item.name == rule.name);
                let Some(found) = found else { continue };
                let (item, _) = self.item(key_of(found), found);
                let facts = item.rule.get_or_insert_default();
                facts.tags.clone_from(&rule.tags);
                add_rule(&mut facts.tally, tally);
                if tally.alerts > 0 {
                    facts.scenarios.push(one.place);
                }
            }
        }
    }

    fn item(
        &mut self,
        key: ItemKey,
        item: &CoverItem,
    ) -> &mut (ItemReport, BTreeMap<PartKey, PartReport>) {
        self.items.entry(key).or_insert_with_key(|(file, ..)| {
            let report = ItemReport {
                kind: item.kind,
                name: item.name.clone(),
                file: file.clone(),
                line: item.span.as_ref().map_or(1, |span| span.position().line),
                rule: (item.kind == ItemKind::Rule).then(RuleFacts::default),
                parts: Vec::new(),
            };
            (report, BTreeMap::new())
        })
    }

    /// Everything, in order, and the files that it stands in.
    pub(super) fn finish(self) -> (Vec<ItemReport>, Vec<Arc<SourceFile>>) {
        let items = self.items.into_values().map(|(mut item, parts)| {
            item.parts = parts.into_values().collect();
            if let Some(facts) = &mut item.rule {
                facts.scenarios.sort_unstable();
                facts.scenarios.dedup();
            }
            item
        });
        let mut items: Vec<_> = items.collect();
        items.sort_by(|one, other| {
            (&one.file, one.line, one.kind, &one.name).cmp(&(
                &other.file,
                other.line,
                other.kind,
                &other.name,
            ))
        });
        (items, self.files.into_values().collect())
    }
}

fn part_report(part: &CoverPart) -> PartReport {
    let position = part.span.position();
    let words: Vec<&str> = part.span.text().split_whitespace().collect();
    PartReport {
        kind: part.kind,
        file: part.span.file.name().to_owned(),
        line: position.line,
        column: position.column,
        bytes: part.span.start as usize..part.span.end as usize,
        text: words.join(" "),
        exception: part.exception.clone(),
        is_for: part.is_for,
        is_against: part.is_against,
        names_types: part.names_types,
        tally: PartTally::default(),
        by_passing: PartTally::default(),
    }
}
