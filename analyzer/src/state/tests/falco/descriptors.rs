//! Descriptors: opened by name, copied, marked, closed.

use super::{birth, exec, shell};
use crate::state::testing::{Story, params};

/// Falco's flags of an open.
const RDONLY: i64 = 1;
const CLOEXEC: i64 = 0x1000;
const DIRECTORY: i64 = 0x400;

#[track_caller]
fn check_open(story: Story, dirfd: i64, name: &str, expected: &str) {
    let opened = params![fd: 9, dirfd: dirfd, name: name, flags: RDONLY];
    story
        .call("openat", 10, opened)
        .check(&[("fd.num", "9"), ("fd.name", expected)]);
}

#[test]
fn names_are_resolved_by_directory_or_descriptor() {
    check_open(shell(), -100, "notes", "/home/me/notes");
    check_open(shell(), -100, "../you/./notes/", "/home/you/notes");
    check_open(shell(), 77, "/etc//passwd", "/etc/passwd");
    check_open(shell(), 77, "passwd", "<UNKNOWN>passwd");
    let directory = params![fd: 4, dirfd: -100, name: "/var/lib", flags: DIRECTORY + RDONLY];
    let story = shell().call("openat", 10, directory);
    story.check(&[("fd.type", "directory"), ("fd.typechar", "d")]);
    check_open(story, 4, "dpkg", "/var/lib/dpkg");
}

#[test]
fn the_begin_of_an_open_is_believed() {
    const OPENAT: u16 = 306;
    const OPEN: u16 = 2;
    let asked = params![dirfd: -100, name: "/etc/shadow", flags: RDONLY];
    let ended = params![fd: 9, dirfd: -100, name: "/tmp/harmless", flags: RDONLY];
    shell()
        .enter(OPENAT, 10, asked)
        .call("openat", 10, ended)
        .check(&[("fd.name", "/etc/shadow")]);
    // The begin of another call says nothing.
    let ended = params![fd: 9, dirfd: -100, name: "/tmp/x", flags: RDONLY];
    shell()
        .enter(OPEN, 10, params![name: "/etc/shadow", flags: RDONLY])
        .call("openat", 10, ended)
        .check(&[("fd.name", "/tmp/x")]);
}

#[test]
fn directories_change_for_the_whole_process() {
    let asks = || params![res: -9, fd: 9];
    let story = shell()
        .call("chdir", 10, params![res: 0, path: "src"])
        .call("close", 10, asks());
    story.check(&[("proc.cwd", "/home/me/src/")]);
    let story = story
        .call("chdir", 10, params![res: -2, path: "/nowhere"])
        .call("getcwd", 10, params![res: 10, path: "/srv/data"])
        .call("close", 10, asks());
    story.check(&[("proc.cwd", "/srv/data/")]);
    let story = story
        .call("fchdir", 10, params![res: 0, fd: 3])
        .call("close", 10, asks());
    story.check(&[("proc.cwd", "/etc/hosts/")]);
}

#[test]
fn a_copy_is_the_same_file_until_either_is_closed() {
    let story = shell()
        .call("dup2", 10, params![res: 5, oldfd: 3, newfd: 5])
        .call("close", 10, params![res: 0, fd: 3]);
    story.check(&[("fd.name", "/etc/hosts"), ("proc.fdopencount", "2")]);
    let story = story.call("close", 10, params![res: 0, fd: 5]);
    story.check(&[("fd.name", "/etc/hosts"), ("proc.fdopencount", "1")]);
    let story = story.call("close", 10, params![res: -9, fd: 5]);
    story.check(&[("proc.fdopencount", "0")]);
}

#[test]
fn exec_closes_what_is_marked() {
    const F_SETFD: i64 = 3;
    const F_DUPFD_CLOEXEC: i64 = 26;
    const MFD_CLOEXEC: i64 = 1;
    let story = shell()
        .call(
            "openat",
            10,
            params![fd: 4, dirfd: -100, name: "/a", flags: RDONLY + CLOEXEC],
        )
        .call(
            "pipe2",
            10,
            params![res: 0, fd1: 5, fd2: 6, ino: 9, flags: CLOEXEC],
        )
        .call(
            "fcntl",
            10,
            params![res: 7, fd: 3, cmd: F_DUPFD_CLOEXEC, arg: 7],
        )
        .call(
            "memfd_create",
            10,
            params![fd: 8, name: "m", flags: MFD_CLOEXEC],
        )
        .call("dup", 10, params![res: 9, oldfd: 4])
        // One end of the pipe is kept, the file that was found is not.
        .call("fcntl", 10, params![res: 0, fd: 5, cmd: F_SETFD, arg: 0])
        .call("fcntl", 10, params![res: 0, fd: 3, cmd: F_SETFD, arg: 1]);
    story.check(&[("proc.fdopencount", "7")]);
    story
        .call("execve", 10, exec(10, 1))
        .check(&[("proc.fdopencount", "2")]);
}

#[test]
fn kinds_are_those_of_their_calls() {
    for (call, kind) in [
        ("eventfd2", "event"),
        ("signalfd4", "signalfd"),
        ("timerfd_create", "timerfd"),
        ("inotify_init1", "inotify"),
        ("epoll_create1", "eventpoll"),
        ("io_uring_setup", "io_uring"),
        ("userfaultfd", "userfaultfd"),
    ] {
        let story = shell().call(call, 10, params![res: 6]);
        story.check(&[("fd.type", kind)]);
    }
    let story = shell().call("pidfd_open", 10, params![fd: 6, pid: 1, flags: 0]);
    story.check(&[("fd.type", "pidfd"), ("fd.name", "/proc/1")]);
}

#[test]
fn a_descriptor_of_another_process_is_fetched() {
    let story = shell()
        .call("clone", 10, birth(20, (10, 10, 1), 0))
        .call("pidfd_open", 20, params![fd: 6, pid: 10, flags: 0])
        .call(
            "pidfd_getfd",
            20,
            params![fd: 8, pid_fd: 6, target_fd: 3, flags: 0],
        )
        .call("close", 20, params![res: 0, fd: 8]);
    story.check(&[("fd.name", "/etc/hosts")]);
}

#[test]
fn a_child_has_copies() {
    let story = shell()
        .call("clone", 10, birth(20, (10, 10, 1), 0))
        .call("close", 10, params![res: 0, fd: 3])
        .call("close", 20, params![res: -9, fd: 9]);
    story.check(&[("proc.fdopencount", "1")]);
}

#[test]
fn a_range_is_closed_or_marked() {
    let close =
        |first: i64, last: i64, flags: i64| params![res: 0, first: first, last: last, flags: flags];
    let asked = || params![res: 0, fd: 3];
    let gone = shell().call("close_range", 10, close(3, 1 << 20, 0));
    // Rules still see what is closed.
    gone.check(&[("proc.fdopencount", "1")]);
    gone.call("close", 10, asked()).check(&[("fd.name", "")]);
    let kept = shell().call("close_range", 10, close(4, 1 << 20, 0));
    kept.call("close", 10, asked())
        .check(&[("fd.name", "/etc/hosts")]);
    let marked = shell().call("close_range", 10, close(0, 1 << 20, 4));
    let marked = marked.call("execve", 10, exec(10, 1));
    marked.check(&[("proc.fdopencount", "0")]);
}

#[test]
fn a_copy_of_what_is_not_known_is_about_the_old_descriptor() {
    let copied = params![res: 3, oldfd: 9, newfd: 3];
    shell().call("dup2", 10, copied).check(&[
        ("fd.num", "9"),
        ("fd.name", ""),
        ("fd.type", "(absent)"),
        ("fd.typechar", "o"),
        ("fd.dev", "(absent)"),
        ("fd.ino", "(absent)"),
        ("fd.name_changed", "(absent)"),
    ]);
}

#[test]
fn devices_of_captures_are_those_of_stat() {
    let opened = params![fd: 5, name: "/x", flags: 1, mode: 0, dev: 0xfe03, ino: 7];
    shell().call("open", 10, opened).check(&[
        ("fd.dev", "65027"),
        ("fd.dev.major", "254"),
        ("fd.dev.minor", "3"),
        ("fd.name_changed", "true"),
        ("fd.filename", "x"),
    ]);
    let root = params![fd: 5, name: "/", flags: 1, mode: 0];
    shell()
        .call("open", 10, root)
        .check(&[("fd.filename", "/")]);
}
