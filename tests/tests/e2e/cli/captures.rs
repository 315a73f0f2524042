//! Bad captures.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use super::{ERROR, INCOMPLETE, check_message, copy_program};
use crate::programs::{Ran, analyze, analyzer, command, is_root, root};
use crate::skip::skipped;

/// Every command that opens a capture.
const COMMANDS: [&[&str]; 3] = [&["info"], &["events"], &["replay"]];

/// The kept capture's first segment.
fn segment() -> PathBuf {
    let capture = root().join("corpus/first-light/capture");
    let mut segments: Vec<PathBuf> = fs::read_dir(capture)
        .expect("the kept capture")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .collect();
    segments.sort();
    segments.into_iter().next().expect("a segment")
}

fn arguments(words: &[&str], capture: &Path) -> Vec<String> {
    let mut arguments: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    arguments.push(capture.to_string_lossy().into_owned());
    if words == ["replay"] {
        arguments.push("-r".to_owned());
        arguments.push(root().join("rules/default").to_string_lossy().into_owned());
    }
    arguments
}

/// Checks what every command says of a capture that is one file with these bytes.
fn check(name: &str, bytes: &[u8], code: i32, words: &[&str]) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory
        .path()
        .join(segment().file_name().expect("a name"));
    fs::write(&path, bytes).expect("a file");
    for command in COMMANDS {
        let ran = analyze(arguments(command, &path));
        check_message(&format!("{name}, {command:?}"), &ran, code, words);
    }
}

#[test]
fn an_empty_file() {
    check("empty", &[], ERROR, &["empty"]);
}

#[test]
fn not_a_capture() {
    let text = b"This is a letter, and not a capture. ".repeat(100);
    check("a letter", &text, ERROR, &["not a capture"]);
}

/// A segment whose first item says that it is of format version 99: the header of an item is 40 bytes, and the version the first of its payload.
fn of_version_99(mut segment: Vec<u8>) -> Vec<u8> {
    let length = u32::from_le_bytes(segment[20..24].try_into().expect("four bytes"));
    let payload = 40..40 + length as usize;
    segment[40..42].copy_from_slice(&99_u16.to_le_bytes());
    let checksum = crc32c::crc32c(&segment[payload]).to_le_bytes();
    segment[32..36].copy_from_slice(&checksum);
    let checksum = crc32c::crc32c(&segment[..36]).to_le_bytes();
    segment[36..40].copy_from_slice(&checksum);
    segment
}

#[test]
fn a_capture_of_a_newer_format() {
    let bytes = of_version_99(fs::read(segment()).expect("the kept segment"));
    check("newer", &bytes, ERROR, &["version 99"]);
}

#[test]
fn a_capture_that_is_not_there() {
    for command in COMMANDS {
        let ran = analyze(arguments(command, Path::new("/nonexistent/capture")));
        check_message("missing", &ran, ERROR, &["/nonexistent/capture"]);
    }
}

#[test]
fn an_empty_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    for command in COMMANDS {
        let ran = analyze(arguments(command, directory.path()));
        check_message("empty directory", &ran, ERROR, &["segment"]);
    }
}

#[test]
fn a_truncated_capture_is_read_up_to_the_damage() {
    let whole = fs::read(segment()).expect("the kept segment");
    let half = &whole[..whole.len() / 2];
    check("half a segment", half, INCOMPLETE, &[]);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory
        .path()
        .join(segment().file_name().expect("a name"));
    fs::write(&path, half).expect("a file");
    let ran = analyze(arguments(&["events"], &path));
    assert!(ran.stdout.lines().count() > 100, "events before the damage");
}

#[test]
fn a_flipped_bit_costs_one_item() {
    let mut bytes = fs::read(segment()).expect("the kept segment");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    check("a flipped bit", &bytes, INCOMPLETE, &[]);
}

#[test]
fn no_permission() {
    if !is_root() {
        skipped("no_permission", "needs root to become somebody else");
        return;
    }
    // Neither the program nor the capture may lie below a directory of root's.
    let directory = tempfile::Builder::new()
        .prefix("falco-e2e-")
        .tempdir_in("/tmp")
        .expect("a directory");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("mode");
    let program = directory.path().join("falco-analyze");
    copy_program(&analyzer(), &program);
    let capture = directory
        .path()
        .join(segment().file_name().expect("a name"));
    fs::copy(segment(), &capture).expect("a copy of the capture");
    fs::set_permissions(&capture, fs::Permissions::from_mode(0o600)).expect("mode");
    let output = command(&program)
        .arg("info")
        .arg(&capture)
        .uid(65534)
        .gid(65534)
        .output()
        .expect("runs");
    let ran = Ran::from(output);
    check_message("no permission", &ran, ERROR, &["ermission"]);
}
