//! Ends of sockets between snapshots and calls: whoever knows them first, they are known from then on.
//!
//! A snapshot reads the kernel's lists of sockets once and looks at descriptors afterwards, so that a row may say of a socket that it has no ends though it got them in between; and calls are seen on sockets that no snapshot has told of yet.

use super::*;
use falco_format::Tid;

use crate::state::testing::{sockaddr_v4, tuple_v4};

const T: u64 = 1_000_000_000;
/// How long after its beginning a snapshot looks at a descriptor, and is over.
const LOOK: u64 = 10;
const OVER: u64 = 20;
const LOCAL: ([u8; 4], u16) = ([127, 0, 0, 1], 40_000);
const REMOTE: ([u8; 4], u16) = ([127, 0, 0, 1], 53);
const UNSET: ([u8; 4], u16) = ([0; 4], 0);
const UDP: u8 = 17;

/// Where one snapshot ends and the next may begin.
fn between(story: Story, at: u64) -> Story {
    story.event_at(at, "getcwd", process(20), params![res: 0])
}

/// A snapshot that found process 20 with a socket at 3 of these ends, closed on exec.
fn snapshot(story: Story, at: u64, ends: Vec<u8>) -> Story {
    story
        .seen_at(at, "state_host", process(0), params![hostname: "node"])
        .seen_at(
            at,
            "state_thread",
            process(20),
            params![ptid: 1, comm: "dig", argv: "dig\0", cwd: "/", files_owner: 20],
        )
        .seen_at(
            at + LOOK,
            "state_fd",
            process(20),
            params![fd: 3, name: "socket:[7]", flags: 0o2_000_000, mode: 0o140_777, ino: 7, tuple: ends],
        )
        .seen_at(
            at + OVER,
            "state_complete",
            process(0),
            params![threads: 1],
        )
}

fn connect(story: Story, at: u64) -> Story {
    story.event_at(
        at,
        "connect",
        process(20),
        params![res: 0, fd: 3, addr: sockaddr_v4(REMOTE.0, REMOTE.1), tuple: tuple_v4(UDP, LOCAL, REMOTE)],
    )
}

fn bind(story: Story, at: u64) -> Story {
    let address = sockaddr_v4(LOCAL.0, LOCAL.1);
    story.event_at(
        at,
        "bind",
        process(20),
        params![res: 0, fd: 3, addr: address],
    )
}

/// Without ends, as the kernel lists neither.
fn unlisted() -> Vec<u8> {
    tuple_v4(UDP, UNSET, UNSET)
}

#[track_caller]
fn check(story: Story, expected: &str) {
    let slot = |state: &State| {
        let thread = state.thread_of_tid(Tid(20)).expect("the process");
        let slot = state.fd(thread, 3).expect("the socket");
        let name = String::from_utf8_lossy(&slot.file.name).into_owned();
        (name, slot.close_on_exec)
    };
    let story = between(story, T + 90_000);
    assert_eq!(slot(&story.state()), (expected.to_owned(), true));
    let ahead = story.looking_ahead();
    assert_eq!(slot(&ahead.state()), (expected.to_owned(), true));
}

const CONNECTED: &str = "127.0.0.1:40000->127.0.0.1:53";

#[test]
fn a_later_snapshot_tells_ends_that_the_first_did_not() {
    let found = |ends| {
        let story = snapshot(Story::new(), T, unlisted());
        snapshot(between(story, T + 900), T + 1_000, ends)
    };
    check(found(tuple_v4(UDP, LOCAL, REMOTE)), CONNECTED);
    check(found(tuple_v4(UDP, LOCAL, UNSET)), "127.0.0.1:40000");
    // One that was only bound has been connected since, unseen.
    let bound = snapshot(Story::new(), T, tuple_v4(UDP, LOCAL, UNSET));
    let bound = between(bound, T + 900);
    check(
        snapshot(bound, T + 1_000, tuple_v4(UDP, LOCAL, REMOTE)),
        CONNECTED,
    );
}

#[test]
fn ends_are_never_taken_away_by_a_row_that_knows_none() {
    let known = || {
        let story = snapshot(Story::new(), T, tuple_v4(UDP, LOCAL, REMOTE));
        between(story, T + 900)
    };
    check(snapshot(known(), T + 1_000, unlisted()), CONNECTED);
    let bound = || bind(Story::new(), T);
    check(snapshot(bound(), T + 1_000, unlisted()), "127.0.0.1:40000");
}

#[test]
fn a_call_on_a_socket_that_no_row_has_told_of_tells_its_ends() {
    // The snapshot stands behind the call in the stream, and looked after it.
    let story = connect(Story::new(), T);
    check(snapshot(story, T + 1_000, unlisted()), CONNECTED);
    // It stands behind the call and looked before it.
    let story = connect(Story::new(), T + 900);
    check(snapshot(story, T + 100, unlisted()), CONNECTED);
    // It stands in front of the call and looked after it.
    let story = snapshot(Story::new(), T, unlisted());
    check(connect(story, T + 5), CONNECTED);
    // It stands in front of it and looked before it.
    let story = snapshot(Story::new(), T, unlisted());
    check(connect(story, T + 500), CONNECTED);
    let story = bind(Story::new(), T);
    check(snapshot(story, T + 1_000, unlisted()), "127.0.0.1:40000");
    // A call that came to nothing tells of no socket.
    let failed = Story::new().event_at(
        T,
        "connect",
        process(20),
        params![res: -111, fd: 3, addr: sockaddr_v4(REMOTE.0, REMOTE.1)],
    );
    assert_eq!(fds(&failed, process(20)), "");
}

#[test]
fn sides_are_told_of_sockets_whose_rows_wait_for_their_time() {
    // The bind is to come when the row is applied first, so that the row waits.
    let story = snapshot(Story::new(), T, tuple_v4(UDP, LOCAL, REMOTE));
    let failed = params![res: -22, fd: 3, addr: sockaddr_v4(LOCAL.0, LOCAL.1)];
    let story = story.event_at(T + 5, "bind", process(20), failed);
    let story = story.event_at(T + 2_000, "close", process(20), params![res: 0, fd: 3]);
    story.looking_ahead().check(&[
        ("fd.name", CONNECTED),
        ("fd.sport", "53"),
        ("fd.is_server", "false"),
    ]);
}
