//! The rows that say who a thread is: births, execs, and threads of snapshots, which have many columns in common.

use std::rc::Rc;

use falco_abi::events::{execve, procfork, state_thread};

use super::container::Container;
use super::node::{Process, Thread};
use super::row::Row;

/// Sets the columns that the three rows share.
macro_rules! identity {
    ($row:expr, $event:ident, $process:expr, $thread:expr) => {{
        let (process, thread): (&Process, &Thread) = ($process, $thread);
        let credentials = process.credentials;
        let namespaces = process.container.namespaces;
        let faults = u64::from(thread.tid % 97) + process.start / 1_000_000_000;
        $row.int($event::ptid, process.ppid)
            .text($event::comm, &process.program.comm)
            .int($event::uid, credentials.uid)
            .int($event::ruid, credentials.uid)
            .int($event::suid, credentials.uid)
            .int($event::gid, credentials.gid)
            .int($event::rgid, credentials.gid)
            .int($event::sgid, credentials.gid)
            .int($event::loginuid, credentials.loginuid)
            .int($event::cap_inheritable, 0)
            .int($event::cap_permitted, credentials.capabilities)
            .int($event::cap_effective, credentials.capabilities)
            .int($event::tty, process.tty)
            .int($event::vtid, inside(&process.container, thread.tid))
            .int($event::vpid, inside(&process.container, process.pid))
            .int($event::pgid, process.pgid)
            .int($event::vpgid, inside(&process.container, process.pgid))
            .int($event::sid, process.sid)
            .int($event::vsid, inside(&process.container, process.sid))
            .int($event::mnt_ns, namespaces[0])
            .int($event::pid_ns, namespaces[1])
            .int($event::net_ns, namespaces[2])
            .int($event::pidns_init_start_ts, process.container.init_start)
            .int($event::pgft_maj, faults / 64)
            .int($event::pgft_min, faults * 11)
            .int($event::vm_size, 4_096 + faults * 64)
            .int($event::vm_rss, 1_024 + faults * 16)
            .int($event::vm_swap, 0);
    }};
}

/// Sets the columns of the executable.
macro_rules! executable {
    ($row:expr, $event:ident, $process:expr) => {{
        let process: &Process = $process;
        let inode = process.program.inode();
        $row.text($event::trusted_exepath, &process.program.path)
            .text($event::cwd, &process.cwd)
            .bytes($event::argv, &process.program.argv)
            .int($event::exe_ino, inode)
            .int($event::exe_dev, 0x0080_0001)
            .int($event::exe_ino_ctime, 1_760_000_000_000_000_000 + inode)
            .int($event::exe_ino_mtime, 1_750_000_000_000_000_000 + inode)
            .int($event::exe_mode, 0o100_755)
            .int($event::exe_uid, 0)
            .int($event::exe_gid, 0)
            .int($event::exe_flags, 0)
            .int($event::fdlimit, 1_048_576);
    }};
}

/// The number of a thread as its own pid namespace counts it: low, and the same for the same thread.
fn inside(container: &Rc<Container>, tid: u32) -> u32 {
    if container.is_host() {
        tid
    } else {
        tid % 4_096 + 1
    }
}

/// A birth, told by the child.
pub(super) fn birth(
    row: &mut Row,
    parent: (&Process, &Thread),
    child: (&Process, &Thread),
    shared: u32,
) {
    row.begin(procfork::EVENT);
    identity!(row, procfork, child.0, child.1);
    row.int(procfork::parent_tid, parent.1.tid)
        .int(procfork::parent_pid, parent.0.pid)
        .int(procfork::parent_start, parent.1.start)
        .int(procfork::flags, shared)
        .int(procfork::kernel_flags, 0x40_0040)
        .text(procfork::cgroup, &child.0.container.cgroup);
}

/// A successful exec, of a process that already is what it becomes.
pub(super) fn exec(row: &mut Row, process: &Process, thread: &Thread) {
    row.begin(execve::EVENT);
    identity!(row, execve, process, thread);
    executable!(row, execve, process);
    row.int(execve::res, 0)
        .text(execve::filename, &process.program.path)
        .text(execve::cgroup, &process.container.cgroup)
        .int(execve::old_tid, thread.tid);
}

/// A thread of a snapshot.
pub(super) fn standing(row: &mut Row, process: &Process, thread: &Thread) {
    row.begin(state_thread::EVENT);
    identity!(row, state_thread, process, thread);
    executable!(row, state_thread, process);
    let cgroups = format!("0::{}\0", process.container.cgroup);
    row.text(state_thread::root, "/")
        .bytes(state_thread::cgroups, cgroups.as_bytes())
        .int(state_thread::kernel_flags, 0x40_0100)
        .int(state_thread::files_owner, process.pid);
}
