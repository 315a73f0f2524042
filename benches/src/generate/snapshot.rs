//! What a segment begins with: the node as it stands, in the rows and the order of the recorder's snapshots.

use std::collections::BTreeSet;

use anyhow::Result;
use falco_abi::events::{
    state_cgroup, state_complete, state_container, state_fd, state_group, state_host,
    state_interface, state_listen, state_mount, state_user,
};
use falco_format::{BlockBuilder, Pid, RowBatch, RowMeta, RowOrder, Tid};

use super::container::Container;
use super::facts;
use super::node::{HOSTNAME, Node, Process};
use super::recording::{CPUS, Subject, builder};
use super::row::Row;
use super::sockets;

/// The accounts of the node.
const USERS: [(u32, &str, &str, &str); 8] = [
    (0, "root", "/root", "/bin/bash"),
    (1, "daemon", "/usr/sbin", "/usr/sbin/nologin"),
    (33, "www-data", "/var/www", "/usr/sbin/nologin"),
    (70, "postgres", "/var/lib/postgresql", "/bin/sh"),
    (104, "sshd", "/run/sshd", "/usr/sbin/nologin"),
    (999, "redis", "/data", "/usr/sbin/nologin"),
    (1000, "ada", "/home/ada", "/bin/bash"),
    (1001, "build", "/home/build", "/bin/bash"),
];

/// Mounts of the host: device, mount point, type.
const MOUNTS: [(u32, &str, &str); 6] = [
    (0x0080_0001, "/", "ext4"),
    (22, "/proc", "proc"),
    (23, "/sys", "sysfs"),
    (24, "/sys/fs/cgroup", "cgroup2"),
    (5, "/dev", "devtmpfs"),
    (25, "/run", "tmpfs"),
];

/// Collects rows of a snapshot in blocks.
struct Sink {
    row: Row,
    builder: BlockBuilder,
    blocks: Vec<RowBatch>,
    sequence: u64,
    time: u64,
}

impl Sink {
    fn push(&mut self, subject: Subject) -> Result<()> {
        let meta = RowMeta {
            time: self.time,
            tid: Tid(subject.tid),
            pid: Pid(subject.pid),
            start: subject.start,
            sequence: self.sequence,
            ..RowMeta::default()
        };
        self.sequence += 1;
        self.row.push(&mut self.builder, &meta)?;
        if self.builder.is_full() {
            self.blocks.extend(self.builder.take());
        }
        Ok(())
    }
}

const NOBODY: Subject = Subject {
    tid: 0,
    pid: 0,
    start: 0,
};

/// The rows of a snapshot at this time.
pub(super) fn take(node: &Node, time: u64) -> Result<Vec<RowBatch>> {
    let mut sink = Sink {
        row: Row::new(),
        builder: builder(RowOrder::AsPushed),
        blocks: Vec::new(),
        sequence: 0,
        time,
    };
    host(&mut sink, &node.containers[0])?;
    for container in &node.containers {
        mounts(&mut sink, container)?;
    }
    listeners(&mut sink, node)?;
    let mut fds = 0_u32;
    for process in node.processes.values() {
        for tid in &process.threads {
            let thread = &node.threads[tid];
            facts::standing(&mut sink.row, process, thread);
            sink.push(Subject {
                tid: *tid,
                pid: process.pid,
                start: thread.start,
            })?;
        }
        fds += descriptors(&mut sink, process)?;
    }
    for container in node.containers.iter().filter(|one| !one.is_host()) {
        sink.row
            .begin(state_container::EVENT)
            .text(state_container::json, &container.json);
        sink.push(NOBODY)?;
    }
    sink.row
        .begin(state_complete::EVENT)
        .int(state_complete::threads, node.threads.len() as u32)
        .int(state_complete::fds, fds)
        .int(state_complete::unreadable, 0)
        .int(
            state_complete::origin,
            u8::from(sink.time > super::recording::BEGIN),
        );
    sink.push(NOBODY)?;
    sink.blocks.extend(sink.builder.take());
    Ok(sink.blocks)
}

fn host(sink: &mut Sink, host: &Container) -> Result<()> {
    sink.row
        .begin(state_host::EVENT)
        .text(state_host::hostname, HOSTNAME)
        .text(state_host::kernel, "6.12.0")
        .text(state_host::machine, "x86_64")
        .int(state_host::cpus, CPUS as u32)
        .int(state_host::page_size, 4_096)
        .int(state_host::memory, 64_i64 << 30);
    sink.push(NOBODY)?;
    sink.row
        .begin(state_cgroup::EVENT)
        .int(state_cgroup::hierarchy, 0)
        .text(state_cgroup::controllers, "")
        .text(state_cgroup::mountpoint, "/sys/fs/cgroup");
    sink.push(NOBODY)?;
    sink.row
        .begin(state_interface::EVENT)
        .int(state_interface::net_ns, host.namespaces[2])
        .int(state_interface::index, 2)
        .text(state_interface::name, "eth0")
        .bytes(state_interface::address, &host.address)
        .int(state_interface::prefix, 16);
    sink.push(NOBODY)?;
    for (uid, name, home, shell) in USERS {
        sink.row
            .begin(state_user::EVENT)
            .int(state_user::uid, uid)
            .int(state_user::gid, uid)
            .text(state_user::name, name)
            .text(state_user::home, home)
            .text(state_user::shell, shell);
        sink.push(NOBODY)?;
        sink.row
            .begin(state_group::EVENT)
            .int(state_group::gid, uid)
            .text(state_group::name, name);
        sink.push(NOBODY)?;
    }
    Ok(())
}

fn mounts(sink: &mut Sink, container: &Container) -> Result<()> {
    for (number, (device, point, kind)) in MOUNTS.iter().enumerate() {
        let is_overlay = !container.is_host() && number == 0;
        let id = 20 + number as u32;
        sink.row
            .begin(state_mount::EVENT)
            .int(state_mount::mnt_ns, container.namespaces[0])
            .int(state_mount::id, id)
            .int(state_mount::parent, if number == 0 { 1 } else { 20 })
            .int(state_mount::dev, if is_overlay { 60 } else { *device })
            .text(state_mount::root, "/")
            .text(state_mount::mountpoint, point)
            .text(
                state_mount::r#type,
                if is_overlay { "overlay" } else { kind },
            )
            .text(
                state_mount::source,
                if is_overlay { "overlay" } else { kind },
            )
            .text(state_mount::options, "rw,relatime");
        sink.push(NOBODY)?;
    }
    Ok(())
}

/// The ports on which somebody listens, each once.
fn listeners(sink: &mut Sink, node: &Node) -> Result<()> {
    let mut seen = BTreeSet::new();
    for process in node.processes.values() {
        let [_, _, network] = process.container.namespaces;
        for fd in process.fds.iter().flatten() {
            let Some(port) = sockets::listens_on(fd) else {
                continue;
            };
            if !seen.insert((network, port)) {
                continue;
            }
            sink.row
                .begin(state_listen::EVENT)
                .int(state_listen::net_ns, network)
                .int(state_listen::protocol, 6)
                .bytes(state_listen::address, &[0; 4])
                .int(state_listen::port, port)
                .int(state_listen::ino, fd.ino);
            sink.push(NOBODY)?;
        }
    }
    Ok(())
}

fn descriptors(sink: &mut Sink, process: &Process) -> Result<u32> {
    let subject = Subject {
        tid: process.pid,
        pid: process.pid,
        start: process.start,
    };
    let mut count = 0;
    for (number, fd) in (0_i64..).zip(&process.fds) {
        let Some(fd) = fd else {
            continue;
        };
        sink.row
            .begin(state_fd::EVENT)
            .int(state_fd::fd, number)
            .text(state_fd::name, &fd.name)
            .int(state_fd::flags, fd.flags)
            .int(state_fd::mode, fd.mode)
            .int(state_fd::ino, fd.ino)
            .int(state_fd::dev, fd.dev);
        if !fd.tuple.is_empty() {
            sink.row.bytes(state_fd::tuple, &fd.tuple);
        }
        sink.push(subject)?;
        count += 1;
    }
    Ok(count)
}
