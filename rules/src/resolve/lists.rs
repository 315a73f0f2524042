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
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// By place.
    members: Vec<Member>,
    /// Places of lists whose name no tokens can show, because a delimiter is in it.
    odd: Vec<usize>,
    /// Places of lists that something mentioned and nothing does any more.
    released: Vec<usize>,
    total_bytes: usize,
}

#[derive(Debug, Default)]
struct Member {
    /// The text that replaces the name.
    replacement: MappedText,
    /// The places of later lists whose names stand among the items.
    mentions: Vec<usize>,
    /// The places of lists whose items stand for their names among the items.
    includes: Vec<usize>,
    /// How many conditions and lists it stands in.
    uses: usize,
}

/// A condition with its lists put in.
pub(crate) struct Substituted {
    pub(crate) text: MappedText,
    /// The places of the lists.
    pub(crate) lists: Vec<usize>,
}

impl Lists {
    /// Takes in what has become of the list at a place.
    pub(crate) fn update(&mut self, collector: &Collector, place: usize) {
        let lists = &collector.lists;
        let Some(list) = lists.at(place) else { return };
        if self.members.len() <= place {
            self.members.resize_with(place + 1, Member::default);
        }
        if is_odd(&list.name) && !self.odd.contains(&place) {
            self.odd.push(place);
        }
        let (replacement, includes) = replacement(list, lists);
        let mut mentions = places_of_words(lists, replacement.as_str());
        mentions.retain(|mention| *mention > place);
        mentions.sort_unstable();
        mentions.dedup();
        self.retain(&includes);
        if let Some(member) = self.members.get_mut(place) {
            member.replacement = replacement;
            member.mentions = mentions;
            let before = std::mem::replace(&mut member.includes, includes);
            self.release(&before);
        }
    }

    /// Counts the lists of a condition as used.
    pub(crate) fn retain(&mut self, places: &[usize]) {
        for place in places {
            if let Some(member) = self.members.get_mut(*place) {
                member.uses += 1;
            }
        }
    }

    /// Counts them no more, since the condition is another now.
    pub(crate) fn release(&mut self, places: &[usize]) {
        for place in places {
            if let Some(member) = self.members.get_mut(*place) {
                member.uses = member.uses.saturating_sub(1);
                if member.uses == 0 {
                    self.released.push(*place);
                }
            }
        }
    }

    /// Those of the lists, and of those that lost their last use, that nothing mentions.
    pub(crate) fn unused(&mut self, touched: &[usize]) -> Vec<usize> {
        let mut places = std::mem::take(&mut self.released);
        places.extend(touched);
        places.sort_unstable();
        places.dedup();
        let is_unused = |place: &usize| {
            self.members
                .get(*place)
                .is_some_and(|member| member.uses == 0)
        };
        places.retain(is_unused);
        places
    }

    /// The text with every list substituted; nothing if it grows too large.
    pub(crate) fn substitute(
        &mut self,
        lists: &Named<ListItem>,
        text: &MappedText,
    ) -> Option<Substituted> {
        let mut pending: BTreeSet<_> = places_of_words(lists, text.as_str()).into_iter().collect();
        pending.extend(&self.odd);
        let mut text = text.clone();
        let mut found = Vec::new();
        while let Some(place) = pending.pop_first() {
            let (Some(list), Some(member)) = (lists.at(place), self.members.get(place)) else {
                continue;
            };
            let Some(replaced) = replace_name(&text, &list.name, &member.replacement) else {
                continue;
            };
            text = replaced;
            found.push(place);
            pending.extend(&member.mentions);
            if text.len() > MAX_CONDITION_BYTES {
                return None;
            }
        }
        self.total_bytes += text.len();
        let substituted = Substituted { text, lists: found };
        (self.total_bytes <= MAX_TOTAL_BYTES).then_some(substituted)
    }
}

/// Whether a list's name cannot be told by looking at the words of a text.
pub(crate) fn is_odd(name: &str) -> bool {
    name.contains(is_delimiter)
}

/// The items, those that name an earlier list replaced by that list's items as they are written; and those lists.
fn replacement(list: &ListItem, lists: &Named<ListItem>) -> (MappedText, Vec<usize>) {
    let mut out = MappedText::default();
    let mut includes = Vec::new();
    for item in &list.items {
        let named = lists.position(item.as_str());
        let inner = named.and_then(|place| Some((place, lists.at(place)?)));
        match inner {
            Some((place, inner)) if inner.order.index < list.order.visibility => {
                includes.push(place);
                inner
                    .items
                    .iter()
                    .for_each(|item| push_item(item, &mut out));
            }
            _ => push_item(item, &mut out),
        }
    }
    (out, includes)
}

/// The words of a text that may be names of lists.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_delimiter).filter(|word| !word.is_empty())
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
    words(text)
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
