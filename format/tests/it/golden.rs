//! Captures that were written once and must read for ever: `tests/golden/vN.flc` beside what is in it.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use falco_abi::{Lane, LossReason, ParamStatus};
use falco_format::{
    Block, Capture, ClockPair, Damage, DamageKind, Derivation, DerivationCounts, DerivationSource,
    DerivationStep, Digest, DroppedRange, EpochKey, GapKind, Item, LostInterval, MemoryIo,
    Projection, RowMeta, RowOrder, Schema, Segment, SegmentHeader, SegmentWriter, Sequel,
    UnixNanos, prove, recover, verify,
};

use crate::rows::{Row, encode, header, opened};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// Everything in a capture as text.
fn describe(capture: &Capture) -> String {
    let mut out = String::new();
    for item in capture.items() {
        let line = match &item {
            // Version 1.0 had neither.
            Item::Segment(header) => format!("SEGMENT {header:?}")
                .replace(", recording: None", "")
                .replace(", capture: None", ""),
            Item::Schema(schema) => format!(
                "SCHEMA {} events, {:?}",
                schema.events().count(),
                schema.fingerprint()
            ),
            Item::Clock(pairs) => format!("CLOCK {pairs:?}"),
            Item::Lost(intervals) => format!("LOST {intervals:?}"),
            Item::State(block) => format!("STATE{}", rows(block)),
            Item::Events(block) => format!("EVENTS{}", rows(block)),
            Item::End(end) => {
                let (items, rows) = (end.items, end.rows);
                let times = format!("{}..{}", end.first_time, end.last_time);
                let sequel = match end.sequel {
                    Sequel::Unknown => String::new(),
                    sequel => format!(", {sequel:?}"),
                };
                format!("END {items} items, {rows} rows, {times}{sequel}")
            }
            other => format!("{other:?}"),
        };
        writeln!(out, "{line}").expect("a string takes all");
    }
    for range in capture.segments().iter().flat_map(Segment::dropped) {
        writeln!(out, "DROPPED {range:?}").expect("a string takes all");
    }
    for derivation in capture.segments().iter().filter_map(Segment::derivation) {
        writeln!(out, "DERIVED {derivation:?}").expect("a string takes all");
    }
    out
}

/// A line per row: position, event, time, CPU, ABI, thread, sequence number, and each parameter behind its status (nothing where it is absent).
fn rows(block: &Block) -> String {
    let mut out = String::new();
    for view in block.decode(&Projection::all()).expect("decodes").iter() {
        let RowMeta {
            time,
            cpu,
            abi,
            tid,
            pid,
            start,
            sequence,
        } = view.meta();
        let meta = format!("{time} {cpu} {abi} {tid} {pid} {start} {sequence}");
        write!(out, "\n  {} {} {meta}", view.position(), view.name()).expect("a string takes all");
        for param in (0..view.params()).map(|index| view.param(index)) {
            let status = match param.status {
                ParamStatus::Present => "p",
                ParamStatus::Truncated => "t",
                ParamStatus::Fault => "f",
                ParamStatus::Absent => "",
            };
            write!(out, " {status}{}", param.bytes.escape_ascii()).expect("a string takes all");
        }
    }
    out
}

/// A segment in which every form of column occurs.
fn build() -> Vec<u8> {
    let io = MemoryIo::new();
    let mut writer =
        SegmentWriter::with_tag(io.clone(), header(3), 0x0102_0304_0506_0708).expect("writes");
    writer.schema(&Schema::native()).expect("writes");
    writer
        .clock(&[ClockPair {
            boottime_ns: 1_000,
            realtime_ns: UnixNanos(1_700_000_000_000_000_000),
        }])
        .expect("writes");
    writer
        .state(&encode(
            &every_event(|flags| flags & falco_abi::events::SNAPSHOT != 0),
            RowOrder::AsPushed,
        ))
        .expect("writes");
    writer
        .events(&encode(
            &every_event(|flags| flags & falco_abi::events::SNAPSHOT == 0),
            RowOrder::TimeCpu,
        ))
        .expect("writes");
    // Enough rows that columns have frames and dictionaries of their own.
    let many: Vec<Row> = (0..600)
        .map(|row| {
            let mut row = opened(
                10_000 + row * 997,
                (row % 2) as u16,
                row * 2,
                &format!("/usr/lib/part-{}/{}", row % 7, row % 50),
            );
            let inode = 5_000_000_000 + row.meta.time % 13;
            row.params.push((
                ParamStatus::Present,
                (row.meta.time as u32).to_le_bytes().to_vec(),
            ));
            row.params.push((ParamStatus::Absent, Vec::new()));
            row.params.push((ParamStatus::Fault, Vec::new()));
            row.params
                .push((ParamStatus::Present, inode.to_le_bytes().to_vec()));
            row
        })
        .collect();
    writer
        .events(&encode(&many, RowOrder::TimeCpu))
        .expect("writes");
    let (lane, reason) = (Lane::Bulk, LossReason::RingFull);
    writer
        .lost(&[LostInterval {
            cpu: 1,
            lane,
            reason,
            count: 3,
            last_good_time: 10,
            next_good_time: u64::MAX,
        }])
        .expect("writes");
    writer.finish().expect("seals");
    io.bytes()
}

/// What version 1.1 has more: the numbers of the recording and the directory, what retention dropped, what a repair found, and what follows.
fn build_1_1() -> Vec<u8> {
    let io = MemoryIo::new();
    let header = SegmentHeader {
        recording: Some(0x1122_3344_5566_7788),
        capture: Some(0x99aa_bbcc_ddee_ff00),
        ..header(4)
    };
    let mut writer = SegmentWriter::with_tag(io.clone(), header, 0x0807_0605_0403_0201)
        .and_then(|mut writer| writer.schema(&Schema::native()).map(|()| writer))
        .expect("writes");
    let pair = ClockPair {
        boottime_ns: 1_000,
        realtime_ns: UnixNanos(1_700_000_000_000_000_000),
    };
    let range = |directory: &str, first, last| DroppedRange {
        directory: directory.to_owned(),
        first,
        last,
    };
    let rows = |times: [u64; 3]| times.map(|time| opened(time, 1, time, "/etc/passwd"));
    let damage = Damage {
        segment: "00000004.flc".to_owned(),
        offset: 4_096,
        bytes_skipped: 512,
        what: DamageKind::NotSealed,
    };
    let write = || {
        writer.clock(&[pair])?;
        writer.dropped(&[range("", 1, 2), range("20231114T221320Z-00112233", 7, 9)])?;
        writer.state(&encode(&rows([900, 901, 902]), RowOrder::AsPushed))?;
        writer.events(&encode(&rows([1_100, 1_200, 1_300]), RowOrder::TimeCpu))?;
        writer.dropped(&[range(DroppedRange::ROOT, 5, 5)])?;
        writer.damage(&damage)?;
        writer.finish_with(Sequel::GoesOn)
    };
    write().expect("writes");
    io.bytes()
}

/// Two rows of every event, with every status.
fn every_event(wanted: impl Fn(u8) -> bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for (place, event) in (0u64..).zip(falco_abi::events().filter(|event| wanted(event.flags))) {
        for second in [0, 1] {
            let mut row = opened(2_000 + place * 10 + second, second as u16, place, "");
            row.event = event.id;
            let value = |index: usize, width: Option<usize>| {
                let status = ParamStatus::ALL[(index + second as usize) % 4];
                let bytes = [b'a', b'b', index as u8, place as u8, 0, 1, 2, 0xff];
                match (status, width) {
                    (ParamStatus::Absent, _) | (ParamStatus::Fault, Some(_)) => {
                        (status, Vec::new())
                    }
                    (_, width) => (status, bytes[..width.unwrap_or(index % 8)].to_vec()),
                }
            };
            row.params = event
                .params
                .iter()
                .enumerate()
                .map(|(index, param)| value(index, param.wire.width()))
                .collect();
            rows.push(row);
        }
    }
    rows
}

#[test]
fn every_version_reads_for_ever() {
    for name in ["v1", "v1.1", "v1.2", "v1.3"] {
        let capture = Capture::open(&golden(&format!("{name}.flc"))).expect("opens");
        assert!(verify(&capture).is_intact(), "{name}");
        let expected = fs::read_to_string(golden(&format!("{name}.txt"))).expect("is there");
        assert!(
            describe(&capture) == expected,
            "{name}.flc does not read as {name}.txt says"
        );
    }
}

#[test]
fn what_the_golden_files_of_1_1_hold_is_what_was_put_in() {
    let capture = Capture::open(&golden("v1.1.flc")).expect("opens");
    let header = capture.header().expect("a header");
    assert_eq!((header.version.major, header.version.minor), (1, 1));
    assert_eq!(header.recording, Some(0x1122_3344_5566_7788));
    assert_eq!(header.capture, Some(0x99aa_bbcc_ddee_ff00));
    let segment = &capture.segments()[0];
    assert_eq!(segment.sequel(), Sequel::GoesOn);
    let dropped: Vec<_> = segment
        .dropped()
        .into_iter()
        .map(|range| (range.directory, range.first, range.last))
        .collect();
    let named = |name: &str, first, last| (name.to_owned(), first, last);
    let expected = [
        named("", 1, 2),
        named("20231114T221320Z-00112233", 7, 9),
        named(".", 5, 5),
    ];
    assert_eq!(dropped, expected);
    let kinds: Vec<_> = capture.gaps().iter().map(|gap| gap.kind).collect();
    // Given by itself, it is a part: two segments of it were dropped, and the third was not given.
    let expected = [GapKind::Dropped(2), GapKind::Beginning, GapKind::Ending];
    assert_eq!(kinds, expected);
}

/// What version 1.2 has more: what a derived capture was made from, and rows for the state alone.
fn build_1_2() -> Vec<u8> {
    let io = MemoryIo::new();
    let mut writer =
        SegmentWriter::with_tag(io.clone(), header(5), 0x0102_0807_0604_0503).expect("writes");
    let derivation = derivation();
    let begun = Derivation {
        steps: vec![DerivationStep {
            counts: DerivationCounts::default(),
            ..derivation.steps[0].clone()
        }],
    };
    writer.derived(&begun).expect("writes");
    writer.schema(&Schema::native()).expect("writes");
    let clock = ClockPair {
        boottime_ns: 1_000,
        realtime_ns: UnixNanos(1_700_000_000_000_000_000),
    };
    writer.clock(&[clock]).expect("writes");
    let mut for_state = opened(2_000, 0, 7, "/etc/passwd");
    for_state.meta.abi |= 0x80;
    let rows = [opened(1_000, 0, 4, "/etc/shadow"), for_state];
    writer
        .events(&encode(&rows, RowOrder::TimeCpu))
        .expect("writes");
    writer.derived(&derivation).expect("writes");
    writer.finish().expect("seals");
    io.bytes()
}

fn derivation() -> Derivation {
    let source = DerivationSource::Segment {
        number: 5,
        digest: Digest([0xab; 32]),
    };
    Derivation {
        steps: vec![DerivationStep {
            source,
            tool: "falco-analyze 0.1.0".to_owned(),
            operation: "slice".to_owned(),
            arguments: r#"{"pid":["42"]}"#.to_owned(),
            counts: DerivationCounts {
                kept: 1,
                for_state: 1,
                left_out: 9,
                entries_left_out: 300,
                ..DerivationCounts::default()
            },
        }],
    }
}

#[test]
fn what_the_golden_file_of_1_2_holds_is_what_was_put_in() {
    let capture = Capture::open(&golden("v1.2.flc")).expect("opens");
    let header = capture.header().expect("a header");
    assert_eq!((header.version.major, header.version.minor), (1, 2));
    assert_eq!(capture.segments()[0].derivation(), Some(derivation()));
    // A repaired copy says what it was made from as well.
    let directory = tempfile::tempdir().expect("a directory");
    recover(&capture, directory.path()).expect("copies");
    let copy = Capture::open(directory.path()).expect("opens");
    assert_eq!(copy.segments()[0].derivation(), Some(derivation()));
}

/// The key of the first epoch, and that of the second.
fn keys() -> [EpochKey; 2] {
    let first = EpochKey::kept(0, &[7; 32], None);
    // What the first said of the second, written down once: its secret is `[8; 32]`.
    let certificate = "9fd1e0b54cf72fc9ad1324ea72df0f3889c5f24a1cc9dff4cd0f4f8658c7b85c2a58bdcc4a45648d213f419e69fdc8d61c49a6c74bdd8ad787d1e845efcb9f09";
    let second = EpochKey::kept(1, &[8; 32], certificate.parse().ok());
    [first, second]
}

/// What version 1.3 has more: signatures.
fn build_1_3() -> Vec<u8> {
    let io = MemoryIo::new();
    let mut writer =
        SegmentWriter::with_tag(io.clone(), header(5), 0x0102_0807_0604_0504).expect("writes");
    writer.list_for_signatures();
    writer.schema(&Schema::native()).expect("writes");
    let clock = ClockPair {
        boottime_ns: 1_000,
        realtime_ns: UnixNanos(1_700_000_000_000_000_000),
    };
    writer.clock(&[clock]).expect("writes");
    let [_, key] = keys();
    for path in ["/etc/shadow", "/etc/passwd"] {
        let rows = [opened(1_000, 0, 4, path)];
        writer
            .events(&encode(&rows, RowOrder::TimeCpu))
            .expect("writes");
        writer.sign(&key).expect("signs");
    }
    writer
        .finish_signed(Sequel::GoesOn, Some(&key))
        .expect("seals");
    io.bytes()
}

#[test]
fn the_golden_file_of_1_3_is_signed() {
    let capture = Capture::open(&golden("v1.3.flc")).expect("opens");
    let header = capture.header().expect("a header");
    assert_eq!((header.version.major, header.version.minor), (1, 3));
    let [first, second] = keys();
    // From the key that signed it, and from the one before, which says so in the file.
    for key in [second.trusted(), first.trusted()] {
        let proof = prove(&capture, &[key], []);
        assert!(proof.is_whole(), "{proof:?}");
    }
    let stranger = EpochKey::kept(0, &[9; 32], None).trusted();
    assert!(!prove(&capture, &[stranger], []).holds());
    // A repaired copy is not what was signed, and carries no signature.
    let directory = tempfile::tempdir().expect("a directory");
    recover(&capture, directory.path()).expect("copies");
    let copy = Capture::open(directory.path()).expect("opens");
    assert!(!prove(&copy, &[], []).is_signed());
}

#[test]
#[ignore = "writes the golden files of a new version, once"]
fn write_golden() {
    let built = [
        ("v1", build()),
        ("v1.1", build_1_1()),
        ("v1.2", build_1_2()),
        ("v1.3", build_1_3()),
    ];
    for (name, bytes) in built {
        let text = describe(&Capture::from_bytes(bytes.clone()).expect("opens"));
        for (extension, bytes) in [("flc", &bytes[..]), ("txt", text.as_bytes())] {
            let path = golden(&format!("{name}.{extension}"));
            // What is there was released, and stays.
            let file = OpenOptions::new().write(true).create_new(true).open(path);
            file.into_iter()
                .for_each(|mut file| file.write_all(bytes).expect("writes"));
        }
    }
}
