//! What calls change of a thread beside its program and descriptors: session, root, capabilities, limits, what it shares; and sockets of other families.

use falco_format::Tid;

use super::*;

const SHELL: Actor = process(20);
const CLONE_FILES: i64 = 0x400;
const CLONE_FS: i64 = 0x200;

fn started() -> Story {
    shell(Story::new(), process(1), SHELL)
}

/// An event that tells nothing but who makes it.
fn asked(story: Story, actor: Actor) -> Story {
    story.event("close", actor, params![res: -9, fd: 99])
}

#[test]
fn a_session_is_begun_for_the_whole_process() {
    let story = started().event("setsid", SHELL, params![res: 20, sid: 20]);
    asked(story, SHELL).check(&[("proc.sid", "20"), ("proc.is_sid_leader", "true")]);
    let failed = started().event("setsid", SHELL, params![res: -1, sid: 7]);
    asked(failed, SHELL).check(&[("proc.is_sid_leader", "false")]);
}

#[test]
fn capabilities_are_those_after_the_call() {
    const CHOWN: i64 = 1;
    const KILL: i64 = 1 << 5;
    let sets =
        params![res: 0, cap_inheritable: 0, cap_permitted: CHOWN | KILL, cap_effective: KILL];
    let story = started().event("capset", SHELL, sets);
    story.check(&[
        ("thread.cap_permitted", "CAP_CHOWN CAP_KILL"),
        ("thread.cap_effective", "CAP_KILL"),
        ("thread.cap_inheritable", ""),
    ]);
    // A child has them too.
    let child = asked(born(story, SHELL, process(21), 0), process(21));
    child.check(&[("thread.cap_effective", "CAP_KILL")]);
}

#[test]
fn limits_are_set_by_the_process_and_by_others() {
    const NOFILE: i64 = 7;
    const STACK: i64 = 3;
    let set = |resource: i64, cur: i64| params![res: 0, resource: resource, cur: cur, max: cur];
    let story = started().event("setrlimit", SHELL, set(NOFILE, 64)).event(
        "setrlimit",
        SHELL,
        set(STACK, 9),
    );
    asked(story, SHELL).check(&[("proc.fdlimit", "64")]);
    let by_other = params![res: 0, pid: 20, resource: NOFILE, newcur: 128, newmax: 128];
    let read = params![res: 0, pid: 0, resource: NOFILE, oldcur: 7, oldmax: 7];
    let story = started()
        .event("prlimit", process(1), by_other)
        .event("prlimit", SHELL, read);
    asked(story, SHELL).check(&[("proc.fdlimit", "128")]);
}

#[test]
fn what_is_shared_is_shared_until_it_is_unshared() {
    let sibling = process(21);
    let shared = || {
        born(
            open(started(), SHELL, 3, "/a"),
            SHELL,
            sibling,
            CLONE_FILES | CLONE_FS,
        )
    };
    let story = close(shared(), sibling, 3);
    assert_eq!(fds(&story, SHELL), "");
    let story = shared().event(
        "unshare",
        sibling,
        params![res: 0, flags: CLONE_FILES | CLONE_FS],
    );
    let story = close(story, sibling, 3).event("chdir", sibling, params![res: 0, path: "/tmp"]);
    assert_eq!(fds(&story, SHELL), "3:/a");
    asked(story, SHELL).check(&[("proc.cwd", "./")]);
}

#[test]
fn the_parents_side_of_a_birth_changes_nothing() {
    for call in ["fork", "vfork", "clone", "clone3"] {
        let story = born(started(), SHELL, process(21), 0).event(call, SHELL, params![res: 21]);
        assert_eq!(story.state().tids(), [20, 21].map(Tid), "{call}");
        // Without its own side a child is not known.
        let story = started().event(call, SHELL, params![res: 21]);
        assert_eq!(story.state().tids(), [Tid(20)], "{call}");
    }
}

#[test]
fn a_file_opened_by_handle_has_the_kernels_path() {
    let opened = params![fd: 5, mountfd: 3, flags: 0, path: "/srv/x", dev: 8, ino: 9];
    let story = started().event("open_by_handle_at", SHELL, opened);
    story.check(&[("fd.name", "/srv/x"), ("fd.ino", "9"), ("fd.type", "file")]);
}

#[test]
fn what_an_open_found_is_kept() {
    const UPPER: i64 = 2;
    let opened =
        params![fd: 5, dirfd: -100, name: "/etc/new", flags: 0o101, opened: 1 | UPPER, ino: 9];
    started().event("openat", SHELL, opened).check(&[
        ("fd.is_upper_layer", "true"),
        ("fd.is_lower_layer", "false"),
    ]);
}

#[test]
fn a_pair_of_sockets_has_no_names() {
    let pair = params![res: 0, fd1: 5, fd2: 6, domain: 1, r#type: 1, proto: 0];
    let story = started().event("socketpair", SHELL, pair);
    assert_eq!(fds(&story, SHELL), "5: 6:");
    close(story, SHELL, 5).check(&[("fd.type", "unix")]);
}

/// The probe's tuple of an IPv6 socket.
fn tuple_v6((local, local_port): (&str, u16), (remote, remote_port): (&str, u16)) -> Vec<u8> {
    let mut bytes = vec![10, 6, 1, 1];
    bytes.extend(local_port.to_le_bytes());
    bytes.extend(remote_port.to_le_bytes());
    for address in [local, remote] {
        let address: std::net::Ipv6Addr = address.parse().expect("an address");
        bytes.extend(address.octets());
    }
    bytes
}

#[test]
fn a_mapped_address_is_ipv4_and_any_other_is_not() {
    let connected = |local: &str, remote: &str| {
        let tuple = tuple_v6((local, 4000), (remote, 443));
        started()
            .event(
                "socket",
                SHELL,
                params![fd: 5, domain: 10, r#type: 1, proto: 0],
            )
            .event("connect", SHELL, params![res: 0, fd: 5, tuple: tuple])
    };
    connected("2001:db8::5", "2001:db8::9").check(&[
        ("fd.type", "ipv6"),
        ("fd.typechar", "6"),
        ("fd.name", "2001:db8::5:4000->2001:db8::9:443"),
        ("fd.sip", "2001:db8::9"),
    ]);
    connected("::ffff:10.0.0.5", "::ffff:10.0.0.9").check(&[
        ("fd.type", "ipv4"),
        ("fd.name", "10.0.0.5:4000->10.0.0.9:443"),
        ("fd.rip", "10.0.0.9"),
    ]);
}

#[test]
fn accounts_are_learned_while_recording() {
    let user = params![uid: 1000, gid: 1000, name: "ann", home: "/home/ann", shell: "/bin/sh", container_id: ""];
    let story = started().event("useradded", process(0), user).event(
        "groupadded",
        process(0),
        params![gid: 1000, name: "staff", container_id: ""],
    );
    asked(story, SHELL).check(&[("user.name", "ann"), ("group.name", "staff")]);
}

#[test]
fn accounts_of_a_container_come_and_go() {
    let inside = |name: Option<&str>| {
        let mut params = params![uid: 33, gid: 33, container_id: "abcdefabcdef"];
        params.extend(name.map(|name| ("name", Param::from(name))));
        params
    };
    let path = format!("/docker/{}", "abcdef".repeat(11).get(..64).expect("long"));
    let born = params![ptid: 1, uid: 33, gid: 33, cgroup: path.as_str()];
    let story = Story::new().event("procfork", process(20), born);
    let check = |story: Story, name: &str| {
        let story = story.event("close", process(20), params![res: 0, fd: 3]);
        story.check(&[("user.name", name)]);
        story
    };
    let story = story.event("useradded", process(0), inside(Some("web")));
    let story = check(story, "web");
    let story = story.event("useradded", process(0), inside(None));
    check(story, "<NA>");
}
