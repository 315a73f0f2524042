//! Results of calls, what failed of what, and processes around a call.

use crate::state::testing::{Story, params, process};

#[test]
fn failures_are_counted_by_what_they_are_about() {
    let check = |story: Story, about: &str| {
        for kind in ["file", "net", "memory", "other"] {
            let field = format!("evt.count.error.{kind}");
            let expected = if kind == about { "1" } else { "(absent)" };
            story.check(&[(&field, expected)]);
        }
        story.check(&[("evt.count.error", "1"), ("evt.count.exit", "1")]);
    };
    let call = |name, params| Story::new().event(name, process(20), params);
    check(
        call(
            "openat",
            params![fd: -2, dirfd: -100, name: "/x", flags: 0, mode: 0],
        ),
        "file",
    );
    check(call("connect", params![res: -111, fd: 9]), "net");
    check(
        call("socket", params![fd: -97, domain: 2, r#type: 1, proto: 0]),
        "other",
    );
    check(
        call("munmap", params![res: -22, addr: 0, length: 0]),
        "memory",
    );
    check(call("setuid", params![res: -1, uid: 0]), "other");
    call("setuid", params![res: 0, uid: 0]).check(&[
        ("evt.count.error.file", "(absent)"),
        ("evt.count.error.net", "(absent)"),
        ("evt.count.error.memory", "(absent)"),
        ("evt.count.error.other", "0"),
        ("evt.count.error", "0"),
        ("evt.count.exit", "1"),
    ]);
}

#[test]
fn writes_to_the_log_are_told() {
    let story = Story::new()
        .event(
            "socket",
            process(20),
            params![fd: 3, domain: 1, r#type: 2, proto: 0],
        )
        .event(
            "connect",
            process(20),
            params![res: 0, fd: 3, addr: "\u{1}\0/dev/log\0"],
        );
    let write = |story: Story, fd: i64| {
        story.event(
            "write",
            process(20),
            params![res: 2, data: "hi", fd: fd, size: 2],
        )
    };
    write(story, 3).check(&[
        ("evt.is_io", "true"),
        ("evt.is_io_write", "true"),
        ("evt.io_dir", "write"),
        ("evt.buffer", "hi"),
        ("evt.buflen", "2"),
        ("evt.is_syslog", "true"),
    ]);
    let story = Story::new().event(
        "openat",
        process(20),
        params![fd: 4, dirfd: -100, name: "/dev/null", flags: 1, mode: 0],
    );
    write(story, 4).check(&[("evt.is_syslog", "false")]);
}

#[test]
fn what_comes_from_lookups_says_so() {
    let story = Story::new().event(
        "container",
        process(1),
        params![json: r#"{"container":{"id":"3ad7b26ded6d"}}"#],
    );
    story.check(&[
        ("evt.is_async", "true"),
        ("evt.asynctype", "container"),
        ("evt.dir", ">"),
        ("syscall.type", "(absent)"),
        ("evt.pluginname", "(absent)"),
        ("evt.plugininfo", "(absent)"),
    ]);
}

#[test]
fn calls_have_ended_and_took_no_time() {
    let story = Story::new().event(
        "openat",
        process(20),
        params![fd: 3, dirfd: -100, name: "/x", flags: 0, mode: 0],
    );
    story.check(&[
        ("evt.dir", "<"),
        ("evt.is_async", "false"),
        ("evt.asynctype", "(absent)"),
        ("evt.rawtime.s", "1700000001"),
        ("evt.reltime.ns", "1000"),
        ("evt.deltatime.s", "(absent)"),
        ("evt.deltatime.ns", "(absent)"),
        ("evt.latency", "0"),
        ("evt.latency.s", "0"),
        ("evt.latency.ns", "0"),
        ("evt.latency.quantized", "0"),
        ("evt.count.procinfo", "0"),
        ("evt.count.threadinfo", "0"),
    ]);
}

#[test]
fn a_group_has_its_name() {
    let story = Story::new()
        .event("groupadded", process(1), params![gid: 33, name: "www"])
        .event(
            "execve",
            process(20),
            params![res: 0, filename: "/bin/id", argv: "id\0", comm: "id", uid: 33, gid: 33],
        );
    story.check(&[("group.gid", "33"), ("group.name", "www")]);
}

#[test]
fn a_process_has_its_surroundings() {
    let story = Story::new()
        .event(
            "execve",
            process(20),
            params![
                res: 0, filename: "/bin/bash", argv: "bash\0", comm: "bash", trusted_exepath: "/bin/bash",
                pgid: 20, vpgid: 20, sid: 20, fdlimit: 10, cap_inheritable: 1, pidns_init_start_ts: 1_000_000,
                exe_ino: 9, exe_ino_ctime: 1_700_000_000_500_000_000,
            ],
        )
        .event(
            "cgroup_attach_task",
            process(20),
            params![hierarchy: 0, path: "/user.slice", threadgroup: 1],
        )
        .event("procfork", process(21), params![ptid: 20, parent_tid: 20, parent_pid: 20, parent_start: 20_000_000, pgid: 20, pidns_init_start_ts: 1_000_000, cap_inheritable: 1])
        .event(
            "openat",
            process(21),
            params![fd: 3, dirfd: -100, name: "/x", flags: 0, mode: 0],
        );
    story.check(&[
        ("proc.loginshellid", "20"),
        ("proc.pgid.exe", "bash"),
        ("proc.pgid.exepath", "/bin/bash"),
        ("proc.pid.ts", "1700000000021000000"),
        ("proc.ppid.ts", "1700000000020000000"),
        ("proc.ppid.duration", "980004000"),
        ("proc.pidns_init_start_ts", "1700000000001000000"),
        ("proc.exe_ino.ctime", "1700000000500000000"),
        ("proc.exe_ino.ctime_duration_pidns_start", "499000000"),
        ("thread.cap_inheritable", "CAP_CHOWN"),
        ("thread.cgroup.unified", "(absent)"),
        ("thread.cgroups", "=/user.slice"),
    ]);
}
