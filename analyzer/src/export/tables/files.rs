//! The files of one table, and the rows that wait for them.
//!
//! In: batches in stream order, and where they come from. Out: files in an export's directory.
//! Rows wait until there are enough for a row group; then they are put in the order of their times, since imports and clocks that are set may run backwards, and go to the files of their days or hours.
//! So the rows of each row group are in order, and it says so; what runs backwards by more than a row group is told by the times that row groups say of themselves.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array as _, RecordBatch};

use super::directory::ExportDirectory;
use super::file::ParquetFile;
use super::held::{Held, order_by_time};
use super::partition::Partition;
use super::provenance::{Provenance, metadata};
use super::{ExportError, WrittenTable};
use crate::columns::{ColumnType, EXPORT_EXTENSION, Table, TableLayout};

/// Rows of a row group: what readers work on side by side, and skip by its statistics.
pub(super) const ROW_GROUP_ROWS: usize = 1 << 20;
/// Bytes of values of `events` that wait for their row group: what most of the memory of an export is. A million events with the default columns have about so many.
const EVENTS_BYTES_MAX: usize = 384 << 20;
/// The same of other tables, which wait beside them.
const OTHER_BYTES_MAX: usize = 48 << 20;
/// Files of partitions that are open at once: each keeps what it will say at its end.
const OPEN_MAX: usize = 32;
/// Partitions of an export: two years of hours. Times that are spread over more are those of no clock.
const PARTITIONS_MAX: usize = 20_000;

/// Files of a table that are being written.
pub(super) struct TableFiles {
    layout: TableLayout,
    /// The column of `layout`, or behind its own, by which rows are in order.
    time: Option<usize>,
    partition: Partition,
    threads: NonZeroUsize,
    held: Held,
    open: BTreeMap<PathBuf, Open>,
    /// How many files each partition has had.
    numbers: BTreeMap<PathBuf, u32>,
    /// Whose rows the open files have, and those that wait.
    captures: Vec<Provenance>,
    flushes: u64,
    written: WrittenTable,
}

/// An open file, and when rows were written to it.
struct Open {
    file: ParquetFile,
    at: u64,
}

impl TableFiles {
    /// Files with the columns of `layout`. With partitions, batches have the time behind the layout's columns if those lack it.
    pub(super) fn new(layout: &TableLayout, partition: Partition, threads: NonZeroUsize) -> Self {
        let is_time = |(_, ty): &(usize, ColumnType)| *ty == ColumnType::Time;
        let columns = layout.columns().iter().map(|column| column.ty).enumerate();
        let named = layout
            .columns()
            .iter()
            .position(|column| column.name == EVENT_TIME);
        let time = match layout.table() {
            Table::Events if partition != Partition::None => {
                Some(named.unwrap_or(layout.columns().len()))
            }
            Table::Events => named,
            _ => columns.into_iter().find(is_time).map(|(place, _)| place),
        };
        Self {
            layout: layout.clone(),
            time,
            partition,
            threads,
            held: Held::default(),
            open: BTreeMap::new(),
            numbers: BTreeMap::new(),
            captures: Vec::new(),
            flushes: 0,
            written: WrittenTable {
                table: layout.table().name(),
                rows: 0,
                bytes: 0,
                files: 0,
            },
        }
    }

    pub(super) fn table(&self) -> Table {
        self.layout.table()
    }

    /// What follows is of another capture. A file of a partition has rows of one alone.
    pub(super) fn capture(
        &mut self,
        directory: &mut ExportDirectory,
        capture: &Provenance,
    ) -> Result<(), ExportError> {
        if self.partition != Partition::None {
            self.flush(directory)?;
            self.close_all()?;
            self.captures.clear();
        }
        self.captures.push(capture.clone());
        Ok(())
    }

    pub(super) fn push(
        &mut self,
        directory: &mut ExportDirectory,
        mut batch: RecordBatch,
    ) -> Result<(), ExportError> {
        let bytes_max = match self.table() {
            Table::Events => EVENTS_BYTES_MAX,
            _ => OTHER_BYTES_MAX,
        };
        self.written.rows += batch.num_rows() as u64;
        while batch.num_rows() > 0 {
            let room = self.held.room();
            let taken = batch.num_rows().min(room);
            self.held.push(batch.slice(0, taken));
            batch = batch.slice(taken, batch.num_rows() - taken);
            let is_full = self.held.rows() >= ROW_GROUP_ROWS || self.held.bytes() >= bytes_max;
            if taken == room && is_full {
                self.flush(directory)?;
            }
        }
        Ok(())
    }

    /// Writes what waits and ends all files. A table without rows has a file too, which says what its columns are.
    pub(super) fn finish(
        &mut self,
        directory: &mut ExportDirectory,
    ) -> Result<WrittenTable, ExportError> {
        self.flush(directory)?;
        if self.written.files == 0 && self.open.is_empty() {
            self.open_at(directory, &PathBuf::new())?;
        }
        self.close_all()?;
        Ok(self.written.clone())
    }

    /// Writes what waits, each partition's rows as a row group.
    fn flush(&mut self, directory: &mut ExportDirectory) -> Result<(), ExportError> {
        let parts = self.held.take();
        if parts.is_empty() {
            return Ok(());
        }
        self.flushes += 1;
        let mut order = self.time.and_then(|time| order_by_time(&parts, time));
        let node = self
            .captures
            .last()
            .map_or("", |capture| &capture.node)
            .to_owned();
        let places = self.places(&parts, order.as_deref());
        if places.len() > 1 && order.is_none() {
            order = Some(as_they_came(&parts));
        }
        for (place, rows) in places {
            let at = self.partition.directory(place, &node);
            self.open_at(directory, &at)?;
            let order = order.as_deref().and_then(|order| order.get(rows));
            if let Some(open) = self.open.get_mut(&at) {
                open.at = self.flushes;
                open.file.write(&parts, order, self.threads)?;
            }
        }
        Ok(())
    }

    /// The partitions of rows in the order of their times, and which rows each has.
    fn places(
        &self,
        parts: &[RecordBatch],
        order: Option<&[(usize, usize)]>,
    ) -> Vec<(Option<i64>, Range<usize>)> {
        let rows = parts.iter().map(RecordBatch::num_rows).sum();
        let Some(column) = self.time.filter(|_| self.partition != Partition::None) else {
            return vec![(None, 0..rows)];
        };
        let times: Vec<_> = parts
            .iter()
            .filter_map(|part| part.columns().get(column))
            .filter_map(|times| times.as_primitive_opt::<TimestampNanosecondType>())
            .collect();
        let place = |(part, row): (usize, usize)| {
            let times = times.get(part).filter(|times| times.is_valid(row));
            self.partition.place(times.map(|times| times.value(row)))
        };
        let mut places: Vec<(Option<i64>, Range<usize>)> = Vec::new();
        let mut next = |at: usize, row| {
            let place = place(row);
            match places.last_mut() {
                Some((last, rows)) if *last == place => rows.end = at + 1,
                _ => places.push((place, at..at + 1)),
            }
        };
        match order {
            Some(order) => order
                .iter()
                .enumerate()
                .for_each(|(at, row)| next(at, *row)),
            None => rows_of(parts)
                .enumerate()
                .for_each(|(at, row)| next(at, row)),
        }
        places
    }

    /// Has a file open for a partition; the one that was written to least recently is ended where there are too many.
    fn open_at(&mut self, directory: &mut ExportDirectory, at: &Path) -> Result<(), ExportError> {
        if self.open.contains_key(at) {
            return Ok(());
        }
        if self.open.len() >= OPEN_MAX {
            let oldest = self.open.iter().min_by_key(|(_, open)| open.at);
            if let Some(oldest) = oldest.map(|(at, _)| at.clone()) {
                self.close(&oldest)?;
            }
        }
        let table = self.table().name();
        if self.numbers.len() >= PARTITIONS_MAX && !self.numbers.contains_key(at) {
            let told = format!(
                "the times of {table} fall into more than {PARTITIONS_MAX} partitions; export with --partition none"
            );
            return Err(ExportError::of(Path::new(table))(io::Error::other(told)));
        }
        let number = self.numbers.entry(at.to_owned()).or_default();
        let name = match self.partition {
            Partition::None => PathBuf::from(format!("{table}.{EXPORT_EXTENSION}")),
            _ => Path::new(table)
                .join(at)
                .join(format!("part-{number}.{EXPORT_EXTENSION}")),
        };
        *number += 1;
        let file = ParquetFile::begin(
            directory.file(&name)?,
            &self.layout,
            self.time.filter(|time| *time < self.layout.columns().len()),
        )?;
        let at_flush = self.flushes;
        self.open.insert(at.to_owned(), Open { file, at: at_flush });
        Ok(())
    }

    fn close_all(&mut self) -> Result<(), ExportError> {
        while let Some(at) = self.open.keys().next().cloned() {
            self.close(&at)?;
        }
        Ok(())
    }

    fn close(&mut self, at: &Path) -> Result<(), ExportError> {
        if let Some(open) = self.open.remove(at) {
            let metadata = metadata(self.table().name(), &self.captures);
            self.written.bytes += open.file.close(metadata)?;
            self.written.files += 1;
        }
        Ok(())
    }
}

/// The column of `events` by which its rows are in order and in partitions.
pub(super) const EVENT_TIME: &str = "evt_time";

fn rows_of(parts: &[RecordBatch]) -> impl Iterator<Item = (usize, usize)> {
    let parts = parts.iter().enumerate();
    parts.flat_map(|(place, part)| (0..part.num_rows()).map(move |row| (place, row)))
}

fn as_they_came(parts: &[RecordBatch]) -> Vec<(usize, usize)> {
    rows_of(parts).collect()
}
