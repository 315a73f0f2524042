//! Every kind of column comes back from Parquet as it was written, for values that many rows share, that none shares, and that are not there; over several pages, in any order, and however batches are cut.
//!
//! What shares values is encoded by us and decoded by the library.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Int64Builder, ListBuilder, MapBuilder, StringBuilder, StringDictionaryBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch, TimestampNanosecondArray};
use falco_analyze::columns::{BatchSink as _, Table, TableLayout};
use falco_analyze::export::tables::{ParquetExport, ParquetOptions, Provenance};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::tempdir;

use crate::support::lines;

/// More rows than three pages have.
const ROWS: usize = 65_000;

/// One column of each kind.
const COLUMNS: [&str; 9] = [
    "evt_time",
    "proc_name",
    "evt_args",
    "args",
    "fd_port",
    "proc_aname",
    "evt_failed",
    "fd_num",
    "proc_vpid",
];

fn layout() -> TableLayout {
    let layout = Table::Events.layout().select(&COLUMNS);
    layout.expect("columns")
}

/// What the rows have.
#[derive(Clone, Copy)]
struct Case {
    /// How many different values there are.
    values: usize,
    /// One row of so many has none; none has where it is 1.
    gap: usize,
    /// Whether times run backwards here and there.
    is_disordered: bool,
    /// Rows of a batch.
    cut: usize,
}

impl Case {
    /// The value of a row, spread as hashes are.
    fn value(self, row: usize) -> Option<usize> {
        let spread = row.wrapping_mul(0x9e37_79b9) >> 7;
        let is_there = !spread.is_multiple_of(self.gap);
        is_there.then_some(spread % self.values)
    }

    fn text(self, row: usize) -> Option<String> {
        let value = self.value(row)?;
        // Some are long, and beyond what bounds keep.
        Some(format!("{}\u{e9}{value}", "a".repeat(value % 3 * 40)))
    }

    fn time(self, row: usize) -> i64 {
        let row = if self.is_disordered { row ^ 5 } else { row };
        i64::try_from(row).expect("a time")
    }

    fn batch(self, rows: std::ops::Range<usize>) -> RecordBatch {
        let times =
            TimestampNanosecondArray::from_iter_values(rows.clone().map(|row| self.time(row)));
        let mut words = StringDictionaryBuilder::<Int32Type>::new();
        let mut texts = StringBuilder::new();
        let mut named = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
        let mut ports = ListBuilder::new(Int64Builder::new());
        let mut names = ListBuilder::new(StringBuilder::new());
        let mut flags = BooleanBuilder::new();
        let (mut numbers, mut ids) = (Int64Builder::new(), Int64Builder::new());
        for row in rows {
            let (value, text) = (self.value(row), self.text(row));
            let number = value.map(|value| value as i64 - 3);
            words.append_option(text.as_deref());
            texts.append_option(text.as_deref());
            for pair in 0..row % 3 {
                named.keys().append_value(["res", "fd", "flags"][pair]);
                named.values().append_option(text.as_deref());
                ports.values().append_option(number);
                names.values().append_option(text.as_deref());
            }
            named.append(true).expect("pairs");
            let is_list = row % 3 > 0 || value.is_some();
            ports.append(is_list);
            names.append(is_list);
            flags.append_option(value.map(|value| value % 2 == 0));
            numbers.append_option(number);
            ids.append_option(number.map(|number| number % 7));
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(times.with_timezone("UTC")),
            Arc::new(words.finish()),
            Arc::new(texts.finish()),
            Arc::new(named.finish()),
            Arc::new(ports.finish()),
            Arc::new(names.finish()),
            Arc::new(flags.finish()),
            Arc::new(numbers.finish()),
            Arc::new(ids.finish()),
        ];
        RecordBatch::try_new(layout().schema(), columns).expect("a batch")
    }
}

fn write(directory: &Path, batches: &[RecordBatch]) {
    let options = ParquetOptions::default();
    let mut export = ParquetExport::create(directory, &[layout()], options).expect("an export");
    let provenance = Provenance {
        capture: "capture".to_owned(),
        node: "a".to_owned(),
        boots: Vec::new(),
        segments: 1,
        digest: None,
        lost: 0,
        damaged: 0,
    };
    export.capture(&provenance).expect("begun");
    for sink in &mut export.sinks() {
        for batch in batches {
            sink.batch(batch.clone()).expect("written");
        }
    }
    export.finish().expect("finished");
}

fn check(case: Case) {
    let workspace = tempdir().expect("a directory");
    let directory = workspace.path().join("tables");
    let starts = (0..ROWS).step_by(case.cut);
    let batches: Vec<RecordBatch> = starts
        .map(|start| case.batch(start..ROWS.min(start + case.cut)))
        .collect();
    write(&directory, &batches);
    let mut expected: Vec<(i64, String)> = batches
        .iter()
        .flat_map(lines)
        .enumerate()
        .map(|(row, line)| (case.time(row), line))
        .collect();
    expected.sort_by_key(|(time, _)| *time);
    let file = File::open(directory.join("events.parquet")).expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
    let found = reader.build().expect("a reader");
    let found: Vec<String> = found
        .flat_map(|batch| lines(&batch.expect("a batch")))
        .collect();
    assert_eq!(found.len(), expected.len());
    for (found, (_, expected)) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
}

#[test]
fn columns_come_back_as_they_were() {
    let case = Case {
        values: 50,
        gap: 9,
        is_disordered: false,
        cut: 8_192,
    };
    let is_disordered = true;
    for case in [
        case,
        Case { values: 1, ..case },
        Case { gap: 1, ..case },
        Case {
            gap: usize::MAX,
            ..case
        },
        Case {
            values: usize::MAX,
            ..case
        },
        Case {
            is_disordered,
            cut: 777,
            ..case
        },
        Case {
            values: usize::MAX,
            is_disordered,
            cut: 100,
            ..case
        },
    ] {
        check(case);
    }
}
