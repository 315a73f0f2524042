//! Tops from outside: their counts against those of `events`, their order, their limits.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::support::{CaptureBuilder, Workspace, intrusion};

/// A capture in which one process opens much, some of it in vain, and another little, later.
fn busy() -> CaptureBuilder {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/find", &["find", "/"]);
    for round in 0..30 {
        capture.open(200, "/etc/hosts", 3 + round);
    }
    for _ in 0..12 {
        capture.open(200, "/etc/shadow", -13);
    }
    capture.wait(3_600_000_000_000);
    capture.start_program(100, 300, "/usr/bin/cat", &["cat"]);
    capture.open(300, "/etc/passwd", 3);
    capture
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    busy().write(&workspace.path("busy"));
    intrusion().write(&workspace.path("intrusion"));
    workspace
}

fn top(workspace: &Workspace, arguments: &[&str]) -> Vec<Json> {
    let run = workspace.run(&[&["top"], arguments, &["--format", "json"]].concat());
    let json: Json = serde_json::from_str(&run.ends_with(0).stdout).expect("JSON");
    assert_eq!(json["complete"], true);
    json["top"].as_array().expect("rows").clone()
}

/// The counts by what `events` prints of the same events.
fn by_events(
    workspace: &Workspace,
    capture: &str,
    filter: &str,
    format: &str,
) -> BTreeMap<String, u64> {
    let run = workspace
        .run(&["events", capture, filter, "-p", format])
        .ends_with(0);
    let mut counts = BTreeMap::new();
    for line in run.stdout.lines() {
        *counts.entry(line.to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn counts_are_those_of_the_events() {
    let workspace = workspace();
    let check = |what: &str, keys: &[&str], filter: &str, format: &str| {
        for capture in ["busy", "intrusion"] {
            let rows = top(&workspace, &[what, capture, "-n", "1000"]);
            let name = |row: &Json| {
                let words = keys.iter().map(|key| row[*key].as_str().unwrap_or("<NA>"));
                words.collect::<Vec<_>>().join(" ")
            };
            let found: BTreeMap<_, _> = rows
                .iter()
                .map(|row| (name(row), row["count"].as_u64().expect("a count")))
                .collect();
            let expected = by_events(&workspace, capture, filter, format);
            assert_eq!(found, expected, "{what} of {capture}");
            let counts: Vec<_> = rows.iter().map(|row| row["count"].as_u64()).collect();
            assert!(counts.is_sorted_by(|one, next| one >= next), "{counts:?}");
            for row in &rows {
                let over: u64 = row["over_time"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|count| count.as_u64().expect("a count"))
                    .sum();
                assert_eq!(Some(over), row["count"].as_u64(), "{row}");
            }
        }
    };
    let every = "evt.num > 0";
    check("syscalls", &["call"], every, "%evt.type");
    check(
        "errors",
        &["call", "error"],
        "evt.failed = true",
        "%evt.type %evt.res",
    );
    check("users", &["uid", "user"], every, "%user.uid %user.name");
    check("containers", &["container_id"], every, "%container.id");
    check(
        "execs",
        &["exe_path"],
        "evt.type in (execve, execveat)",
        "%proc.exepath",
    );
    check("procs", &["pid", "name"], every, "%proc.pid %proc.name");
}

#[test]
fn the_rank_is_by_what_was_asked() {
    let workspace = workspace();
    let check = |arguments: &[&str], key: &str, expected: &[&str]| {
        let rows = top(&workspace, arguments);
        let names: Vec<_> = rows
            .iter()
            .map(|row| row[key].as_str().expect("a name"))
            .collect();
        assert_eq!(names, expected, "{arguments:?}");
    };
    check(
        &["files", "busy", "-n", "2"],
        "path",
        &["/etc/hosts", "/etc/shadow"],
    );
    check(
        &["files", "busy", "--by", "errors", "-n", "1"],
        "path",
        &["/etc/shadow"],
    );
    check(
        &["files", "busy", "--since", "-1m"],
        "path",
        &["/etc/passwd"],
    );
    check(
        &["procs", "busy", "--by", "time", "-n", "1"],
        "name",
        &["find"],
    );
    check(&["conns", "busy"], "connection", &[]);
    let run = workspace
        .run(&["top", "files", "busy", "--by", "bytes"])
        .ends_with(0);
    run.says("No event of the span says how many bytes");
}

#[test]
fn a_line_shows_when() {
    let workspace = workspace();
    let run = workspace.run_with(&["top", "files", "busy"], |command| {
        command.env("LC_ALL", "C.UTF-8");
    });
    let rows: Vec<_> = run.stdout.lines().skip(1).collect();
    assert!(
        rows[0].contains("█") && rows[0].ends_with("/etc/hosts"),
        "{rows:?}"
    );
    // Nothing for an hour, and then the last file.
    let last = rows.last().expect("rows");
    assert!(
        last.contains("·█") && last.ends_with("/etc/passwd"),
        "{rows:?}"
    );
    let run = workspace.run_with(&["top", "files", "busy"], |command| {
        command.env("LC_ALL", "C");
    });
    assert!(
        run.stdout.is_ascii() && run.stdout.contains(".@"),
        "{}",
        run.stdout
    );
}
