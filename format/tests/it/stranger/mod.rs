//! A reader in Python that was written from `FORMAT.md` alone agrees with ours, row by row and damage by damage.
//!
//! In: captures, whole and damaged. Out: for each the lines of both readers, compared one by one.
//! `FALCO_PYTHON` names the Python (`python3` unless given); where it lacks `zstandard` or `blake3` the tests are skipped and say so. `.ci/run` installs them.

mod damaged;
mod dump;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use falco_format::{MemoryIo, Schema, SegmentWriter};
use serde_json::{Map, Value};

use crate::rows::header;

/// Differences that a failing test shows.
const SHOWN: usize = 40;

/// Items that our stream passes over: accelerators and signatures, and what is asked of a segment and not of the stream.
const UNSEEN: [&str; 4] = ["INDEX", "SIGNATURE", "DROPPED", "DERIVED"];

fn tests() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// A Python that can run the reader; none where something is missing, which is printed.
fn python() -> Option<String> {
    let python = env::var("FALCO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(&python)
        .args(["-c", "import zstandard, blake3"])
        .output();
    match output {
        Ok(output) if output.status.success() => Some(python),
        _ => {
            println!(
                "skipped: {python} cannot run the reader; pip install zstandard blake3 (cryptography as well, to verify signatures)"
            );
            None
        }
    }
}

/// What was compared.
#[derive(Debug, Default)]
struct Agreed {
    captures: usize,
    rows: usize,
    damages: usize,
    differences: Vec<String>,
}

/// Both readers read these captures; what they say must be the same.
fn compare(python: &str, paths: &[PathBuf]) -> Agreed {
    let scratch = tempfile::tempdir().expect("a directory");
    let tables = scratch.path().join("tables.flc");
    fs::write(&tables, tables_of_this_build()).expect("writes");
    let out = scratch.path().join("lines");
    let status = Command::new(python)
        .arg(tests().join("python/reader.py"))
        .arg("--tables")
        .arg(&tables)
        // With one path there are no marks between captures.
        .arg(&tables)
        .args(paths)
        .stdout(Stdio::from(fs::File::create(&out).expect("creates")))
        .status()
        .expect("runs");
    assert!(matches!(status.code(), Some(0 | 2 | 3)), "{status}");
    let text = fs::read_to_string(&out).expect("reads");
    let mut captures = text.split("{\"capture\": ").skip(2);
    let mut agreed = Agreed::default();
    for path in paths {
        let block = captures.next().expect("each capture is read");
        // The rest of the mark's own line is the path.
        let theirs = block.lines().skip(1).map(line).filter(is_seen);
        agree(path, theirs, &mut agreed);
    }
    assert!(captures.next().is_none(), "no capture is read twice");
    let shown: Vec<_> = agreed.differences.iter().take(SHOWN).cloned().collect();
    assert!(
        shown.is_empty(),
        "{} of {} captures are read otherwise:\n{}",
        agreed.differences.len(),
        agreed.captures,
        shown.join("\n")
    );
    agreed
}

fn agree(path: &Path, mut theirs: impl Iterator<Item = Value>, agreed: &mut Agreed) {
    agreed.captures += 1;
    let mut ours = dump::lines(path).into_iter();
    for place in 0.. {
        let (found, own) = (theirs.next(), ours.next());
        if found != own {
            let path = path.display();
            let text =
                |line: Option<Value>| line.map_or("nothing".to_owned(), |line| line.to_string());
            let (found, own) = (text(found), text(own));
            agreed.differences.push(format!(
                "{path}, line {place}:\n  theirs {found}\n  ours   {own}"
            ));
            return;
        }
        let Some(own) = own else { return };
        agreed.rows += usize::from(own.get("row").is_some());
        agreed.damages += usize::from(own.get("damage").is_some());
    }
}

fn line(text: &str) -> Value {
    let mut line: Value = serde_json::from_str(text).expect("a line of JSON");
    if let Some(fields) = line.as_object_mut() {
        // Words for people, which each reader has of its own.
        fields.remove("detail");
        if fields.get("damage").is_some_and(|damage| damage == "block") {
            // Ours is found when the block is decoded, by whoever does it.
            *fields = Map::from_iter([("damage".to_owned(), Value::from("block"))]);
        }
        if fields.get("item").is_some_and(|item| item != "skipped") {
            fields.remove("file");
            fields.remove("offset");
        }
        if let Some(said) = fields.get_mut("said").and_then(Value::as_object_mut) {
            // Of the chain and of signatures `verify` tells.
            said.remove("chain");
            said.remove("mark");
        }
        if fields.contains_key("refused") {
            fields.insert("refused".to_owned(), Value::Bool(true));
        }
    }
    line
}

fn is_seen(line: &Value) -> bool {
    let item = line.get("item").and_then(Value::as_str);
    item.is_none_or(|item| !UNSEEN.contains(&item))
}

/// Our reader has the table of its own build for blocks whose table is lost.
fn tables_of_this_build() -> Vec<u8> {
    let io = MemoryIo::new();
    let mut writer = SegmentWriter::with_tag(io.clone(), header(1), 7).expect("writes");
    writer.schema(&Schema::native()).expect("writes");
    io.bytes()
}

fn golden() -> Vec<PathBuf> {
    let files = fs::read_dir(tests().join("golden")).expect("is there");
    let paths = files.map(|entry| entry.expect("reads").path());
    let is_capture = |path: &PathBuf| path.extension().is_some_and(|found| found == "flc");
    let mut paths: Vec<_> = paths.filter(is_capture).collect();
    paths.sort();
    paths
}

/// Directories of the corpus that hold segments.
fn corpus() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut ahead = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../corpus")];
    while let Some(directory) = ahead.pop() {
        let entries = fs::read_dir(&directory).expect("reads");
        let paths: Vec<_> = entries.map(|entry| entry.expect("reads").path()).collect();
        if paths
            .iter()
            .any(|path| path.extension().is_some_and(|found| found == "flc"))
        {
            found.push(directory);
        } else {
            ahead.extend(paths.into_iter().filter(|path| path.is_dir()));
        }
    }
    found.sort();
    assert!(
        found.len() > 100,
        "the corpus has captures: {}",
        found.len()
    );
    found
}

#[test]
fn the_golden_files_are_read_alike() {
    let Some(python) = python() else { return };
    let agreed = compare(&python, &golden());
    assert!(agreed.captures >= 3 && agreed.rows > 800, "{agreed:?}");
}

#[test]
fn captures_of_the_corpus_are_read_alike() {
    let Some(python) = python() else { return };
    // One in twelve; the ignored test reads all.
    let sample: Vec<_> = corpus().into_iter().step_by(12).collect();
    let agreed = compare(&python, &sample);
    assert!(agreed.rows > 10_000, "{agreed:?}");
}

#[test]
#[ignore = "takes minutes without optimization"]
fn all_captures_of_the_corpus_are_read_alike() {
    let Some(python) = python() else { return };
    println!("{:?}", compare(&python, &corpus()));
}

/// The other reader finds by itself that what was signed is what is there.
#[test]
fn signatures_of_the_golden_file_hold() {
    let Some(python) = python() else { return };
    let output = Command::new(python)
        .arg(tests().join("python/reader.py"))
        .arg(tests().join("golden/v1.3.flc"))
        .output()
        .expect("runs");
    let text = String::from_utf8(output.stdout).expect("is text");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("is JSON"));
    let signed: Vec<Value> = lines
        .filter(|line: &Value| line["item"] == "SIGNATURE")
        .collect();
    assert_eq!(signed.len(), 3);
    for line in signed {
        let said = &line["said"];
        assert_eq!(said["as listed"], true, "{said}");
        assert_eq!(said["chain"], true, "{said}");
        // Without the package that knows Ed25519 it says that it does not know.
        assert_ne!(said["mark"]["verified"], false, "{said}");
    }
}
