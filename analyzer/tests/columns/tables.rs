//! What the tables hold.

use std::collections::BTreeSet;
use std::fs;

use falco_analyze::columns::{BATCH_ROWS_MAX, Bounds, Table, TableQuery, TableSource as _};
use falco_format::{Capture, ItemKind, UnixNanos};
use tempfile::tempdir;

use crate::capture::{BOOT_REALTIME, CaptureBuilder};
use crate::support::{Kept, ask, lossy_scene, scene, some, tables, whole};

fn check(capture: &CaptureBuilder, columns: &[&str], expected: &[&str]) {
    let directory = tempdir().expect("a temporary directory");
    capture.write(directory.path());
    let (found, _) = ask(directory.path(), columns, &TableQuery::default());
    assert_eq!(found, expected);
}

#[test]
fn rows_carry_fields_after_state_is_known() {
    check(
        &scene(),
        &[
            "evt_type",
            "proc_name",
            "proc_pname",
            "fd_name",
            "evt_rawres",
        ],
        &[
            "procfork bash bash - -",
            "execve cat bash - 0",
            "openat cat bash /etc/shadow 3",
            "openat cat bash /tmp/a\\xFF\u{1b}b 4",
            "openat cat bash /missing -2",
            "procexit cat bash - -",
        ],
    );
}

#[test]
fn rows_lead_back_into_the_evidence() {
    check(
        &scene(),
        &[
            "node",
            "boot_id",
            "cpu",
            "boottime_ns",
            "segment",
            "position",
            "complete",
        ],
        &[
            "node-a 07070707-0707-0707-0707-070707070707 0 5000000000 1 1 true",
            "node-a 07070707-0707-0707-0707-070707070707 1 5000001000 1 2 true",
            "node-a 07070707-0707-0707-0707-070707070707 0 5000002000 1 3 true",
            "node-a 07070707-0707-0707-0707-070707070707 1 5000003000 1 4 true",
            "node-a 07070707-0707-0707-0707-070707070707 0 5000004000 1 5 true",
            "node-a 07070707-0707-0707-0707-070707070707 1 5000005000 1 6 true",
        ],
    );
}

#[test]
fn times_are_points_in_time() {
    let first = BOOT_REALTIME + 5_000_000_000;
    let directory = tempdir().expect("a temporary directory");
    scene().write(directory.path());
    let (found, _) = ask(
        directory.path(),
        &["evt_time", "evt.rawtime"],
        &TableQuery::default(),
    );
    assert_eq!(found.first(), Some(&format!("{first} {first}")));
}

#[test]
fn arguments_stand_by_name() {
    let directory = tempdir().expect("a temporary directory");
    scene().write(directory.path());
    let query = TableQuery {
        types: Some(BTreeSet::from(["openat".to_owned()])),
        ..TableQuery::default()
    };
    let (found, _) = ask(directory.path(), &["args"], &query);
    let first = found.first().expect("a row");
    assert!(
        first.contains("name=/etc/shadow") && first.contains("flags=O_RDONLY"),
        "{first}"
    );
}

#[test]
fn bytes_are_lost_neither_as_text_nor_as_bytes() {
    check(
        &scene(),
        &[
            "fd_name_bytes",
            "fd_name",
            "fd_cip_bytes",
            "proc_name_bytes",
        ],
        &[
            "- - - [98, 97, 115, 104]",
            "- - - [99, 97, 116]",
            "[47, 101, 116, 99, 47, 115, 104, 97, 100, 111, 119] /etc/shadow - [99, 97, 116]",
            "[47, 116, 109, 112, 47, 97, 255, 27, 98] /tmp/a\\xFF\u{1b}b - [99, 97, 116]",
            "[47, 109, 105, 115, 115, 105, 110, 103] /missing - [99, 97, 116]",
            "- - - [99, 97, 116]",
        ],
    );
}

/// Nobody knows the thread, and one calls itself what Falco prints for that.
#[test]
fn what_is_not_known_is_null_and_no_name_is() {
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    capture.start_program(100, 200, "/tmp/<NA>", &["<NA>", "x"]);
    capture.open(300, "/etc/passwd", 3);
    check(
        &capture,
        &[
            "evt_type",
            "proc_name",
            "proc_exe",
            "proc_cmdline",
            "user_name",
        ],
        &[
            "procfork bash bash bash root",
            "execve <NA> <NA> <NA> x root",
            "openat - - - -",
        ],
    );
}

#[test]
fn what_was_lost_is_told_by_rows_and_by_a_table() {
    let directory = tempdir().expect("a temporary directory");
    lossy_scene().write(directory.path());
    let (found, tally) = ask(directory.path(), &["complete"], &TableQuery::default());
    assert_eq!(
        found,
        ["true", "true", "true", "true", "true", "true", "false"]
    );
    assert_eq!(tally.read.losses.events(), 7);
    let losses = whole(directory.path(), Table::Losses);
    assert_eq!(losses.len(), 1);
    let expected =
        "node-a 07070707-0707-0707-0707-070707070707 0 process ring_full 7 5000004000 5000006000 ";
    assert!(
        losses.iter().all(|loss| loss.starts_with(expected)),
        "{losses:?}"
    );
}

/// A block in the middle whose bytes are not what was written: rows before and after it stay, and the table tells where it was.
#[test]
fn damage_is_told_among_losses() {
    let directory = tempdir().expect("a temporary directory");
    scene().write_cut(directory.path(), 2, usize::MAX);
    let segment = directory.path().join("00000001.flc");
    let index = Capture::open(&segment).expect("a capture").segments()[0].index();
    let entries = index.expect("a sealed segment").entries;
    let blocks = entries
        .iter()
        .filter(|entry| entry.kind == ItemKind::EVENTS);
    let block = blocks.clone().nth(1).expect("a block in the middle");
    assert_eq!(blocks.count(), 3);
    let at = usize::try_from(block.offset + block.length / 2).expect("in memory");
    let mut bytes = fs::read(&segment).expect("a segment");
    bytes[at] ^= 0xff;
    fs::write(&segment, bytes).expect("writable");
    let (found, tally) = ask(directory.path(), &["boottime_ns"], &TableQuery::default());
    let (before, after) = (["5000000000", "5000001000"], ["5000004000", "5000005000"]);
    assert_eq!(found, [before, after].concat());
    assert_eq!(tally.read.damaged_places, 1);
    let columns = [
        "cpu",
        "lane",
        "reason",
        "events",
        "last_good_boottime_ns",
        "next_good_boottime_ns",
        "segment",
        "damage",
        "bytes_skipped",
    ];
    let expected = format!(
        "- - damage - {} {} 1 the checksum of an item EVENTS is wrong {}",
        before[1], after[0], block.length
    );
    assert_eq!(some(directory.path(), Table::Losses, &columns), [expected]);
}

#[test]
fn segments_tell_what_they_hold() {
    let directory = tempdir().expect("a temporary directory");
    scene().write_cut(directory.path(), 2, 4);
    let segments = whole(directory.path(), Table::Segments);
    let name = directory.path().display();
    let begun = BOOT_REALTIME + 5_000_000_000;
    let expected = |number: u64, first: u64, last: u64, counts: &str| {
        let (from, to) = (BOOT_REALTIME + first, BOOT_REALTIME + last);
        format!(
            "node-a 07070707-0707-0707-0707-070707070707 {name} {number} true {begun} {first} {last} {from} {to} {counts} "
        )
    };
    let expected = [
        expected(1, 5_000_000_000, 5_000_003_000, "4 2 4"),
        expected(2, 5_000_004_000, 5_000_005_000, "2 1 0"),
    ];
    assert_eq!(segments.len(), expected.len());
    for (segment, expected) in segments.iter().zip(expected) {
        assert!(segment.starts_with(&expected), "{segment}\n{expected}");
    }
}

#[test]
fn rows_do_not_depend_on_blocks_and_segments() {
    let columns = [
        "evt_num",
        "evt_type",
        "proc_name",
        "proc_aname",
        "fd_name",
        "evt_args",
        "complete",
        "position",
    ];
    let all = |block, segment| {
        let directory = tempdir().expect("a temporary directory");
        lossy_scene().write_cut(directory.path(), block, segment);
        ask(directory.path(), &columns, &TableQuery::default()).0
    };
    let whole = all(usize::MAX, usize::MAX);
    assert_eq!(whole.len(), 7);
    for (block, segment) in [(1, usize::MAX), (2, 3), (3, 1)] {
        assert_eq!(
            all(block, segment),
            whole,
            "{block} rows per block, {segment} per segment"
        );
    }
}

#[test]
fn only_blocks_of_the_asked_times_are_shown_and_state_is_kept() {
    let directory = tempdir().expect("a temporary directory");
    scene().write_cut(directory.path(), 1, usize::MAX);
    let check = |query: TableQuery, expected: &[&str], blocks: u64| {
        let (found, tally) = ask(
            directory.path(),
            &["evt_type", "proc_name", "fd_name"],
            &query,
        );
        assert_eq!(
            (found.as_slice(), tally.blocks_shown),
            (expected.map_strings().as_slice(), blocks),
            "{query:?}"
        );
    };
    fn at<T>(first: T, last: T) -> Bounds<T> {
        Bounds {
            first: Some(first),
            last: Some(last),
        }
    }
    let rows = ["openat cat /etc/shadow", "openat cat /tmp/a\\xFF\u{1b}b"];
    let boottime = TableQuery {
        boottime: at(5_000_002_000, 5_000_003_000),
        ..TableQuery::default()
    };
    check(boottime.clone(), &rows, 2);
    let time = at(
        UnixNanos(BOOT_REALTIME + 5_000_002_000),
        UnixNanos(BOOT_REALTIME + 5_000_003_999),
    );
    check(
        TableQuery {
            time,
            ..TableQuery::default()
        },
        &rows,
        2,
    );
    check(
        TableQuery {
            boottime: at(1, 2),
            ..TableQuery::default()
        },
        &[],
        0,
    );
    let nothing = TableQuery {
        types: Some(BTreeSet::from(["connect".to_owned()])),
        ..boottime
    };
    check(nothing, &[], 0);
}

trait MapStrings {
    fn map_strings(&self) -> Vec<String>;
}

impl MapStrings for &[&str] {
    fn map_strings(&self) -> Vec<String> {
        self.iter().map(|text| (*text).to_owned()).collect()
    }
}

#[test]
fn only_asked_event_types_are_shown() {
    let directory = tempdir().expect("a temporary directory");
    scene().write(directory.path());
    let check = |types: &[&str], shown: u64| {
        let types = types.iter().map(|name| (*name).to_owned()).collect();
        let query = TableQuery {
            types: Some(types),
            ..TableQuery::default()
        };
        let (_, tally) = ask(directory.path(), &["evt_type"], &query);
        assert_eq!(tally.shown, shown, "{query:?}");
    };
    check(&["openat"], 3);
    check(&["openat", "execve"], 4);
    check(&["connect"], 0);
    // A name that this version does not know may be one that a newer recorder does.
    check(&["never_heard_of"], 6);
}

#[test]
fn batches_are_bounded() {
    let directory = tempdir().expect("a temporary directory");
    let mut capture = CaptureBuilder::new("node-a");
    capture.shell(100);
    let opens = BATCH_ROWS_MAX + 10;
    (0..opens).for_each(|number| capture.open(100, &format!("/tmp/{number}"), -2));
    capture.write(directory.path());
    let layout = Table::Events
        .layout()
        .select(&["fd_name"])
        .expect("a column");
    let mut kept = Kept::default();
    tables(directory.path())
        .rows(&layout, &TableQuery::default(), &mut kept)
        .expect("a scan");
    let sizes: Vec<_> = kept
        .0
        .iter()
        .map(arrow_array::RecordBatch::num_rows)
        .collect();
    assert_eq!(sizes, [BATCH_ROWS_MAX, 10]);
}
