//! Signals in the middle of a command: it tells that its answer is of a part, and ends, whichever of its threads waits for which.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::INCOMPLETE;
use crate::programs::{Ran, analyze, analyzer, command, root};

/// So many times the capture stands in the file: far more than waits anywhere, so that nothing has read all of it.
const COPIES: usize = 20;

/// Matches so much that the output waits for its reader.
const RULES: &str = "\
- rule: Anything
  desc: Any event
  condition: evt.type exists
  output: Event %evt.num of %proc.name
  priority: INFO
";

/// A packed file that is long in coming: the members of gzip are unpacked one after the other.
fn long_file(place: &Path) -> String {
    let capture = root().join("corpus/first-light/capture");
    let one = place.join("one.scap.gz");
    let words = [
        "export",
        "scap",
        &*capture.to_string_lossy(),
        "--compress",
        "gzip",
        "-o",
        &*one.to_string_lossy(),
    ];
    analyze(words).expect_code(0);
    let bytes = fs::read(&one).expect("the export");
    let file = place.join("long.scap.gz");
    fs::write(&file, bytes.repeat(COPIES)).expect("writes");
    file.to_string_lossy().into_owned()
}

/// Interrupts a command that waits for whoever reads its output, then takes the output.
fn interrupted(arguments: &[&str]) -> Ran {
    let mut running = command(&analyzer())
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the analyzer");
    let mut first = [0; 1];
    let output = running.stdout.as_mut().expect("a pipe");
    output.read_exact(&mut first).expect("output");
    let kill = Command::new("kill")
        .args(["-INT", &running.id().to_string()])
        .status();
    assert!(kill.expect("kill").success());
    running.wait_with_output().expect("an end").into()
}

#[test]
fn an_interrupt_while_a_file_is_unpacked_beside_the_pass_ends_it() {
    let place = tempfile::tempdir().expect("a directory");
    let file = long_file(place.path());
    let rules = place.path().join("rules.yaml");
    fs::write(&rules, RULES).expect("writes");
    let rules = rules.to_string_lossy();
    for threads in ["1", "2", "3"] {
        for arguments in [
            &["events", &*file, "-j", threads][..],
            &["replay", &file, "-r", &rules, "-j", threads],
        ] {
            let ran = interrupted(arguments);
            ran.expect_code(INCOMPLETE);
            let said = &ran.stderr;
            assert!(
                said.contains("Stopped by a signal"),
                "{arguments:?}: {said}"
            );
            assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        }
    }
}
