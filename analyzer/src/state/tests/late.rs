//! Threads that acted before a snapshot told of them: what no event told is taken from its rows.
//!
//! Streams begin without a snapshot, as a recording does on a busy host; what the whole of one knows is compared with what is known where reading begins with the snapshot.

use falco_format::{Dialect, Tid};
use proptest::prelude::*;

use super::kernel::{Kernel, Written, comm};
use super::properties::{config, encode};
use super::*;
use crate::state::{Ptid, StateLimits};

const T: u64 = 1_000_000_000;

/// What one thing that process 20 did after the look leaves of what the row says.
#[track_caller]
fn check(name: &str, done: Vec<(&str, Param)>, expected: &[(&str, &str)]) {
    let row = params![
        ptid: 1, comm: "cat", argv: "cat\0/x\0", trusted_exepath: "/bin/cat", uid: 7, gid: 8, cap_effective: 2,
        pgid: 20, sid: 20, cwd: "/home", cgroups: "0::/seen\0", vpid: 20, vtid: 20, files_owner: 20,
    ];
    let story = Story::new().event_at(T + 300, name, process(20), done);
    let host = params![hostname: "node"];
    let story = story.seen_at(T + 100, "state_host", process(0), host);
    let story = story.seen_at(T + 110, "state_thread", process(20), row);
    let over = params![threads: 1];
    let story = story.seen_at(T + 200, "state_complete", process(0), over);
    let opened = params![fd: 3, dirfd: -100, name: "y", flags: 0];
    let story = story.event_at(T + 400, "openat", process(20), opened);
    story.check(expected);
    // An exec tells all that may have been missed.
    let is_whole = name == "execve";
    assert_eq!(story.doubt().thread, !is_whole, "{name}");
}

#[test]
fn what_no_event_told_is_as_the_row_saw_it() {
    let known = [
        ("proc.cmdline", "cat /x"),
        ("proc.exepath", "/bin/cat"),
        ("proc.ppid", "1"),
    ];
    let check_known = |name: &str, done, more: &[(&str, &str)]| {
        check(name, done, &[&known[..], more].concat());
    };
    let rest = [
        ("user.uid", "7"),
        ("group.gid", "8"),
        ("proc.sid", "20"),
        ("fd.name", "/home/y"),
        ("thread.cap_effective", "CAP_DAC_OVERRIDE"),
    ];
    check_known("prctl", params![res: 0, option: 15], &rest);
    // What it has changed itself is younger than the look, and what hangs on that is not known.
    let setuid = params![res: 0, uid: 9, after_euid: 9];
    check_known(
        "setuid",
        setuid,
        &[
            ("user.uid", "9"),
            ("group.gid", "8"),
            ("thread.cap_effective", ""),
        ],
    );
    check_known(
        "setsid",
        params![res: 22, sid: 22],
        &[("proc.sid", "22"), ("user.uid", "7")],
    );
    check_known(
        "chdir",
        params![res: 0, path: "/etc"],
        &[("fd.name", "/etc/y")],
    );
    let moved = params![hierarchy: 0, path: "/moved", threadgroup: 1];
    check_known("cgroup_attach_task", moved, &[("user.uid", "7")]);
}

#[test]
fn a_program_executed_since_is_not_the_one_that_the_row_saw() {
    let execs = params![res: 0, filename: "/bin/dog", trusted_exepath: "/bin/dog", argv: "dog\0", comm: "dog"];
    let dog = [("proc.cmdline", "dog"), ("proc.exepath", "/bin/dog")];
    check("execve", execs, &dog);
    // Nothing could be read of it.
    check(
        "execve",
        params![res: 0],
        &[("proc.exepath", ""), ("proc.name", "<NA>")],
    );
}

/// Rows applied in order, of events and of snapshots.
fn state_of<'w>(rows: impl IntoIterator<Item = &'w Written>) -> State {
    let tick = 10_000_000;
    let mut state = State::new(StateLimits::default(), Dialect::Native);
    for written in rows {
        let start = match written.lane {
            Some(_) => written.actor.start,
            None => written.actor.start / tick * tick,
        };
        let rows = encode(
            written,
            Actor {
                start,
                ..written.actor
            },
        );
        let view = rows.get(0).expect("one row");
        if written.lane.is_some() {
            state.before(&view);
            state.after(&view);
        } else {
            state.apply_snapshot(&view);
        }
    }
    state
}

/// What is known of a thread, each fact by its name.
fn facts(state: &State, tid: Tid) -> Vec<(String, String)> {
    let Some(thread) = state.thread_of_tid(tid).filter(|thread| !thread.is_dead) else {
        return Vec::new();
    };
    let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let cwd = Some(state.cwd(thread)).filter(|cwd| cwd.starts_with(b"/"));
    let facts = [
        ("comm", thread.comm.as_deref().map(text)),
        ("exe", thread.program.exepath.as_deref().map(text)),
        ("uid", thread.credentials.uid.map(|uid| uid.to_string())),
        ("parent", thread.ids.ptid.map(|ptid| format!("{ptid:?}"))),
        ("cwd", cwd.map(text)),
    ];
    let known = facts.into_iter();
    known
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_whole_knows_what_its_later_part_knows(seed: u64, before in 1..40_usize, since in 0..20_usize, late in 0..20_usize) {
        let mut kernel = Kernel::new(seed);
        kernel.shares_files = false;
        (0..40).for_each(|_| kernel.act());
        kernel.written.clear();
        (0..before).for_each(|_| kernel.act());
        let snapshot = kernel.snapshot(1);
        // What happens until the rows stand in the stream.
        (0..since).for_each(|_| kernel.act());
        let earlier = std::mem::take(&mut kernel.written);
        (0..late).for_each(|_| kernel.act());
        let later = std::mem::take(&mut kernel.written);
        let part = state_of(snapshot.iter().chain(&later));
        let whole = state_of(earlier.iter().chain(&snapshot).chain(&later));
        // Where one went from a directory that is not known, its row is old, and the part believes it, of children too.
        let looked = snapshot.first().map_or(0, |row| row.time);
        let has_gone = earlier.iter().any(|event| event.time > looked && event.name.ends_with("chdir"));
        for task in kernel.living() {
            let tid = Tid(task.actor.tid);
            let known = facts(&whole, tid);
            // A parent that has ended since is nobody's.
            let parent = format!("{:?}", Ptid(task.ptid.into()));
            let is_old = |name: &str, value: &str| match name {
                "cwd" => has_gone,
                "parent" => value != parent,
                _ => false,
            };
            for (name, value) in facts(&part, tid) {
                if is_old(&name, &value) {
                    continue;
                }
                let same = known.iter().any(|(fact, _)| *fact == name);
                prop_assert!(same, "{name} of {tid} is {value} in the part: {known:?}");
            }
            let exe = ("exe".to_owned(), task.exe.clone());
            let other = known.iter().find(|fact| fact.0 == "exe" && **fact != exe);
            prop_assert!(other.is_none(), "{tid} runs {exe:?}, not {other:?}");
            let name = ("comm".to_owned(), comm(&task.exe).to_owned());
            let other = known.iter().find(|fact| fact.0 == "comm" && **fact != name);
            prop_assert!(other.is_none(), "{tid} is {name:?}, not {other:?}");
            let uid = ("uid".to_owned(), task.uid.to_string());
            let other = known.iter().find(|fact| fact.0 == "uid" && **fact != uid);
            prop_assert!(other.is_none(), "{tid} has {uid:?}, not {other:?}");
            let cwd = format!("{}/", kernel.cwd(task).trim_end_matches('/'));
            let other = known.iter().find(|fact| fact.0 == "cwd" && fact.1 != cwd);
            prop_assert!(other.is_none(), "{tid} is in {cwd}, not {other:?}");
        }
    }
}
