//! Descriptors: opened, duplicated, inherited, closed, and the races between.

use super::*;

const SHARED: i64 = 0x200 | 0x400 | 0x1_0000;
const O_CLOEXEC: i64 = 0o2_000_000;
const F_DUPFD: i64 = 0;
const F_SETFD: i64 = 2;

#[test]
fn an_open_is_there_for_its_own_event_and_a_close_until_after_it() {
    let story = open(Story::new(), process(20), 3, "/etc/passwd");
    story.check(&[
        ("fd.num", "3"),
        ("fd.name", "/etc/passwd"),
        ("fd.directory", "/etc"),
        ("fd.filename", "passwd"),
        ("fd.type", "file"),
        ("fd.typechar", "f"),
        ("evt.is_open_read", "true"),
        ("evt.is_open_write", "false"),
    ]);
    let story = close(story, process(20), 3);
    story.check(&[("fd.name", "/etc/passwd"), ("evt.category", "file")]);
    assert_eq!(fds(&story, process(20)), "");
}

#[test]
fn an_open_that_fails_has_the_asked_name_and_no_type() {
    let story = open_with(Story::new(), process(20), -2, "/etc/none", 1);
    story.check(&[
        ("fd.num", "-1"),
        ("fd.uid", "20-1"),
        ("fd.name", "/etc/none"),
        ("fd.directory", "/etc"),
        ("fd.typechar", "f"),
        ("fd.type", "(absent)"),
        ("fd.filename", "(absent)"),
        ("evt.res", "ENOENT"),
        ("evt.is_open_write", "true"),
        ("fs.path.name", "/etc/none"),
    ]);
}

#[test]
fn an_unknown_descriptor_is_what_falco_makes_of_it() {
    let story = close(Story::new(), process(20), 9);
    story.check(&[
        ("fd.num", "9"),
        ("fd.name", ""),
        ("fd.directory", "/"),
        ("fd.typechar", "o"),
        ("fd.type", "(absent)"),
        ("evt.category", "unknown"),
        ("evt.args", "res=0 fd=9"),
    ]);
}

#[test]
fn names_are_resolved_against_directory_descriptors() {
    let story = open_with(Story::new(), process(20), 3, "/srv/www/", 0o200_000);
    story.check(&[("fd.type", "directory"), ("fd.directory", "/srv/www")]);
    let at = |story: Story, dirfd: i64| {
        story.event(
            "openat",
            process(20),
            params![fd: 4, dirfd: dirfd, name: "../a", flags: 0, mode: 0],
        )
    };
    let known = at(story, 3);
    known.check(&[
        ("fd.name", "/srv/a"),
        ("fd.nameraw", "../a"),
        ("fs.path.name", "/srv/a"),
    ]);
    let unknown = open(Story::new(), process(20), 3, "/x").event(
        "openat",
        process(20),
        params![fd: 4, dirfd: 77, name: "a", flags: 0, mode: 0],
    );
    unknown.check(&[("fd.name", "<UNKNOWN>a")]);
}

#[test]
fn duplicates_stand_for_the_same_file() {
    let story = open(Story::new(), process(20), 3, "/tmp/a");
    let story = story.event("dup", process(20), params![res: 4, oldfd: 3]);
    story.check(&[
        ("fd.num", "4"),
        ("fd.name", "/tmp/a"),
        ("evt.args", "res=4(<f>/tmp/a) oldfd=3(<f>/tmp/a)"),
    ]);
    let story = open(story, process(20), 5, "/tmp/b");
    let story = story.event("dup2", process(20), params![res: 5, oldfd: 3, newfd: 5]);
    let story = story.event(
        "fcntl",
        process(20),
        params![res: 10, fd: 5, cmd: F_DUPFD, arg: 10],
    );
    story.check(&[("fd.num", "10"), ("evt.arg.res", "<f>/tmp/a")]);
    let story = close(story, process(20), 3);
    assert_eq!(fds(&story, process(20)), "4:/tmp/a 5:/tmp/a 10:/tmp/a");
    // What cannot be known replaces what was known.
    let story = story.event("dup2", process(20), params![res: 4, oldfd: 99, newfd: 4]);
    assert_eq!(fds(&story, process(20)), "5:/tmp/a 10:/tmp/a");
}

#[test]
fn exec_closes_what_was_marked() {
    let story = open_with(Story::new(), process(20), 3, "/a", O_CLOEXEC);
    let story = open(story, process(20), 4, "/b");
    let story = open(story, process(20), 5, "/c");
    let story = story.event(
        "fcntl",
        process(20),
        params![res: 0, fd: 5, cmd: F_SETFD, arg: 1],
    );
    let story = story.event(
        "dup3",
        process(20),
        params![res: 6, oldfd: 4, newfd: 6, flags: O_CLOEXEC],
    );
    let story = exec(story, process(20), "/bin/x", "x\0");
    assert_eq!(fds(&story, process(20)), "4:/b");
}

#[test]
fn a_forked_table_is_a_copy_and_a_shared_one_is_not() {
    let story = open(Story::new(), process(20), 3, "/a");
    let story = born(story, process(20), process(30), 0);
    let story = born(story, process(20), thread(21, 20), SHARED);
    let story = open(story, thread(21, 20), 4, "/b");
    let story = close(story, process(30), 3);
    assert_eq!(fds(&story, process(20)), "3:/a 4:/b");
    assert_eq!(fds(&story, process(30)), "");
    let story = story.event("unshare", thread(21, 20), params![res: 0, flags: 0x400]);
    let story = close(story, thread(21, 20), 3);
    assert_eq!(fds(&story, process(20)), "3:/a 4:/b");
    assert_eq!(fds(&story, thread(21, 20)), "4:/b");
}

#[test]
fn an_open_onto_a_number_in_use_owes_one_close() {
    let story = open(Story::new(), process(20), 3, "/a");
    let story = born(story, process(20), thread(21, 20), SHARED);
    // 20 closes 3, which is free at once; 21 opens it and returns first.
    let story = open(story, thread(21, 20), 3, "/b");
    let story = close(story, process(20), 3);
    assert_eq!(fds(&story, process(20)), "3:/b");
    assert_eq!(story.state().counters().closes_settled, 1);
    let story = close(story, process(20), 3);
    assert_eq!(fds(&story, process(20)), "");
}

#[test]
fn a_single_thread_owes_nothing() {
    // No other thread could have been late: the close of /a was not seen.
    let story = open(Story::new(), process(20), 3, "/a");
    let story = open(story, process(20), 3, "/b");
    let story = close(story, process(20), 3);
    assert_eq!(fds(&story, process(20)), "");
    assert_eq!(story.state().counters().fds_overwritten, 1);
}

#[test]
fn ranges_close_and_mark() {
    let mut story = Story::new();
    for fd in 3..8 {
        story = open(story, process(20), fd, &format!("/{fd}"));
    }
    let story = story.event(
        "close_range",
        process(20),
        params![res: 0, first: 5, last: 6, flags: 0],
    );
    let story = story.event(
        "close_range",
        process(20),
        params![res: 0, first: 7, last: 0xffff_ffff, flags: 4],
    );
    assert_eq!(fds(&story, process(20)), "3:/3 4:/4 7:/7");
    let story = exec(story, process(20), "/bin/x", "x\0");
    assert_eq!(fds(&story, process(20)), "3:/3 4:/4");
}

#[test]
fn every_kind_has_its_type() {
    let check = |name: &str, params: Vec<(&str, Param)>, kind: &str, letter: &str| {
        let story = Story::new().event(name, process(20), params);
        story.check(&[("fd.type", kind), ("fd.typechar", letter), ("fd.num", "4")]);
    };
    let pair = || params![res: 0, fd1: 3, fd2: 4];
    let result = || params![res: 4];
    let fd = || params![fd: 4];
    check("pipe", pair(), "pipe", "p");
    check("pipe2", pair(), "pipe", "p");
    check("eventfd2", result(), "event", "e");
    check("signalfd4", params![res: 4, fd: -1], "signalfd", "s");
    check("timerfd_create", result(), "timerfd", "t");
    check("inotify_init1", result(), "inotify", "i");
    check("epoll_create1", result(), "eventpoll", "l");
    check("memfd_create", fd(), "memfd", "m");
    check("io_uring_setup", result(), "io_uring", "r");
    check("userfaultfd", result(), "userfaultfd", "u");
    check("bpf", params![fd: 4, cmd: 5], "bpf", "b");
    check("pidfd_open", params![fd: 4, pid: 1], "pidfd", "P");
    check("socketpair", pair(), "unix", "u");
    check("socket", params![fd: 4, domain: 16], "netlink", "n");
}

#[test]
fn a_descriptor_is_taken_from_another_process() {
    let story = open(Story::new(), process(30), 7, "/tmp/x");
    let story = story.event("pidfd_open", process(20), params![fd: 3, pid: 30, flags: 0]);
    let story = story.event(
        "pidfd_getfd",
        process(20),
        params![fd: 4, pid_fd: 3, target_fd: 7, flags: 0],
    );
    story.check(&[("fd.name", "/tmp/x"), ("fd.type", "file")]);
}

#[test]
fn directories_follow_chdir_fchdir_and_getcwd() {
    let story = open_with(Story::new(), process(20), 3, "/srv/www", 0o200_000);
    let story = story.event("chdir", process(20), params![res: 0, path: "/tmp/a/"]);
    story.check(&[("proc.cwd", "/tmp/a/")]);
    let story = story.event("chdir", process(20), params![res: -2, path: "/none"]);
    story.check(&[("proc.cwd", "/tmp/a/")]);
    let story = story.event("chdir", process(20), params![res: 0, path: "../b"]);
    story.check(&[("proc.cwd", "/tmp/b/")]);
    let story = story.event("fchdir", process(20), params![res: 0, fd: 3]);
    story.check(&[("proc.cwd", "/srv/www/")]);
    let story = story.event("getcwd", process(20), params![res: 5, path: "/var"]);
    story.check(&[("proc.cwd", "/var/")]);
}

#[test]
fn an_empty_path_names_no_file() {
    let story = Story::new().event("chdir", process(20), params![res: 0, path: "/tmp/agent"]);
    let check = |story: Story| {
        story.check(&[
            ("fd.name", ""),
            ("fd.directory", "/"),
            ("fs.path.name", ""),
            ("evt.abspath", ""),
            ("evt.res", "ENOENT"),
        ]);
    };
    let story = story.event(
        "open",
        process(20),
        params![fd: -2, name: "", flags: 0, mode: 0],
    );
    let beside = story.event(
        "openat",
        process(20),
        params![fd: -2, dirfd: -100, name: "", flags: 0, mode: 0],
    );
    check(beside);
}

#[test]
fn a_descriptor_of_a_process_is_named_after_it() {
    let story = Story::new().event("pidfd_open", process(20), params![fd: 4, pid: 77, flags: 0]);
    story.check(&[
        ("fd.name", "/proc/77"),
        ("fd.typechar", "P"),
        ("fd.name_changed", "true"),
        ("evt.args", "fd=4(<P>/proc/77) pid=77 flags=0"),
    ]);
}
