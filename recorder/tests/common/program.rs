//! The real program: started, waited for, told to end. Tests that use it have the machine for themselves.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::made_up::segments_of;

static ALONE: Mutex<()> = Mutex::new(());

/// The machine for a test: they assert that nothing is lost. `None`, with the reason printed, where nothing can be recorded.
pub(crate) fn alone() -> Option<MutexGuard<'static, ()>> {
    if let Some(reason) = super::cannot_record() {
        println!("skipped: {reason}");
        return None;
    }
    Some(ALONE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A script that executes a program this many times with three kilobytes that cannot be compressed, and then does something else.
pub(crate) fn noise(times: u32, then: &str) -> String {
    format!(
        "n=0; while [ $n -lt {times} ]; do /bin/true $(head -c 3000 /dev/urandom | base64 -w0); n=$((n+1)); done; {then}"
    )
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_falco-record"))
}

pub(crate) fn run(directory: &Path, options: &[&str], command: &[&str]) -> Output {
    let mut program = program();
    program
        .arg("run")
        .arg("-o")
        .arg(directory)
        .args(options)
        .args(["--format", "json"]);
    if !command.is_empty() {
        program.arg("--").args(command);
    }
    program.output().expect("the program")
}

/// The summary: the last line of stderr.
pub(crate) fn summary(output: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().rfind(|line| line.starts_with('{'));
    serde_json::from_str(line.unwrap_or_else(|| panic!("no summary in {text}"))).expect("JSON")
}

pub(crate) fn scratch() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    (folder, directory)
}

/// Starts a recording and waits until its first segment is there with its beginning.
pub(crate) fn start(directory: &Path, options: &[&str]) -> std::process::Child {
    let mut program = program();
    program.arg("run").arg("-o").arg(directory).args(options);
    let child = program.stderr(Stdio::piped()).spawn().expect("the program");
    let until = Instant::now() + Duration::from_secs(60);
    while segments_of(directory).first().map_or(0, |first| first.1) < 4096 {
        assert!(Instant::now() < until, "the recording does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

pub(crate) fn send(child: &std::process::Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    kill_process(pid, signal).expect("a signal");
}
