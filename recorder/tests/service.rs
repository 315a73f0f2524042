//! What a service manager, its journal and its files see of the real program. Skips with the reason where the probe cannot be loaded.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::Duration;

use common::program::{alone, program, run, scratch, send, summary};
use rustix::process::Signal;

/// Messages until one is the wanted, within a minute.
fn messages_until(bound: &UnixDatagram, wanted: &str) -> Vec<String> {
    let mut got = Vec::new();
    let mut buffer = [0; 4096];
    while got
        .last()
        .is_none_or(|last: &String| !last.starts_with(wanted))
    {
        let length = bound
            .recv(&mut buffer)
            .unwrap_or_else(|error| panic!("no {wanted}: {error}; {got:?}"));
        got.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
    }
    got
}

#[test]
fn the_service_manager_hears_of_the_beginning_of_life_and_of_the_end() {
    let Some(_alone) = alone() else {
        return;
    };
    let (folder, directory) = scratch();
    let notify = folder.path().join("notify");
    let pidfile = folder.path().join("pid");
    let bound = UnixDatagram::bind(&notify).expect("bound");
    bound
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("set");
    let mut program = program();
    program.args(["run", "-o"]).arg(&directory);
    program
        .args(["--report-every", "1s", "--pidfile"])
        .arg(&pidfile);
    program.env("NOTIFY_SOCKET", &notify);
    program.env("WATCHDOG_USEC", "600000");
    let mut child = program.stderr(Stdio::piped()).spawn().expect("the program");
    let before = messages_until(&bound, "READY=1");
    assert_eq!(before, ["READY=1"], "ready comes first");
    // Whoever waits for it may rely on what is there.
    let pid = fs::read_to_string(&pidfile).expect("a file with the process id");
    assert_eq!(pid, format!("{}\n", child.id()));
    let status = messages_until(&bound, "STATUS=");
    let status = status.last().expect("one");
    assert!(
        status.contains("recording since ") && status.contains(" lost, "),
        "{status}"
    );
    messages_until(&bound, "WATCHDOG=1");
    messages_until(&bound, "WATCHDOG=1");
    let lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
    let mut lines = lines.map_while(Result::ok);
    for _ in 0..2 {
        let line = lines.find(|line| line.contains("recording since "));
        let line = line.expect("a line in the journal");
        assert!(
            line.contains(" s behind, ") && line.contains(" % full"),
            "{line}"
        );
    }
    send(&child, Signal::TERM);
    messages_until(&bound, "STOPPING=1");
    let rest: Vec<String> = lines.collect();
    assert_eq!(child.wait().expect("an end").code(), Some(0), "{rest:?}");
    assert!(!pidfile.exists(), "the file goes with the process");
}

#[test]
fn a_command_does_not_answer_in_the_recorders_place() {
    let Some(_alone) = alone() else {
        return;
    };
    let (folder, directory) = scratch();
    let seen = folder.path().join("seen");
    let mut program = program();
    program.args(["run", "-o"]).arg(&directory).arg("--");
    program.args(["sh", "-c", "env >\"$0\""]).arg(&seen);
    program.env("NOTIFY_SOCKET", "/nowhere/notify");
    program.env("WATCHDOG_USEC", "600000");
    let output = program.output().expect("the program");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let seen = fs::read_to_string(seen).expect("an environment");
    assert!(
        seen.contains("PATH=") && !seen.contains("NOTIFY") && !seen.contains("WATCHDOG"),
        "{seen}"
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !said.contains("recording since"),
        "no line beside a command: {said}"
    );
}

#[test]
fn a_process_id_that_cannot_be_written_is_an_error_before_anything_is_promised() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let output = run(&directory, &["--pidfile", "/nowhere/pid"], &["true"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("/nowhere/pid"), "{said}");
    let output = run(&directory, &["--latency", "2s"], &["true"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("500 ms"), "{said}");
}

#[test]
fn a_shorter_latency_brings_events_to_the_disk_sooner() {
    let Some(_alone) = alone() else {
        return;
    };
    /// How many blocks of events a recording of two quiet seconds has.
    fn blocks(latency: &str) -> usize {
        let (_folder, directory) = scratch();
        let script = "n=0; while [ $n -lt 80 ]; do /bin/true; sleep 0.02; n=$((n+1)); done";
        let output = run(&directory, &["--latency", latency], &["sh", "-c", script]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let seconds = summary(&output)["seconds"].as_f64().expect("a number");
        let capture = falco_format::Capture::open(&directory).expect("a capture");
        let blocks = capture.items();
        let blocks = blocks.filter(|item| matches!(item, falco_format::Item::Events(_)));
        (blocks.count() as f64 * 2.0 / seconds) as usize
    }
    let (slow, fast) = (blocks("500ms"), blocks("50ms"));
    assert!(fast > 3 * slow, "{fast} blocks in two seconds, and {slow}");
}
