//! `falco-analyze export scap`: files that are whole or not there, exit codes, and what is said of what was left out.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use falco_abi::Lane;
use falco_abi::events::{cgroup_attach_task, clone};
use tempfile::{TempDir, tempdir};

use crate::capture::{CaptureBuilder, Row};

/// A shell starts `cat`, which opens a file and is moved to a cgroup.
fn scene() -> CaptureBuilder {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat", "/etc/shadow"]);
    capture.push(Row::new(clone::EVENT, 200).int(clone::res, 0));
    capture.open(200, "/etc/shadow", 3);
    capture.push(Row::new(cgroup_attach_task::EVENT, 200).text(cgroup_attach_task::path, "/a"));
    capture.end(200);
    capture
}

fn workspace() -> TempDir {
    let workspace = tempdir().expect("a temporary directory");
    scene().write(&workspace.path().join("capture"));
    workspace
}

#[track_caller]
fn check(workspace: &TempDir, arguments: &str, code: i32, words: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_falco-analyze"))
        .current_dir(workspace.path())
        .args(arguments.split(' '))
        .output()
        .expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for words in words {
        assert!(stderr.contains(words), "no '{words}' in {stderr}");
    }
}

#[test]
fn a_file_is_written_and_says_what_is_left_out() {
    let workspace = workspace();
    let words = [
        "Wrote out.scap: 4 of 6 events, 3 entries of lists, 1 section",
        "Told once: 1 returns and enters",
        "1  cgroup_attach_task",
        "Lost: nothing",
    ];
    check(&workspace, "export scap capture -o out.scap", 0, &words);
    let path = workspace.path().join("out.scap");
    let mode = fs::metadata(&path).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    check(&workspace, "info out.scap", 0, &[]);
    check(
        &workspace,
        "export scap out.scap -o again.scap",
        0,
        &["Wrote again.scap: 4 of 4 events"],
    );
    let again = fs::read(workspace.path().join("again.scap")).expect("is there");
    assert!(fs::read(path).expect("is there") == again);
}

#[test]
fn every_packing_reads_back() {
    let workspace = workspace();
    for packing in ["none", "gzip", "zstd"] {
        let export = format!("export scap capture -o {packing}.scap --compress {packing}");
        check(&workspace, &export, 0, &[]);
        let again = format!("export scap {packing}.scap -o {packing}.again.scap");
        check(&workspace, &again, 0, &["4 of 4 events"]);
    }
    let bytes = |name: &str| fs::read(workspace.path().join(name)).expect("is there");
    assert!(bytes("none.scap") == bytes("gzip.again.scap"));
    assert!(bytes("none.scap") == bytes("zstd.again.scap"));
    assert!(bytes("gzip.scap") != bytes("none.scap"));
}

#[test]
fn a_file_is_replaced_only_when_asked_for() {
    let workspace = workspace();
    let export = "export scap capture -o out.scap";
    let path = workspace.path().join("out.scap");
    fs::write(&path, "kept").expect("is written");
    check(
        &workspace,
        export,
        2,
        &["out.scap is there already", "--force"],
    );
    assert_eq!(fs::read(&path).expect("is there"), b"kept");
    let unfinished = workspace.path().join("out.scap.unfinished");
    fs::write(&unfinished, "half").expect("is written");
    fs::remove_file(&path).expect("was there");
    check(&workspace, export, 0, &[]);
    fs::write(&path, "old").expect("is written");
    check(&workspace, &format!("{export} --force"), 0, &[]);
    assert_ne!(fs::read(&path).expect("is there"), b"old");
    assert!(path.exists() && !unfinished.exists());
    check(
        &workspace,
        "export scap nothing -o other.scap",
        2,
        &["nothing"],
    );
    assert!(!workspace.path().join("other.scap").exists());
}

#[test]
fn pipes_and_devices_are_no_captures() {
    let workspace = workspace();
    let made = Command::new("mkfifo")
        .arg(workspace.path().join("pipe"))
        .status();
    assert!(made.expect("mkfifo runs").success());
    for input in ["pipe", "/dev/zero"] {
        let export = format!("export scap {input} -o out.scap");
        check(&workspace, &export, 2, &["is not a capture"]);
    }
}

#[test]
fn only_files_are_replaced() {
    let workspace = workspace();
    fs::create_dir(workspace.path().join("made")).expect("is made");
    for output in ["made", "made/", "new/", "/dev/null", ".."] {
        for force in ["", " --force"] {
            let export = format!("export scap capture -o {output}{force}");
            check(&workspace, &export, 2, &["is no file"]);
        }
    }
    let names = fs::read_dir(workspace.path()).expect("can be listed");
    assert_eq!(names.count(), 2);
}

#[test]
fn a_filter_keeps_what_matches() {
    let workspace = workspace();
    let filter = "export scap capture -o out.scap --where evt.type=openat";
    let words = [
        "Wrote out.scap: 1 of 6 events",
        "For the state alone: 3 events",
    ];
    check(&workspace, filter, 0, &words);
    let broken = "export scap capture -o broken.scap --where evt.type=";
    check(&workspace, broken, 2, &[]);
    assert!(!workspace.path().join("broken.scap").exists());
}

#[test]
fn losses_are_told() {
    let workspace = tempdir().expect("a temporary directory");
    let mut capture = scene();
    capture.lose(Lane::Process, 7);
    capture.open(100, "/etc/passwd", 5);
    capture.write(&workspace.path().join("capture"));
    let words = ["Lost: 7 events", "5 of 7 events"];
    check(&workspace, "export scap capture -o out.scap", 3, &words);
}

#[test]
fn captures_become_sections_of_one_file() {
    let workspace = workspace();
    let other = scene().with_boot(9);
    other.write(&workspace.path().join("other"));
    let words = ["8 of 12 events", "2 sections"];
    check(
        &workspace,
        "export scap capture other -o out.scap",
        0,
        &words,
    );
    check(
        &workspace,
        "export scap out.scap -o again.scap",
        0,
        &["8 of 8 events", "2 sections"],
    );
}
