//! Redaction from outside: nothing that was planted is found again, and rules say what they said.

mod planted;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use falco_format::{Capture, Item, Projection};

use crate::support::{Run, Workspace, intrusion, segment_files};
use planted::{ADDRESS, OCTETS, SECRET, with_secrets};

/// Everything that a capture holds, decoded: what each item says, and the bytes of each value.
fn decoded(directory: &Path) -> Vec<u8> {
    let capture = Capture::open(directory).expect("opens");
    let mut found = Vec::new();
    for segment in capture.segments() {
        let said = format!("{:?} {:?}", segment.derivation(), segment.dropped());
        found.extend(said.into_bytes());
    }
    for item in capture.items() {
        match &item {
            Item::State(block) | Item::Events(block) => {
                let rows = block.decode(&Projection::all()).expect("decodes");
                for view in rows.iter() {
                    for index in 0..view.params() {
                        found.extend_from_slice(view.param(index).bytes);
                        found.push(b'\n');
                    }
                }
            }
            other => found.extend(format!("{other:?}\n").into_bytes()),
        }
    }
    found
}

fn has(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// Asserts that nothing of the secret is in some bytes.
#[track_caller]
fn tells_nothing(what: &str, bytes: &[u8]) {
    for part in SECRET.as_bytes().windows(4) {
        let place = bytes.windows(4).position(|window| window == part);
        let around =
            place.map(|at| bytes[at.saturating_sub(60)..(at + 60).min(bytes.len())].to_vec());
        let around = around.map(|around| String::from_utf8_lossy(&around).into_owned());
        assert_eq!(around, None, "{what}");
    }
    assert!(
        !has(bytes, ADDRESS.as_bytes()) && !has(bytes, &OCTETS),
        "{what}: the address"
    );
}

fn redact(workspace: &Workspace, capture: &str, more: &[&str]) -> Run {
    workspace.run(&[&["redact", capture, "--key", "key"], more].concat())
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.run(&["redact", "--new-key", "key"]).ends_with(0);
    with_secrets().write(&workspace.path("given"));
    workspace
}

/// What an alert is, but for what it shows: when, of which rule, of which thread and event.
fn alerts(workspace: &Workspace, capture: &str, more: &[&str]) -> Vec<String> {
    let run = workspace.run(&[&["replay", capture, "--format", "json"], more].concat());
    let alerts = run.json_lines().into_iter().map(|alert| {
        let evidence = &alert["evidence"];
        format!(
            "{} {} {} {}",
            alert["time"], alert["rule"], evidence["cpu"], evidence["boottime"]
        )
    });
    alerts.collect()
}

#[test]
fn nothing_that_was_planted_is_found_again() {
    let workspace = workspace();
    let given = decoded(&workspace.path("given"));
    assert!(has(&given, SECRET.as_bytes()) && has(&given, &OCTETS));
    redact(
        &workspace,
        "given",
        &["-o", "out", "--keep-rules", "-r", "rules.yaml"],
    )
    .ends_with(0);
    tells_nothing("what is decoded", &decoded(&workspace.path("out")));
    for file in segment_files(&workspace.path("out")) {
        tells_nothing("the file", &fs::read(file).expect("read"));
    }
    for command in [
        &["export", "jsonl", "out", "--columns", "all", "-o", "-"][..],
        &["events", "out"],
        &["info", "out"],
        &["verify", "out"],
        &["replay", "out", "-r", "rules.yaml"],
    ] {
        let run = workspace.run(command).ends_with(0);
        assert!(!run.stdout.is_empty(), "{command:?}");
        tells_nothing(&format!("{command:?}"), run.stdout.as_bytes());
    }
    workspace
        .run(&["verify", "out"])
        .says("intact")
        .says("redact");
}

#[test]
fn rules_say_what_they_said() {
    let workspace = workspace();
    redact(&workspace, "given", &["-o", "out", "--keep-rules"]).ends_with(0);
    redact(
        &workspace,
        "given",
        &["-o", "own", "--keep-rules", "-r", "rules.yaml"],
    )
    .ends_with(0);
    let before = alerts(&workspace, "given", &["-r", "rules.yaml"]);
    assert!(before.len() >= 2, "{before:?}");
    assert_eq!(alerts(&workspace, "own", &["-r", "rules.yaml"]), before);
    let shipped = alerts(&workspace, "given", &[]);
    assert!(!shipped.is_empty());
    assert_eq!(alerts(&workspace, "out", &[]), shipped);
}

#[test]
fn a_key_gives_the_same_names_and_another_key_gives_others() {
    let workspace = workspace();
    let other = with_secrets().with_boot(9);
    other.write(&workspace.path("other"));
    let names = |output: &str| -> Vec<String> {
        let run = workspace
            .run(&["events", output, "evt.type = openat"])
            .ends_with(0);
        let lines = run.stdout.lines();
        let paths = lines.filter_map(|line| line.split_once(" name=")?.1.split(' ').next());
        paths.map(str::to_owned).collect()
    };
    for (given, output) in [("given", "a"), ("other", "b")] {
        redact(&workspace, given, &["-o", output]).ends_with(0);
    }
    workspace
        .run(&["redact", "--new-key", "second"])
        .ends_with(0);
    let second = ["redact", "given", "-o", "c", "--key", "second"];
    workspace.run(&second).ends_with(0);
    let (a, b, c) = (names("a"), names("b"), names("c"));
    assert_eq!(a, b);
    let path = a.last().expect("a path");
    assert_eq!(a[0], "/etc/shadow");
    assert!(
        path.starts_with("/srv/") && path.ends_with("/a.txt"),
        "{path}"
    );
    assert_eq!(path.len(), format!("/srv/{SECRET}/a.txt").len());
    assert_ne!(a, c);
}

#[test]
fn files_of_falcos_are_redacted_too() {
    let workspace = workspace();
    workspace
        .run(&["export", "scap", "given", "-o", "given.scap"])
        .ends_with(0);
    redact(
        &workspace,
        "given.scap",
        &["-o", "out", "--keep-rules", "-r", "rules.yaml"],
    )
    .ends_with(0);
    tells_nothing("what is decoded", &decoded(&workspace.path("out")));
    let before = alerts(&workspace, "given.scap", &["-r", "rules.yaml"]);
    assert!(!before.is_empty());
    let after = alerts(&workspace, "out", &["-r", "rules.yaml"]);
    assert_eq!(after, before);
}

#[test]
fn earlier_steps_and_names_of_directories_tell_nothing() {
    let workspace = workspace();
    let filter = format!("proc.name = cat or fd.name contains {SECRET}");
    workspace
        .run(&["repair", "given", "-o", "root/20260102T030405Z-07070707"])
        .ends_with(0);
    redact(&workspace, "root", &["-o", "out"]).ends_with(0);
    let mut listed = String::new();
    for entry in fs::read_dir(workspace.path("out")).expect("a directory") {
        write!(listed, "{:?}", entry.expect("an entry").file_name()).expect("written");
    }
    assert!(
        !listed.contains("07070707") && listed.contains("20260102T030405Z-"),
        "{listed}"
    );
    workspace.run(&["info", "out"]).ends_with(0);
    let sliced = workspace.run(&["slice", "given", "-o", "part", "--where", &filter]);
    if sliced.code == Some(0) {
        redact(&workspace, "part", &["-o", "shared"]).ends_with(0);
        tells_nothing("a slice", &decoded(&workspace.path("shared")));
    }
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_written() {
    let workspace = workspace();
    workspace.write("short", "short");
    workspace.write("wrong.toml", "word = []\n");
    let bytes: Vec<u8> = (0..64).collect();
    let open = workspace.write("open", bytes);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).expect("set");
    fs::set_permissions(workspace.path("short"), fs::Permissions::from_mode(0o600)).expect("set");
    workspace.write("full/file", "");
    let check = |arguments: &[&str], words: &str| {
        let run = workspace.run(arguments).ends_with(2);
        assert!(run.stderr.contains(words), "{}", run.stderr);
        assert!(!workspace.path("out").exists());
    };
    check(&["redact", "given", "-o", "out"], "redact --new-key");
    check(
        &["redact", "given", "-o", "out", "--key", "none"],
        "redact --new-key none",
    );
    check(
        &["redact", "given", "-o", "out", "--key", "short"],
        "5 bytes",
    );
    check(
        &["redact", "given", "-o", "out", "--key", "open"],
        "chmod 600",
    );
    check(
        &["redact", "given", "-o", "full", "--key", "key"],
        "is not empty",
    );
    check(
        &["redact", "nowhere", "-o", "out", "--key", "key"],
        "nowhere",
    );
    check(
        &[
            "redact",
            "given",
            "-o",
            "out",
            "--key",
            "key",
            "--keep",
            "wrong.toml",
        ],
        "word",
    );
    check(
        &[
            "redact",
            "given",
            "-o",
            "out",
            "--key",
            "key",
            "-r",
            "rules.yaml",
        ],
        "--keep-rules",
    );
    check(&["redact", "given", "--key", "key"], "--output");
    check(&["redact", "--new-key", "key"], "key");
}

#[test]
fn a_dry_run_reports_and_writes_nothing() {
    let workspace = workspace();
    let before = fs::read_dir(workspace.path(""))
        .expect("a directory")
        .count();
    let run = redact(&workspace, "given", &["--dry-run", "--sample", "3"]).ends_with(0);
    let after = fs::read_dir(workspace.path(""))
        .expect("a directory")
        .count();
    assert_eq!(before, after);
    for words in [
        "Replaced:",
        "Kept:",
        "words of every Linux machine",
        "Before and after:",
    ] {
        assert!(run.stdout.contains(words), "{}", run.stdout);
    }
    let shown = run
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("Before"))
        .skip(1);
    assert_eq!(shown.count(), 6, "{}", run.stdout);
}

#[test]
fn hostile_captures_end_in_an_error_or_in_a_capture() {
    let workspace = workspace();
    let file = &segment_files(&workspace.path("given"))[0];
    let bytes = fs::read(file).expect("read");
    workspace
        .run(&["export", "scap", "given", "-o", "given.scap"])
        .ends_with(0);
    let scap = fs::read(workspace.path("given.scap")).expect("read");
    let mut number: u64 = 7;
    let mut next = || {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (number >> 33) as usize
    };
    for (bytes, name) in [(&bytes, "hostile.flc"), (&scap, "hostile.scap")] {
        for round in 0..12 {
            let mut damaged = bytes.clone();
            for _ in 0..=round {
                let place = next() % damaged.len();
                damaged[place] = next() as u8;
            }
            damaged.truncate(damaged.len() - (next() % 2) * (next() % damaged.len()));
            workspace.write(name, &damaged);
            let redact = ["redact", name, "-o", "out", "--key", "key"];
            let slice = ["slice", name, "-o", "out", "--where", "evt.type != close"];
            for command in [&redact[..], &slice] {
                let _ = fs::remove_dir_all(workspace.path("out"));
                let run = workspace.run(command);
                assert!(matches!(run.code, Some(0 | 2 | 3)), "{:?}", run.stderr);
                assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
                assert_eq!(workspace.path("out").exists(), run.code != Some(2));
                // What is written is whole, whatever the original was.
                if run.code != Some(2) {
                    workspace.run(&["verify", "out"]).says("intact");
                }
            }
        }
    }
}

#[test]
fn damage_is_carried_over_and_told() {
    let workspace = workspace();
    intrusion().write_cut(&workspace.path("holes"), 1, 1);
    fs::remove_file(&segment_files(&workspace.path("holes"))[2]).expect("removed");
    redact(&workspace, "holes", &["-o", "out"]).ends_with(3);
    workspace.run(&["info", "out"]).ends_with(3);
}
