//! Numbers of pid namespaces: what a program inside one gives or is told is not a number of the host.

use super::*;

/// A process of the host, and two of a namespace of their own: its init, which leads a session of number 1, and another with the host process's number.
fn two_namespaces() -> Story {
    let born = |story: Story, tid: u32, own: [i64; 3], comm: &str| {
        let [ptid, number, pid_ns] = own;
        let about = params![
            ptid: ptid, vtid: number, vpid: number, pgid: i64::from(tid), vpgid: number, sid: 300, vsid: 1,
            pid_ns: pid_ns, comm: comm
        ];
        story.event("procfork", process(tid), about)
    };
    let story = born(Story::new(), 1, [0, 1, 1], "systemd");
    let story = born(story, 5, [1, 5, 1], "host");
    let story = born(story, 300, [1, 1, 77], "init");
    born(story, 305, [300, 5, 77], "inner")
}

#[test]
fn numbers_of_a_pid_namespace_are_names_of_that_namespace() {
    let kills = |story: Story, actor: u32, pid: i64| {
        story.event("kill", process(actor), params![res: 0, pid: pid, sig: 9])
    };
    let story = kills(two_namespaces(), 300, 5);
    story.check(&[("evt.arg.pid", "inner")]);
    let story = kills(story, 300, 305);
    story.check(&[("evt.arg.pid", "305")]);
    let story = kills(story, 5, 305);
    story.check(&[("evt.arg.pid", "inner")]);
}

#[test]
fn descriptors_come_from_the_process_that_is_meant() {
    let check = |actor: u32, number: i64, expected: &str| {
        let story = open(two_namespaces(), process(5), 3, "/of/host");
        let story = open(story, process(305), 3, "/of/inner");
        let story = story.event("pidfd_open", process(actor), params![fd: 8, pid: number]);
        let taken = params![fd: 9, pid_fd: 8, target_fd: 3];
        let story = story.event("pidfd_getfd", process(actor), taken);
        let story = story.event("read", process(actor), params![res: 1, fd: 9, size: 1]);
        story.check(&[("fd.name", expected)]);
    };
    check(300, 5, "/of/inner");
    check(1, 5, "/of/host");
    check(1, 305, "/of/inner");
    // Nobody inside goes by it.
    check(300, 305, "");
}

#[test]
fn limits_are_set_where_they_are_meant() {
    let check = |actor: u32, number: i64, limited: u32| {
        const RLIMIT_NOFILE: i64 = 7;
        for process_asked in [5, 305] {
            let limit = params![res: 0, pid: number, resource: RLIMIT_NOFILE, newcur: 44];
            let story = two_namespaces().event("prlimit", process(actor), limit);
            let story = open(story, process(process_asked), 3, "/x");
            let expected = if process_asked == limited {
                "44"
            } else {
                "(absent)"
            };
            story.check(&[("proc.fdlimit", expected)]);
        }
    };
    check(300, 5, 305);
    check(1, 5, 5);
    check(1, 305, 305);
    check(305, 0, 305);
    // Nobody inside goes by it.
    check(300, 305, 0);
}

#[test]
fn groups_of_a_namespace_are_not_named_by_the_host() {
    let check = |actor: u32, expected: &[(&str, &str)]| {
        open(two_namespaces(), process(actor), 3, "/x").check(expected);
    };
    // Number 1 is the namespace's init here, and somebody else on the host.
    check(
        305,
        &[
            ("proc.sid", "1"),
            ("proc.sname", "init"),
            ("proc.vpgid", "5"),
            ("proc.vpgid.name", "inner"),
        ],
    );
    check(305, &[("proc.pgid", "305"), ("proc.pgid.name", "inner")]);
    check(5, &[("proc.sname", "systemd"), ("proc.vpgid.name", "host")]);
}
