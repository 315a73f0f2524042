//! CSV as RFC 4180 has it, with the line ends of Unix.
//!
//! In: batches. Out: a header, and a line per row. NULL is nothing at all, and empty text is `""`, as PostgreSQL and DuckDB write and read it; so both come back as they were.
//! Lists, maps and structs are JSON, which other programs take apart.

use std::io::Write;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Schema};
use arrow::json::writer::{EncoderOptions, NullableEncoder, make_encoder};
use arrow::util::display::ArrayFormatter;
use falco_format::text::plain;

use super::cell::Cells;
use super::json::{Times, shown};
use super::{Form, OutputError, Sink};

pub(super) struct CsvSink<W> {
    out: W,
    cells: Cells,
    json: EncoderOptions,
    is_shown: bool,
}

impl<W: Write + Send> CsvSink<W> {
    /// Begins with the header.
    pub(super) fn begin(schema: &Schema, form: &Form, mut out: W) -> Result<Self, OutputError> {
        let json = EncoderOptions::default()
            .with_explicit_nulls(true)
            .with_encoder_factory(Times::new(&form.zone));
        let is_shown = form.is_shown;
        let names = schema
            .fields()
            .iter()
            .map(|field| quoted(field.name(), is_shown));
        writeln!(out, "{}", names.collect::<Vec<_>>().join(","))?;
        Ok(Self {
            out,
            cells: Cells::new(&form.zone, false),
            json,
            is_shown,
        })
    }
}

impl<W: Write + Send> Sink for CsvSink<W> {
    fn batch(&mut self, batch: RecordBatch) -> Result<(), OutputError> {
        let schema = batch.schema();
        let fields = schema.fields().iter();
        let options = self.cells.options();
        let mut columns = Vec::new();
        for (field, array) in fields.zip(batch.columns()) {
            columns.push(if is_nested(array.data_type()) {
                Column::Json(make_encoder(field, array, &self.json)?)
            } else {
                let formatter = self.cells.formatter(array, &options)?;
                Column::Text(array, formatter)
            });
        }
        let mut line = String::new();
        for row in 0..batch.num_rows() {
            line.clear();
            for (at, column) in columns.iter_mut().enumerate() {
                if at > 0 {
                    line.push(',');
                }
                if let Some(text) = column.text(row)? {
                    line.push_str(&quoted(&text, self.is_shown));
                }
            }
            line.push('\n');
            self.out.write_all(line.as_bytes())?;
        }
        // Whoever reads along sees rows as they come.
        Ok(self.out.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        Ok(self.out.flush()?)
    }
}

/// One column of a batch.
enum Column<'a> {
    Text(&'a ArrayRef, ArrayFormatter<'a>),
    Json(NullableEncoder<'a>),
}

impl Column<'_> {
    fn text(&mut self, row: usize) -> Result<Option<String>, OutputError> {
        match self {
            Column::Text(array, _) if is_null(array, row) => Ok(None),
            Column::Text(_, formatter) => Ok(Some(formatter.value(row).try_to_string()?)),
            Column::Json(encoder) if encoder.is_null(row) => Ok(None),
            Column::Json(encoder) => {
                let mut bytes = Vec::new();
                encoder.encode(row, &mut bytes);
                Ok(Some(shown(&bytes)))
            }
        }
    }
}

/// Whether a value is NULL, that of a dictionary among them.
pub(super) fn is_null(array: &dyn Array, row: usize) -> bool {
    match array.data_type() {
        DataType::Dictionary(..) | DataType::Null | DataType::RunEndEncoded(..) => array
            .logical_nulls()
            .is_some_and(|nulls| nulls.is_null(row)),
        _ => array.is_null(row),
    }
}

fn is_nested(ty: &DataType) -> bool {
    match ty {
        DataType::Dictionary(_, values) => is_nested(values),
        other => other.is_nested(),
    }
}

/// A value, in quotes where it must be.
fn quoted(text: &str, is_shown: bool) -> String {
    let text = if is_shown {
        plain(text).to_string()
    } else {
        text.to_owned()
    };
    if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
