//! Results as Parquet and as a stream of Arrow's IPC format: types stay, but for views of text, which not every program knows and which are plain text; other programs read them without guessing.
//!
//! In: batches. Out: bytes as they come. Of Parquet one row group is held, compressed; of Arrow nothing.

use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::{OutputError, Sink};
use crate::held::{as_schema, plain_schema};

/// Rows of a row group: few enough that a reader skips what it does not need.
const ROW_GROUP_ROWS_MAX: usize = 1_000_000;
/// Compressed bytes of a row group that are held until it is written.
const ROW_GROUP_BYTES_MAX: usize = 64 << 20;

pub(super) struct ParquetSink<W: Write + Send>(ArrowWriter<W>, SchemaRef);

impl<W: Write + Send> ParquetSink<W> {
    pub(super) fn begin(schema: &Schema, out: W) -> Result<Self, OutputError> {
        let schema = plain_schema(schema);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS_MAX))
            .build();
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?;
        Ok(Self(writer, schema))
    }
}

impl<W: Write + Send> Sink for ParquetSink<W> {
    fn batch(&mut self, batch: RecordBatch) -> Result<(), OutputError> {
        self.0.write(&as_schema(&batch, &self.1)?)?;
        if self.0.in_progress_size() >= ROW_GROUP_BYTES_MAX {
            self.0.flush()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        self.0.finish()?;
        Ok(self.0.inner_mut().flush()?)
    }
}

pub(super) struct ArrowSink<W: Write>(StreamWriter<W>, SchemaRef);

impl<W: Write> ArrowSink<W> {
    pub(super) fn begin(schema: &Schema, out: W) -> Result<Self, OutputError> {
        let schema = plain_schema(schema);
        Ok(Self(StreamWriter::try_new(out, &schema)?, schema))
    }
}

impl<W: Write + Send> Sink for ArrowSink<W> {
    fn batch(&mut self, batch: RecordBatch) -> Result<(), OutputError> {
        Ok(self.0.write(&as_schema(&batch, &self.1)?)?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        self.0.finish()?;
        Ok(self.0.get_mut().flush()?)
    }
}
