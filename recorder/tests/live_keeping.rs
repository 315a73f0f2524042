//! Where the real program keeps what it records: full disks, budgets, reboots, and the signals that end nothing. Skips with the reason where the probe cannot be loaded.

mod common;

use std::fs;
use std::time::{Duration, Instant};

use common::made_up::segments_of;
use common::program::{alone, noise, run, scratch, send, start, summary};
use falco_abi::LossReason;
use falco_abi::events::openat;
use falco_format::{BootId, CaptureIdentity, CaptureWriter, Dialect, UnixNanos};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use rustix::process::Signal;

#[test]
fn a_full_disk_is_said_and_corrupts_nothing() {
    let Some(_alone) = alone() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a scratch directory");
    let size = c"size=1m";
    if let Err(error) = mount("none", folder.path(), "tmpfs", MountFlags::empty(), size) {
        println!("skipped: no tmpfs here: {error}");
        return;
    }
    let directory = folder.path().join("capture");
    let script = noise(500, "exit 4");
    let output = run(&directory, &["--budget", "none"], &["sh", "-c", &script]);
    let contents = common::read(&directory);
    let verified =
        falco_format::verify(&falco_format::Capture::open(&directory).expect("a capture"));
    unmount(folder.path(), UnmountFlags::DETACH).expect("umount");
    assert_eq!(output.status.code(), Some(4), "the command's own code");
    let summary = summary(&output);
    assert_eq!(
        (&summary["disk_full"], &summary["complete"]),
        (&true.into(), &false.into()),
        "{summary}"
    );
    let said = String::from_utf8_lossy(&output.stderr).contains("no space left");
    assert!(said, "{output:?}");
    contents.assert_sound();
    assert!(verified.is_intact(), "{verified:?}");
    let failed = contents
        .lost
        .iter()
        .filter(|lost| lost.reason == LossReason::WriteFailed);
    let failed: u64 = failed.map(|lost| lost.count).sum();
    assert!(failed > 0, "the capture does not say what it lost");
    assert_eq!(
        contents.lost_total(),
        summary["lost_total"].as_u64().expect("a number")
    );
}

#[test]
fn a_budget_keeps_the_newest() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let script = noise(500, "cat /etc/hostname >/dev/null");
    let options = ["--budget", "1M", "--segment-size", "128K"];
    let output = run(&directory, &options, &["sh", "-c", &script]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let summary = summary(&output);
    assert!(
        summary["segments_dropped"].as_u64().expect("a number") > 0,
        "{summary}"
    );
    let contents = common::read(&directory);
    contents.assert_sound_start();
    common::assert_intact(&directory);
    let bytes: u64 = segments_of(&directory).iter().map(|(_, bytes)| bytes).sum();
    assert!(bytes <= 1 << 20, "{bytes} bytes");
    let last = contents
        .of("openat")
        .into_iter()
        .any(|row| row.values[openat::name] == b"/etc/hostname");
    assert!(last, "the newest is not there");
}

#[test]
fn a_budget_larger_than_the_disk_keeps_the_newest() {
    let Some(_alone) = alone() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a scratch directory");
    let size = c"size=1m";
    if let Err(error) = mount("none", folder.path(), "tmpfs", MountFlags::empty(), size) {
        println!("skipped: no tmpfs here: {error}");
        return;
    }
    let directory = folder.path().join("capture");
    let script = noise(500, "cat /etc/hostname >/dev/null");
    let options = ["--budget", "100M", "--segment-size", "100K"];
    let output = run(&directory, &options, &["sh", "-c", &script]);
    let contents = common::read(&directory);
    unmount(folder.path(), UnmountFlags::DETACH).expect("umount");
    let summary = summary(&output);
    assert_eq!(output.status.code(), Some(0), "{summary}");
    let said = String::from_utf8_lossy(&output.stderr).contains("no room for the budget");
    assert!(said, "{output:?}");
    assert_eq!(
        (&summary["disk_full"], &summary["lost_total"]),
        (&false.into(), &0.into()),
        "{summary}"
    );
    contents.assert_sound_start();
    let last = contents
        .of("openat")
        .into_iter()
        .any(|row| row.values[openat::name] == b"/etc/hostname");
    assert!(last, "the newest is not there");
}

#[test]
fn after_a_reboot_recording_goes_on_beside_what_is_there() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let node = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let identity = CaptureIdentity {
        boot_id: BootId([9; 16]),
        node,
        dialect: Dialect::Native,
    };
    let older = directory.join("20260102T030405Z-09090909");
    let mut writer = CaptureWriter::open(&older, identity).expect("a directory");
    let segment = writer.next_segment(UnixNanos(1)).expect("a segment");
    segment.finish().expect("sealed");
    drop(writer);
    for segments in [2, 3] {
        let output = run(&directory, &[], &["true"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).contains("recording to ");
        assert!(said, "{output:?}");
        let contents = common::read(&directory);
        assert_eq!((contents.segments, contents.sealed), (segments, segments));
    }
    let names = fs::read_dir(&directory).expect("a root");
    let boots = names.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_dir()));
    assert_eq!(
        boots.count(),
        2,
        "a second start goes on in the boot's directory"
    );
}

/// Reads lines of stderr until one has these words.
fn wait_for(lines: &mut impl Iterator<Item = std::io::Result<String>>, words: &str) -> String {
    lines
        .map(|line| line.expect("a line"))
        .find(|line| line.contains(words))
        .unwrap_or_else(|| panic!("nobody says {words}"))
}

#[test]
fn sighup_begins_a_segment_and_sigusr1_tells_and_neither_ends_it() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let mut child = start(&directory, &[]);
    let stderr = child.stderr.take().expect("stderr");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stderr));
    wait_for(&mut lines, "recording to ");
    send(&child, Signal::HUP);
    let until = Instant::now() + Duration::from_secs(60);
    while segments_of(&directory).len() < 2 {
        assert!(Instant::now() < until, "no new segment");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The file is there a moment before it is said to be the one.
    let told = loop {
        send(&child, Signal::USR1);
        let line = wait_for(&mut lines, "recording since ");
        if line.ends_with("00000002.flc") {
            break line;
        }
        assert!(Instant::now() < until, "{line}");
    };
    assert!(
        told.contains(" events, ") && told.contains(" lost, "),
        "{told}"
    );
    send(&child, Signal::TERM);
    wait_for(&mut lines, "lost:");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
    let contents = common::read(&directory);
    contents.assert_sound();
    assert_eq!((contents.segments, contents.sealed), (2, 2));
}
