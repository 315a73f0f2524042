//! Streams that are closed, full, or read only in part: no program panics, none says that it failed where only its reader had enough.

use std::path::Path;

use crate::programs::{analyzer, command, recorder, root};

/// What becomes of the program's streams, as the shell writes it, and the codes that are right where the command's own is 0, 1 or 3 and where it is 2.
const STREAMS: [(&str, &[i32]); 6] = [
    ("\"$@\" >&- 2>/dev/null", &[0, 1, 2, 3]),
    ("\"$@\" >/dev/null 2>&-", &[0, 1, 2, 3]),
    ("\"$@\" >/dev/null 2>/dev/full", &[0, 1, 2, 3]),
    // What could not be written is an error, where there was something to write.
    ("\"$@\" >/dev/full 2>/dev/full", &[0, 1, 2, 3]),
    ("set -o pipefail; \"$@\" 2>&1 | head -c 1", &[0, 1, 2, 3]),
    (
        "set -o pipefail; { \"$@\" 2>&1 >/dev/null; } | true",
        &[0, 1, 2, 3],
    ),
];

fn check(program: &Path, arguments: &[&str]) {
    let place = tempfile::tempdir().expect("a directory");
    for (number, (streams, codes)) in STREAMS.iter().enumerate() {
        let output = place.path().join(number.to_string());
        let output = output.to_string_lossy();
        let arguments = arguments
            .iter()
            .map(|word| if *word == "OUTPUT" { &*output } else { word });
        let mut shell = command(Path::new("bash"));
        shell
            .args(["-c", streams, "bash"])
            .arg(program)
            .args(arguments.clone());
        let code = shell.output().expect("bash").status.code();
        // 101 is a panic; 128 and more, or none, a signal.
        assert!(
            code.is_some_and(|code| codes.contains(&code)),
            "{code:?} from {:?} with {streams}",
            arguments.collect::<Vec<_>>()
        );
    }
}

/// The code of a command whose reader goes away before it says anything.
fn code_without_reader(arguments: &[&str]) -> Option<i32> {
    let mut shell = command(Path::new("bash"));
    // The reader is gone before the program begins.
    let script = "exec 3> >(true); sleep 0.2; \"$@\" >&3 2>/dev/null";
    shell
        .args(["-c", script, "bash"])
        .arg(analyzer())
        .args(arguments);
    shell.output().expect("bash").status.code()
}

#[test]
fn closed_and_full_streams_end_nothing_in_a_panic() {
    let capture = root().join("corpus/first-light/capture");
    let (capture, rules) = (capture.to_string_lossy(), root().join("rules/default"));
    let (rules, corpus) = (rules.to_string_lossy(), root().join("corpus"));
    let corpus = corpus.to_string_lossy();
    let commands: &[&[&str]] = &[
        &["--help"],
        &["nonsense"],
        &["info", &capture],
        &["info", "/nowhere"],
        &["events", &capture],
        &["events", &capture, "evt.type ="],
        &["replay", &capture, "-r", &rules],
        &["profile", &capture, "-r", &rules],
        &["explain", &capture, "-r", &rules, "--rule", "shell"],
        &[
            "explain", &capture, "-r", &rules, "--rule", "", "--event", "7",
        ],
        &[
            "replay", &capture, "-r", &rules, "--format", "json", "-o", "OUTPUT",
        ],
        &["replay", &capture, "-r", "/nowhere"],
        &["verify", &capture],
        &["repair", &capture, "-o", "OUTPUT"],
        &["export", "scap", &capture, "-o", "OUTPUT"],
        &[
            "export",
            "parquet",
            &capture,
            "-o",
            "OUTPUT",
            "--columns",
            "evt.type",
        ],
        &["test", &corpus],
        &["rules", "check", &rules],
        &["rules", "list", "-r", &rules],
        &["rules", "fields"],
        &["sql", "/nowhere"],
    ];
    commands
        .iter()
        .for_each(|arguments| check(&analyzer(), arguments));
    for arguments in [
        &["--help"][..],
        &["nonsense"],
        &["doctor"],
        &["events"],
        &["run", "-o", "/proc/x"],
    ] {
        check(&recorder(), arguments);
    }
}

#[test]
fn a_reader_that_has_enough_is_no_error_and_a_full_disk_is_one() {
    let capture = root().join("corpus/first-light/capture");
    let capture = capture.to_string_lossy();
    for arguments in [
        &["info", &*capture][..],
        &["events", &capture],
        &["rules", "fields"],
    ] {
        assert_eq!(code_without_reader(arguments), Some(0), "{arguments:?}");
        let full = command(Path::new("bash"))
            .args(["-c", "\"$@\" >/dev/full", "bash"])
            .arg(analyzer())
            .args(arguments)
            .output()
            .expect("bash");
        let said = String::from_utf8_lossy(&full.stderr);
        assert_eq!(full.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains("No space left"), "{said}");
    }
}
