//! Mounts: found, made, moved, taken away, and the namespaces they are in.

use falco_format::Tid;

use super::born;
use crate::state::testing::{Actor, Story, params, process};

const HOST: i64 = 40;
const SHELL: Actor = process(10);

/// A node with two mounts and a shell in `/srv`.
fn node() -> Story {
    let mount = |id: i64, mountpoint: &str, kind: &str| {
        params![
            mnt_ns: HOST, id: id, parent: 1, dev: id, root: "/", mountpoint: mountpoint, r#type: kind, source: "disk",
            options: "rw",
        ]
    };
    let shell = params![ptid: 1, comm: "sh", argv: "sh\0", cwd: "/srv", mnt_ns: HOST];
    Story::new()
        .seen("state_host", process(0), params![hostname: "node"])
        .seen("state_mount", process(0), mount(1, "/", "ext4"))
        .seen("state_mount", process(0), mount(2, "/srv", "xfs"))
        .seen("state_thread", SHELL, shell)
        .seen("state_complete", process(0), params![threads: 1])
}

fn mount(story: Story, actor: Actor, from: &str, to: &str, kind: &str, flags: i64) -> Story {
    let call = params![res: 0, dev: from, dir: to, r#type: kind, flags: flags];
    story.event("mount", actor, call)
}

/// Type and source of the mount that a path lies on for a thread.
#[track_caller]
fn check(story: &Story, actor: Actor, path: &str, expected: &str) {
    let state = story.state();
    let thread = state.thread(Tid(actor.tid), actor.start).expect("known");
    let mount = state.mount_of(thread, path.as_bytes()).expect("a mount");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let found = format!("{} {}", text(&mount.kind), text(&mount.source));
    assert_eq!(found, expected, "{path}");
}

#[test]
fn a_mount_lies_where_the_thread_named_it() {
    let story = mount(node(), SHELL, "tmpfs", "run/lock", "tmpfs", 0);
    check(&story, SHELL, "/srv/run/lock/x", "tmpfs tmpfs");
    check(&story, SHELL, "/srv/run/x", "xfs disk");
    let failed = params![res: -1, dev: "tmpfs", dir: "/srv", r#type: "tmpfs", flags: 0];
    let story = story.event("mount", SHELL, failed);
    check(&story, SHELL, "/srv/x", "xfs disk");
    let story = story.event(
        "umount2",
        SHELL,
        params![res: 0, name: "/srv/run/lock", flags: 0],
    );
    check(&story, SHELL, "/srv/run/lock/x", "xfs disk");
}

#[test]
fn a_thread_below_another_root_names_what_is_below_it() {
    let story = node().event("chroot", SHELL, params![res: 0, path: "/srv/jail"]);
    let story = mount(story, SHELL, "proc", "/proc", "proc", 0);
    check(&story, SHELL, "/srv/jail/proc/1", "proc proc");
    check(&story, SHELL, "/proc/1", "ext4 disk");
}

#[test]
fn binds_and_moves_have_paths_for_sources() {
    const BIND: i64 = 0x1000;
    const MOVE: i64 = 0x2000;
    const REMOUNT_READ_ONLY: i64 = 0x21;
    const PRIVATE: i64 = 0x4_0000;
    let story = mount(node(), SHELL, "data", "/mnt", "", BIND);
    check(&story, SHELL, "/mnt/x", "xfs /srv/data");
    let story = mount(story, SHELL, "/mnt", "/media", "", MOVE);
    check(&story, SHELL, "/media/x", "xfs /srv/data");
    check(&story, SHELL, "/mnt/x", "ext4 disk");
    let story = mount(story, SHELL, "", "/media", "", REMOUNT_READ_ONLY);
    let story = mount(story, SHELL, "", "/media", "", PRIVATE);
    check(&story, SHELL, "/media/x", "xfs /srv/data");
    let count = story.state().mounts(HOST.cast_unsigned()).map(<[_]>::len);
    assert_eq!(count, Some(3));
}

#[test]
fn a_new_namespace_begins_with_the_mounts_of_the_old() {
    const NEWNS: i64 = 0x2_0000;
    const OWN: i64 = 41;
    let story = node().event("unshare", SHELL, params![res: 0, flags: NEWNS, mnt_ns: OWN]);
    let story = mount(story, SHELL, "tmpfs", "/tmp", "tmpfs", 0);
    check(&story, SHELL, "/tmp/x", "tmpfs tmpfs");
    check(&story, SHELL, "/srv/x", "xfs disk");
    let count = story.state().mounts(HOST.cast_unsigned()).map(<[_]>::len);
    assert_eq!(count, Some(2));
    let story = story.event("setns", SHELL, params![res: 0, mnt_ns: HOST]);
    check(&story, SHELL, "/tmp/x", "ext4 disk");
}

#[test]
fn a_child_is_where_its_parent_is() {
    const CHILD: Actor = process(20);
    let story = born(node(), SHELL, CHILD, 0);
    check(&story, CHILD, "/srv/x", "xfs disk");
}
