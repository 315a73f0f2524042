//! Tables that are small enough to be built whole.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};

use super::Table;
use super::value::ValueBuilder;

/// A cell of a small table.
pub(super) enum Cell<'a> {
    Text(&'a str),
    OptionalText(Option<&'a str>),
    Uint(Option<u64>),
    Bool(bool),
}

/// A table that is built row by row.
pub(super) struct SmallTable {
    schema: SchemaRef,
    builders: Vec<ValueBuilder>,
}

impl SmallTable {
    pub(super) fn new(table: Table) -> Self {
        let layout = table.layout();
        let builders = layout
            .columns()
            .iter()
            .map(|column| ValueBuilder::new(column.ty))
            .collect();
        Self {
            schema: layout.schema(),
            builders,
        }
    }

    /// Appends a row; its cells are those of the columns, in order.
    pub(super) fn push<const N: usize>(&mut self, cells: [Cell<'_>; N]) {
        debug_assert_eq!(N, self.builders.len(), "a cell for each column");
        for (builder, cell) in self.builders.iter_mut().zip(cells) {
            match cell {
                Cell::Text(value) => builder.push_text(Some(value)),
                Cell::OptionalText(value) => builder.push_text(value),
                Cell::Uint(value) => builder.push_uint(value),
                Cell::Bool(value) => builder.push_bool(value),
            }
        }
    }

    pub(super) fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let columns: Vec<ArrayRef> = self.builders.iter_mut().map(ValueBuilder::finish).collect();
        RecordBatch::try_new(self.schema, columns)
    }
}
