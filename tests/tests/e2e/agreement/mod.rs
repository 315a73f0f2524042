//! The state at the end of a live recording against /proc: for every thread that lives, who it is and what it has open.
//!
//! One load begins before the recorder, so that the snapshot finds it at work; another begins after it, so that everything about it comes from events.
//! Both stop, /proc is read, the recorder is ended, and the capture is replayed.
//! Every difference is a failure but those with a name, which are counted and printed.

mod compare;
mod proc;
mod replayed;

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use compare::Report;

use crate::live::recorder_or_skip;
use crate::programs::{LOAD, command, recorder};

/// How long each load works, and how long the two work together.
const WORK: Duration = Duration::from_millis(2_500);
/// How long it may take until everyone has stopped.
const SETTLE_MAX: Duration = Duration::from_secs(20);
/// Generations of processes.
const DEPTH: u32 = 3;
/// What must have been compared, or the test has shown nothing.
const PROCESSES_MIN: u64 = 30;
const FDS_MIN: u64 = 300;
/// How many differences are shown.
const SHOWN: usize = 60;

/// A tree of processes at work.
struct Load {
    directory: PathBuf,
    child: Child,
}

impl Load {
    fn start(scratch: &Path, name: &str, seed: u64) -> Load {
        let directory = scratch.join(name);
        fs::create_dir(&directory).expect("a directory");
        // Some become a user without rights.
        fs::set_permissions(&directory, Permissions::from_mode(0o777)).expect("permissions");
        for number in 0..6 {
            let below = directory.join(format!("d{number}"));
            fs::create_dir(&below).expect("a directory");
            fs::set_permissions(&below, Permissions::from_mode(0o777)).expect("permissions");
        }
        for number in 0..3 {
            fs::copy(LOAD, directory.join(format!("load-{number}"))).expect("a copy");
        }
        let child = command(&directory.join("load-0"))
            .arg(&directory)
            .args([seed.to_string(), DEPTH.to_string(), "0".to_owned()])
            .current_dir(&directory)
            .stdout(Stdio::null())
            .spawn()
            .expect("the load starts");
        Load { directory, child }
    }

    fn stop(&self) {
        fs::write(self.directory.join("stop"), "").expect("the sign to stop");
    }

    /// Waits until each of its threads has said that it stands still.
    fn wait_until_settled(&self) {
        let begun = Instant::now();
        let programs = self.directory.to_string_lossy().into_owned();
        loop {
            let moving = proc::scan().into_values().filter(|thread| {
                let ours = thread
                    .exe
                    .as_ref()
                    .is_some_and(|exe| exe.starts_with(&programs));
                let sign = self.directory.join(format!("settled-{}", thread.tid));
                ours && !thread.has_ended() && !sign.exists()
            });
            let moving = moving.count();
            if moving == 0 {
                return;
            }
            assert!(begun.elapsed() < SETTLE_MAX, "{moving} threads do not stop");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ends all of it: its processes go when they see that the sign is gone.
    fn end(mut self) {
        fs::remove_file(self.directory.join("stop")).expect("the sign");
        self.child.wait().expect("an end");
    }
}

/// A recorder that works until it is told to end.
pub(crate) struct Recording(Child);

impl Recording {
    /// Starts it and waits until it records.
    pub(crate) fn start(capture: &Path, options: &[&str]) -> Recording {
        let mut child = Command::new(recorder())
            .arg("run")
            .arg("-o")
            .arg(capture)
            .args(options)
            .args(["--", "sh", "-c", "echo recording; read -r line"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the recorder starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        assert_eq!(line, "recording\n");
        Recording(child)
    }

    pub(crate) fn end(mut self) {
        let mut stdin = self.0.stdin.take().expect("a pipe");
        stdin.write_all(b"\n").expect("the command reads");
        drop(stdin);
        let output = self.0.wait_with_output().expect("an end");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
}

/// Records two loads and compares.
fn record_and_compare(test: &str, seed: u64, options: &[&str]) -> Option<Report> {
    let _guard = recorder_or_skip(test)?;
    let scratch = tempfile::tempdir().expect("a directory");
    fs::set_permissions(scratch.path(), Permissions::from_mode(0o755)).expect("permissions");
    let capture = scratch.path().join("capture");
    let early = Load::start(scratch.path(), "early", seed);
    std::thread::sleep(WORK);
    let recording = Recording::start(&capture, options);
    let late = Load::start(scratch.path(), "late", seed.wrapping_mul(31));
    std::thread::sleep(WORK);
    let loads = [early, late];
    loads.iter().for_each(Load::stop);
    loads.iter().for_each(Load::wait_until_settled);
    let threads = proc::scan();
    recording.end();
    let replayed = replayed::replay(&capture);
    let recorder = recorder().canonicalize().expect("the recorder");
    let report = compare::compare(&threads, &replayed, &recorder.to_string_lossy());
    loads.into_iter().for_each(Load::end);
    let line = format!(
        "{test}: {} events, {} lost, {} snapshots; {report}\n",
        replayed.events, replayed.lost, replayed.snapshots
    );
    // Past the capture of the test runner: these figures are what the test is for.
    let _ = std::io::stderr().write_all(line.as_bytes());
    Some(report)
}

#[track_caller]
fn check(test: &str, seed: u64, options: &[&str]) {
    let Some(report) = record_and_compare(test, seed, options) else {
        return;
    };
    let shown = report.differences.len().min(SHOWN);
    assert!(
        report.differences.is_empty(),
        "{:#?}",
        &report.differences[..shown]
    );
    assert!(
        report.processes >= PROCESSES_MIN && report.fds >= FDS_MIN,
        "the load was too small: {report}"
    );
}

#[test]
fn the_state_agrees_with_proc() {
    check("the_state_agrees_with_proc", 7, &[]);
}

#[test]
fn the_state_agrees_with_proc_across_segments() {
    let options = ["--segment-age", "1s"];
    check("the_state_agrees_with_proc_across_segments", 77, &options);
}
