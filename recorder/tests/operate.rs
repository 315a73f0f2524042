//! What an operator asks of a recording from outside: how it goes, what is kept, to keep this, to seal that. By the real program; skips with the reason where the probe cannot be loaded.

mod common;

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use common::made_up::segments_of;
use common::program::{alone, noise, program, run, scratch, send, start};
use rustix::process::Signal;
use serde_json::Value;

fn ask(words: &[&str], directory: &Path, options: &[&str]) -> Output {
    let mut program = program();
    program.args(words).arg(directory).args(options);
    program.output().expect("the program")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Asks until the answer has something.
fn status_until(directory: &Path, has: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let status = json(&ask(&["status"], directory, &["--format", "json"]));
        if has(&status) {
            return status;
        }
        assert!(Instant::now() < until, "{status}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_status_of_a_recording_from_its_beginning_to_its_end() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let output = ask(&["status"], &directory, &[]);
    assert_eq!(output.status.code(), Some(2), "there is no such place");
    let mut child = start(&directory, &["--budget", "100M", "--max-age", "1h"]);
    let status = status_until(&directory, |status| status["events"].as_u64() > Some(0));
    assert_eq!(status["state"], "recording");
    assert_eq!(status["pid"], child.id());
    assert_eq!(status["store"]["budget_bytes"], 100 << 20);
    assert_eq!(status["store"]["segments"], 1);
    let lag = status["lag_seconds"].as_f64().expect("a number");
    assert!((0.0..20.0).contains(&lag), "{status}");
    let [segment] = &segments_of(&directory)[..] else {
        panic!("not one segment");
    };
    let named = status["store"]["segment"].as_str().expect("a name");
    assert!(segment.0.ends_with(named), "{named}");
    let output = ask(&["status"], &directory, &[]);
    let told = text(&output);
    for words in ["recording since", "lost     nothing", "of 100.0 MiB", named] {
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(output.status.code(), Some(0), "{told}");
    send(&child, Signal::TERM);
    assert_eq!(child.wait().expect("an end").code(), Some(0));
    let output = ask(&["status"], &directory, &[]);
    let told = text(&output);
    assert!(
        told.contains("no recorder is at work; the last one recorded from"),
        "{told}"
    );
    assert_eq!(output.status.code(), Some(1));
    // One that is killed has not ended, and what it said last is still there.
    let mut child = start(&directory, &[]);
    status_until(&directory, |status| status["pid"] == child.id());
    child.kill().expect("killed");
    child.wait().expect("an end");
    let output = ask(&["status"], &directory, &["--format", "json"]);
    let status = json(&output);
    assert_eq!(
        (output.status.code(), &status["state"]),
        (Some(1), &"died".into())
    );
    assert_eq!(status["pid"], child.id());
}

#[test]
fn losses_are_in_the_status_by_reason_and_in_its_exit_code() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    // Rings of a page cannot hold what a shell does.
    let mut child = start(&directory, &["--rings", "4096,4096,4096"]);
    let mut load = std::process::Command::new("sh");
    load.args(["-c", &noise(200, "true")]);
    load.status().expect("a load");
    let status = status_until(&directory, |status| {
        let sums = status["store"]["lost"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let sum: u64 = sums.iter().filter_map(|sum| sum["count"].as_u64()).sum();
        sum > 0 && status["lost_total"] == sum
    });
    assert_eq!(
        status["store"]["lost"][0]["reason"], "ring_full",
        "{status}"
    );
    let output = ask(&["status"], &directory, &[]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(text(&output).contains("ring_full in lane"), "{output:?}");
    send(&child, Signal::TERM);
    assert_eq!(child.wait().expect("an end").code(), Some(3));
}

#[test]
fn what_is_pinned_survives_the_budget_until_it_is_unpinned() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let options = ["--budget", "1M", "--segment-size", "128K"];
    let script = noise(40, "true");
    run(&directory, &options, &["sh", "-c", &script]);
    let output = ask(
        &["pin"],
        &directory,
        &["--last", "1h", "--reason", "case 7"],
    );
    let pinned = text(&output);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(pinned.lines().count() >= 1, "{output:?}");
    let output = ask(&["pin"], &directory, &["--last", "1h"]);
    assert_eq!(
        (text(&output).as_str(), output.status.code()),
        ("", Some(0))
    );
    let script = noise(400, "true");
    run(&directory, &options, &["sh", "-c", &script]);
    let list = |options: &[&str]| {
        let options = [options, &["--format", "json"]].concat();
        json(&ask(&["list"], &directory, &options))
    };
    let rows = list(&["--pinned"]);
    let rows = rows.as_array().expect("a list");
    let names: Vec<&str> = rows
        .iter()
        .filter_map(|row| row["segment"].as_str())
        .collect();
    assert_eq!(
        names,
        pinned.lines().collect::<Vec<_>>(),
        "none of them was dropped"
    );
    assert!(
        rows.iter()
            .all(|row| row["reason"] == "case 7" && row["events"].as_u64() > Some(0))
    );
    assert!(
        rows.iter()
            .all(|row| row["first_event"].as_str() <= row["last_event"].as_str())
    );
    let output = ask(&["list"], &directory, &[]);
    assert!(text(&output).contains("pinned: case 7"), "{output:?}");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let name = names[0].to_owned();
    let output = ask(&["unpin"], &directory, &["--segment", &name]);
    assert_eq!(text(&output).trim(), name);
    run(&directory, &options, &["sh", "-c", &script]);
    let all = list(&[]);
    let is_there = |name: &str| {
        all.as_array()
            .is_some_and(|all| all.iter().any(|row| row["segment"] == name))
    };
    assert!(
        !is_there(&name) && names[1..].iter().all(|name| is_there(name)),
        "{all}"
    );
    let output = ask(&["unpin"], &directory, &["--segment", &name]);
    assert_eq!(output.status.code(), Some(2), "it is gone: {output:?}");
    ask(&["unpin"], &directory, &["--all"]);
    assert_eq!(list(&["--pinned"]), Value::Array(Vec::new()));
    let output = ask(&["pin"], &directory, &[]);
    assert_eq!(output.status.code(), Some(2), "nobody said which");
}

#[test]
fn seal_ends_a_segment_and_recording_goes_on() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let mut child = start(&directory, &[]);
    let output = ask(&["seal"], &directory, &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let sealed = directory.join(text(&output).trim_end());
    let capture = falco_format::Capture::open(&sealed).expect("a capture");
    assert!(capture.segments()[0].is_sealed());
    let status = status_until(&directory, |status| status["store"]["segments"] == 2);
    assert_eq!(status["state"], "recording");
    send(&child, Signal::TERM);
    assert_eq!(child.wait().expect("an end").code(), Some(0));
    let output = ask(&["seal"], &directory, &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("no recorder is at work"), "{said}");
}

#[test]
fn metrics_are_scraped_as_others_scrape() {
    let Some(_alone) = alone() else {
        return;
    };
    if std::process::Command::new("curl")
        .arg("--version")
        .output()
        .is_err()
    {
        println!("skipped: there is no curl");
        return;
    }
    let (folder, directory) = scratch();
    let socket = folder.path().join("metrics");
    let place = format!("unix:{}", socket.display());
    let mut child = start(&directory, &["--metrics", &place]);
    status_until(&directory, |status| status["events"].as_u64() > Some(0));
    let mut curl = std::process::Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--unix-socket"]);
    let output = curl.arg(&socket).arg("http://recorder/metrics").output();
    let output = output.expect("curl");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let page = text(&output);
    let value = |name: &str| -> f64 {
        let line = page
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok())
            .unwrap_or_else(|| panic!("{name} is not in {page}"))
    };
    assert!(value("falco_record_events_total") > 0.0, "{page}");
    assert_eq!(value("falco_record_lost_events_total"), 0.0, "{page}");
    assert_eq!(value("falco_record_kept_segments"), 1.0, "{page}");
    assert!(
        value("falco_record_ring_fill_ratio{lane=\"file\"}") <= 1.0,
        "{page}"
    );
    send(&child, Signal::TERM);
    assert_eq!(child.wait().expect("an end").code(), Some(0));
    assert!(!socket.exists(), "it goes with the recorder");
    let output = run(&directory, &["--metrics", "9469"], &["true"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(2) && said.contains("unix:PATH"),
        "{said}"
    );
}

/// The niceness of a process's threads, by their names.
fn niceness(pid: u32) -> std::collections::BTreeMap<String, i32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("a process");
    let stats =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok());
    let of = |stat: String| {
        let (name, fields) = stat.split_once('(')?.1.rsplit_once(") ")?;
        Some((name.to_owned(), fields.split(' ').nth(16)?.parse().ok()?))
    };
    stats.filter_map(of).collect()
}

#[test]
fn the_threads_that_must_not_wait_are_more_urgent_than_the_rest() {
    let Some(_alone) = alone() else {
        return;
    };
    let check = |options: &[&str], raised: i32| {
        let (_folder, directory) = scratch();
        let mut child = start(&directory, options);
        status_until(&directory, |status| status["pid"] == child.id());
        let found = niceness(child.id());
        let own = found["falco-record"];
        for thread in ["drain", "compress", "write"] {
            assert_eq!(
                found[thread],
                (own - raised).max(-20),
                "{thread}: {found:?}"
            );
        }
        assert!(
            found["containers"] >= own && found["signals"] == own,
            "{found:?}"
        );
        send(&child, Signal::TERM);
        child.wait().expect("an end");
    };
    check(&[], 10);
    check(&["--priority", "3"], 3);
    check(&["--priority", "0"], 0);
}
