//! A process and its threads, as rows.
//!
//! Files of /proc in; out come one `state_thread` row per thread and what the rest of the snapshot needs to know of the process.
//! What all threads of a process share nearly always (program, arguments, directories, namespaces) is read once, from the leader.

use std::cmp::Ordering;
use std::os::unix::ffi::OsStrExt;

use falco_abi::events::state_thread as param;
use falco_abi::frame::exe_flags;
use rustix::fs::{AtFlags, CWD, Statx, StatxFlags, StatxTimestamp};

use super::kcmp;
use super::mounts::device;
use super::proc::Proc;
use super::status::{Stat, Status, open_files_limit};
use super::{Snapshot, Ticks};
use crate::row::{Row, Subject};

/// What the threads of a process share.
#[derive(Clone, Debug, Default)]
struct Shared {
    argv: Option<Vec<u8>>,
    env: Option<Vec<u8>>,
    exe: Option<Vec<u8>>,
    exe_stat: Option<Statx>,
    cwd: Option<Vec<u8>>,
    root: Option<Vec<u8>>,
    loginuid: Option<u64>,
    fdlimit: Option<u64>,
    namespaces: Namespaces,
    files_owner: u32,
}

/// The namespaces of a process, by inode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Namespaces {
    pub(super) mount: Option<u64>,
    pub(super) pid: Option<u64>,
    pub(super) network: Option<u64>,
}

/// A process whose threads have been written.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) subject: Subject,
    pub(super) namespaces: Namespaces,
    /// Under whose name its table of descriptors goes. None where it has none.
    pub(super) files_owner: Option<u32>,
    /// Its threads that have a table of descriptors of their own.
    pub(super) parted: Vec<Subject>,
}

/// Writes a row per thread of the process. `None` where the process is gone.
pub(super) fn process(snapshot: &mut Snapshot<'_>, pid: u32) -> Option<Process> {
    // Before anything that its rows say is read: what changes meanwhile comes after.
    let time = (snapshot.options.now)();
    let line = snapshot.proc.read(format!("{pid}/stat"))?;
    let leader = Stat::parse(&line)?;
    let mut tids = snapshot.proc.numbers(format!("{pid}/task"));
    // Numbers go round: the leader comes first all the same, for the others share what it has.
    tids.sort_by_key(|tid| *tid != pid);
    let speaker = speaker(snapshot, pid, &leader, &tids);
    let shared = shared(snapshot, pid, speaker.as_ref());
    let mut parted = Vec::new();
    for tid in tids {
        if snapshot.counts.threads >= super::THREADS_MAX {
            snapshot.proc.unreadable = snapshot.proc.unreadable.saturating_add(1);
            break;
        }
        let own = own_of(snapshot, pid, tid, &shared);
        if let Some(subject) = thread(snapshot, time, (pid, tid), own.as_ref().unwrap_or(&shared))
            && own.is_some_and(|own| own.files_owner == tid)
        {
            parted.push(subject);
        }
    }
    let subject = Subject {
        tid: speaker.as_ref().map_or(pid, |speaker| speaker.tid),
        pid,
        start: speaker.as_ref().map_or(0, |speaker| speaker.start),
    };
    Some(Process {
        subject,
        namespaces: shared.namespaces,
        files_owner: speaker.is_some().then_some(shared.files_owner),
        parted,
    })
}

/// The thread that answers for its process: the leader, unless it has ended before the others.
struct Speaker {
    tid: u32,
    start: u64,
    /// Its directory in /proc.
    below: String,
}

/// None where a thread of the kernel, or all have ended.
fn speaker(snapshot: &mut Snapshot<'_>, pid: u32, leader: &Stat, tids: &[u32]) -> Option<Speaker> {
    if !leader.is_hollow() {
        return Some(Speaker {
            tid: pid,
            start: snapshot.ticks.nanoseconds(leader.start_ticks),
            below: pid.to_string(),
        });
    }
    tids.iter().filter(|tid| **tid != pid).find_map(|&tid| {
        let below = format!("{pid}/task/{tid}");
        let line = snapshot.proc.read(format!("{below}/stat"))?;
        let stat = Stat::parse(&line).filter(|stat| !stat.is_hollow())?;
        let start = snapshot.ticks.nanoseconds(stat.start_ticks);
        Some(Speaker { tid, start, below })
    })
}

fn shared(snapshot: &mut Snapshot<'_>, pid: u32, speaker: Option<&Speaker>) -> Shared {
    let proc = &mut snapshot.proc;
    let mut shared = Shared {
        loginuid: proc
            .text(format!("{pid}/loginuid"))
            .and_then(|text| text.trim().parse().ok()),
        files_owner: pid,
        ..Shared::default()
    };
    let Some(speaker) = speaker else {
        return shared;
    };
    let below = &speaker.below;
    shared.namespaces = Namespaces {
        mount: proc.namespace(format!("{below}/ns/mnt")),
        pid: proc.namespace(format!("{below}/ns/pid")),
        network: proc.namespace(format!("{below}/ns/net")),
    };
    shared.argv = proc.read(format!("{below}/cmdline"));
    if snapshot.options.env {
        shared.env = proc.read(format!("{below}/environ"));
    }
    shared.exe = proc.link(format!("{below}/exe"));
    shared.exe_stat = executable(proc, below);
    shared.cwd = proc.link(format!("{below}/cwd"));
    shared.root = proc.link(format!("{below}/root"));
    shared.fdlimit = proc
        .text(format!("{below}/limits"))
        .as_deref()
        .and_then(open_files_limit);
    snapshot.speakers.insert(pid, speaker.tid);
    if snapshot.options.live {
        // A process goes by its own id, whichever of its threads answered.
        shared.files_owner = snapshot.owners.of(speaker.tid, pid).unwrap_or(pid);
    }
    shared
}

fn executable(proc: &mut Proc, below: &str) -> Option<Statx> {
    let path = proc.path(format!("{below}/exe"));
    let result = rustix::fs::statx(
        CWD,
        path.as_os_str().as_bytes(),
        AtFlags::STATX_DONT_SYNC,
        StatxFlags::BASIC_STATS,
    );
    proc.counted(result.map_err(Into::into))
}

/// What a thread has for itself, where it parted from its process (`unshare`).
fn own_of(snapshot: &mut Snapshot<'_>, pid: u32, tid: u32, shared: &Shared) -> Option<Shared> {
    let speaker = snapshot.speakers.get(&pid).copied()?;
    if tid == speaker || !snapshot.options.live {
        return None;
    }
    let is_apart = kcmp::order_files(speaker, tid).is_some_and(Ordering::is_ne);
    // A leader that has ended before the others, and a thread that is about to, have none.
    let files_owner = is_apart.then(|| snapshot.owners.of(tid, tid)).flatten();
    let has_directories = kcmp::other_directories(speaker, tid);
    if files_owner.is_none() && !has_directories {
        return None;
    }
    let mut own = shared.clone();
    if let Some(owner) = files_owner {
        own.files_owner = owner;
    }
    if has_directories {
        own.cwd = snapshot.proc.link(format!("{pid}/task/{tid}/cwd"));
        own.root = snapshot.proc.link(format!("{pid}/task/{tid}/root"));
    }
    Some(own)
}

/// Hands back whom the row was about.
fn thread(
    snapshot: &mut Snapshot<'_>,
    time: u64,
    (pid, tid): (u32, u32),
    shared: &Shared,
) -> Option<Subject> {
    let below = format!("{pid}/task/{tid}");
    let proc = &mut snapshot.proc;
    let (Some(line), Some(status)) = (
        proc.read(format!("{below}/stat")),
        proc.text(format!("{below}/status")),
    ) else {
        return None;
    };
    let stat = Stat::parse(&line)?;
    let cgroups = proc.read(format!("{below}/cgroup"));
    snapshot.note_container(cgroups.as_deref().unwrap_or_default(), pid);
    let subject = Subject {
        tid,
        pid,
        start: snapshot.ticks.nanoseconds(stat.start_ticks),
    };
    let mut row = Row::new(param::EVENT, subject, time);
    add_stat(&mut row, &stat);
    add_status(&mut row, &Status::parse(&status));
    row.bytes(
        param::cgroups,
        cgroups.map(|text| nul_ended(&text)).as_deref(),
    );
    add_shared(&mut row, shared);
    add_executable(&mut row, shared);
    let init = shared
        .namespaces
        .pid
        .and_then(|ns| snapshot.init_starts.get(&ns).copied());
    row.uint(param::pidns_init_start_ts, init);
    snapshot.counts.threads += 1;
    snapshot.sink.row(&row);
    Some(subject)
}

fn add_stat(row: &mut Row, stat: &Stat) {
    row.int(param::ptid, stat.ppid)
        .bytes(param::comm, stat.comm.as_slice())
        .int(param::tty, stat.tty)
        .int(param::pgid, stat.pgid)
        .int(param::sid, stat.sid)
        .uint(param::kernel_flags, stat.flags)
        .uint(param::pgft_min, stat.faults_minor)
        .uint(param::pgft_maj, stat.faults_major);
}

fn add_status(row: &mut Row, status: &Status) {
    let [ruid, uid, suid, _] = status.uids;
    let [rgid, gid, sgid, _] = status.gids;
    let [inheritable, permitted, effective] = status.capabilities;
    row.uint(param::uid, uid)
        .uint(param::ruid, ruid)
        .uint(param::suid, suid)
        .uint(param::gid, gid)
        .uint(param::rgid, rgid)
        .uint(param::sgid, sgid)
        .uint(param::cap_inheritable, inheritable)
        .uint(param::cap_permitted, permitted)
        .uint(param::cap_effective, effective)
        .int(param::vtid, status.vtid)
        .int(param::vpid, status.vpid)
        .int(param::vpgid, status.vpgid)
        .int(param::vsid, status.vsid);
    let [size, resident, swapped] = status.memory;
    row.uint(param::vm_size, size)
        .uint(param::vm_rss, resident)
        .uint(param::vm_swap, swapped);
}

fn add_shared(row: &mut Row, shared: &Shared) {
    row.bytes(param::argv, shared.argv.as_deref())
        .bytes(param::env, shared.env.as_deref())
        .bytes(param::cwd, shared.cwd.as_deref())
        .bytes(param::root, shared.root.as_deref())
        .uint(param::loginuid, shared.loginuid)
        .uint(param::fdlimit, shared.fdlimit)
        .uint(param::mnt_ns, shared.namespaces.mount)
        .uint(param::pid_ns, shared.namespaces.pid)
        .uint(param::net_ns, shared.namespaces.network)
        .int(param::files_owner, i64::from(shared.files_owner));
}

fn add_executable(row: &mut Row, shared: &Shared) {
    let Some(exe) = shared.exe.as_deref() else {
        return;
    };
    let (path, flags) = executable_facts(exe);
    row.bytes(param::trusted_exepath, path)
        .uint(param::exe_flags, u64::from(flags));
    if let Some(stat) = &shared.exe_stat {
        row.uint(param::exe_ino, stat.stx_ino)
            .uint(
                param::exe_dev,
                device(stat.stx_dev_major, stat.stx_dev_minor),
            )
            .uint(param::exe_ino_ctime, nanoseconds(stat.stx_ctime))
            .uint(param::exe_ino_mtime, nanoseconds(stat.stx_mtime))
            .uint(param::exe_mode, u64::from(stat.stx_mode))
            .uint(param::exe_uid, u64::from(stat.stx_uid))
            .uint(param::exe_gid, u64::from(stat.stx_gid));
    }
}

/// The path without the kernel's remark that it was deleted, and the bits of [`exe_flags`] that the link tells.
fn executable_facts(link: &[u8]) -> (&[u8], u32) {
    let (path, mut flags) = match link.strip_suffix(b" (deleted)") {
        Some(path) => (path, exe_flags::UNLINKED),
        None => (link, 0),
    };
    if path.starts_with(b"/memfd:") {
        flags |= exe_flags::MEMFD;
    }
    (path, flags)
}

fn nanoseconds(time: StatxTimestamp) -> Option<u64> {
    let seconds = u64::try_from(time.tv_sec).ok()?;
    seconds
        .checked_mul(1_000_000_000)?
        .checked_add(u64::from(time.tv_nsec))
}

/// Lines, each with a NUL instead of its newline.
fn nul_ended(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'\n' { 0 } else { *byte })
        .collect();
    if out.last().is_some_and(|last| *last != 0) {
        out.push(0);
    }
    out
}

/// When the init of each pid namespace started: needed before the first thread of the namespace is written.
pub(super) fn init_starts(proc: &mut Proc, ticks: Ticks, pids: &[u32]) -> Vec<(u64, u64)> {
    let mut starts = Vec::new();
    // Few namespaces, many processes: only the first process of the namespace's own numbering counts.
    for pid in pids {
        let Some(namespace) = proc.namespace(format!("{pid}/ns/pid")) else {
            continue;
        };
        if starts.iter().any(|(known, _)| *known == namespace) {
            continue;
        }
        let status = proc.text(format!("{pid}/status"));
        if status.is_none_or(|text| Status::parse(&text).vpid != Some(1)) {
            continue;
        }
        let line = proc.read(format!("{pid}/stat"));
        if let Some(stat) = line.as_deref().and_then(Stat::parse) {
            starts.push((namespace, ticks.nanoseconds(stat.start_ticks)));
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_link_of_an_executable_tells() {
        let check = |link: &[u8], path: &[u8], flags| {
            assert_eq!(executable_facts(link), (path, flags));
        };
        check(b"/usr/bin/sh", b"/usr/bin/sh", 0);
        check(b"/tmp/x (deleted)", b"/tmp/x", exe_flags::UNLINKED);
        let both = exe_flags::UNLINKED | exe_flags::MEMFD;
        check(b"/memfd:x (deleted)", b"/memfd:x", both);
    }

    #[test]
    fn lines_end_with_nul() {
        assert_eq!(nul_ended(b"1:cpu:/a\n0::/\n"), b"1:cpu:/a\x000::/\0");
        assert_eq!(nul_ended(b"0::/"), b"0::/\0");
        assert_eq!(nul_ended(b""), b"");
    }
}
