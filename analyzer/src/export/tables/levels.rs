//! Where values of a leaf stand: rows as Parquet's levels.
//!
//! In: for each value the number of its text, and which values a row has. Out: pages of whole rows: levels, and the numbers of the texts that are there.

use std::ops::Range;

use super::entries::NOTHING;

/// The values of a leaf.
pub(super) struct Leaf<'a> {
    /// For each value the number of its text, or [`NOTHING`].
    pub(super) numbers: &'a [u32],
    /// Which values rows have; none where each row has one.
    pub(super) lists: Option<&'a Lists>,
    /// The level of a value that is there.
    pub(super) whole: u32,
}

/// Which values each row has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lists {
    /// How many there are up to the end of each row.
    pub(super) ends: Vec<usize>,
    /// Rows that have no list at all, in their order.
    pub(super) absent: Vec<usize>,
}

/// Rows of a leaf.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LeafPage {
    pub(super) rows: usize,
    /// 0 where a row begins; none where each row has one value.
    pub(super) repetitions: Vec<u32>,
    /// How much of a value is there.
    pub(super) definitions: Vec<u32>,
    /// The texts of those that are there.
    pub(super) numbers: Vec<u32>,
}

/// The level of a row that has a list, and nothing in it.
const EMPTY: u32 = 1;

impl Leaf<'_> {
    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.lists
            .map_or(self.numbers.len(), |lists| lists.ends.len())
    }

    /// Some of the rows.
    pub(super) fn page(&self, rows: Range<usize>) -> LeafPage {
        let mut page = LeafPage {
            rows: rows.len(),
            ..LeafPage::default()
        };
        let Some(Lists { ends, absent }) = self.lists else {
            page.push(self.numbers.get(rows).unwrap_or_default(), self.whole);
            return page;
        };
        let before = rows.start.checked_sub(1).and_then(|row| ends.get(row));
        let mut start = before.copied().unwrap_or(0);
        let first = absent.partition_point(|row| *row < rows.start);
        let mut absent = absent.iter().skip(first).peekable();
        for (row, end) in rows.clone().zip(ends.get(rows).unwrap_or_default()) {
            let values = self.numbers.get(start..*end).unwrap_or_default();
            if values.is_empty() {
                let is_absent = absent.next_if_eq(&&row).is_some();
                page.definitions.push(if is_absent { 0 } else { EMPTY });
            }
            page.push(values, self.whole);
            let levels = values.len().max(1);
            page.repetitions.push(0);
            page.repetitions.extend(std::iter::repeat_n(1, levels - 1));
            start = *end;
        }
        page
    }
}

impl LeafPage {
    fn push(&mut self, values: &[u32], whole: u32) {
        let level = |number: &u32| whole - u32::from(*number == NOTHING);
        self.definitions.extend(values.iter().map(level));
        let there = values.iter().filter(|number| **number != NOTHING);
        self.numbers.extend(there);
    }

    /// How many values are not there, be it for want of a list.
    pub(super) fn nulls(&self) -> usize {
        self.definitions.len() - self.numbers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rows: usize, levels: (&[u32], &[u32]), numbers: &[u32]) -> LeafPage {
        LeafPage {
            rows,
            repetitions: levels.0.to_vec(),
            definitions: levels.1.to_vec(),
            numbers: numbers.to_vec(),
        }
    }

    #[test]
    fn a_row_has_one_value_or_none() {
        let leaf = Leaf {
            numbers: &[3, NOTHING, 4],
            lists: None,
            whole: 1,
        };
        assert_eq!(leaf.rows(), 3);
        assert_eq!(leaf.page(0..2), page(2, (&[], &[1, 0]), &[3]));
        assert_eq!(leaf.page(2..3), page(1, (&[], &[1]), &[4]));
    }

    #[test]
    fn a_row_has_several_values() {
        let leaf = Leaf {
            numbers: &[7, NOTHING, 8, 9],
            lists: Some(&Lists {
                ends: vec![2, 2, 3, 4, 4, 4],
                absent: vec![1, 5],
            }),
            whole: 3,
        };
        assert_eq!(leaf.rows(), 6);
        let expected = page(3, (&[0, 1, 0, 0], &[3, 2, 0, 3]), &[7, 8]);
        assert_eq!(leaf.page(0..3), expected);
        assert_eq!(expected.nulls(), 2);
        assert_eq!(leaf.page(3..6), page(3, (&[0, 0, 0], &[3, 1, 0]), &[9]));
    }
}
