//! Lists, and their substitution into conditions as text.
//!
//! A name counts where both neighbours are blank, `( ) , =` or the end of the text, inside quotes too.
//! Lists are taken in place order, once each: a name that an earlier list brought in is replaced if its list comes
//! later, and stays a word if it came before.

use std::collections::BTreeSet;

use super::MappedText;
use super::collect::{Collector, Named};
use super::exception::push_quoted;
use super::item::ListItem;

/// Longest condition after substitution, in bytes.
const MAX_CONDITION_BYTES: usize = 16 << 20;

/// Most text that all conditions of one load may grow to, in bytes.
const MAX_TOTAL_BYTES: usize = 512 << 20;

/// The lists of a load with their items as they enter conditions.
pub(crate) struct Lists<'c> {
    lists: &'c Named<ListItem>,
    /// By place: the text that replaces the name.
    replacements: Vec<MappedText>,
    /// By place: the places of lists whose names stand among the items.
    mentions: Vec<Vec<usize>>,
    /// Places of lists whose name no tokens can show, because a delimiter is in it.
    odd: Vec<usize>,
    used: Vec<bool>,
    total_bytes: usize,
}

impl<'c> Lists<'c> {
    pub(crate) fn new(collector: &'c Collector) -> Self {
        let lists = &collector.lists;
        let count = lists.iter().len();
        let mut resolved = Self {
            lists,
            replacements: Vec::with_capacity(count),
            mentions: Vec::with_capacity(count),
            odd: Vec::new(),
            used: vec![false; count],
            total_bytes: 0,
        };
        for (place, list) in lists.iter().enumerate() {
            if list.name.contains(is_delimiter) {
                resolved.odd.push(place);
            }
            let replacement = resolved.replacement(list);
            let mentions = places_of_words(lists, replacement.as_str());
            resolved.mentions.push(
                mentions
                    .into_iter()
                    .filter(|mention| *mention > place)
                    .collect(),
            );
            resolved.replacements.push(replacement);
        }
        resolved
    }

    /// The items, those that name an earlier list replaced by that list's items as they are written.
    fn replacement(&mut self, list: &ListItem) -> MappedText {
        let mut out = MappedText::default();
        for item in &list.items {
            let named = self.lists.position(item.as_str());
            let inner = named.and_then(|place| Some((place, self.lists.at(place)?)));
            match inner {
                Some((place, inner)) if inner.order.index < list.order.visibility => {
                    if let Some(used) = self.used.get_mut(place) {
                        *used = true;
                    }
                    inner
                        .items
                        .iter()
                        .for_each(|item| push_item(item, &mut out));
                }
                _ => push_item(item, &mut out),
            }
        }
        out
    }

    /// Lists that nothing mentioned.
    pub(crate) fn unused(&self) -> impl Iterator<Item = &'c ListItem> + '_ {
        self.lists
            .iter()
            .zip(&self.used)
            .filter(|(_, used)| !**used)
            .map(|(list, _)| list)
    }

    /// The text with every list substituted, and the names of those that were; nothing if it grows too large.
    pub(crate) fn substitute(&mut self, text: &MappedText) -> Option<(MappedText, Vec<String>)> {
        let mut pending: BTreeSet<_> = places_of_words(self.lists, text.as_str())
            .into_iter()
            .collect();
        pending.extend(&self.odd);
        let mut text = text.clone();
        let mut names = Vec::new();
        while let Some(place) = pending.pop_first() {
            let (Some(list), Some(replacement)) =
                (self.lists.at(place), self.replacements.get(place))
            else {
                continue;
            };
            let Some(replaced) = replace_name(&text, &list.name, replacement) else {
                continue;
            };
            text = replaced;
            names.push(list.name.clone());
            if let Some(used) = self.used.get_mut(place) {
                *used = true;
            }
            pending.extend(self.mentions.get(place).into_iter().flatten());
            if text.len() > MAX_CONDITION_BYTES {
                return None;
            }
        }
        self.total_bytes += text.len();
        (self.total_bytes <= MAX_TOTAL_BYTES).then_some((text, names))
    }
}

fn push_item(item: &MappedText, out: &mut MappedText) {
    if !out.is_empty() {
        out.push_own(", ");
    }
    push_quoted(item, out);
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

fn is_delimiter(character: char) -> bool {
    is_blank(character) || matches!(character, '(' | ')' | ',' | '=')
}

fn places_of_words(lists: &Named<ListItem>, text: &str) -> Vec<usize> {
    text.split(is_delimiter)
        .filter(|word| !word.is_empty())
        .filter_map(|word| lists.position(word))
        .collect()
}

/// The text with `name` replaced where it stands alone; nothing if it does nowhere.
fn replace_name(text: &MappedText, name: &str, replacement: &MappedText) -> Option<MappedText> {
    let source = text.as_str();
    let mut out = MappedText::default();
    // What of the source is already in `out`.
    let mut taken = 0;
    let mut from = 0;
    while let Some(found) = source.get(from..).and_then(|rest| rest.find(name)) {
        let start = from + found;
        let end = start + name.len();
        let (before, after) = source.split_at(start);
        let after = after.get(name.len()..).unwrap_or_default();
        let stands_alone = before.chars().next_back().is_none_or(is_delimiter)
            && after.chars().next().is_none_or(is_delimiter);
        if !stands_alone {
            // Step one character only: occurrences may overlap.
            from = start + name.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let mut start = before.trim_end_matches(is_blank).len().max(taken);
        let mut end = end + (after.len() - after.trim_start_matches(is_blank).len());
        if replacement.is_empty() {
            // An empty list swallows one comma, the left one if there is one.
            let left = out_ends_with_comma(&out, source, taken, start);
            if left && start > taken {
                start -= 1;
            } else if left {
                out = without_last(&out);
            } else if source.get(end..).is_some_and(|rest| rest.starts_with(',')) {
                end += 1;
            }
        }
        out.push_slice(text, taken..start);
        if !out.is_empty() {
            out.push_own(" ");
        }
        out.push(replacement);
        out.push_own(" ");
        taken = end;
        from = end;
    }
    if taken == 0 {
        return None;
    }
    out.push_slice(text, taken..source.len());
    Some(out)
}

fn out_ends_with_comma(out: &MappedText, source: &str, taken: usize, start: usize) -> bool {
    let tail = source.get(taken..start).unwrap_or_default();
    if tail.is_empty() {
        out.as_str().ends_with(',')
    } else {
        tail.ends_with(',')
    }
}

fn without_last(text: &MappedText) -> MappedText {
    let mut out = MappedText::default();
    out.push_slice(text, 0..text.len().saturating_sub(1));
    out
}
