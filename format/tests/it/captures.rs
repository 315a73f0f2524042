//! Directories: whose capture they hold, the chain over their segments, repair.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use falco_format::{
    BootId, Capture, CaptureError, CaptureIdentity, CaptureWriter, ChainLink, ChainState, ClockMap,
    ClockPair, DamageKind, Dialect, FormatVersion, Item, MemoryIo, OpenError, RowOrder, Schema,
    SegmentStart, SegmentSummary, SegmentWriter, UnixNanos, VerifyReport, recover,
    segment_file_name, verify,
};

use crate::rows::{encode, header, opened};

fn identity(boot: u8) -> CaptureIdentity {
    CaptureIdentity {
        boot_id: BootId([boot; 16]),
        node: "node".to_owned(),
        dialect: Dialect::Native,
    }
}

/// Writes a segment with one event at this time.
fn write_segment(writer: &mut CaptureWriter, time: u64) -> SegmentSummary {
    let state = [encode(&[opened(time, 0, 0, "/state")], RowOrder::AsPushed)];
    let clock = [ClockPair {
        boottime_ns: time,
        realtime_ns: UnixNanos(time + 1_000),
    }];
    let start = SegmentStart {
        schema: &Schema::native(),
        clock: &clock,
        state: &state,
        created_realtime: UnixNanos(1),
    };
    let mut segment = writer.start_segment(&start).expect("starts");
    segment
        .events(&encode(
            &[opened(time, 0, time, "/event")],
            RowOrder::TimeCpu,
        ))
        .expect("writes");
    let summary = segment.finish().expect("seals");
    writer.sealed(&summary);
    summary
}

pub(crate) fn capture_of(directory: &Path, times: &[u64]) {
    capture_of_boot(directory, 7, times);
}

pub(crate) fn capture_of_boot(directory: &Path, boot: u8, times: &[u64]) {
    let mut writer = CaptureWriter::open(directory, identity(boot)).expect("opens");
    for time in times {
        write_segment(&mut writer, *time);
    }
}

/// How each segment ends, and what it follows.
fn links(report: &VerifyReport) -> Vec<(ChainState, ChainLink)> {
    let segments = report.segments.iter();
    segments
        .map(|segment| (segment.chain, segment.link))
        .collect()
}

pub(crate) fn times(capture: &Capture) -> Vec<u64> {
    let events = capture.items().filter_map(|item| match item {
        Item::Events(block) => Some(block.first_time()),
        _ => None,
    });
    events.collect()
}

#[test]
fn segments_follow_each_other_in_order_and_in_the_chain() {
    let place = tempfile::tempdir().expect("a directory");
    let directory = place.path().join("deep/capture");
    capture_of(&directory, &[10, 20]);
    capture_of(&directory, &[30]);
    let capture = Capture::open(&directory).expect("opens");
    assert_eq!(times(&capture), [10, 20, 30]);
    let report = verify(&capture);
    assert!(report.is_intact(), "{report:?}");
    assert_eq!(
        links(&report),
        [
            (ChainState::Sealed, ChainLink::First),
            (ChainState::Sealed, ChainLink::Follows),
            (ChainState::Sealed, ChainLink::Follows)
        ]
    );
    let mut clocks = ClockMap::new();
    for item in capture.items() {
        if let Item::Clock(pairs) = item {
            clocks.add(&pairs);
        }
    }
    assert_eq!(clocks.realtime(25).0, 1_025);
    let one = Capture::open(&directory.join(segment_file_name(2))).expect("a segment opens alone");
    assert_eq!(times(&one), [20]);
    assert!(verify(&one).is_intact());
}

#[test]
fn nobody_else_may_read_it() {
    let place = tempfile::tempdir().expect("a directory");
    let directory = place.path().join("capture");
    capture_of(&directory, &[1]);
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&directory.join(segment_file_name(1))), 0o600);
}

#[test]
fn a_directory_of_another_capture_is_refused_and_left_alone() {
    let place = tempfile::tempdir().expect("a directory");
    capture_of(place.path(), &[1]);
    let error = CaptureWriter::open(place.path(), identity(8)).expect_err("another boot");
    assert!(
        matches!(error, CaptureError::OtherBoot { found, ours, .. } if found == BootId([7; 16]) && ours == BootId([8; 16]))
    );
    assert!(
        error.to_string().contains("another boot (07070707-0707-"),
        "{error}"
    );
    let elsewhere = CaptureIdentity {
        node: "other".to_owned(),
        ..identity(7)
    };
    let error = CaptureWriter::open(place.path(), elsewhere).expect_err("another node");
    assert!(matches!(error, CaptureError::OtherNode { .. }));
    assert_eq!(fs::read_dir(place.path()).expect("readable").count(), 1);
}

#[test]
fn one_directory_has_one_writer() {
    let place = tempfile::tempdir().expect("a directory");
    let first = CaptureWriter::open(place.path(), identity(7)).expect("opens");
    let error = CaptureWriter::open(place.path(), identity(7)).expect_err("busy");
    assert!(matches!(error, CaptureError::Busy { .. }), "{error}");
    drop(first);
    CaptureWriter::open(place.path(), identity(7)).expect("free again");
}

#[test]
fn a_segment_is_never_overwritten() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("segment");
    fs::write(&path, "evidence").expect("writes");
    SegmentWriter::create(&path, header(1)).expect_err("exists");
    assert_eq!(fs::read(&path).expect("reads"), b"evidence");
}

#[test]
fn the_chain_goes_on_after_a_writer_that_died() {
    let place = tempfile::tempdir().expect("a directory");
    let mut writer = CaptureWriter::open(place.path(), identity(7)).expect("opens");
    write_segment(&mut writer, 10);
    let mut dying = writer.next_segment(UnixNanos(1)).expect("starts");
    dying.schema(&Schema::native()).expect("writes");
    let pair = ClockPair {
        boottime_ns: 20,
        realtime_ns: UnixNanos(1_020),
    };
    dying.clock(&[pair]).expect("writes");
    dying
        .events(&encode(&[opened(20, 0, 1, "x")], RowOrder::TimeCpu))
        .expect("writes");
    drop((dying, writer));
    let torn = place.path().join(segment_file_name(2));
    let mut bytes = fs::read(&torn).expect("reads");
    bytes.extend_from_slice(b"\x89FLC\r\n");
    fs::write(&torn, bytes).expect("writes");
    capture_of(place.path(), &[30]);
    let capture = Capture::open(place.path()).expect("opens");
    assert_eq!(times(&capture), [10, 20, 30]);
    let report = verify(&capture);
    assert_eq!(
        links(&report),
        [
            (ChainState::Sealed, ChainLink::First),
            (ChainState::NotSealed, ChainLink::Follows),
            (ChainState::Sealed, ChainLink::Follows)
        ]
    );
    let damage: Vec<_> = report
        .damage
        .iter()
        .map(|damage| damage.what.clone())
        .collect();
    assert_eq!(damage, [DamageKind::TornTail]);
}

#[test]
fn what_is_no_capture_is_refused_by_name() {
    let place = tempfile::tempdir().expect("a directory");
    let check = |name: &str, content: Option<&[u8]>, expected: fn(&OpenError) -> bool| {
        let path = place.path().join(name);
        if let Some(content) = content {
            fs::write(&path, content).expect("writes");
        }
        let error = Capture::open(&path).expect_err(name);
        assert!(expected(&error), "{name}: {error:?}");
        assert!(error.to_string().contains(name), "{error}");
    };
    check("missing", None, |error| {
        matches!(error, OpenError::NotFound { .. })
    });
    check("empty", Some(b""), |error| {
        matches!(error, OpenError::Empty { .. })
    });
    check("text", Some(b"rules: none\n"), |error| {
        matches!(error, OpenError::NotACapture { .. })
    });
    fs::create_dir(place.path().join("bare")).expect("makes");
    check("bare", None, |error| {
        matches!(error, OpenError::Empty { .. })
    });
    let newer = FormatVersion { major: 2, minor: 0 };
    let io = MemoryIo::new();
    drop(SegmentWriter::new(
        io.clone(),
        falco_format::SegmentHeader {
            version: newer,
            ..header(1)
        },
    ));
    check(
        "newer",
        Some(&io.bytes()),
        |error| matches!(error, OpenError::NewerVersion { found, known, .. } if found.major == 2 && *known == FormatVersion::CURRENT),
    );
    let minor = FormatVersion {
        minor: 9,
        ..FormatVersion::CURRENT
    };
    let io = MemoryIo::new();
    drop(SegmentWriter::new(
        io.clone(),
        falco_format::SegmentHeader {
            version: minor,
            ..header(1)
        },
    ));
    Capture::from_bytes(io.bytes()).expect("a newer minor version is read");
}

#[test]
fn segments_that_were_removed_are_told_and_break_no_link() {
    let place = tempfile::tempdir().expect("a directory");
    capture_of(place.path(), &[10, 20, 30, 40]);
    for number in [1, 3] {
        fs::remove_file(place.path().join(segment_file_name(number))).expect("removes");
    }
    let report = verify(&Capture::open(place.path()).expect("opens"));
    let damage: Vec<_> = report.damage.iter().map(|damage| &damage.what).collect();
    assert_eq!(damage, [&DamageKind::MissingSegments(1); 2]);
    let links: Vec<_> = report.segments.iter().map(|segment| segment.link).collect();
    assert_eq!(links, [ChainLink::Unknown, ChainLink::Unknown]);
}

#[test]
fn a_segment_swapped_for_that_of_another_directory_is_passed_over() {
    let place = tempfile::tempdir().expect("a directory");
    let [own, other] = ["a", "b"].map(|name| place.path().join(name));
    capture_of(&own, &[10, 20, 30]);
    capture_of(&other, &[10, 21, 30]);
    let name = segment_file_name(2);
    fs::copy(other.join(&name), own.join(&name)).expect("copies");
    let report = verify(&Capture::open(&own).expect("opens"));
    let damage: Vec<_> = report.damage.iter().map(|damage| &damage.what).collect();
    let expected = [&DamageKind::OtherCapture, &DamageKind::MissingSegments(1)];
    assert_eq!(damage, expected);
    let links: Vec<_> = report.segments.iter().map(|segment| segment.link).collect();
    assert_eq!(links, [ChainLink::First, ChainLink::Unknown]);
}

#[test]
fn a_repair_copies_what_is_good_and_tells_what_is_not() {
    let place = tempfile::tempdir().expect("a directory");
    let (broken, clean) = (place.path().join("broken"), place.path().join("clean"));
    capture_of(&broken, &[10, 20, 30]);
    let index = Capture::open(&broken).expect("opens").segments()[1]
        .index()
        .expect("sealed");
    let event = index.entries.last().expect("items").clone();
    let schema = index.entries[1].clone();
    let path = broken.join(segment_file_name(2));
    let mut bytes = fs::read(&path).expect("reads");
    bytes[event.offset as usize + 50] ^= 1;
    bytes[schema.offset as usize + 50] ^= 1;
    fs::write(&path, &bytes).expect("writes");

    let report = recover(&Capture::open(&broken).expect("opens"), &clean).expect("copies");
    assert_eq!(
        (report.segments, report.rows, report.damage.len()),
        (3, 2, 2)
    );
    let capture = Capture::open(&clean).expect("opens");
    assert_eq!(times(&capture), [10, 30]);
    let verdict = verify(&capture);
    let told: Vec<_> = verdict
        .damage
        .iter()
        .map(|damage| (damage.offset, damage.what.to_string()))
        .collect();
    let words = |kind: &str| {
        format!("lost before a repair or an import: the checksum of an item {kind} is wrong")
    };
    assert_eq!(
        told,
        [
            (schema.offset, words("SCHEMA")),
            (event.offset, words("EVENTS"))
        ]
    );
    let links = links(&verdict);
    let (first, rest) = links.split_first().expect("there are segments");
    assert_eq!(*first, (ChainState::Sealed, ChainLink::First));
    let follows = (ChainState::Sealed, ChainLink::Follows);
    assert!(rest.iter().all(|link| *link == follows), "{rest:?}");
    assert_eq!(
        fs::read(&path).expect("reads"),
        bytes,
        "the original is left alone"
    );
    recover(&Capture::open(&broken).expect("opens"), &clean)
        .expect_err("the directory is not empty");
}
