//! Where results go, and what ends a query before its time.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use arrow::ipc::reader::StreamReader;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rustix::process::{Pid, Signal, kill_process};

use crate::sources::Sources;

/// How long a program may take to begin or to end on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);
/// A question that nobody waits for: sixteen billion pairs.
const ENDLESS: &str = "SELECT count(*) FROM generate_series(1, 4000000) AS a(x) CROSS JOIN generate_series(1, 4000000) AS b(y) WHERE x * y % 7 = 3";
/// Rows that come as fast as they are written, and do not end.
const ROWS: &str =
    "SELECT x, repeat('row ', 20) AS text FROM generate_series(1, 2000000000) AS t(x)";

fn command(sources: &Sources, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-analyze-sql"));
    command
        .current_dir(sources.directory())
        .args(arguments)
        .stdin(Stdio::null());
    command
}

fn run(sources: &Sources, arguments: &[&str]) -> Output {
    command(sources, arguments)
        .output()
        .expect("the program runs")
}

#[track_caller]
fn ends(output: &Output, code: i32, words: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.contains(words), "no {words:?} in {stderr}");
}

/// Names in a directory, those of unfinished files among them.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
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
fn files_are_whole_private_and_replace_nothing() {
    let sources = Sources::new();
    fs::create_dir(sources.path("out")).expect("made");
    for (format, begin) in [
        ("csv", &b"evt_type\n"[..]),
        ("json", b"{\"evt_type\":"),
        ("table", b"+-----"),
        ("parquet", b"PAR1"),
        ("arrow", b"\xff\xff\xff\xff"),
    ] {
        let name = format!("out/events.{format}");
        let sql = "SELECT evt_type FROM events";
        let arguments = ["plain", "-c", sql, "--format", format, "-o", &name];
        let output = run(&sources, &arguments);
        ends(&output, 0, "");
        assert!(output.stdout.is_empty(), "{format}");
        let bytes = fs::read(sources.path(&name)).expect("there");
        assert!(bytes.starts_with(begin), "{format}");
        let mode = fs::metadata(sources.path(&name))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{format}");
        ends(
            &run(&sources, &arguments),
            2,
            "is there already; give another name",
        );
        assert_eq!(
            fs::read(sources.path(&name)).expect("there"),
            bytes,
            "{format}"
        );
    }
    assert_eq!(names(&sources.path("out")).len(), 5);
}

#[test]
fn what_fails_leaves_no_file() {
    let sources = Sources::new();
    fs::create_dir(sources.path("out")).expect("made");
    let failing = [
        "plain",
        "-c",
        "SELECT 1; SELECT nothing",
        "-o",
        "out/failed.csv",
    ];
    ends(&run(&sources, &failing), 2, "there is no column 'nothing'");
    let two = [
        "plain",
        "-c",
        "SELECT 1; SELECT 2",
        "--format",
        "parquet",
        "-o",
        "out/two.parquet",
    ];
    ends(
        &run(&sources, &two),
        2,
        "parquet holds one result, and there are several",
    );
    ends(
        &run(&sources, &["plain", "-c", "SELECT 1", "-o", "nowhere/x"]),
        2,
        "cannot write nowhere/x: No such file",
    );
    ends(
        &run(&sources, &["plain", "-c", "SELECT 1", "-o", "plain"]),
        2,
        "plain is there already",
    );
    assert!(names(&sources.path("out")).is_empty());
}

#[test]
fn pipes_take_bytes_with_their_types() {
    let sources = Sources::new();
    let sql = "SELECT evt_time, evt_type, proc_aname FROM events";
    let ask = |format| run(&sources, &["plain", "-c", sql, "--format", format]).stdout;
    let stream = ask("arrow");
    let reader = StreamReader::try_new(stream.as_slice(), None).expect("a stream");
    let schema = reader.schema();
    let rows: usize = reader.map(|batch| batch.expect("a batch").num_rows()).sum();
    assert_eq!(rows, 8);
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&ask("parquet")).expect("written");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    assert_eq!(reader.schema().fields(), schema.fields());
    let rows: usize = reader
        .build()
        .expect("reads")
        .map(|batch| batch.expect("a batch").num_rows())
        .sum();
    assert_eq!(rows, 8);
}

#[test]
fn scripts_come_through_a_pipe_and_stop_at_their_first_error() {
    let sources = Sources::new();
    let script =
        "SELECT 1 AS a;\n\\format csv\nSELECT 2 AS b;\n\nSELECT\n  nothing;\nSELECT 3 AS c;\n";
    let mut child = command(&sources, &["plain"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(script.as_bytes())
        .expect("written");
    let output = child.wait_with_output().expect("it ends");
    ends(&output, 2, "there is no column 'nothing'");
    ends(
        &output,
        2,
        " --> standard input:6\n6 |   nothing;\n  |   ^^^^^^^\n",
    );
    let table = "+---+\n| a |\n+---+\n| 1 |\n+---+\n";
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("{table}b\n2\n")
    );
    let several = [
        "plain",
        "-c",
        "SELECT 1 AS a;",
        "-c",
        "SELECT 2 AS b",
        "--format",
        "csv",
    ];
    assert_eq!(run(&sources, &several).stdout, b"a\n1\nb\n2\n");
    ends(&run(&sources, &["plain"]), 2, "the query is empty");
}

#[test]
fn times_are_in_the_zone_that_is_asked_for() {
    let sources = Sources::new();
    let sql = "SELECT CAST('2026-05-01T12:00:00.5Z' AS TIMESTAMP WITH TIME ZONE) AS t";
    let check = |zone: &str, expected: &str| {
        let output = run(
            &sources,
            &["plain", "-c", sql, "--format", "csv", "--time-zone", zone],
        );
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            format!("t\n{expected}\n")
        );
    };
    check("utc", "2026-05-01T12:00:00.500000000Z");
    check("Europe/Berlin", "2026-05-01T14:00:00.500000000+02:00");
    let nowhere = run(
        &sources,
        &["plain", "-c", sql, "--time-zone", "Atlantis/Capital"],
    );
    ends(&nowhere, 2, "'Atlantis/Capital' is no time zone");
}

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .expect("a process");
    kill_process(pid, signal).expect("it runs");
}

/// Waits until something is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what} does not come");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_signal_ends_a_query_and_leaves_nothing_half_written() {
    let sources = Sources::new();
    fs::create_dir(sources.path("out")).expect("made");
    for wanted in [Signal::INT, Signal::TERM] {
        let mut child = command(
            &sources,
            &["plain", "-c", ROWS, "--format", "csv", "-o", "out/rows.csv"],
        )
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
        let unfinished = sources.path("out/rows.csv.unfinished");
        until("the first row", || {
            fs::metadata(&unfinished).is_ok_and(|file| file.len() > 0)
        });
        signal(&child, wanted);
        until("the end", || child.try_wait().expect("a child").is_some());
        let output = child.wait_with_output().expect("it ended");
        ends(&output, 2, "stopped by a signal: the answer is not whole");
        assert!(names(&sources.path("out")).is_empty());
    }
    // In the middle of what gives no rows for long.
    let mut child = command(
        &sources,
        &["plain", "-c", &format!("SELECT 1 AS one; {ENDLESS}")],
    )
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .expect("the program runs");
    thread::sleep(Duration::from_secs(2));
    signal(&child, Signal::INT);
    until("the end", || child.try_wait().expect("a child").is_some());
    let output = child.wait_with_output().expect("it ended");
    ends(&output, 2, "stopped by a signal");
    assert!(
        output.stdout.starts_with(b"+-----+\n| one |"),
        "what was whole is there"
    );
}

/// A small disk, which is taken away at the end.
struct SmallDisk<'s>(&'s Path);

impl<'s> SmallDisk<'s> {
    fn mount(at: &'s Path) -> Option<Self> {
        fs::create_dir(at).expect("made");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k", "none"])
            .arg(at)
            .output();
        mounted
            .is_ok_and(|output| output.status.success())
            .then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_and_left_as_it_was() {
    let sources = Sources::new();
    let at = sources.path("disk");
    let Some(_disk) = SmallDisk::mount(&at) else {
        println!("skipped: no tmpfs here");
        return;
    };
    for format in ["csv", "json", "table", "parquet", "arrow"] {
        let sql = "SELECT x, to_hex(x * 2654435761 % 4294967291) AS digest FROM generate_series(1, 400000) AS t(x)";
        let output = run(
            &sources,
            &["plain", "-c", sql, "--format", format, "-o", "disk/rows"],
        );
        ends(
            &output,
            2,
            "cannot write disk/rows: No space left on device",
        );
        assert!(names(&at).is_empty(), "{format}");
    }
}

#[test]
fn output_that_nobody_reads_ends_the_query() {
    let sources = Sources::new();
    for format in ["csv", "json", "table", "parquet", "arrow"] {
        let mut child = command(&sources, &["plain", "-c", ROWS, "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        drop(child.stdout.take());
        until("the end", || child.try_wait().expect("a child").is_some());
        let output = child.wait_with_output().expect("it ended");
        ends(&output, 0, "");
        assert!(
            output.stderr.is_empty(),
            "{format}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
