//! What commands tell of how a capture was made: step by step, also where it was not finished, and whatever somebody forged.

use std::fs;

use falco_format::limits::{DERIVATION_STEPS_MAX, DERIVATION_TEXT_MAX};
use falco_format::{
    BootId, CaptureIdentity, CaptureWriter, ClockPair, Derivation, DerivationCounts,
    DerivationSource, DerivationStep, Dialect, Schema, SegmentStart, UnixNanos,
};

use crate::support::capture::CaptureBuilder;
use crate::support::{Workspace, segment_files};

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.start_program(100, 200, "/usr/bin/cat", &["cat"]);
    capture.open(200, "/srv/wxqzvkjhbp/a.txt", 3);
    capture.end(200);
    capture.write(&workspace.path("whole"));
    workspace
}

fn slice(workspace: &Workspace, from: &str, to: &str) {
    let command = ["slice", from, "-o", to, "--pid", "200"];
    workspace.run(&command).ends_with(0);
}

/// The lines of a command about how a capture was made.
fn told(workspace: &Workspace, command: &str, capture: &str) -> Vec<String> {
    let stdout = workspace.run(&[command, capture]).stdout;
    let mut lines = stdout.lines().peekable();
    let mut told = Vec::new();
    while let Some(line) = lines.next() {
        if line.starts_with("Derived: ") {
            told.push(line.to_owned());
            while let Some(more) =
                lines.next_if(|line| line.contains(" kept") || line.contains("nobody knows"))
            {
                told.push(more.to_owned());
            }
        }
    }
    told
}

#[test]
fn a_chain_tells_all_steps_and_the_evidence_that_each_was_made_from() {
    let workspace = workspace();
    workspace.run(&["redact", "--new-key", "key"]).ends_with(0);
    slice(&workspace, "whole", "part");
    let redact = ["redact", "part", "-o", "shared", "--key", "key"];
    workspace.run(&redact).ends_with(0);
    let digest_of = |capture: &str| {
        let stdout = workspace.run(&["verify", capture]).ends_with(0).stdout;
        let digest = stdout.split(" digest ").last().map(str::to_owned);
        digest
            .and_then(|rest| Some(rest.split_whitespace().next()?.to_owned()))
            .expect("a digest")
    };
    let digests = [digest_of("whole"), digest_of("part")];
    for command in ["info", "verify"] {
        let told = told(&workspace, command, "shared");
        let [sliced, of_slice, redacted, of_redaction] = &told[..] else {
            panic!("{told:?}");
        };
        assert!(
            sliced.starts_with("Derived: slice {\"pid\":[\"200\"]")
                && sliced.ends_with(&digests[0]),
            "{sliced}"
        );
        assert!(
            redacted.starts_with("Derived: redact {") && redacted.ends_with(&digests[1]),
            "{redacted}"
        );
        assert!(of_slice.starts_with("  4 events kept"), "{of_slice}");
        assert!(
            of_redaction.starts_with("  4 events kept") && of_redaction.contains(" changed)"),
            "{of_redaction}"
        );
    }
    let info = workspace
        .run(&["info", "shared", "--format", "json"])
        .json_lines();
    let steps = info[0]["derived"].as_array().expect("steps").clone();
    let operations: Vec<_> = steps.iter().map(|step| step["operation"].clone()).collect();
    assert_eq!(operations, ["slice", "redact"]);
    assert_eq!(steps[0]["from"]["digest"], digests[0]);
    assert_eq!(steps[1]["from"]["digest"], digests[1]);
    assert_eq!(steps[0]["arguments"]["pid"][0], "200");
}

#[test]
fn what_an_unfinished_capture_kept_nobody_knows() {
    let workspace = workspace();
    slice(&workspace, "whole", "part");
    slice(&workspace, "part", "again");
    let file = &segment_files(&workspace.path("again"))[0];
    let bytes = fs::read(file).expect("read");
    // Without its last items, the second DERIVED among them.
    fs::write(file, &bytes[..bytes.len() / 2]).expect("written");
    let told = told(&workspace, "info", "again");
    let counted: Vec<_> = told.iter().filter(|line| line.contains(" kept")).collect();
    assert_eq!(counted.len(), 1, "{told:?}");
    assert!(
        told.iter()
            .any(|line| line.contains("rows of 1 segment nobody knows")),
        "{told:?}"
    );
}

/// A capture of which segments say that they were made in hostile ways.
fn forged(workspace: &Workspace, segments: usize) {
    let identity = CaptureIdentity {
        boot_id: BootId([3; 16]),
        node: "node-a".to_owned(),
        dialect: Dialect::Native,
    };
    let mut capture = CaptureWriter::open(&workspace.path("forged"), identity).expect("opens");
    for number in 0..segments {
        let start = SegmentStart {
            schema: &Schema::native(),
            clock: &[ClockPair {
                boottime_ns: 0,
                realtime_ns: UnixNanos(1_700_000_000_000_000_000),
            }],
            state: &[],
            created_realtime: UnixNanos(1_700_000_000_000_000_000),
        };
        let mut segment = capture.start_segment(&start).expect("begins");
        let step = |step: usize| DerivationStep {
            source: DerivationSource::ScapFile {
                section: u64::MAX,
                sha256: [0xff; 32],
            },
            tool: "\u{1b}[2J\u{202e}tool".to_owned(),
            operation: format!("slice\r\nLost: nothing {number} {step}"),
            arguments: "\u{1b}]0;x\u{7}\n".repeat(DERIVATION_TEXT_MAX / 7),
            counts: DerivationCounts {
                kept: u64::MAX,
                left_out: u64::MAX,
                ..DerivationCounts::default()
            },
        };
        let steps = (0..DERIVATION_STEPS_MAX).map(step).collect();
        segment.derived(&Derivation { steps }).expect("written");
        capture.sealed(&segment.finish().expect("seals"));
    }
}

#[test]
fn forged_steps_are_told_plainly_and_in_so_many_lines() {
    let workspace = Workspace::new();
    forged(&workspace, 6);
    for command in [
        &["info", "forged"][..],
        &["verify", "forged"],
        &["info", "forged", "--format", "json"],
    ] {
        let run = workspace.run(command);
        assert!(matches!(run.code, Some(0 | 3)), "{}", run.stderr);
        for text in [&run.stdout, &run.stderr] {
            let hostile = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
            assert!(!text.contains(hostile), "{command:?}");
        }
        assert!(
            !run.stdout
                .lines()
                .any(|line| line.starts_with("Lost: nothing ")),
            "{command:?}"
        );
    }
    let stdout = workspace.run(&["verify", "forged"]).stdout;
    assert!(stdout.lines().all(|line| line.len() < 20_000));
    let told = stdout.lines().filter(|line| line.starts_with("Derived: "));
    assert_eq!(told.count(), 257, "so many, and how many more there are");
    assert!(
        stdout.contains("Derived: 128 more often in other ways"),
        "{stdout}"
    );
}

#[test]
fn what_can_no_longer_be_told_is_refused() {
    let workspace = workspace();
    forged(&workspace, 1);
    workspace.run(&["redact", "--new-key", "key"]).ends_with(0);
    let refused = workspace
        .run(&["redact", "forged", "-o", "out", "--key", "key"])
        .ends_with(2);
    assert!(
        refused.stderr.contains("64 steps already"),
        "{}",
        refused.stderr
    );
    let long = format!(
        "proc.name in ({})",
        vec!["averylongname"; DERIVATION_TEXT_MAX / 15].join(", ")
    );
    let refused = workspace
        .run(&[
            "slice",
            "whole",
            "-o",
            "out",
            "--where",
            &format!("{long} or evt.type = openat"),
        ])
        .ends_with(2);
    assert!(
        refused.stderr.contains("arguments have "),
        "{}",
        refused.stderr
    );
    assert!(!workspace.path("out").exists() && !workspace.path("out.unfinished").exists());
}
