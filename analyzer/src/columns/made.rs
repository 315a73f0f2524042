//! Columns that nobody needs to make row by row: those that never have a value, and those that are another one again.
//!
//! In: a layout. Out: for each column whether it is made, and of which.

use std::sync::Arc;

use arrow_array::{ArrayRef, new_null_array};

use super::{Column, ColumnSource, TableLayout};
use crate::fields::{are_alike, nature};

/// How a column comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// Of the events.
    Itself,
    /// It has nothing.
    Empty,
    /// It has what the column at this place has.
    Like(usize),
}

/// How each column of a layout comes to be.
pub(super) fn made(layout: &TableLayout) -> Vec<Made> {
    let columns = layout.columns();
    let of = |(place, column): (usize, &Column)| {
        if is_empty(column) {
            return Made::Empty;
        }
        let before = columns.iter().take(place);
        let like = before.clone().position(|other| is_like(column, other));
        like.map_or(Made::Itself, Made::Like)
    };
    columns.iter().enumerate().map(of).collect()
}

fn is_empty(column: &Column) -> bool {
    match &column.source {
        ColumnSource::Field(field, _) | ColumnSource::Bytes(field, _) => {
            nature(field.field).is_always_absent
        }
        _ => false,
    }
}

/// Whether a column of a field has the values of another, written the same.
fn is_like(column: &Column, other: &Column) -> bool {
    match (&column.source, &other.source) {
        (ColumnSource::Field(field, def), ColumnSource::Field(known, known_def)) => {
            column.ty == other.ty && def.ty == known_def.ty && are_alike(field, known)
        }
        _ => false,
    }
}

/// Columns with those filled in that were not made; where they stand there is something of no rows.
pub(super) fn fill(columns: &mut [ArrayRef], layout: &TableLayout, made: &[Made], rows: usize) {
    for (place, (made, column)) in made.iter().zip(layout.columns()).enumerate() {
        let values = match made {
            Made::Itself => continue,
            Made::Empty => new_null_array(&column.ty.data_type(), rows),
            // One that stands before, and is made of the events.
            Made::Like(other) => match columns.get(*other) {
                Some(other) => Arc::clone(other),
                None => continue,
            },
        };
        if let Some(column) = columns.get_mut(place) {
            *column = values;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Table;

    #[test]
    fn columns_are_made_once() {
        let layout = Table::Events.layout();
        let names = [
            "evt_type",
            "evt_args",
            "evt_info",
            "k8s_rc_id",
            "evt_type_bytes",
        ];
        let layout = layout.select(&names).expect("columns");
        let expected = [
            Made::Itself,
            Made::Itself,
            Made::Like(1),
            Made::Empty,
            Made::Itself,
        ];
        assert_eq!(made(&layout), expected);
    }
}
