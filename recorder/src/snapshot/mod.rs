//! What was there before the recording began: threads, descriptors, mounts, users, cgroups, interfaces, listening ports.
//!
//! /proc and `/etc` in, rows of STATE items out, in this order: the host first, `state_complete` last.
//! Each row carries the time just before it was looked at, so that a change seen by the probe after that time is applied to it again rather than lost.
//! A thread's start is what /proc tells, cut to a clock tick (10 ms): it names the same thread as the probe's start if both fall into the same tick.
//! Processes that end meanwhile are left out; what is refused is counted.
//! It takes no lock, stops nobody, and holds no more than one process and the sockets of each network namespace.

mod fds;
mod host;
mod interfaces;
mod kcmp;
mod mounts;
mod owners;
mod proc;
mod sockets;
mod status;
#[cfg(test)]
mod tests;
mod threads;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;

use falco_abi::events::{state_complete, state_container, state_group, state_user, useradded};

use crate::accounts::lines;
use crate::containers::{self, Containers};
use crate::row::{Row, RowSink, Subject};

use mounts::Mount;
use owners::Owners;
use proc::Proc;
use sockets::Sockets;
use threads::Process;

/// How many threads a snapshot holds; what is beyond is counted as unreadable. The kernel's own limit is 4,194,304.
const THREADS_MAX: u32 = 1 << 22;

/// How often the processes are listed, at most: each round finds those that were born in the one before, and is as short as they are few.
const ROUNDS_MAX: u32 = 8;

/// Why a snapshot is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// After attaching.
    Start,
    /// For a new segment.
    Rotation,
}

/// How a snapshot is taken.
#[derive(Clone)]
pub struct Options {
    /// The directory that holds `proc` and `etc`.
    pub root: PathBuf,
    /// Whether that is this machine's root, so that system calls tell more than files do.
    pub live: bool,
    /// Whether environments are taken.
    pub env: bool,
    /// Why it is taken.
    pub origin: Origin,
    /// The clock: nanoseconds of `CLOCK_BOOTTIME`.
    pub now: fn() -> u64,
    /// Who knows of containers; nobody where it is `None`.
    pub containers: Option<Containers>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("root", &self.root)
            .field("env", &self.env)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// How much was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Threads.
    pub threads: u32,
    /// Descriptors.
    pub fds: u32,
    /// Files, links and directories that could not be read.
    pub unreadable: u32,
}

/// The length of a clock tick, as /proc counts them.
#[derive(Clone, Copy, Debug)]
struct Ticks {
    nanoseconds: u64,
}

impl Ticks {
    fn of_this_machine() -> Ticks {
        let per_second = rustix::param::clock_ticks_per_second().max(1);
        Ticks {
            nanoseconds: 1_000_000_000 / per_second,
        }
    }

    fn nanoseconds(self, ticks: u64) -> u64 {
        ticks.saturating_mul(self.nanoseconds)
    }
}

/// A snapshot while it is taken.
struct Snapshot<'a> {
    options: &'a Options,
    proc: Proc,
    sink: &'a mut dyn RowSink,
    ticks: Ticks,
    counts: Counts,
    /// When the init of a pid namespace started, by the namespace's inode.
    init_starts: BTreeMap<u64, u64>,
    /// Whose tables of descriptors have been seen.
    owners: Owners,
    /// Processes that were looked at, and which of their threads answered.
    speakers: BTreeMap<u32, u32>,
    mount_namespaces: BTreeSet<u64>,
    /// The sockets of each network namespace by its inode.
    sockets: BTreeMap<u64, Rc<RefCell<Sockets>>>,
    /// The containers in which threads were seen.
    containers: containers::Subjects,
}

/// Takes a snapshot and hands its rows to the sink.
pub fn take(options: &Options, sink: &mut dyn RowSink) -> Counts {
    let mut snapshot = Snapshot {
        options,
        proc: Proc::at(options.root.join("proc")),
        sink,
        ticks: Ticks::of_this_machine(),
        counts: Counts::default(),
        init_starts: BTreeMap::new(),
        owners: Owners::new(options.live),
        speakers: BTreeMap::new(),
        mount_namespaces: BTreeSet::new(),
        sockets: BTreeMap::new(),
        containers: containers::Subjects::new(),
    };
    snapshot.host();
    snapshot.accounts();
    snapshot.processes();
    snapshot.described_containers();
    snapshot.complete()
}

impl Snapshot<'_> {
    /// Every process, and those that were born meanwhile: a reader that knows a parent as it is later cannot tell what an earlier child took from it.
    fn processes(&mut self) {
        let mut visited = BTreeSet::new();
        for _ in 0..ROUNDS_MAX {
            let mut pids = self.proc.numbers("");
            pids.retain(|pid| visited.insert(*pid));
            if pids.is_empty() {
                break;
            }
            let starts = threads::init_starts(&mut self.proc, self.ticks, &pids);
            for (namespace, start) in starts {
                self.init_starts.entry(namespace).or_insert(start);
            }
            for pid in pids {
                if let Some(process) = threads::process(self, pid) {
                    self.surroundings(&process);
                }
            }
        }
    }

    fn host(&mut self) {
        let time = (self.options.now)();
        self.sink.row(&host::host_row(time));
        let mounts = self.mounts_of("self");
        if let Some(text) = self.proc.text("self/cgroup") {
            for row in host::cgroup_rows(&text, &mounts, time) {
                self.sink.row(&row);
            }
        }
        if self.options.live {
            let namespace = self.proc.namespace("self/ns/net");
            let result = interfaces::rows(namespace, time, self.sink);
            self.proc.counted(result);
        }
    }

    fn accounts(&mut self) {
        let time = (self.options.now)();
        for (file, parse) in [
            ("etc/passwd", lines::user as fn(&str, u64) -> Option<Row>),
            ("etc/group", lines::group),
        ] {
            let text = std::fs::read(self.options.root.join(file));
            if let Some(text) = self.proc.counted(text) {
                for row in String::from_utf8_lossy(&text)
                    .lines()
                    .filter_map(|line| parse(line, time))
                {
                    self.sink.row(&row);
                }
            }
        }
    }

    /// What hangs on a process: its namespaces' mounts and ports, once each, and its descriptors.
    fn surroundings(&mut self, process: &Process) {
        if let Some(namespace) = process.namespaces.mount
            && self.mount_namespaces.insert(namespace)
        {
            let time = (self.options.now)();
            for mount in self.mounts_of(&process.subject.pid.to_string()) {
                self.sink.row(&mount.row(namespace, time));
            }
        }
        let own = process.files_owner.map(|name| (&process.subject, name));
        let parted = process.parted.iter().map(|subject| (subject, subject.tid));
        let unread = own.into_iter().chain(parted);
        let unread: Vec<_> = unread
            .filter(|&(_, name)| self.owners.is_unread(name))
            .collect();
        if unread.is_empty() {
            return;
        }
        let sockets = self.sockets_of(process);
        for (subject, name) in unread {
            fds::descriptors(self, subject, &sockets);
            self.owners.note_read(subject.tid, name);
        }
    }

    fn mounts_of(&mut self, process: &str) -> Vec<Mount> {
        let text = self
            .proc
            .read(format!("{process}/mountinfo"))
            .unwrap_or_default();
        text.split(|byte| *byte == b'\n')
            .filter_map(Mount::parse)
            .collect()
    }

    fn sockets_of(&mut self, process: &Process) -> Rc<RefCell<Sockets>> {
        let Some(namespace) = process.namespaces.network else {
            return Rc::default();
        };
        if let Some(known) = self.sockets.get(&namespace) {
            return Rc::clone(known);
        }
        let time = (self.options.now)();
        let sockets = Sockets::read(&mut self.proc, process.subject.pid);
        sockets.listening_rows(namespace, time, self.sink);
        let sockets = Rc::new(RefCell::new(sockets));
        self.sockets.insert(namespace, Rc::clone(&sockets));
        sockets
    }

    /// Takes note of the container in which a thread is, by its lines of /proc/PID/cgroup, and asks for its accounts.
    fn note_container(&mut self, cgroups: &[u8], pid: u32) {
        if self.options.containers.is_none() {
            return;
        }
        let paths = cgroups
            .split(|byte| *byte == b'\n')
            .filter_map(|line| line.splitn(3, |byte| *byte == b':').nth(2));
        if let Some(subject) = paths.into_iter().find_map(containers::Subject::of_path) {
            let known = self.options.containers.as_ref();
            self.containers
                .entry(subject.full_id.clone())
                .or_insert_with(|| {
                    if let Some(known) = known {
                        known.ask_accounts(&subject, pid, (self.options.now)());
                    }
                    subject
                });
        }
    }

    /// Rows of what is known of those containers. The first snapshot waits a little for it, so that a recording begins with it.
    fn described_containers(&mut self) {
        let Some(known) = &self.options.containers else {
            return;
        };
        let wait = self.options.origin == Origin::Start;
        for json in known.of_snapshot(&self.containers, wait) {
            let time = (self.options.now)();
            let mut row = Row::new(state_container::EVENT, Subject::default(), time);
            row.text(state_container::json, &json);
            self.sink.row(&row);
        }
        for row in known.accounts_of(&self.containers, wait) {
            let event = if row.event == useradded::EVENT {
                state_user::EVENT
            } else {
                state_group::EVENT
            };
            let time = (self.options.now)();
            self.sink.row(&Row { event, time, ..row });
        }
    }

    fn complete(mut self) -> Counts {
        self.counts.unreadable = self.proc.unreadable;
        let time = (self.options.now)();
        let origin = match self.options.origin {
            Origin::Start => 0,
            Origin::Rotation => 1,
        };
        let mut row = Row::new(state_complete::EVENT, Subject::default(), time);
        row.uint(state_complete::threads, u64::from(self.counts.threads))
            .uint(state_complete::fds, u64::from(self.counts.fds))
            .uint(
                state_complete::unreadable,
                u64::from(self.counts.unreadable),
            )
            .uint(state_complete::origin, origin);
        self.sink.row(&row);
        self.counts
    }
}
