//! What is missing of a capture is told by every command that reads it, with the same exit code: five segments, and everything that can happen to one of them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Workspace, bless_incomplete, intrusion, segment_files};

const SEGMENTS: usize = 5;

const SCENARIO: &str = "capture = \"../capture\"\nrules = [\"../rules.yaml\"]\n";

/// A capture of five segments, a scenario over it whose alerts come whatever is missing, and rules that give none.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    intrusion().write_cut(&workspace.path("capture"), 1, 1);
    let files = segment_files(&workspace.path("capture"));
    assert_eq!(files.len(), SEGMENTS);
    let quiet =
        "- rule: Never\n  desc: d\n  condition: evt.type = ptrace\n  output: o\n  priority: INFO\n";
    workspace.write("rules.yaml", quiet);
    workspace.write("scenario/scenario.toml", SCENARIO);
    workspace.write("scenario/expected.jsonl", "");
    workspace
}

/// Every command that reads captures.
fn commands() -> [Vec<&'static str>; 8] {
    [
        vec!["info", "capture"],
        vec!["info", "capture", "--format", "json"],
        vec!["replay", "capture", "-r", "rules.yaml"],
        vec!["events", "capture"],
        vec!["events", "capture", "-n", "1"],
        vec!["test", "scenario"],
        vec!["export", "parquet", "capture", "-o", "tables", "--force"],
        vec!["export", "scap", "capture", "-o", "out.scap", "--force"],
    ]
}

fn check(what: &str, tamper: impl FnOnce(&[PathBuf]), code: i32, words: &str) {
    check_by(commands(), what, tamper, (code, words));
}

/// The same by those that read everything: what no border between segments shows.
fn check_read(what: &str, tamper: impl FnOnce(&[PathBuf]), code: i32, words: &str) {
    let reads_all = |command: &Vec<&str>| !command.contains(&"-n");
    let commands = commands().into_iter().filter(reads_all);
    check_by(commands, what, tamper, (code, words));
}

fn check_by(
    commands: impl IntoIterator<Item = Vec<&'static str>>,
    what: &str,
    tamper: impl FnOnce(&[PathBuf]),
    (code, words): (i32, &str),
) {
    let workspace = workspace();
    tamper(&segment_files(&workspace.path("capture")));
    for command in commands {
        let run = workspace.run(&command);
        let told = format!("{}{}", run.stdout, run.stderr);
        assert_eq!(run.code, Some(code), "{what}, {command:?}: {told}");
        // A test that passes says no more.
        let is_told = told.contains(words) || (code == 0 && command[0] == "test");
        assert!(is_told, "{what}, {command:?}: {told}");
        let is_clean = code == 0 || !told.contains("Lost: nothing\n");
        assert!(is_clean, "{what}, {command:?}: {told}");
    }
}

fn change(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).expect("readable");
    change(&mut bytes);
    fs::write(file, bytes).expect("writable");
}

/// Where each item of a segment ends, and whether it holds events.
fn items(file: &Path) -> Vec<(bool, usize, usize)> {
    let capture = falco_format::Capture::open(file).expect("opens");
    let index = capture.segments()[0].index().expect("sealed");
    let place = |entry: &falco_format::IndexEntry| {
        let start = entry.offset as usize;
        let is_events = entry.kind == falco_format::ItemKind::EVENTS;
        (is_events, start, start + entry.length as usize)
    };
    index.entries.iter().map(place).collect()
}

#[test]
fn a_whole_capture_is_told_to_be_whole() {
    let workspace = workspace();
    workspace
        .run(&["info", "capture"])
        .ends_with(0)
        .says("Lost: nothing\n");
    for command in commands() {
        workspace.run(&command).ends_with(0);
    }
}

#[test]
fn segments_removed_doubled_or_foreign() {
    for place in 0..SEGMENTS {
        let remove = |files: &[PathBuf]| fs::remove_file(&files[place]).expect("removed");
        check("removed", remove, 3, "issing");
        // The oldest up to here, and the newest from here on.
        let oldest = |files: &[PathBuf]| {
            let files = files[..place].iter();
            files.for_each(|file| fs::remove_file(file).expect("removed"));
        };
        let newest = |files: &[PathBuf]| {
            let files = files[place..].iter();
            files.for_each(|file| fs::remove_file(file).expect("removed"));
        };
        if place > 0 {
            check("removed", oldest, 3, "issing");
            check("removed", newest, 3, "issing");
        }
    }
    let double = |files: &[PathBuf]| {
        fs::copy(&files[2], files[2].with_file_name("00000009.flc")).expect("copied");
    };
    check("doubled", double, 3, "number is that of");
    let foreign = |files: &[PathBuf]| {
        let other = files[0].with_file_name("other");
        intrusion().with_boot(9).write(&other);
        fs::rename(segment_files(&other).remove(0), &files[2]).expect("moved");
        fs::remove_dir(other).expect("removed");
    };
    check("foreign", foreign, 3, "of another boot");
}

#[test]
fn parts_that_are_given_by_themselves_are_whole_parts() {
    let workspace = workspace();
    let check = |parts: &[&str], words: &[&str]| {
        let parts = parts.iter().map(|part| format!("capture/{part}.flc"));
        let parts: Vec<String> = parts.collect();
        let mut command = vec!["info"];
        command.extend(parts.iter().map(String::as_str));
        let run = workspace.run(&command).ends_with(0);
        for (word, is_told) in [
            ("Begins with segment", words.contains(&"begins")),
            ("Ends with segment", words.contains(&"ends")),
        ] {
            assert_eq!(
                run.stdout.contains(word),
                is_told,
                "{parts:?}: {}",
                run.stdout
            );
        }
    };
    check(&["00000001"], &["ends"]);
    check(&["00000005"], &["begins"]);
    check(&["00000003", "00000002"], &["begins", "ends"]);
    let all: Vec<String> = (1..=SEGMENTS)
        .map(|number| format!("{number:08}"))
        .collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    check(&all, &[]);
    // One between two that were given is missing all the same.
    workspace
        .run(&["info", "capture/00000002.flc", "capture/00000004.flc"])
        .ends_with(3)
        .says("Missing: 1 segment between 2 and 4");
}

#[test]
fn segments_cut_at_every_border() {
    let workspace = workspace();
    let files = segment_files(&workspace.path("capture"));
    let borders = items(&files[1]);
    let (last, middle) = (borders.len() - 1, borders.len() / 2);
    for border in [0, middle, last] {
        for place in [1, 4] {
            let cut = |files: &[PathBuf]| {
                let end = items(&files[place])[border.min(items(&files[place]).len() - 1)].2;
                change(&files[place], |bytes| bytes.truncate(end));
            };
            check("cut", cut, 3, "nsealed");
        }
    }
}

#[test]
fn events_taken_out_and_flipped_bits() {
    for place in 0..SEGMENTS {
        let take_out = |files: &[PathBuf]| {
            let items = items(&files[place]);
            change(&files[place], |bytes| {
                for (is_events, start, end) in items.into_iter().rev() {
                    if is_events {
                        bytes.drain(start..end);
                    }
                }
            });
        };
        check_read("taken out", take_out, 3, "missing here");
    }
    let flip = |files: &[PathBuf]| {
        let (_, start, _) = *items(&files[2]).last().expect("items");
        change(&files[2], |bytes| bytes[start + 50] ^= 1);
    };
    check_read("flipped", flip, 3, "checksum");
    let odd = |files: &[PathBuf]| {
        fs::create_dir(files[0].with_file_name("x.flc")).expect("made");
    };
    check("odd", odd, 3, "x.flc");
}

#[test]
fn a_pause_is_told_and_is_an_error_only_where_that_is_asked_for() {
    let workspace = Workspace::new();
    intrusion().write(&workspace.path("capture"));
    let mut later = intrusion();
    later.wait(3_000_000_000);
    later.write(&workspace.path("capture"));
    workspace
        .run(&["info", "capture"])
        .ends_with(0)
        .says("Pause: nobody recorded between segment 1 and segment 2");
    workspace.run(&["info", "capture", "--strict"]).ends_with(3);
    workspace
        .run(&["verify", "capture"])
        .ends_with(0)
        .says("intact, with holes");
    workspace
        .run(&["replay", "capture", "-r", "rules.yaml"])
        .ends_with(0)
        .says("Pause:");
}

#[test]
fn gaps_are_rows_of_a_table() {
    let workspace = Workspace::new();
    intrusion().write(&workspace.path("capture"));
    intrusion().write(&workspace.path("capture"));
    workspace
        .run(&["export", "parquet", "capture", "-o", "tables"])
        .ends_with(0)
        .says("gaps.parquet: 1 row,")
        .says("Pause:");
    let capture = falco_format::Capture::open(&workspace.path("capture")).expect("opens");
    let input = falco_analyze::pipeline::Input {
        path: "capture".into(),
        opened: falco_analyze::pipeline::Opened::Capture(capture),
    };
    let gaps = falco_analyze::completeness::gaps(&[input]);
    let told: Vec<_> = gaps
        .iter()
        .map(|gap| (gap.kind.name(), gap.segment_before, gap.segment_after))
        .collect();
    assert_eq!(told, [("pause", Some(1), Some(2))]);
}

#[test]
fn a_test_over_a_pause_is_inconclusive() {
    let workspace = Workspace::new();
    intrusion().write(&workspace.path("capture"));
    intrusion().write(&workspace.path("capture"));
    workspace.write("scenario/scenario.toml", SCENARIO);
    workspace
        .run(&["test", "scenario", "--bless"])
        .ends_with(3)
        .says("scenario: not blessed");
    bless_incomplete(&workspace, "scenario");
    workspace
        .run(&["test", "scenario"])
        .ends_with(3)
        .says("INCONCLUSIVE scenario")
        .says("1 inconclusive");
}

#[test]
fn a_lost_clock_never_makes_1970() {
    let workspace = Workspace::new();
    intrusion().write(&workspace.path("capture"));
    let file = segment_files(&workspace.path("capture")).remove(0);
    let (_, start, _) = items(&file)[2];
    change(&file, |bytes| bytes[start + 45] ^= 1);
    for command in [
        &["info", "capture"][..],
        &["info", "capture", "--format", "json"],
        &["events", "capture", "-p", "%evt.rawtime"],
        &["replay", "capture", "-r", "rules.yaml"],
    ] {
        let run = workspace.run(command).ends_with(3).says("lock is lost");
        let first_event = "5000000000";
        let lies = |line: &str| line.contains("1970") || line.contains(first_event);
        assert!(!run.stdout.lines().any(lies), "{}", run.stdout);
    }
}

#[test]
fn a_repaired_copy_is_intact_whatever_was_lost_before() {
    let check = |what: &str, tamper: fn(&[PathBuf])| {
        let workspace = workspace();
        tamper(&segment_files(&workspace.path("capture")));
        workspace.run(&["repair", "capture", "-o", "copy"]);
        let run = workspace.run(&["verify", "copy"]).ends_with(3);
        assert!(
            run.stdout.contains("repaired, intact"),
            "{what}: {}",
            run.stdout
        );
    };
    check("removed", |files| {
        fs::remove_file(&files[2]).expect("removed")
    });
    check("emptied", |files| change(&files[2], Vec::clear));
    check("cut", |files| {
        change(&files[2], |bytes| bytes.truncate(bytes.len() / 2))
    });
    check("flipped", |files| {
        let (_, start, end) = *items(&files[2]).iter().find(|item| item.0).expect("events");
        change(&files[2], |bytes| bytes[(start + end) / 2] ^= 1);
    });
    // What was changed after the repair is not what the repair wrote.
    let workspace = workspace();
    fs::remove_file(&segment_files(&workspace.path("capture"))[2]).expect("removed");
    workspace.run(&["repair", "capture", "-o", "copy"]);
    let last = segment_files(&workspace.path("copy"))
        .pop()
        .expect("a segment");
    change(&last, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let run = workspace.run(&["verify", "copy"]).ends_with(3);
    assert!(run.stdout.contains("NOT INTACT"), "{}", run.stdout);
}
