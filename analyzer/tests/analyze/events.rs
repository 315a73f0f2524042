//! `falco-analyze events`: filters, formats, counts.

use falco_abi::events::mkdir;

use crate::support::capture::Row;
use crate::support::{Workspace, intrusion, write_intrusion};

fn check(arguments: &[&str], expected: &str) {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let mut all = vec!["events", &capture];
    all.extend(arguments);
    assert_eq!(
        workspace.run(&all).ends_with(0).stdout,
        expected,
        "{arguments:?}"
    );
}

#[test]
fn events_that_match_are_printed_in_the_format() {
    check(
        &["evt.type = openat", "-p", "%evt.num %fd.name"],
        "3 /etc/shadow\n4 /etc/hostname\n",
    );
    check(
        &["evt.type = openat and fd.num = 4", "-p", "%proc.name"],
        "cat\n",
    );
    check(
        &["-p", "%evt.num %evt.type", "-n", "2"],
        "1 procfork\n2 execve\n",
    );
    check(&["evt.type = openat", "-p", "%evt.type", "-n", "0"], "");
}

#[test]
fn a_line_without_a_value_is_left_out_unless_the_format_begins_with_a_star() {
    check(
        &["evt.type in (execve, openat)", "-p", "%fd.name"],
        "/etc/shadow\n/etc/hostname\n",
    );
    check(
        &["evt.type in (execve, openat)", "-p", "*%fd.name"],
        "<NA>\n/etc/shadow\n/etc/hostname\n",
    );
}

#[test]
fn the_default_format_shows_number_time_thread_and_arguments() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let run = workspace
        .run(&[
            "events",
            &capture,
            "fd.name = /etc/shadow and evt.type = openat",
        ])
        .ends_with(0);
    assert_eq!(
        run.stdout,
        "2026-01-02T03:04:10.000002000Z 3 0 cat (200) openat fd=3(<f>/etc/shadow) dirfd=-100(AT_FDCWD) name=/etc/shadow flags=1(O_RDONLY) mode=0 dev=<NA> ino=<NA>\n"
    );
    run.says("cat (200) openat fd=3(<f>/etc/shadow)");
}

#[test]
fn a_filter_or_format_that_does_not_compile_is_an_error() {
    let workspace = Workspace::new();
    let capture = write_intrusion(&workspace, "capture");
    let check = |arguments: &[&str], words: &str| {
        let mut all = vec!["events", &capture];
        all.extend(arguments);
        workspace.run(&all).ends_with(2).says(words);
    };
    check(&["proc.nmae = cat"], "proc.nmae");
    check(&["evt.type ="], "the filter does not compile");
    check(&["-p", "%no.such.field"], "the format does not compile");
}

#[test]
fn the_time_since_the_event_before_counts_events_that_are_not_asked_for() {
    let workspace = Workspace::new();
    let mut capture = intrusion();
    capture.push(
        Row::new(mkdir::EVENT, 100)
            .int(mkdir::res, 0)
            .text(mkdir::path, "/tmp/a"),
    );
    capture.open(100, "/tmp/a/b", 3);
    capture.write(&workspace.path("capture"));
    let arguments = [
        "events",
        "capture",
        "evt.type = openat and thread.tid = 100",
        "-p",
    ];
    let print = |format| {
        workspace
            .run(&[&arguments[..], &[format]].concat())
            .ends_with(0)
            .stdout
    };
    assert_eq!(print("%evt.num %evt.deltatime"), "7 1000\n");
    assert_eq!(print("%evt.num %evt.reltime"), "7 6000\n");
}
