//! Threads: found, born, executed, ended, and those of which nothing is known.

use falco_format::Tid;

use super::{birth, exec, shell};
use crate::state::testing::{Story, params};

/// Falco's mark of a thread, and of a birth in a pid namespace.
const THREAD: i64 = 0x2000;
const IN_PIDNS: i64 = 0x2000_0000;
const VFORK: i64 = 0x0800_0000;

#[test]
fn whoever_is_not_known_is_said_to_be_nobody() {
    let story = Story::falco().call("close", 77, params![res: 0, fd: 3]);
    story.check(&[
        ("thread.tid", "77"),
        ("proc.name", "<NA>"),
        ("proc.exe", "<NA>"),
        ("proc.exepath", ""),
        ("proc.cmdline", "<NA>"),
        ("proc.pid", "-1"),
        ("proc.ppid", "(absent)"),
        ("proc.sid", "-1"),
        ("proc.vpid", "(absent)"),
        ("proc.cwd", "./"),
        ("proc.tty", "0"),
        ("proc.nthreads", "0"),
        ("proc.fdopencount", "0"),
        ("proc.is_sid_leader", "true"),
        ("user.uid", "4294967295"),
        ("user.name", "<NA>"),
        ("user.loginuid", "-1"),
    ]);
}

#[test]
fn events_of_nobody_have_no_thread() {
    let nothing = [
        ("proc.name", "(absent)"),
        ("proc.pid", "(absent)"),
        ("proc.cwd", "(absent)"),
        ("proc.nthreads", "(absent)"),
        ("user.name", "(absent)"),
    ];
    let added = params![uid: 5, gid: 5, name: "eve"];
    Story::falco().call("useradded", 77, added).check(&nothing);
    let ended = params![status: 0];
    Story::falco().call("procexit", 77, ended).check(&nothing);
    let switched = params![next: 5];
    Story::falco().call("switch", 77, switched).check(&nothing);
}

#[test]
fn a_thread_that_was_found_has_its_facts() {
    let story = shell().call("close", 10, params![res: -9, fd: 9]);
    story.check(&[
        ("proc.name", "sh"),
        ("proc.exepath", "/bin/sh"),
        ("proc.cmdline", "sh -c run"),
        ("proc.pname", "init"),
        ("proc.ppid", "1"),
        ("proc.cwd", "/home/me/"),
        ("proc.tty", "34816"),
        ("proc.env[HOME]", "/home/me"),
        ("proc.fdopencount", "1"),
        ("proc.fdlimit", "1024"),
        ("proc.vmsize", "100"),
        ("user.loginuid", "1000"),
    ]);
    // Init has no parent, whatever number it names.
    let init = shell().call("close", 1, params![res: -9, fd: 9]);
    init.check(&[("proc.ppid", "(absent)"), ("proc.pname", "(absent)")]);
}

#[test]
fn a_child_is_made_by_whichever_side_comes_first() {
    let child = [
        ("proc.name", "kid"),
        ("proc.exe", "child"),
        ("proc.args", "one two"),
        ("proc.pid", "20"),
        ("proc.ppid", "10"),
        ("proc.exepath", "/bin/sh"),
        ("proc.cwd", "/home/me/"),
        ("proc.sid", "10"),
        ("proc.tty", "34816"),
        ("proc.fdopencount", "1"),
        ("proc.nthreads", "1"),
        ("proc.env[HOME]", "/home/me"),
        ("proc.vmswap", "10"),
    ];
    let parents = || birth(20, (10, 10, 1), 0);
    let childs = || birth(0, (20, 20, 10), 0);
    let asks = || params![res: -9, fd: 9];
    shell()
        .call("clone", 10, parents())
        .call("close", 20, asks())
        .check(&child);
    shell()
        .call("clone", 20, childs())
        .call("clone", 10, parents())
        .call("close", 20, asks())
        .check(&child);
    shell()
        .call("fork", 10, parents())
        .call("fork", 20, childs())
        .check(&child);
}

#[test]
fn a_thread_shares_what_its_process_has() {
    let story = shell()
        .call("clone3", 10, birth(21, (10, 10, 1), THREAD))
        .call(
            "openat",
            21,
            params![fd: 4, dirfd: -100, name: "x", flags: 1],
        )
        .call("chdir", 21, params![res: 0, path: "/srv"])
        .call("close", 10, params![res: 0, fd: 4]);
    story.check(&[
        ("proc.nthreads", "2"),
        ("proc.nchilds", "1"),
        ("proc.fdopencount", "2"),
        ("fd.name", "/home/me/x"),
        ("proc.cwd", "/srv/"),
    ]);
    let other = story.call("close", 21, params![res: -9, fd: 9]);
    other.check(&[
        ("proc.pid", "10"),
        ("proc.ppid", "1"),
        ("thread.ismain", "false"),
        ("proc.name", "kid"),
        ("thread.vmsize", "0"),
    ]);
}

#[test]
fn the_parents_side_leaves_some_children_to_theirs() {
    let unknown = [("proc.name", "<NA>")];
    for flags in [IN_PIDNS, VFORK] {
        shell()
            .call("clone", 10, birth(20, (10, 10, 1), flags))
            .call("close", 20, params![res: 0, fd: 3])
            .check(&unknown);
    }
    shell()
        .call("vfork", 10, birth(20, (10, 10, 1), 0))
        .call("close", 20, params![res: 0, fd: 3])
        .check(&unknown);
}

#[test]
fn a_parent_that_was_not_known_is_known_by_its_birth() {
    let story = Story::falco()
        .call("clone", 30, birth(31, (30, 30, 1), 0))
        .call("close", 30, params![res: -9, fd: 3]);
    story.check(&[
        ("proc.name", "kid"),
        ("proc.pid", "30"),
        ("proc.args", "one two"),
        ("proc.nthreads", "1"),
    ]);
}

#[test]
fn an_exec_brings_the_whole_program() {
    let story =
        shell()
            .call("clone", 10, birth(20, (10, 10, 1), 0))
            .call("execve", 20, exec(20, 10));
    story.check(&[
        ("proc.name", "tool"),
        ("proc.exe", "./tool"),
        ("proc.exepath", "/opt/tool"),
        ("proc.cmdline", "tool -v"),
        ("proc.env", "A=1 B=2"),
        ("proc.vpgid", "20"),
        ("proc.tty", "0"),
        ("proc.is_exe_writable", "true"),
        ("user.loginuid", "1001"),
        ("proc.sid", "10"),
        ("proc.cwd", "/home/me/"),
        ("proc.fdopencount", "1"),
    ]);
    let failed = shell().call(
        "execve",
        10,
        params![res: -2, exe: "x", args: "", comm: "sh"],
    );
    failed.check(&[("proc.exe", "sh"), ("proc.exepath", "/bin/sh")]);
}

#[test]
fn an_exec_by_a_thread_that_was_not_known_makes_it_known() {
    let story = shell().call("execve", 40, exec(40, 10));
    story.check(&[
        ("proc.pid", "40"),
        ("proc.vpid", "40"),
        ("proc.pname", "sh"),
        ("proc.nthreads", "1"),
    ]);
}

#[test]
fn old_execs_are_resolved_by_their_begin() {
    const EXECVE: u16 = 292;
    let exec =
        params![res: 0, exe: "tool", args: "", tid: 10, pid: 10, ptid: 1, comm: "tool", fdlimit: 5];
    let story = shell()
        .enter(EXECVE, 10, params![filename: "../bin/tool"])
        .call("execve", 10, exec);
    story.check(&[("proc.exepath", "/home/bin/tool")]);
}

#[test]
fn an_exec_ends_the_other_threads() {
    let story = shell()
        .call("clone3", 10, birth(21, (10, 10, 1), THREAD))
        .call("execve", 10, exec(10, 1));
    story.check(&[("proc.nthreads", "1")]);
    let gone = story.call("close", 21, params![res: 0, fd: 3]);
    gone.check(&[("proc.name", "<NA>")]);
}

#[test]
fn children_go_to_whom_the_kernel_says_or_to_the_nearest_who_adopts() {
    const SUBREAPER: i64 = 36;
    let family = || {
        shell().call("clone", 10, birth(20, (10, 10, 1), 0)).call(
            "clone",
            20,
            birth(30, (20, 20, 10), 0),
        )
    };
    let asks = || params![res: -9, fd: 9];
    let told = params![status: 0, ret: 0, sig: 0, core: 0, reaper_tid: 10];
    family()
        .call("procexit", 20, told)
        .call("close", 30, asks())
        .check(&[("proc.ppid", "10")]);
    let untold = || params![status: 0, ret: 0, sig: 0, core: 0, reaper_tid: 0];
    family()
        .call("procexit", 20, untold())
        .call("close", 30, asks())
        .check(&[("proc.ppid", "1")]);
    family()
        .call("prctl", 10, params![res: 0, option: SUBREAPER, arg2_int: 1])
        .call("procexit", 20, untold())
        .call("close", 30, asks())
        .check(&[("proc.ppid", "10")]);
}

#[test]
fn a_leader_stays_as_long_as_its_threads() {
    let story = shell()
        .call("clone3", 10, birth(21, (10, 10, 1), THREAD))
        .call("procexit", 10, params![status: 0]);
    // Rules still see who ends, though it counts no more.
    story.check(&[("proc.name", "sh"), ("proc.nthreads", "1")]);
    let left = story.call("close", 21, params![res: -9, fd: 9]);
    left.check(&[
        ("proc.cwd", "/home/me/"),
        ("proc.fdopencount", "1"),
        ("proc.nthreads", "1"),
    ]);
    let ended = left.call("procexit", 21, params![status: 0]);
    let after = ended.call("close", 10, params![res: -9, fd: 9]);
    after.check(&[("proc.name", "<NA>")]);
}

#[test]
fn a_stale_child_is_replaced() {
    let story = shell()
        .call("clone", 20, birth(0, (20, 20, 10), 0))
        .call("execve", 20, exec(20, 10))
        .later(3_000_000_000)
        .call("clone", 20, birth(0, (20, 20, 1), 0));
    story.check(&[("proc.name", "kid"), ("proc.ppid", "1")]);
}

#[test]
fn only_what_was_never_seen_is_doubtful() {
    let asks = || params![res: -9, fd: 9];
    assert!(!shell().call("close", 10, asks()).doubt().any());
    assert!(shell().call("close", 77, asks()).doubt().any());
    let added = params![uid: 5, gid: 5, name: "eve"];
    assert!(!shell().call("useradded", 77, added).doubt().any());
}

#[test]
fn no_thread_is_added_above_the_limit() {
    let limits = crate::state::StateLimits {
        threads: 2,
        ..crate::state::StateLimits::default()
    };
    let story = shell()
        .with_limits(limits)
        .call("clone", 10, birth(20, (10, 10, 1), 0))
        .call("close", 20, params![res: 0, fd: 3]);
    story.check(&[("proc.name", "(absent)"), ("thread.tid", "20")]);
    assert_eq!(story.state().tids(), [1, 10].map(Tid));
}
