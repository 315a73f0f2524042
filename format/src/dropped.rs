//! What retention took away, as DROPPED items carry it: so that a hole it made is not taken for evidence that somebody removed.
//!
//! Segment numbers in, ranges of them out. Why they were dropped is the recorder's matter, and whether a hole is explained that of `capture`.

use std::collections::BTreeMap;

use crate::bytes::{Cursor, Malformed, put_length, put_name, put_varint};
use crate::limits::{DROPPED_RANGES_MAX, NAME_MAX};

/// Segments of one directory that retention dropped, from one number to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DroppedRange {
    /// The name of the boot's directory below the root; empty for the one that the segment which tells lies in, [`DroppedRange::ROOT`] for the root itself.
    pub directory: String,
    /// The first number.
    pub first: u64,
    /// The last number.
    pub last: u64,
}

impl DroppedRange {
    /// How the root itself is named.
    pub const ROOT: &str = ".";
}

/// A set of segment numbers, as ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// First numbers with the last ones; no two ranges meet.
    ranges: BTreeMap<u64, u64>,
}

impl Numbers {
    /// Adds the numbers from one to another.
    pub fn insert(&mut self, first: u64, last: u64) {
        let (mut first, mut last) = (first, last);
        if first > last {
            return;
        }
        // Those that begin within it or right behind it become one with it.
        let reach = last.saturating_add(1);
        while let Some((start, end)) = self.ranges.range(..=reach).next_back() {
            let (start, end) = (*start, *end);
            if end.saturating_add(1) < first {
                break;
            }
            self.ranges.remove(&start);
            (first, last) = (first.min(start), last.max(end));
        }
        self.ranges.insert(first, last);
    }

    /// How many of the numbers from one to another are in it.
    pub fn count(&self, first: u64, last: u64) -> u64 {
        if first > last {
            return 0;
        }
        let meeting = self.ranges.range(..=last).rev();
        let meeting = meeting.take_while(|(_, end)| **end >= first);
        meeting.fold(0, |sum: u64, (start, end)| {
            let length = (*end).min(last).saturating_sub((*start).max(first));
            sum.saturating_add(length).saturating_add(1)
        })
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.ranges.iter().map(|(first, last)| (*first, *last))
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

/// Encodes a DROPPED payload. Of more than [`DROPPED_RANGES_MAX`] the last ones are left out.
pub(crate) fn encode(ranges: &[DroppedRange]) -> Vec<u8> {
    let ranges = ranges.get(..DROPPED_RANGES_MAX).unwrap_or(ranges);
    let mut out = Vec::new();
    put_length(&mut out, ranges.len());
    for range in ranges {
        put_name(&mut out, &range.directory, NAME_MAX);
        put_varint(&mut out, range.first);
        put_varint(&mut out, range.last.saturating_sub(range.first));
    }
    out
}

/// Decodes a DROPPED payload.
pub(crate) fn decode(payload: &[u8]) -> Result<Vec<DroppedRange>, Malformed> {
    let mut cursor = Cursor::new(payload);
    let count = cursor.length(DROPPED_RANGES_MAX)?;
    let mut ranges = Vec::new();
    for _ in 0..count {
        let directory = cursor.name(NAME_MAX)?;
        let at = cursor.malformed();
        let first = cursor.varint()?;
        let last = first.checked_add(cursor.varint()?).ok_or(at)?;
        ranges.push(DroppedRange {
            directory,
            first,
            last,
        });
    }
    cursor.finish()?;
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(ranges: &[(u64, u64)]) -> Numbers {
        let mut numbers = Numbers::default();
        for (first, last) in ranges {
            numbers.insert(*first, *last);
        }
        numbers
    }

    #[test]
    fn ranges_that_meet_become_one() {
        let check = |inserted: &[(u64, u64)], expected: &[(u64, u64)]| {
            let found: Vec<_> = numbers(inserted).ranges().collect();
            assert_eq!(found, expected, "{inserted:?}");
        };
        check(&[], &[]);
        check(&[(3, 2)], &[]);
        check(&[(1, 1), (2, 2), (3, 3)], &[(1, 3)]);
        check(&[(5, 7), (1, 2)], &[(1, 2), (5, 7)]);
        check(&[(5, 7), (1, 2), (3, 4)], &[(1, 7)]);
        check(&[(1, 9), (3, 4)], &[(1, 9)]);
        check(&[(3, 4), (6, 6), (1, 9)], &[(1, 9)]);
        check(&[(0, u64::MAX), (7, 7)], &[(0, u64::MAX)]);
    }

    #[test]
    fn numbers_are_counted_within_a_stretch() {
        let numbers = numbers(&[(1, 4), (8, 8), (10, 12)]);
        let check = |first, last, expected| {
            assert_eq!(numbers.count(first, last), expected, "{first}..={last}");
        };
        check(1, 12, 8);
        check(3, 9, 3);
        check(5, 7, 0);
        check(11, 11, 1);
        check(13, u64::MAX, 0);
        check(12, 11, 0);
    }

    #[test]
    fn payloads_come_back_and_cut_ones_are_refused() {
        let range = |directory: &str, first, last| DroppedRange {
            directory: directory.to_owned(),
            first,
            last,
        };
        let ranges = [
            range("", 1, 4),
            range("20260102T030405Z-89abcdef", 7, 7),
            range(DroppedRange::ROOT, 0, u64::MAX),
        ];
        let payload = encode(&ranges);
        assert_eq!(decode(&payload).expect("reads"), ranges);
        for length in 0..payload.len() {
            assert!(decode(&payload[..length]).is_err(), "{length}");
        }
        let mut overflowing = vec![1, 0];
        put_varint(&mut overflowing, u64::MAX);
        put_varint(&mut overflowing, 1);
        assert!(decode(&overflowing).is_err());
        assert!(decode(&[&payload[..], &[0]].concat()).is_err());
    }
}
