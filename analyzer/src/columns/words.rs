//! Text that many rows share, as a dictionary that is made while rows come.
//!
//! In: bytes, row by row. Out: a dictionary array whose entries are each there once.
//! Bytes are looked up as they are; only what is new becomes text.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use arrow_array::DictionaryArray;
use arrow_array::builder::{ArrayBuilder as _, PrimitiveBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::escape::push_escaped;

/// How many words that came lately are found without a hash; most columns have fewer.
const LATE: usize = 32;

/// A dictionary in the making.
pub(super) struct Words {
    keys: PrimitiveBuilder<Int32Type>,
    /// That of the last row.
    last: Option<i32>,
    texts: StringBuilder,
    /// The bytes of all entries, one behind the other, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// By length and first bytes: what was found there last.
    late: [u32; LATE],
    /// Kept between entries so that text does not allocate for each.
    scratch: String,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            keys: PrimitiveBuilder::new(),
            last: None,
            texts: StringBuilder::new(),
            bytes: Vec::new(),
            ends: Vec::new(),
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            late: [0; LATE],
            scratch: String::new(),
        }
    }
}

/// The bytes of an entry.
fn entry<'b>(bytes: &'b [u8], ends: &[usize], place: u32) -> Option<&'b [u8]> {
    let place = place as usize;
    let end = *ends.get(place)?;
    let start = place
        .checked_sub(1)
        .map_or(Some(0), |before| ends.get(before).copied());
    bytes.get(start?..end)
}

/// Where a word is looked for first.
fn late(word: &[u8]) -> usize {
    let byte = |place: usize| word.get(place).copied().map_or(0, usize::from);
    let last = word.last().copied().map_or(0, usize::from);
    (word.len() ^ byte(0) << 1 ^ byte(2) << 2 ^ last) % LATE
}

impl Words {
    /// Adds a row.
    pub(super) fn push(&mut self, word: Option<&[u8]>) {
        self.last = word.map(|word| self.place(word).cast_signed());
        self.keys.append_option(self.last);
    }

    /// Adds a row that is like the one before.
    pub(super) fn repeat(&mut self) {
        self.keys.append_option(self.last);
    }

    /// The place of a word among the entries.
    fn place(&mut self, word: &[u8]) -> u32 {
        let near = late(word);
        let guess = self.late.get(near).copied().unwrap_or_default();
        if entry(&self.bytes, &self.ends, guess) == Some(word) {
            return guess;
        }
        let hash = self.hasher.hash_one(word);
        let (bytes, ends) = (&self.bytes, &self.ends);
        let found = self
            .places
            .find(hash, |place| entry(bytes, ends, *place) == Some(word));
        let place = match found {
            Some(place) => *place,
            None => self.add(word, hash),
        };
        if let Some(late) = self.late.get_mut(near) {
            *late = place;
        }
        place
    }

    fn add(&mut self, word: &[u8], hash: u64) -> u32 {
        // A batch has far fewer rows than there are numbers.
        let place = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(word);
        self.ends.push(self.bytes.len());
        self.scratch.clear();
        push_escaped(word, &mut self.scratch);
        self.texts.append_value(&self.scratch);
        let (bytes, ends, hasher) = (&self.bytes, &self.ends, &self.hasher);
        self.places.insert_unique(hash, place, |place| {
            hasher.hash_one(entry(bytes, ends, *place).unwrap_or_default())
        });
        place
    }

    /// Bytes of the entries so far.
    pub(super) fn text_bytes(&self) -> usize {
        self.texts.values_slice().len()
    }

    /// The rows; it is empty after it.
    pub(super) fn finish(&mut self) -> DictionaryArray<Int32Type> {
        let next = PrimitiveBuilder::with_capacity(self.keys.len());
        let keys = std::mem::replace(&mut self.keys, next).finish();
        let texts = self.texts.finish();
        self.bytes.clear();
        self.ends.clear();
        self.places.clear();
        self.last = None;
        DictionaryArray::new(keys, Arc::new(texts))
    }
}
