//! What stays as it is: words, parts of words, networks, short numbers.
//!
//! In: the words that every Linux machine has, a file of one's own, what rules compare with. Out: of a word whether it is kept and who says so.
//! A word is kept wherever it stands, or nowhere: were it kept in one place alone, two equal words would no longer be equal.

mod file;
mod literals;

use std::ops::Range;
use std::path::PathBuf;

use hashbrown::HashMap;

use super::address::Network;
use super::key::Key;
use super::pieces::{Piece, pieces};
use super::tally::Kept;

pub use file::KeepError;

/// Digits of the longest number that is kept unless a file says otherwise: those of a port.
const DIGITS: usize = 5;
/// Digits that a kept word may have behind it.
const BEHIND_MAX: usize = 2;
/// Letters of the shortest word that may have digits behind it: shorter ones are parts of names, not names of devices.
const BEFORE_MIN: usize = 2;

/// A part of a word that is kept within others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) text: Box<[u8]>,
    /// Whether capitals are the same as small letters.
    pub(super) ignores_case: bool,
    /// Where in a word it is looked for.
    pub(super) stands: Stands,
}

/// Where a part of a word stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    Anywhere,
    AtBegin,
    AtEnd,
}

/// What is kept.
#[derive(Clone, Debug)]
pub struct Keep {
    words: HashMap<Box<[u8]>, Kept>,
    /// Words whose case does not matter, in small letters.
    any_case: HashMap<Box<[u8]>, Kept>,
    parts: Vec<Part>,
    networks: Vec<Network>,
    digits: usize,
    /// Words that are replaced whoever keeps them.
    replaced: Vec<Box<[u8]>>,
}

impl Default for Keep {
    fn default() -> Self {
        let mut keep = Keep::bare();
        keep.add_built_in();
        keep
    }
}

impl Keep {
    /// Nothing but what readers of captures look for.
    fn bare() -> Self {
        let mut keep = Keep {
            words: HashMap::new(),
            any_case: HashMap::new(),
            parts: Vec::new(),
            networks: Vec::new(),
            digits: DIGITS,
            replaced: Vec::new(),
        };
        let structure = file::built_in().remove("structure").unwrap_or_default();
        keep.add_text(&structure, Kept::BuiltIn);
        keep
    }

    fn add_built_in(&mut self) {
        let lists = file::built_in();
        lists
            .values()
            .for_each(|list| self.add_text(list, Kept::BuiltIn));
    }

    /// What files say beside what is built in.
    ///
    /// # Errors
    /// When a file cannot be read, or says what is not known.
    pub fn read(files: &[PathBuf]) -> Result<Keep, KeepError> {
        let files: Vec<_> = files
            .iter()
            .map(|path| file::read(path))
            .collect::<Result<_, _>>()?;
        let has_built_in = files.iter().all(|file| file.built_in);
        let mut keep = if has_built_in {
            Keep::default()
        } else {
            Keep::bare()
        };
        for file in files {
            for words in &file.words {
                keep.add_text(words, Kept::File);
            }
            keep.networks.extend(file.networks);
            keep.digits = file.numbers.unwrap_or(keep.digits);
            for words in &file.replace {
                let words = pieces(words.as_bytes()).filter(|piece| is_name(*piece));
                keep.replaced.extend(words.map(|word| word.bytes().into()));
            }
        }
        for word in &keep.replaced {
            keep.words.remove(word);
        }
        Ok(keep)
    }

    /// A value by which what is kept is known again, to who has the key: the same key gives the same replacements where this is the same too.
    #[must_use]
    pub fn fingerprint(&self, key: &Key) -> String {
        const DIGITS: usize = 16;
        let mut said: Vec<Vec<u8>> = Vec::new();
        let words = self.words.keys().map(|word| (b'w', word));
        let any_case = self.any_case.keys().map(|word| (b'c', word));
        let replaced = self.replaced.iter().map(|word| (b'r', word));
        for (kind, word) in words.chain(any_case).chain(replaced) {
            said.push([&[kind], &**word].concat());
        }
        for part in &self.parts {
            let how = [b'p', part.stands as u8, u8::from(part.ignores_case)];
            said.push([&how[..], &part.text].concat());
        }
        let networks = self.networks.iter();
        said.extend(networks.map(|network| format!("n{network:?}").into_bytes()));
        said.push(format!("d{}", self.digits).into_bytes());
        said.sort();
        said.dedup();
        let mut hash = blake3::Hasher::new_keyed(&key.kept);
        for each in said {
            hash.update(&(each.len() as u64).to_le_bytes());
            hash.update(&each);
        }
        let mut digits = hash.finalize().to_hex().to_string();
        digits.truncate(DIGITS);
        digits
    }

    /// Keeps every word of a text, and every address in it.
    fn add_text(&mut self, text: &str, by: Kept) {
        for piece in pieces(text.as_bytes()) {
            self.add_piece(piece, by);
        }
    }

    fn add_piece(&mut self, piece: Piece<'_>, by: Kept) {
        if let Piece::Address(_, address, _) = piece {
            self.networks.extend(address.to_string().parse::<Network>());
        }
        if is_name(piece) && !self.replaced.iter().any(|word| **word == *piece.bytes()) {
            self.words.entry(piece.bytes().into()).or_insert(by);
        }
    }

    /// Keeps a word in any case.
    fn add_any_case(&mut self, piece: Piece<'_>, by: Kept) {
        if is_name(piece) {
            let small = piece.bytes().to_ascii_lowercase();
            self.any_case.entry(small.into()).or_insert(by);
        }
    }

    /// Who keeps a word.
    pub(super) fn word(&self, word: &[u8]) -> Option<Kept> {
        if self.replaced.iter().any(|replaced| **replaced == *word) {
            return None;
        }
        if let [letter] = word
            && letter.is_ascii()
        {
            return Some(Kept::Letter);
        }
        let known = self.listed(word);
        known.or_else(|| {
            let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit());
            let behind = digits.count();
            let before = word.get(..word.len().checked_sub(behind)?)?;
            let is_numbered = (1..=BEHIND_MAX).contains(&behind) && before.len() >= BEFORE_MIN;
            self.listed(before).filter(|_| is_numbered)
        })
    }

    fn listed(&self, word: &[u8]) -> Option<Kept> {
        let listed = self.words.get(word).copied();
        listed.or_else(|| {
            if self.any_case.is_empty() {
                return None;
            }
            let small = word.to_ascii_lowercase();
            self.any_case.get(small.as_slice()).copied()
        })
    }

    /// Who keeps digits, with what joins them.
    pub(super) fn digits(&self, digits: &[u8]) -> Option<Kept> {
        let count = digits.iter().filter(|byte| byte.is_ascii_digit()).count();
        if count <= self.digits {
            return Some(Kept::Number);
        }
        self.words.get(digits).copied()
    }

    /// Where the parts of a word are that are kept within it: the one that stands first, the longest of those, and so on behind it.
    pub(super) fn parts_of(&self, word: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut done = 0;
        // Where each stands next, so that a long word is gone through once for each and not for each that is found.
        let mut next: Vec<_> = self
            .parts
            .iter()
            .map(|part| (part, part.place(word, 0)))
            .collect();
        loop {
            for (part, place) in &mut next {
                if place.is_some_and(|place| place < done) {
                    *place = part.place(word, done);
                }
            }
            let places = next
                .iter()
                .filter_map(|(part, place)| Some(((*place)?, part.text.len())));
            let first = places.min_by_key(|(place, length)| (*place, usize::MAX - length));
            let Some((place, length)) = first.filter(|(_, length)| *length > 0) else {
                return found;
            };
            done = place.saturating_add(length);
            found.push(place..done);
        }
    }

    /// Whether any part is within a word.
    pub(super) fn has_part(&self, word: &[u8]) -> bool {
        self.parts.iter().any(|part| part.place(word, 0).is_some())
    }

    /// The parts that are kept within bytes that are no text.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The networks whose addresses are kept.
    pub(super) fn networks(&self) -> &[Network] {
        &self.networks
    }
}

/// Whether a piece names something.
fn is_name(piece: Piece<'_>) -> bool {
    matches!(
        piece,
        Piece::Word(_) | Piece::Digits(_) | Piece::Hex(_) | Piece::Kernel(_)
    )
}

impl Part {
    /// Where it stands first in a word, from a place on.
    pub(super) fn place(&self, word: &[u8], from: usize) -> Option<usize> {
        let length = self.text.len();
        let last = word.len().checked_sub(length)?;
        let is_at = |place: &usize| {
            word.get(*place..*place + length).is_some_and(|there| {
                if self.ignores_case {
                    there.eq_ignore_ascii_case(&self.text)
                } else {
                    *there == *self.text
                }
            })
        };
        match self.stands {
            Stands::AtBegin => (from..=0).find(is_at),
            Stands::AtEnd => (from.max(last)..=last).find(is_at),
            Stands::Anywhere => (from..=last).find(is_at),
        }
    }
}
