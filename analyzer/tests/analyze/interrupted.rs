//! Commands that somebody ends early: what they say, and what they leave.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use falco_analyze::columns::Table;

use crate::support::Workspace;
use crate::support::capture::CaptureBuilder;

/// Opens in the capture: their lines are several times what a pipe holds.
const OPENS: usize = 4_000;
/// Rows of a block, so that there are many.
const BLOCK: usize = 50;

fn long_capture(workspace: &Workspace) -> &'static str {
    let mut capture = CaptureBuilder::new("node");
    capture.shell(100);
    for number in 0..OPENS {
        capture.open(100, &format!("/etc/{number:0100}"), 3);
    }
    capture.write_cut(&workspace.path("capture"), BLOCK, usize::MAX);
    "capture"
}

fn start(workspace: &Workspace, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_falco-analyze"))
        .args(arguments)
        .current_dir(workspace.path("."))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

fn send(child: &Child, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(status.expect("kill").success());
}

/// Interrupts a command after its first line, which it cannot be far behind: the pipe is read no further until then.
fn check_partial(arguments: &[&str]) {
    let workspace = Workspace::new();
    let capture = long_capture(&workspace);
    let rule = "- rule: Opened\n  desc: d\n  condition: evt.type = openat\n  output: opened %fd.name\n  priority: NOTICE\n";
    workspace.write("opened.yaml", rule);
    let mut all = vec![arguments[0], capture];
    all.extend(&arguments[1..]);
    let mut child = start(&workspace, &all);
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    send(&child, "-INT");
    let rest = stdout.lines().map(|line| line.expect("text"));
    let rest: Vec<String> = rest.collect();
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .expect("piped")
        .read_to_string(&mut stderr)
        .expect("text");
    assert_eq!(child.wait().expect("ends").code(), Some(3), "{stderr}");
    assert!(stderr.contains("Stopped by a signal"), "{stderr}");
    assert!(rest.len() + 1 < OPENS, "{} lines came", rest.len());
    assert!(
        rest.last().is_none_or(|line| line.contains("/etc/")),
        "a line is whole"
    );
}

#[test]
fn an_interrupted_answer_says_that_it_is_of_a_part() {
    check_partial(&["events"]);
    check_partial(&["replay", "-r", "opened.yaml"]);
    check_partial(&["replay", "-r", "opened.yaml", "--format", "json"]);
}

/// Kills a command at several moments; whenever that was, the same command then works, and leaves nothing else.
fn check_killed(arguments: &[&str], output: &str) {
    let workspace = Workspace::new();
    let capture = long_capture(&workspace);
    let mut all = vec![capture, "-o", output];
    all.splice(0..0, arguments.iter().copied());
    for signal in ["-KILL", "-INT"] {
        for delay_ms in [2, 10, 30, 60] {
            let mut child = start(&workspace, &all);
            std::thread::sleep(Duration::from_millis(delay_ms));
            let _ = Command::new("kill")
                .args([signal, &child.id().to_string()])
                .stderr(Stdio::null())
                .status();
            child.wait().expect("ends");
            // What has its name is whole.
            if workspace.path(output).is_dir() {
                workspace.run(&["verify", output]).ends_with(0);
            }
            if workspace.path(output).exists() {
                break;
            }
        }
        if !workspace.path(output).exists() {
            workspace.run(&all).ends_with(0);
        }
        let path = workspace.path(output);
        let taken = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        taken.expect("removable");
        let left = std::fs::read_dir(workspace.path(".")).expect("a directory");
        let left = left.map(|entry| entry.expect("an entry").file_name());
        let left: Vec<_> = left
            .filter(|name| name.to_string_lossy().contains("unfinished"))
            .collect();
        assert!(left.is_empty(), "{all:?} left {left:?}");
    }
}

#[test]
fn what_is_killed_blocks_nothing() {
    check_killed(&["export", "scap"], "out.scap");
    check_killed(&["repair"], "copy");
    check_killed(&["slice", "--where", "evt.type = openat"], "part");
    let keys = Workspace::new();
    keys.run(&["redact", "--new-key", "key"]).ends_with(0);
    let key = keys.path("key").display().to_string();
    check_killed(&["redact", "--key", &key], "shared");
}

#[test]
fn an_export_of_tables_that_was_killed_is_begun_anew() {
    let workspace = Workspace::new();
    let capture = long_capture(&workspace);
    let all = [
        "export",
        "parquet",
        capture,
        "-o",
        "tables",
        "--columns",
        "evt.type",
    ];
    for (signal, delay_ms) in [
        ("-KILL", 5),
        ("-KILL", 40),
        ("-KILL", 80),
        ("-INT", 20),
        ("-INT", 60),
    ] {
        let mut child = start(&workspace, &all);
        std::thread::sleep(Duration::from_millis(delay_ms));
        let _ = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .stderr(Stdio::null())
            .status();
        child.wait().expect("ends");
        if workspace.path("tables/events.parquet").exists() {
            std::fs::remove_dir_all(workspace.path("tables")).expect("removable");
        }
    }
    workspace.run(&all).ends_with(0);
    let names = std::fs::read_dir(workspace.path("tables")).expect("a directory");
    let mut names: Vec<_> = names
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let mut tables = Table::ALL.map(|table| format!("{}.parquet", table.name()));
    tables.sort();
    assert_eq!(names, tables);
}
