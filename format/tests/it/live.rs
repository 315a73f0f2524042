//! A capture that is read while its writer is at work.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use falco_format::{
    Capture, CaptureWriter, Item, Projection, RowOrder, Schema, SegmentStart, Sequel, UnixNanos,
    verify,
};

use crate::recordings::{identity, pair};
use crate::rows::{encode, opened};

const SEGMENTS: u64 = 8;
const BLOCKS: u64 = 24;
/// Rows of a block: enough that a block is many pages, and is not there at once.
const ROWS: u64 = 60;

/// A name that does not compress.
fn name(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..100).map(|_| format!("{:016x}", next())).collect()
}

/// Writes the capture, and counts the rows that are in it.
fn write(directory: &Path, written: &AtomicU64) {
    let mut writer = CaptureWriter::open(directory, identity(7, "node")).expect("opens");
    let schema = Schema::native();
    let mut time = 0;
    for segment_number in 1..=SEGMENTS {
        let start = SegmentStart {
            schema: &schema,
            clock: &[pair(time)],
            state: &[],
            created_realtime: UnixNanos(segment_number),
        };
        let mut segment = writer.start_segment(&start).expect("starts");
        for _ in 0..BLOCKS {
            let rows =
                (1..=ROWS).map(|row| opened(time + row, 0, time + row - 1, &name(time + row)));
            let rows: Vec<_> = rows.collect();
            segment
                .events(&encode(&rows, RowOrder::TimeCpu))
                .expect("writes");
            time += ROWS;
            written.store(time, Ordering::Release);
        }
        let is_last = segment_number == SEGMENTS;
        let sequel = if is_last {
            Sequel::Ended
        } else {
            Sequel::GoesOn
        };
        writer.sealed(&segment.finish_with(sequel).expect("seals"));
    }
}

/// Reads what is there: the rows, which nothing is missing in front of.
fn read(directory: &Path) -> u64 {
    // Before the first segment is begun there is nothing to be opened.
    let Ok(capture) = Capture::open(directory) else {
        return 0;
    };
    let mut found = Vec::new();
    for item in capture.items() {
        match item {
            Item::Damage(damage) => panic!("{damage}"),
            Item::NotSealed { segment, is_live } => assert!(is_live, "{segment}"),
            Item::Events(block) => {
                let rows = block.decode(&Projection::all()).expect("decodes");
                found.extend(rows.iter().map(|row| row.meta().time));
            }
            _ => {}
        }
    }
    let count = found.len() as u64;
    assert!(
        found.iter().copied().eq(1..=count),
        "{count} rows with a hole"
    );
    count
}

#[test]
fn a_capture_is_read_to_its_last_whole_block_while_it_is_written() {
    let place = tempfile::tempdir().expect("a directory");
    let (written, is_done) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut seen = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            write(place.path(), &written);
            is_done.store(true, Ordering::Release);
        });
        while !is_done.load(Ordering::Acquire) {
            let before = written.load(Ordering::Acquire);
            let found = read(place.path());
            let after = written.load(Ordering::Acquire);
            assert!(found >= before, "{found} rows of {before} that were there");
            // The block that is being written may be whole before anybody says so.
            assert!(
                found <= after + ROWS && found.is_multiple_of(ROWS),
                "{found}"
            );
            seen.push(found);
        }
    });
    assert!(seen.is_sorted());
    seen.dedup();
    // Else this test has seen nothing of a writer at work.
    assert!(seen.len() > 4, "{seen:?}");
    assert_eq!(read(place.path()), SEGMENTS * BLOCKS * ROWS);
    let capture = Capture::open(place.path()).expect("opens");
    assert!(verify(&capture).is_intact());
}
