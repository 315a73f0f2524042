//! The tables as Parquet files in one directory: `events.parquet`, `losses.parquet`, `segments.parquet`, `gaps.parquet`.
//!
//! In: record batches. Out: files, compressed with zstd, readable by their owner alone as captures are.
//! A file has its name only when it is whole: until then it has another, and an export that fails takes its unfinished files away, those of a killed one among them.
//! `events.parquet` gets its name last, so where it is, the export is whole.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::{BatchSink, Table, TableLayout};
use crate::pipeline::Flow;
use crate::unfinished::{BeginError, Unfinished, unfinished_name};

/// Rows that the writer is given at once: what it counts pages in. So the bytes of a file do not depend on how batches were cut, and little waits for the rest of so many.
const WRITTEN_ROWS: usize = 1_024;

/// What the files of an export end in.
pub const EXPORT_EXTENSION: &str = "parquet";
/// Rows of a row group: what a reader can skip by its statistics.
const ROW_GROUP_ROWS: usize = 128 * 1024;
/// Bytes of a row group that the writer holds in memory before it writes them.
const ROW_GROUP_BYTES: usize = 64 << 20;

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file or directory cannot be made or written.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is something in the directory already.
    #[error("the directory {} is not empty; give another, or --force to replace the export in it", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// Another export is being written there.
    #[error("another export is writing {}", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// Parquet's writer failed.
    #[error("cannot write {}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
}

/// A table that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenTable {
    /// Its name.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// The bytes of its file.
    pub bytes: u64,
}

/// An export being written.
pub struct ParquetExport {
    directory: PathBuf,
    /// Whether the directory was made for this export.
    is_new: bool,
    writers: Vec<TableWriter>,
}

impl ParquetExport {
    /// Begins an export of tables with these layouts, of which the last tells that the export is whole. The directory is made if it is not there.
    /// What is in it already is an error, or with `force` is replaced where the export's own files have its name.
    ///
    /// # Errors
    /// When the directory or a file cannot be made, or the directory is not empty.
    pub fn create(
        directory: &Path,
        layouts: &[TableLayout],
        force: bool,
    ) -> Result<Self, ExportError> {
        let io_error = |source| ExportError::Io {
            path: directory.to_owned(),
            source,
        };
        let is_new = !directory.exists();
        if is_new {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)
                .map_err(io_error)?;
        } else if !force && holds_something(directory).map_err(io_error)? {
            return Err(ExportError::NotEmpty {
                path: directory.to_owned(),
            });
        }
        let mut export = Self {
            directory: directory.to_owned(),
            is_new,
            writers: Vec::new(),
        };
        for layout in layouts {
            let writer = TableWriter::create(directory, layout.table(), layout.schema())?;
            export.writers.push(writer);
        }
        Ok(export)
    }

    /// Where the batches of a table go.
    pub fn table(&mut self, table: Table) -> Option<&mut dyn BatchSink> {
        let writer = self
            .writers
            .iter_mut()
            .find(|writer| writer.table == table)?;
        Some(writer)
    }

    /// Ends the files and gives them their names.
    ///
    /// # Errors
    /// When the last bytes cannot be written or a file cannot be renamed.
    pub fn finish(mut self) -> Result<Vec<WrittenTable>, ExportError> {
        let mut written = Vec::new();
        for writer in &mut self.writers {
            written.push(writer.close()?);
        }
        for writer in &mut self.writers {
            writer.publish()?;
        }
        let directory = File::open(&self.directory).and_then(|directory| directory.sync_all());
        directory.map_err(|source| ExportError::Io {
            path: self.directory.clone(),
            source,
        })?;
        Ok(written)
    }
}

impl Drop for ParquetExport {
    fn drop(&mut self) {
        let is_published = |writer: &TableWriter| writer.unfinished.is_none();
        let is_whole = self.writers.iter().all(is_published);
        self.writers.clear();
        if self.is_new && !is_whole {
            // Only an empty directory goes away.
            let _ = fs::remove_dir(&self.directory);
        }
    }
}

/// Whether a directory holds anything but what a killed export left, which the next one replaces: unfinished files, and finished ones where the last is missing.
fn holds_something(directory: &Path) -> io::Result<bool> {
    let name = |table: Table| PathBuf::from(format!("{}.{EXPORT_EXTENSION}", table.name()));
    let finished = Table::ALL.map(name);
    let unfinished = finished.each_ref().map(|name| unfinished_name(name));
    let is_whole = finished
        .last()
        .is_some_and(|last| directory.join(last).exists());
    for entry in fs::read_dir(directory)? {
        let name = PathBuf::from(entry?.file_name());
        if !unfinished.contains(&name) && (is_whole || !finished.contains(&name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One table's file.
struct TableWriter {
    table: Table,
    path: PathBuf,
    /// None once it has its name.
    unfinished: Option<Unfinished>,
    writer: ArrowWriter<BufWriter<File>>,
    /// Parts of batches that wait for the rest of so many rows as are written at once.
    waiting: Vec<RecordBatch>,
    rows: u64,
}

impl TableWriter {
    fn create(directory: &Path, table: Table, schema: SchemaRef) -> Result<Self, ExportError> {
        let path = directory.join(format!("{}.{EXPORT_EXTENSION}", table.name()));
        let (unfinished, file) = Unfinished::begin(&path).map_err(|error| match error {
            BeginError::Busy => ExportError::Busy { path: path.clone() },
            BeginError::Io(source) => ExportError::Io {
                path: path.clone(),
                source,
            },
        })?;
        let properties = WriterProperties::builder()
            .set_created_by(concat!("falco-analyze ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let writer = ArrowWriter::try_new(BufWriter::new(file), schema, Some(properties)).map_err(
            |source| ExportError::Parquet {
                path: path.clone(),
                source,
            },
        )?;
        Ok(Self {
            table,
            path,
            unfinished: Some(unfinished),
            writer,
            waiting: Vec::new(),
            rows: 0,
        })
    }

    /// Writes what is left.
    fn close(&mut self) -> Result<WrittenTable, ExportError> {
        let path = self.path.clone();
        let parquet_error = |source| ExportError::Parquet { path, source };
        self.write_waiting()
            .and_then(|()| self.writer.finish())
            .map_err(parquet_error)?;
        let file = self.writer.inner_mut();
        file.flush().map_err(|source| ExportError::Io {
            path: self.path.clone(),
            source,
        })?;
        Ok(WrittenTable {
            table: self.table.name(),
            rows: self.rows,
            bytes: self.writer.bytes_written() as u64,
        })
    }

    fn publish(&mut self) -> Result<(), ExportError> {
        let finished = self.unfinished.take().map_or(Ok(()), Unfinished::finish);
        finished.map_err(|source| ExportError::Io {
            path: self.path.clone(),
            source,
        })
    }
}

impl TableWriter {
    fn write_waiting(&mut self) -> Result<(), ParquetError> {
        let waiting = std::mem::take(&mut self.waiting);
        let Some(first) = waiting.first() else {
            return Ok(());
        };
        if waiting.len() == 1 {
            self.writer.write(first)?;
        } else {
            self.writer
                .write(&concat_batches(&first.schema(), &waiting)?)?;
        }
        if self.writer.in_progress_size() >= ROW_GROUP_BYTES {
            self.writer.flush()?;
        }
        Ok(())
    }
}

impl BatchSink for TableWriter {
    fn batch(&mut self, mut batch: RecordBatch) -> io::Result<Flow> {
        self.rows += batch.num_rows() as u64;
        while batch.num_rows() > 0 {
            let waiting: usize = self.waiting.iter().map(RecordBatch::num_rows).sum();
            let taken = batch.num_rows().min(WRITTEN_ROWS.saturating_sub(waiting));
            self.waiting.push(batch.slice(0, taken));
            batch = batch.slice(taken, batch.num_rows() - taken);
            if waiting + taken >= WRITTEN_ROWS {
                self.write_waiting().map_err(into_io)?;
            }
        }
        Ok(Flow::Continue)
    }
}

/// The I/O error within, so that a full disk is named as such.
fn into_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}
