//! One Parquet file: row groups, one after the other.
//!
//! In: the rows of a row group, in parts. Out: the file's bytes.
//! Values that rows share are written each once; numbers that hardly repeat as differences.
//! Dictionaries of the tables stay in memory: a file's schema has plain text, so that every reader sees the same.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::basic::{Compression, Encoding};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, ColumnPath, SchemaDescriptor};

use super::ExportError;
use super::encode::{Work, encode, level};
use crate::columns::{ColumnSource, ColumnType, TableLayout};

/// A file that is being written.
pub(super) struct ParquetFile {
    path: PathBuf,
    writer: SerializedFileWriter<BufWriter<File>>,
    factory: ArrowRowGroupWriterFactory,
    columns: Vec<Leaves>,
    groups: usize,
}

/// A column, and the columns of Parquet that it is.
struct Leaves {
    field: FieldRef,
    leaves: Vec<ColumnDescPtr>,
    /// Whether each row has another value.
    is_unlike: bool,
}

impl ParquetFile {
    /// Begins a file with the columns of a layout, of which one is the time by which rows are in order.
    pub(super) fn begin(
        (path, file): (PathBuf, File),
        layout: &TableLayout,
        time: Option<usize>,
    ) -> Result<Self, ExportError> {
        let properties = properties(layout, time);
        let begun = ArrowWriter::try_new(BufWriter::new(file), plain(layout), Some(properties));
        let (writer, factory) = begun
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(ExportError::of_parquet(&path))?;
        let columns = leaves(layout, writer.schema_descr(), time);
        Ok(Self {
            path,
            writer,
            factory,
            columns,
            groups: 0,
        })
    }

    /// Writes rows as a row group, in the order given. Parts may have more columns than the file, behind its own.
    pub(super) fn write(
        &mut self,
        parts: &[RecordBatch],
        order: Option<&[(usize, usize)]>,
        threads: NonZeroUsize,
    ) -> Result<(), ExportError> {
        let written = self.write_group(parts, order, threads);
        written.map_err(ExportError::of_parquet(&self.path))
    }

    fn write_group(
        &mut self,
        parts: &[RecordBatch],
        order: Option<&[(usize, usize)]>,
        threads: NonZeroUsize,
    ) -> Result<(), ParquetError> {
        let mut writers = self.factory.create_column_writers(self.groups)?.into_iter();
        let column = |(place, leaves): (usize, &Leaves)| Work {
            field: Arc::clone(&leaves.field),
            parts: column_of(parts, place),
            writers: writers.by_ref().take(leaves.leaves.len()).collect(),
            leaves: leaves.leaves.clone(),
            is_unlike: leaves.is_unlike,
        };
        let columns = self.columns.iter().enumerate().map(column).collect();
        let chunks = encode(columns, order, threads)?;
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to(&mut group)?;
        }
        group.close()?;
        self.groups += 1;
        Ok(())
    }

    /// Ends the file, once its bytes are on the disk, and says how many there are.
    pub(super) fn close(mut self, metadata: Vec<KeyValue>) -> Result<u64, ExportError> {
        for pair in metadata {
            self.writer.append_key_value_metadata(pair);
        }
        self.writer
            .finish()
            .map_err(ExportError::of_parquet(&self.path))?;
        let bytes = self.writer.bytes_written() as u64;
        let out = self.writer.inner_mut();
        let written = out.flush().and_then(|()| out.get_ref().sync_all());
        written.map_err(ExportError::of(&self.path))?;
        Ok(bytes)
    }
}

fn column_of(parts: &[RecordBatch], place: usize) -> Vec<ArrayRef> {
    let columns = parts.iter().filter_map(|part| part.columns().get(place));
    columns.map(Arc::clone).collect()
}

/// The schema of a file: what is a dictionary in memory is plain.
pub(super) fn plain(layout: &TableLayout) -> SchemaRef {
    let schema = layout.schema();
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Dictionary(_, values) => Arc::new(Field::new(
            field.name(),
            values.as_ref().clone(),
            field.is_nullable(),
        )),
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn leaves(layout: &TableLayout, descriptor: &SchemaDescriptor, time: Option<usize>) -> Vec<Leaves> {
    let of_column = |place| {
        let all = 0..descriptor.num_columns();
        let own = all.filter(move |leaf| descriptor.get_column_root_idx(*leaf) == place);
        own.map(|leaf| descriptor.column(leaf)).collect()
    };
    let is_unlike = |place: usize| {
        let source = layout.columns().get(place).map(|column| &column.source);
        Some(place) == time
            || matches!(
                source,
                Some(ColumnSource::Boottime | ColumnSource::Position)
            )
    };
    let schema = plain(layout);
    let fields = schema.fields().iter().enumerate();
    let column = |(place, field): (usize, &FieldRef)| Leaves {
        field: Arc::clone(field),
        leaves: of_column(place),
        is_unlike: is_unlike(place),
    };
    fields.map(column).collect()
}

fn properties(layout: &TableLayout, time: Option<usize>) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("falco-analyze version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(level()))
        // What repeats comes encoded.
        .set_dictionary_enabled(false)
        // Where a row group ends is decided where rows wait.
        .set_max_row_group_row_count(None);
    for column in layout.columns() {
        let path = || ColumnPath::new(vec![column.name.clone()]);
        properties = match column.ty {
            // They are near each other, as ids and sizes are.
            ColumnType::Time | ColumnType::Duration | ColumnType::Int | ColumnType::Uint => {
                properties.set_column_encoding(path(), Encoding::DELTA_BINARY_PACKED)
            }
            ColumnType::Bytes => properties.set_column_dictionary_enabled(path(), true),
            _ => properties,
        };
    }
    // Columns before it count as their leaves, but it is the first of its table or a plain one: its place is found by them.
    let leaf = time.map(|time| leaf_of(layout, time));
    let sorted = leaf.and_then(|leaf| i32::try_from(leaf).ok());
    let sorted = sorted.map(|column_idx| {
        vec![SortingColumn {
            column_idx,
            descending: false,
            nulls_first: false,
        }]
    });
    properties.set_sorting_columns(sorted).build()
}

/// The place of a column among those of Parquet, of which texts by name are two.
fn leaf_of(layout: &TableLayout, place: usize) -> usize {
    let before = layout.columns().iter().take(place);
    before
        .map(|column| if column.ty == ColumnType::Named { 2 } else { 1 })
        .sum()
}
