//! A column of lists, taken apart: the values of all lists one behind the other, and which of them each row has.
//!
//! In: list arrays, in the order of the rows. Out: the arrays of their values with an order of their own, and lists as levels have them.

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef, ListArray};

use super::levels::Lists;

/// Lists of a row group.
#[derive(Debug, Default)]
pub(super) struct Flattened {
    pub(super) lists: Lists,
    /// Values of each part.
    pub(super) values: Vec<ArrayRef>,
    /// Which values rows have, where that is not one after the other.
    pub(super) order: Option<Vec<(usize, usize)>>,
    count: usize,
}

impl Flattened {
    /// The rows of arrays in the order given; none where arrays are no lists, or one that is not there has values.
    pub(super) fn of(parts: &[ArrayRef], order: Option<&[(usize, usize)]>) -> Option<Self> {
        let all: Option<Vec<&ListArray>> =
            parts.iter().map(|part| part.as_list_opt::<i32>()).collect();
        let all = all?;
        let mut flattened = Self::default();
        match order {
            None => {
                for list in all {
                    let offsets = list.value_offsets();
                    let (first, last) = (*offsets.first()? as usize, *offsets.last()? as usize);
                    flattened
                        .values
                        .push(list.values().slice(first, last - first));
                    for row in 0..list.len() {
                        flattened.push(list, row)?;
                    }
                }
            }
            Some(order) => {
                let mut places = Vec::new();
                flattened.values = all.iter().map(|list| list.values().clone()).collect();
                for (part, row) in order {
                    let values = flattened.push(all.get(*part)?, *row)?;
                    places.extend(values.map(|value| (*part, value)));
                }
                flattened.order = Some(places);
            }
        }
        Some(flattened)
    }

    /// Adds a row, and says which values of its array it has.
    fn push(&mut self, list: &ListArray, row: usize) -> Option<std::ops::Range<usize>> {
        let [start, end] = list.value_offsets().get(row..row + 2)? else {
            return None;
        };
        let values = *start as usize..*end as usize;
        if list.is_null(row) {
            self.lists.absent.push(self.lists.ends.len());
            if !values.is_empty() {
                return None;
            }
        }
        self.count += values.len();
        self.lists.ends.push(self.count);
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int64Type;

    use super::*;

    #[test]
    fn lists_are_taken_apart_in_the_order_of_rows() {
        let rows = [
            Some(vec![Some(1), None]),
            None,
            Some(vec![]),
            Some(vec![Some(4)]),
            Some(vec![Some(5), Some(6)]),
        ];
        let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(rows));
        let parts = [lists.slice(0, 2), lists.slice(2, 3)];
        let check = |order: Option<&[(usize, usize)]>,
                     ends: &[usize],
                     absent: &[usize],
                     values: &[Option<i64>]| {
            let found = Flattened::of(&parts, order).expect("lists");
            assert_eq!(
                (&found.lists.ends[..], &found.lists.absent[..]),
                (ends, absent)
            );
            let value = |(part, place): (usize, usize)| {
                let part = found.values[part].as_primitive::<Int64Type>();
                part.is_valid(place).then(|| part.value(place))
            };
            let places = found.order.clone().unwrap_or_else(|| {
                let parts = found.values.iter().enumerate();
                parts
                    .flat_map(|(part, values)| (0..values.len()).map(move |at| (part, at)))
                    .collect()
            });
            assert_eq!(places.into_iter().map(value).collect::<Vec<_>>(), values);
        };
        let values = [Some(1), None, Some(4), Some(5), Some(6)];
        check(None, &[2, 2, 2, 3, 5], &[1], &values);
        let order = [(1, 2), (0, 1), (1, 1), (0, 0)];
        let values = [Some(5), Some(6), Some(4), Some(1), None];
        check(Some(&order), &[2, 2, 3, 5], &[1], &values);
    }
}
