//! Descriptors that processes share while a snapshot reads them: what is known stays until the stream has come to the row.

use super::*;

const T: u64 = 1_000_000_000;
/// How long after its beginning a snapshot looks at a descriptor, and is over.
const LOOK: u64 = 100;
const OVER: u64 = 200;
const CLONE_FILES: i64 = 0x400;

fn seen_process(story: Story, at: u64, pid: u32, owner: i64) -> Story {
    story.seen_at(
        at,
        "state_thread",
        process(pid),
        params![ptid: 1, comm: "x", argv: "x\0", cwd: "/", files_owner: owner],
    )
}

/// A snapshot that found the processes with one table, in which 3 is this file.
fn snapshot(story: Story, at: u64, processes: &[u32], file: &str) -> Story {
    let story = story.seen_at(at, "state_host", process(0), params![hostname: "node"]);
    let story = processes
        .iter()
        .fold(story, |story, &pid| seen_process(story, at + 1, pid, 20));
    let found = params![fd: 3, name: file, flags: 0, mode: 0o100_644];
    let story = story.seen_at(at + LOOK, "state_fd", process(20), found);
    let over = params![threads: 1];
    story.seen_at(at + OVER, "state_complete", process(0), over)
}

fn reads(story: Story, at: u64) -> Story {
    story.event_at(at, "read", process(20), params![res: 1, fd: 3])
}

fn opens(story: Story, at: u64, pid: u32, file: &str) -> Story {
    let opened = params![fd: 3, dirfd: -100, name: file, flags: 0];
    story.event_at(at, "openat", process(pid), opened)
}

fn closes(story: Story, at: u64, pid: u32) -> Story {
    story.event_at(at, "close", process(pid), params![res: 0, fd: 3])
}

#[track_caller]
fn check(story: Story, at: u64, name: &str) {
    story.looking_ahead().check_at(at, &[("fd.name", name)]);
}

#[test]
fn a_row_to_come_takes_no_debt_away() {
    // The number is opened again before its close returns, while a later snapshot is about to look at what came of it.
    let race = |known: Story, at: u64, found: &[u32]| {
        let story = snapshot(reads(known, at - 1), at, found, "/new");
        let story = closes(opens(story, at + 50, 30, "/new"), at + 51, 30);
        let story = reads(reads(story, at + 60), at + OVER + 1);
        check(reads(story, at + OVER + 2), at + 60, "/new");
    };
    let whole = || snapshot(Story::new(), T, &[20, 30], "/old");
    race(whole(), T + 1_000, &[20, 30]);
    // Who does so ends before the snapshot comes to it, so that no row says whose table it has.
    race(whole(), T + 1_000, &[20]);
    // The same of a table that no snapshot has read yet: its number is known by an open.
    let shared = || seen_process(seen_process(Story::new(), T, 20, 20), T, 30, 20);
    race(opens(shared(), T, 20, "/old"), T + 1_000, &[20, 30]);
    race(opens(shared(), T, 20, "/old"), T + 1_000, &[20]);
}

#[test]
fn what_is_known_stays_until_the_look() {
    let check = |known: Story, before: &str| {
        let known = reads(known, T + 950);
        let story = reads(snapshot(known, T + 1_000, &[20], "/new"), T + 1_050);
        let story = closes(opens(story, T + 1_060, 20, "/new"), T + 5_000, 20);
        check(story, T + 1_050, before);
    };
    check(opens(Story::new(), T, 20, "/old"), "/old");
    let whole = || snapshot(Story::new(), T, &[20], "/old");
    check(whole(), "/old");
    check(closes(whole(), T + 900, 20), "");
}

#[test]
fn who_shares_the_table_makes_what_is_to_come() {
    // A process that the snapshot found with the same table.
    let story = reads(snapshot(Story::new(), T, &[20, 30], "/new"), T + 10);
    check(opens(story, T + 50, 30, "/new"), T + 10, "");
    // A child that is born with it meanwhile.
    let story = reads(snapshot(Story::new(), T, &[20], "/new"), T + 10);
    let birth = params![ptid: 20, parent_tid: 20, parent_pid: 20, flags: CLONE_FILES];
    let story = story.event_at(T + 40, "procfork", process(40), birth);
    check(opens(story, T + 50, 40, "/new"), T + 10, "");
    // One that shares nothing has numbers of its own.
    let story = reads(snapshot(Story::new(), T, &[20], "/new"), T + 10);
    let birth = params![ptid: 20, parent_tid: 20, parent_pid: 20, flags: 0];
    let story = story.event_at(T + 40, "procfork", process(40), birth);
    check(opens(story, T + 50, 40, "/new"), T + 10, "/new");
}
