//! Transitions over synthesised rows: each test tells a story and asks for fields or for the state at its end.

mod agree;
mod ahead;
mod cgroups;
mod descriptors;
mod ends;
pub(crate) mod falco;
pub(crate) mod kernel;
mod late;
mod losses;
mod mounts;
mod namespaces;
pub(crate) mod properties;
mod sharing;
mod snapshots;
mod sockets;
mod surroundings;
mod threads;
mod work;

use falco_format::Tid;

use super::testing::{Actor, Param, Story, params, process, thread};
use super::{Mount, State, Thread};

/// A shell that reads /etc/passwd, forked and executed in view.
fn shell(story: Story, parent: Actor, child: Actor) -> Story {
    let story = born(story, parent, child, 0);
    exec(story, child, "/usr/bin/bash", "bash\0-c\0id\0")
}

/// A birth with the facts that the probe gives.
fn born(story: Story, parent: Actor, child: Actor, shared: i64) -> Story {
    story.event(
        "procfork",
        child,
        params![
            ptid: i64::from(parent.pid),
            parent_tid: i64::from(parent.tid),
            parent_pid: i64::from(parent.pid),
            parent_start: parent.start.cast_signed(),
            flags: shared,
            vpid: i64::from(child.pid),
            vtid: i64::from(child.tid),
        ],
    )
}

/// A successful exec.
fn exec(story: Story, actor: Actor, path: &str, argv: &str) -> Story {
    let name = path.rsplit('/').next().unwrap_or(path);
    story.event(
        "execve",
        actor,
        params![
            res: 0, filename: path, argv: argv, comm: name, trusted_exepath: path,
            uid: 1000, gid: 1000, loginuid: 0xffff_ffff,
            vpid: i64::from(actor.pid), vtid: i64::from(actor.tid),
        ],
    )
}

/// An open that succeeded.
fn open(story: Story, actor: Actor, fd: i64, path: &str) -> Story {
    open_with(story, actor, fd, path, 0)
}

fn open_with(story: Story, actor: Actor, fd: i64, path: &str, flags: i64) -> Story {
    story.event(
        "openat",
        actor,
        params![fd: fd, dirfd: -100, name: path, flags: flags, mode: 0],
    )
}

fn close(story: Story, actor: Actor, fd: i64) -> Story {
    story.event("close", actor, params![res: 0, fd: fd])
}

/// The names of a thread's descriptors, `number:name` joined by blanks.
fn fds(story: &Story, actor: Actor) -> String {
    let state = story.state();
    let thread = state.thread(Tid(actor.tid), actor.start).expect("known");
    let table = state.fds(thread).expect("a table");
    let names = table.iter().map(|slot| {
        let name = String::from_utf8_lossy(&slot.file.name);
        format!("{}:{name}", slot.number)
    });
    names.collect::<Vec<_>>().join(" ")
}

/// What only tests ask.
impl State {
    /// How many threads, tables and descriptors are known.
    fn sizes(&self) -> (usize, usize, usize) {
        (self.threads.len(), self.files.len(), self.fds)
    }

    /// The mounts of a namespace, in the order in which they were mounted; none if it is not known.
    fn mounts(&self, mnt_ns: u64) -> Option<&[Mount]> {
        self.mounts.list(mnt_ns)
    }

    /// The mount that a path of the host lies on for a thread.
    fn mount_of(&self, thread: &Thread, path: &[u8]) -> Option<&Mount> {
        self.mounts.of_path(thread.mnt_ns?, path)
    }
}
