//! The tables `processes`, `containers` and `users`: what each row says of what happened.

use std::num::NonZeroUsize;

use falco_abi::Lane;
use falco_abi::events::{
    chdir, close, container, execve, procexit, procfork, setresuid, state_user,
};
use falco_analyze::columns::{CaptureTables, Table, TableLayout};
use falco_analyze::pipeline::{InputOutline, open_inputs};
use falco_format::{Span, UnixNanos};
use tempfile::tempdir;

use crate::capture::{BOOT_REALTIME, CaptureBuilder, Row};
use crate::support::{Kept, lines, scene, some};

fn check(capture: &CaptureBuilder, table: Table, columns: &[&str], expected: &[&str]) {
    let directory = tempdir().expect("a temporary directory");
    // However the stream is cut.
    for (block, segment) in [(usize::MAX, usize::MAX), (1, usize::MAX), (2, 3)] {
        let path = directory.path().join(format!("{block}-{segment}"));
        capture.write_cut(&path, block, segment);
        assert_eq!(some(&path, table, columns), expected, "{block} {segment}");
    }
}

#[test]
fn a_process_has_a_row_for_each_program_it_ran() {
    check(
        &scene(),
        Table::Processes,
        &[
            "proc_pid",
            "proc_name",
            "proc_argv",
            "began",
            "ended",
            "exit_code",
            "proc_ppid",
            "lineage",
            "events",
            "complete",
        ],
        &[
            "200 bash [bash] fork exec - 100 [bash] 1 true",
            "200 cat [cat,/etc/shadow] exec exit 0 100 [bash] 5 true",
            "100 bash [bash] before - - 0 [] 0 true",
        ],
    );
}

#[test]
fn times_and_ends_are_those_of_the_program() {
    let mut capture = scene();
    let killed = |status| Row::new(procexit::EVENT, 300).int(procexit::status, status);
    capture.start_program(100, 300, "/usr/bin/sleep", &["sleep", "9"]);
    capture.push(killed(9));
    capture.start_program(100, 300, "/usr/bin/false", &["false"]);
    capture.push(killed(256));
    let at = |microseconds: u64| BOOT_REALTIME + 5_000_000_000 + microseconds * 1_000;
    let born = |tid: u64| BOOT_REALTIME + tid * 10_000_000;
    let expected = [
        format!("bash {} {} {} - -", born(200), at(1), 3_000_001_000_u64),
        format!("cat {} {} 4000 0 -", at(1), at(5)),
        format!("bash {} {} {} - -", born(300), at(7), 2_000_007_000_u64),
        format!("sleep {} {} 1000 - SIGKILL", at(7), at(8)),
        format!("bash {} {} {} - -", born(300), at(10), 2_000_010_000_u64),
        format!("false {} {} 1000 1 -", at(10), at(11)),
        format!("bash {} - - - -", born(100)),
    ];
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    check(
        &capture,
        Table::Processes,
        &[
            "proc_name",
            "proc_start_time",
            "proc_end_time",
            "proc_duration",
            "exit_code",
            "exit_signal",
        ],
        &expected,
    );
}

#[test]
fn facts_are_those_of_the_end() {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.know(
        Row::new(state_user::EVENT, 0)
            .int(state_user::uid, 33)
            .text(state_user::name, "www-data")
            .text(state_user::home, "/var/www")
            .text(state_user::shell, "/usr/sbin/nologin"),
    );
    capture.start_program(100, 200, "/usr/sbin/nginx", &["nginx", "-g", "daemon off;"]);
    capture.push(
        Row::new(setresuid::EVENT, 200)
            .int(setresuid::res, 0)
            .int(setresuid::after_euid, 33),
    );
    capture.push(
        Row::new(chdir::EVENT, 200)
            .int(chdir::res, 0)
            .text(chdir::path, "/srv"),
    );
    check(
        &capture,
        Table::Processes,
        &[
            "proc_exepath",
            "proc_cmdline",
            "proc_cwd",
            "user_uid",
            "user_name",
            "ended",
        ],
        &[
            "/usr/bin/bash bash /root/ 0 root exec",
            "/usr/bin/bash bash /root/ 0 root -",
            "/usr/sbin/nginx nginx -g daemon off; /srv/ 33 www-data -",
        ],
    );
    check(
        &capture,
        Table::Users,
        &[
            "user_uid",
            "user_name",
            "user_homedir",
            "user_shell",
            "container_id",
            "node",
        ],
        &[
            "0 root   host node-a",
            "33 www-data /var/www /usr/sbin/nologin host node-a",
        ],
    );
}

/// A number that another process has now, and what a later snapshot does not find.
#[test]
fn who_ended_unseen_has_a_row() {
    let mut capture = scene();
    capture.start_program(100, 300, "/usr/bin/sleep", &["sleep", "9"]);
    capture.lose(Lane::Process, 3);
    let again = Row::new(procfork::EVENT, 300)
        .of(300, 4_999_000_000)
        .int(procfork::ptid, 100)
        .int(procfork::parent_tid, 100)
        .int(procfork::parent_pid, 100)
        .int(procfork::flags, 0);
    capture.push(again);
    check(
        &capture,
        Table::Processes,
        &[
            "proc_pid",
            "proc_name",
            "ended",
            "proc_end_time",
            "complete",
        ],
        &[
            &format!("200 bash exec {} true", BOOT_REALTIME + 5_000_001_000),
            &format!("200 cat exit {} true", BOOT_REALTIME + 5_000_005_000),
            &format!("300 bash exec {} true", BOOT_REALTIME + 5_000_007_000),
            "300 sleep unseen - false",
            "100 bash - - false",
            "300 bash - - false",
        ],
    );
}

#[test]
fn a_failed_exec_ends_nothing() {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.push(
        Row::new(execve::EVENT, 100)
            .int(execve::res, -2)
            .text(execve::filename, "/missing"),
    );
    check(
        &capture,
        Table::Processes,
        &["proc_name", "began", "ended", "events"],
        &["bash before - 1"],
    );
}

#[test]
fn containers_are_those_that_were_told_or_lived_in() {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    let tell = |name: &str| {
        let json =
            format!(r#"{{"container":{{"id":"web","type":7,"name":"{name}","image":"nginx:1"}}}}"#);
        Row::new(container::EVENT, 0).text(container::json, json)
    };
    capture.push(tell("early"));
    let other = Row::new(procfork::EVENT, 300)
        .int(procfork::ptid, 100)
        .int(procfork::parent_tid, 100)
        .int(procfork::parent_pid, 100)
        .int(procfork::parent_start, 1_000_000_000)
        .int(procfork::flags, 0)
        .text(procfork::cgroup, "/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope");
    capture.push(other);
    capture.push(tell("web"));
    let at = |microseconds: u64| BOOT_REALTIME + 5_000_000_000 + microseconds * 1_000;
    check(
        &capture,
        Table::Containers,
        &[
            "container_id",
            "container_name",
            "container_image",
            "container_type",
            "first_seen",
            "last_seen",
        ],
        &[
            &format!("0123456789ab - - docker {} {}", at(1), at(2)),
            &format!("web web nginx:1 containerd {} {}", at(0), at(2)),
        ],
    );
}

/// One reading gives what each table gives alone.
#[test]
fn several_tables_come_of_one_reading() {
    let directory = tempdir().expect("a temporary directory");
    scene().write_cut(directory.path(), 2, 3);
    let asked: Vec<TableLayout> = [
        Table::Processes,
        Table::Containers,
        Table::Users,
        Table::Events,
    ]
    .map(|table| {
        table
            .layout()
            .select(&["node"])
            .expect("every table has it")
    })
    .into_iter()
    .chain([Table::Processes.layout()])
    .skip(1)
    .collect();
    let mut kept: Vec<Kept> = asked.iter().map(|_| Kept::default()).collect();
    let mut inputs = open_inputs(&[directory.path()])
        .expect("a capture")
        .into_iter();
    let source = CaptureTables::new(inputs.next().expect("one capture"));
    let tables = asked
        .iter()
        .zip(&mut kept)
        .map(|(layout, kept)| (layout, kept as _));
    let tally = source.scan_tables(tables.collect()).expect("a scan");
    let mut rows = 0;
    for (layout, kept) in asked.iter().zip(&kept) {
        let names: Vec<&str> = layout
            .columns()
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let alone = some(directory.path(), layout.table(), &names);
        let together: Vec<String> = kept.0.iter().flat_map(lines).collect();
        assert_eq!(together, alone, "{}", layout.table().name());
        rows += together.len();
    }
    assert_eq!(tally.rows, rows as u64);
    assert_eq!(tally.read.state.dropped(), 0);
}

/// What ends behind a span lives where the span ends, in whichever block the end is told; what ended in front of it is not told.
#[test]
fn a_span_of_time_has_those_that_lived_in_it() {
    let mut capture = scene();
    capture.start_program(100, 700, "/usr/bin/sleep", &["sleep", "9"]);
    let at = |microseconds: u64| UnixNanos(BOOT_REALTIME + 5_000_000_000 + microseconds * 1_000);
    let check = |since: Option<u64>, until: Option<u64>, expected: &[&str]| {
        let span = Span {
            since: since.map(at),
            until: until.map(at),
        };
        for block in [usize::MAX, 1, 3] {
            let directory = tempdir().expect("a temporary directory");
            capture.write_cut(directory.path(), block, usize::MAX);
            let input = open_inputs(&[directory.path()])
                .expect("a capture")
                .into_iter()
                .next();
            let input = input.expect("one capture");
            let part = InputOutline::of(&input).part(span, true);
            let layout = Table::Processes.layout();
            let layout = layout
                .select(&["proc_pid", "proc_name", "ended", "exit_code"])
                .expect("columns");
            let mut kept = Kept::default();
            CaptureTables::of_part(input, part)
                .scan_tables(vec![(&layout, &mut kept as _)])
                .expect("a scan");
            let mut found: Vec<String> = kept.0.iter().flat_map(lines).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{span:?} {block}");
        }
    };
    check(
        None,
        Some(3),
        &["100 bash - -", "200 bash exec -", "200 cat - -"],
    );
    check(Some(2), Some(4), &["100 bash - -", "200 cat - -"]);
    check(Some(5), Some(5), &["100 bash - -", "200 cat exit 0"]);
    check(
        Some(6),
        None,
        &["100 bash - -", "700 bash exec -", "700 sleep - -"],
    );
}

/// What was opened in front of a span and is held in it has a row without a time of opening; what was closed before has none.
#[test]
fn a_span_of_time_has_what_was_open_where_it_begins() {
    let mut capture = scene();
    let close = |tid: u32, fd: i64| {
        Row::new(close::EVENT, tid)
            .int(close::res, 0)
            .int(close::fd, fd)
    };
    capture.open(100, "/var/log/a", 7);
    capture.open(100, "/var/log/b", 8);
    capture.push(close(100, 8));
    capture.open(100, "/var/log/c", 9);
    capture.push(close(100, 7));
    let at = |microseconds: u64| UnixNanos(BOOT_REALTIME + 5_000_000_000 + microseconds * 1_000);
    let check = |since: Option<u64>, expected: &[&str]| {
        for (block, threads) in [(usize::MAX, 1), (1, 1), (2, 3)] {
            let directory = tempdir().expect("a temporary directory");
            capture.write_cut(directory.path(), block, usize::MAX);
            let inputs = open_inputs(&[directory.path()]).expect("a capture");
            let input = inputs.into_iter().next().expect("one capture");
            let span = Span {
                since: since.map(at),
                until: None,
            };
            let part = InputOutline::of(&input).part(span, false);
            let layout = Table::Files.layout();
            let layout = layout
                .select(&["fs_path_name", "evt_time", "closed_time", "evt_res"])
                .expect("columns");
            let mut kept = Kept::default();
            let threads = NonZeroUsize::new(threads).expect("some");
            CaptureTables::of_part(input, part)
                .with_threads(threads)
                .scan_tables(vec![(&layout, &mut kept as _)])
                .expect("a scan");
            let found: Vec<String> = kept.0.iter().flat_map(lines).collect();
            let found: Vec<&String> = found.iter().filter(|row| row.contains("/var")).collect();
            assert_eq!(found, expected, "{since:?} {block}");
        }
    };
    let time = |place: u64| at(place).0.to_string();
    let row = |path: &str, opened: Option<u64>, closed: Option<u64>| {
        let time = |place: Option<u64>| place.map_or_else(|| "-".to_owned(), time);
        format!("/var/log/{path} {} {} SUCCESS", time(opened), time(closed))
    };
    let whole = [
        row("b", Some(7), Some(8)),
        row("a", Some(6), Some(10)),
        row("c", Some(9), None),
    ];
    check(None, &whole.each_ref().map(String::as_str));
    // `b` is closed with the first event of the span, `a` later.
    let held = [
        row("b", None, Some(8)),
        row("a", None, Some(10)),
        row("c", Some(9), None),
    ];
    check(Some(8), &held.each_ref().map(String::as_str));
    let after = [row("a", None, Some(10)), row("c", Some(9), None)];
    check(Some(9), &after.each_ref().map(String::as_str));
    check(Some(11), &[]);
}
