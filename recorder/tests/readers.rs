//! Who may read what the real program records: nobody but its owner, or a group that needs nothing but to read. Skips with the reason where the probe cannot be loaded.

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::made_up::segments_of;
use common::program::{alone, noise, run, send, start};
use rustix::process::Signal;

/// A user that nobody is, and groups that nobody has.
const READER: u32 = 64_001;
const GROUP: u32 = 64_002;
const OTHERS: u32 = 64_003;

/// A scratch directory that everybody may pass, and a copy of the program that everybody may run.
fn open_scratch() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let everybody = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.path(), everybody).expect("a mode");
    let program = folder.path().join("falco-record");
    fs::copy(env!("CARGO_BIN_EXE_falco-record"), &program).expect("a copy");
    let directory = folder.path().join("made/on/the/way/capture");
    (folder, program, directory)
}

fn ask_as(group: u32, program: &Path, words: &[&str], directory: &Path) -> Output {
    let mut asked = Command::new(program);
    asked.args(words).arg(directory).uid(READER).gid(group);
    asked.current_dir("/").output().expect("the program")
}

fn modes(path: &Path) -> (u32, u32, u32) {
    let found = fs::metadata(path).expect("there");
    (found.uid(), found.gid(), found.mode() & 0o7777)
}

#[test]
fn a_group_reads_along_and_writes_nothing() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, program, directory) = open_scratch();
    let group = GROUP.to_string();
    let mut child = start(&directory, &["--group", &group, "--segment-size", "256K"]);
    let mut load = Command::new("sh");
    load.args(["-c", &noise(150, "true")])
        .status()
        .expect("a load");
    let listed = ask_as(GROUP, &program, &["list"], &directory);
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(listed.status.code(), Some(0), "{listed:?}");
    let written = text.lines().filter(|line| line.contains("  written"));
    assert_eq!(
        written.count(),
        1,
        "the one that is written is read as well: {text}"
    );
    assert!(text.lines().count() > 1, "{text}");
    let status = ask_as(GROUP, &program, &["status"], &directory);
    let text = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(
        text.contains("recording since") && text.contains("  writing "),
        "{text}"
    );
    // Neither a pin nor anything else is theirs to make, and nobody else reads at all.
    let pin = ask_as(GROUP, &program, &["pin", "--last", "1h"], &directory);
    assert_eq!(pin.status.code(), Some(2), "{pin:?}");
    for words in [&["list"][..], &["status"]] {
        let output = ask_as(OTHERS, &program, words, &directory);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    send(&child, Signal::TERM);
    assert!(child.wait().expect("an end").code().is_some());
    for (segment, _) in segments_of(&directory) {
        assert_eq!(modes(&segment), (0, GROUP, 0o640), "{segment:?}");
        assert_eq!(modes(segment.parent().expect("a boot")), (0, GROUP, 0o750));
    }
    for above in directory.ancestors().take(4) {
        assert_eq!(modes(above), (0, GROUP, 0o750), "{above:?}");
    }
}

#[test]
fn without_a_group_nobody_reads_and_one_that_is_given_later_reads_all() {
    let Some(_alone) = alone() else {
        return;
    };
    let (folder, program, _) = open_scratch();
    let directory = folder.path().join("capture");
    let group = GROUP.to_string();
    let check = |options: &[&str], segments: usize, expected: (u32, u32)| {
        let output = run(&directory, options, &["true"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let found = segments_of(&directory);
        assert_eq!(found.len(), segments);
        let boot = found[0].0.parent().expect("a boot");
        assert_eq!(modes(boot).2, expected.0);
        for (segment, _) in &found {
            assert_eq!(
                modes(segment).2 & expected.1,
                modes(segment).2,
                "{segment:?}"
            );
        }
    };
    check(&[], 1, (0o700, 0o600));
    assert_eq!(modes(&segments_of(&directory)[0].0).2, 0o600);
    let listed = ask_as(GROUP, &program, &["list"], &directory);
    assert_eq!(listed.status.code(), Some(2), "{listed:?}");
    check(&["--group", &group], 2, (0o750, 0o640));
    let listed = ask_as(GROUP, &program, &["list"], &directory);
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(
        (listed.status.code(), text.lines().count()),
        (Some(0), 2),
        "{listed:?}"
    );
    // Taken back: the boot is closed again, whatever the files in it say.
    check(&[], 3, (0o700, 0o640));
    let listed = ask_as(GROUP, &program, &["list"], &directory);
    assert_eq!(listed.status.code(), Some(2), "{listed:?}");
    let output = run(&directory, &["--group", "no-such-group-here"], &["true"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(2) && said.contains("no-such-group-here"),
        "{said}"
    );
}
