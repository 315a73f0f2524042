//! Programs, processes, threads and cgroups.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use falco_abi::ParamStatus;
use falco_abi::frame::{created, exe_flags};

use super::frames::{Frame, Recorded, Recording, kernel_dev};

#[test]
fn an_exec_tells_its_program_and_who_runs_it() {
    let events = ["execve", "execveat", "procexit", "openat"];
    let Some(mut recording) = Recording::start(&events, |config| config.limits.env = 4096) else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "echo > made; exit 7", "two words", ""])
        // The environment of whoever runs the tests may be longer than the limit.
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("PROBE_TEST", "value")
        .current_dir(directory.path());
    let recorded = recording.run(&mut command);
    let [exec] = recorded.of("execve")[..] else {
        panic!("not one exec: {:?}", recorded.of("execve"));
    };
    assert_eq!(exec.int("res"), Some(0));
    assert_eq!(exec.text("filename").as_deref(), Some("/bin/sh"));
    let argv = "/bin/sh\0-c\0echo > made; exit 7\0two words\0\0";
    assert_eq!(exec.text("argv").as_deref(), Some(argv));
    let env = "PATH=/usr/bin:/bin\0PROBE_TEST=value\0";
    assert_eq!(exec.text("env").as_deref(), Some(env), "{exec:?}");
    assert_eq!(exec.text("comm").as_deref(), Some("sh"));
    let real = fs::canonicalize("/bin/sh").unwrap();
    assert_eq!(exec.text("trusted_exepath").as_deref(), real.to_str());
    let directory = fs::canonicalize(directory.path()).unwrap();
    assert_eq!(exec.text("cwd").as_deref(), directory.to_str());
    // Nobody swaps a program that has just begun.
    assert_eq!(exec.int("vm_swap"), Some(0));
    assert!(exec.int("vm_size") >= exec.int("vm_rss"), "{exec:?}");
    assert!(exec.int("vm_size") > Some(0) && exec.int("pgft_maj").is_some());
    check_identity(exec, &recorded);
    check_executable(exec, &fs::metadata(&real).unwrap());
    let [end] = recorded.of("procexit")[..] else {
        panic!("not one end");
    };
    assert_eq!(end.int("status"), Some(7 << 8));
    assert_eq!(end.int("threads_live"), Some(0));
    assert_eq!((end.pid, end.start), (exec.pid, exec.start));
    let made = recorded.of("openat");
    let made = made
        .iter()
        .find(|open| open.text("name").as_deref() == Some("made"));
    let opened = made.and_then(|open| open.int("opened")).unwrap() as u32;
    assert_ne!(opened & created::CREATED, 0);
}

/// The child is this process's, in its namespaces, with its credentials.
fn check_identity(exec: &Frame, recorded: &Recorded) {
    let pid = i64::from(recorded.pid);
    assert_eq!(exec.int("ptid"), Some(i64::from(std::process::id())));
    for name in ["vtid", "vpid", "old_tid"] {
        assert_eq!(exec.int(name), Some(pid), "{name}");
    }
    assert_eq!(exec.int("pgid"), exec.int("vpgid"));
    assert_eq!(exec.int("sid"), exec.int("vsid"));
    let own = fs::metadata("/proc/self").unwrap();
    for name in ["uid", "ruid", "suid"] {
        assert_eq!(exec.int(name), Some(i64::from(own.uid())), "{name}");
    }
    for (name, path) in [("mnt_ns", "mnt"), ("pid_ns", "pid"), ("net_ns", "net")] {
        let namespace = fs::metadata(format!("/proc/self/ns/{path}")).unwrap();
        assert_eq!(exec.int(name), Some(namespace.ino() as i64), "{name}");
    }
    let status = fs::read_to_string("/proc/self/status").unwrap();
    for (name, line) in [("cap_effective", "CapEff:"), ("cap_permitted", "CapPrm:")] {
        let set = status
            .lines()
            .find_map(|text| text.strip_prefix(line))
            .unwrap();
        let set = u64::from_str_radix(set.trim(), 16).unwrap();
        assert_eq!(exec.int(name), Some(set as i64), "{name}");
    }
    let cgroups = fs::read_to_string("/proc/self/cgroup").unwrap();
    if let Some(path) = cgroups.lines().find_map(|line| line.strip_prefix("0::")) {
        assert_eq!(exec.text("cgroup").as_deref(), Some(path));
    }
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let files = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let soft = files.and_then(|line| line.split_whitespace().next()?.parse().ok());
    assert_eq!(exec.int("fdlimit"), soft);
    let loginuid = fs::read_to_string("/proc/self/loginuid").ok();
    if let Some(loginuid) = loginuid.and_then(|text| text.trim().parse().ok()) {
        assert_eq!(exec.int("loginuid"), Some(loginuid));
    }
}

fn check_executable(exec: &Frame, program: &fs::Metadata) {
    let nanoseconds = |seconds: i64, rest: i64| seconds * 1_000_000_000 + rest;
    let check = |name, value| assert_eq!(exec.int(name), Some(value), "{name}");
    check("exe_ino", program.ino() as i64);
    check("exe_dev", kernel_dev(program.dev()));
    check("exe_mode", i64::from(program.mode()));
    check("exe_uid", i64::from(program.uid()));
    check("exe_gid", i64::from(program.gid()));
    check("exe_flags", 0);
    check(
        "exe_ino_ctime",
        nanoseconds(program.ctime(), program.ctime_nsec()),
    );
    check(
        "exe_ino_mtime",
        nanoseconds(program.mtime(), program.mtime_nsec()),
    );
}

#[test]
fn failed_execs_are_told_with_their_arguments() {
    let Some(mut recording) = Recording::start(&["execve", "execveat"], |_| {}) else {
        return;
    };
    let recorded = recording.act("failed_execs", "");
    let execs = recorded.all("execve", |frame| {
        frame.pid == recorded.pid && frame.int("res") != Some(0)
    });
    let [failed, many, bad] = execs[..] else {
        panic!("{} failed execs", execs.len());
    };
    assert_eq!(failed.int("res"), Some(-i64::from(libc::ENOENT)));
    assert_eq!(failed.text("filename").as_deref(), Some("/nowhere/program"));
    let argv = "/nowhere/program\0an argument\0\0";
    assert_eq!(failed.text("argv").as_deref(), Some(argv));
    assert_eq!(failed.param("trusted_exepath").0, ParamStatus::Absent);
    let (status, bytes) = many.param("argv");
    assert_eq!(status, ParamStatus::Truncated);
    assert_eq!(bytes, "an argument\0".repeat(24).as_bytes());
    assert_eq!(bad.param("argv").0, ParamStatus::Fault);
    let [at] = recorded.of("execveat")[..] else {
        panic!("not one execveat");
    };
    assert_eq!(at.int("res"), Some(-i64::from(libc::ENOENT)));
    assert_eq!(at.int("dirfd"), Some(-100));
    assert_eq!(at.int("flags"), Some(0x100));
    assert_eq!(at.text("argv").as_deref(), Some(argv));
}

#[test]
fn a_tree_of_processes_has_its_parents() {
    let Some(mut recording) = Recording::start(&["procfork", "procexit", "execve"], |_| {}) else {
        return;
    };
    const DEPTH: usize = 12;
    // Each shell runs the next and does something afterwards, so that none replaces itself.
    let script = r#"n=$1; if [ "$n" -gt 0 ]; then sh -c "$0" "$0" $((n-1)); fi; :"#;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, script, &DEPTH.to_string()]);
    let recorded = recording.run(&mut command);
    assert!(recorded.succeeded);
    let (mut parent, mut depth) = (recorded.pid, 0);
    loop {
        let forks = recorded.all("procfork", |frame| {
            frame.int("parent_pid") == Some(i64::from(parent))
        });
        let Some(fork) = forks.first() else {
            break;
        };
        assert_eq!(fork.int("ptid"), Some(i64::from(parent)));
        assert_eq!(fork.int("parent_tid"), Some(i64::from(parent)));
        assert_ne!(fork.pid, parent);
        let execs = recorded.all("execve", |frame| frame.pid == fork.pid);
        assert!(
            execs
                .iter()
                .all(|exec| exec.start == fork.start && exec.time > fork.time)
        );
        let ends = recorded.all("procexit", |frame| frame.pid == fork.pid);
        assert_eq!(ends.len(), 1);
        assert_eq!(ends.first().map(|end| end.start), Some(fork.start));
        (parent, depth) = (fork.pid, depth + 1);
    }
    assert_eq!(depth, DEPTH);
}

#[test]
fn threads_are_born_and_end() {
    let Some(mut recording) = Recording::start(&["procfork", "procexit"], |_| {}) else {
        return;
    };
    let recorded = recording.act("threads", "");
    for number in 0..3 {
        let tid: u32 = recorded.told(&format!("tid{number}")).parse().unwrap();
        let own = |frame: &Frame| frame.tid == tid && frame.pid == recorded.pid;
        let [fork] = recorded.all("procfork", own)[..] else {
            panic!("not one birth of {tid}");
        };
        let shared = fork.int("flags").unwrap();
        assert_eq!(shared & 0x1_0f00, 0x1_0f00, "a thread shares everything");
        let [end] = recorded.all("procexit", own)[..] else {
            panic!("not one end of {tid}");
        };
        assert_eq!(end.start, fork.start);
        assert!(end.time > fork.time && fork.time >= fork.start);
    }
}

#[test]
fn a_thread_that_executes_becomes_the_leader() {
    let Some(mut recording) = Recording::start(&["execve"], |_| {}) else {
        return;
    };
    let recorded = recording.act("exec_in_thread", "");
    let execs = recorded.of("execve");
    let exec = execs.last().unwrap();
    assert_eq!(
        exec.text("argv").as_deref(),
        Some("/bin/true\0from a thread\0")
    );
    assert_eq!(exec.tid, recorded.pid);
    let tid: i64 = recorded.told("tid").parse().unwrap();
    assert_ne!(tid, i64::from(recorded.pid));
    assert_eq!(exec.int("old_tid"), Some(tid));
}

#[test]
fn a_program_without_a_file_is_told_as_such() {
    let Some(mut recording) = Recording::start(&["execve", "memfd_create"], |_| {}) else {
        return;
    };
    let recorded = recording.act("memfd", "");
    assert!(recorded.succeeded, "{}", recorded.output);
    let [made] = recorded.of("memfd_create")[..] else {
        panic!("not one memfd");
    };
    let execs = recorded.of("execve");
    let exec = execs.last().unwrap();
    assert_eq!(exec.text("argv").as_deref(), Some("innocent\0"));
    assert_eq!(
        exec.text("trusted_exepath").as_deref(),
        Some("memfd:hidden")
    );
    assert_eq!(exec.int("exe_ino"), made.int("ino"));
    let flags = exec.int("exe_flags").unwrap() as u32;
    let told = exe_flags::MEMFD | exe_flags::UNLINKED | exe_flags::UNREACHABLE;
    assert_eq!(flags, told);
}

/// Where the default cgroup hierarchy is mounted.
fn unified_hierarchy() -> Option<String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let line = mounts.lines().find(|line| line.contains(" - cgroup2 "))?;
    line.split(' ').nth(4).map(str::to_owned)
}

#[test]
fn a_move_between_cgroups_is_told() {
    let events = ["cgroup_attach_task", "execve"];
    let Some(mut recording) = Recording::start(&events, |_| {}) else {
        return;
    };
    let Some(mount) = unified_hierarchy() else {
        println!("skipped: no cgroup2 hierarchy is mounted");
        return;
    };
    let name = format!("probe-test-{}", std::process::id());
    let group = format!("{mount}/{name}");
    if let Err(error) = fs::create_dir(&group) {
        println!("skipped: cannot make a cgroup: {error}");
        return;
    }
    let mut command = Command::new("/bin/sh");
    command.args([
        "-c",
        &format!("echo $$ > {group}/cgroup.procs; exec /bin/true"),
    ]);
    let recorded = recording.run(&mut command);
    let _ = fs::remove_dir(&group);
    let path = format!("/{name}");
    let moves = recorded.of("cgroup_attach_task");
    let moved = moves.first().unwrap();
    assert_eq!(moved.text("path"), Some(path.clone()));
    assert_eq!(moved.int("hierarchy"), Some(0));
    assert_eq!(moved.int("threadgroup"), Some(1));
    assert_eq!(moved.tid, recorded.pid);
    let after = recorded.of("execve").last().unwrap().text("cgroup");
    assert_eq!(after, Some(path));
}
