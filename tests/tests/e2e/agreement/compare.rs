//! What it means that the state agrees with /proc, fact by fact, and which differences have a name.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use falco_analyze::state::{Doubt, Fd, FdKind, State, Thread};
use falco_format::Tid;

use super::proc::{self, ProcFd, ProcThread, Socket};
use super::replayed::Replayed;

/// Why a difference is none, or why there was nothing to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exception {
    /// It changed state after /proc was read, so the two do not speak of the same moment.
    Moved,
    /// It has ended and waits for its parent: state knows nothing more of it.
    Ended,
    /// The recorder leaves itself out.
    Recorder,
    /// Its parent ended, and who adopted it had made itself a subreaper before it was recorded: the kernel tells nobody, and the next snapshot has the new parent.
    Adopted,
    /// A worker of the kernel names itself after its work.
    KernelWorker,
    /// `prctl(PR_SET_NAME)` and writes to /proc: rules go on seeing the name of the program, as Falco has it, or a program could take any name.
    Renamed,
    /// The same file by another path: state resolves by text, as Falco does, the kernel through links and mounts.
    OtherPath,
    /// A directory that was not opened as one is a file to Falco.
    PlainDirectory,
    /// A pipe or device that was opened by a path is a file to Falco.
    OpenedByPath,
    /// State says that it does not know the directory: `./` or below it, which is no wrong answer.
    UnknownDirectory,
    /// A socket that no table of the kernel lists, since it has no address yet.
    UnlistedSocket,
    /// State says of its own accord that it may be stale.
    Doubted,
}

/// The outcome.
#[derive(Default)]
pub(super) struct Report {
    pub(super) threads: u64,
    pub(super) processes: u64,
    pub(super) fds: u64,
    pub(super) facts: u64,
    pub(super) exceptions: BTreeMap<Exception, u64>,
    pub(super) differences: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} threads of {} processes, {} descriptors, {} facts compared; {} differ",
            self.threads,
            self.processes,
            self.fds,
            self.facts,
            self.differences.len()
        )?;
        for (exception, count) in &self.exceptions {
            write!(f, "; {exception:?}: {count}")?;
        }
        Ok(())
    }
}

/// Compares every thread that either side knows.
pub(super) fn compare(
    threads: &BTreeMap<u32, ProcThread>,
    replayed: &Replayed,
    recorder: &str,
) -> Report {
    let mut report = Report::default();
    for thread in threads.values() {
        if thread.exe.as_deref() == Some(recorder) {
            report.except(Exception::Recorder);
        } else if thread.has_ended() {
            report.except(Exception::Ended);
        } else if replayed.has_moved(thread.pid, thread.seen) {
            report.except(Exception::Moved);
        } else {
            report.thread(thread, replayed);
        }
    }
    // Each was looked at in its turn: who came or moved since the first look may have gone before its own, or have come after it.
    let looks = threads.values().map(|thread| thread.seen);
    let begun = looks.min().unwrap_or(0);
    for tid in replayed.state.tids() {
        let known = replayed.state.thread_of_tid(tid).expect("a listed thread");
        let leader = threads.get(&known.pid.0);
        if leader.is_some_and(|leader| leader.exe.as_deref() == Some(recorder)) {
            report.except(Exception::Recorder);
            continue;
        }
        let is_expected = threads.contains_key(&tid.0)
            || known.is_dead
            || known.start >= begun
            || replayed.has_moved(known.pid.0, begun);
        if !is_expected {
            let doubt = replayed.state.doubt_of(Some(known));
            report.difference(
                doubt.thread,
                format!("{tid} of {}: not in /proc", known.pid),
            );
        }
    }
    report
}

/// Whether a process may be a subreaper of which nobody told: it is older than the recording.
fn is_old_subreaper(pid: Option<u32>, replayed: &Replayed) -> bool {
    let known = pid.and_then(|pid| replayed.state.thread_of_tid(Tid(pid)));
    known.is_some_and(|known| !known.is_subreaper && known.start < replayed.begun)
}

impl Report {
    fn except(&mut self, exception: Exception) {
        *self.exceptions.entry(exception).or_default() += 1;
    }

    fn difference(&mut self, doubted: bool, text: String) {
        if doubted {
            self.except(Exception::Doubted);
        } else {
            self.differences.push(text);
        }
    }

    /// One fact.
    fn fact<T: PartialEq + Debug>(
        &mut self,
        doubted: bool,
        what: &dyn Fn() -> String,
        ours: T,
        kernel: T,
    ) {
        self.facts += 1;
        if ours != kernel {
            self.difference(
                doubted,
                format!("{}: {ours:?}, and in /proc {kernel:?}", what()),
            );
        }
    }

    fn thread(&mut self, seen: &ProcThread, replayed: &Replayed) {
        let state = &replayed.state;
        self.threads += 1;
        self.processes += u64::from(seen.tid == seen.pid);
        let named = |fact: &str| format!("{} ({}) of {}: {fact}", seen.tid, seen.comm, seen.pid);
        let Some(known) = state.thread_of_tid(Tid(seen.tid)) else {
            // After a loss a birth may be missing.
            let doubted = replayed.lost > 0;
            return self.difference(doubted, named("not known"));
        };
        let doubt = state.doubt_of(Some(known));
        self.fact(doubt.thread, &|| named("pid"), known.pid.0, seen.pid);
        let parent = |pid: Option<i64>| pid.and_then(|pid| u32::try_from(pid).ok());
        let ours = known.ids.ptid.map(i64::from);
        let parent_moved = [ours, Some(seen.ppid)]
            .into_iter()
            .filter_map(parent)
            .any(|pid| replayed.has_moved(pid, seen.seen));
        if parent_moved {
            self.except(Exception::Moved);
        } else if ours == Some(1) && is_old_subreaper(parent(Some(seen.ppid)), replayed) {
            self.except(Exception::Adopted);
        } else {
            self.fact(doubt.thread, &|| named("parent"), ours, Some(seen.ppid));
        }
        self.comm(seen, known, replayed);
        self.fact(
            doubt.thread,
            &|| named("uid"),
            known.credentials.uid,
            Some(seen.uid),
        );
        self.fact(
            doubt.thread,
            &|| named("gid"),
            known.credentials.gid,
            Some(seen.gid),
        );
        if let Some(exe) = &seen.exe {
            let exe = exe.strip_suffix(" (deleted)").unwrap_or(exe);
            let ours = known
                .program
                .exepath
                .as_deref()
                .map(String::from_utf8_lossy);
            self.fact(doubt.thread, &|| named("exe"), ours.as_deref(), Some(exe));
        }
        self.cwd(seen, known, state, doubt);
        self.fds(seen, known, state, doubt);
    }

    fn comm(&mut self, seen: &ProcThread, known: &Thread, replayed: &Replayed) {
        let doubt = replayed.state.doubt_of(Some(known));
        let ours = known.comm.as_deref().map(String::from_utf8_lossy);
        let ours = ours.unwrap_or_default();
        let is_kernels = seen.exe.is_none();
        if ours == seen.comm || !is_kernels && !replayed.renamed.contains(&seen.tid) {
            let name = || format!("{} of {}: comm", seen.tid, seen.pid);
            return self.fact(doubt.thread, &name, ours.as_ref(), &seen.comm);
        }
        self.facts += 1;
        self.except(if is_kernels {
            Exception::KernelWorker
        } else {
            Exception::Renamed
        });
    }

    fn cwd(&mut self, seen: &ProcThread, known: &Thread, state: &State, doubt: Doubt) {
        // Threads of the kernel have no program whose names could be resolved.
        let Some(cwd) = seen.cwd.as_ref().filter(|_| seen.exe.is_some()) else {
            return;
        };
        let ours = String::from_utf8_lossy(state.cwd(known)).into_owned();
        if ours.starts_with("./") {
            self.facts += 1;
            return self.except(Exception::UnknownDirectory);
        }
        let trimmed = match ours.trim_end_matches('/') {
            "" => "/",
            path => path,
        };
        if trimmed != cwd && seen.cwd_file.is_some() && proc::inode(trimmed) == seen.cwd_file {
            self.facts += 1;
            return self.except(Exception::OtherPath);
        }
        let name = || format!("{} ({}) of {}: cwd", seen.tid, seen.comm, seen.pid);
        self.fact(doubt.thread, &name, trimmed, cwd);
    }

    fn fds(&mut self, seen: &ProcThread, known: &Thread, state: &State, doubt: Doubt) {
        let named = |number: i32, fact: &str| {
            format!(
                "{} ({}) of {}: {number} {fact}",
                seen.tid, seen.comm, seen.pid
            )
        };
        let doubted = doubt.fds;
        for fd in &seen.fds {
            self.fds += 1;
            let Some(slot) = state.fd(known, fd.number) else {
                self.difference(doubted, named(fd.number, &format!("{} not known", fd.link)));
                continue;
            };
            let name = || named(fd.number, "close on exec");
            self.fact(doubted, &name, slot.close_on_exec, fd.close_on_exec);
            self.file(seen, fd, &slot.file, doubted);
        }
        for slot in state.fds(known).into_iter().flat_map(|table| table.iter()) {
            if !seen.fds.iter().any(|fd| fd.number == slot.number) {
                let name = String::from_utf8_lossy(&slot.file.name);
                let fact = format!("{:?} {name}, and not in /proc", slot.file.kind);
                self.difference(doubted, named(slot.number, &fact));
            }
        }
    }

    fn file(&mut self, seen: &ProcThread, fd: &ProcFd, ours: &Fd, doubted: bool) {
        let name = |fact: &str| {
            let number = fd.number;
            format!(
                "{} ({}) of {}: {number} {} {fact}",
                seen.tid, seen.comm, seen.pid, fd.link
            )
        };
        if let Some(inode) = fd.link.strip_prefix("socket:[") {
            let inode = inode.trim_end_matches(']').parse().unwrap_or(0);
            return self.socket(seen.sockets.get(inode), ours, doubted, &name);
        }
        let Some(kind) = kind_of(fd) else {
            self.facts += 1;
            let kind = ours.kind;
            return self.difference(doubted, name(&format!("is {kind:?}")));
        };
        let is_same = ours.inode != 0 && fd.file.is_some_and(|file| file.1 == ours.inode);
        if is_same && ours.kind == FdKind::File && kind != FdKind::Directory {
            self.facts += 1;
            if kind != FdKind::File {
                return self.except(Exception::OpenedByPath);
            }
        } else if kind == FdKind::Directory && ours.kind == FdKind::File {
            self.facts += 1;
            self.except(Exception::PlainDirectory);
        } else {
            self.fact(doubted, &|| name("kind"), ours.kind, kind);
        }
        if matches!(kind, FdKind::File | FdKind::Directory) {
            let path = fd.link.strip_suffix(" (deleted)").unwrap_or(&fd.link);
            // A snapshot that found the file unlinked says so in its name, as the kernel does.
            let our_path = String::from_utf8_lossy(&ours.name);
            let our_path = our_path.strip_suffix(" (deleted)").unwrap_or(&our_path);
            if our_path != path && fd.file.is_some() && proc::inode(our_path) == fd.file {
                self.facts += 1;
                return self.except(Exception::OtherPath);
            }
            self.fact(doubted, &|| name("name"), our_path, path);
        }
    }

    fn socket(
        &mut self,
        listed: Option<&Socket>,
        ours: &Fd,
        doubted: bool,
        name: &dyn Fn(&str) -> String,
    ) {
        match listed {
            None => {
                self.facts += 1;
                let may_be = matches!(
                    ours.kind,
                    FdKind::Ipv4 | FdKind::Ipv6 | FdKind::Netlink | FdKind::Unknown
                );
                if may_be {
                    self.except(Exception::UnlistedSocket);
                } else {
                    self.difference(doubted, name(&format!("is {:?}", ours.kind)));
                }
            }
            // It had no address when the snapshot looked, and got one from another process that has it too.
            Some(_) if ours.kind == FdKind::Unknown => {
                self.facts += 1;
                self.except(Exception::UnlistedSocket);
            }
            Some(Socket::Unix) => {
                self.fact(doubted, &|| name("kind"), ours.kind, FdKind::Unix);
            }
            Some(Socket::Netlink) => {
                self.fact(doubted, &|| name("kind"), ours.kind, FdKind::Netlink);
            }
            Some(Socket::Ip {
                is_v6,
                local,
                remote,
            }) => {
                // What talks to a mapped address counts as IPv4, as Falco has it.
                let ends = [Some(*local), *remote];
                let is_v4 = !is_v6
                    || ends
                        .iter()
                        .flatten()
                        .any(|end| end.0.is_ipv4() && !end.0.is_unspecified());
                let kind = if is_v4 { FdKind::Ipv4 } else { FdKind::Ipv6 };
                self.fact(doubted, &|| name("kind"), ours.kind, kind);
                let ip = ours.ip.unwrap_or_default();
                let end = |end: falco_analyze::state::Endpoint| (end.address, end.port);
                if let Some(remote) = remote {
                    self.fact(
                        doubted,
                        &|| name("remote"),
                        ip.remote.map(end),
                        Some(*remote),
                    );
                    self.fact(doubted, &|| name("local"), ip.local.map(end), Some(*local));
                }
            }
        }
    }
}

/// The kind that a link of /proc stands for; none for what has no name here.
fn kind_of(fd: &ProcFd) -> Option<FdKind> {
    const KINDS: [(&str, FdKind); 13] = [
        ("pipe:[", FdKind::Pipe),
        ("/memfd:", FdKind::Memfd),
        ("anon_inode:[eventfd]", FdKind::Event),
        ("anon_inode:[eventpoll]", FdKind::Epoll),
        ("anon_inode:[signalfd]", FdKind::Signal),
        ("anon_inode:[timerfd]", FdKind::Timer),
        ("anon_inode:inotify", FdKind::Inotify),
        ("anon_inode:[io_uring]", FdKind::IoUring),
        ("anon_inode:[userfaultfd]", FdKind::Userfault),
        ("anon_inode:[pidfd]", FdKind::Pidfd),
        ("pidfd:[", FdKind::Pidfd),
        ("anon_inode:bpf", FdKind::Bpf),
        ("net:[", FdKind::File),
    ];
    let known = KINDS.iter().find(|(prefix, _)| fd.link.starts_with(prefix));
    if let Some((_, kind)) = known {
        return Some(*kind);
    }
    if fd.is_fifo {
        return Some(FdKind::Pipe);
    }
    if fd.link.starts_with('/') {
        return Some(if fd.is_directory {
            FdKind::Directory
        } else {
            FdKind::File
        });
    }
    None
}
