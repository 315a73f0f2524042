//! Sets of strings: equal to one, beginning with one, ending in one, containing one.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use hashbrown::HashSet;
use memchr::memmem::Finder;

/// Equality with one of many strings: one look at the length, then one hash.
#[derive(Debug)]
pub(crate) struct StringSet {
    members: HashSet<Box<[u8]>>,
    /// Bit n stands for a member of n bytes; the last bit for all longer ones.
    lengths: u128,
}

impl StringSet {
    pub(crate) fn new(values: impl IntoIterator<Item = Box<[u8]>>) -> Self {
        let members: HashSet<_> = values.into_iter().collect();
        let lengths = members
            .iter()
            .fold(0, |bits, member| bits | length_bit(member.len()));
        Self { members, lengths }
    }

    pub(crate) fn contains(&self, value: &[u8]) -> bool {
        self.lengths & length_bit(value.len()) != 0 && self.members.contains(value)
    }
}

pub(super) fn length_bit(length: usize) -> u128 {
    1 << length.min(127)
}

/// Strings of which none begins with another, sorted: the only candidate for a value is the greatest not above it.
#[derive(Debug)]
pub(crate) struct Prefixes {
    sorted: Vec<Box<[u8]>>,
}

impl Prefixes {
    pub(crate) fn new(values: impl IntoIterator<Item = Box<[u8]>>) -> Self {
        let mut sorted: Vec<_> = values.into_iter().collect();
        sorted.sort();
        // In sorted order a prefix comes right before what begins with it.
        sorted.dedup_by(|later, earlier| later.starts_with(earlier));
        Self { sorted }
    }

    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        if let [only] = self.sorted.as_slice() {
            return value.starts_with(only);
        }
        let behind = self.sorted.partition_point(|prefix| **prefix <= *value);
        behind
            .checked_sub(1)
            .and_then(|at| self.sorted.get(at))
            .is_some_and(|prefix| value.starts_with(prefix))
    }
}

/// [`Prefixes`] of reversed strings.
#[derive(Debug)]
pub(crate) struct Suffixes {
    reversed: Vec<Box<[u8]>>,
}

impl Suffixes {
    pub(crate) fn new(values: impl IntoIterator<Item = Box<[u8]>>) -> Self {
        let reversed = values
            .into_iter()
            .map(|value| value.iter().rev().copied().collect());
        Self {
            reversed: Prefixes::new(reversed).sorted,
        }
    }

    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        let is_suffix = |suffix: &[u8]| suffix.iter().eq(value.iter().rev().take(suffix.len()));
        if let [only] = self.reversed.as_slice() {
            return is_suffix(only);
        }
        let behind = self
            .reversed
            .partition_point(|suffix| suffix.iter().cmp(value.iter().rev()).is_le());
        behind
            .checked_sub(1)
            .and_then(|at| self.reversed.get(at))
            .is_some_and(|suffix| is_suffix(suffix))
    }
}

/// Strings looked for anywhere in a value, all in one pass.
#[derive(Debug)]
pub(crate) enum Substrings {
    One(Box<Finder<'static>>, Option<[u8; 2]>),
    Many(Box<AhoCorasick>),
    /// What is left when the automaton would grow beyond its limits: one search for each.
    Each(Vec<Box<[u8]>>, bool),
}

impl Substrings {
    pub(crate) fn new(values: Vec<Box<[u8]>>, folds_case: bool) -> Self {
        if let ([only], false) = (values.as_slice(), folds_case) {
            let finder = Box::new(Finder::new(only).into_owned());
            return Self::One(finder, rarest_pair(only));
        }
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(folds_case)
            .build(&values);
        match automaton {
            Ok(automaton) => Self::Many(Box::new(automaton)),
            Err(_) => Self::Each(values, folds_case),
        }
    }

    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        match self {
            Self::One(finder, pair) => {
                let is_short = value.len() <= SHORT_BYTES;
                let may_hold = pair.is_none_or(|pair| !is_short || has_pair(value, pair));
                may_hold && finder.find(value).is_some()
            }
            Self::Many(automaton) => automaton.is_match(value),
            Self::Each(values, false) => values
                .iter()
                .any(|needle| memchr::memmem::find(value, needle).is_some()),
            Self::Each(values, true) => values.iter().any(|needle| contains_folded(value, needle)),
        }
    }
}

/// Up to this length of a value, in bytes, a look for two bytes costs less than what a search begins with.
const SHORT_BYTES: usize = 64;

/// The two neighbours of a text that stand beside each other least often: words are made of letters and digits.
fn rarest_pair(text: &[u8]) -> Option<[u8; 2]> {
    let commonness = |pair: &[u8; 2]| {
        pair.iter()
            .filter(|byte| byte.is_ascii_alphanumeric())
            .count()
    };
    text.array_windows()
        .min_by_key(|pair| commonness(pair))
        .copied()
}

/// Whether two bytes stand beside each other, eight places at a time.
fn has_pair(text: &[u8], [one, next]: [u8; 2]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let (ones, nexts) = (u64::from(one) * ONES, u64::from(next) * ONES);
    // Bytes become zero where both are as asked: some byte is zero exactly if subtracting one from each borrows where the
    // top bit was clear.
    let has = |here: &[u8; 8], behind: &[u8; 8]| {
        let differ = u64::from_ne_bytes(*here) ^ ones | u64::from_ne_bytes(*behind) ^ nexts;
        differ.wrapping_sub(ONES) & !differ & (ONES << 7) != 0
    };
    let Some((_, behind)) = text.split_first() else {
        return false;
    };
    let here = text.get(..behind.len()).unwrap_or_default();
    let ((words, rest), (words_behind, _)) = (here.as_chunks::<8>(), behind.as_chunks::<8>());
    let mut pairs = words.iter().zip(words_behind);
    // The last eight places once more cost less than the remainder one by one.
    pairs.any(|(here, behind)| has(here, behind))
        || match (here.last_chunk(), behind.last_chunk()) {
            (Some(here), Some(behind)) => has(here, behind),
            _ => rest.iter().zip(behind).any(|pair| pair == (&one, &next)),
        }
}

fn contains_folded(value: &[u8], needle: &[u8]) -> bool {
    needle.is_empty()
        || value
            .windows(needle.len())
            .any(|window| window.eq_ignore_ascii_case(needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(values: &[&str]) -> Vec<Box<[u8]>> {
        values.iter().map(|value| value.as_bytes().into()).collect()
    }

    fn check(
        values: &[&str],
        value: &str,
        (equal, starts, ends, contains): (bool, bool, bool, bool),
    ) {
        let value = value.as_bytes();
        assert_eq!(StringSet::new(boxed(values)).contains(value), equal);
        assert_eq!(Prefixes::new(boxed(values)).matches(value), starts);
        assert_eq!(Suffixes::new(boxed(values)).matches(value), ends);
        assert_eq!(
            Substrings::new(boxed(values), false).matches(value),
            contains
        );
    }

    #[test]
    fn a_pair_is_found_wherever_it_stands() {
        for length in 0..40 {
            for place in 0..length {
                let mut text = vec![b'.'; length];
                assert!(!has_pair(&text, *b"./"));
                if let Some(byte) = text.get_mut(place) {
                    *byte = b'/';
                }
                assert_eq!(has_pair(&text, *b"./"), place > 0, "{place} of {length}");
                assert_eq!(has_pair(&text, *b"/."), place + 1 < length);
                assert!(!has_pair(&text, *b"//"));
            }
        }
        assert_eq!(rarest_pair(b"etc/.ssh"), Some(*b"/."));
        assert_eq!(rarest_pair(b"x"), None);
    }

    #[test]
    fn sets_answer_as_their_members_would() {
        check(
            &["/etc", "/etc/ssh", "/usr"],
            "/etc/passwd",
            (false, true, false, true),
        );
        check(
            &["/etc", "/a", "/etd"],
            "/etb",
            (false, false, false, false),
        );
        check(&["b", "ab", "cab"], "xcab", (false, false, true, true));
        check(&["abc"], "abc", (true, true, true, true));
        check(&["", "x"], "y", (false, true, true, true));
        check(&[], "y", (false, false, false, false));
    }
}
