//! `info`, `verify` and `repair`: what a capture holds, whether it is what was written.

use std::fs;

use falco_abi::Lane;

use crate::support::{Workspace, intrusion, segment_files, write_intrusion};

#[test]
fn info_tells_segments_times_events_and_losses() {
    let workspace = Workspace::new();
    intrusion().write_cut(&workspace.path("capture"), 2, 3);
    workspace
        .run(&["info", "capture"])
        .ends_with(0)
        .says("Node: node-a")
        .says("Boot: 07070707-0707-0707-0707-070707070707")
        .says("Time: 2026-01-02T03:04:10.000000000Z to 2026-01-02T03:04:10.000004000Z")
        .says("Segments: 2 (2 sealed)")
        .says("2  openat")
        .says("Lost: nothing");
}

#[test]
fn info_in_json_has_the_same_facts() {
    let workspace = Workspace::new();
    let mut capture = intrusion();
    capture.lose(Lane::File, 7);
    capture.open(200, "/etc/passwd", 5);
    capture.write(&workspace.path("capture"));
    let run = workspace
        .run(&["info", "capture", "--format", "json"])
        .ends_with(3);
    let info = run.json_lines().remove(0);
    let check = |key: &str, expected: serde_json::Value| assert_eq!(info[key], expected, "{key}");
    check("node", "node-a".into());
    check("events", 6.into());
    check("complete", false.into());
    assert_eq!(info["events_by_type"]["openat"], 3);
    assert_eq!(info["lost"]["events"], 7);
    assert_eq!(info["lost"]["by_reason"][0]["reason"], "ring_full");
    assert_eq!(info["segments"][0]["sealed"], true);
}

#[test]
fn verify_accepts_what_was_written_and_nothing_else() {
    let workspace = Workspace::new();
    let mut capture = intrusion();
    capture.lose(Lane::File, 3);
    capture.open(200, "/etc/passwd", 5);
    capture.write_cut(&workspace.path("capture"), 2, 3);
    workspace
        .run(&["verify", "capture"])
        .ends_with(3)
        .says(": intact, with holes")
        .says("the first of its capture")
        .says("follows the one before it");

    let file = segment_files(&workspace.path("capture")).remove(0);
    let whole = fs::read(&file).expect("readable");
    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 1;
    fs::write(&file, &bytes).expect("writable");
    workspace
        .run(&["verify", "capture"])
        .ends_with(3)
        .says("NOT INTACT")
        .says("damaged:");
}

#[test]
fn verify_compares_losses_with_missing_sequence_numbers() {
    let workspace = Workspace::new();
    let mut honest = intrusion();
    honest.lose(Lane::File, 3);
    honest.open(200, "/etc/passwd", 5);
    honest.open(200, "/etc/passwd", 6);
    honest.write(&workspace.path("honest"));
    let capture = falco_format::Capture::open(&workspace.path("honest")).expect("a capture");
    let cpus = falco_analyze::continuity::continuity(&capture);
    let missing: u64 = cpus.values().map(|cpu| cpu.missing).sum();
    let told: u64 = cpus.values().map(|cpu| cpu.told).sum();
    assert_eq!((missing, told), (3, 3));
}

#[test]
fn repair_writes_a_clean_copy_of_what_is_readable() {
    let workspace = Workspace::new();
    intrusion().write_cut(&workspace.path("capture"), 1, usize::MAX);
    let file = segment_files(&workspace.path("capture")).remove(0);
    let mut bytes = fs::read(&file).expect("readable");
    let end = bytes.len() / 3;
    bytes[end] ^= 0xff;
    fs::write(&file, &bytes).expect("writable");
    workspace
        .run(&["repair", "capture", "-o", "clean"])
        .ends_with(3)
        .says("Not copied");
    workspace.run(&["verify", "clean"]).says("sealed");
    workspace
        .run(&["repair", "capture", "-o", "clean"])
        .ends_with(2)
        .says("cannot take the copy");
}

#[test]
fn repair_of_a_whole_capture_changes_nothing() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    workspace
        .run(&["repair", &capture, "-o", "copy"])
        .ends_with(0);
    let events = |path: &str| workspace.run(&["events", path]).ends_with(0).stdout;
    assert_eq!(events(&capture), events("copy"));
}

#[test]
fn sql_says_how_to_get_the_program_that_is_missing() {
    let workspace = Workspace::new();
    // A copy of the program stands alone in the directory, and PATH has nothing.
    let program = workspace.path("falco-analyze");
    fs::copy(env!("CARGO_BIN_EXE_falco-analyze"), &program).expect("copied");
    let output = std::process::Command::new(&program)
        .args(["sql", "capture", "-c", "SELECT 1"])
        .env("PATH", "")
        .output()
        .expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("cargo build --release -p falco-sql"),
        "{stderr}"
    );
}
