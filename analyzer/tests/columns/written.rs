//! How rows are put in row groups and files, whatever their times and however they come.

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{TimestampNanosecondType, UInt64Type};
use arrow_array::{ArrayRef, RecordBatch, TimestampNanosecondArray, UInt64Array};
use falco_analyze::columns::{BatchSink as _, Table, TableLayout};
use falco_analyze::export::tables::{ParquetExport, ParquetOptions, Partition, Provenance};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::tempdir;

const HOUR: i64 = 3_600_000_000_000;
/// More rows than one row group has.
const MANY: usize = (1 << 20) + 5_000;

fn layout() -> TableLayout {
    let layout = Table::Events.layout();
    layout.select(&["evt_time", "position"]).expect("columns")
}

fn provenance(node: &str) -> Provenance {
    Provenance {
        capture: "capture".to_owned(),
        node: node.to_owned(),
        boots: Vec::new(),
        segments: 1,
        digest: None,
        lost: 0,
        damaged: 0,
    }
}

/// Rows with such times, numbered, in batches of so many.
fn batches(times: &[Option<i64>], rows: usize) -> Vec<RecordBatch> {
    let schema = layout().schema();
    let batch = |(number, times): (usize, &[Option<i64>])| {
        let first = (number * rows) as u64;
        let positions = first..first + times.len() as u64;
        let times = TimestampNanosecondArray::from(times.to_vec()).with_timezone("UTC");
        let columns: [ArrayRef; 2] = [
            Arc::new(times),
            Arc::new(UInt64Array::from_iter_values(positions)),
        ];
        RecordBatch::try_new(Arc::clone(&schema), columns.to_vec()).expect("a batch")
    };
    times.chunks(rows).enumerate().map(batch).collect()
}

fn write(
    directory: &Path,
    captures: &[(&str, &[RecordBatch])],
    (partition, threads): (Partition, usize),
) {
    let options = ParquetOptions {
        partition,
        threads: NonZeroUsize::new(threads).expect("some"),
        ..ParquetOptions::default()
    };
    let mut export = ParquetExport::create(directory, &[layout()], options).expect("an export");
    for (node, batches) in captures {
        export.capture(&provenance(node)).expect("begun");
        let mut sinks = export.sinks();
        let sink = sinks.first_mut().expect("a table");
        for batch in *batches {
            sink.batch(batch.clone()).expect("written");
        }
    }
    export.finish().expect("finished");
}

/// Files of an export by their names.
fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = vec![directory.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a directory");
            waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else {
            let name = path.strip_prefix(directory).expect("below");
            found.push(name.to_string_lossy().into_owned());
        }
    }
    found.sort();
    found
}

/// The rows of each row group of a file. Those that say that they are in order are.
fn groups(path: &Path) -> Vec<Vec<(Option<i64>, u64)>> {
    let open = || {
        let file = File::open(path).expect("a file");
        ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file")
    };
    let number = open().metadata().num_row_groups();
    let group = |place| {
        let builder = open();
        let said = builder
            .metadata()
            .row_group(place)
            .sorting_columns()
            .cloned();
        let said = said.expect("it says how its rows are sorted");
        assert!(said.len() == 1 && said[0].column_idx == 0 && !said[0].descending);
        let reader = builder
            .with_row_groups(vec![place])
            .build()
            .expect("a reader");
        let mut rows = Vec::new();
        for batch in reader {
            let batch = batch.expect("a batch");
            let times = batch.column(0).as_primitive::<TimestampNanosecondType>();
            let positions = batch.column(1).as_primitive::<UInt64Type>();
            rows.extend(times.iter().zip(positions.values().iter().copied()));
        }
        let order = |(time, position): &(Option<i64>, u64)| (time.is_none(), *time, *position);
        assert!(rows.is_sorted_by_key(order));
        rows
    };
    (0..number).map(group).collect()
}

#[test]
fn row_groups_are_of_a_million_rows_and_the_same_however_rows_come() {
    let workspace = tempdir().expect("a directory");
    let times: Vec<Option<i64>> = (0..MANY as i64).map(|row| Some(row * 1_000)).collect();
    let bytes = |name: &str, rows: usize, threads: usize| {
        let directory = workspace.path().join(name);
        let batches = batches(&times, rows);
        write(&directory, &[("a", &batches)], (Partition::None, threads));
        std::fs::read(directory.join("events.parquet")).expect("a file")
    };
    let expected = bytes("one", 8_192, 1);
    assert!(bytes("two", 777, 3) == expected);
    let groups = groups(&workspace.path().join("one/events.parquet"));
    let rows: Vec<usize> = groups.iter().map(Vec::len).collect();
    assert_eq!(rows, [1 << 20, MANY - (1 << 20)]);
}

#[test]
fn times_that_run_backwards_are_in_order_and_keep_their_places() {
    let workspace = tempdir().expect("a directory");
    let times = [Some(5), Some(2), None, Some(9), Some(2)];
    let batches = batches(&times, 2);
    let directory = workspace.path().join("tables");
    write(&directory, &[("a", &batches)], (Partition::None, 2));
    let expected = [
        (Some(2), 1),
        (Some(2), 4),
        (Some(5), 0),
        (Some(9), 3),
        (None, 2),
    ];
    assert_eq!(groups(&directory.join("events.parquet")), [expected]);
}

#[test]
fn rows_go_to_their_hours_whatever_their_order() {
    let workspace = tempdir().expect("a directory");
    // Back and forth over the border of an hour, and the same hour again from another capture.
    let times = [HOUR - 1, HOUR + 5, HOUR - 2, HOUR, 30 * HOUR].map(Some);
    let (first, second) = (batches(&times, 2), batches(&[Some(HOUR), None], 2));
    let directory = workspace.path().join("tables");
    let captures = [("a", &first[..]), ("b/c", &second), ("a", &second)];
    write(&directory, &captures, (Partition::Hour, 2));
    let none = "__HIVE_DEFAULT_PARTITION__";
    let lost = |node: &str| format!("events/date={none}/hour={none}/node={node}/part-0.parquet");
    let at = |date: &str, hour: &str, rest: &str| {
        format!("events/date=1970-01-{date}/hour={hour}/node={rest}.parquet")
    };
    let mut expected = [
        at("01", "00", "a/part-0"),
        at("01", "01", "a/part-0"),
        at("01", "01", "a/part-1"),
        at("01", "01", "b%2Fc/part-0"),
        at("02", "06", "a/part-0"),
        lost("a"),
        lost("b%2Fc"),
    ];
    expected.sort();
    assert_eq!(files(&directory), expected);
    let rows = |name: &str| groups(&directory.join(name));
    assert_eq!(
        rows(&at("01", "00", "a/part-0")),
        [[(Some(HOUR - 2), 2), (Some(HOUR - 1), 0)]]
    );
    assert_eq!(
        rows(&at("01", "01", "a/part-0")),
        [[(Some(HOUR), 3), (Some(HOUR + 5), 1)]]
    );
    assert_eq!(rows(&lost("a")), [[(None, 1)]]);
}

#[test]
fn a_table_without_rows_has_a_file() {
    let workspace = tempdir().expect("a directory");
    let directory = workspace.path().join("tables");
    write(&directory, &[("a", &[])], (Partition::None, 1));
    assert!(groups(&directory.join("events.parquet")).is_empty());
}
