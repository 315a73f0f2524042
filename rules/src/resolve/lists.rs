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
use super::substitute::{Mention, Replacement, is_blank, substitute};
use crate::work::steps;

/// Longest condition after substitution, in bytes.
const MAX_CONDITION_BYTES: usize = 16 << 20;

/// Most text that all conditions of one load may grow to, in bytes.
const MAX_TOTAL_BYTES: usize = 512 << 20;

/// Most text that is searched in one load for names that tokens cannot show, in bytes: each is searched for on its own.
const MAX_SEARCHED_BYTES: usize = 1 << 30;

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
    searched_bytes: usize,
}

#[derive(Debug, Default)]
struct Member {
    /// The text that replaces the name.
    replacement: MappedText,
    /// Later lists whose names stand among the items.
    mentions: Vec<Mention>,
    /// The places of lists whose items stand for their names among the items.
    includes: Vec<usize>,
    /// How many conditions and lists it stands in.
    uses: usize,
}

/// Why there is a member for a place.
const IS_MEMBER: &str = "every list has its member once lists are updated";

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
        let list = lists.at(place);
        // A list that was appended to may have items of one that is defined behind it and comes later here.
        self.members.resize_with(lists.len(), Member::default);
        if is_odd(&list.name) && !self.odd.contains(&place) {
            self.odd.push(place);
        }
        let (replacement, includes) = replacement(list, lists);
        let mut mentions = mentions(lists, replacement.as_str());
        mentions.retain(|(mentioned, _)| *mentioned > place);
        self.retain(&includes);
        let member = self.member_mut(place);
        member.replacement = replacement;
        member.mentions = mentions;
        let before = std::mem::replace(&mut member.includes, includes);
        self.release(&before);
    }

    fn member(&self, place: usize) -> &Member {
        self.members.get(place).expect(IS_MEMBER)
    }

    fn member_mut(&mut self, place: usize) -> &mut Member {
        self.members.get_mut(place).expect(IS_MEMBER)
    }

    /// Counts the lists of a condition as used.
    pub(crate) fn retain(&mut self, places: &[usize]) {
        for place in places {
            self.member_mut(*place).uses += 1;
        }
    }

    /// Counts them no more, since the condition is another now.
    pub(crate) fn release(&mut self, places: &[usize]) {
        for place in places {
            let member = self.member_mut(*place);
            let uses = member.uses.checked_sub(1);
            member.uses = uses.expect("what is released was retained before");
            if member.uses == 0 {
                self.released.push(*place);
            }
        }
    }

    /// Those of the lists, and of those that lost their last use, that nothing mentions.
    pub(crate) fn unused(&mut self, touched: &[usize]) -> Vec<usize> {
        let mut places = std::mem::take(&mut self.released);
        places.extend(touched);
        places.sort_unstable();
        places.dedup();
        places.retain(|place| self.member(*place).uses == 0);
        places
    }

    /// The text with every list substituted; nothing if it grows too large.
    pub(crate) fn substitute(
        &mut self,
        lists: &Named<ListItem>,
        text: &MappedText,
    ) -> Option<Substituted> {
        let (text, found) = if self.odd.is_empty() {
            let replacement = |place: usize| {
                let member = self.member(place);
                Replacement {
                    text: &member.replacement,
                    mentions: &member.mentions,
                }
            };
            let mentions = mentions(lists, text.as_str());
            substitute(text, &mentions, replacement, MAX_CONDITION_BYTES)?
        } else {
            self.one_by_one(lists, text)?
        };
        self.total_bytes += text.len();
        let substituted = Substituted { text, lists: found };
        (self.total_bytes <= MAX_TOTAL_BYTES).then_some(substituted)
    }

    /// The same, the whole text gone through for each list, as it is done where a name cannot be told by looking at
    /// words.
    fn one_by_one(
        &mut self,
        lists: &Named<ListItem>,
        text: &MappedText,
    ) -> Option<(MappedText, Vec<usize>)> {
        let places =
            |mentions: &[Mention]| mentions.iter().map(|(place, _)| *place).collect::<Vec<_>>();
        let mut pending: BTreeSet<_> = places(&mentions(lists, text.as_str()))
            .into_iter()
            .collect();
        pending.extend(&self.odd);
        let mut text = text.clone();
        let mut found = Vec::new();
        while let Some(place) = pending.pop_first() {
            self.searched_bytes += text.len();
            steps(text.len());
            let (list, member) = (lists.at(place), self.member(place));
            let Some(replaced) = replace_name(&text, &list.name, &member.replacement) else {
                continue;
            };
            text = replaced;
            found.push(place);
            pending.extend(places(&member.mentions));
            if text.len() > MAX_CONDITION_BYTES || self.searched_bytes > MAX_SEARCHED_BYTES {
                return None;
            }
        }
        (self.searched_bytes <= MAX_SEARCHED_BYTES).then_some((text, found))
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
        let inner = named.map(|place| (place, lists.at(place)));
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

fn is_delimiter(character: char) -> bool {
    is_blank(character) || matches!(character, '(' | ')' | ',' | '=')
}

/// The names of lists among the words of a text.
fn mentions(lists: &Named<ListItem>, text: &str) -> Vec<Mention> {
    let mention = |word: &str| {
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        Some((lists.position(word)?, start..start + word.len()))
    };
    words(text).filter_map(mention).collect()
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
            let left = source.get(taken..start);
            if left.is_some_and(|left| left.ends_with(',')) {
                start -= 1;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::SourceFile;

    const WORDS: &[&str] = &[
        "l0", "l1", "l2", "l3", "l4", "x", "(", ")", ",", "=", " ", "  ", "\n", "\"",
    ];

    fn text_of(parts: &[usize]) -> String {
        parts
            .iter()
            .filter_map(|part| WORDS.get(*part))
            .copied()
            .collect()
    }

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(0..WORDS.len(), 0..12).prop_map(|parts| text_of(&parts))
    }

    proptest! {
        /// What is done at once is what going through the text for each list gives, to the last blank.
        #[test]
        fn names_are_replaced_as_one_list_after_the_other(condition in text(), lists in prop::collection::vec(text(), 5)) {
            let mapped = |text: &str| MappedText::from_file(&SourceFile::new("f", text));
            let named = |text: &str, from: usize| -> Vec<Mention> {
                words(text)
                    .filter_map(|word| {
                        let start = word.as_ptr().addr() - text.as_ptr().addr();
                        let place: usize = word.strip_prefix('l')?.parse().ok()?;
                        Some((place, start..start + word.len()))
                    })
                    .filter(|(place, _)| *place >= from)
                    .collect()
            };
            let members: Vec<_> = lists
                .iter()
                .enumerate()
                .map(|(place, text)| (mapped(text), named(text, place + 1)))
                .collect();
            let mut expected = mapped(&condition);
            for (place, (replacement, _)) in members.iter().enumerate() {
                // A name that an earlier list brought in counts only if its list comes later.
                if let Some(replaced) = replace_name(&expected, &format!("l{place}"), replacement) {
                    expected = replaced;
                }
            }
            let condition = mapped(&condition);
            let replacement = |place: usize| {
                let (text, mentions) = &members[place];
                Replacement { text, mentions }
            };
            let (found, _) = substitute(&condition, &named(condition.as_str(), 0), replacement, usize::MAX)
                .expect("there is no limit");
            prop_assert_eq!(found.as_str(), expected.as_str());
        }
    }
}
