//! One capture for each kind of damage, and what every command says of it: `corpus/damaged/README.md` is the table.

use std::fs;
use std::path::{Path, PathBuf};

use crate::programs::{analyze, root};

/// Bytes that a capture of the table may have.
const SMALL: u64 = 60 * 1024;

/// A row of the table.
struct Kind {
    name: String,
    code: i32,
    rows: String,
    words: String,
}

fn top() -> PathBuf {
    root().join("corpus/damaged")
}

fn table() -> Vec<Kind> {
    let text = fs::read_to_string(top().join("README.md")).expect("the table");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, code, rows, words] = cells[..] else {
            panic!("not five cells: {line}");
        };
        Kind {
            name: name.trim_matches('`').to_owned(),
            code: code.parse().expect("a code"),
            rows: rows.to_owned(),
            words: words.to_owned(),
        }
    })
    .collect()
}

/// What a command ends with and says, where it differs from what the table says.
fn check(kind: &Kind, command: &[&str], words: &[&str], complaints: &mut Vec<String>) {
    let ran = analyze(command);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    let missing: Vec<_> = words
        .iter()
        .filter(|words| !said.contains(**words))
        .collect();
    if ran.code != kind.code || !missing.is_empty() {
        let (name, wanted, found) = (&kind.name, kind.code, ran.code);
        complaints.push(format!(
            "{name}, {}: {found}, not {wanted}; without {missing:?}; {}",
            command[0], ran.stderr
        ));
    }
}

fn check_all(kind: &Kind, scratch: &Path, complaints: &mut Vec<String>) {
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let capture = text(top().join("kinds").join(&kind.name));
    let rules = text(root().join("rules/default"));
    let repaired = text(scratch.join("repaired"));
    let lines = text(scratch.join("lines"));
    let words = &*kind.words;
    let counted = format!("{} rows", kind.rows);
    // Of what cannot be read nothing is counted.
    let counted = if kind.code == 2 { words } else { &counted };
    check(kind, &["info", &capture], &[], complaints);
    check(kind, &["verify", &capture], &[words, counted], complaints);
    // A list of events says nothing more where nothing is missing.
    let noticed = if kind.code == 0 { "" } else { words };
    check(kind, &["events", &capture], &[noticed], complaints);
    check(
        kind,
        &["replay", &capture, "-r", &rules],
        &[words],
        complaints,
    );
    let export = ["export", "jsonl", &capture, "-o", &lines];
    check(kind, &export, &[words], complaints);
    check(
        kind,
        &["repair", &capture, "-o", &repaired],
        &[],
        complaints,
    );
    if kind.code != 2 {
        check(kind, &["verify", &repaired], &[counted], complaints);
    }
}

#[test]
fn every_command_says_of_each_damage_what_the_table_says() {
    let mut complaints = Vec::new();
    for kind in table() {
        let scratch = tempfile::tempdir().expect("a directory");
        check_all(&kind, scratch.path(), &mut complaints);
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The table and the captures are the same ones, and small.
#[test]
fn each_kind_stands_in_the_table() {
    let listed = fs::read_dir(top().join("kinds")).expect("captures");
    let mut kept: Vec<_> = listed
        .map(|entry| entry.expect("an entry").path())
        .collect();
    kept.sort();
    for directory in &kept {
        let size = super::kept::size_of(directory);
        assert!(size < SMALL, "{}: {size} bytes", directory.display());
    }
    let names = kept.iter().filter_map(|path| path.file_name());
    let names: Vec<_> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let told: Vec<_> = table().into_iter().map(|kind| kind.name).collect();
    assert_eq!(names, told);
    assert!(names.len() > 30, "{names:?}");
}
