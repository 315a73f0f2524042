//! The program `falco-analyze-sql`: exit codes, formats, one clear message per error.

use std::fs;
use std::process::{Command, Output, Stdio};

use falco_format::{Capture, FormatVersion, ItemKind, MemoryIo, SegmentWriter};

use crate::sources::Sources;

fn run(sources: &Sources, arguments: &[&str]) -> Output {
    command(sources, arguments)
        .output()
        .expect("the program runs")
}

fn command(sources: &Sources, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_falco-analyze-sql"));
    command
        .current_dir(sources.directory())
        .args(arguments)
        .stdin(Stdio::null());
    command
}

#[track_caller]
fn check(sources: &Sources, arguments: &[&str], code: i32, stdout: &str, stderr: &str) {
    let output = run(sources, arguments);
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}\n{out}\n{err}"
    );
    assert_eq!(out, stdout, "{arguments:?}\n{err}");
    assert!(
        err.contains(stderr),
        "{arguments:?}: no '{stderr}' in {err}"
    );
    let messages = err
        .lines()
        .filter(|line| line.starts_with("falco-analyze sql: "));
    assert!(
        messages.count() <= 1,
        "{arguments:?}: one message, not {err}"
    );
}

const COUNT: &str = "SELECT evt_type, count(*) AS n FROM events WHERE evt_type IN ('openat', 'execve') GROUP BY evt_type ORDER BY n";

#[test]
fn answers_come_in_three_forms() {
    let sources = Sources::new();
    check(
        &sources,
        &["plain", "-c", COUNT, "--format", "csv"],
        0,
        "evt_type,n\nexecve,2\nopenat,3\n",
        "",
    );
    let json = "{\"evt_type\":\"execve\",\"n\":2}\n{\"evt_type\":\"openat\",\"n\":3}\n";
    check(
        &sources,
        &["plain", "-c", COUNT, "--format", "json"],
        0,
        json,
        "",
    );
    let table = "\
+----------+---+
| evt_type | n |
+----------+---+
| execve   | 2 |
| openat   | 3 |
+----------+---+
";
    check(&sources, &["plain", "-c", COUNT], 0, table, "");
    check(
        &sources,
        &[
            "export",
            "-c",
            COUNT,
            "--memory-limit",
            "64M",
            "--threads",
            "1",
        ],
        0,
        table,
        "",
    );
}

#[test]
fn queries_are_read_from_files() {
    let sources = Sources::new();
    fs::write(
        sources.path("q.sql"),
        "SELECT 1 AS a;\n-- two\nSELECT 2 AS b;\n",
    )
    .expect("writable");
    check(
        &sources,
        &["plain", "-f", "q.sql", "--format", "csv"],
        0,
        "a\n1\nb\n2\n",
        "",
    );
    check(
        &sources,
        &["plain", "-f", "none.sql"],
        2,
        "",
        "cannot read the query in none.sql: No such file",
    );
}

#[test]
fn incomplete_evidence_has_its_exit_code() {
    let sources = Sources::new();
    let arguments = [
        "lossy",
        "-c",
        "SELECT count(*) AS n FROM events",
        "--format",
        "csv",
    ];
    check(
        &sources,
        &arguments,
        3,
        "n\n9\n",
        "the evidence is incomplete: 5 events lost, 0 damaged places",
    );
}

#[test]
fn a_damaged_capture_is_answered_as_far_as_it_goes() {
    let sources = Sources::new();
    let segment = sources.path("plain/00000001.flc");
    let index = Capture::open(&segment).expect("a capture").segments()[0].index();
    let entries = index.expect("a sealed segment").entries;
    let block = entries
        .iter()
        .rfind(|entry| entry.kind == ItemKind::EVENTS)
        .expect("events");
    let at = usize::try_from(block.offset + block.length / 2).expect("in memory");
    let mut bytes = fs::read(&segment).expect("a segment");
    bytes[at] ^= 0xff;
    fs::remove_file(&segment).expect("removable");
    fs::write(&segment, bytes).expect("writable");
    // One of eight blocks of one row each. What the index alone tells, damage of a block does not touch.
    let arguments = [
        "plain",
        "-c",
        "SELECT count(cpu) AS n FROM events",
        "--format",
        "csv",
    ];
    check(
        &sources,
        &arguments,
        3,
        "n\n7\n",
        "0 events lost, 1 damaged places",
    );
}

#[test]
fn a_capture_of_a_newer_version_is_refused() {
    let sources = Sources::new();
    let capture = Capture::open(&sources.path("plain")).expect("a capture");
    let mut header = capture.header().expect("a header").clone();
    header.version = FormatVersion { major: 2, minor: 0 };
    let io = MemoryIo::new();
    drop(SegmentWriter::new(io.clone(), header));
    fs::write(sources.path("newer.flc"), io.bytes()).expect("writable");
    check(
        &sources,
        &["newer.flc", "-c", "SELECT 1"],
        2,
        "",
        "newer.flc is of format version 2.0, and this program reads up to 1.",
    );
}

#[test]
fn errors_are_one_message_each() {
    let sources = Sources::new();
    fs::write(sources.path("junk"), "no capture").expect("writable");
    fs::write(sources.path("junk.parquet"), "no parquet").expect("writable");
    fs::create_dir(sources.path("empty")).expect("a directory");
    let check = |arguments: &[&str], words: &str| check(&sources, arguments, 2, "", words);
    check(&["nowhere", "-c", "SELECT 1"], "nowhere does not exist");
    check(&["junk", "-c", "SELECT 1"], "junk is not a capture");
    check(&["junk.parquet", "-c", "SELECT 1"], "Parquet");
    check(&["empty", "-c", "SELECT 1"], "empty");
    check(&["plain", "-c", ""], "the query is empty");
    check(
        &["-", "-f", "-"],
        "standard input is a capture here: give the query with -c",
    );
    check(
        &["plain", "-c", "\\d event"],
        "there is no table 'event'; did you mean 'events'?",
    );
    check(
        &["plain", "-c", "\\nothing"],
        "there is no command '\\nothing'; `\\?` lists them",
    );
}

/// Questions with a mistake, and what is said of each.
const MISTAKES: &[(&str, &str)] = &[
    (
        "SELEC 1",
        "expected an SQL statement, found SELEC; did you mean 'SELECT'?\n1 | SELEC 1\n  | ^^^^^\n",
    ),
    (
        "SELECT proc_nam FROM events",
        "there is no column 'proc_nam'; did you mean 'proc_name'?\n1 | SELECT proc_nam FROM events\n  |        ^^^^^^^^\n",
    ),
    (
        "SELECT 1\nFROM events e WHERE e.evt_typ = 'execve'",
        "there is no column 'evt_typ'; did you mean 'evt_type'?\n2 | FROM events e WHERE e.evt_typ = 'execve'\n  |                     ^^^^^^^^^\n",
    ),
    (
        "SELECT 1 FROM events e WHERE f.evt_type = 'execve'",
        "there is no table 'f'; did you mean 'e'?",
    ),
    (
        "SELECT cuont(*) FROM events",
        "there is no function 'cuont'; did you mean 'count'?\n1 | SELECT cuont(*) FROM events\n  |        ^^^^^\n",
    ),
    (
        "SELECT xyzzy_plugh(1)",
        "there is no function 'xyzzy_plugh'; `SELECT routine_name",
    ),
    (
        "SELECT * FROM event",
        "there is no table 'event'; did you mean 'events'?\n1 | SELECT * FROM event\n  |               ^^^^^\n",
    ),
    (
        "SELECT * FROM alart('x')",
        "there is no table function 'alart'",
    ),
    (
        "SELECT evt_type FROM events WHERE proc_name = \"cat\"",
        "there is no column 'cat'; `DESCRIBE` with the name of a table lists its columns\n1 | SELECT evt_type FROM events WHERE proc_name = \"cat\"\n  |                                               ^^^^^\n  = names stand in double quotes, text in single ones: 'bash'\n",
    ),
    (
        "SELECT 1 FROM events WHERE fd_port = 22",
        "array_has(fd_port, 22)",
    ),
    (
        "SELECT evt_type FROM events, losses WHERE capture = 'x'",
        "'capture' is a column of several of these tables; say of which, as in t.capture",
    ),
    (
        "CREATE TABLE t AS SELECT 1",
        "a statement that makes or removes something (CreateMemoryTable) is refused: captures are evidence",
    ),
    (
        "COPY events TO 'x.csv'",
        "a statement that writes something",
    ),
    ("SET a = 1", "a statement that sets something"),
    ("SELECT 'open", "Unterminated string literal"),
    (
        "SELECT 1 FROM events WHERE falco('proc.nam = cat')",
        "unknown field `proc.nam`; did you mean `proc.name`? (characters 1 to 8 of 'proc.nam = cat')\n1 | SELECT 1 FROM events WHERE falco('proc.nam = cat')\n  |                                   ^^^^^^^^\n",
    ),
    (
        "SELECT 1 FROM events WHERE falco('proc.name = = cat')",
        "(characters 13 to 13 of 'proc.name = = cat')\n1 | SELECT 1 FROM events WHERE falco('proc.name = = cat')\n  |                                               ^\n",
    ),
];

#[test]
fn mistakes_are_named_and_pointed_at() {
    let sources = Sources::new();
    for (sql, words) in MISTAKES {
        check(&sources, &["plain", "-c", sql], 2, "", words);
    }
    assert!(!sources.path("x.csv").exists());
}

#[test]
fn a_closed_pipe_is_success() {
    let sources = Sources::new();
    let mut command = command(
        &sources,
        &["plain", "-c", "SELECT * FROM events", "--format", "json"],
    );
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
