//! The tables as Parquet files in one directory: `TABLE.parquet`, or with partitions `events/date=…/hour=…/node=…/part-0.parquet`.
//!
//! In: record batches. Out: files, compressed with zstd, readable by their owner alone as captures are.
//! Only `events` is put in partitions: the other tables are small beside it, and whoever joins them wants them whole.

use std::cell::RefCell;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;

use arrow_array::RecordBatch;

use super::directory::ExportDirectory;
use super::files::{EVENT_TIME, TableFiles};
use super::{ExportError, Partition, Provenance, WrittenTable};
use crate::columns::{BatchSink, Table, TableLayout};
use crate::pipeline::Flow;

/// How an export is written.
#[derive(Clone, Copy, Debug)]
pub struct ParquetOptions {
    /// Replaces an export that is in the directory.
    pub force: bool,
    /// How the rows of `events` are put in files.
    pub partition: Partition,
    /// How many threads encode. The bytes are the same for any number.
    pub threads: NonZeroUsize,
}

impl Default for ParquetOptions {
    fn default() -> Self {
        Self {
            force: false,
            partition: Partition::None,
            threads: NonZeroUsize::MIN,
        }
    }
}

/// An export being written.
pub struct ParquetExport {
    // Files are closed before their directory goes away.
    tables: Vec<TableFiles>,
    directory: RefCell<ExportDirectory>,
}

impl ParquetExport {
    /// Begins an export of tables with these layouts. The directory is made if it is not there.
    /// What is in it already is an error, or with `force` is replaced where the export's own files have its name.
    ///
    /// # Errors
    /// When the directory cannot be made, is not empty, or another export is being written there.
    pub fn create(
        directory: &Path,
        layouts: &[TableLayout],
        options: ParquetOptions,
    ) -> Result<Self, ExportError> {
        let directory = ExportDirectory::begin(directory, options.force)?;
        let files = |layout: &TableLayout| {
            let partition = match layout.table() {
                Table::Events => options.partition,
                _ => Partition::None,
            };
            TableFiles::new(layout, partition, options.threads)
        };
        Ok(Self {
            tables: layouts.iter().map(files).collect(),
            directory: RefCell::new(directory),
        })
    }

    /// The columns that batches of a table must have for it to be written with those of `layout`: partitions are made by a time that nobody may have asked for, which then stands behind all others.
    #[must_use]
    pub fn asked(layout: &TableLayout, partition: Partition) -> TableLayout {
        let is_partitioned = partition != Partition::None && layout.table() == Table::Events;
        let has_time = |layout: &TableLayout| layout.place(EVENT_TIME).is_ok();
        if !is_partitioned || has_time(layout) {
            return layout.clone();
        }
        let names: Vec<&str> = layout
            .columns()
            .iter()
            .map(|column| column.name.as_str())
            .chain([EVENT_TIME])
            .collect();
        let with_time = Table::Events.layout().select(&names);
        with_time.unwrap_or_else(|_| layout.clone())
    }

    /// What follows is of this capture.
    ///
    /// # Errors
    /// When what waited of the one before cannot be written.
    pub fn capture(&mut self, capture: &Provenance) -> Result<(), ExportError> {
        for files in &mut self.tables {
            files.capture(self.directory.get_mut(), capture)?;
        }
        Ok(())
    }

    /// Where the batches of each table go, in the order of the layouts; they may be used side by side.
    pub fn sinks(&mut self) -> Vec<TableSink<'_>> {
        let sink = |files| TableSink {
            files,
            directory: &self.directory,
        };
        self.tables.iter_mut().map(sink).collect()
    }

    /// Ends the files and gives them their names.
    ///
    /// # Errors
    /// When the last bytes cannot be written or a file cannot be renamed.
    pub fn finish(mut self) -> Result<Vec<WrittenTable>, ExportError> {
        let mut written = Vec::new();
        for files in &mut self.tables {
            written.push(files.finish(self.directory.get_mut())?);
        }
        self.directory.into_inner().finish(Table::Events.name())?;
        Ok(written)
    }
}

/// Where the batches of one table go.
pub struct TableSink<'e> {
    files: &'e mut TableFiles,
    directory: &'e RefCell<ExportDirectory>,
}

impl TableSink<'_> {
    /// Whose rows it takes.
    #[must_use]
    pub fn table(&self) -> Table {
        self.files.table()
    }
}

impl BatchSink for TableSink<'_> {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        // Sinks are asked one after the other, and none asks another.
        let pushed = self.files.push(&mut self.directory.borrow_mut(), batch);
        pushed.map_err(ExportError::into_io)?;
        Ok(Flow::Continue)
    }
}
