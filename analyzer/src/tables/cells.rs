//! Rows of tables that are not events, and the batches that are made of them.
//!
//! In: rows, each with a cell for each column that is asked for. Out: record batches with the layout's schema.
//! A cell that does not fit its column's type becomes NULL.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, DurationNanosecondBuilder, Int64Builder, ListBuilder,
    StringBuilder, TimestampNanosecondBuilder, UInt64Builder,
};
use arrow_array::{ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{ArrowError, DataType};
use falco_format::UnixNanos;

use crate::columns::{BATCH_ROWS_MAX, BATCH_TEXT_BYTES_MAX, TableLayout, escaped};

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// There is none.
    Null,
    Bool(bool),
    Int(i64),
    /// An unsigned number, a point in time, a length of time.
    Uint(u64),
    Text(Box<str>),
    Texts(Vec<Box<str>>),
    Ints(Vec<i64>),
}

/// A row: a cell for each column that is asked for.
pub(crate) type Row = Vec<Cell>;

impl Cell {
    /// Bytes as text.
    pub(crate) fn text(bytes: &[u8]) -> Cell {
        Cell::Text(as_text(bytes))
    }

    /// Text, where there is any.
    pub(crate) fn word(text: Option<&str>) -> Cell {
        text.map_or(Cell::Null, |text| Cell::Text(text.into()))
    }

    pub(crate) fn int(value: Option<impl Into<i64>>) -> Cell {
        value.map_or(Cell::Null, |value| Cell::Int(value.into()))
    }

    pub(crate) fn uint(value: Option<impl Into<u64>>) -> Cell {
        value.map_or(Cell::Null, |value| Cell::Uint(value.into()))
    }

    /// A point in time; what no clock knows has none.
    pub(crate) fn time(time: UnixNanos) -> Cell {
        Cell::uint(Some(time.0).filter(|_| time.is_known()))
    }

    fn bytes(&self) -> usize {
        match self {
            Cell::Text(text) => text.len(),
            Cell::Texts(texts) => texts.iter().map(|text| text.len()).sum(),
            Cell::Ints(numbers) => numbers.len() * size_of::<i64>(),
            Cell::Null | Cell::Bool(_) | Cell::Int(_) | Cell::Uint(_) => 0,
        }
    }
}

/// Bytes of a capture as the text of a table.
pub(crate) fn as_text(bytes: &[u8]) -> Box<str> {
    escaped(bytes).into()
}

/// The values of one column.
enum Column {
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Uint(UInt64Builder),
    Time(TimestampNanosecondBuilder),
    Duration(DurationNanosecondBuilder),
    Text(StringBuilder),
    Texts(ListBuilder<StringBuilder>),
    Ints(ListBuilder<Int64Builder>),
    /// Of a type that no cell has.
    Nothing(DataType, usize),
}

impl Column {
    fn new(ty: &DataType) -> Column {
        match ty {
            DataType::Boolean => Column::Bool(BooleanBuilder::new()),
            DataType::Int64 => Column::Int(Int64Builder::new()),
            DataType::UInt64 => Column::Uint(UInt64Builder::new()),
            DataType::Timestamp(_, zone) => {
                Column::Time(TimestampNanosecondBuilder::new().with_timezone_opt(zone.clone()))
            }
            DataType::Duration(_) => Column::Duration(DurationNanosecondBuilder::new()),
            DataType::Utf8 => Column::Text(StringBuilder::new()),
            DataType::List(item) if *item.data_type() == DataType::Utf8 => {
                Column::Texts(ListBuilder::new(StringBuilder::new()).with_field(Arc::clone(item)))
            }
            DataType::List(item) if *item.data_type() == DataType::Int64 => {
                Column::Ints(ListBuilder::new(Int64Builder::new()).with_field(Arc::clone(item)))
            }
            other => Column::Nothing(other.clone(), 0),
        }
    }

    fn push(&mut self, cell: Cell) {
        // Times beyond the year 2262 do not fit Arrow's nanoseconds.
        let signed = |cell: &Cell| match *cell {
            Cell::Uint(value) => i64::try_from(value).ok(),
            Cell::Int(value) => Some(value),
            _ => None,
        };
        match self {
            Column::Bool(column) => column.append_option(match cell {
                Cell::Bool(value) => Some(value),
                _ => None,
            }),
            Column::Int(column) => column.append_option(signed(&cell)),
            Column::Time(column) => column.append_option(signed(&cell)),
            Column::Duration(column) => column.append_option(signed(&cell)),
            Column::Uint(column) => column.append_option(match cell {
                Cell::Uint(value) => Some(value),
                Cell::Int(value) => u64::try_from(value).ok(),
                _ => None,
            }),
            Column::Text(column) => column.append_option(match &cell {
                Cell::Text(text) => Some(text),
                _ => None,
            }),
            Column::Texts(column) => match &cell {
                Cell::Texts(texts) => {
                    column.append_value(texts.iter().map(|text| Some(text.as_ref())));
                }
                _ => column.append_null(),
            },
            Column::Ints(column) => match &cell {
                Cell::Ints(numbers) => column.append_value(numbers.iter().copied().map(Some)),
                _ => column.append_null(),
            },
            Column::Nothing(_, rows) => *rows += 1,
        }
    }

    fn finish(&mut self) -> ArrayRef {
        let builder: &mut dyn ArrayBuilder = match self {
            Column::Bool(column) => column,
            Column::Int(column) => column,
            Column::Uint(column) => column,
            Column::Time(column) => column,
            Column::Duration(column) => column,
            Column::Text(column) => column,
            Column::Texts(column) => column,
            Column::Ints(column) => column,
            Column::Nothing(ty, rows) => return new_null_array(ty, std::mem::take(rows)),
        };
        builder.finish()
    }
}

/// Collects rows into a batch.
pub(crate) struct RowBatch {
    layout: TableLayout,
    columns: Vec<Column>,
    rows: usize,
    text_bytes: usize,
}

impl RowBatch {
    /// No rows yet.
    pub(crate) fn new(layout: &TableLayout) -> RowBatch {
        let columns = layout.columns().iter();
        RowBatch {
            columns: columns
                .map(|column| Column::new(&column.ty.data_type()))
                .collect(),
            layout: layout.clone(),
            rows: 0,
            text_bytes: 0,
        }
    }

    /// Appends a row.
    pub(crate) fn push(&mut self, row: Row) {
        debug_assert_eq!(row.len(), self.columns.len(), "a cell for each column");
        self.rows += 1;
        self.text_bytes += row.iter().map(Cell::bytes).sum::<usize>();
        let cells = row.into_iter().chain(std::iter::repeat(Cell::Null));
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(cell);
        }
    }

    /// Whether it is to be handed on before more rows come.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS_MAX || self.text_bytes >= BATCH_TEXT_BYTES_MAX
    }

    /// Whether there are rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The batch, with which collecting begins anew.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let columns: Vec<ArrayRef> = self.columns.iter_mut().map(Column::finish).collect();
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(self.rows));
        (self.rows, self.text_bytes) = (0, 0);
        RecordBatch::try_new_with_options(self.layout.schema(), columns, &options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_text_and_times_that_nobody_knows_none() {
        assert_eq!(Cell::text(b"a b"), Cell::Text("a b".into()));
        assert_eq!(Cell::time(UnixNanos(0)), Cell::Null);
        assert_eq!(Cell::time(UnixNanos(7)), Cell::Uint(7));
    }
}
