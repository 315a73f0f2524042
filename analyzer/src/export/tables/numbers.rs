//! The numbers of a leaf of a row group, each once, and which of them each value is; and flags.
//!
//! In: arrays of numbers of 64 bits or of flags, in the order of the rows. Out: numbers in the order in which values first are them.
//! Numbers that hardly repeat are none: differences are shorter then.

use std::hash::{BuildHasher as _, Hash};

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, DurationNanosecondType, Int64Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use hashbrown::{DefaultHashBuilder, HashTable};
use parquet::basic::Type;
use parquet::file::statistics::{Statistics, ValueStatistics};

use super::entries::{Entries, NOTHING};
use super::hybrid;

/// The most different numbers: more are no fewer bits than their differences.
const NUMBERS_MAX: usize = 1 << 16;
/// How many rows have one of so many different numbers at least.
const ROWS_PER_NUMBER: usize = 4;
/// Numbers that are looked up in any case.
const NUMBERS_MIN: usize = 64;
/// How many numbers that came lately are found without a hash.
const LATE: usize = 1_024;

/// A number of 64 bits.
pub(super) trait Number: Copy + Default + Ord + Hash + 'static {
    fn bits(self) -> u64;
}

impl Number for i64 {
    fn bits(self) -> u64 {
        self.cast_unsigned()
    }
}

impl Number for u64 {
    fn bits(self) -> u64 {
        self
    }
}

/// Numbers of a leaf, and its values.
pub(super) struct Numbers<T> {
    all: Vec<T>,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// By some bits: what was found there last.
    late: Vec<u32>,
    /// For each value the place of its number, or [`NOTHING`].
    pub(super) numbers: Vec<u32>,
}

impl<T: Number> Numbers<T> {
    /// The values of arrays in the order given; none where they hardly repeat.
    fn of(parts: &[(&[T], Option<&NullBuffer>)], order: Option<&[(usize, usize)]>) -> Option<Self> {
        let rows = parts.iter().map(|(values, _)| values.len()).sum::<usize>();
        let mut numbers = Self {
            all: Vec::new(),
            places: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            late: vec![0; LATE],
            numbers: Vec::with_capacity(rows),
        };
        let most = (rows / ROWS_PER_NUMBER).clamp(NUMBERS_MIN, NUMBERS_MAX);
        let is_done = match order {
            None => parts
                .iter()
                .all(|(values, nulls)| numbers.push_all(values, *nulls, most)),
            Some(order) => order.iter().all(|(part, row)| {
                let value = parts.get(*part).and_then(|(values, nulls)| {
                    let is_there = nulls.is_none_or(|nulls| nulls.is_valid(*row));
                    values.get(*row).filter(|_| is_there)
                });
                numbers.push(value.copied());
                numbers.all.len() <= most
            }),
        };
        is_done.then_some(numbers)
    }

    fn push_all(&mut self, values: &[T], nulls: Option<&NullBuffer>, most: usize) -> bool {
        match nulls {
            Some(nulls) if nulls.null_count() == nulls.len() => {
                self.numbers
                    .resize(self.numbers.len() + values.len(), NOTHING);
            }
            Some(nulls) => {
                for (value, is_there) in values.iter().zip(nulls) {
                    self.push(is_there.then_some(*value));
                }
            }
            None => values.iter().for_each(|value| self.push(Some(*value))),
        }
        self.all.len() <= most
    }

    #[inline]
    fn push(&mut self, value: Option<T>) {
        let Some(value) = value else {
            return self.numbers.push(NOTHING);
        };
        // The golden ratio of 64 bits: spreads numbers that are near each other.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let late = (value.bits().wrapping_mul(SPREAD) >> (u64::BITS - LATE.ilog2())) as usize;
        let guess = self.late.get(late).copied().unwrap_or_default();
        if self.all.get(guess as usize) == Some(&value) {
            return self.numbers.push(guess);
        }
        let number = self.number(value);
        if let Some(late) = self.late.get_mut(late) {
            *late = number;
        }
        self.numbers.push(number);
    }

    fn number(&mut self, value: T) -> u32 {
        let hash = self.hasher.hash_one(value);
        let all = &self.all;
        let is_it = |number: &u32| all.get(*number as usize) == Some(&value);
        if let Some(number) = self.places.find(hash, is_it) {
            return *number;
        }
        // A row group has far fewer rows than there are numbers.
        let number = u32::try_from(self.all.len()).unwrap_or(NOTHING);
        self.all.push(value);
        let (all, hasher) = (&self.all, &self.hasher);
        self.places.insert_unique(hash, number, |number| {
            let value: Option<&T> = all.get(*number as usize);
            value.map_or(0, |value| hasher.hash_one(value))
        });
        number
    }
}

/// Numbers as their columns have them.
pub(super) enum AnyNumbers {
    Signed(Numbers<i64>),
    Unsigned(Numbers<u64>),
    Flags(Flags),
}

impl AnyNumbers {
    /// The values of arrays in the order given; none where they hardly repeat, or are no numbers.
    pub(super) fn of(parts: &[ArrayRef], order: Option<&[(usize, usize)]>) -> Option<Self> {
        let signed =
            |values: Option<Values<'_, i64>>| Some(Self::Signed(Numbers::of(&values?, order)?));
        match parts.first()?.data_type() {
            DataType::Int64 => signed(values::<Int64Type>(parts)),
            DataType::Timestamp(..) => signed(values::<TimestampNanosecondType>(parts)),
            DataType::Duration(_) => signed(values::<DurationNanosecondType>(parts)),
            DataType::UInt64 => {
                let values = values::<UInt64Type>(parts)?;
                Some(Self::Unsigned(Numbers::of(&values, order)?))
            }
            DataType::Boolean => Flags::of(parts, order).map(Self::Flags),
            _ => None,
        }
    }
}

type Values<'a, T> = Vec<(&'a [T], Option<&'a NullBuffer>)>;

fn values<A: ArrowPrimitiveType>(parts: &[ArrayRef]) -> Option<Values<'_, A::Native>> {
    let all = parts.iter().map(|part| {
        let array = part.as_primitive_opt::<A>()?;
        Some((&array.values()[..], array.nulls()))
    });
    all.collect()
}

impl<T: Number> Entries for Numbers<T> {
    type Value<'d> = T;

    const TYPE: Type = Type::INT64;

    fn len(&self) -> usize {
        self.all.len()
    }

    #[inline]
    fn value(&self, number: u32) -> T {
        self.all.get(number as usize).copied().unwrap_or_default()
    }

    fn write(value: T, out: &mut Vec<u8>) {
        out.extend_from_slice(&value.bits().to_le_bytes());
    }

    fn bounds(low: T, high: T) -> [(Vec<u8>, bool); 2] {
        [low, high].map(|bound| (bound.bits().to_le_bytes().to_vec(), true))
    }

    fn statistics(bounds: Option<[(Vec<u8>, bool); 2]>, nulls: u64) -> Statistics {
        let value = |bound: (Vec<u8>, bool)| {
            let bytes = <[u8; 8]>::try_from(bound.0).ok();
            bytes.map(i64::from_le_bytes)
        };
        let [low, high] = bounds.map_or([None, None], |bounds| bounds.map(value));
        Statistics::Int64(ValueStatistics::new(low, high, None, Some(nulls), false))
    }
}

/// Flags of a leaf.
pub(super) struct Flags {
    /// For each value 1 where it holds, or [`NOTHING`].
    pub(super) numbers: Vec<u32>,
}

impl Flags {
    fn of(parts: &[ArrayRef], order: Option<&[(usize, usize)]>) -> Option<Self> {
        let parts: Option<Vec<&BooleanArray>> =
            parts.iter().map(|part| part.as_boolean_opt()).collect();
        let parts = parts?;
        let number = |flag: Option<bool>| flag.map_or(NOTHING, u32::from);
        let numbers = match order {
            None => parts
                .iter()
                .flat_map(|part| part.iter().map(number))
                .collect(),
            Some(order) => {
                let flag = |(part, row): &(usize, usize)| {
                    let part = parts.get(*part).filter(|part| part.is_valid(*row));
                    number(part.map(|part| part.value(*row)))
                };
                order.iter().map(flag).collect()
            }
        };
        Some(Self { numbers })
    }
}

impl Entries for Flags {
    type Value<'d> = bool;

    const TYPE: Type = Type::BOOLEAN;

    fn is_plain(&self) -> bool {
        true
    }

    fn len(&self) -> usize {
        // One that holds, and one that does not.
        2
    }

    fn value(&self, number: u32) -> bool {
        number == 1
    }

    fn write(value: bool, out: &mut Vec<u8>) {
        out.push(u8::from(value));
    }

    fn write_page(&self, numbers: &[u32], out: &mut Vec<u8>) {
        hybrid::write_bits(numbers, 1, out);
    }

    fn bounds(low: bool, high: bool) -> [(Vec<u8>, bool); 2] {
        [low, high].map(|bound| (vec![u8::from(bound)], true))
    }

    fn statistics(bounds: Option<[(Vec<u8>, bool); 2]>, nulls: u64) -> Statistics {
        let value = |bound: (Vec<u8>, bool)| Some(bound.0 == [1]);
        let [low, high] = bounds.map_or([None, None], |bounds| bounds.map(value));
        Statistics::Boolean(ValueStatistics::new(low, high, None, Some(nulls), false))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, TimestampNanosecondArray, UInt64Array};

    use super::*;

    /// How many numbers there are, and which each value is; none where differences are shorter.
    fn numbers(parts: &[ArrayRef], order: Option<&[(usize, usize)]>) -> Option<(usize, Vec<u32>)> {
        Some(match AnyNumbers::of(parts, order)? {
            AnyNumbers::Signed(found) => (found.len(), found.numbers),
            AnyNumbers::Unsigned(found) => (found.len(), found.numbers),
            AnyNumbers::Flags(found) => (found.len(), found.numbers),
        })
    }

    #[test]
    fn numbers_are_counted_as_rows_have_them() {
        let values = [Some(7), None, Some(-1), Some(7), Some(8)];
        let signed: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
        let times = TimestampNanosecondArray::from(values.to_vec()).with_timezone("UTC");
        let expected = Some((3, vec![0, NOTHING, 1, 0, 2]));
        assert_eq!(
            numbers(&[signed.slice(0, 2), signed.slice(2, 3)], None),
            expected
        );
        assert_eq!(numbers(&[Arc::new(times)], None), expected);
        let order = [(1, 0), (0, 1), (1, 2), (0, 0)];
        let parts = [signed.slice(0, 2), signed.slice(2, 3)];
        assert_eq!(
            numbers(&parts, Some(&order)),
            Some((3, vec![0, NOTHING, 1, 2]))
        );
        let large: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX, 0, u64::MAX]));
        assert_eq!(numbers(&[large], None), Some((2, vec![0, 1, 0])));
        let flags: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]));
        assert_eq!(
            numbers(std::slice::from_ref(&flags), None),
            Some((2, vec![1, NOTHING, 0]))
        );
        assert_eq!(
            numbers(&[flags], Some(&[(0, 2), (0, 1)])),
            Some((2, vec![0, NOTHING]))
        );
    }

    #[test]
    fn numbers_that_hardly_repeat_are_none() {
        let check = |numbers_of_all: u64, rows: u64, is_some: bool| {
            let values = (0..rows).map(|row| row % numbers_of_all);
            let values: ArrayRef = Arc::new(UInt64Array::from_iter_values(values));
            assert_eq!(numbers(&[values], None).is_some(), is_some);
        };
        check(64, 64, true);
        check(65, 65, false);
        check(1_000, 4_000, true);
        check(1_001, 4_000, false);
    }
}
