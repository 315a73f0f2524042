//! `falco-analyze export parquet`: what is written is what was read, and nothing is half there.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use arrow_array::RecordBatch;
use arrow_schema::DataType;
use falco_analyze::columns::{Table, TableQuery, TableSource as _};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use tempfile::{TempDir, tempdir};

use crate::support::{Kept, lines, lossy_scene, scene, tables};

fn workspace() -> TempDir {
    let workspace = tempdir().expect("a temporary directory");
    scene().write(&workspace.path().join("capture"));
    workspace
}

fn run(workspace: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-analyze"));
    command
        .current_dir(workspace.path())
        .args(["export", "parquet"])
        .args(arguments);
    command.output().expect("the program runs")
}

#[track_caller]
fn check(workspace: &TempDir, arguments: &[&str], code: i32, words: &str) {
    let output = run(workspace, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.contains(words), "no '{words}' in {stderr}");
    assert!(output.stdout.is_empty());
}

fn read(path: &Path) -> Vec<RecordBatch> {
    let file = File::open(path).expect("a file");
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
    let groups = builder.metadata().row_groups();
    assert!(
        groups
            .iter()
            .flat_map(|group| group.columns())
            .all(|column| matches!(column.compression(), Compression::ZSTD(_)))
    );
    builder
        .build()
        .expect("a reader")
        .map(|batch| batch.expect("a batch"))
        .collect()
}

#[test]
fn what_is_written_is_what_was_read() {
    let workspace = workspace();
    check(
        &workspace,
        &["capture", "-o", "tables"],
        0,
        "events.parquet: 6 rows of 6 events",
    );
    let directory = workspace.path().join("tables");
    let capture = workspace.path().join("capture");
    let tables = tables(&capture);
    let mut kept = Kept::default();
    let layout = Table::Events.layout().defaults();
    tables
        .rows(&layout, &TableQuery::default(), &mut kept)
        .expect("a scan");
    let written = read(&directory.join("events.parquet"));
    assert_eq!(written.iter().map(RecordBatch::num_rows).sum::<usize>(), 6);
    for (written, kept) in written.iter().zip(&kept.0) {
        // Dictionaries are plain in files, so that every reader sees text.
        let plain = |ty: &DataType| match ty {
            DataType::Dictionary(_, values) => values.as_ref().clone(),
            other => other.clone(),
        };
        let places: Vec<usize> = (0..layout.columns().len())
            .filter(|place| written.schema().field(*place).name() != "capture")
            .collect();
        for place in &places {
            let (found, expected) = (written.schema(), kept.schema());
            let (found, expected) = (found.field(*place), expected.field(*place));
            assert_eq!(found.name(), expected.name());
            assert_eq!(found.data_type(), &plain(expected.data_type()));
        }
        let of_places = |batch: &RecordBatch| lines(&batch.project(&places).expect("columns"));
        assert_eq!(of_places(written), of_places(kept));
    }
    let segments = read(&directory.join("segments.parquet"));
    assert_eq!(segments.iter().flat_map(lines).count(), 1);
    assert!(read(&directory.join("losses.parquet")).is_empty());
}

#[test]
fn columns_and_rows_can_be_chosen() {
    let workspace = workspace();
    let filter = "evt.type = openat and evt.rawres >= 0";
    let arguments = [
        "capture",
        "-o",
        "tables",
        "--where",
        filter,
        "--columns",
        "proc.name,fd_name",
    ];
    check(
        &workspace,
        &arguments,
        0,
        "events.parquet: 2 rows of 6 events",
    );
    let written = read(&workspace.path().join("tables/events.parquet"));
    let rows: Vec<_> = written.iter().flat_map(lines).collect();
    assert_eq!(rows, ["cat /etc/shadow", "cat /tmp/a\\xFF\u{1b}b"]);
}

#[test]
fn tables_and_all_columns_can_be_chosen() {
    let workspace = workspace();
    let arguments = ["capture", "-o", "tables", "--tables", "events,gaps"];
    check(
        &workspace,
        &[&arguments[..], &["--columns", "all"]].concat(),
        0,
        "Wrote",
    );
    assert_eq!(
        names(&workspace, "tables"),
        ["events.parquet", "gaps.parquet"]
    );
    let written = read(&workspace.path().join("tables/events.parquet"));
    let all = Table::Events.layout().select(&["all"]).expect("columns");
    let columns = all.columns().len();
    assert!(written.iter().all(|batch| batch.num_columns() == columns));
    let arguments = ["capture", "-o", "few", "--columns", "default,proc.name"];
    check(&workspace, &arguments, 0, "Wrote");
    let defaults = Table::Events.layout().defaults();
    let written = read(&workspace.path().join("few/events.parquet"));
    let first = written.first().expect("rows").schema();
    assert_eq!(first.fields().len(), defaults.columns().len());
}

fn names(workspace: &TempDir, directory: &str) -> Vec<String> {
    let entries = fs::read_dir(workspace.path().join(directory)).expect("a directory");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn partitions_are_directories_by_time_and_node() {
    let workspace = workspace();
    let arguments = [
        "capture",
        "-o",
        "tables",
        "--partition",
        "hour",
        "--columns",
        "proc.name",
    ];
    check(
        &workspace,
        &arguments,
        0,
        "events: 6 rows of 6 events, 1 file",
    );
    let mut path = "tables/events".to_owned();
    let mut kinds = Vec::new();
    while let [name] = &names(&workspace, &path)[..] {
        path = format!("{path}/{name}");
        kinds.push(name.split('=').next().unwrap_or_default().to_owned());
        let mode = fs::metadata(workspace.path().join(&path)).expect("there");
        let expected = if mode.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode.permissions().mode() & 0o777, expected);
        if !mode.is_dir() {
            break;
        }
    }
    assert_eq!(kinds, ["date", "hour", "node", "part-0.parquet"]);
    assert!(path.contains("/node=node-a/"), "{path}");
    let written = read(&workspace.path().join(path));
    let columns = written.iter().map(RecordBatch::num_columns);
    assert!(columns.eq([1]), "the time was not asked for");
}

#[test]
fn a_file_says_where_its_rows_come_from() {
    let workspace = tempdir().expect("a temporary directory");
    lossy_scene().write(&workspace.path().join("capture"));
    check(&workspace, &["capture", "-o", "tables"], 3, "Wrote");
    for name in names(&workspace, "tables") {
        let file = File::open(workspace.path().join("tables").join(&name)).expect("a file");
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
        let metadata = builder.metadata().file_metadata();
        let pairs = metadata.key_value_metadata().expect("metadata");
        let value = |key: &str| {
            let pair = pairs.iter().find(|pair| pair.key == key).expect("a key");
            pair.value.clone().expect("a value")
        };
        assert_eq!(format!("{}.parquet", value("falco.table")), name);
        assert_eq!(value("falco.lost"), "7");
        assert!(value("falco.tool").starts_with("falco-analyze "));
        let captures: serde_json::Value =
            serde_json::from_str(&value("falco.captures")).expect("JSON");
        let capture = &captures[0];
        assert_eq!(capture["node"], "node-a");
        assert_eq!(capture["boots"][0].as_str().map(str::len), Some(36));
        assert_eq!(capture["digest"].as_str().map(str::len), Some(64));
    }
}

#[test]
fn only_the_owner_may_read_it() {
    let workspace = workspace();
    check(&workspace, &["capture", "-o", "tables"], 0, "Wrote");
    let mode = |name: &str| {
        let metadata = fs::metadata(workspace.path().join(name)).expect("it is there");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(
        (mode("tables"), mode("tables/events.parquet")),
        (0o700, 0o600)
    );
}

#[test]
fn what_is_there_is_kept_unless_forced() {
    let workspace = workspace();
    fs::create_dir(workspace.path().join("tables")).expect("a directory");
    check(&workspace, &["capture", "-o", "tables"], 0, "Wrote");
    let events = workspace.path().join("tables/events.parquet");
    let before = fs::read(&events).expect("a file");
    check(&workspace, &["capture", "-o", "tables"], 2, "is not empty");
    assert_eq!(fs::read(&events).expect("a file"), before);
    fs::write(workspace.path().join("tables/notes.txt"), "mine").expect("writable");
    check(
        &workspace,
        &["capture", "-o", "tables", "--force", "--columns", "cpu"],
        0,
        "Wrote",
    );
    assert_ne!(fs::read(&events).expect("a file"), before);
    assert_eq!(
        fs::read(workspace.path().join("tables/notes.txt")).expect("a file"),
        b"mine"
    );
}

#[test]
fn an_export_that_fails_leaves_nothing() {
    let workspace = workspace();
    let check_nothing = |arguments: &[&str], words: &str| {
        check(&workspace, arguments, 2, words);
        assert!(!workspace.path().join("tables").exists());
    };
    check_nothing(&["nowhere", "-o", "tables"], "does not exist");
    check_nothing(
        &["capture", "-o", "tables", "--columns", "evt_typ"],
        "did you mean 'evt_type'?",
    );
    check_nothing(
        &["capture", "-o", "tables", "--where", "evt.tipe = open"],
        "evt.tipe",
    );
    fs::write(workspace.path().join("file"), "x").expect("writable");
    check(&workspace, &["capture", "-o", "file"], 2, "file");
    check(&workspace, &["capture", "-o", "file/below"], 2, "file");
}

#[test]
fn a_lossy_capture_is_exported_and_told_of() {
    let workspace = tempdir().expect("a temporary directory");
    lossy_scene().write(&workspace.path().join("capture"));
    check(
        &workspace,
        &["capture", "-o", "tables"],
        3,
        "Lost: 7 events",
    );
    let losses = read(&workspace.path().join("tables/losses.parquet"));
    assert_eq!(losses.iter().flat_map(lines).count(), 1);
}
