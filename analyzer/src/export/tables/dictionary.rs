//! The texts of a leaf of a row group, each once, and which of them each value is.
//!
//! In: arrays as tables make them, in the order of the rows: dictionaries, whose entries may repeat, or maps of text. Out: texts in the order in which values first are them, and their numbers.
//! An entry of a dictionary is looked up once for all rows of its array that have it; how rows were cut into arrays does not show.

use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, StringArray};
use hashbrown::{DefaultHashBuilder, HashTable};

/// What stands for a row without a text.
pub(super) const NOTHING: u32 = u32::MAX;
/// What stands for an entry that no row had yet.
const UNSEEN: u32 = u32::MAX - 1;

/// How many texts that came lately are found without a hash.
const LATE: usize = 256;

/// Texts of a leaf, and its values.
pub(super) struct Dictionary {
    /// All texts, one behind the other, and where each ends.
    bytes: String,
    ends: Vec<usize>,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// By length and some bytes: what was found there last.
    late: [u32; LATE],
    /// For each value the number of its text, or [`NOTHING`].
    pub(super) numbers: Vec<u32>,
}

impl Default for Dictionary {
    fn default() -> Self {
        Self {
            bytes: String::new(),
            ends: Vec::new(),
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            late: [0; LATE],
            numbers: Vec::new(),
        }
    }
}

/// Where a text is looked for first.
fn late_place(text: &[u8]) -> usize {
    let byte = |place: usize| text.get(place).copied().map_or(0, usize::from);
    let last = text.len().saturating_sub(1);
    (text.len() ^ byte(0) << 1 ^ byte(last / 2) << 2 ^ byte(last) << 3) % LATE
}

/// The entries of an array, and the numbers of those that were looked up.
struct Entries<'a> {
    texts: &'a StringArray,
    numbers: Vec<u32>,
}

impl Dictionary {
    /// The rows of arrays in the order given; none where arrays are no dictionaries of text, or where the texts are more bytes than `bytes_max`.
    pub(super) fn of(
        parts: &[ArrayRef],
        order: Option<&[(usize, usize)]>,
        bytes_max: usize,
    ) -> Option<Self> {
        let arrays: Option<Vec<&DictionaryArray<Int32Type>>> = parts
            .iter()
            .map(|part| part.as_dictionary_opt::<Int32Type>())
            .collect();
        let arrays = arrays?;
        let mut all: Vec<Entries<'_>> = Vec::new();
        let mut whose = Vec::with_capacity(arrays.len());
        let mut last: Option<&ArrayRef> = None;
        for array in &arrays {
            // Parts that were cut from one batch have its entries.
            if !last.is_some_and(|last| Arc::ptr_eq(last, array.values())) {
                let texts = array.values().as_string_opt::<i32>()?;
                let numbers = vec![UNSEEN; texts.len()];
                all.push(Entries { texts, numbers });
            }
            last = Some(array.values());
            whose.push(all.len().checked_sub(1)?);
        }
        let mut dictionary = Self::default();
        let rows = arrays.iter().map(|array| array.len()).sum();
        dictionary.numbers.reserve(rows);
        let is_done = match order {
            None => arrays.iter().zip(&whose).all(|(array, whose)| {
                let entries = all.get_mut(*whose);
                entries.is_some_and(|entries| dictionary.push_all(array, entries))
                    && dictionary.bytes.len() <= bytes_max
            }),
            Some(order) => order.iter().all(|(part, row)| {
                let entries = whose.get(*part).and_then(|whose| all.get_mut(*whose));
                let (Some(array), Some(entries)) = (arrays.get(*part), entries) else {
                    return false;
                };
                let keys = array.keys();
                let key = keys.is_valid(*row).then(|| keys.value(*row));
                dictionary.push(key, entries) && dictionary.bytes.len() <= bytes_max
            }),
        };
        is_done.then_some(dictionary)
    }

    fn push_all(&mut self, array: &DictionaryArray<Int32Type>, entries: &mut Entries<'_>) -> bool {
        let keys = array.keys();
        if keys.null_count() == 0 {
            return keys
                .values()
                .iter()
                .all(|key| self.push(Some(*key), entries));
        }
        keys.iter().all(|key| self.push(key, entries))
    }

    /// Adds a row. False where its key is none of the entries, which would be a defect of who made the array.
    #[inline]
    fn push(&mut self, key: Option<i32>, entries: &mut Entries<'_>) -> bool {
        let Some(key) = key else {
            self.numbers.push(NOTHING);
            return true;
        };
        let place = usize::try_from(key).unwrap_or(usize::MAX);
        let Some(number) = entries.numbers.get_mut(place) else {
            return false;
        };
        if *number == UNSEEN {
            let is_there = entries.texts.is_valid(place);
            *number = if is_there {
                self.number(entries.texts.value(place))
            } else {
                NOTHING
            };
        }
        self.numbers.push(*number);
        true
    }

    /// Adds a value that is looked up by itself.
    pub(super) fn push_text(&mut self, text: Option<&str>) {
        let Some(text) = text else {
            return self.numbers.push(NOTHING);
        };
        let late = late_place(text.as_bytes());
        let guess = self.late.get(late).copied().unwrap_or_default();
        let number = if self.len() > 0 && self.text(guess) == text {
            guess
        } else {
            self.number(text)
        };
        if let Some(late) = self.late.get_mut(late) {
            *late = number;
        }
        self.numbers.push(number);
    }

    /// The number of a text.
    fn number(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        let (bytes, ends) = (&self.bytes, &self.ends);
        let is_it = |number: &u32| text_of(bytes, ends, *number) == text;
        if let Some(number) = self.places.find(hash, is_it) {
            return *number;
        }
        // A row group has far fewer rows than there are numbers.
        let number = u32::try_from(self.ends.len()).unwrap_or(UNSEEN);
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        let (bytes, ends, hasher) = (&self.bytes, &self.ends, &self.hasher);
        self.places.insert_unique(hash, number, |number| {
            hasher.hash_one(text_of(bytes, ends, *number))
        });
        number
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A text by its number.
    pub(super) fn text(&self, number: u32) -> &str {
        text_of(&self.bytes, &self.ends, number)
    }

    /// How many bytes a text has.
    pub(super) fn bytes_of(&self, number: u32) -> usize {
        range_of(&self.ends, number).len()
    }

    /// How many bytes all texts have together.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// All texts, in the order of their numbers.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let numbers = 0..u32::try_from(self.ends.len()).unwrap_or(UNSEEN);
        numbers.map(|number| self.text(number))
    }
}

fn range_of(ends: &[usize], number: u32) -> Range<usize> {
    let place = number as usize;
    let start = place.checked_sub(1).and_then(|before| ends.get(before));
    start.copied().unwrap_or(0)..ends.get(place).copied().unwrap_or(0)
}

fn text_of<'t>(bytes: &'t str, ends: &[usize], number: u32) -> &'t str {
    bytes.get(range_of(ends, number)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries that repeat each other, and one that no row has.
    fn part(rows: &[Option<&str>], entries: &[Option<&str>]) -> ArrayRef {
        let key = |row: &Option<&str>| {
            let found = entries
                .iter()
                .rposition(|entry| entry == row && row.is_some());
            found.map(|place| i32::try_from(place).expect("few entries"))
        };
        let keys = rows.iter().map(key).collect();
        let entries: ArrayRef = Arc::new(entries.iter().copied().collect::<StringArray>());
        Arc::new(DictionaryArray::<Int32Type>::try_new(keys, entries).expect("an array"))
    }

    fn check(parts: &[ArrayRef], order: Option<&[(usize, usize)]>, expected: (&[&str], &[u32])) {
        let found = Dictionary::of(parts, order, 1_000).expect("a dictionary");
        assert_eq!(found.texts().collect::<Vec<_>>(), expected.0);
        assert_eq!(found.numbers, expected.1);
    }

    #[test]
    fn texts_are_numbered_as_rows_have_them() {
        let (a, b, c) = (Some("a"), Some("b"), Some("c"));
        let first = part(&[b, None, a, b], &[a, b, c, b]);
        let second = part(&[c, a, Some("")], &[Some(""), c, a, None]);
        let parts = [first.slice(0, 3), first.slice(3, 1), second.clone()];
        let texts: &[&str] = &["b", "a", "c", ""];
        check(&parts, None, (texts, &[0, NOTHING, 1, 0, 2, 1, 3]));
        check(
            &[first, second],
            None,
            (texts, &[0, NOTHING, 1, 0, 2, 1, 3]),
        );
        let order = [(2, 0), (0, 2), (0, 1), (1, 0)];
        check(
            &parts,
            Some(&order),
            (&["c", "a", "b"], &[0, 1, NOTHING, 2]),
        );
    }

    #[test]
    fn what_is_no_small_dictionary_is_none() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
        assert!(Dictionary::of(&[texts], None, 1_000).is_none());
        let long = part(&[Some("abc"), Some("de")], &[Some("abc"), Some("de")]);
        assert!(Dictionary::of(std::slice::from_ref(&long), None, 5).is_some());
        assert!(Dictionary::of(&[long], None, 4).is_none());
    }
}
