//! Captures in Falco's dialect: what threads, descriptors and sockets become of Falco's own events.

mod descriptors;
mod identity;
pub(crate) mod properties;
mod sockets;
mod threads;

use crate::state::testing::{Param, Story, params};

/// A capture that began with a shell, its parent and an open file of the shell's.
pub(super) fn shell() -> Story {
    let process = |name: &str, ptid: i64, vtid: i64| {
        params![
            ptid: ptid, sid: 10, vpgid: 10, comm: name, exe: name, trusted_exepath: "/bin/sh (deleted)",
            args: "-c\0run\0", cwd: "/home/me", fdlimit: 1024, flags: 0, uid: 1000, gid: 1000, env: "HOME=/home/me\0",
            vtid: vtid, vpid: vtid, tty: 34816, loginuid: 1000, pgid: 10, vm_size: 100,
        ]
    };
    Story::falco()
        .found("state_host", (0, 0), params![hostname: "node", cpus: 2])
        .found("state_thread", (1, 1), process("init", 0, 1))
        .found("state_thread", (10, 10), process("sh", 1, 10))
        .found(
            "state_fd",
            (10, 0),
            params![fd: 3, ino: 7, r#type: 16, name: "/etc/hosts", flags: 1, dev: 8],
        )
        .found("state_complete", (0, 0), params![])
}

/// What a birth says, with these flags of Falco's.
pub(super) fn birth(
    res: i64,
    (tid, pid, ptid): (i64, i64, i64),
    flags: i64,
) -> Vec<(&'static str, Param)> {
    params![
        res: res, exe: "child", args: "one\0two\0", tid: tid, pid: pid, ptid: ptid, fdlimit: 512, pgft_maj: 1,
        pgft_min: 2, vm_size: 30, vm_rss: 20, vm_swap: 10, comm: "kid", flags: flags, uid: 1000, gid: 1000,
        vtid: tid, vpid: pid,
    ]
}

/// What an exec says.
fn exec(tid: i64, ptid: i64) -> Vec<(&'static str, Param)> {
    params![
        res: 0, exe: "./tool", args: "-v\0", tid: tid, pid: tid, ptid: ptid, fdlimit: 256, comm: "tool",
        env: "A=1\0B=2\0", tty: 0, vpgid: 20, loginuid: 1001, flags: 1, uid: 1000, trusted_exepath: "/opt/tool",
        pgid: 20, gid: 1000,
    ]
}
