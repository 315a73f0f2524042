//! What losses make doubtful, and what heals it.

use falco_abi::Lane;
use falco_format::Tid;

use super::*;
use crate::state::{Doubt, Ptid, StateLimits};

fn doubt(story: &Story, actor: Actor) -> Doubt {
    let state = story.state();
    let thread = state.thread(Tid(actor.tid), actor.start);
    state.doubt_of(thread)
}

fn seen(story: Story, pid: u32) -> Story {
    story.seen(
        "state_thread",
        process(pid),
        params![ptid: 0, comm: "sh", argv: "sh\0", files_owner: i64::from(pid)],
    )
}

fn snapshot(story: Story, pids: &[u32]) -> Story {
    let mut story = story.seen("state_host", process(0), params![hostname: "node"]);
    for pid in pids {
        story = seen(story, *pid);
    }
    story.seen("state_complete", process(0), params![threads: 1])
}

const NONE: Doubt = Doubt {
    thread: false,
    fds: false,
    name: false,
};
const FDS: Doubt = Doubt {
    thread: false,
    fds: true,
    name: false,
};
const ALL: Doubt = Doubt {
    thread: true,
    fds: true,
    name: false,
};

#[test]
fn what_was_whole_stays_whole_without_losses() {
    let story = snapshot(Story::new(), &[20]);
    let story = born(story, process(20), process(30), 0);
    let story = open(story, process(30), 3, "/x");
    assert_eq!(doubt(&story, process(20)), NONE);
    assert_eq!(doubt(&story, process(30)), NONE);
    assert_eq!(doubt(&story, process(77)), ALL, "never seen");
}

#[test]
fn a_lane_makes_its_own_facts_doubtful() {
    let story = snapshot(Story::new(), &[20]).lost(Lane::File);
    assert_eq!(doubt(&story, process(20)), FDS);
    let story = snapshot(Story::new(), &[20]).lost(Lane::Process);
    assert_eq!(doubt(&story, process(20)), ALL);
}

#[test]
fn lost_transfers_make_datagram_sockets_doubtful_alone() {
    let story = snapshot(Story::new(), &[20]).lost(Lane::Bulk);
    assert_eq!(doubt(&story, process(20)), NONE);
    let check = |kind: i64, expected: Doubt| {
        let made = params![fd: 3, domain: 2, r#type: kind, proto: 0];
        let story = snapshot(Story::new(), &[20]).lost(Lane::Bulk);
        let story = story.event("socket", process(20), made);
        assert_eq!(story.doubt(), expected);
    };
    check(1, NONE);
    check(2, FDS);
}

#[test]
fn doubt_about_an_ancestor_is_doubt_about_the_thread() {
    let story = snapshot(Story::new(), &[20]);
    let story = born(story, process(20), process(30), 0).lost(Lane::Process);
    let story = exec(story, process(30), "/bin/x", "x\0");
    assert_eq!(doubt(&story, process(30)), ALL);
    let story = exec(story, process(20), "/bin/y", "y\0");
    assert_eq!(doubt(&story, process(30)), FDS);
}

/// What rules ask of the parent is absent then, so an answer is not that of whole evidence.
#[test]
fn an_ancestor_that_is_not_known_is_doubt_about_the_thread() {
    const THREAD_ALONE: Doubt = Doubt {
        thread: true,
        fds: false,
        name: false,
    };
    let check = |threads: usize, expected: Doubt| {
        let limits = StateLimits {
            threads,
            ..StateLimits::default()
        };
        let story = snapshot(Story::new().with_limits(limits), &[20]);
        let story = born(story, process(20), process(30), 0);
        let story = born(story, process(30), process(40), 0);
        assert_eq!(doubt(&story, process(40)), expected, "{threads} threads");
    };
    check(3, NONE);
    check(2, THREAD_ALONE);
    check(1, THREAD_ALONE);
}

#[test]
fn an_exec_heals_the_thread_and_a_snapshot_the_rest() {
    let story = snapshot(Story::new(), &[20]).lost(Lane::Process);
    let story = exec(story, process(20), "/bin/x", "x\0");
    assert_eq!(doubt(&story, process(20)), FDS);
    let story = snapshot(story, &[20]);
    assert_eq!(doubt(&story, process(20)), NONE);
}

#[test]
fn a_snapshot_after_a_loss_drops_what_it_does_not_find() {
    let story = snapshot(Story::new(), &[20, 30]);
    let story = open(story, process(20), 3, "/a");
    let story = snapshot(story.lost(Lane::File).lost(Lane::Process), &[20]);
    assert_eq!(fds(&story, process(20)), "");
    assert_eq!(story.state().tids(), [Tid(20)]);
}

#[test]
fn a_snapshot_without_a_loss_drops_nothing() {
    let story = snapshot(Story::new(), &[20, 30]);
    let story = open(story, process(20), 3, "/a");
    let story = snapshot(story, &[20]);
    assert_eq!(fds(&story, process(20)), "3:/a");
    assert_eq!(story.state().tids(), [20, 30].map(Tid));
}

#[test]
fn a_table_without_room_for_a_descriptor_is_in_doubt() {
    let check = |fds_per_table: usize, expected: bool| {
        let limits = StateLimits {
            fds_per_table,
            ..StateLimits::default()
        };
        let story = snapshot(Story::new().with_limits(limits), &[20]);
        let story = open(open(story, process(20), 3, "/x"), process(20), 4, "/y");
        let story = story.event("read", process(20), params![res: 1, fd: 4, size: 1]);
        assert_eq!(story.doubt().fds, expected, "{fds_per_table}");
    };
    check(8, false);
    check(1, true);
}

#[test]
fn a_leader_that_ends_before_threads_that_nobody_saw_keeps_its_children() {
    let check = |threads_live: i64, expected: Option<i64>| {
        let story = snapshot(Story::new(), &[20]).lost(Lane::Process);
        let story = born(story, process(20), process(30), 0);
        let ends = params![status: 0, threads_live: threads_live];
        let state = story.event("procexit", process(20), ends).state();
        let child = state.thread_of_tid(Tid(30)).expect("it lives");
        assert_eq!(child.ids.ptid, expected.map(Ptid), "{threads_live} live");
    };
    check(1, Some(20));
    check(0, Some(1));
}

#[test]
fn a_row_that_looked_before_an_exec_says_nothing_of_the_table_behind_it() {
    let story = snapshot(Story::new(), &[20]);
    let before = story.state().snapshot.began;
    let story = exec(story, process(20), "/bin/x", "x\0");
    let story = story.seen_at(
        before,
        "state_fd",
        process(20),
        params![fd: 5, name: "/old", flags: 0, mode: 0o100_644],
    );
    assert_eq!(fds(&story, process(20)), "");
}
