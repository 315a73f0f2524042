//! Exports in 2022's schema: our reader lifts them back to today's, and sysdig of that time reads them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use falco_abi::EventId;
use falco_analyze::dialect::{FALCO_IDS, falco_event};
use falco_analyze::export::scap::ScapSchema;
use falco_analyze::pipeline::Input;

use crate::support::{Row, captures, exported, input_of, rows, skipped};

/// Captures above this are left to the command line.
const BYTES_MAX: u64 = 4 << 20;
/// What prints for each event with sysdig; the star keeps events that lack a field.
const FORMAT: &str =
    "*%evt.rawtime %evt.cpu %thread.tid %proc.name %evt.dir %evt.type %evt.args %fd.name";

/// How many events have each name, calls with types that are newer under their older name.
fn names(rows: &[Row]) -> BTreeMap<&'static str, usize> {
    let mut names = BTreeMap::new();
    for row in rows.iter().filter(|row| !is_seen_enter(row.event)) {
        let name = falco_event(row.event).map_or("unknown", |event| event.name);
        *names.entry(name).or_default() += 1;
    }
    names
}

fn is_seen_enter(event: EventId) -> bool {
    let code = event.0.checked_sub(FALCO_IDS);
    code.is_some_and(|code| falco_analyze::dialect::ENTER_SEEN.contains(&code))
}

#[test]
fn enters_and_exits_are_lifted_back_to_the_same_calls() {
    let test = "enters_and_exits_are_lifted_back_to_the_same_calls";
    for path in captures(test, &["captures"], BYTES_MAX) {
        let input = Input::open(&path).expect("opens");
        let before = rows(&input);
        let (bytes, tally) = exported(&input, ScapSchema::Of2022);
        let after = rows(&input_of(bytes));
        assert_eq!(after.damaged, 0, "{}", path.display());
        let mut expected = names(&before.events);
        for (name, count) in &tally.written.unsaid {
            assert_eq!(
                expected.remove(name.as_str()),
                Some(*count as usize),
                "{name}"
            );
        }
        for (new, old) in [
            ("dup2", "dup"),
            ("dup3", "dup"),
            ("accept4", "accept"),
            ("pipe2", "pipe"),
            ("umount2", "umount"),
            ("eventfd2", "eventfd"),
            ("signalfd4", "signalfd"),
            ("inotify_init1", "inotify_init"),
        ] {
            let moved = expected.remove(new).unwrap_or(0);
            *expected.entry(old).or_default() += moved;
        }
        let after = names(&after.events);
        for (name, count) in expected {
            // What has no type of then has become a call by its number.
            let found = after.get(name).copied().unwrap_or(0);
            let is_by_number = found == 0 && after.contains_key("syscall");
            assert!(
                found == count || is_by_number || name == "syscall",
                "{}: {name}: {found} of {count}",
                path.display()
            );
        }
    }
}

#[test]
fn sysdig_of_2022_reads_what_is_written_for_it() {
    let test = "sysdig_of_2022_reads_what_is_written_for_it";
    let version = Command::new("sysdig").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    if !version.is_ok_and(|version| version.contains("0.29.")) {
        return skipped(test, "sysdig 0.29 is not installed");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/first-light/capture");
    let input = Input::open(&recording).expect("opens");
    let (bytes, tally) = exported(&input, ScapSchema::Of2022);
    let export = directory.path().join("recording.scap");
    fs::write(&export, bytes).expect("is written");
    let (read, is_read) = exits(&export);
    assert!(is_read);
    // Each made-up enter has its exit.
    assert_eq!(read.len() as u64, tally.written.made_up);
    for path in captures(test, &["captures"], BYTES_MAX) {
        let input = Input::open(&path).expect("opens");
        let (bytes, tally) = exported(&input, ScapSchema::Of2022);
        let export = directory.path().join("export.scap");
        fs::write(&export, bytes).expect("is written");
        let (read, is_read) = exits(&export);
        assert!(is_read, "sysdig ends with an error at {}", path.display());
        let (original, is_original_read) = exits(&path);
        if is_original_read {
            assert_eq!(read, original, "{}", path.display());
        } else {
            // What was recorded after 2022 it reads in this schema alone.
            assert!(
                !read.is_empty() || tally.written.events == 0,
                "{}",
                path.display()
            );
        }
    }
}

/// What sysdig prints of the ends of calls, and whether it read to the end. Begins are left out: old captures have those that newer readers drop, with other times.
fn exits(path: &Path) -> (Vec<String>, bool) {
    let run = Command::new("sysdig")
        .args(["-p", FORMAT, "-r"])
        .arg(path)
        .output();
    let output = run.expect("sysdig runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter(|line| line.contains(" < "));
    (lines.map(str::to_owned).collect(), output.status.success())
}
