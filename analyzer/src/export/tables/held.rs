//! Rows that wait until they are a row group.
//!
//! In: batches, cut anywhere. Out: how many bytes they are, whatever the cut, and the order of their times.

use std::ops::Range;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int32Type, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

/// Rows between two looks at how many bytes are held: so where a row group ends does not depend on how batches were cut.
pub(super) const ROWS_PER_LOOK: usize = 1_024;
/// What a number, an offset or a key counts.
const NUMBER_BYTES: usize = 8;

/// Rows of a table that are to be written together.
#[derive(Default)]
pub(super) struct Held {
    parts: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
}

impl Held {
    /// Rows so far.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of their values, each counted as often as it is there: at least what they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many rows fit before the next look.
    pub(super) fn room(&self) -> usize {
        ROWS_PER_LOOK - self.rows % ROWS_PER_LOOK
    }

    pub(super) fn push(&mut self, part: RecordBatch) {
        let whole = 0..part.num_rows();
        let bytes = |column| bytes_of(column, whole.clone());
        let bytes: usize = part
            .columns()
            .iter()
            .map(|column| bytes(column.as_ref()))
            .sum();
        self.rows += part.num_rows();
        self.bytes += bytes;
        self.parts.push(part);
    }

    /// Everything that waits; nothing waits after it.
    pub(super) fn take(&mut self) -> Vec<RecordBatch> {
        let taken = std::mem::take(self);
        taken.parts
    }
}

/// Bytes of some values of a column, those of a dictionary as often as they stand in it.
fn bytes_of(array: &dyn Array, rows: Range<usize>) -> usize {
    let numbers = rows.len() * NUMBER_BYTES;
    let within = |offsets: &[i32]| {
        let at = |place: usize| offsets.get(place).map_or(0, |offset| *offset as usize);
        at(rows.start)..at(rows.end)
    };
    match array.data_type() {
        DataType::Utf8 => numbers + within(array.as_string::<i32>().value_offsets()).len(),
        DataType::Binary => numbers + within(array.as_binary::<i32>().value_offsets()).len(),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            numbers + bytes_of(list.values(), within(list.value_offsets()))
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let entries = within(map.value_offsets());
            let values = [map.keys(), map.values()];
            let bytes = values.map(|values| bytes_of(values, entries.clone()));
            numbers + bytes.iter().sum::<usize>()
        }
        DataType::Dictionary(..) => {
            let Some(words) = array.as_dictionary_opt::<Int32Type>() else {
                return numbers;
            };
            let Some(texts) = words.values().as_string_opt::<i32>() else {
                return numbers;
            };
            let offsets = texts.value_offsets();
            let length = |key: i32| {
                let ends = usize::try_from(key)
                    .ok()
                    .and_then(|key| offsets.get(key..key + 2));
                ends.map_or(0, |ends| match ends {
                    [from, to] => (to - from) as usize,
                    _ => 0,
                })
            };
            let keys = words.keys();
            let keys = rows
                .filter(|row| !keys.is_null(*row))
                .map(|row| keys.value(row));
            numbers + keys.map(length).sum::<usize>()
        }
        _ => numbers,
    }
}

/// The order of rows by a column of times, those without one last and equal ones as they came; `None` where they are in order already.
pub(super) fn order_by_time(parts: &[RecordBatch], column: usize) -> Option<Vec<(usize, usize)>> {
    let mut times = Vec::with_capacity(parts.iter().map(RecordBatch::num_rows).sum());
    for (place, part) in parts.iter().enumerate() {
        let array = part.columns().get(column)?;
        let array = array.as_primitive_opt::<TimestampNanosecondType>()?;
        let key = |time: Option<i64>| (time.is_none(), time);
        times.extend(
            array
                .iter()
                .enumerate()
                .map(|(row, time)| (key(time), place, row)),
        );
    }
    if times.is_sorted() {
        return None;
    }
    times.sort();
    Some(
        times
            .into_iter()
            .map(|(_, part, row)| (part, row))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{ListBuilder, StringBuilder};
    use arrow_array::{ArrayRef, DictionaryArray, TimestampNanosecondArray};

    use super::*;

    #[test]
    fn bytes_do_not_depend_on_how_rows_are_cut() {
        let mut lists = ListBuilder::new(StringBuilder::new());
        let words = ["one", "three", "one", "", "seventeen", "one"];
        for word in words {
            lists.values().append_value(word);
            lists.values().append_null();
            lists.append(word != "three");
        }
        let shared: DictionaryArray<Int32Type> = words
            .iter()
            .map(|word| (!word.is_empty()).then_some(*word))
            .collect();
        let columns: [(&str, ArrayRef); 2] = [
            ("lists", Arc::new(lists.finish())),
            ("shared", Arc::new(shared)),
        ];
        let batch = RecordBatch::try_from_iter(columns).expect("a batch");
        let bytes = |cuts: &[usize]| {
            let mut held = Held::default();
            let mut from = 0;
            for to in cuts.iter().copied().chain([words.len()]) {
                held.push(batch.slice(from, to - from));
                from = to;
            }
            held.bytes()
        };
        let text: usize = words.iter().map(|word| word.len()).sum();
        assert_eq!(bytes(&[]), NUMBER_BYTES * (6 + 12 + 6) + 2 * text);
        assert_eq!(bytes(&[]), bytes(&[1, 3, 4]));
    }

    #[test]
    fn times_that_run_backwards_are_put_in_order() {
        let check = |times: &[&[Option<i64>]], expected: Option<&[(usize, usize)]>| {
            let batch = |times: &&[Option<i64>]| {
                let times: ArrayRef = Arc::new(TimestampNanosecondArray::from(times.to_vec()));
                RecordBatch::try_from_iter([("time", times)]).expect("a batch")
            };
            let parts: Vec<RecordBatch> = times.iter().map(batch).collect();
            assert_eq!(order_by_time(&parts, 0).as_deref(), expected);
        };
        check(&[&[Some(1), Some(1)], &[Some(2), None]], None);
        check(
            &[&[Some(2), Some(5)], &[Some(2)]],
            Some(&[(0, 0), (1, 0), (0, 1)]),
        );
        check(&[&[None, Some(3)]], Some(&[(0, 1), (0, 0)]));
    }
}
