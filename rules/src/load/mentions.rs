//! Who mentions which names, and so what a new file can change of what is compiled already.
//!
//! In: the words of lists, macros and conditions. Out: from the items that a file defines or changes all items that may
//! be others because of them. Words are known by their hash: two that share one cost a compilation and change nothing.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::macros::MacroTable;
use crate::resolve::{Collector, condition_with_exceptions, is_odd, words};

/// A list, macro or rule, by its place; in the order in which they are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Item {
    List(usize),
    Macro(usize),
    Rule(usize),
}

/// The index, brought up to date when a further file asks for it: a load of one file never does.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    by_word: HashMap<u64, Vec<Item>>,
    /// The words under which an item stands already.
    words: HashMap<Item, Vec<u64>>,
    /// What was compiled since.
    pending: Vec<Item>,
}

impl Mentions {
    /// Notes that an item was compiled; `names` of rules are the macros they name.
    pub(super) fn compiled(&mut self, items: &[Item]) {
        self.pending.extend(items);
    }

    /// The items that change with these, themselves included.
    pub(super) fn affected(
        &mut self,
        touched: &[Item],
        collector: &Collector,
        macros: &MacroTable,
        rule_names: impl Fn(usize) -> Vec<String>,
    ) -> BTreeSet<Item> {
        let mut affected: BTreeSet<Item> = touched.iter().copied().collect();
        // The first load: all there is was touched.
        if self.pending.is_empty() && self.words.is_empty() {
            return affected;
        }
        for item in std::mem::take(&mut self.pending) {
            self.index(item, collector, macros, &rule_names);
        }
        let mut open = touched.to_vec();
        while let Some(item) = open.pop() {
            let name = match item {
                Item::List(place) => &collector.lists.at(place).name,
                Item::Macro(place) => &collector.macros.at(place).name,
                // Nothing names a rule.
                Item::Rule(_) => continue,
            };
            if matches!(item, Item::List(_)) && is_odd(name) {
                return all_items(collector);
            }
            for user in self.by_word.get(&hash(name)).into_iter().flatten() {
                if affected.insert(*user) {
                    open.push(*user);
                }
            }
        }
        affected
    }

    fn index(
        &mut self,
        item: Item,
        collector: &Collector,
        macros: &MacroTable,
        rule_names: &impl Fn(usize) -> Vec<String>,
    ) {
        let mut found = Vec::new();
        match item {
            Item::List(place) => {
                for text in &collector.lists.at(place).items {
                    found.push(hash(text.as_str()));
                    found.extend(words(text.as_str()).map(hash));
                }
            }
            Item::Macro(place) => {
                let item = collector.macros.at(place);
                found.extend(words(item.condition.as_str()).map(hash));
                found.extend(macros.names(&item.name).map(|name| hash(name)));
            }
            Item::Rule(place) => {
                let item = collector.rules.at(place);
                let (full, _) = condition_with_exceptions(&item.condition, &item.exceptions);
                found.extend(words(full.as_str()).map(hash));
                found.extend(rule_names(place).iter().map(|name| hash(name)));
            }
        }
        found.sort_unstable();
        found.dedup();
        let before = self.words.insert(item, found.clone()).unwrap_or_default();
        for word in found {
            if before.binary_search(&word).is_err() {
                self.by_word.entry(word).or_default().push(item);
            }
        }
    }
}

fn all_items(collector: &Collector) -> BTreeSet<Item> {
    let lists = (0..collector.lists.iter().len()).map(Item::List);
    let macros = (0..collector.macros.iter().len()).map(Item::Macro);
    let rules = (0..collector.rules.iter().len()).map(Item::Rule);
    lists.chain(macros).chain(rules).collect()
}

fn hash(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}
