//! Births, execs, ends, parents.

use falco_format::Tid;

use super::*;
use crate::state::Ptid;

const CLONE_THREAD_SHARED: i64 = 0x100 | 0x200 | 0x400 | 0x800 | 0x1_0000;
const PR_SET_CHILD_SUBREAPER: i64 = 36;

fn init() -> Story {
    let story = Story::new().seen("state_host", process(1), params![hostname: "node"]);
    story.seen(
        "state_thread",
        process(1),
        params![ptid: 0, comm: "init", argv: "/sbin/init\0", trusted_exepath: "/sbin/init", cwd: "/", vpid: 1, uid: 0, gid: 0],
    )
}

#[test]
fn a_child_has_what_its_parent_had_until_it_execs() {
    let story = shell(init(), process(1), process(20));
    let story = story.event("chdir", process(20), params![res: 0, path: "tmp"]);
    let story = born(story, process(20), process(21), 0);
    let story = open(story, process(21), 3, "x");
    story.check(&[
        ("proc.name", "bash"),
        ("proc.exepath", "/usr/bin/bash"),
        ("proc.args", "-c id"),
        ("proc.cmdline", "bash -c id"),
        ("proc.cwd", "/tmp/"),
        ("fd.name", "/tmp/x"),
        ("proc.ppid", "20"),
        ("proc.pname", "bash"),
        ("proc.aname[2]", "init"),
        ("proc.aname", "bash init"),
        ("proc.apid[1]", "20"),
        ("user.uid", "1000"),
    ]);
    let story = exec(story, process(21), "/usr/bin/id", "/usr/bin/id\0");
    story.check(&[
        ("proc.name", "id"),
        ("proc.exe", "/usr/bin/id"),
        ("proc.args", ""),
        ("proc.cmdline", "id"),
        ("proc.pname", "bash"),
        ("proc.pcmdline", "bash -c id"),
        ("evt.arg.exe", "/usr/bin/id"),
        ("evt.arg.filename", "/usr/bin/id"),
    ]);
}

#[test]
fn a_directory_of_a_child_is_its_own_unless_shared() {
    let story = shell(init(), process(1), process(20));
    let story = born(story, process(20), process(21), 0);
    let story = born(story, process(20), thread(22, 20), CLONE_THREAD_SHARED);
    let story = story.event("chdir", process(20), params![res: 0, path: "/srv"]);
    let own = open(story, process(21), 3, "x");
    own.check(&[("fd.name", "/x")]);
    let shared = open(own, thread(22, 20), 3, "x");
    shared.check(&[
        ("fd.name", "/srv/x"),
        ("proc.nthreads", "2"),
        ("thread.ismain", "false"),
    ]);
}

#[test]
fn an_exec_that_fails_changes_nothing() {
    let story = shell(init(), process(1), process(20));
    let story = story.event(
        "execve",
        process(20),
        params![res: -2, filename: "/bin/none", argv: "none\0a\0", comm: "bash"],
    );
    story.check(&[
        ("proc.name", "bash"),
        ("proc.exepath", "/usr/bin/bash"),
        ("evt.res", "ENOENT"),
        ("evt.failed", "true"),
        ("evt.arg.exe", "none"),
        ("evt.arg.args", "a."),
    ]);
}

#[test]
fn a_thread_that_is_not_the_leader_becomes_it_by_exec() {
    let story = shell(init(), process(1), process(20));
    let story = born(story, process(20), thread(22, 20), CLONE_THREAD_SHARED);
    let story = open(story, thread(22, 20), 5, "/etc/hosts");
    // The leader is killed first, and its end is seen before the exec.
    let story = story.event("procexit", process(20), params![status: 0, threads_live: 1]);
    let story = story.event(
        "execve",
        process(20),
        params![res: 0, filename: "/bin/cat", argv: "cat\0", comm: "cat", trusted_exepath: "/bin/cat", old_tid: 22],
    );
    story.check(&[
        ("proc.name", "cat"),
        ("proc.pname", "init"),
        ("proc.nthreads", "1"),
    ]);
    assert_eq!(story.state().tids(), [1, 20].map(Tid));
    assert_eq!(fds(&story, process(20)), "5:/etc/hosts");
}

#[test]
fn a_reused_tid_is_another_thread() {
    let story = shell(init(), process(1), process(20));
    let story = open(story, process(20), 3, "/etc/passwd");
    let later = Actor {
        start: 900_000_000,
        ..process(20)
    };
    let story = open(story, later, 4, "/tmp/x");
    story.check(&[
        ("proc.name", "<NA>"),
        ("proc.exepath", ""),
        ("proc.cwd", "./"),
        ("proc.pid", "20"),
    ]);
    assert_eq!(fds(&story, later), "4:/tmp/x");
    assert_eq!(story.state().counters().tids_reused, 1);
    assert!(story.state().thread(Tid(20), process(20).start).is_none());
}

#[test]
fn an_end_is_seen_by_rules_and_then_gone() {
    let story = shell(init(), process(1), process(20));
    let story = story.event(
        "procexit",
        process(20),
        params![status: 256, threads_live: 0],
    );
    story.check(&[
        ("proc.name", "bash"),
        ("proc.nthreads", "0"),
        ("evt.arg.ret", "1"),
        ("evt.res", "(absent)"),
        ("evt.type", "procexit"),
    ]);
    assert_eq!(story.state().tids(), [Tid(1)]);
    assert_eq!(story.state().sizes(), (1, 1, 0));
}

#[test]
fn orphans_go_to_the_nearest_subreaper_or_to_init() {
    let story = shell(init(), process(1), process(20));
    let story = shell(story, process(20), process(21));
    let story = shell(story, process(21), process(22));
    let story = story.event(
        "prctl",
        process(20),
        params![res: 0, option: PR_SET_CHILD_SUBREAPER, arg2_int: 1],
    );
    let story = story.event("procexit", process(21), params![status: 0, threads_live: 0]);
    let story = open(story, process(22), 3, "/x");
    story.check(&[("proc.ppid", "20")]);
    let story = born(story, process(22), thread(23, 22), CLONE_THREAD_SHARED);
    let story = story.event("procexit", process(20), params![status: 0, threads_live: 0]);
    let story = open(story, process(22), 4, "/x");
    story.check(&[("proc.ppid", "1"), ("proc.pname", "init")]);
    let state = story.state();
    let ptid = state
        .thread_of_tid(Tid(23))
        .and_then(|thread| thread.ids.ptid);
    assert_eq!(ptid, Some(Ptid(1)));
}

#[test]
fn credentials_follow_the_kernel_not_the_arguments() {
    let story = shell(init(), process(1), process(20));
    let story = story.event(
        "setuid",
        process(20),
        params![res: -1, uid: 0, after_ruid: 1000, after_euid: 1000, after_suid: 1000],
    );
    story.check(&[
        ("user.uid", "1000"),
        ("evt.arg.uid", "root"),
        ("evt.res", "EPERM"),
    ]);
    let story = story.event(
        "setresuid",
        process(20),
        params![res: 0, ruid: 0xffff_ffff, euid: 0, suid: 0xffff_ffff, after_euid: 0],
    );
    story.check(&[
        ("user.uid", "0"),
        ("user.name", "root"),
        ("user.loginuid", "-1"),
    ]);
}

#[test]
fn users_are_the_nodes_or_the_containers() {
    let id = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
    let story = init().seen("state_user", process(1), params![uid: 1000, gid: 1000, name: "ann", home: "/home/ann", shell: "/bin/sh", container_id: ""]);
    let story = shell(story, process(1), process(20));
    story.check(&[
        ("user.name", "ann"),
        ("user.homedir", "/home/ann"),
        ("container.id", "host"),
        ("container.name", "host"),
        ("container.image.repository", ""),
    ]);
    let path = format!("/docker/{id}");
    let story = story.event(
        "cgroup_attach_task",
        process(20),
        params![hierarchy: 0, path: path.as_str(), threadgroup: 1],
    );
    story.check(&[
        ("user.name", "<NA>"),
        ("container.id", "3ad7b26ded6d"),
        ("container.name", "(absent)"),
        ("container.image.repository", "(absent)"),
        ("container.type", "docker"),
    ]);
    let json = r#"{"container":{"id":"3ad7b26ded6d","name":"web","imagerepo":"nginx","Mounts":[{"Source":"/etc","Destination":"/host/etc"}]}}"#;
    let story = story.event("container", process(1), params![json: json]);
    let story = open(story, process(20), 3, "/x");
    story.check(&[
        ("container.name", "web"),
        ("container.image.repository", "nginx"),
        ("container.mount.dest[/etc*]", "/host/etc"),
        ("container.mount.dest[/proc*]", "(absent)"),
        ("container.image.tag", "(absent)"),
    ]);
}

#[test]
fn more_threads_than_the_limit_push_out_the_oldest() {
    let limits = crate::state::StateLimits {
        threads: 3,
        ..Default::default()
    };
    let mut story = Story::new().with_limits(limits);
    for pid in 10..16 {
        story = open(story, process(pid), 3, "/x");
    }
    let state = story.state();
    assert_eq!(state.tids(), [13, 14, 15].map(Tid));
    assert_eq!(state.counters().threads_evicted, 3);
    assert_eq!(state.sizes(), (3, 3, 3));
}

#[test]
fn whether_the_executable_can_be_written_to_is_asked_at_the_exec() {
    let check = |uid: i64, held: i64, expected: &str| {
        let story = Story::new().event(
            "execve",
            process(20),
            params![
                res: 0, argv: "x\0", exe_mode: 0o100_755, exe_uid: 1000, exe_gid: 1000,
                uid: uid, gid: uid, cap_effective: held,
            ],
        );
        let story = story.event(
            "setuid",
            process(20),
            params![res: 0, uid: 1000, after_euid: 1000],
        );
        story.check(&[("proc.is_exe_writable", expected)]);
    };
    check(1000, 0, "true");
    check(33, 0, "false");
    check(0, 0, "false");
    // CAP_DAC_OVERRIDE, CAP_FOWNER.
    check(0, 1 << 1, "true");
    check(33, 1 << 3, "true");
}
