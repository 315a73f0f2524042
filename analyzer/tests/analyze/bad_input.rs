//! What cannot be read gets one clear message and its exit code, and never a panic.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Workspace, intrusion, segment_files, write_intrusion};

fn check_capture(prepare: impl FnOnce(&Path), code: i32, words: &str) {
    let workspace = Workspace::new();
    prepare(&workspace.path("capture"));
    for command in [
        &["info", "capture"][..],
        &["events", "capture"],
        &["replay", "capture", "-r", "rules.yaml"],
    ] {
        let run = workspace.run(command).ends_with(code).says(words);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        if code == 2 {
            assert_eq!(run.stderr.lines().count(), 1, "one message: {}", run.stderr);
        }
    }
}

#[test]
fn captures_that_cannot_be_opened_are_errors() {
    check_capture(|_| {}, 2, "does not exist");
    check_capture(|path| fs::create_dir(path).expect("made"), 2, "is empty");
    check_capture(|path| fs::write(path, "").expect("written"), 2, "is empty");
    check_capture(
        |path| fs::write(path, "#!/bin/sh\n".repeat(900)).expect("written"),
        2,
        "is not a capture",
    );
}

#[test]
fn a_segment_of_another_boot_is_passed_over_and_told() {
    let mix = |path: &Path| {
        intrusion().write(path);
        let other = path.with_file_name("other");
        intrusion().with_boot(9).write(&other);
        let stranger = segment_files(&other).remove(0);
        fs::copy(stranger, path.join("00000002.flc")).expect("copied");
    };
    check_capture(mix, 3, "of another boot, node or recording");
}

/// Cuts the last segment to a share of its bytes.
fn truncate(path: &Path, percent: usize) {
    intrusion().write_cut(path, 2, usize::MAX);
    let file = segment_files(path).pop().expect("a segment");
    let bytes = fs::read(&file).expect("readable");
    fs::write(&file, &bytes[..bytes.len() * percent / 100]).expect("writable");
}

#[test]
fn truncated_and_damaged_captures_are_read_up_to_the_damage_and_beyond() {
    check_capture(|path| truncate(path, 80), 3, "Damaged:");
    let flip = |path: &Path| {
        intrusion().write_cut(path, 2, usize::MAX);
        let file = segment_files(path).pop().expect("a segment");
        let mut bytes = fs::read(&file).expect("readable");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        fs::write(&file, &bytes).expect("writable");
    };
    check_capture(flip, 3, "Damaged:");
}

#[test]
fn flipped_bits_invent_no_events() {
    let workspace = Workspace::new();
    intrusion().write(&workspace.path("capture"));
    let file = segment_files(&workspace.path("capture")).remove(0);
    let whole = fs::read(&file).expect("readable");
    for bit in (0..whole.len() * 8).step_by(7) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(capture) = falco_format::Capture::from_bytes(bytes) else {
            continue;
        };
        let survey = falco_analyze::survey::survey(capture.items());
        assert!(survey.total.events <= 5, "damage invents no events");
    }
}

fn check_rules(rules: &str, words: &str) {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    workspace.write("bad.yaml", rules);
    workspace
        .run(&["replay", &capture, "-r", "bad.yaml"])
        .ends_with(2)
        .says(words)
        .says("bad.yaml");
}

#[test]
fn rules_that_do_not_load_are_errors() {
    let rule = |condition: &str| {
        format!("- rule: R\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n")
    };
    check_rules(&rule("evt.type = open and ("), "LOAD_ERR_COMPILE_CONDITION");
    check_rules(&rule("evt.type = open and proc.nmae = x"), "proc.nmae");
    check_rules(&rule("evt.type = open and no_such_macro"), "no_such_macro");
    check_rules("- rule: [", "LOAD_ERR_YAML_PARSE");
}

#[test]
fn rule_files_that_cannot_be_read_are_errors() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    fs::create_dir(workspace.path("empty")).expect("made");
    workspace.write("binary.yaml", [0xff, 0xfe, 0]);
    let check = |rules: &str, words: &str| {
        workspace
            .run(&["replay", &capture, "-r", rules])
            .ends_with(2)
            .says(words);
    };
    check("missing.yaml", "cannot read 'missing.yaml'");
    check("empty", "holds no rule files");
    check("binary.yaml", "not UTF-8");
}

#[test]
fn usage_errors_end_with_two() {
    let workspace = Workspace::new();
    for arguments in [
        &["replay"][..],
        &["replay", "x"],
        &["no-such-command"],
        &["info"],
    ] {
        workspace.run(arguments).ends_with(2);
    }
    workspace.run(&["--help"]).ends_with(0).says("Exit codes:");
}

#[test]
fn rules_and_expected_alerts_are_files() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let pipe = workspace.path("pipe.yaml");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|made| made.success()), "a pipe is made");
    let check = |arguments: &[&str], words: &str| {
        workspace.run(arguments).ends_with(2).says(words);
    };
    for (file, what) in [
        ("pipe.yaml", "it is a pipe, and no file"),
        ("/dev/zero", "it is a device, and no file"),
    ] {
        check(&["rules", "check", file], what);
        check(&["rules", "fmt", "--check", file], what);
        check(&["replay", &capture, "-r", file], what);
        check(
            &["diff", "--old", file, "--new", "rules.yaml", &capture],
            what,
        );
        let text = format!(
            "capture = \"../capture\"\nrules = [\"../rules.yaml\"]\nexpected = \"{}\"\n",
            workspace.path(file).display()
        );
        workspace.write("scenario/scenario.toml", text);
        check(&["test", "scenario"], what);
        check(&["coverage", "scenario"], what);
    }
    // What the program was handed is another matter: standard input, and what a shell makes of `<(…)`.
    let rules = fs::read_to_string(workspace.path("rules.yaml")).expect("reads");
    for name in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        workspace
            .run_from(&["rules", "check", name], Stdio::piped(), |stdin| {
                stdin.write_all(rules.as_bytes()).expect("written");
            })
            .ends_with(0);
    }
}

#[test]
fn what_a_directory_names_as_rules_is_rules_or_an_error() {
    let check = |make: &dyn Fn(&Path), words: &str| {
        let workspace = Workspace::new();
        let rules = fs::read(workspace.path("rules.yaml")).expect("reads");
        workspace.write("rules.d/a.yaml", rules);
        workspace.run(&["rules", "check", "rules.d"]).ends_with(0);
        make(&workspace.path("rules.d/b.yml"));
        workspace
            .run(&["rules", "check", "rules.d"])
            .ends_with(2)
            .says("[unreadable-file ")
            .says("rules.d/b.yml")
            .says(words);
    };
    check(
        &|path| symlink("nowhere", path).expect("linked"),
        "No such file or directory",
    );
    check(
        &|path| symlink("b.yml", path).expect("linked"),
        "Too many levels of symbolic links",
    );
    check(
        &|path| fs::create_dir(path).expect("made"),
        "it is a directory, and no file",
    );
    check(
        &|path| {
            let made = Command::new("mkfifo").arg(path).status();
            assert!(made.is_ok_and(|made| made.success()), "a pipe is made");
        },
        "it is a pipe, and no file",
    );
}
