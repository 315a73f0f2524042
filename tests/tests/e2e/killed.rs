//! A recorder that is killed, and one that goes on where another one ended: what is missing in between is told by every command.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::live::recorder_or_skip;
use crate::programs::{Ran, analyze, recorder, root, run};

/// How long a test waits for what must come; a loaded machine may take long.
const PATIENCE_S: u64 = 60;
/// Bytes of a segment that holds more than its beginning.
const BEGUN_BYTES: u64 = 4096;

/// A recorder at work; it is killed when the test ends.
struct Recorder(Child);

impl Recorder {
    /// Starts one, and waits until it has begun a segment that was not there before.
    fn start(capture: &Path) -> Recorder {
        let before = segments(capture).len();
        let child = Command::new(recorder())
            .args(["run", "-o"])
            .arg(capture)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the recorder starts");
        let recorder = Recorder(child);
        for _ in 0..PATIENCE_S * 10 {
            let found = segments(capture);
            if found.len() > before && found.iter().all(|bytes| *bytes >= BEGUN_BYTES) {
                return recorder;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("the recorder does not begin to record");
    }

    /// As the kernel does it: the recorder has no chance to say anything.
    fn kill(mut self) {
        self.0.kill().expect("the recorder is killed");
        self.0.wait().expect("the recorder ends");
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The sizes of all segments below a directory.
fn segments(directory: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let sizes = entries.flat_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return segments(&path);
        }
        let is_segment = path.extension().is_some_and(|extension| extension == "flc");
        let size = entry.metadata().map(|metadata| metadata.len());
        size.ok().filter(|_| is_segment).into_iter().collect()
    });
    sizes.collect()
}

/// What every reading command says of a capture.
fn said_by_all(capture: &Path) -> Vec<(&'static str, Ran)> {
    let path = capture.to_string_lossy().into_owned();
    let rules = root().join("rules/default").to_string_lossy().into_owned();
    let replay = ["replay", &path, "-r", &rules];
    vec![
        ("info", analyze(["info", &path])),
        ("events", analyze(["events", &path, "-n", "1"])),
        ("replay", analyze(replay)),
        ("verify", analyze(["verify", &path])),
    ]
}

fn check(capture: &Path, code: Option<i32>, words: &str) {
    for (command, ran) in said_by_all(capture) {
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains(words), "{command}: no '{words}' in {said}");
        assert!(
            code.is_none_or(|code| code == ran.code),
            "{command}: {said}"
        );
    }
}

#[test]
fn what_a_killed_recorder_leaves_is_not_whole_and_says_so() {
    let Some(_lock) = recorder_or_skip("what_a_killed_recorder_leaves_is_not_whole") else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let capture = directory.path().join("capture");
    let first = Recorder::start(&capture);
    // A loaded machine may lose events, which is another matter.
    check(&capture, None, "Being written: segment 1");
    first.kill();
    check(
        &capture,
        Some(3),
        "Unsealed: the end of segment 1 is missing",
    );
    let path = capture.to_string_lossy();
    run(&recorder(), ["run", "-o", &*path, "--for", "500ms"]).expect_code(0);
    check(
        &capture,
        Some(3),
        "Unsealed: the end of segment 1 is missing",
    );
    let verified = analyze(["verify", &*path]);
    assert!(
        verified.stdout.contains(": intact, with holes"),
        "{}",
        verified.stdout
    );
}

#[test]
fn a_recorder_that_ended_and_began_again_leaves_a_pause() {
    let Some(_lock) = recorder_or_skip("a_recorder_that_ended_leaves_a_pause") else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let capture = directory.path().join("capture");
    let path = capture.to_string_lossy();
    for _ in 0..2 {
        run(&recorder(), ["run", "-o", &*path, "--for", "500ms"]).expect_code(0);
    }
    check(
        &capture,
        None,
        "Pause: nobody recorded between segment 1 and segment 2",
    );
    let verified = analyze(["verify", &*path]);
    assert!(
        verified.stdout.contains(": intact, with holes"),
        "{}",
        verified.stdout
    );
}
