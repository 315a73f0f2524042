//! What the recorder says when it cannot record as asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

use super::{ERROR, INCOMPLETE, check_message, copy_program};
use crate::capture::Recorded;
use crate::live::recorder_or_skip;
use crate::programs::{INTRUSION, Ran, analyze, command, is_root, recorder, root, run};
use crate::skip::skipped;

#[test]
fn an_unknown_event_is_refused_with_a_suggestion() {
    let directory = tempfile::tempdir().expect("a directory");
    let capture = directory.path().join("capture");
    let capture = capture.to_string_lossy();
    let ran = run(
        &recorder(),
        ["run", "-o", &*capture, "--events", "opennat", "--", "true"],
    );
    check_message("unknown event", &ran, ERROR, &["opennat", "openat"]);
}

#[test]
fn somebody_who_may_not_record_is_told_what_is_missing() {
    if !is_root() {
        skipped(
            "somebody_who_may_not_record",
            "needs root to become somebody else",
        );
        return;
    }
    let directory = tempfile::Builder::new()
        .prefix("falco-e2e-")
        .tempdir_in("/tmp")
        .expect("a directory");
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).expect("mode");
    let program = directory.path().join("falco-record");
    copy_program(&recorder(), &program);
    for arguments in [&["doctor"][..], &["run", "-o", "capture", "--", "true"]] {
        let output = command(&program)
            .args(arguments)
            .current_dir(directory.path())
            .uid(65534)
            .gid(65534)
            .output()
            .expect("runs");
        let ran = Ran::from(output);
        assert_eq!(ran.code, ERROR, "{arguments:?}: {}", ran.stderr);
        let said = ran.stdout + &ran.stderr;
        assert!(
            said.contains("CAP_"),
            "{arguments:?} names no capability:\n{said}"
        );
    }
}

#[test]
fn beside_a_capture_of_another_boot_recording_goes_on() {
    let Some(_guard) = recorder_or_skip("beside_a_capture_of_another_boot") else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let mut kept = Vec::new();
    for entry in fs::read_dir(root().join("corpus/first-light/capture")).expect("the kept capture")
    {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), directory.path().join(entry.file_name())).expect("a copy");
        kept.push((entry.path(), directory.path().join(entry.file_name())));
    }
    let place = directory.path().to_string_lossy();
    // It is of another node as well: the budget does not touch it.
    let options = ["run", "-o", &*place, "--budget", "1M", "--", "true"];
    let ran = run(&recorder(), options);
    check_message("another boot", &ran, 0, &["recording to", "left alone"]);
    for (original, copy) in kept {
        let same = fs::read(original).expect("there") == fs::read(copy).expect("there");
        assert!(same, "nothing was changed in the other capture");
    }
    let recorded = Recorded::read(directory.path());
    assert!(!recorded.calls.is_empty());
}

#[test]
fn a_place_that_cannot_be_written_is_refused() {
    let Some(_guard) = recorder_or_skip("a_place_that_cannot_be_written") else {
        return;
    };
    let ran = run(&recorder(), ["run", "-o", "/proc/nowhere", "--", "true"]);
    check_message("no such place", &ran, ERROR, &["/proc/nowhere"]);
    // A file in its place, or on the way there, is called what it is.
    let file = tempfile::NamedTempFile::new().expect("a file");
    for place in [
        file.path().to_path_buf(),
        file.path().join("below"),
        "/dev/null".into(),
    ] {
        let place = place.to_string_lossy();
        let ran = run(&recorder(), ["run", "-o", &*place, "--", "true"]);
        let words = [&*place, "Not a directory"];
        check_message("a file in its place", &ran, ERROR, &words);
    }
}

/// Records the opening of many files onto a disk of this size, and returns what was said and what is on the disk.
///
/// The disk is visible to one shell alone; what was written is copied out before it goes.
fn record_onto_a_disk_of(size: &str, place: &Path) -> Ran {
    let script = format!(
        "mkdir {place}/disk {place}/kept && mount -t tmpfs -o size={size} none {place}/disk || exit 99; \
         {recorder} run -o {place}/disk/capture --budget none -- {intrusion} --no-container --files 20000; \
         code=$?; cp -r {place}/disk/capture {place}/kept/; exit $code",
        place = place.display(),
        recorder = recorder().display(),
        intrusion = INTRUSION,
    );
    let ran = run(Path::new("unshare"), ["--mount", "sh", "-c", &script]);
    assert_ne!(ran.code, 99, "a small disk is mounted: {}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    ran
}

#[test]
fn a_disk_too_small_to_begin_is_said() {
    let Some(_guard) = recorder_or_skip("a_disk_too_small_to_begin_is_said") else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let ran = record_onto_a_disk_of("16k", directory.path());
    // Whether there is room for a first item decides whether the command still runs.
    assert!([0, ERROR].contains(&ran.code), "{}", ran.code);
    check_message("16 KiB", &ran, ran.code, &["o space left"]);
}

#[test]
fn a_disk_that_fills_up_is_said_and_damages_nothing() {
    let Some(_guard) = recorder_or_skip("a_disk_that_fills_up") else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let ran = record_onto_a_disk_of("512k", directory.path());
    // The command ended well, and its code is the recorder's.
    check_message("512 KiB", &ran, 0, &["no space left", "lost:"]);
    let kept = directory.path().join("kept/capture");
    let info = analyze(["info", "--format", "json", &*kept.to_string_lossy()]);
    info.expect_code(INCOMPLETE);
    let recorded = Recorded::read(&kept);
    assert!(!recorded.calls.is_empty(), "what was written is read");
    assert!(
        !recorded.missing.is_empty(),
        "what was lost is in the capture"
    );
    let damaged = recorded.missing.iter().any(|what| what.contains("Damage"));
    assert!(!damaged, "{:?}", recorded.missing);
}
