//! What retention dropped is told and is no damage, what somebody took away besides is; and parts of a capture are only told to be parts.

use std::fs;
use std::path::Path;

use falco_format::{
    Capture, CaptureWriter, DamageKind, DroppedRange, GapKind, Item, Schema, SegmentStart, Sequel,
    UnixNanos, recover, verify,
};

use crate::recordings::{SEGMENTS, begun, file, gaps, identity, pair, run, told};

fn kinds(capture: &Capture) -> Vec<GapKind> {
    capture.gaps().iter().map(|gap| gap.kind).collect()
}

#[test]
fn what_was_given_by_itself_is_only_told_to_be_a_part() {
    let place = tempfile::tempdir().expect("a directory");
    run(place.path(), 7, 1..=SEGMENTS, false);
    let open = |number| Capture::open(&file(place.path(), number)).expect("opens");
    let check = |capture: &Capture, expected: &[GapKind]| {
        let is_damaged = capture.items().any(|item| matches!(item, Item::Damage(_)));
        assert!(!is_damaged, "a part is not damaged");
        assert_eq!(kinds(capture), expected);
    };
    let (beginning, ending) = (GapKind::Beginning, GapKind::Ending);
    check(&open(1), &[ending]);
    check(&open(3), &[beginning, ending]);
    check(&open(SEGMENTS), &[beginning]);
    let joined = |numbers: std::ops::RangeInclusive<u64>| {
        let parts = numbers.map(open).collect();
        Capture::joined(parts).expect("joined").0
    };
    check(&joined(3..=4), &[beginning, ending]);
    check(&joined(1..=SEGMENTS), &[]);
}

#[test]
fn segments_of_two_directories_of_one_boot_are_two_recordings() {
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
    run(first.path(), 7, 1..=2, false);
    run(first.path(), 7, 3..=4, false);
    run(second.path(), 7, 1..=1, false);
    let open = |place: &tempfile::TempDir, number| {
        Capture::open(&file(place.path(), number)).expect("opens")
    };
    for number in 1..=4 {
        let own = open(&first, number);
        assert!(own.is_another_recording(&open(&second, 1)), "{number}");
        for other in 1..=4 {
            assert!(!own.is_another_recording(&open(&first, other)));
        }
    }
}

#[test]
fn a_writer_between_two_segments_is_no_alarm() {
    let place = tempfile::tempdir().expect("a directory");
    let (mut writer, segment) = begun(place.path());
    writer.sealed(&segment.finish_with(Sequel::GoesOn).expect("seals"));
    assert_eq!(told(place.path()), (vec![], 0));
    let written = [(GapKind::BeingWritten, Some(1), None)];
    assert_eq!(gaps(place.path()), written);
    // It died there: whether it wrote another one, nobody knows.
    drop(writer);
    assert_eq!(told(place.path()), (vec![DamageKind::MissingSequel], 0));
    // Another one takes the next number, and what is missing stays missing.
    run(place.path(), 7, 2..=2, false);
    assert_eq!(told(place.path()), (vec![DamageKind::MissingSequel], 0));
    let missing = [(GapKind::MissingSequel, Some(1), Some(2_000))];
    assert_eq!(gaps(place.path()), missing);
}

/// Writes a segment that tells of what retention dropped.
fn tell(directory: &Path, boot: u8, number: u64, ranges: &[(&str, u64, u64)]) {
    let mut writer = CaptureWriter::open(directory, identity(boot, "node")).expect("opens");
    let start = SegmentStart {
        schema: &Schema::native(),
        clock: &[pair(number * 1_000)],
        state: &[],
        created_realtime: UnixNanos(1),
    };
    let mut segment = writer.start_segment(&start).expect("starts");
    let ranges = ranges.iter().map(|(directory, first, last)| DroppedRange {
        directory: (*directory).to_owned(),
        first: *first,
        last: *last,
    });
    segment
        .dropped(&ranges.collect::<Vec<_>>())
        .expect("writes");
    writer.sealed(&segment.finish().expect("seals"));
}

fn remove(directory: &Path, numbers: &[u64]) {
    for number in numbers {
        fs::remove_file(file(directory, *number)).expect("removes");
    }
}

#[test]
fn what_retention_dropped_is_told_and_is_no_damage() {
    let place = tempfile::tempdir().expect("a directory");
    run(place.path(), 7, 1..=SEGMENTS, false);
    tell(place.path(), 7, 6, &[("", 1, 1), ("", 3, 4)]);
    remove(place.path(), &[1, 3, 4]);
    let check = |path: &Path| {
        assert_eq!(told(path), (vec![], 0));
        let expected = [
            (GapKind::Dropped(1), None, Some(2_000)),
            (GapKind::Dropped(2), Some(2_003), Some(5_000)),
            (GapKind::Pause, Some(5_003), Some(6_000)),
        ];
        assert_eq!(gaps(path), expected);
        assert!(verify(&Capture::open(path).expect("opens")).is_intact());
    };
    check(place.path());
    let copy = tempfile::tempdir().expect("a directory");
    recover(&Capture::open(place.path()).expect("opens"), copy.path()).expect("copies");
    check(copy.path());
    // What somebody took away besides is not covered by that.
    remove(place.path(), &[2]);
    let missing = vec![DamageKind::MissingSegments(1)];
    assert_eq!(told(place.path()), (missing, 0));
    let expected = [GapKind::Dropped(3), GapKind::Missing(1), GapKind::Pause];
    assert_eq!(
        kinds(&Capture::open(place.path()).expect("opens")),
        expected
    );
}

#[test]
fn the_next_boot_tells_what_it_dropped_of_the_one_before() {
    let place = tempfile::tempdir().expect("a directory");
    let name = "20260102T030405Z-07070707";
    let first = place.path().join(name);
    let second = place.path().join("20260102T040405Z-08080808");
    run(&first, 7, 1..=4, false);
    tell(&second, 8, 1, &[(name, 1, 1), (name, 3, 4)]);
    remove(&first, &[1, 3, 4]);
    let expected = [
        (GapKind::Dropped(1), None, Some(2_000)),
        (GapKind::Dropped(2), Some(2_003), None),
    ];
    assert_eq!(told(place.path()), (vec![], 0));
    assert_eq!(gaps(place.path()), expected);
    // The boot's directory alone: its books are kept in the others.
    assert_eq!(told(&first), (vec![], 0));
    assert_eq!(gaps(&first), expected);
    fs::remove_dir_all(second).expect("removes");
    let expected = vec![DamageKind::MissingSegments(1), DamageKind::MissingSequel];
    assert_eq!(told(place.path()), (expected, 0));
}
