//! Captures of the tests, their tables as text.

use std::io;
use std::path::Path;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    DurationNanosecondType, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use falco_abi::Lane;
use falco_abi::events::openat;
use falco_analyze::columns::{
    BatchSink, CaptureTables, ScanTally, Table, TableQuery, TableSource as _,
};
use falco_analyze::pipeline::{Flow, open_inputs};

use crate::capture::{CaptureBuilder, Row};

/// A shell starts `cat /etc/shadow`, which opens it and a file with a name that is no UTF-8.
pub(crate) fn scene() -> CaptureBuilder {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat", "/etc/shadow"]);
    capture.open(200, "/etc/shadow", 3);
    capture.push(open_of_bytes(200, b"/tmp/a\xff\x1bb", 4));
    capture.open(200, "/missing", -2);
    capture.end(200);
    capture
}

fn open_of_bytes(tid: u32, name: &[u8], fd: i64) -> Row {
    Row::new(openat::EVENT, tid)
        .int(openat::fd, fd)
        .int(openat::dirfd, -100)
        .text(openat::name, name)
}

/// The same, and what the recorder lost in the middle.
pub(crate) fn lossy_scene() -> CaptureBuilder {
    let mut capture = scene();
    capture.lose(Lane::Process, 7);
    capture.open(100, "/etc/passwd", 5);
    capture
}

pub(crate) fn tables(path: &Path) -> CaptureTables {
    let mut inputs = open_inputs(&[path]).expect("a capture").into_iter();
    CaptureTables::new(inputs.next().expect("one capture"))
}

/// Batches, kept.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) Vec<RecordBatch>);

impl BatchSink for Kept {
    fn batch(&mut self, batch: RecordBatch) -> io::Result<Flow> {
        self.0.push(batch);
        Ok(Flow::Continue)
    }
}

/// Some columns of the events that a query asks for, as lines of text, and what the scan read.
pub(crate) fn ask(path: &Path, columns: &[&str], query: &TableQuery) -> (Vec<String>, ScanTally) {
    let layout = Table::Events
        .layout()
        .select(columns)
        .expect("columns of the table");
    let mut kept = Kept::default();
    let tally = tables(path)
        .rows(&layout, query, &mut kept)
        .expect("a scan");
    (kept.0.iter().flat_map(lines).collect(), tally)
}

/// Some columns of every row of a table, as lines of text.
pub(crate) fn some(path: &Path, table: Table, columns: &[&str]) -> Vec<String> {
    let layout = table
        .layout()
        .select(columns)
        .expect("columns of the table");
    let mut kept = Kept::default();
    tables(path)
        .rows(&layout, &TableQuery::default(), &mut kept)
        .expect("a table");
    kept.0.iter().flat_map(lines).collect()
}

/// Every row of a table with every column, as lines of text.
pub(crate) fn whole(path: &Path, table: Table) -> Vec<String> {
    let mut kept = Kept::default();
    tables(path)
        .rows(&table.layout(), &TableQuery::default(), &mut kept)
        .expect("a table");
    kept.0.iter().flat_map(lines).collect()
}

/// The rows of a batch, values separated by blanks, NULL as a dash.
pub(crate) fn lines(batch: &RecordBatch) -> Vec<String> {
    let row = |row| {
        batch
            .columns()
            .iter()
            .map(|column| text(column, row))
            .collect::<Vec<_>>()
            .join(" ")
    };
    (0..batch.num_rows()).map(row).collect()
}

fn text(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return "-".to_owned();
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Dictionary(..) => {
            let column = column.as_dictionary::<Int32Type>();
            let key = column.key(row).expect("a key");
            text(column.values(), key)
        }
        DataType::Duration(_) => column
            .as_primitive::<DurationNanosecondType>()
            .value(row)
            .to_string(),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Binary => format!("{:?}", column.as_binary::<i32>().value(row)),
        DataType::Timestamp(..) => column
            .as_primitive::<TimestampNanosecondType>()
            .value(row)
            .to_string(),
        DataType::List(_) => {
            let values = column.as_list::<i32>().value(row);
            let values: Vec<_> = (0..values.len())
                .map(|index| text(&values, index))
                .collect();
            format!("[{}]", values.join(","))
        }
        DataType::Map(..) => {
            let entries = column.as_map().value(row);
            let pair = |index| {
                format!(
                    "{}={}",
                    text(entries.column(0), index),
                    text(entries.column(1), index)
                )
            };
            format!(
                "{{{}}}",
                (0..entries.len()).map(pair).collect::<Vec<_>>().join(",")
            )
        }
        other => panic!("no text for {other}"),
    }
}
