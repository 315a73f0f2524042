//! Records as files: JSON lines of all classes in one stream, or Parquet, a file for each class.
//!
//! In: batches of records. Out: bytes. In JSON what is NULL is left out.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_json::LineDelimitedWriter;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::collect::Shape;
use crate::columns::{BatchSink, EXPORT_EXTENSION};
use crate::export::class::Class;
use crate::export::tables::{
    ExportDirectory, ExportError, Provenance, WrittenTable, into_io, metadata,
};
use crate::pipeline::Flow;

/// Rows of a row group: what is held until it is written, some hundred megabytes at most.
const ROW_GROUP_ROWS: usize = 1 << 17;

/// Records as JSON, an object on a line.
pub struct OcsfLines<W: Write> {
    writer: LineDelimitedWriter<W>,
    rows: u64,
}

impl<W: Write> OcsfLines<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self {
            writer: LineDelimitedWriter::new(out),
            rows: 0,
        }
    }

    /// Ends and says how many records there are.
    ///
    /// # Errors
    /// When the last bytes cannot be written.
    pub fn finish(mut self) -> io::Result<u64> {
        self.writer.finish().map_err(into_io)?;
        self.writer.into_inner().flush()?;
        Ok(self.rows)
    }
}

impl<W: Write> BatchSink for OcsfLines<W> {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        self.rows += batch.num_rows() as u64;
        self.writer.write(&batch).map_err(into_io)?;
        Ok(Flow::Continue)
    }
}

/// A Parquet file for each class, in one directory.
pub struct OcsfParquet {
    // Files are closed before their directory goes away.
    files: Vec<OcsfFile>,
    directory: RefCell<ExportDirectory>,
    captures: Vec<Provenance>,
}

impl OcsfParquet {
    /// Begins an export. What is in the directory already is an error, or with `force` is replaced where it has the name of a class.
    ///
    /// # Errors
    /// When the directory or a file cannot be made, or another export is being written there.
    pub fn create(directory: &Path, classes: &[Class], force: bool) -> Result<Self, ExportError> {
        let mut directory = ExportDirectory::begin(directory, force)?;
        let mut files = Vec::new();
        for class in classes {
            let name = format!("{}.{EXPORT_EXTENSION}", class.name());
            files.push(OcsfFile::begin(*class, directory.file(Path::new(&name))?)?);
        }
        Ok(Self {
            files,
            directory: RefCell::new(directory),
            captures: Vec::new(),
        })
    }

    /// What follows is of this capture.
    pub fn capture(&mut self, capture: &Provenance) {
        self.captures.push(capture.clone());
    }

    /// Where the records of each class go, in their order.
    pub fn sinks(&mut self) -> Vec<&mut dyn BatchSink> {
        let files = self.files.iter_mut();
        files.map(|file| file as &mut dyn BatchSink).collect()
    }

    /// Ends the files and gives them their names.
    ///
    /// # Errors
    /// When the last bytes cannot be written or a file cannot be renamed.
    pub fn finish(self) -> Result<Vec<WrittenTable>, ExportError> {
        let mut written = Vec::new();
        let mut last = "";
        for file in self.files {
            last = file.class.name();
            written.push(file.finish(&self.captures)?);
        }
        self.directory.into_inner().finish(last)?;
        Ok(written)
    }
}

struct OcsfFile {
    class: Class,
    path: PathBuf,
    writer: ArrowWriter<BufWriter<File>>,
    rows: u64,
}

impl OcsfFile {
    fn begin(class: Class, (path, file): (PathBuf, File)) -> Result<Self, ExportError> {
        let properties = WriterProperties::builder()
            .set_created_by(concat!("falco-analyze version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let schema = Shape::of(&[class]).schema();
        let schema = schema.map_err(|error| ExportError::of(&path)(into_io(error)))?;
        let writer = ArrowWriter::try_new(BufWriter::new(file), schema, Some(properties));
        Ok(Self {
            class,
            writer: writer.map_err(ExportError::of_parquet(&path))?,
            path,
            rows: 0,
        })
    }

    fn finish(mut self, captures: &[Provenance]) -> Result<WrittenTable, ExportError> {
        for pair in metadata(self.class.name(), captures) {
            self.writer.append_key_value_metadata(pair);
        }
        let ended = self.writer.finish();
        ended.map_err(ExportError::of_parquet(&self.path))?;
        let bytes = self.writer.bytes_written() as u64;
        let out = self.writer.inner_mut();
        let synced = out.flush().and_then(|()| out.get_ref().sync_all());
        synced.map_err(ExportError::of(&self.path))?;
        Ok(WrittenTable {
            table: self.class.name(),
            rows: self.rows,
            bytes,
            files: 1,
        })
    }
}

impl BatchSink for OcsfFile {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        self.rows += batch.num_rows() as u64;
        let written = self.writer.write(&batch);
        written.map_err(|error| ExportError::of_parquet(&self.path)(error).into_io())?;
        Ok(Flow::Continue)
    }
}
