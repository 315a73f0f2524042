//! The real program on the real kernel: what it records, how it ends, what it says. Skips with the reason where the probe cannot be loaded.

mod common;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::{Duration, Instant};

use common::made_up::segments_of;
use common::program::{alone, program, run, scratch, send, start, summary};
use falco_abi::LossReason;
use falco_abi::events::{execve, openat, state_complete, state_fd, state_host, state_thread};
use falco_abi::frame::CPU_RECORDER;
use rustix::process::Signal;

#[test]
fn a_command_is_recorded_from_its_first_moment_to_its_last() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let output = run(&directory, &[], &["/bin/cat", "/etc/hostname"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(output.stdout, fs::read("/etc/hostname").unwrap_or_default());
    let contents = common::read(&directory);
    contents.assert_sound();
    common::assert_intact(&directory);
    let execs = contents.of("execve");
    let cat = execs
        .iter()
        .find(|row| row.values[execve::argv] == b"/bin/cat\0/etc/hostname\0")
        .expect("the exec is not there");
    let opens = contents.of("openat");
    let opened =
        |row: &&&common::Row| row.pid == cat.pid && row.values[openat::name] == b"/etc/hostname";
    assert_eq!(opens.iter().filter(opened).count(), 1);
    let ends = contents.of("procexit");
    assert!(
        ends.iter().any(|row| row.tid == cat.pid),
        "the end is not there"
    );
    let summary = summary(&output);
    assert_eq!(summary["complete"], true, "{summary}");
    assert_eq!(summary["events"], contents.rows.len());
    assert_eq!(summary["segments"], 1);
}

#[test]
fn the_snapshot_knows_who_was_there_before() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let held = fs::File::open("/etc/passwd").expect("open");
    let output = run(&directory, &["--events", "none"], &["true"]);
    assert_eq!(output.status.code(), Some(0));
    drop(held);
    let contents = common::read(&directory);
    let kinds: Vec<_> = contents.state.iter().map(|row| row.event).collect();
    assert_eq!(kinds.first(), Some(&state_host::EVENT));
    assert_eq!(kinds.last(), Some(&state_complete::EVENT));
    let own = std::process::id();
    let is_own = |row: &&common::Row| row.pid == own;
    let threads = contents
        .state
        .iter()
        .filter(|row| row.event == state_thread::EVENT);
    assert!(threads.filter(is_own).any(|row| row.tid == own));
    let fds = contents
        .state
        .iter()
        .filter(|row| row.event == state_fd::EVENT);
    assert!(
        fds.filter(is_own)
            .any(|row| row.values[state_fd::name] == b"/etc/passwd")
    );
    // What the recorder learned of containers that run here is its own, whatever the probe is told.
    let of_probe = contents.rows.iter().filter(|row| row.cpu != CPU_RECORDER);
    assert_eq!(of_probe.count(), 0, "`none` recorded something");
}

#[test]
fn exit_codes_are_the_commands_own() {
    let Some(_alone) = alone() else {
        return;
    };
    let check = |command: &[&str], code| {
        let (_folder, directory) = scratch();
        let output = run(&directory, &[], command);
        assert_eq!(output.status.code(), Some(code), "{command:?}");
        assert_eq!(common::read(&directory).sealed, 1, "{command:?}");
    };
    check(&["sh", "-c", "exit 7"], 7);
    check(&["sh", "-c", "kill -TERM $$"], 143);
    check(&["/no/such/program"], 127);
    check(&["/etc"], 126);
}

#[test]
fn sigterm_and_ctrl_c_seal() {
    let Some(_alone) = alone() else {
        return;
    };
    for signal in [Signal::TERM, Signal::INT] {
        let (_folder, directory) = scratch();
        let child = start(&directory, &[]);
        let _ = fs::read("/etc/hostname");
        std::thread::sleep(Duration::from_millis(300));
        send(&child, signal);
        let output = child.wait_with_output().expect("an end");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let contents = common::read(&directory);
        contents.assert_sound();
        assert_eq!(contents.sealed, 1);
        let own = std::process::id();
        let opened = contents
            .of("openat")
            .into_iter()
            .any(|row| row.pid == own && row.values[openat::name] == b"/etc/hostname");
        assert!(opened, "what this process did is not there");
    }
}

#[test]
fn a_signal_is_passed_on_to_the_command() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let script = "trap 'exit 9' TERM; while :; do sleep 0.05; done";
    let child = start(&directory, &["--", "sh", "-c", script]);
    std::thread::sleep(Duration::from_millis(500));
    send(&child, Signal::TERM);
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(9), "{output:?}");
    assert_eq!(common::read(&directory).sealed, 1);
}

#[test]
fn a_duration_ends_the_recording() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let began = Instant::now();
    let output = run(&directory, &["--for", "400ms"], &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(common::read(&directory).sealed, 1);
}

#[test]
fn kill_costs_less_than_the_last_second() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let mut child = start(&directory, &[]);
    let until = Instant::now() + Duration::from_millis(2_500);
    let mut names = Vec::new();
    while Instant::now() < until {
        let name = format!("/no/such/file-{}", names.len());
        let _ = fs::read(&name);
        names.push((name, Instant::now()));
        std::thread::sleep(Duration::from_millis(5));
    }
    let killed = Instant::now();
    send(&child, Signal::KILL);
    assert_eq!(child.wait().expect("an end").signal(), Some(9));
    let contents = common::read(&directory);
    contents.assert_sound();
    assert_eq!((contents.segments, contents.sealed), (1, 0));
    let own = std::process::id();
    let opened: Vec<_> = contents
        .of("openat")
        .into_iter()
        .filter(|row| row.pid == own)
        .map(|row| row.values[openat::name].clone())
        .collect();
    for (name, at) in names {
        if killed.duration_since(at) > Duration::from_secs(1) {
            assert!(
                opened.contains(&name.clone().into_bytes()),
                "{name} is not there"
            );
        }
    }
}

#[test]
fn wrong_uses_get_one_message_and_code_two() {
    let Some(_alone) = alone() else {
        return;
    };
    let (folder, directory) = scratch();
    let check = |directory: &Path, options: &[&str], message: &str| {
        let output = run(directory, options, &["true"]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(message), "{text}");
    };
    check(
        &directory,
        &["--events", "exceve"],
        "did you mean `execve`?",
    );
    check(
        &directory,
        &["--budget", "much"],
        "does not start with a number",
    );
    check(
        &directory,
        &["--budget", "1M", "--segment-size", "2M"],
        "two segments of 2.0 MiB",
    );
    check(&directory, &["--rings", "5000,4096,4096"], "power of two");
    assert!(!directory.exists(), "a wrong use leaves nothing behind");
    let file = folder.path().join("file");
    fs::write(&file, "x").expect("write");
    check(&file, &[], "cannot be written");
}

#[test]
fn the_doctor_and_the_list_of_events_answer() {
    let output = program()
        .args(["doctor", "--format", "json"])
        .output()
        .expect("the program");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let expected = if report["can_record"] == true { 0 } else { 2 };
    assert_eq!(output.status.code(), Some(expected));
    assert_eq!(report["recorded_by_default"]["payload_bytes"], 0);
    assert_eq!(report["can_record"], common::cannot_record().is_none());
    let output = program()
        .args(["events", "--events", "none,openat"])
        .output()
        .expect("the program");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("openat") && !text.contains("execveat"),
        "{text}"
    );
    let output = program()
        .args(["events", "--format", "json"])
        .output()
        .expect("the program");
    let list: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(
        list.iter()
            .any(|event| event["name"] == "execve" && event["default"] == true)
    );
}

#[test]
fn threads_keep_only_the_privileges_that_they_need() {
    let Some(_alone) = alone() else {
        return;
    };
    // DAC_READ_SEARCH, KILL, SYS_PTRACE, BPF.
    const KEPT: u64 = 1 << 2 | 1 << 5 | 1 << 19 | 1 << 39;
    let (_folder, directory) = scratch();
    let child = start(&directory, &["--segment-age", "500ms"]);
    let until = Instant::now() + Duration::from_secs(60);
    while segments_of(&directory).len() < 2 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    for entry in fs::read_dir(format!("/proc/{}/task", child.id())).expect("threads") {
        let path = entry.expect("a thread").path().join("status");
        let status = fs::read_to_string(path).unwrap_or_default();
        let set = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
        let set = set.map_or(0, |set| {
            u64::from_str_radix(set.trim(), 16).expect("a number")
        });
        assert_eq!(set & !KEPT, 0, "{status}");
        // What no thread ever has to do is refused, and no program could bring it back.
        assert!(status.contains("NoNewPrivs:\t1\n"), "{status}");
        assert!(status.contains("Seccomp:\t2\n"), "{status}");
    }
    send(&child, Signal::TERM);
    assert_eq!(
        child.wait_with_output().expect("an end").status.code(),
        Some(0)
    );
    let contents = common::read(&directory);
    contents.assert_sound();
    assert!(contents.segments >= 2, "{} segments", contents.segments);
    // A snapshot at rotation sees what the first one saw, although the capabilities are gone.
    let unreadable: Vec<u32> = contents
        .state
        .iter()
        .filter(|row| row.event == state_complete::EVENT)
        .map(|row| {
            let bytes = row.values[state_complete::unreadable].as_slice();
            u32::from_le_bytes(bytes.try_into().expect("four bytes"))
        })
        .collect();
    let (first, rest) = unreadable.split_first().expect("a snapshot");
    assert!(
        rest.iter().all(|more| *more <= first + 20),
        "{unreadable:?}"
    );
}

#[test]
fn an_overloaded_ring_loses_as_many_as_it_says() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    // Rings of a page or two overflow at once; the pause at the end shows that recording goes on.
    let options = ["--events", "all", "--rings", "8K,8K,8K"];
    let script = "for k in 1 2; do dd if=/dev/zero of=/dev/null bs=1 count=60000 2>/dev/null & done; wait; sleep 1; cat /etc/hostname >/dev/null";
    let output = run(&directory, &options, &["sh", "-c", script]);
    let contents = common::read(&directory);
    contents.assert_sound();
    let missing: u64 = contents.missing().values().sum();
    let said = contents
        .lost
        .iter()
        .filter(|lost| lost.reason != LossReason::Recursion);
    let said: u64 = said.map(|lost| lost.count).sum();
    assert!(missing > 0, "nothing was lost: {output:?}");
    println!("{missing} are missing, {said} are said to be lost");
    // What is lost behind the last frame that came leaves no gap.
    assert!(
        missing <= said && said - missing < 100,
        "{missing} are missing, {said} are said to be lost"
    );
    assert_eq!(summary(&output)["complete"], false);
}
