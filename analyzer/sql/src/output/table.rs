//! Results as tables for people.
//!
//! In: batches. Out: drawn tables, each of as many rows as may be held.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use falco_format::text::plain;

use super::cell::{Cells, is_number};
use super::csv::is_null;
use super::grid::{Column, Grid};
use super::{Form, OutputError, Sink};

/// Rows of one drawn table: its columns are as wide as their widest value, so all of it must be in memory. Longer results continue in another.
const TABLE_ROWS_MAX: usize = 10_000;
/// Bytes of the cells of one drawn table: command lines and environments are long.
const TABLE_BYTES_MAX: usize = 64 << 20;

pub(super) struct TableSink<W> {
    out: W,
    schema: SchemaRef,
    form: Form,
    cells: Cells,
    grid: Grid,
    /// Rows that stand in the tables before.
    rows_drawn: usize,
}

impl<W: Write> TableSink<W> {
    pub(super) fn new(schema: SchemaRef, form: &Form, out: W) -> Self {
        Self {
            out,
            grid: grid(&schema),
            schema,
            form: form.clone(),
            cells: Cells::new(&form.zone, true),
            rows_drawn: 0,
        }
    }

    fn draw(&mut self) -> Result<(), OutputError> {
        let grid = std::mem::replace(&mut self.grid, grid(&self.schema));
        let drawn = grid.drawn(self.form.width, self.form.expanded, self.rows_drawn + 1);
        self.rows_drawn += grid.rows();
        self.out.write_all(drawn.as_bytes())?;
        Ok(())
    }
}

fn grid(schema: &SchemaRef) -> Grid {
    let fields = schema.fields().iter();
    Grid::new(
        fields
            .map(|field| Column {
                name: plain(field.name()).to_string(),
                is_number: is_number(field.data_type()),
            })
            .collect(),
    )
}

impl<W: Write + Send> Sink for TableSink<W> {
    fn batch(&mut self, batch: RecordBatch) -> Result<(), OutputError> {
        let mut begin = 0;
        while begin < batch.num_rows() {
            let room = TABLE_ROWS_MAX.saturating_sub(self.grid.rows()).max(1);
            let part = batch.slice(begin, room.min(batch.num_rows() - begin));
            begin += part.num_rows();
            self.add(&part)?;
            if self.grid.rows() >= TABLE_ROWS_MAX || self.grid.bytes() >= TABLE_BYTES_MAX {
                self.draw()?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        if self.grid.rows() > 0 || self.rows_drawn == 0 {
            self.draw()?;
        }
        Ok(self.out.flush()?)
    }
}

impl<W: Write> TableSink<W> {
    fn add(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let options = self.cells.options();
        let columns = batch.columns().iter();
        let formatters = columns.map(|array| self.cells.formatter(array, &options));
        let formatters = formatters.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let mut cells = Vec::with_capacity(formatters.len());
            for (array, formatter) in batch.columns().iter().zip(&formatters) {
                let text = || formatter.value(row).try_to_string();
                let is_null = is_null(array, row);
                cells.push(if is_null {
                    None
                } else {
                    Some(plain(&text()?).to_string())
                });
            }
            self.grid.add(cells);
        }
        Ok(())
    }
}
