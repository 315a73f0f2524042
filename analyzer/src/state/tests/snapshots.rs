//! Snapshots against events: what is younger stays, what is older comes again to the same result.

use falco_format::Tid;

use super::*;
use crate::state::testing::tuple_v4;

const T: u64 = 1_000_000_000;

fn seen_process(story: Story, at: u64, pid: u32, comm: &str) -> Story {
    story.seen_at(
        at,
        "state_thread",
        process(pid),
        params![ptid: 1, comm: comm, argv: format!("{comm}\0").into_bytes(), trusted_exepath: format!("/bin/{comm}").as_str(), cwd: "/", uid: 0, files_owner: i64::from(pid)],
    )
}

fn seen_fd(story: Story, at: u64, pid: u32, fd: i64, name: &str) -> Story {
    story.seen_at(
        at,
        "state_fd",
        process(pid),
        params![fd: fd, name: name, flags: 0, mode: 0o100_644],
    )
}

fn begin(story: Story, at: u64) -> Story {
    story.seen_at(at, "state_host", process(0), params![hostname: "node"])
}

fn complete(story: Story, at: u64) -> Story {
    story.seen_at(at, "state_complete", process(0), params![threads: 1])
}

fn event(story: Story, at: u64, name: &str, params: Vec<(&str, Param)>) -> Story {
    story.event_at(at, name, process(20), params)
}

fn open_at(story: Story, at: u64, fd: i64, name: &str) -> Story {
    event(
        story,
        at,
        "openat",
        params![fd: fd, dirfd: -100, name: name, flags: 0],
    )
}

#[test]
fn a_start_in_ticks_is_the_exact_one() {
    let odd = Actor {
        start: 123_456_789,
        ..process(20)
    };
    let story = begin(Story::new(), T).seen_at(
        T,
        "state_thread",
        odd,
        params![ptid: 1, comm: "sshd", argv: "sshd\0-D\0", cwd: "/root"],
    );
    let story = story.event(
        "openat",
        odd,
        params![fd: 3, dirfd: -100, name: "x", flags: 0],
    );
    story.check(&[
        ("proc.cmdline", "sshd -D"),
        ("fd.name", "/root/x"),
        ("evt.hostname", "node"),
    ]);
    let state = story.state();
    assert_eq!(
        state.thread(Tid(20), odd.start).map(|t| t.start),
        Some(odd.start)
    );
    assert_eq!(state.counters().threads_unknown, 0);
}

#[test]
fn events_that_the_snapshot_already_saw_lead_to_the_same_state() {
    // 7 was opened, closed and opened again before the snapshot looked.
    let story = seen_process(begin(Story::new(), T + 100), T + 100, 20, "cat");
    let story = complete(seen_fd(story, T + 100, 20, 7, "/b"), T + 200);
    let story = open_at(story, T + 50, 7, "/a");
    let story = event(story, T + 60, "close", params![res: 0, fd: 7]);
    let story = open_at(story, T + 70, 7, "/b");
    assert_eq!(fds(&story, process(20)), "7:/b");
    assert_eq!(story.state().counters().closes_settled, 0);
    let story = event(story, T + 300, "close", params![res: 0, fd: 7]);
    assert_eq!(fds(&story, process(20)), "");
}

#[test]
fn a_close_before_the_snapshot_looked_takes_nothing_away() {
    let story = seen_process(begin(Story::new(), T + 100), T + 100, 20, "cat");
    let story = seen_fd(story, T + 100, 20, 7, "/b");
    let story = event(story, T + 60, "close", params![res: 0, fd: 7]);
    assert_eq!(fds(&story, process(20)), "7:/b");
}

#[test]
fn a_birth_keeps_what_the_snapshot_found_of_the_child() {
    let story = seen_process(begin(Story::new(), T + 100), T + 100, 10, "sh");
    let story = seen_fd(story, T + 100, 10, 9, "/later");
    let story = story.seen_at(
        T + 100,
        "state_thread",
        process(20),
        params![ptid: 10, comm: "sh", argv: "sh\0", cwd: "/", files_owner: 20],
    );
    let story = seen_fd(story, T + 100, 20, 0, "/dev/tty");
    let story = story.event_at(
        T + 50,
        "procfork",
        process(20),
        params![ptid: 10, parent_tid: 10, parent_pid: 10, parent_start: 10_000_000, flags: 0],
    );
    assert_eq!(fds(&story, process(20)), "0:/dev/tty");
    open_at(story, T + 150, 3, "/x").check(&[("proc.pname", "sh"), ("proc.ppid", "10")]);
}

#[test]
fn a_later_snapshot_brings_nothing_back() {
    let story = seen_process(begin(Story::new(), T), T, 20, "cat");
    let story = open_at(story, T + 10, 3, "/a");
    let story = open_at(story, T + 11, 4, "/b");
    let story = event(story, T + 30, "close", params![res: 0, fd: 3]);
    let other = process(30);
    let story = story.event_at(
        T + 31,
        "openat",
        other,
        params![fd: 3, dirfd: -100, name: "/x", flags: 0],
    );
    let story = story.event_at(
        T + 40,
        "procexit",
        other,
        params![status: 0, threads_live: 0],
    );
    // The snapshot looked before the close and the end, and stands after them.
    let story = begin(story, T + 20);
    let story = seen_process(story, T + 20, 20, "dog");
    let story = seen_fd(story, T + 20, 20, 3, "/a");
    let story = seen_fd(story, T + 20, 20, 4, "/proc/says");
    let story = complete(seen_process(story, T + 32, 30, "gone"), T + 33);
    assert_eq!(fds(&story, process(20)), "4:/proc/says");
    assert_eq!(story.state().tids(), [Tid(20)]);
    open_at(story, T + 50, 5, "/c").check(&[("proc.name", "cat")]);
}

#[test]
fn threads_share_the_table_that_the_row_names() {
    let story = seen_process(begin(Story::new(), T), T, 20, "java");
    let story = story.seen_at(
        T,
        "state_thread",
        thread(21, 20),
        params![ptid: 1, comm: "gc", argv: "java\0", files_owner: 20],
    );
    let story = complete(seen_fd(story, T, 20, 3, "/a"), T);
    let story = story.event("close", thread(21, 20), params![res: 0, fd: 3]);
    story.check(&[
        ("fd.name", "/a"),
        ("proc.name", "gc"),
        ("proc.nthreads", "2"),
    ]);
    assert_eq!(fds(&story, process(20)), "");
}

#[test]
fn sockets_of_the_snapshot_serve_if_the_host_listens_there() {
    let check = |port: i64, name: &str, server: &str, server_port: &str| {
        let story = seen_process(begin(Story::new(), T), T, 20, "sshd");
        let story = story.seen_at(
            T,
            "state_fd",
            process(20),
            params![fd: 3, name: "socket:[7]", mode: 0o140_777, tuple: tuple_v4(6, ([10, 0, 0, 5], 22), ([10, 0, 0, 9], 50000))],
        );
        let story = story.seen_at(
            T,
            "state_listen",
            process(0),
            params![protocol: 6, address: vec![0; 4], port: port],
        );
        let story = complete(story, T);
        let story = event(story, T + 1, "close", params![res: 0, fd: 3]);
        story.check(&[
            ("fd.name", name),
            ("fd.is_server", server),
            ("fd.sport", server_port),
        ]);
    };
    check(22, "10.0.0.9:50000->10.0.0.5:22", "true", "22");
    check(23, "10.0.0.5:22->10.0.0.9:50000", "false", "50000");
}

#[test]
fn links_of_proc_have_their_kinds() {
    let check = |name: &str, mode: i64, kind: &str| {
        let story = seen_process(begin(Story::new(), T), T, 20, "x");
        let story = story.seen_at(
            T,
            "state_fd",
            process(20),
            params![fd: 3, name: name, mode: mode],
        );
        let story = event(complete(story, T), T + 1, "close", params![res: 0, fd: 3]);
        story.check(&[("fd.type", kind), ("fd.name", name)]);
    };
    check("/etc/passwd", 0o100_644, "file");
    check("/dev/null", 0o020_666, "file");
    check("/root", 0o040_700, "directory");
    check("pipe:[123]", 0o010_600, "pipe");
    check("anon_inode:[eventpoll]", 0o600, "eventpoll");
    check("anon_inode:[eventfd]", 0o600, "event");
    check("anon_inode:inotify", 0o600, "inotify");
    check("anon_inode:bpf-map", 0o600, "bpf");
    check("anon_inode:[pidfd]", 0o600, "pidfd");
}

#[test]
fn sockets_of_the_snapshot_have_their_kinds() {
    let check = |tuple: &[u8], expected: &[(&str, &str)]| {
        let story = seen_process(begin(Story::new(), T), T, 20, "x");
        let story = story.seen_at(
            T,
            "state_fd",
            process(20),
            params![fd: 3, name: "socket:[7]", mode: 0o140_777, tuple: tuple.to_vec()],
        );
        let story = event(complete(story, T), T + 1, "close", params![res: 0, fd: 3]);
        story.check(expected);
    };
    check(&[16, 0, 7, 3], &[("fd.type", "netlink"), ("fd.name", "")]);
    check(&[17, 3, 7, 3], &[("fd.typechar", "o"), ("fd.name", "")]);
    let mut udp = vec![10, 17, 7, 2];
    udp.resize(40, 0);
    check(&udp, &[("fd.type", "ipv6"), ("fd.name", "")]);
    let mut unix = vec![1, 0, 10, 1];
    unix.extend(7_u64.to_le_bytes());
    unix.extend(0_u64.to_le_bytes());
    unix.extend(b"/run/l");
    check(&unix, &[("fd.type", "unix"), ("fd.name", "/run/l")]);
}
