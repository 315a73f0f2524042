//! What Falco says of descriptors that were not made or never seen, of results without a name, of threads of reports.
//!
//! Falco's captures in the reference have few such events. Where they have none, the values are those that Debian's
//! reader of 2022 (sysdig 0.29.3) prints of the same bytes, or what live Falco was seen to say.

use falco_format::Tid;

use crate::state::testing::falco::{address_v4, pair_v4};
use crate::state::testing::{Param, Story, params, process};

/// A thread of a capture of Falco's, with a file at 3.
fn falco() -> Story {
    Story::falco()
        .found(
            "state_thread",
            (20, 20),
            params![ptid: 1, sid: 20, vpgid: 20, comm: "agent", exe: "agent", trusted_exepath: "/usr/bin/agent", cwd: "/tmp/", uid: 0, gid: 0],
        )
        .call(
            "openat",
            20,
            params![fd: 3, dirfd: -100, name: "/tmp/x", flags: 1, mode: 0, dev: 0xfe00, ino: 7],
        )
}

/// The same in a recording.
fn native() -> Story {
    Story::new().event(
        "openat",
        process(20),
        params![fd: 3, dirfd: -100, name: "/tmp/x", flags: 0, mode: 0],
    )
}

/// What an event says of its descriptor, in both dialects where both have its parameters.
#[track_caller]
fn check(name: &str, params: Vec<(&str, Param)>, [number, kind, type_char, path]: [&str; 4]) {
    let expected = [
        ("fd.num", number),
        ("fd.type", kind),
        ("fd.typechar", type_char),
        ("fd.name", path),
    ];
    falco().call(name, 20, params.clone()).check(&expected);
    if falco_abi::event_by_name(name).is_some() {
        native().event(name, process(20), params).check(&expected);
    }
}

#[test]
fn an_accept_that_failed_has_the_name_of_no_ends() {
    for name in ["accept", "accept4"] {
        check(name, params![fd: -11], ["-1", "(absent)", "4", "NULL"]);
        falco().call(name, 20, params![fd: -11]).check(&[
            ("fd.nameraw", "NULL"),
            ("fd.directory", "/"),
            ("fd.filename", "(absent)"),
            ("fd.containername", ":NULL"),
        ]);
    }
}

#[test]
fn a_pair_that_was_not_made_is_no_descriptor() {
    for name in ["pipe", "pipe2"] {
        let refused = params![res: -24, fd1: 3, fd2: 3];
        check(name, refused, ["-1", "(absent)", "p", ""]);
    }
    let refused = params![res: -24, fd1: 3, fd2: 3];
    check("socketpair", refused, ["-1", "(absent)", "o", ""]);
}

#[test]
fn a_copy_that_was_not_made_is_about_what_was_to_be_copied() {
    const FILE: [&str; 4] = ["3", "file", "f", "/tmp/x"];
    check("dup", params![res: -24, oldfd: 3], FILE);
    check("dup2", params![res: -9, oldfd: 3, newfd: -5], FILE);
    check(
        "dup3",
        params![res: -22, oldfd: 3, newfd: 3, flags: 0],
        FILE,
    );
}

#[test]
fn a_copy_of_what_was_never_seen_is_about_that() {
    const UNSEEN: [&str; 4] = ["88", "(absent)", "o", ""];
    // That the number of the copy is known as something else changes nothing.
    check("dup", params![res: 3, oldfd: 88], UNSEEN);
    check("dup2", params![res: 3, oldfd: 88, newfd: 3], UNSEEN);
    check(
        "dup3",
        params![res: 3, oldfd: 88, newfd: 3, flags: 0],
        UNSEEN,
    );
    check("dup", params![res: -9, oldfd: 88], UNSEEN);
    const FALCOS_DUPFD: i64 = 1;
    let copy = params![res: 3, fd: 88, cmd: FALCOS_DUPFD, arg: 0];
    falco().call("fcntl", 20, copy).check(&[
        ("fd.num", "88"),
        ("fd.type", "(absent)"),
        ("fd.typechar", "o"),
    ]);
}

#[test]
fn a_descriptor_that_no_call_told_of_has_its_number_and_no_type() {
    const UNSEEN: [&str; 4] = ["88", "(absent)", "o", ""];
    check("close", params![res: -9, fd: 88], UNSEEN);
    check("read", params![res: 0, fd: 88, size: 1], UNSEEN);
    for (name, param) in [
        ("fstat", "fd"),
        ("splice", "fd_in"),
        ("sendfile", "out_fd"),
        ("copy_file_range", "fdout"),
        ("newfstatat", "dirfd"),
    ] {
        let params = vec![("res", Param::from(0)), (param, Param::from(88))];
        check(name, params, UNSEEN);
    }
}

#[test]
fn what_was_taken_from_a_descriptor_never_seen_is_none() {
    falco()
        .call(
            "pidfd_getfd",
            20,
            params![fd: 9, pid_fd: 88, target_fd: 1, flags: 0],
        )
        .check(&[("fd.num", "-1"), ("fd.typechar", "o"), ("fd.name", "")]);
}

#[test]
fn calls_without_a_parameter_for_the_result_return_their_id() {
    let check = |name: &str, param: &str, id: i64, [raw, result, failed]: [&str; 3]| {
        falco()
            .call(name, 20, vec![(param, Param::from(id))])
            .check(&[
                ("evt.rawres", raw),
                ("evt.res", result),
                ("evt.failed", failed),
            ]);
    };
    const FINE: [&str; 3] = ["0", "SUCCESS", "false"];
    check("geteuid", "euid", 0, FINE);
    check("getuid", "uid", 0, FINE);
    check("getegid", "egid", 0, FINE);
    check("getgid", "gid", 0, FINE);
    check("geteuid", "euid", 1000, ["1000", "SUCCESS", "false"]);
}

#[test]
fn a_report_has_the_thread_that_made_it_where_that_is_known() {
    let reports = [
        ("scapevent", params![event_type: 5, event_data: 0]),
        ("drop", params![ratio: 5]),
        ("cpu_hotplug", params![cpu: 1, action: 0]),
    ];
    for (name, params) in reports {
        falco()
            .call(name, 20, params.clone())
            .check(&[("proc.pid", "20"), ("proc.name", "agent")]);
        let unknown = falco().call(name, 21, params);
        unknown.check(&[("thread.tid", "21"), ("proc.pid", "(absent)")]);
        assert!(unknown.state().thread_of_tid(Tid(21)).is_none(), "{name}");
    }
}

#[test]
fn an_exec_that_carries_no_path_keeps_the_one_that_was_known() {
    // The reference has such execs only where no path was known before: there it is empty.
    falco()
        .call(
            "execve",
            20,
            params![res: 0, exe: "/bin/old", tid: 20, pid: 20, ptid: 1, comm: "old"],
        )
        .check(&[("proc.exe", "/bin/old"), ("proc.exepath", "/usr/bin/agent")]);
}

#[test]
fn a_connect_on_what_was_never_seen_names_nothing() {
    let tuple = pair_v4(([127, 0, 0, 1], 1000), ([127, 0, 0, 1], 80));
    let address = address_v4([127, 0, 0, 1], 80);
    falco()
        .call(
            "connect",
            20,
            params![res: -111, tuple: tuple, fd: 88, addr: address],
        )
        .check(&[("fd.num", "88"), ("fd.typechar", "o")]);
}
