//! Words replaced: what becomes of each, unless it is kept, or a part of it.
//!
//! In: a word of a text. Out: another one of its shape.
//! Replacements are remembered up to a limit; what is forgotten is found again, since it follows from the key.

use hashbrown::HashMap;

use super::keep::Keep;
use super::key::Key;
use super::permute;
use super::tally::{Kept, Replaced, Tally};

/// How many words are remembered, and the longest of them: what captures repeat are the words of paths.
const REMEMBERED: usize = 1 << 16;
const REMEMBERED_BYTES: usize = 64;

/// What becomes of a word, and who keeps it.
type Known = (Box<[u8]>, Option<Kept>);

/// Replaces words.
#[derive(Clone, Debug)]
pub(super) struct Words {
    key: [u8; 32],
    keep: Keep,
    known: HashMap<Box<[u8]>, Known>,
}

impl Words {
    /// What replaces by a key, but what is kept.
    pub(super) fn new(key: &Key, keep: Keep) -> Words {
        Words {
            key: key.words,
            keep,
            known: HashMap::new(),
        }
    }

    /// What is kept.
    pub(super) fn keep(&self) -> &Keep {
        &self.keep
    }

    /// Writes down what becomes of a word, and counts it.
    pub(super) fn replace(&mut self, word: &[u8], tally: &mut Tally, out: &mut Vec<u8>) {
        if let Some((replaced, by)) = self.known.get(word) {
            count(*by, tally);
            out.extend_from_slice(replaced);
            return;
        }
        let by = self.keep.word(word);
        count(by, tally);
        let replaced = match by {
            Some(_) => word.to_vec(),
            None => self.parts(word),
        };
        out.extend_from_slice(&replaced);
        if word.len() <= REMEMBERED_BYTES {
            if self.known.len() >= REMEMBERED {
                self.known.clear();
            }
            self.known.insert(word.into(), (replaced.into(), by));
        }
    }

    /// The same of a word in the name of a machine: that others have the word as well is no reason to keep it there.
    pub(super) fn replace_own(&mut self, word: &[u8], tally: &mut Tally, out: &mut Vec<u8>) {
        match self.keep.word(word) {
            None | Some(Kept::File | Kept::Letter) => self.replace(word, tally, out),
            Some(_) => {
                tally.replace(Replaced::Word);
                self.permute(Some(word), out);
            }
        }
    }

    /// The same of a single letter where it is none that names anything.
    pub(super) fn replace_typed(&mut self, word: &[u8], tally: &mut Tally, out: &mut Vec<u8>) {
        if self.keep.word(word) == Some(Kept::Letter) {
            tally.replace(Replaced::Word);
            self.permute(Some(word), out);
        } else {
            self.replace(word, tally, out);
        }
    }

    /// A word whose kept parts stay, and of which all else is replaced part by part.
    fn parts(&self, word: &[u8]) -> Vec<u8> {
        let mut replaced = Vec::with_capacity(word.len());
        let mut done = 0;
        for part in self.keep.parts_of(word) {
            self.permute(word.get(done..part.start), &mut replaced);
            done = part.end;
            replaced.extend_from_slice(word.get(part).unwrap_or_default());
        }
        self.permute(word.get(done..), &mut replaced);
        replaced
    }

    fn permute(&self, word: Option<&[u8]>, out: &mut Vec<u8>) {
        let Some(word) = word.filter(|word| !word.is_empty()) else {
            return;
        };
        // A replacement that is kept elsewhere, or has what rules look for, would be taken for what it is not.
        out.extend(permute::word(&self.key, word, |image| {
            self.keep.word(image).is_none_or(|by| by == Kept::Letter) && !self.keep.has_part(image)
        }));
    }
}

fn count(by: Option<Kept>, tally: &mut Tally) {
    match by {
        Some(by) => tally.keep(by),
        None => tally.replace(Replaced::Word),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use falco_rules::{Compared, Comparing};

    use super::*;

    /// Parts that rules look for anywhere in a word.
    fn words(parts: &[&str]) -> Words {
        let within = parts.iter().map(|part| Compared {
            comparing: Comparing::Within,
            text: part.as_bytes().into(),
            ignores_case: false,
        });
        let mut keep = Keep::default();
        let left = keep.add_compared(&within.collect::<Vec<_>>());
        assert!(left.is_empty());
        let secret: Vec<u8> = (0..64).collect();
        Words::new(&Key::of(&secret).expect("a key"), keep)
    }

    fn replaced(words: &mut Words, word: &str) -> String {
        let mut out = Vec::new();
        words.replace(word.as_bytes(), &mut Tally::default(), &mut out);
        String::from_utf8(out).expect("UTF-8 stays UTF-8")
    }

    #[test]
    fn the_longest_part_that_stands_first_is_kept_and_then_the_next() {
        let mut words = words(&["zor", "zorp", "rpq", "ququ"]);
        let image = replaced(&mut words, "wvzorpqwvquququwv");
        let at = |from: usize, to: usize| image.get(from..to).unwrap_or_default();
        assert_eq!((at(2, 6), at(9, 13)), ("zorp", "ququ"), "{image}");
        assert_eq!(image.len(), 17);
        assert_ne!((at(0, 2), at(6, 9)), ("wv", "qwv"), "{image}");
    }

    /// A word of a capture may be as long as a row.
    #[test]
    fn a_long_word_of_nothing_but_parts_takes_no_longer_than_others() {
        let parts: Vec<String> = (b'a'..=b'z')
            .map(|letter| format!("z{}", letter as char))
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let mut words = words(&parts);
        // Quadratic work or a stack as deep as the word would end this, and nothing else does on any machine.
        let most = Duration::from_secs(60);
        let begun = Instant::now();
        for of in ["zazb", "za0b", "za\u{e9}"] {
            let word = of.repeat(60_000 / of.len());
            assert_eq!(replaced(&mut words, &word).len(), word.len());
        }
        assert!(begun.elapsed() < most);
    }
}
