//! The way from frames to segments with a made-up source: order, losses, rotation, budget. Needs neither root nor the probe.

mod common;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::made_up::{MadeUp, PATIENCE, config, is_spent, record, segments_of};
use falco_abi::{Lane, LossReason};
use falco_format::{Capture, Item};
use falco_record::clock;

#[test]
fn every_frame_is_there_once_and_in_order() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let source = MadeUp::new(150_000, 4_000);
    let made = Arc::clone(&source.made);
    let spent = is_spent(&source.left);
    let finished = record(&directory, source, &config(folder.path()), spent);
    let contents = common::read(&directory);
    contents.assert_sound();
    common::assert_intact(&directory);
    let mut made = made.lock().expect("a lock").clone();
    made.sort_unstable();
    let found: Vec<_> = contents
        .rows
        .iter()
        .map(|row| (row.time, row.cpu))
        .collect();
    assert_eq!(found.len(), made.len());
    assert!(found == made, "the rows are not the frames in order");
    assert!(
        contents.blocks.len() > 1,
        "one block is no test of their borders"
    );
    assert!(contents.blocks.iter().all(|rows| *rows <= 65_536));
    assert_eq!(
        (contents.sealed, finished.report.events),
        (1, made.len() as u64)
    );
    assert_eq!(finished.report.lost.total(), 0);
    assert_eq!(contents.lost_total(), 0);
}

#[test]
fn what_is_lost_is_said_to_the_last_frame() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let mut source = MadeUp::new(50_000, 500);
    source.lose_every = 100;
    source.break_every = 1_000;
    let spent = is_spent(&source.left);
    let finished = record(&directory, source, &config(folder.path()), spent);
    let contents = common::read(&directory);
    contents.assert_sound();
    let missing: u64 = contents.missing().values().sum();
    assert!(missing > 0 && contents.lost_total() >= missing);
    assert_eq!(contents.lost_total(), finished.report.lost.total());
    let lost = finished.report.lost.iter();
    let mut reasons: Vec<_> = lost.map(|(reason, _, _)| reason).collect();
    reasons.dedup();
    assert_eq!(reasons, [LossReason::RingFull, LossReason::BadFrame]);
    let total = contents.rows.len() as u64 + contents.lost_total();
    assert_eq!(
        total, 50_000,
        "a frame is neither there nor said to be lost"
    );
}

#[test]
fn what_is_lost_and_not_counted_is_said_to_be_unexplained() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let mut source = MadeUp::new(20_000, 500);
    source.lose_every = 100;
    source.is_silent = true;
    let spent = is_spent(&source.left);
    let finished = record(&directory, source, &config(folder.path()), spent);
    let contents = common::read(&directory);
    contents.assert_sound();
    let lost: Vec<_> = finished.report.lost.iter().collect();
    let missing: u64 = contents.missing().values().sum();
    assert_eq!(lost, [(LossReason::Unexplained, Lane::Process, missing)]);
    assert!(missing > 100);
}

/// When snapshots were asked for by the writer.
static ASKED: Mutex<Vec<u64>> = Mutex::new(Vec::new());

fn noting_now() -> u64 {
    let now = clock::boottime_ns();
    if std::thread::current().name() == Some("write") {
        ASKED.lock().expect("a lock").push(now);
    }
    now
}

#[test]
fn segments_rotate_and_each_can_be_read_alone() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let mut config = config(folder.path());
    config.segment_age = Duration::from_millis(200);
    config.snapshot.now = noting_now;
    let source = MadeUp::new(u64::MAX, 100);
    let made = Arc::clone(&source.made);
    let finished = record(&directory, source, &config, || {
        segments_of(&directory).len() >= 4
    });
    let contents = common::read(&directory);
    contents.assert_sound();
    common::assert_intact(&directory);
    assert_eq!(contents.rows.len(), made.lock().expect("a lock").len());
    assert_eq!(contents.segments as u64, finished.report.segments);
    assert_eq!(contents.sealed, contents.segments);
    let asked = ASKED.lock().expect("a lock").clone();
    for (path, _) in segments_of(&directory).iter().skip(1) {
        let alone = common::read(path);
        alone.assert_sound_start();
        // No event is older than the snapshot that it is to be applied to.
        let seen = alone.state.iter().map(|row| row.time).min();
        let seen = seen.expect("a snapshot");
        let begun = asked.iter().filter(|asked| **asked <= seen).max();
        let begun = *begun.expect("somebody asked for it");
        // A block may begin before that; it ends later, or it would be in the segment before.
        let first = alone
            .blocks
            .first()
            .and_then(|rows| alone.rows.get(rows - 1));
        let last = first.map(|row| row.time);
        assert!(last.is_none_or(|last| last > begun), "{last:?} {begun}");
    }
}

/// Whether the first snapshot may go on.
static MAY_LOOK: AtomicBool = AtomicBool::new(false);

fn held_back_now() -> u64 {
    while std::thread::current().name() != Some("write") && !MAY_LOOK.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(1));
    }
    clock::boottime_ns()
}

/// Whether a segment has events on the disk.
fn has_events(segment: &Path) -> bool {
    Capture::open(segment).is_ok_and(|capture| {
        let mut items = capture.items();
        items.any(|item| matches!(item, Item::Events(_)))
    })
}

#[test]
fn events_reach_the_disk_while_the_first_snapshot_is_still_taken() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let mut config = config(folder.path());
    config.snapshot.now = held_back_now;
    config.first_snapshot_wait = Duration::ZERO;
    let source = MadeUp::new(u64::MAX, 100);
    let made = Arc::clone(&source.made);
    let segment = |number| directory.join(falco_format::segment_file_name(number));
    let (place, second) = (segment(1), segment(2));
    let watcher = std::thread::spawn(move || {
        let until = Instant::now() + PATIENCE;
        while !has_events(&place) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        let is_there = has_events(&place);
        MAY_LOOK.store(true, Ordering::Relaxed);
        is_there
    });
    let finished = record(&directory, source, &config, || has_events(&second));
    assert!(watcher.join().expect("a watcher"), "nothing was written");
    common::assert_intact(&directory);
    let contents = common::read(&directory);
    let starts: Vec<&[&str]> = contents.starts.iter().map(Vec::as_slice).collect();
    let expected = [
        ["schema", "clock", "events"].as_slice(),
        &["schema", "clock", "state"],
    ];
    assert_eq!(starts, expected);
    assert_eq!((contents.damage, contents.sealed), (0, 2));
    let mut made = made.lock().expect("a lock").clone();
    made.sort_unstable();
    let rows = contents.rows.iter().map(|row| (row.time, row.cpu));
    assert!(rows.eq(made), "the rows are not the frames in order");
    assert_eq!(finished.report.lost.total(), 0);
}

/// How many bytes a budget may be exceeded by: the block that is written, and what a segment ends with.
const ONE_BLOCK: u64 = 600_000;

/// Snapshots take as long as those of a host with tens of thousands of threads.
fn slow_now() -> u64 {
    if std::thread::current().name().is_none() {
        std::thread::sleep(Duration::from_secs(3));
    }
    clock::boottime_ns()
}

#[test]
fn the_budget_is_kept_at_every_moment_and_the_newest_stays() {
    let check = |now: fn() -> u64, least_segments: u64| {
        let folder = tempfile::tempdir().expect("a scratch directory");
        let directory = folder.path().join("capture");
        let mut config = config(folder.path());
        (config.segment_bytes, config.budget.bytes) = (300_000, Some(3_000_000));
        config.snapshot.now = now;
        let mut source = MadeUp::new(u64::MAX, 300);
        source.is_noise = true;
        let made = Arc::clone(&source.made);
        let mut most = 0;
        let finished = record(&directory, source, &config, || {
            let segments = segments_of(&directory);
            most = segments
                .iter()
                .map(|(_, bytes)| bytes)
                .sum::<u64>()
                .max(most);
            let last = segments
                .last()
                .and_then(|(path, _)| falco_format::segment_number(path));
            let is_first_gone = !directory.join(falco_format::segment_file_name(1)).exists();
            is_first_gone && last.is_some_and(|last| last >= least_segments)
        });
        assert!(finished.report.dropped > 0, "{:?}", finished.report);
        assert!(most <= 3_000_000 + ONE_BLOCK, "{most} bytes were kept");
        assert_eq!(finished.report.lost.total(), 0);
        let contents = common::read(&directory);
        common::assert_intact(&directory);
        assert!(contents.segments > 1 && contents.sealed == contents.segments);
        let newest = contents.rows.iter().map(|row| row.time).max();
        let made = made.lock().expect("a lock");
        assert_eq!(newest, made.iter().map(|(time, _)| *time).max());
    };
    check(clock::boottime_ns, 16);
    check(slow_now, 8);
}

#[test]
fn a_capture_of_the_same_boot_is_continued() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    for _ in 0..2 {
        let config = config(folder.path());
        record(&directory, MadeUp::new(100, 10), &config, || true);
    }
    let contents = common::read(&directory);
    assert_eq!((contents.segments, contents.sealed), (2, 2));
    common::assert_intact(&directory);
}

#[test]
fn an_idle_source_makes_a_whole_capture() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let directory = folder.path().join("capture");
    let config = config(folder.path());
    let finished = record(&directory, MadeUp::new(0, 0), &config, || true);
    assert_eq!((finished.report.segments, finished.report.events), (1, 0));
    let contents = common::read(&directory);
    contents.assert_sound();
    assert_eq!(contents.sealed, 1);
}
