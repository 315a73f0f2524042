//! A small kernel that knows the truth: random processes at work, the events that a probe would see of them, and snapshots that take their time.
//!
//! In: a source of numbers. Out: rows by name, with their times and lanes, in the true order; and at any time what is really so.

use std::collections::BTreeMap;

use falco_abi::{Lane, event_by_name};

use super::super::testing::{Actor, Param, params};

/// Nanoseconds between two events. Ten of them make a tick of /proc.
const STEP_NS: u64 = 1_000_000;
/// Tids go round as the kernel's do, so that a number comes back.
const TIDS: std::ops::Range<u32> = 100..160;
/// How many threads live at most.
const LIVE_MAX: usize = 12;
const CLONE_FS: i64 = 0x200;
const CLONE_FILES: i64 = 0x400;
const CLONE_THREAD: i64 = 0x1_0000;
const O_CLOEXEC: i64 = 0o2_000_000;

/// What a descriptor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) close_on_exec: bool,
    inode: i64,
    /// As a snapshot shows it.
    link: String,
    mode: i64,
}

/// A thread.
#[derive(Clone)]
pub(crate) struct Task {
    pub(crate) actor: Actor,
    pub(crate) ptid: u32,
    pub(crate) exe: String,
    pub(crate) uid: u32,
    files: usize,
    directory: usize,
    /// A leader whose threads live on.
    pub(crate) is_dead: bool,
}

/// A row that the probe or a snapshot wrote.
pub(crate) struct Written {
    pub(crate) time: u64,
    pub(crate) name: &'static str,
    pub(crate) actor: Actor,
    pub(crate) params: Vec<(&'static str, Param)>,
    /// Of an event; none of a snapshot's row.
    pub(crate) lane: Option<Lane>,
}

/// The kernel.
pub(crate) struct Kernel {
    pub(crate) now: u64,
    pub(crate) tasks: BTreeMap<u32, Task>,
    tables: Vec<BTreeMap<i32, File>>,
    directories: Vec<String>,
    next_tid: u32,
    random: u64,
    /// Whether threads and processes may share their descriptors.
    pub(crate) shares_files: bool,
    /// Whether processes may share their directories, which no snapshot tells.
    pub(crate) shares_directories: bool,
    /// Whether threads part from those they share with, other than by exec.
    pub(crate) parts: bool,
    pub(crate) written: Vec<Written>,
}

impl Kernel {
    /// One process, the ancestor of all.
    pub(crate) fn new(seed: u64) -> Kernel {
        let init = Task {
            actor: Actor {
                tid: 1,
                pid: 1,
                start: 10_000_000,
            },
            ptid: 0,
            exe: "/sbin/init".to_owned(),
            uid: 0,
            files: 0,
            directory: 0,
            is_dead: false,
        };
        Kernel {
            now: 10_000_000_000,
            tasks: BTreeMap::from([(1, init)]),
            tables: vec![BTreeMap::new()],
            directories: vec!["/".to_owned()],
            next_tid: TIDS.start,
            random: seed | 1,
            shares_files: true,
            shares_directories: false,
            parts: false,
            written: Vec::new(),
        }
    }

    /// One of `count`.
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 8) % count.max(1)
    }

    /// The descriptors of a thread.
    pub(crate) fn files(&self, task: &Task) -> &BTreeMap<i32, File> {
        &self.tables[task.files]
    }

    /// Its working directory.
    pub(crate) fn cwd(&self, task: &Task) -> &str {
        &self.directories[task.directory]
    }

    /// The threads that live, not those that wait for others.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values().filter(|task| !task.is_dead)
    }

    /// Something happens.
    pub(crate) fn act(&mut self) {
        self.now += STEP_NS;
        let tids: Vec<u32> = self.living().map(|task| task.actor.tid).collect();
        let chosen = self.below(tids.len() as u64) as usize;
        let tid = tids[chosen];
        let kinds = if self.parts { 26 } else { 24 };
        match self.below(kinds) {
            0..=3 if self.tasks.len() < LIVE_MAX => self.birth(tid),
            4 | 5 => self.exec(tid),
            6 if tid != 1 => self.exit(tid),
            7..=12 => self.open(tid),
            13..=15 => self.close(tid),
            16 | 17 => self.duplicate(tid),
            18 => self.mark(tid),
            19 | 20 => self.go(tid),
            21 => self.become_user(tid),
            22 => self.open(tid),
            23 => self.close_all(tid),
            _ => self.part(tid),
        }
    }

    fn write(&mut self, name: &'static str, tid: u32, params: Vec<(&'static str, Param)>) {
        let actor = self.tasks[&tid].actor;
        self.write_as(name, actor, params);
    }

    fn write_as(&mut self, name: &'static str, actor: Actor, params: Vec<(&'static str, Param)>) {
        let lane = event_by_name(name).expect("an event").lane;
        self.written.push(Written {
            time: self.now,
            name,
            actor,
            params,
            lane: Some(lane),
        });
    }

    fn birth(&mut self, parent: u32) {
        let tid = self.next_tid;
        self.next_tid = if tid + 1 == TIDS.end {
            TIDS.start
        } else {
            tid + 1
        };
        if self.tasks.contains_key(&tid) {
            return;
        }
        let kind = self.below(6);
        let is_thread = kind == 0 && self.shares_files;
        let shares_files = is_thread || kind == 1 && self.shares_files;
        // Between processes, no snapshot tells.
        let shares_directory = is_thread || kind == 2 && self.shares_directories;
        let parent = self.tasks[&parent].clone();
        let mut child = parent.clone();
        child.actor = Actor {
            tid,
            pid: if is_thread { parent.actor.pid } else { tid },
            start: self.now,
        };
        if !is_thread {
            child.ptid = parent.actor.pid;
        }
        if !shares_files {
            self.tables.push(self.tables[parent.files].clone());
            child.files = self.tables.len() - 1;
        }
        if !shares_directory {
            let cwd = self.directories[parent.directory].clone();
            self.directories.push(cwd);
            child.directory = self.directories.len() - 1;
        }
        let flags = (i64::from(is_thread) * CLONE_THREAD)
            | (i64::from(shares_files) * CLONE_FILES)
            | (i64::from(shares_directory) * CLONE_FS);
        let params = params![
            ptid: i64::from(child.ptid), parent_tid: i64::from(parent.actor.tid),
            parent_pid: i64::from(parent.actor.pid), parent_start: parent.actor.start.cast_signed(),
            flags: flags, comm: comm(&child.exe), uid: i64::from(child.uid),
            vtid: i64::from(tid), vpid: i64::from(child.actor.pid),
        ];
        self.tasks.insert(tid, child);
        self.write("procfork", tid, params);
    }

    fn exec(&mut self, tid: u32) {
        let pid = self.tasks[&tid].actor.pid;
        for other in self.group(pid) {
            let is_leader = other == pid;
            // The leader of another's exec ends without a word: its number goes on.
            if other != tid && !(is_leader && self.tasks[&other].is_dead) {
                self.now += STEP_NS / 100;
                if !is_leader {
                    self.end(other);
                }
            }
        }
        let program = self.below(5);
        let mut task = self.tasks.remove(&tid).expect("it lives");
        if let Some(leader) = self.tasks.remove(&pid) {
            task.actor = leader.actor;
        }
        task.is_dead = false;
        task.exe = format!("/bin/program{program}");
        let mut table = self.tables[task.files].clone();
        table.retain(|_, file| !file.close_on_exec);
        self.tables.push(table);
        task.files = self.tables.len() - 1;
        let cwd = self.cwd(&task).to_owned();
        let params = params![
            res: 0, filename: task.exe.as_str(), argv: format!("{}\0", task.exe).as_str(), comm: comm(&task.exe),
            trusted_exepath: task.exe.as_str(), uid: i64::from(task.uid), ptid: i64::from(task.ptid),
            old_tid: i64::from(tid), cwd: cwd.as_str(), vtid: i64::from(pid), vpid: i64::from(pid),
        ];
        self.tasks.insert(pid, task);
        self.now += STEP_NS / 100;
        self.write("execve", pid, params);
    }

    fn group(&self, pid: u32) -> Vec<u32> {
        let members = self.tasks.values().filter(|task| task.actor.pid == pid);
        members.map(|task| task.actor.tid).collect()
    }

    fn exit(&mut self, tid: u32) {
        self.end(tid);
    }

    /// One thread ends; with the last one its process, whose children go to init.
    fn end(&mut self, tid: u32) {
        let pid = self.tasks[&tid].actor.pid;
        let live = |kernel: &Kernel| {
            let group = kernel.group(pid);
            group
                .iter()
                .filter(|tid| !kernel.tasks[tid].is_dead)
                .count()
        };
        let left = live(self) - 1;
        self.write(
            "procexit",
            tid,
            params![status: 0, threads_live: left as i64],
        );
        if tid == pid && left > 0 {
            self.tasks.get_mut(&tid).expect("it lives").is_dead = true;
            return;
        }
        self.tasks.remove(&tid);
        if left == 0 {
            self.tasks.remove(&pid);
            for task in self.tasks.values_mut().filter(|task| task.ptid == pid) {
                task.ptid = 1;
            }
        }
    }

    fn table(&mut self, tid: u32) -> &mut BTreeMap<i32, File> {
        let files = self.tasks[&tid].files;
        &mut self.tables[files]
    }

    fn free(&mut self, tid: u32) -> i32 {
        let table = self.table(tid);
        (0..)
            .find(|number| !table.contains_key(number))
            .expect("a number")
    }

    fn any_fd(&mut self, tid: u32) -> Option<i32> {
        let numbers: Vec<i32> = self.table(tid).keys().copied().collect();
        let chosen = self.below(numbers.len() as u64) as usize;
        numbers.get(chosen).copied()
    }

    fn open(&mut self, tid: u32) {
        let fd = self.free(tid);
        let (which, closes) = (self.below(40), self.below(3) == 0);
        let name = format!("/tmp/file{which}");
        let file = File {
            name: name.clone(),
            close_on_exec: closes,
            inode: 1000 + which.cast_signed(),
            link: name.clone(),
            mode: 0o100_644,
        };
        let params = params![
            fd: i64::from(fd), dirfd: -100, name: name.as_str(), flags: O_CLOEXEC * i64::from(closes),
            mode: 0, ino: file.inode, dev: 1,
        ];
        self.table(tid).insert(fd, file);
        self.write("openat", tid, params);
    }

    fn close(&mut self, tid: u32) {
        let Some(fd) = self.any_fd(tid) else { return };
        self.table(tid).remove(&fd);
        self.write("close", tid, params![res: 0, fd: i64::from(fd)]);
    }

    fn close_all(&mut self, tid: u32) {
        let first = i64::try_from(self.below(6)).expect("few");
        self.table(tid)
            .retain(|number, _| i64::from(*number) < first);
        self.write(
            "close_range",
            tid,
            params![res: 0, first: first, last: 0xffff_ffff, flags: 0],
        );
    }

    fn duplicate(&mut self, tid: u32) {
        let Some(old) = self.any_fd(tid) else { return };
        let new = i32::try_from(self.below(8)).expect("few");
        if new == old {
            return;
        }
        let mut file = self.table(tid)[&old].clone();
        file.close_on_exec = false;
        self.table(tid).insert(new, file);
        let params = params![res: i64::from(new), oldfd: i64::from(old), newfd: i64::from(new)];
        self.write("dup2", tid, params);
    }

    fn mark(&mut self, tid: u32) {
        const F_SETFD: i64 = 2;
        let Some(fd) = self.any_fd(tid) else { return };
        let closes = self.below(2) == 0;
        self.table(tid).get_mut(&fd).expect("in use").close_on_exec = closes;
        let params = params![res: 0, fd: i64::from(fd), cmd: F_SETFD, arg: i64::from(closes)];
        self.write("fcntl", tid, params);
    }

    fn go(&mut self, tid: u32) {
        let directory = self.tasks[&tid].directory;
        let which = self.below(8);
        let cwd = &mut self.directories[directory];
        let path = match which {
            0 if cwd != "/" => {
                cwd.truncate(cwd.rfind('/').expect("a path").max(1));
                "..".to_owned()
            }
            1..=3 if cwd.len() < 60 => {
                let slash = if cwd == "/" { "" } else { "/" };
                *cwd = format!("{cwd}{slash}sub{which}");
                format!("sub{which}")
            }
            _ => {
                *cwd = format!("/dir{which}");
                cwd.clone()
            }
        };
        self.write("chdir", tid, params![res: 0, path: path.as_str()]);
    }

    /// Parts from those it shares with.
    fn part(&mut self, tid: u32) {
        let which = self.below(if self.shares_directories { 3 } else { 1 });
        let task = self.tasks[&tid].clone();
        let mut parted = task.clone();
        if which != 2 {
            self.tables.push(self.tables[task.files].clone());
            parted.files = self.tables.len() - 1;
        }
        if which != 0 {
            self.directories
                .push(self.directories[task.directory].clone());
            parted.directory = self.directories.len() - 1;
        }
        self.tasks.insert(tid, parted);
        let flags = match which {
            0 => CLONE_FILES,
            1 => CLONE_FILES | CLONE_FS,
            _ => CLONE_FS,
        };
        self.write("unshare", tid, params![res: 0, flags: flags]);
    }

    fn become_user(&mut self, tid: u32) {
        let uid = self.below(4) as u32;
        self.tasks.get_mut(&tid).expect("it lives").uid = uid;
        let params = params![res: 0, uid: i64::from(uid), after_ruid: i64::from(uid), after_euid: i64::from(uid)];
        self.write("setuid", tid, params);
    }

    /// The rows of a snapshot, while the others go on: `pause` acts happen between two threads.
    pub(crate) fn snapshot(&mut self, pause: u64) -> Vec<Written> {
        let nobody = Actor {
            tid: 0,
            pid: 0,
            start: 0,
        };
        let mut rows = vec![self.row("state_host", nobody, params![hostname: "node"])];
        let mut visited: Vec<u32> = Vec::new();
        // What a process shares is looked at once.
        let mut directories: BTreeMap<(u32, usize), String> = BTreeMap::new();
        loop {
            let next = self
                .tasks
                .values()
                .find(|task| !visited.contains(&task.actor.tid));
            let Some(task) = next.cloned() else { break };
            visited.push(task.actor.tid);
            let cwd = self.cwd(&task).to_owned();
            let shared = (task.actor.pid, task.directory);
            let cwd = directories.entry(shared).or_insert(cwd).clone();
            self.see(&task, &cwd, &mut rows);
            for _ in 0..self.below(pause + 1) {
                self.act();
            }
        }
        rows.push(self.row(
            "state_complete",
            nobody,
            params![threads: visited.len() as i64],
        ));
        rows
    }

    fn row(
        &mut self,
        name: &'static str,
        actor: Actor,
        params: Vec<(&'static str, Param)>,
    ) -> Written {
        self.now += STEP_NS / 100;
        Written {
            time: self.now,
            name,
            actor,
            params,
            lane: None,
        }
    }

    fn see(&mut self, task: &Task, cwd: &str, rows: &mut Vec<Written>) {
        const PF_EXITING: i64 = 4;
        // Whose table it is: the first of those that live and share it.
        let sharing = self.living().find(|other| other.files == task.files);
        let sharing = sharing.filter(|_| !task.is_dead);
        let owner = sharing.map_or(task.actor, |other| other.actor);
        let lines = "0::/\0";
        let flags = PF_EXITING * i64::from(task.is_dead);
        let params = params![
            ptid: i64::from(task.ptid), comm: comm(&task.exe), argv: format!("{}\0", task.exe).as_str(),
            trusted_exepath: task.exe.as_str(), uid: i64::from(task.uid), cwd: cwd, cgroups: lines,
            kernel_flags: flags, files_owner: i64::from(owner.tid),
        ];
        rows.push(self.row("state_thread", task.actor, params));
        if owner.tid != task.actor.tid || task.is_dead {
            return;
        }
        for (number, file) in self.files(task).clone() {
            let flags = O_CLOEXEC * i64::from(file.close_on_exec);
            let params = params![
                fd: i64::from(number), name: file.link.as_str(), flags: flags, ino: file.inode, dev: 1, mode: file.mode,
            ];
            rows.push(self.row("state_fd", task.actor, params));
        }
    }
}

/// The name of a program, as the kernel cuts it.
pub(crate) fn comm(exe: &str) -> &str {
    let name = exe.rsplit('/').next().unwrap_or(exe);
    name.get(..15).unwrap_or(name)
}
