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
use parquet::basic::Type;
use parquet::data_type::ByteArray;
use parquet::file::statistics::{Statistics, ValueStatistics};

use super::entries::{Entries, NOTHING, lower, upper};

/// What stands for an entry that no row had yet.
const UNSEEN: u32 = u32::MAX - 1;

/// Texts that are looked up in any case, however few values have each of them.
const TEXTS_MIN: usize = 1 << 15;
/// How many values each text must have beyond that.
const VALUES_PER_TEXT: usize = 2;
/// Bytes of texts that are written each once: readers hold them all.
const SHARED_BYTES_MAX: usize = 8 << 20;
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
    /// Whether texts are too many for what they save: no other is looked up any more, and pages have the texts themselves.
    is_vain: bool,
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
            is_vain: false,
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
struct Part<'a> {
    texts: &'a StringArray,
    numbers: Vec<u32>,
}

impl Dictionary {
    /// The rows of arrays in the order given; none where arrays are no dictionaries of text, or texts are more bytes than `bytes_max`.
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
        let mut all: Vec<Part<'_>> = Vec::new();
        let mut whose = Vec::with_capacity(arrays.len());
        let mut last: Option<&ArrayRef> = None;
        for array in &arrays {
            // Parts that were cut from one batch have its entries.
            if !last.is_some_and(|last| Arc::ptr_eq(last, array.values())) {
                let texts = array.values().as_string_opt::<i32>()?;
                let numbers = vec![UNSEEN; texts.len()];
                all.push(Part { texts, numbers });
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
                    && dictionary.is_within(bytes_max)
            }),
            Some(order) => order.iter().all(|(part, row)| {
                let entries = whose.get(*part).and_then(|whose| all.get_mut(*whose));
                let (Some(array), Some(entries)) = (arrays.get(*part), entries) else {
                    return false;
                };
                let keys = array.keys();
                let key = keys.is_valid(*row).then(|| keys.value(*row));
                dictionary.push(key, entries) && dictionary.is_within(bytes_max)
            }),
        };
        is_done.then_some(dictionary)
    }

    /// The texts of plain arrays in the order given; none where arrays are no text, or texts are more bytes than `bytes_max`.
    pub(super) fn of_texts(
        parts: &[ArrayRef],
        order: Option<&[(usize, usize)]>,
        bytes_max: usize,
    ) -> Option<Self> {
        let parts: Option<Vec<&StringArray>> = parts
            .iter()
            .map(|part| part.as_string_opt::<i32>())
            .collect();
        let parts = parts?;
        let mut dictionary = Self::default();
        let mut push = |part: usize, row: usize| {
            let texts = parts.get(part).filter(|texts| texts.is_valid(row));
            dictionary.push_text(texts.map(|texts| texts.value(row)));
            dictionary.is_within(bytes_max)
        };
        let is_done = match order {
            None => parts
                .iter()
                .enumerate()
                .all(|(part, texts)| (0..texts.len()).all(|row| push(part, row))),
            Some(order) => order.iter().all(|(part, row)| push(*part, *row)),
        };
        is_done.then_some(dictionary)
    }

    fn push_all(&mut self, array: &DictionaryArray<Int32Type>, entries: &mut Part<'_>) -> bool {
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
    fn push(&mut self, key: Option<i32>, entries: &mut Part<'_>) -> bool {
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
        let number = if self.count() > 0 && self.text(guess) == text {
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
        if self.is_vain {
            return self.add(text);
        }
        let hash = self.hasher.hash_one(text);
        let (bytes, ends) = (&self.bytes, &self.ends);
        let is_it = |number: &u32| text_of(bytes, ends, *number) == text;
        if let Some(number) = self.places.find(hash, is_it) {
            return *number;
        }
        let number = self.add(text);
        let (bytes, ends, hasher) = (&self.bytes, &self.ends, &self.hasher);
        self.places.insert_unique(hash, number, |number| {
            hasher.hash_one(text_of(bytes, ends, *number))
        });
        // Asked where a text is new, so that it does not depend on how rows were cut.
        let count = self.ends.len();
        let is_unlike = count > TEXTS_MIN && count * VALUES_PER_TEXT > self.numbers.len();
        self.is_vain = is_unlike || self.bytes.len() > SHARED_BYTES_MAX;
        number
    }

    fn add(&mut self, text: &str) -> u32 {
        // A row group has far fewer values than there are numbers.
        let number = u32::try_from(self.ends.len()).unwrap_or(UNSEEN);
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        number
    }

    /// How many texts there are.
    fn count(&self) -> usize {
        self.ends.len()
    }

    /// A text by its number.
    fn text(&self, number: u32) -> &str {
        text_of(&self.bytes, &self.ends, number)
    }

    /// Whether the texts are no more bytes than that.
    pub(super) fn is_within(&self, bytes_max: usize) -> bool {
        self.bytes.len() <= bytes_max
    }
}

impl Entries for Dictionary {
    type Value<'d> = &'d str;

    const TYPE: Type = Type::BYTE_ARRAY;

    fn is_plain(&self) -> bool {
        self.is_vain
    }

    fn len(&self) -> usize {
        self.count()
    }

    #[inline]
    fn value(&self, number: u32) -> &str {
        self.text(number)
    }

    fn write(text: &str, out: &mut Vec<u8>) {
        // Text of a batch is bounded far below it.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    }

    #[inline]
    fn text_bytes(&self, number: u32) -> usize {
        range_of(&self.ends, number).len()
    }

    fn bounds(low: &str, high: &str) -> [(Vec<u8>, bool); 2] {
        let ((low, is_least), (high, is_greatest)) = (lower(low), upper(high));
        [(low.into(), is_least), (high.into(), is_greatest)]
    }

    fn statistics(bounds: Option<[(Vec<u8>, bool); 2]>, nulls: u64) -> Statistics {
        let (low, high) = bounds.map(|[low, high]| (low, high)).unzip();
        let is_exact =
            |bound: &Option<(Vec<u8>, bool)>| bound.as_ref().is_some_and(|bound| bound.1);
        let (is_least, is_greatest) = (is_exact(&low), is_exact(&high));
        let value = |bound: (Vec<u8>, bool)| ByteArray::from(bound.0);
        let both = ValueStatistics::new(low.map(value), high.map(value), None, Some(nulls), false);
        let both = both.with_min_is_exact(is_least);
        Statistics::ByteArray(both.with_max_is_exact(is_greatest))
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

    fn texts_of(found: &Dictionary) -> Vec<&str> {
        (0..found.len() as u32)
            .map(|number| found.value(number))
            .collect()
    }

    fn check(parts: &[ArrayRef], order: Option<&[(usize, usize)]>, expected: (&[&str], &[u32])) {
        let found = Dictionary::of(parts, order, 1_000).expect("a dictionary");
        assert_eq!(texts_of(&found), expected.0);
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

    #[test]
    fn texts_that_hardly_repeat_are_plain() {
        let check = |texts: usize, rows: usize, is_plain: bool| {
            let texts = (0..rows).map(|row| (row % texts).to_string());
            let array: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
            let cuts = [0, 1, rows / 3, rows].map(|cut| cut.min(rows));
            let cut = |ends: &[usize]| array.slice(ends[0], ends[1] - ends[0]);
            let parts: Vec<ArrayRef> = cuts.windows(2).map(cut).collect();
            for parts in [&parts[..], std::slice::from_ref(&array)] {
                let found = Dictionary::of_texts(parts, None, usize::MAX);
                assert_eq!(found.expect("texts").is_plain(), is_plain);
            }
        };
        check(TEXTS_MIN, TEXTS_MIN, false);
        check(TEXTS_MIN + 1, TEXTS_MIN + 1, true);
        check(10, TEXTS_MIN * 2, false);
    }
}
