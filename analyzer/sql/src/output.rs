//! Results as a table for people, JSON lines or CSV for machines.
//!
//! In: streams of batches. Out: bytes, written as they come; what is held back is bounded.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::LineDelimitedWriter;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use arrow::util::pretty::pretty_format_batches;
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use falco_format::text::{Lines, json_text};
use futures::StreamExt as _;

use crate::message::one_line;

/// Rows of one drawn table: its columns are as wide as their widest value, so all of it must be in memory. Longer results continue in another.
const TABLE_ROWS_MAX: usize = 10_000;

/// The form of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A drawn table.
    Table,
    /// One JSON object per row.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

/// Why results were not written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The query failed while it ran.
    #[error("{}", one_line(.0))]
    Query(DataFusionError),
    /// A value has no form in this format.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    /// The output cannot be written.
    #[error("cannot write the result")]
    Io(#[from] io::Error),
}

/// Writes the batches of one result.
pub struct Results<W> {
    out: W,
    format: Format,
    schema: SchemaRef,
    /// Batches of a table that is not drawn yet.
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
    is_drawn: bool,
}

/// Writes all batches. Returns how many rows there were.
///
/// # Errors
/// When the query fails or the output cannot be written.
pub async fn write_results(
    mut results: SendableRecordBatchStream,
    format: Format,
    out: impl Write,
) -> Result<u64, OutputError> {
    let mut writer = Results::new(results.schema(), format, out)?;
    let mut rows = 0;
    while let Some(batch) = results.next().await {
        let batch = batch.map_err(OutputError::Query)?;
        rows += batch.num_rows() as u64;
        writer.batch(batch)?;
    }
    writer.finish()?;
    Ok(rows)
}

impl<W: Write> Results<W> {
    /// Begins a result.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(schema: SchemaRef, format: Format, mut out: W) -> Result<Self, OutputError> {
        if format == Format::Csv {
            write_csv_header(&schema, &mut out)?;
        }
        Ok(Self {
            out,
            format,
            schema,
            waiting: Vec::new(),
            waiting_rows: 0,
            is_drawn: false,
        })
    }

    /// Takes a batch.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn batch(&mut self, batch: RecordBatch) -> Result<(), OutputError> {
        match self.format {
            Format::Json => write_json(&batch, &mut self.out),
            Format::Csv => write_csv(&batch, &mut self.out),
            Format::Table => {
                self.waiting_rows += batch.num_rows();
                self.waiting.push(batch);
                if self.waiting_rows >= TABLE_ROWS_MAX {
                    self.draw()
                } else {
                    Ok(())
                }
            }
        }
    }

    /// Ends the result; one without rows is drawn as its columns.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> Result<(), OutputError> {
        if self.format == Format::Table && (self.waiting_rows > 0 || !self.is_drawn) {
            self.waiting
                .push(RecordBatch::new_empty(self.schema.clone()));
            self.draw()?;
        }
        Ok(self.out.flush()?)
    }

    fn draw(&mut self) -> Result<(), OutputError> {
        // A table is for people: what its cells hold is text of others.
        let mut lines = Lines::new();
        lines.text(&pretty_format_batches(&self.waiting)?.to_string());
        write!(self.out, "{lines}")?;
        self.waiting.clear();
        self.waiting_rows = 0;
        self.is_drawn = true;
        Ok(())
    }
}

fn write_json(batch: &RecordBatch, out: &mut impl Write) -> Result<(), OutputError> {
    let mut bytes = Vec::new();
    let mut writer = LineDelimitedWriter::new(&mut bytes);
    writer.write(batch)?;
    writer.finish()?;
    // Arrow writes valid UTF-8; what is not seen or reorders text is escaped, and the values stay.
    let text = String::from_utf8_lossy(&bytes);
    out.write_all(json_text(&text).as_bytes())?;
    Ok(())
}

fn write_csv_header(schema: &Schema, out: &mut impl Write) -> io::Result<()> {
    let names: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| quoted(field.name()))
        .collect();
    writeln!(out, "{}", names.join(","))
}

/// Arrow's own CSV writer refuses lists; here they are written as they are drawn in tables.
fn write_csv(batch: &RecordBatch, out: &mut impl Write) -> Result<(), OutputError> {
    let options = FormatOptions::default();
    let columns: Result<Vec<_>, _> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options))
        .collect();
    let columns = columns?;
    for row in 0..batch.num_rows() {
        let values: Result<Vec<_>, _> = columns
            .iter()
            .map(|column| column.value(row).try_to_string().map(|text| quoted(&text)))
            .collect();
        writeln!(out, "{}", values?.join(","))?;
    }
    Ok(())
}

/// A CSV value, in quotes where it must be.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, ListArray, StringArray};
    use arrow::datatypes::Int64Type;

    use super::*;

    fn check(format: Format, expected: &str) {
        let names: ArrayRef = Arc::new(StringArray::from(vec![
            Some("a,b"),
            Some("say \"x\""),
            None,
        ]));
        let numbers: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(1), Some(2)]),
            None,
            Some(vec![]),
        ]));
        let batch = RecordBatch::try_from_iter([("name", names), ("numbers", numbers)])
            .expect("equally long");
        let mut out = Vec::new();
        let mut results = Results::new(batch.schema(), format, &mut out).expect("begins");
        results.batch(batch).expect("written");
        results.finish().expect("ends");
        assert_eq!(String::from_utf8(out).expect("text"), expected);
    }

    #[test]
    fn values_have_a_form_in_every_format() {
        check(
            Format::Csv,
            "name,numbers\n\"a,b\",\"[1, 2]\"\n\"say \"\"x\"\"\",\n,[]\n",
        );
        check(
            Format::Json,
            "{\"name\":\"a,b\",\"numbers\":[1,2]}\n{\"name\":\"say \\\"x\\\"\"}\n{\"numbers\":[]}\n",
        );
        let drawn = "\
+---------+---------+
| name    | numbers |
+---------+---------+
| a,b     | [1, 2]  |
| say \"x\" |         |
|         | []      |
+---------+---------+
";
        check(Format::Table, drawn);
    }
}
