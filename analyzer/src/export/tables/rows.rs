//! The rows of one table in a stream of bytes: JSON lines, CSV, or Arrow's own form.
//!
//! In: record batches. Out: bytes, to wherever a writer leads.
//! JSON has an object per row with every column, `null` for what is NULL; CSV has nothing for NULL and `""` for empty text, as PostgreSQL and DuckDB have it, so that both come back as they were, and lists and maps as JSON.
//! Times are RFC 3339 with nine digits of a second in UTC, lengths of time ISO 8601 (`PT1.5S`), bytes hexadecimal digits; numbers are whole however large.
//! Arrow's form is its file format where that can be read from its end, and its stream format for a pipe; dictionaries are plain there, since the file format cannot change them from batch to batch.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array as _, ArrayRef, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_json::LineDelimitedWriter;
use arrow_json::writer::{
    EncoderOptions, LineDelimited, NullableEncoder, WriterBuilder, make_encoder,
};
use arrow_schema::{ArrowError, DataType, FieldRef, Schema, SchemaRef};
use arrow_select::take::take;

use super::file::plain;
use crate::columns::{BatchSink, TableLayout};
use crate::pipeline::Flow;

/// UTC as a distance from it.
const UTC_OFFSET: &str = "+00:00";

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// An object of JSON per line.
    Jsonl,
    /// A header, and a line per row.
    Csv,
    /// Arrow's file format.
    ArrowFile,
    /// Arrow's stream format.
    ArrowStream,
}

/// Writes rows of one table.
pub struct RowWriter<W: Write> {
    form: Form<W>,
    schema: SchemaRef,
    /// Rows so far.
    rows: u64,
}

enum Form<W: Write> {
    Jsonl(Box<LineDelimitedWriter<W>>),
    Csv(W),
    ArrowFile(Box<FileWriter<W>>),
    ArrowStream(Box<StreamWriter<W>>),
}

impl<W: Write> RowWriter<W> {
    /// Begins with what stands before all rows.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(layout: &TableLayout, format: RowFormat, mut out: W) -> io::Result<Self> {
        let schema = match format {
            RowFormat::Jsonl | RowFormat::Csv => by_offset(&plain(layout)),
            RowFormat::ArrowFile | RowFormat::ArrowStream => plain(layout),
        };
        let form = match format {
            RowFormat::Jsonl => {
                let builder = WriterBuilder::new().with_explicit_nulls(true);
                Form::Jsonl(Box::new(builder.build::<W, LineDelimited>(out)))
            }
            RowFormat::Csv => {
                let names = schema.fields().iter().map(|field| quoted(field.name()));
                writeln!(out, "{}", names.collect::<Vec<_>>().join(","))?;
                Form::Csv(out)
            }
            RowFormat::ArrowFile => {
                let writer = FileWriter::try_new(out, &schema).map_err(into_io)?;
                Form::ArrowFile(Box::new(writer))
            }
            RowFormat::ArrowStream => {
                let writer = StreamWriter::try_new(out, &schema).map_err(into_io)?;
                Form::ArrowStream(Box::new(writer))
            }
        };
        Ok(Self {
            form,
            schema,
            rows: 0,
        })
    }

    /// Ends the stream and gives back where it went, and how many rows it has.
    ///
    /// # Errors
    /// When the last bytes cannot be written.
    pub fn finish(self) -> io::Result<(W, u64)> {
        let mut out = match self.form {
            Form::Jsonl(mut writer) => {
                writer.finish().map_err(into_io)?;
                writer.into_inner()
            }
            Form::Csv(out) => out,
            Form::ArrowFile(writer) => writer.into_inner().map_err(into_io)?,
            Form::ArrowStream(writer) => writer.into_inner().map_err(into_io)?,
        };
        out.flush()?;
        Ok((out, self.rows))
    }

    fn plain(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let plain = |(field, column): (&FieldRef, &ArrayRef)| {
            if let Some(words) = column.as_any_dictionary_opt() {
                return take(words.values(), words.keys(), None);
            }
            let times = column.as_primitive_opt::<TimestampNanosecondType>();
            Ok(match (field.data_type(), times) {
                (DataType::Timestamp(_, zone), Some(times)) => {
                    Arc::new(times.clone().with_timezone_opt(zone.clone()))
                }
                _ => Arc::clone(column),
            })
        };
        let columns = self.schema.fields().iter().zip(batch.columns());
        let columns: Result<Vec<ArrayRef>, ArrowError> = columns.map(plain).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns?)
    }
}

impl<W: Write> BatchSink for RowWriter<W> {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        self.rows += batch.num_rows() as u64;
        let plain = self.plain(&batch).map_err(into_io)?;
        match &mut self.form {
            Form::Jsonl(writer) => writer.write(&plain).map_err(into_io)?,
            Form::Csv(out) => write_csv(&plain, out)?,
            Form::ArrowFile(writer) => writer.write(&plain).map_err(into_io)?,
            Form::ArrowStream(writer) => writer.write(&plain).map_err(into_io)?,
        }
        Ok(Flow::Continue)
    }
}

/// The schema with times by their distance from UTC, which is none: Arrow prints times of zones by name only with a library of zones.
fn by_offset(schema: &Schema) -> SchemaRef {
    let field = |field: &FieldRef| match field.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let ty = DataType::Timestamp(*unit, Some(UTC_OFFSET.into()));
            Arc::new(field.as_ref().clone().with_data_type(ty))
        }
        _ => Arc::clone(field),
    };
    Arc::new(Schema::new(
        schema.fields().iter().map(field).collect::<Vec<_>>(),
    ))
}

/// The I/O error within, so that a full disk is named as such, and a reader that went away is.
pub(in crate::export) fn into_io(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other),
    }
}

fn write_csv(batch: &RecordBatch, out: &mut impl Write) -> io::Result<()> {
    let options = FormatOptions::new().with_display_error(false);
    let json = EncoderOptions::default().with_explicit_nulls(true);
    let schema = batch.schema();
    let mut columns = Vec::new();
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        columns.push(match array.data_type() {
            DataType::List(_) | DataType::Map(..) => {
                Cells::Json(make_encoder(field, array, &json).map_err(into_io)?)
            }
            _ => Cells::Text(
                array,
                ArrayFormatter::try_new(array, &options).map_err(into_io)?,
            ),
        });
    }
    let mut line = String::new();
    for row in 0..batch.num_rows() {
        line.clear();
        for (place, column) in columns.iter_mut().enumerate() {
            if place > 0 {
                line.push(',');
            }
            if let Some(text) = column.text(row).map_err(into_io)? {
                line.push_str(&quoted(&text));
            }
        }
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

/// One column of a batch.
enum Cells<'a> {
    Text(&'a ArrayRef, ArrayFormatter<'a>),
    Json(NullableEncoder<'a>),
}

impl Cells<'_> {
    /// A value; none where it is NULL.
    fn text(&mut self, row: usize) -> Result<Option<String>, ArrowError> {
        match self {
            Cells::Text(array, _) if array.is_null(row) => Ok(None),
            Cells::Text(_, formatter) => formatter.value(row).try_to_string().map(Some),
            Cells::Json(encoder) if encoder.is_null(row) => Ok(None),
            Cells::Json(encoder) => {
                let mut bytes = Vec::new();
                encoder.encode(row, &mut bytes);
                Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
            }
        }
    }
}

/// A value, in quotes where it must be: empty text is, so that it is not NULL.
fn quoted(text: &str) -> String {
    let is_plain = !text.is_empty() && !text.contains(['"', ',', '\n', '\r']);
    if is_plain {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('"', "\"\""))
    }
}
