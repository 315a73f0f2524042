//! The tables as files that other programs read.
//!
//! ```text
//! directory   files that have their names only when all are whole
//! held        rows that wait until they are a row group, and the order of their times
//! partition   which day or hour a row belongs to, and what its directory is called
//! encode      columns of a row group → pages, by several threads
//! entries     what values that rows share are
//! dictionary  the texts of a leaf of a row group, each once
//! numbers     its numbers, each once; flags
//! named       texts by name, taken apart
//! lists       lists, taken apart
//! levels      where values stand
//! hybrid      numbers as Parquet packs them
//! shared      a leaf of values that rows share, as Parquet
//! file        row groups → one Parquet file
//! files       the files of one table
//! provenance  what a file says of where its rows come from
//! parquet     the files of all tables in one directory
//! rows        one table as JSON lines, CSV or Arrow's own form
//! ```
//!
//! In: record batches of `columns`. Out: files. Which captures are read and what is asked of them, the command line decides.

mod dictionary;
mod directory;
mod encode;
mod entries;
mod error;
mod file;
mod files;
mod held;
mod hybrid;
mod levels;
mod lists;
mod named;
mod numbers;
mod parquet;
mod partition;
mod provenance;
mod rows;
mod shared;

pub(super) use directory::ExportDirectory;
pub use directory::is_unfinished;
pub use error::ExportError;
pub use parquet::{ParquetExport, ParquetOptions, TableSink};
pub use partition::Partition;
pub use provenance::Provenance;
pub(super) use provenance::metadata;
pub(super) use rows::into_io;
pub use rows::{RowFormat, RowWriter};

/// A table that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenTable {
    /// Its name.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// The bytes of its files.
    pub bytes: u64,
    /// How many files it has.
    pub files: u64,
}
