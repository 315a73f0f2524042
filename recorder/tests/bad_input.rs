//! What the real program says where it cannot record, or not as asked: before anything is recorded, by name, with exit code 2. Skips with the reason where it cannot be tried.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Output};

use common::program::{alone, program, run, scratch};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asserts that nothing was recorded, and that these words tell why.
fn check_refused(output: &Output, words: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for word in words {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

/// Runs a shell script in a mount namespace of its own, in which `$R` is the program and `$D` a scratch directory.
fn in_own_mounts(directory: &Path, script: &str) -> Output {
    let mut shell = Command::new("unshare");
    shell.args(["--mount", "sh", "-ec", script]);
    shell.env("R", env!("CARGO_BIN_EXE_falco-record"));
    shell.env("D", directory).output().expect("unshare")
}

#[test]
fn what_is_typed_wrong_is_refused_with_what_was_meant() {
    let (_folder, directory) = scratch();
    let check = |options: &[&str], words: &[&str]| {
        check_refused(&run(&directory, options, &["true"]), words);
        assert!(!directory.exists(), "nothing is made for {options:?}");
    };
    check(&["--events", "securty"], &["`securty`", "`security`"]);
    check(&["--events", "default,exceve"], &["`exceve`", "`execve`"]);
    check(
        &["--budget", "1M", "--segment-size", "600K"],
        &["two segments of 600.0 KiB"],
    );
    check(&["--budget", "100K"], &["100.0 KiB", "two segments"]);
    check(&["--budget", "lots"], &["lots"]);
}

#[test]
fn named_sets_are_recorded() {
    let list = |set: &str| {
        let output = program()
            .args(["events", "--events", set, "--format", "json"])
            .output();
        let output = output.expect("the program").stdout;
        let list: Vec<serde_json::Value> = serde_json::from_slice(&output).expect("JSON");
        list.len()
    };
    let [state, security, default, all] = ["state", "security", "default", "all"].map(list);
    assert!(0 < state && state < default, "{state} {default}");
    assert!(0 < security && security < default, "{security} {default}");
    assert!(default < all, "{default} {all}");
}

#[test]
fn a_root_that_is_no_directory_or_not_ours_is_told() {
    let Some(_alone) = alone() else {
        return;
    };
    let (folder, directory) = scratch();
    fs::write(&directory, "a file").expect("written");
    let output = run(&directory, &[], &["true"]);
    check_refused(&output, &["capture", "Not a directory"]);
    assert_eq!(fs::read(&directory).expect("there"), b"a file");
    fs::remove_file(&directory).expect("removed");
    fs::create_dir(&directory).expect("made");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).expect("a mode");
    let output = run(&directory, &[], &["true"]);
    check_refused(&output, &["may be written by everybody", "chmod go-w"]);
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).expect("a mode");
    chown(&directory, Some(65534), None).expect("an owner");
    let output = run(&directory, &[], &["true"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        said(&output).contains("belongs to user 65534"),
        "{}",
        said(&output)
    );
    let boot = fs::read_dir(&directory)
        .expect("a root")
        .next()
        .expect("a boot");
    let output = run(&boot.expect("an entry").path(), &[], &["true"]);
    check_refused(&output, &["the directory of one boot"]);
    drop(folder);
}

#[test]
fn a_kernel_without_type_information_is_called_so() {
    let Some(_alone) = alone() else {
        return;
    };
    let (folder, _) = scratch();
    let script = "mount -t tmpfs none /sys/kernel/btf; exec $R run -o $D/capture -- true";
    let output = in_own_mounts(folder.path(), script);
    check_refused(
        &output,
        &["/sys/kernel/btf/vmlinux", "CONFIG_DEBUG_INFO_BTF"],
    );
    let script = "mount -t tmpfs none /sys/kernel/btf; exec $R doctor";
    let output = in_own_mounts(folder.path(), script);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("CONFIG_DEBUG_INFO_BTF=y"), "{told}");
}

#[test]
fn capabilities_that_are_missing_are_named() {
    let Some(_alone) = alone() else {
        return;
    };
    let (_folder, directory) = scratch();
    let check = |without: &str, code: i32, words: &[&str], others: &[&str]| {
        let mut shell = Command::new("setpriv");
        shell.arg(format!("--bounding-set={without}"));
        shell.args([env!("CARGO_BIN_EXE_falco-record"), "run", "-o"]);
        let output = shell.arg(&directory).args(["--", "true"]).output();
        let output = output.expect("setpriv");
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        for word in words {
            assert!(said.contains(word), "{without}: {said}");
        }
        let first = said.lines().next().unwrap_or_default();
        for word in others {
            assert!(
                !first.contains(&format!("lacks {word}")),
                "{without}: {said}"
            );
        }
    };
    check("-sys_admin,-bpf", 2, &["lacks CAP_BPF:"], &["CAP_PERFMON"]);
    check(
        "-sys_admin,-perfmon",
        2,
        &["lacks CAP_PERFMON:"],
        &["CAP_BPF"],
    );
    check(
        "-sys_admin,-perfmon,-bpf",
        2,
        &["lacks CAP_BPF and CAP_PERFMON:"],
        &[],
    );
    // Without this one it can record, and says what is not whole.
    check(
        "-sys_ptrace",
        0,
        &["lacks CAP_SYS_PTRACE", "snapshots"],
        &[],
    );
}

#[test]
fn a_file_system_that_is_full_or_read_only_at_the_start_is_told() {
    let Some(_alone) = alone() else {
        return;
    };
    let (folder, _) = scratch();
    let full = "mount -t tmpfs -o size=1m none $D; head -c 2M /dev/zero >$D/filler || true; ";
    let output = in_own_mounts(
        folder.path(),
        &format!("{full} exec $R run -o $D/capture -- true"),
    );
    check_refused(&output, &["No space left on device"]);
    let read_only = "mount -t tmpfs none $D; mkdir -m 700 $D/capture; mount -o remount,ro $D; ";
    for place in ["capture", "other"] {
        let script = format!("{read_only} exec $R run -o $D/{place} -- true");
        let output = in_own_mounts(folder.path(), &script);
        check_refused(&output, &[place, "Read-only file system"]);
    }
}

#[test]
fn the_default_budget_is_said_and_cannot_fill_the_disk() {
    let Some(_alone) = alone() else {
        return;
    };
    let (folder, _) = scratch();
    let script = "mount -t tmpfs -o size=40m none $D; \
         $R run -o $D/capture --segment-size 1M -- sh -c \"$NOISE\"; \
         du -sk $D | cut -f1";
    let mut shell = Command::new("unshare");
    shell.args(["--mount", "sh", "-ec", script]);
    shell.env("R", env!("CARGO_BIN_EXE_falco-record"));
    shell.env("NOISE", common::program::noise(3000, "true"));
    let output = shell.env("D", folder.path()).output().expect("unshare");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("at most 4.0 MiB are kept"), "{said}");
    assert!(said.contains("the budget dropped"), "{said}");
    let kept = String::from_utf8_lossy(&output.stdout);
    let kib: u64 = kept.trim().parse().expect("a number");
    assert!(kib <= 4096 + 512, "{kib} KiB are on the disk");
}
