//! The dialects agree where they must: the same story of processes, told in a recording's rows and in Falco's, leads to the same answers.
//!
//! Stories are random: births, execs, opens, copies, closes, moves and ends that a kernel could have done in this order.

use std::collections::{BTreeMap, BTreeSet};

use falco_format::Tid;
use proptest::prelude::*;

use super::{born, close, exec, open};
use crate::state::testing::{Story, params, process};
use crate::state::{State, Thread};

const INIT: u32 = 1;
const SHELL: u32 = 10;
/// The first process that is born. Those that follow have the next numbers, since nobody starts before its parent.
const FIRST: u32 = 20;
const PATHS: [&str; 4] = ["/etc/shadow", "/var/log/../lib/x", "notes", "../up/./here"];
const PROGRAMS: [&str; 3] = ["/usr/bin/cat", "/usr/sbin/sshd", "/tmp/a.out"];
const DIRECTORIES: [&str; 3] = ["/srv", "below", ".."];
/// Falco's flag of an open for reading.
const RDONLY: i64 = 1;

/// What a process does, by numbers that are made to fit what is there.
#[derive(Clone, Debug)]
enum Deed {
    Bear,
    Exec(usize),
    Open(usize),
    Copy(u8, i64),
    Close(u8),
    Move(usize),
    End,
}

fn deeds() -> impl Strategy<Value = Vec<(u8, Deed)>> {
    let deed = prop_oneof![
        3 => Just(Deed::Bear),
        2 => (0..PROGRAMS.len()).prop_map(Deed::Exec),
        5 => (0..PATHS.len()).prop_map(Deed::Open),
        2 => (any::<u8>(), 3_i64..9).prop_map(|(which, to)| Deed::Copy(which, to)),
        3 => any::<u8>().prop_map(Deed::Close),
        2 => (0..DIRECTORIES.len()).prop_map(Deed::Move),
        1 => Just(Deed::End),
    ];
    prop::collection::vec((any::<u8>(), deed), 1..60)
}

/// A story in both dialects, and what a kernel would have of it.
struct Told {
    native: Story,
    falco: Story,
    /// The numbers that each process has open.
    open: BTreeMap<u32, BTreeSet<i64>>,
    /// What each process runs, also of those that have ended: nobody has a number twice, since a start goes with it.
    runs: BTreeMap<u32, &'static str>,
}

impl Told {
    fn new() -> Told {
        Told {
            native: native_shell(),
            falco: falco_shell(),
            open: BTreeMap::from([(SHELL, BTreeSet::from([3]))]),
            runs: BTreeMap::from([(SHELL, "/bin/sh")]),
        }
    }

    /// The story goes on, unless no kernel could have it so.
    fn goes_on(mut self, who: u8, deed: &Deed) -> Told {
        let living: Vec<u32> = self.open.keys().copied().collect();
        let pid = living[usize::from(who) % living.len()];
        let numbers = self.open[&pid].clone();
        let number = |which: u8| {
            numbers
                .iter()
                .nth(usize::from(which) % numbers.len().max(1))
        };
        match *deed {
            Deed::Bear => self.bears(pid),
            Deed::Exec(program) => self.execs(pid, PROGRAMS[program]),
            Deed::Open(path) => self.opens(pid, PATHS[path]),
            Deed::Copy(which, to) => match number(which) {
                Some(&from) if from != to => self.copies(pid, from, to),
                _ => self,
            },
            Deed::Close(which) => match number(which) {
                Some(&fd) => {
                    self.native = close(self.native, process(pid), fd);
                    self.falco = self.falco.call("close", pid, params![res: 0, fd: fd]);
                    self.open.entry(pid).or_default().remove(&fd);
                    self
                }
                None => self,
            },
            Deed::Move(to) => {
                let to = || params![res: 0, path: DIRECTORIES[to]];
                self.native = self.native.event("chdir", process(pid), to());
                self.falco = self.falco.call("chdir", pid, to());
                self
            }
            Deed::End if pid != SHELL => self.ends(pid),
            Deed::End => self,
        }
    }

    fn bears(mut self, pid: u32) -> Told {
        let last = self.runs.keys().next_back().copied();
        let child = last.map_or(FIRST, |last| FIRST.max(last + 1));
        let (tid, ptid) = (i64::from(child), i64::from(pid));
        let program = self.runs[&pid];
        let told = |res: i64, tid: i64, ptid: i64| {
            params![
                res: res, exe: program, args: "-c\0run\0", tid: tid, pid: tid, ptid: ptid, comm: name_of(program),
                flags: 0, uid: 1000, gid: 1000, vtid: tid, vpid: tid,
            ]
        };
        self.native = born(self.native, process(pid), process(child), 0);
        let above = if pid == SHELL { INIT } else { SHELL };
        let parents = told(tid, ptid, i64::from(above));
        self.falco = self.falco.call("clone", pid, parents);
        self.falco = self.falco.call("clone", child, told(0, tid, ptid));
        self.open.insert(child, self.open[&pid].clone());
        self.runs.insert(child, program);
        self
    }

    fn execs(mut self, pid: u32, program: &'static str) -> Told {
        let argv = format!("{program}\0-c\0run\0");
        self.native = exec(self.native, process(pid), program, &argv);
        let tid = i64::from(pid);
        let told = params![
            res: 0, exe: program, args: "-c\0run\0", tid: tid, pid: tid, comm: name_of(program),
            trusted_exepath: program, uid: 1000, gid: 1000,
        ];
        self.falco = self.falco.call("execve", pid, told);
        self.runs.insert(pid, program);
        self
    }

    fn opens(mut self, pid: u32, path: &str) -> Told {
        let numbers = self.open.entry(pid).or_default();
        let free = (3..).find(|fd| !numbers.contains(fd)).expect("a number");
        numbers.insert(free);
        self.native = open(self.native, process(pid), free, path);
        let told = params![fd: free, dirfd: -100, name: path, flags: RDONLY];
        self.falco = self.falco.call("openat", pid, told);
        self
    }

    fn copies(mut self, pid: u32, from: i64, to: i64) -> Told {
        let told = || params![res: to, oldfd: from, newfd: to];
        self.native = self.native.event("dup2", process(pid), told());
        self.falco = self.falco.call("dup2", pid, told());
        self.open.entry(pid).or_default().insert(to);
        self
    }

    fn ends(mut self, pid: u32) -> Told {
        let left = params![status: 0, threads_live: 0];
        self.native = self.native.event("procexit", process(pid), left);
        let left = params![status: 0, reaper_tid: i64::from(INIT)];
        self.falco = self.falco.call("procexit", pid, left);
        self.open.remove(&pid);
        self
    }
}

fn name_of(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn native_shell() -> Story {
    let thread = |name: &str, path: &str, pid: u32, ptid: i64| {
        params![
            ptid: ptid, comm: name, argv: format!("{path}\0-c\0run\0").as_str(), trusted_exepath: path,
            cwd: "/home/me", vtid: i64::from(pid), vpid: i64::from(pid), uid: 1000, gid: 1000,
        ]
    };
    Story::new()
        .seen("state_host", process(INIT), params![hostname: "node"])
        .seen(
            "state_thread",
            process(INIT),
            thread("init", "/sbin/init", INIT, 0),
        )
        .seen(
            "state_thread",
            process(SHELL),
            thread("sh", "/bin/sh", SHELL, 1),
        )
        .seen(
            "state_fd",
            process(SHELL),
            params![fd: 3, ino: 7, mode: 0o100_644, name: "/etc/hosts"],
        )
        .seen("state_complete", process(INIT), params![])
}

fn falco_shell() -> Story {
    let thread = |name: &str, path: &str, pid: u32, ptid: i64| {
        params![
            ptid: ptid, comm: name, exe: path, trusted_exepath: path, args: "-c\0run\0", cwd: "/home/me",
            vtid: i64::from(pid), vpid: i64::from(pid), uid: 1000, gid: 1000,
        ]
    };
    Story::falco()
        .found("state_host", (0, 0), params![hostname: "node"])
        .found(
            "state_thread",
            (INIT, INIT),
            thread("init", "/sbin/init", INIT, 0),
        )
        .found(
            "state_thread",
            (SHELL, SHELL),
            thread("sh", "/bin/sh", SHELL, 1),
        )
        .found(
            "state_fd",
            (SHELL, 0),
            params![fd: 3, ino: 7, r#type: 16, name: "/etc/hosts", flags: 1],
        )
        .found("state_complete", (0, 0), params![])
}

/// All that is known of a process and must be the same.
fn answers(state: &State, thread: &Thread) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let told = |bytes: &Option<crate::state::Text>| bytes.as_deref().map(text);
    let program = &thread.program;
    let parent = state.parent(thread).map(|parent| parent.tid);
    let table = state.fds(thread).expect("a table");
    let files = table.iter().map(|slot| {
        let (name, kind) = (text(&slot.file.name), slot.file.kind);
        format!("{}:{name}:{kind:?}", slot.number)
    });
    format!(
        "{} {:?} {:?} {:?} {:?} child of {parent:?} by {:?} in {} with {}, {} threads",
        thread.tid,
        told(&thread.comm),
        told(&program.exe),
        told(&program.exepath),
        text(&program.args_joined),
        thread.credentials.uid,
        text(state.cwd(thread)),
        files.collect::<Vec<_>>().join(" "),
        state.live_threads(thread.pid),
    )
}

fn all_answers(story: &Story) -> Vec<String> {
    let state = story.state();
    let threads = state.tids().into_iter();
    let threads = threads.filter_map(|tid| state.thread_of_tid(tid));
    threads.map(|thread| answers(&state, thread)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_story_is_the_same_in_both_dialects(deeds in deeds()) {
        let told = deeds.iter().fold(Told::new(), |told, (who, deed)| told.goes_on(*who, deed));
        let native = all_answers(&told.native);
        prop_assert_eq!(&native, &all_answers(&told.falco));
        // And both know whom a kernel would have: the living, and what each has open.
        prop_assert_eq!(native.len(), told.open.len() + 1);
        let state = told.native.state();
        for (pid, numbers) in &told.open {
            let thread = state.thread_of_tid(Tid(*pid)).expect("known");
            let table = state.fds(thread).expect("a table");
            let known: Vec<i64> = table.iter().map(|slot| i64::from(slot.number)).collect();
            prop_assert_eq!(known, numbers.iter().copied().collect::<Vec<_>>());
        }
    }
}
