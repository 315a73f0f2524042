//! What is told to be missing of a span of time: that of its own captures, and what may be why there is nothing.

use crate::span::{minutes, workspace};
use crate::support::{CaptureBuilder, segment_files};

/// A capture that is read from its beginning on makes nothing missing of another one, of which the end alone is read.
#[test]
fn what_is_missing_in_front_of_one_capture_is_not_missing_of_all() {
    let workspace = workspace();
    let files = segment_files(&workspace.path("capture"));
    std::fs::remove_file(&files[1]).expect("removed");
    minutes(CaptureBuilder::new("node-b").with_boot(9)).write(&workspace.path("other"));
    let replay = ["replay", "capture", "other", "-r", "rules.yaml"];
    let run = |span: &[&str]| workspace.run(&[&replay[..], span].concat());
    let missing = "Missing: 1 segment between 1 and 3";
    run(&["--since", "03:11"])
        .ends_with(0)
        .says("Outside of what was read: 1 gap, which this answer does not rest on\n");
    run(&["--since", "03:11", "--exact-state"])
        .ends_with(3)
        .says(missing);
    run(&["--since", "03:07", "--until", "03:07:30"])
        .ends_with(3)
        .says(missing);
}

/// Where an end is missing, what is asked for may have been in it.
#[test]
fn a_time_behind_a_missing_end_is_told_with_what_is_missing() {
    let workspace = workspace();
    let files = segment_files(&workspace.path("capture"));
    let refused = |span: &[&str], words: &str| {
        for command in [
            &["events", "capture"][..],
            &["replay", "capture", "-r", "rules.yaml"],
            &["info", "capture"],
            &[
                "explain",
                "capture",
                "-r",
                "rules.yaml",
                "--rule",
                "Sensitive file read",
            ],
        ] {
            let run = workspace.run(&[command, span].concat()).ends_with(2);
            assert!(run.stderr.contains("they span "), "{}", run.stderr);
            let is_told = run.stderr.contains("missing") || run.stderr.contains("Missing");
            assert_eq!(is_told, !words.is_empty(), "{}", run.stderr);
            run.says(words);
        }
    };
    let (behind, before) = (["--since", "03:30"], ["--until", "03:01"]);
    refused(&behind, "");
    refused(&before, "");
    let last = std::fs::read(&files[4]).expect("readable");
    std::fs::write(&files[4], &last[..last.len() - 9]).expect("writable");
    refused(
        &behind,
        "; Unsealed: the end of segment 5 is missing, and nobody knows what it held, from 2026-01-02T03:13:10",
    );
    refused(&before, "");
    let explain = [
        "explain",
        "capture",
        "-r",
        "rules.yaml",
        "--rule",
        "Sensitive",
    ];
    let run = workspace.run(&[&explain[..], &["--time", "2026-01-02T03:30Z"]].concat());
    run.ends_with(2).says("; Unsealed: the end of segment 5");
    std::fs::remove_file(&files[4]).expect("removed");
    refused(
        &behind,
        "; Missing: what was recorded behind segment 4, which says that the recording went on, from 2026-01-02T03:1",
    );
    std::fs::remove_file(&files[0]).expect("removed");
    refused(
        &before,
        "; Missing: 1 segment before 2, from an unknown time to 2026-01-02T03:0",
    );
}
