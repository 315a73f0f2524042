//! The command line over `.scap` files: what is said, and with which exit code.

use std::fs;
use std::path::Path;
use std::process::Command;

use falco_format::text::is_plain;
use tempfile::TempDir;

use super::bytes::File;

/// A directory with a whole file, one that ends early, and one rule.
fn workspace() -> TempDir {
    let directory = TempDir::new().expect("a directory");
    let number = 1u64.to_le_bytes();
    let file = File::new().machine("box");
    let file = (0..3).fold(file, |file, _| file.event(3, 234, &[&number, &number]));
    let path = |name: &str| directory.path().join(name);
    fs::write(path("torn"), &file.0[..file.0.len() - 5]).expect("writes");
    fs::write(path("whole"), &file.0).expect("writes");
    let rule = "- rule: R\n  desc: d\n  condition: evt.type = procinfo\n  output: seen\n  priority: INFO\n";
    fs::write(path("rules.yaml"), rule).expect("writes");
    directory
}

/// Runs the program there and compares its exit code, the lines of its output, and what its messages contain.
fn check(directory: &Path, arguments: &[&str], (code, lines): (i32, usize), said: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_falco-analyze"))
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("runs");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}: {messages}"
    );
    let printed = String::from_utf8_lossy(&output.stdout).lines().count();
    assert_eq!(printed, lines, "{arguments:?}");
    for part in said {
        assert!(
            messages.contains(part),
            "{arguments:?} does not say {part:?}: {messages}"
        );
    }
}

#[test]
fn files_are_opened_wherever_captures_are() {
    let workspace = workspace();
    let directory = workspace.path();
    let torn = [
        "Damaged: 1 place;",
        "torn at byte",
        "the file ends within a block",
    ];
    check(
        directory,
        &["replay", "whole", "-r", "rules.yaml"],
        (0, 3),
        &["Events: 3 "],
    );
    check(
        directory,
        &["replay", "torn", "-r", "rules.yaml"],
        (3, 2),
        &torn,
    );
    check(directory, &["events", "whole", "evt.num > 1"], (0, 2), &[]);
    check(directory, &["events", "torn"], (3, 2), &[]);
    check(
        directory,
        &["export", "parquet", "whole", "-o", "tables"],
        (0, 0),
        &["3 rows of 3 events"],
    );
    check(
        directory,
        &["verify", "whole"],
        (2, 0),
        &["falco-analyze import"],
    );
}

#[test]
fn imports_say_what_they_wrote_and_what_is_missing() {
    let workspace = workspace();
    let directory = workspace.path();
    check(
        directory,
        &["import", "whole", "-o", "a"],
        (0, 0),
        &["Wrote a: 1 segment", "Events: 3 "],
    );
    check(directory, &["verify", "a"], (0, 4), &[]);
    check(
        directory,
        &["replay", "a", "-r", "rules.yaml"],
        (0, 3),
        &["Events: 3 "],
    );
    check(
        directory,
        &["import", "torn", "-o", "b"],
        (3, 0),
        &["Wrote b: 1 segment", "Damaged: 1 place;"],
    );
    check(
        directory,
        &["replay", "b", "-r", "rules.yaml"],
        (3, 2),
        &["Damaged: 1 place;"],
    );
    check(
        directory,
        &["import", "whole", "-o", "a"],
        (2, 0),
        &["the directory a is not empty"],
    );
    check(
        directory,
        &["import", "a", "-o", "c"],
        (2, 0),
        &["a is a capture already"],
    );
    check(
        directory,
        &["import", "rules.yaml", "-o", "c"],
        (2, 0),
        &["rules.yaml is not a capture"],
    );
    assert!(!directory.join("c").exists());
}

/// A host's name in a file is text of whoever made the file.
#[test]
fn the_name_of_a_host_commands_no_terminal() {
    let directory = TempDir::new().expect("a directory");
    let evil = "x\nLost: 5\u{1b}[2J\u{9b}\u{202e}";
    let number = 1u64.to_le_bytes();
    let file = File::new().machine(evil).event(3, 234, &[&number, &number]);
    fs::write(directory.path().join("file"), &file.0).expect("writes");
    for arguments in [&["info", "file"][..], &["events", "file", "file"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_falco-analyze"))
            .args(arguments)
            .current_dir(directory.path())
            .output()
            .expect("runs");
        let said = [output.stdout, output.stderr].concat();
        for line in said.split(|byte| *byte == b'\n') {
            assert!(
                is_plain(line),
                "{arguments:?}: {:?}",
                String::from_utf8_lossy(line)
            );
            assert!(
                !line.starts_with(b"Lost: 5"),
                "{arguments:?}: a forged line"
            );
        }
    }
}

#[test]
fn a_driver_that_dropped_events_is_told() {
    let workspace = workspace();
    let directory = workspace.path();
    let ratio = 2u32.to_le_bytes();
    let file = File::new().machine("box");
    let file = file.event(3, 148, &[&ratio]).event(3, 149, &[&ratio]);
    fs::write(directory.join("sampled"), file.0).expect("writes");
    let said = ["Sampled: 2 times the driver says that it dropped events"];
    let replay = ["replay", "sampled", "-r", "rules.yaml"];
    check(directory, &replay, (3, 0), &said);
    check(directory, &["events", "sampled", "-p", "x"], (3, 2), &said);
    check(directory, &["import", "sampled", "-o", "s"], (3, 0), &said);
    check(
        directory,
        &["replay", "s", "-r", "rules.yaml"],
        (3, 0),
        &said,
    );
}
