//! Results in the form that was asked for.
//!
//! In: batches of one result. Out: bytes, written as they come; what is held back is bounded.
//! Tables are for people: what their cells hold is text of others, and is written out where a terminal would obey it. All other forms are exact.

mod cell;
mod columnar;
mod csv;
mod grid;
mod json;
mod table;

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use datafusion::execution::SendableRecordBatchStream;
use falco_analyze::time::Zone;
use futures::StreamExt as _;
use parquet::errors::ParquetError;

use crate::trouble::SqlError;
use columnar::{ArrowSink, ParquetSink};
use csv::CsvSink;
use falco_format::text::plain;
pub use grid::Expanded;
use grid::{Column, Grid};
use json::JsonSink;
use table::TableSink;

/// The form of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A drawn table.
    Table,
    /// One JSON object per row.
    Json,
    /// Comma-separated values with a header.
    Csv,
    /// A Parquet file.
    Parquet,
    /// A stream of Arrow's IPC format.
    Arrow,
}

impl Format {
    /// Whether a terminal may show it, and several results may stand one behind the other.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Format::Table | Format::Json | Format::Csv)
    }

    /// Its name, as options have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
        }
    }
}

/// How results look.
#[derive(Clone, Debug)]
pub struct Form {
    /// The form.
    pub format: Format,
    /// The zone of times in tables, CSV and JSON.
    pub zone: Zone,
    /// How wide a table may be; as wide as it is where nobody looks at it.
    pub width: Option<usize>,
    /// When rows of a table stand one below the other, a line for each column.
    pub expanded: Expanded,
    /// Whether a terminal shows it.
    pub is_shown: bool,
}

impl From<Format> for Form {
    fn from(format: Format) -> Self {
        Self {
            format,
            zone: Zone::utc(),
            width: None,
            expanded: Expanded::Auto,
            is_shown: false,
        }
    }
}

/// Why results were not written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The query failed while it ran.
    #[error(transparent)]
    Query(SqlError),
    /// A value has no form in this format.
    #[error("a value has no form in this format")]
    Arrow(#[from] ArrowError),
    /// A type has no form in Parquet.
    #[error("the result cannot be written as Parquet")]
    Parquet(#[from] ParquetError),
    /// The output cannot be written.
    #[error("cannot write the result")]
    Io(#[from] io::Error),
}

/// What takes the batches of one result.
trait Sink: Send {
    fn batch(&mut self, batch: RecordBatch) -> Result<(), OutputError>;
    fn finish(self: Box<Self>) -> Result<(), OutputError>;
}

/// Writes the batches of one result.
pub struct Results<'w>(Box<dyn Sink + 'w>);

/// Writes all batches. Returns how many rows there were.
///
/// # Errors
/// When the query fails or the output cannot be written.
pub async fn write_results(
    mut results: SendableRecordBatchStream,
    form: impl Into<Form>,
    mut out: impl Write + Send,
) -> Result<u64, OutputError> {
    let mut writer = Results::new(results.schema(), &form.into(), &mut out)?;
    let mut rows = 0;
    while let Some(batch) = results.next().await {
        let batch = batch.map_err(|error| OutputError::Query(error.into()))?;
        rows += batch.num_rows() as u64;
        writer.batch(batch)?;
    }
    writer.finish()?;
    Ok(rows)
}

impl<'w> Results<'w> {
    /// Begins a result.
    ///
    /// # Errors
    /// When the output cannot be written, or a type has no form in the format.
    pub fn new(
        schema: SchemaRef,
        form: &Form,
        out: impl Write + Send + 'w,
    ) -> Result<Self, OutputError> {
        Ok(Self(match form.format {
            Format::Table => Box::new(TableSink::new(schema, form, out)),
            Format::Json => Box::new(JsonSink::new(form, out)),
            Format::Csv => Box::new(CsvSink::begin(&schema, form, out)?),
            Format::Parquet => Box::new(ParquetSink::begin(&schema, out)?),
            Format::Arrow => Box::new(ArrowSink::begin(&schema, out)?),
        }))
    }

    /// Takes a batch.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn batch(&mut self, batch: RecordBatch) -> Result<(), OutputError> {
        self.0.batch(batch)
    }

    /// Ends the result; one without rows is drawn as its columns.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(self) -> Result<(), OutputError> {
        self.0.finish()
    }
}

/// Rows of text under their names, drawn as a result would be.
#[must_use]
pub fn listing(names: &[&str], rows: Vec<Vec<String>>, width: Option<usize>) -> String {
    let column = |name: &&str| Column {
        name: (*name).to_owned(),
        is_number: false,
    };
    let mut grid = Grid::new(names.iter().map(column).collect());
    for row in rows {
        grid.add(
            row.iter()
                .map(|text| Some(plain(text).to_string()))
                .collect(),
        );
    }
    grid.drawn(width, Expanded::Auto, 1)
}

#[cfg(test)]
mod tests;
