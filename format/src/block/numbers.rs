//! One column of numbers as bytes that compress well.
//!
//! A column of n numbers is a tag and what the tag asks for:
//! constant (one varint), planes (the lowest byte of every number, then the next byte of every number, and so on), dictionary (the distinct numbers, then each row's index), or differences (the first number, then planes of zigzag differences).
//! The caller knows n. Nothing here knows what a number means.
//!
//! Read, a column stays as it lies in the decompressed bytes ([`Numbers`]): most columns are asked of few of their rows.

use hashbrown::HashMap;

use crate::bytes::{Cursor, Malformed, put_length, put_varint, unzigzag, zigzag};

const CONSTANT: u8 = 0;
const PLANES: u8 = 1;
const DICTIONARY: u8 = 2;
const DIFFERENCES: u8 = 3;

/// The most entries of a dictionary: indices take at most two bytes.
const DICTIONARY_MAX: usize = 1 << 16;

/// Appends a column.
pub(super) fn encode(out: &mut Vec<u8>, values: &[u64]) {
    let Some((first, rest)) = values.split_first() else {
        return;
    };
    if rest.iter().all(|value| value == first) {
        out.push(CONSTANT);
        put_varint(out, *first);
        return;
    }
    let width = byte_width(values);
    if width > 1
        && let Some(dictionary) = Dictionary::of(values, width)
    {
        out.push(DICTIONARY);
        put_length(out, dictionary.entries.len());
        put_planes(out, &dictionary.entries);
        put_planes(out, &dictionary.indices);
        return;
    }
    if width > 1
        && let Some(differences) = differences_if_shorter(values)
    {
        out.push(DIFFERENCES);
        put_varint(out, *first);
        put_planes(out, &differences);
        return;
    }
    out.push(PLANES);
    put_planes(out, values);
}

/// Reads a column of `count` numbers. The caller has bounded `count`.
pub(super) fn decode(cursor: &mut Cursor<'_>, count: usize) -> Result<Vec<u64>, Malformed> {
    let numbers = Numbers::parse(cursor, count)?;
    Ok(numbers.to_vec(cursor.whole(), count))
}

/// A column of numbers as it lies in the bytes that it was read from, its arena. A number is put together when it is asked for.
#[derive(Clone, Debug)]
pub(super) enum Numbers {
    /// All are the same.
    Constant(u64),
    /// The bytes of the numbers.
    Planes(Planes),
    /// Every index has its entry.
    Dictionary { entries: Vec<u64>, indices: Planes },
    /// The numbers, where one rests on those before it.
    Each(Vec<u64>),
}

impl Numbers {
    /// Takes a column of `count` numbers; what the cursor was made over is their arena. The caller has bounded `count`.
    pub(super) fn parse(cursor: &mut Cursor<'_>, count: usize) -> Result<Numbers, Malformed> {
        if count == 0 {
            return Ok(Numbers::Each(Vec::new()));
        }
        let (at, arena) = (cursor.malformed(), cursor.whole());
        match cursor.u8()? {
            CONSTANT => Ok(Numbers::Constant(cursor.varint()?)),
            PLANES => Ok(Numbers::Planes(Planes::parse(cursor, count)?)),
            DICTIONARY => {
                let length = cursor.length(DICTIONARY_MAX.min(count))?;
                let entries = Planes::parse(cursor, length)?.to_vec(arena);
                let indices = Planes::parse(cursor, count)?;
                if indices.are_below(arena, entries.len() as u64) {
                    Ok(Numbers::Dictionary { entries, indices })
                } else {
                    Err(at)
                }
            }
            DIFFERENCES => {
                let mut last = cursor.varint()?;
                let differences = Planes::parse(cursor, count.saturating_sub(1))?;
                let mut values = Vec::with_capacity(count);
                values.push(last);
                for difference in differences.to_vec(arena) {
                    last = last.wrapping_add(unzigzag(difference) as u64);
                    values.push(last);
                }
                Ok(Numbers::Each(values))
            }
            _ => Err(at),
        }
    }

    /// The number of a row; none behind the end.
    #[inline]
    pub(super) fn get(&self, arena: &[u8], row: usize) -> Option<u64> {
        match self {
            Numbers::Constant(value) => Some(*value),
            Numbers::Planes(planes) => planes.get(arena, row),
            Numbers::Dictionary { entries, indices } => {
                let index = usize::try_from(indices.get(arena, row)?).ok()?;
                entries.get(index).copied()
            }
            Numbers::Each(values) => values.get(row).copied(),
        }
    }

    /// All `count` numbers.
    pub(super) fn to_vec(&self, arena: &[u8], count: usize) -> Vec<u64> {
        match self {
            Numbers::Constant(value) => vec![*value; count],
            Numbers::Planes(planes) => planes.to_vec(arena),
            Numbers::Dictionary { entries, indices } => {
                let mut values = indices.to_vec(arena);
                for value in &mut values {
                    *value = entries.get(*value as usize).copied().unwrap_or(0);
                }
                values
            }
            Numbers::Each(values) => values.clone(),
        }
    }

    /// All `count` numbers, where they are known to be places that take 16 bits.
    pub(super) fn to_places(&self, arena: &[u8], count: usize) -> Vec<u16> {
        match self {
            Numbers::Constant(value) => vec![*value as u16; count],
            Numbers::Planes(planes) => planes.to_places(arena),
            Numbers::Dictionary { entries, indices } => {
                let mut places = indices.to_places(arena);
                for place in &mut places {
                    let entry = entries.get(usize::from(*place));
                    *place = entry.copied().unwrap_or(0) as u16;
                }
                places
            }
            Numbers::Each(values) => values.iter().map(|value| *value as u16).collect(),
        }
    }

    /// Whether every number is below a limit.
    pub(super) fn are_below(&self, arena: &[u8], limit: u64) -> bool {
        match self {
            Numbers::Constant(value) => *value < limit,
            Numbers::Planes(planes) => planes.are_below(arena, limit),
            Numbers::Dictionary { entries, .. } => entries.iter().all(|entry| *entry < limit),
            Numbers::Each(values) => values.iter().all(|value| *value < limit),
        }
    }
}

/// Where the bytes of numbers lie: the lowest one of each, then the next one of each, and so on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planes {
    at: usize,
    count: usize,
    width: usize,
}

impl Planes {
    /// Takes the planes of `count` numbers. That their bytes are there is checked before memory is taken for what they become.
    fn parse(cursor: &mut Cursor<'_>, count: usize) -> Result<Planes, Malformed> {
        let at = cursor.malformed();
        let width = usize::from(cursor.u8()?);
        if !(1..=8).contains(&width) {
            return Err(at);
        }
        let start = cursor.offset();
        cursor.take(width.checked_mul(count).ok_or(at)?)?;
        Ok(Planes {
            at: start,
            count,
            width,
        })
    }

    fn plane(self, arena: &[u8], plane: usize) -> &[u8] {
        let start = self.at.saturating_add(plane.saturating_mul(self.count));
        let end = start.saturating_add(self.count);
        arena.get(start..end).unwrap_or_default()
    }

    #[inline]
    fn get(self, arena: &[u8], row: usize) -> Option<u64> {
        if row >= self.count {
            return None;
        }
        let at = self.at.saturating_add(row);
        let lowest = u64::from(*arena.get(at)?);
        if self.width == 1 {
            return Some(lowest);
        }
        self.with_upper(arena, at, lowest)
    }

    /// A number of several bytes, by its lowest one and where that stands.
    fn with_upper(self, arena: &[u8], mut at: usize, lowest: u64) -> Option<u64> {
        let mut value = lowest;
        for plane in 1..self.width {
            at = at.saturating_add(self.count);
            value |= u64::from(*arena.get(at)?) << (8 * plane);
        }
        Some(value)
    }

    fn to_vec(self, arena: &[u8]) -> Vec<u64> {
        let lowest = self.plane(arena, 0).iter();
        let mut values: Vec<u64> = lowest.map(|byte| u64::from(*byte)).collect();
        for plane in 1..self.width {
            for (value, byte) in values.iter_mut().zip(self.plane(arena, plane)) {
                *value |= u64::from(*byte) << (8 * plane);
            }
        }
        values
    }

    /// The numbers, where they are known to take 16 bits; bytes above those are all zero then.
    fn to_places(self, arena: &[u8]) -> Vec<u16> {
        let lowest = self.plane(arena, 0).iter().map(|byte| u16::from(*byte));
        if self.width == 1 {
            return lowest.collect();
        }
        let next = self.plane(arena, 1).iter();
        let both = lowest.zip(next.map(|byte| u16::from(*byte) << 8));
        both.map(|(low, high)| low | high).collect()
    }

    fn are_below(self, arena: &[u8], limit: u64) -> bool {
        let fits = |bits: usize| limit.checked_shr(bits as u32).unwrap_or(0) > 0;
        let most = |plane: usize| {
            self.plane(arena, plane)
                .iter()
                .fold(0, |most, byte| *byte.max(&most))
        };
        if fits(8 * self.width) {
            return true;
        }
        if self.width == 1 {
            return self.count == 0 || u64::from(most(0)) < limit;
        }
        (0..self.count).all(|row| self.get(arena, row).is_some_and(|value| value < limit))
    }
}

/// Bytes that the largest number takes; at least one.
fn byte_width(values: &[u64]) -> usize {
    let bits = values.iter().fold(0, |all, value| all | value);
    bytes_of(bits).max(1)
}

fn bytes_of(value: u64) -> usize {
    (64 - value.leading_zeros() as usize).div_ceil(8)
}

fn put_planes(out: &mut Vec<u8>, values: &[u64]) {
    let width = byte_width(values);
    out.push(width as u8);
    out.reserve(width.saturating_mul(values.len()));
    for plane in 0..width {
        out.extend(values.iter().map(|value| (value >> (8 * plane)) as u8));
    }
}

/// Distinct values in the order of their first row, and each row's index.
struct Dictionary {
    entries: Vec<u64>,
    indices: Vec<u64>,
}

impl Dictionary {
    /// A dictionary, where it leaves at most three quarters of the bytes that planes of `width` would take.
    fn of(values: &[u64], width: usize) -> Option<Dictionary> {
        let most = (values.len() / 4).min(DICTIONARY_MAX);
        let mut places: HashMap<u64, u64> = HashMap::new();
        let mut dictionary = Dictionary {
            entries: Vec::new(),
            indices: Vec::with_capacity(values.len()),
        };
        for value in values {
            let next = dictionary.entries.len();
            let index = *places.entry(*value).or_insert(next as u64);
            if index == next as u64 {
                if next >= most {
                    return None;
                }
                dictionary.entries.push(*value);
            }
            dictionary.indices.push(index);
        }
        let index_width = if dictionary.entries.len() > 256 { 2 } else { 1 };
        let with = index_width * values.len() + width * dictionary.entries.len();
        (with * 4 <= width * values.len() * 3).then_some(dictionary)
    }
}

/// The zigzag differences between neighbours, where their bits are at most three quarters of the values'.
fn differences_if_shorter(values: &[u64]) -> Option<Vec<u64>> {
    let differences: Vec<u64> = values
        .iter()
        .zip(values.iter().skip(1))
        .map(|(last, next)| zigzag(next.wrapping_sub(*last) as i64))
        .collect();
    let bytes = |values: &[u64]| values.iter().map(|value| bytes_of(*value)).sum::<usize>();
    let width = byte_width(&differences);
    let shorter = width <= byte_width(values) && bytes(&differences) * 4 <= bytes(values) * 3;
    shorter.then_some(differences)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(values: &[u64], tag: Option<u8>) {
        let mut out = Vec::new();
        encode(&mut out, values);
        if let Some(tag) = tag {
            assert_eq!(out.first(), Some(&tag), "{values:?}");
        }
        let mut cursor = Cursor::new(&out);
        assert_eq!(decode(&mut cursor, values.len()).as_deref(), Ok(values));
        assert_eq!(cursor.finish(), Ok(()));
        for end in 0..out.len() {
            let cut = out.get(..end).expect("within");
            assert!(decode(&mut Cursor::new(cut), values.len()).is_err());
        }
    }

    #[test]
    fn each_form_comes_back() {
        check(&[], None);
        check(&[7; 100], Some(CONSTANT));
        check(&[1, 2, 3, 255], Some(PLANES));
        check(&[u64::MAX, 0, 1 << 33], None);
        let repeated: Vec<u64> = (0..400).map(|row| (row % 5) * 1_000_003).collect();
        check(&repeated, Some(DICTIONARY));
        let rising: Vec<u64> = (0..400).map(|row| 0xffff_ffff_0000 + row * 3).collect();
        check(&rising, Some(DIFFERENCES));
    }

    proptest! {
        #[test]
        fn any_column_comes_back(values in prop::collection::vec(any::<u64>(), 0..50), shift in 0u32..64) {
            let values: Vec<u64> = values.iter().map(|value| value >> shift).collect();
            check(&values, None);
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0usize..100) {
            if let Ok(values) = decode(&mut Cursor::new(&bytes), count) {
                prop_assert_eq!(values.len(), count);
            }
        }
    }
}
