//! Work that must grow with a process's threads and not with their square, counted and not timed.

use falco_format::Tid;

use super::{Story, born, exec, params, process, thread};
use crate::state::tables::threads::work;

/// How many threads the process has: enough that a square could not be taken for a multiple.
const THREADS: u32 = 1_000;
/// How many threads of a group may be gone through for each: at its birth and its end, and when the last one goes.
const LOOKS_PER_THREAD: usize = 8;

fn check(story: &Story, leader: u32) {
    work::take();
    let state = story.state();
    let looks = work::take();
    let most = LOOKS_PER_THREAD * THREADS as usize;
    assert!(looks <= most, "{looks} looks for {THREADS} threads");
    assert!(state.thread_of_tid(Tid(leader)).is_none(), "it has ended");
}

#[test]
fn a_process_of_many_threads_ends_in_linear_work() {
    const SHARED: i64 = 0x100 | 0x200 | 0x400 | 0x800 | 0x1_0000;
    let mut story = exec(Story::new(), process(20), "/bin/java", "java\0");
    for tid in 21..20 + THREADS {
        story = born(story, process(20), thread(tid, 20), SHARED);
    }
    // The kernel's count is left out, so that ours is asked.
    for tid in (21..20 + THREADS).rev() {
        story = story.event("procexit", thread(tid, 20), params![status: 0]);
    }
    check(
        &story.event("procexit", process(20), params![status: 0]),
        20,
    );
}

#[test]
fn a_snapshot_of_a_process_of_many_threads_is_linear_work() {
    let mut story = Story::new().seen("state_host", process(20), params![hostname: "node"]);
    for tid in 20..20 + THREADS {
        let row = params![ptid: 0, comm: "java", argv: "java\0", cwd: "/", files_owner: 20];
        story = story.seen("state_thread", thread(tid, 20), row);
    }
    work::take();
    let state = story.state();
    assert_eq!(state.live_threads(falco_format::Pid(20)), THREADS as usize);
    let looks = work::take();
    assert!(
        looks <= LOOKS_PER_THREAD * THREADS as usize,
        "{looks} looks"
    );
}

#[test]
fn the_same_in_falcos_dialect_where_every_thread_leaves_a_child() {
    const THREAD: i64 = 0x2000;
    let last = 10 + i64::from(THREADS);
    let mut story = super::falco::shell();
    for tid in 11..last {
        let tid32 = u32::try_from(tid).expect("a tid");
        story = story.call("clone", tid32, super::falco::birth(0, (tid, 10, 1), THREAD));
        let child = 100_000 + tid32;
        let birth = super::falco::birth(0, (i64::from(child), i64::from(child), tid), 0);
        story = story.call("clone", child, birth);
    }
    for tid in (10..last).rev() {
        let tid = u32::try_from(tid).expect("a tid");
        story = story.call("procexit", tid, params![status: 0]);
    }
    check(&story, 10);
}
