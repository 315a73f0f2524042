//! The first moments: rows of a snapshot that looked after events which stand behind it in the stream.

use super::*;

const T: u64 = 1_000_000_000;
/// When the snapshot looked at process 20, after everything that its events tell.
const LOOK: u64 = T + 100;

/// A snapshot that found process 20 as `true`, executed by user 5 in `/new`, with 7 open.
fn found_later() -> Story {
    Story::new()
        .looking_ahead()
        .seen_at(T, "state_host", process(0), params![hostname: "node"])
        .seen_at(
            LOOK,
            "state_thread",
            process(20),
            params![ptid: 1, comm: "true", argv: "true\0after\0", trusted_exepath: "/bin/true", cwd: "/new", uid: 5, gid: 6, files_owner: 20],
        )
        .seen_at(
            LOOK + 1,
            "state_fd",
            process(20),
            params![fd: 7, name: "/later", flags: 0, mode: 0o100_644],
        )
        .seen_at(T + 200, "state_complete", process(0), params![threads: 1])
}

fn execs(story: Story, at: u64) -> Story {
    story.event_at(
        at,
        "execve",
        process(20),
        params![res: 0, argv: "true\0after\0", comm: "true", trusted_exepath: "/bin/true", uid: 5, gid: 6, cwd: "/new"],
    )
}

fn reads(story: Story, at: u64, fd: i64) -> Story {
    story.event_at(at, "read", process(20), params![res: 1, fd: fd])
}

/// What is said of an event in front of the given later ones.
fn check(before: impl Fn(Story) -> Story, expected: &[(&str, &str)]) {
    let whole = before(reads(found_later(), T + 10, 7));
    whole.check_at(T + 10, expected);
}

#[test]
fn an_event_before_an_exec_is_not_the_later_programs() {
    check(
        |story| execs(story, T + 50),
        &[
            ("proc.name", "<NA>"),
            ("proc.exepath", ""),
            ("proc.args", ""),
            ("user.uid", "4294967295"),
        ],
    );
    // One that the look was over before says nothing against the row.
    check(
        |story| execs(story, T + 300),
        &[
            ("proc.name", "true"),
            ("proc.exepath", "/bin/true"),
            ("user.uid", "5"),
        ],
    );
    check(
        |story| story,
        &[("proc.name", "true"), ("fd.name", "/later")],
    );
}

#[test]
fn an_event_before_another_user_directory_or_open_is_not_theirs() {
    let setuid = |story: Story| {
        story.event_at(
            T + 50,
            "setuid",
            process(20),
            params![res: 0, uid: 5, after_euid: 5],
        )
    };
    check(setuid, &[("user.uid", "4294967295"), ("proc.name", "true")]);
    let chdir =
        |story: Story| story.event_at(T + 50, "chdir", process(20), params![res: 0, path: "/new"]);
    check(chdir, &[("proc.cwd", "./"), ("proc.name", "true")]);
    let open = |story: Story| {
        story.event_at(
            T + 50,
            "openat",
            process(20),
            params![fd: 7, dirfd: -100, name: "/later", flags: 0],
        )
    };
    check(open, &[("fd.name", ""), ("proc.name", "true")]);
    let other = |story: Story| {
        story.event_at(
            T + 50,
            "openat",
            process(20),
            params![fd: 8, dirfd: -100, name: "/x", flags: 0],
        )
    };
    check(other, &[("fd.name", "/later")]);
}

#[test]
fn a_child_ran_its_parents_program_until_its_exec() {
    let story = found_later().seen_at(
        LOOK,
        "state_thread",
        process(10),
        params![ptid: 1, comm: "sh", argv: "sh\0", trusted_exepath: "/bin/sh", cwd: "/", files_owner: 10],
    );
    let story = story.event_at(
        T + 5,
        "procfork",
        process(20),
        params![ptid: 10, parent_tid: 10, parent_pid: 10, parent_start: 10_000_000, flags: 0, comm: "sh", uid: 0],
    );
    let story = execs(reads(story, T + 10, 7), T + 50);
    story.check_at(
        T + 10,
        &[
            ("proc.name", "sh"),
            ("proc.exepath", "/bin/sh"),
            ("user.uid", "0"),
        ],
    );
    story.check(&[("proc.name", "true"), ("user.uid", "5")]);
}

#[test]
fn what_no_event_told_holds_at_the_rows_time() {
    // The exec tells all but the capabilities of a user who changed before it.
    let story = found_later().event_at(
        T + 50,
        "setuid",
        process(20),
        params![res: 0, uid: 5, after_euid: 5],
    );
    let story = reads(story, T + 150, 7);
    story.check(&[("user.uid", "5"), ("group.gid", "6"), ("fd.name", "/later")]);
}
