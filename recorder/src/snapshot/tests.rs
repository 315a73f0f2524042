//! A snapshot of a made-up host, and one of this one.

use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::Path;

use falco_abi::events::{self, state_complete, state_fd, state_host, state_thread};

use super::*;

fn options(root: &Path, live: bool) -> Options {
    Options {
        root: root.to_owned(),
        live,
        env: false,
        origin: Origin::Start,
        containers: None,
        now: || 77,
    }
}

fn write(root: &Path, below: &str, text: &str) {
    let path = root.join(below);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
    std::fs::write(path, text).expect("write");
}

fn link(root: &Path, below: &str, target: &str) {
    let path = root.join(below);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
    symlink(target, path).expect("symlink");
}

/// One process with two threads, as /proc shows it.
fn made_up_host(root: &Path) {
    write(
        root,
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nbroken\n",
    );
    write(root, "etc/group", "root:x:0:\n");
    write(root, "proc/self/cgroup", "0::/\n");
    write(
        root,
        "proc/self/mountinfo",
        "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    );
    for file in [
        "proc/40/stat",
        "proc/40/task/40/stat",
        "proc/40/task/41/stat",
    ] {
        let line = "40 (app) S 1 40 40 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 321 0 0\n";
        write(root, file, line);
    }
    for tid in [40, 41] {
        let status = format!(
            "Uid:\t1\t2\t3\t4\nNStgid:\t40\t1\nNSpid:\t{tid}\t{}\n",
            tid - 39
        );
        write(root, &format!("proc/40/task/{tid}/status"), &status);
        write(root, &format!("proc/40/task/{tid}/cgroup"), "0::/app\n");
    }
    write(root, "proc/40/status", "NStgid:\t40\t1\n");
    write(root, "proc/40/cmdline", "app\0-x\0");
    write(
        root,
        "proc/40/mountinfo",
        "9 1 0:5 / / rw - ext4 /dev/x rw\n",
    );
    for (name, inode) in [("mnt", 5), ("pid", 6), ("net", 7)] {
        link(
            root,
            &format!("proc/40/ns/{name}"),
            &format!("{name}:[{inode}]"),
        );
    }
    link(root, "proc/40/fd/3", "socket:[900]");
    write(root, "proc/40/fdinfo/3", "pos:\t0\nflags:\t02\n");
    let sockets = "head\n0: 00000000:0050 00000000:0000 0A 0:0 0:0 0 0 0 900 1 f\n";
    write(root, "proc/40/net/tcp", sockets);
}

fn names(rows: &[Row]) -> Vec<&'static str> {
    rows.iter()
        .filter_map(|row| events::event(row.event))
        .map(|def| def.name)
        .collect()
}

#[test]
fn a_made_up_host_gives_its_rows_in_order() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    made_up_host(folder.path());
    let mut rows = Vec::new();
    let counts = take(&options(folder.path(), false), &mut rows);
    assert_eq!(
        names(&rows),
        [
            "state_host",
            "state_cgroup",
            "state_user",
            "state_group",
            "state_thread",
            "state_thread",
            "state_mount",
            "state_listen",
            "state_fd",
            "state_complete"
        ]
    );
    assert_eq!(
        counts,
        Counts {
            threads: 2,
            fds: 1,
            unreadable: 0
        }
    );
    let thread = &rows[5];
    assert_eq!(
        (thread.subject.tid, thread.subject.pid, thread.time),
        (41, 40, 77)
    );
    assert_eq!(thread.subject.start % 3210, 0);
    let value = |param: usize| thread.values[param].bytes.as_slice();
    assert_eq!(value(state_thread::vtid), 2_i64.to_le_bytes());
    assert_eq!(value(state_thread::uid), 2_u32.to_le_bytes());
    assert_eq!(value(state_thread::argv), b"app\0-x\0");
    assert_eq!(value(state_thread::cgroups), b"0::/app\0");
    assert_eq!(
        value(state_thread::pidns_init_start_ts),
        thread.subject.start.to_le_bytes()
    );
    let fd = &rows[8];
    assert_eq!(fd.values[state_fd::name].bytes, b"socket:[900]");
    assert_eq!(fd.values[state_fd::flags].bytes, [2, 0, 0, 0]);
    assert_eq!(fd.values[state_fd::tuple].bytes.get(..2), Some(&[2, 6][..]));
    let complete = &rows[9];
    assert_eq!(complete.values[state_complete::threads].bytes, [2, 0, 0, 0]);
}

#[test]
fn an_empty_host_has_a_beginning_and_an_end() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let mut rows = Vec::new();
    let counts = take(&options(folder.path(), false), &mut rows);
    assert_eq!(names(&rows), ["state_host", "state_complete"]);
    assert_eq!(counts.threads, 0);
}

#[test]
fn this_process_and_its_open_file_are_seen() {
    let file = std::fs::File::open("/proc/self/exe").expect("open");
    let mut rows = Vec::new();
    let counts = take(&options(Path::new("/"), true), &mut rows);
    let own = std::process::id();
    assert!(counts.threads > 0);
    assert_eq!(rows.first().map(|row| row.event), Some(state_host::EVENT));
    let fd = i64::from(file.as_raw_fd()).to_le_bytes();
    let seen = rows.iter().any(|row| {
        row.event == state_fd::EVENT
            && row.subject.pid == own
            && row.values[state_fd::fd].bytes == fd
            && !row.values[state_fd::ino].bytes.is_empty()
    });
    assert!(seen, "the descriptor that is open is not in the snapshot");
}
