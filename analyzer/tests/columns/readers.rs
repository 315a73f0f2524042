//! Exports as other programs read them: DuckDB, pyarrow and Polars, by `readers.py`.
//!
//! `FALCO_PYTHON` names the Python that has them (`python3` unless given); where it lacks one of them the test is skipped and says so. `.ci/suite parquet` installs them.

use std::collections::BTreeSet;
use std::env;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use arrow_array::cast::AsArray as _;
use arrow_array::types::{TimestampNanosecondType, UInt64Type};
use arrow_array::{Array as _, RecordBatch};
use arrow_schema::DataType;
use falco_analyze::columns::{Table, TableQuery, TableSource as _};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::capture::CaptureBuilder;
use crate::support::{Kept, lines, scene, tables};

/// Events of the larger case: several batches, and some megabytes.
const MANY: usize = 30_000;

fn python() -> Option<String> {
    let python = env::var("FALCO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let imports = ["-c", "import duckdb, polars, pyarrow"];
    let output = Command::new(&python).args(imports).output();
    let reason = match output {
        Ok(output) if output.status.success() => return Some(python),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    let reason = reason.lines().last().unwrap_or_default().to_owned();
    println!(
        "skipped: {python} cannot read exports: {reason}; .ci/suite parquet installs what does"
    );
    None
}

fn export(workspace: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-analyze"));
    command
        .current_dir(workspace)
        .args(["export", "parquet", "capture"]);
    let output = command.args(arguments).output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
}

fn whole(capture: &Path, table: Table) -> Vec<RecordBatch> {
    let mut kept = Kept::default();
    let layout = table.layout().defaults();
    tables(capture)
        .rows(&layout, &TableQuery::default(), &mut kept)
        .expect("a table");
    kept.0
}

/// What the tables have, by the capture itself.
fn expected(capture: &Path) -> Value {
    let of_table = |table: Table| {
        let layout = table.layout().defaults();
        let columns = layout.columns().iter();
        let columns: Vec<_> = columns
            .map(|column| json!([column.name, kind(&column.ty.data_type())]))
            .collect();
        let rows: usize = whole(capture, table)
            .iter()
            .map(RecordBatch::num_rows)
            .sum();
        (
            table.name().to_owned(),
            json!({"columns": columns, "rows": rows}),
        )
    };
    let all: serde_json::Map<String, Value> = Table::ALL.into_iter().map(of_table).collect();
    let (mut times, mut positions) = (Vec::new(), 0);
    let (mut names, mut no_descriptor) = (BTreeSet::new(), 0);
    for batch in whole(capture, Table::Events) {
        let column = |name: &str| batch.column_by_name(name).expect("a column");
        let evt_time = column("evt_time").as_primitive::<TimestampNanosecondType>();
        times.extend(evt_time.values().iter().copied());
        positions += column("position")
            .as_primitive::<UInt64Type>()
            .values()
            .iter()
            .sum::<u64>();
        no_descriptor += column("fd_num").null_count();
        let place = batch.schema().index_of("proc_name").expect("a column");
        let of_name = batch.project(&[place]).expect("a column");
        names.extend(lines(&of_name).into_iter().filter(|name| name != "-"));
    }
    times.sort_unstable();
    let (first, last) = (times.first().expect("rows"), times.last().expect("rows"));
    json!({
        "tables": all,
        "events": {
            "first_ns": first,
            "last_ns": last,
            "positions": positions,
            "names": names,
            "no_descriptor": no_descriptor,
        },
    })
}

/// What `readers.py` calls a type.
fn kind(ty: &DataType) -> String {
    match ty {
        DataType::Boolean => "bool".to_owned(),
        DataType::Int64 => "int64".to_owned(),
        DataType::UInt64 => "uint64".to_owned(),
        DataType::Float64 => "float64".to_owned(),
        DataType::Utf8 => "text".to_owned(),
        DataType::Binary => "bytes".to_owned(),
        DataType::Dictionary(_, values) => kind(values),
        DataType::Timestamp(..) => "timestamp[ns, UTC]".to_owned(),
        DataType::Duration(_) => "duration[ns]".to_owned(),
        DataType::List(item) => format!("list of {}", kind(item.data_type())),
        DataType::Map(..) => "map of text to text".to_owned(),
        other => panic!("no name for {other}"),
    }
}

/// Dates, hours and nodes of the events, told by their times.
fn partitions(capture: &Path) -> Vec<Value> {
    let mut found = BTreeSet::new();
    for batch in whole(capture, Table::Events) {
        let times = batch.column_by_name("evt_time").expect("a column");
        for time in times.as_primitive::<TimestampNanosecondType>().values() {
            let time = jiff::Timestamp::from_nanosecond(i128::from(*time)).expect("a time");
            let time = time.to_zoned(jiff::tz::TimeZone::UTC);
            found.insert((time.date().to_string(), time.hour()));
        }
    }
    let partition = |(date, hour)| json!([date, hour, "node-a"]);
    found.into_iter().map(partition).collect()
}

#[track_caller]
fn check(capture: &CaptureBuilder) {
    let Some(python) = python() else { return };
    let workspace = tempdir().expect("a temporary directory");
    let path = workspace.path().join("capture");
    capture.write(&path);
    export(workspace.path(), &["-o", "none"]);
    export(workspace.path(), &["-o", "hour", "--partition", "hour"]);
    let mut asked = expected(&path);
    asked["partitions"] = json!(partitions(&path));
    for name in ["none", "hour"] {
        asked[name] = json!(workspace.path().join(name));
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/columns/readers.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(asked.to_string().as_bytes())
        .expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{said}");
    assert!(said.contains(" passed, 0 failed"), "{said}");
}

#[test]
fn other_programs_read_what_was_exported() {
    check(&scene());
}

#[test]
#[ignore = "thirty thousand events: .ci/suite parquet"]
fn other_programs_read_many_rows() {
    let mut capture = scene();
    for number in 0..MANY {
        capture.open(100, &format!("/var/lib/{}/{number}", number % 97), 3);
    }
    check(&capture);
}
