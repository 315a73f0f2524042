//! Users, capabilities, sessions, limits, memory.

use falco_format::Tid;

use super::shell;
use crate::state::testing::params;

#[test]
fn ids_are_those_that_were_asked_for() {
    let story = shell()
        .call("setresuid", 10, params![res: 0, ruid: 1, euid: 2, suid: 3])
        .call("setgid", 10, params![res: 0, gid: 7])
        .call("setuid", 10, params![res: -1, uid: 0]);
    story.check(&[("user.uid", "2"), ("group.gid", "7")]);
}

#[test]
fn accounts_come_and_go() {
    let asks = || params![res: -9, fd: 9];
    let added = params![uid: 1000, gid: 1000, name: "me", home: "/home/me", shell: "/bin/sh", container_id: ""];
    let story = shell()
        .call("useradded", 10, added)
        .call(
            "groupadded",
            10,
            params![gid: 1000, name: "us", container_id: ""],
        )
        .call("close", 10, asks());
    story.check(&[
        ("user.name", "me"),
        ("user.homedir", "/home/me"),
        ("group.name", "us"),
    ]);
    let story = story
        .call("userdeleted", 10, params![uid: 1000, container_id: ""])
        .call("close", 10, asks());
    story.check(&[("user.name", "<NA>"), ("group.name", "us")]);
}

#[test]
fn a_user_namespace_brings_every_capability() {
    const NEWUSER: i64 = 0x10_0000;
    const NEWNET: i64 = 0x10;
    let story = shell().call(
        "capset",
        10,
        params![res: 0, cap_inheritable: 0, cap_permitted: 1, cap_effective: 1],
    );
    story.check(&[("thread.cap_effective", "CAP_CHOWN")]);
    let story = story.call("unshare", 10, params![res: 0, flags: NEWNET]);
    story.check(&[("thread.cap_effective", "CAP_CHOWN")]);
    let story = story.call("unshare", 10, params![res: 0, flags: NEWUSER]);
    let state = story.state();
    let thread = state.thread_of_tid(Tid(10)).expect("known");
    assert_eq!(thread.credentials.cap_permitted, Some((1 << 41) - 1));
}

#[test]
fn sessions_and_limits_are_followed() {
    const NOFILE: i64 = 7;
    let story = shell()
        .call("setsid", 10, params![res: 10])
        .call(
            "prlimit",
            1,
            params![res: 0, newcur: 99, newmax: 99, pid: 10, resource: NOFILE],
        )
        .call("close", 10, params![res: -9, fd: 9]);
    story.check(&[("proc.sid", "10"), ("proc.fdlimit", "99")]);
    let story = story
        .call(
            "setrlimit",
            10,
            params![res: 0, cur: 50, max: 50, resource: NOFILE],
        )
        .call(
            "prlimit",
            10,
            params![res: 0, newcur: -1, pid: 0, resource: NOFILE],
        )
        .call("close", 10, params![res: -9, fd: 9]);
    story.check(&[("proc.fdlimit", "50")]);
}

#[test]
fn memory_is_what_the_last_event_said() {
    let switched = params![next: 5, pgft_maj: 1, pgft_min: 2, vm_size: 11, vm_rss: 12, vm_swap: 13];
    let story = shell().call("switch", 10, switched);
    story.check(&[
        ("thread.pfminor", "2"),
        ("proc.vmsize", "11"),
        ("proc.vmrss", "12"),
        ("proc.vmswap", "13"),
    ]);
    let mapped = params![res: 0, vm_size: 21, vm_rss: 22, vm_swap: 23];
    let story = story.call("munmap", 10, mapped);
    story.check(&[("proc.vmsize", "21"), ("proc.vmswap", "23")]);
}

#[test]
fn minus_one_keeps_an_id() {
    let kept = i64::from(u32::MAX);
    let check = |name, params, uid: &str, gid: &str| {
        let expected = [("user.uid", uid), ("group.gid", gid)];
        shell().call(name, 10, params).check(&expected);
    };
    check(
        "setresuid",
        params![res: 0, ruid: 5, euid: kept, suid: 7],
        "1000",
        "1000",
    );
    check(
        "setresuid",
        params![res: 0, ruid: kept, euid: 6, suid: kept],
        "6",
        "1000",
    );
    check(
        "setreuid",
        params![res: 0, ruid: kept, euid: kept],
        "1000",
        "1000",
    );
    check(
        "setresgid",
        params![res: 0, rgid: 5, egid: kept, sgid: 7],
        "1000",
        "1000",
    );
    check(
        "setregid",
        params![res: 0, rgid: kept, egid: 6],
        "1000",
        "6",
    );
}
