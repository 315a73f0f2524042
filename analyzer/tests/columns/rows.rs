//! `falco-analyze export jsonl`, `csv` and `arrow`: the rows of one table, exact, in a file or through a pipe.

use std::fs::{self, File};
use std::io::Cursor;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use falco_analyze::columns::Table;
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support::{lines, lossy_scene, scene, whole};

const COLUMNS: &str = "evt.time,proc.name,evt.rawres,fd.name,args,evt.failed,fd.ip";

fn workspace() -> TempDir {
    let workspace = tempdir().expect("a temporary directory");
    scene().write(&workspace.path().join("capture"));
    workspace
}

#[track_caller]
fn run(workspace: &TempDir, arguments: &[&str], code: i32, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-analyze"));
    command.current_dir(workspace.path()).arg("export");
    let output = command.args(arguments).output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.contains(words), "no '{words}' in {stderr}");
    output
}

/// The text that a format makes of the events, by a pipe and by a file, which are the same.
fn text(format: &str) -> String {
    let workspace = workspace();
    let asked = [format, "capture", "--columns", COLUMNS, "-o"];
    let piped = run(
        &workspace,
        &[&asked[..], &["-"]].concat(),
        0,
        "6 rows of events, from 6 events",
    );
    let written = run(
        &workspace,
        &[&asked[..], &["file"]].concat(),
        0,
        "Wrote file: 6 rows",
    );
    assert!(written.stdout.is_empty());
    let path = workspace.path().join("file");
    assert!(fs::read(&path).expect("a file") == piped.stdout);
    let mode = fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    String::from_utf8(piped.stdout).expect("text")
}

#[test]
fn json_has_every_column_of_every_row() {
    let text = text("jsonl");
    let rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(rows.len(), 6);
    let columns: Vec<String> = COLUMNS
        .split(',')
        .map(|name| name.replace('.', "_"))
        .collect();
    for row in &rows {
        let names = row.as_object().expect("an object").keys();
        assert!(names.eq(columns.iter()), "{row}");
        let time = row["evt_time"].as_str().expect("a time");
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    }
    let open = rows
        .iter()
        .find(|row| row["fd_name"] == "/etc/shadow")
        .expect("an open");
    assert_eq!(open["proc_name"], "cat");
    assert_eq!(open["evt_rawres"], 3);
    assert_eq!(open["evt_failed"], false);
    assert_eq!(open["args"]["name"], "/etc/shadow");
    assert_eq!(open["fd_ip"], Value::Null);
}

#[test]
fn csv_has_a_header_and_json_where_values_are_many() {
    let text = text("csv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(COLUMNS.replace('.', "_").as_str()));
    let open = lines
        .find(|line| line.contains(",/etc/shadow,"))
        .expect("an open");
    assert!(open.contains(",cat,3,/etc/shadow,\"{\"\""), "{open}");
    assert!(open.ends_with(",false,"), "what is NULL is nothing: {open}");
}

#[test]
fn arrow_has_the_rows_with_their_types() {
    let workspace = workspace();
    let asked = ["arrow", "capture", "--table", "events", "-o"];
    let piped = run(&workspace, &[&asked[..], &["-"]].concat(), 0, "6 rows");
    run(&workspace, &[&asked[..], &["file"]].concat(), 0, "6 rows");
    let stream = StreamReader::try_new(Cursor::new(piped.stdout), None).expect("a stream");
    let file = File::open(workspace.path().join("file")).expect("a file");
    let file = FileReader::try_new(file, None).expect("a file of Arrow's");
    let stream: Vec<RecordBatch> = stream.map(|batch| batch.expect("a batch")).collect();
    let file: Vec<RecordBatch> = file.map(|batch| batch.expect("a batch")).collect();
    assert_eq!(stream, file);
    let place = |batch: &RecordBatch| batch.schema().index_of("capture").expect("a column");
    // The capture is named as it was given, which is not the same here.
    let but_capture = |batch: &RecordBatch| {
        let mut batch = batch.clone();
        batch.remove_column(place(&batch));
        lines(&batch)
    };
    let rows: Vec<String> = file.iter().flat_map(but_capture).collect();
    let expected = whole(&workspace.path().join("capture"), Table::Events);
    assert_eq!(rows.len(), expected.len());
    assert!(rows.iter().any(|row| row.contains("/etc/shadow")));
}

#[test]
fn other_tables_and_losses_are_told() {
    let workspace = tempdir().expect("a temporary directory");
    lossy_scene().write(&workspace.path().join("capture"));
    let asked = ["jsonl", "capture", "--table", "losses", "-o", "-"];
    let output = run(&workspace, &asked, 3, "1 row of losses");
    let row: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(row["events"], 7);
}

#[test]
fn what_is_there_is_kept_unless_forced() {
    let workspace = workspace();
    fs::write(workspace.path().join("file"), "mine").expect("writable");
    let asked = ["csv", "capture", "-o", "file"];
    run(&workspace, &asked, 2, "is there already");
    assert_eq!(
        fs::read(workspace.path().join("file")).expect("a file"),
        b"mine"
    );
    run(
        &workspace,
        &[&asked[..], &["--force"]].concat(),
        0,
        "Wrote file",
    );
}
