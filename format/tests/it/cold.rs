//! What opening a capture reads of the disk, where nothing of it is in memory.

use std::fs::{self, File};
use std::path::Path;

use falco_format::{
    Capture, CaptureWriter, Item, Projection, RowOrder, Schema, SegmentStart, Sequel, UnixNanos,
};
use rustix::fs::{Advice, fadvise};

use crate::recordings::{identity, pair};
use crate::rows::{encode, opened};

const SEGMENTS: u64 = 4;
const BLOCKS: u64 = 16;
const ROWS: u64 = 64;

/// Names that do not compress, so that a segment has some megabytes.
fn name(number: u64) -> String {
    let digest = |place: u64| {
        format!(
            "{:016x}",
            (number << 8 | place).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        )
    };
    (0..200).map(digest).collect()
}

fn write(directory: &Path) {
    let mut writer = CaptureWriter::open(directory, identity(7, "node")).expect("opens");
    let mut time = 0;
    for number in 1..=SEGMENTS {
        let start = SegmentStart {
            schema: &Schema::native(),
            clock: &[pair(time)],
            state: &[],
            created_realtime: UnixNanos(number),
        };
        let mut segment = writer.start_segment(&start).expect("starts");
        for _ in 0..BLOCKS {
            let rows = (time..time + ROWS).map(|time| opened(time, 0, time, &name(time)));
            let rows: Vec<_> = rows.collect();
            let block = encode(&rows, RowOrder::TimeCpu);
            segment.events(&block).expect("writes");
            time += ROWS;
        }
        let is_last = number == SEGMENTS;
        let sequel = if is_last {
            Sequel::Ended
        } else {
            Sequel::GoesOn
        };
        writer.sealed(&segment.finish_with(sequel).expect("seals"));
    }
}

/// Takes the files out of memory, as far as the file system does that, and tells how many bytes were read of the disk by this thread for what is done then.
fn read_by(directory: &Path, work: impl FnOnce()) -> Option<u64> {
    for entry in fs::read_dir(directory).expect("reads") {
        let file = File::open(entry.expect("an entry").path()).expect("opens");
        fadvise(&file, 0, None, Advice::DontNeed).expect("advises");
    }
    let so_far = || {
        let text = fs::read_to_string("/proc/thread-self/io").ok()?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("read_bytes: "))?;
        line.parse::<u64>().ok()
    };
    let before = so_far()?;
    work();
    Some(so_far()? - before)
}

#[test]
fn opening_reads_the_ends_of_segments_and_no_more() {
    // The directory for temporary files may be in memory, which this one is not.
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    write(place.path());
    let files = fs::read_dir(place.path()).expect("reads");
    let bytes: u64 = files
        .map(|entry| entry.expect("an entry").metadata().expect("there").len())
        .sum();
    assert!(bytes > SEGMENTS << 20, "{bytes}");
    let whole = read_by(place.path(), || {
        let capture = Capture::open(place.path()).expect("opens");
        let events = capture
            .items()
            .filter(|item| matches!(item, Item::Events(_)));
        assert_eq!(events.count() as u64, SEGMENTS * BLOCKS);
    });
    if whole.is_none_or(|whole| whole < bytes / 2) {
        println!(
            "skipped: the file system keeps everything in memory, or nobody tells what is read"
        );
        return;
    }
    let opened = read_by(place.path(), || {
        Capture::open(place.path()).expect("opens");
    });
    let opened = opened.expect("told before");
    assert!(opened <= SEGMENTS * (64 << 10), "{opened} of {bytes} bytes");
}

/// How much of the files of a directory this process has in memory, of those that it has mapped.
fn resident(directory: &Path) -> Option<u64> {
    let maps = fs::read_to_string("/proc/self/smaps").ok()?;
    let directory = directory.to_str()?;
    let mut bytes = None;
    let mut is_ours = false;
    for line in maps.lines() {
        if let Some(size) = line.strip_prefix("Rss:") {
            let size: u64 = size.trim().strip_suffix(" kB")?.parse().ok()?;
            let before: u64 = bytes.unwrap_or(0);
            bytes = if is_ours {
                Some(before + (size << 10))
            } else {
                bytes
            };
        } else if line.split_whitespace().next()?.contains('-') {
            is_ours = line.contains(directory);
        }
    }
    bytes
}

#[test]
fn what_was_read_does_not_stay_in_the_memory_of_the_reader() {
    let place = tempfile::tempdir().expect("a directory");
    write(place.path());
    let capture = Capture::open(place.path()).expect("opens");
    let mut rows = 0;
    let mut held = None;
    for item in capture.items() {
        if let Item::Events(block) = item {
            rows += block
                .decode(&Projection::all())
                .expect("decodes")
                .iter()
                .count() as u64;
            held.get_or_insert_with(|| block.clone());
        }
    }
    assert_eq!(rows, SEGMENTS * BLOCKS * ROWS);
    let bytes: u64 = capture
        .segments()
        .iter()
        .map(|segment| segment.bytes())
        .sum();
    let resident = resident(place.path()).expect("the segments are mapped");
    assert!(
        bytes > SEGMENTS << 20 && resident < bytes / 4,
        "{resident} of {bytes}"
    );
    // Whoever still has a block reads the same of it.
    let block = held.expect("a block");
    let again = block.decode(&Projection::all()).expect("decodes");
    assert_eq!(again.iter().count() as u64, ROWS);
}
