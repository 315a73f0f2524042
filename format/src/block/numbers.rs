//! One column of numbers as bytes that compress well.
//!
//! A column of n numbers is a tag and what the tag asks for:
//! constant (one varint), planes (the lowest byte of every number, then the next byte of every number, and so on), dictionary (the distinct numbers, then each row's index), or differences (the first number, then planes of zigzag differences).
//! The caller knows n. Nothing here knows what a number means.

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
    if count == 0 {
        return Ok(Vec::new());
    }
    let at = cursor.malformed();
    match cursor.u8()? {
        CONSTANT => Ok(vec![cursor.varint()?; count]),
        PLANES => take_planes(cursor, count),
        DICTIONARY => {
            let length = cursor.length(DICTIONARY_MAX.min(count))?;
            let entries = take_planes(cursor, length)?;
            let mut values = take_planes(cursor, count)?;
            for value in &mut values {
                let entry = usize::try_from(*value)
                    .ok()
                    .and_then(|index| entries.get(index));
                *value = *entry.ok_or(at)?;
            }
            Ok(values)
        }
        DIFFERENCES => {
            let mut last = cursor.varint()?;
            let mut values = Vec::with_capacity(count);
            values.push(last);
            for difference in take_planes(cursor, count.saturating_sub(1))? {
                last = last.wrapping_add(unzigzag(difference) as u64);
                values.push(last);
            }
            Ok(values)
        }
        _ => Err(at),
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

fn take_planes(cursor: &mut Cursor<'_>, count: usize) -> Result<Vec<u64>, Malformed> {
    let at = cursor.malformed();
    let width = cursor.u8()?;
    if !(1..=8).contains(&width) {
        return Err(at);
    }
    // The first plane is taken before memory is, so that a count without bytes behind it allocates nothing.
    let mut values: Vec<u64> = cursor
        .take(count)?
        .iter()
        .map(|byte| u64::from(*byte))
        .collect();
    for plane in 1..u32::from(width) {
        for (value, byte) in values.iter_mut().zip(cursor.take(count)?) {
            *value |= u64::from(*byte) << (8 * plane);
        }
    }
    Ok(values)
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
