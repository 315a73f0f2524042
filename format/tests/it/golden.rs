//! Captures that were written once and must read for ever: `tests/golden/vN.flc` beside what is in it.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use falco_abi::{Lane, LossReason, ParamStatus};
use falco_format::{
    Block, Capture, ClockPair, Item, LostInterval, MemoryIo, Projection, RowMeta, RowOrder, Schema,
    SegmentWriter, verify,
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
            Item::End(end) => format!(
                "END {} items, {} rows, {}..{}",
                end.items, end.rows, end.first_time, end.last_time
            ),
            other => format!("{other:?}"),
        };
        writeln!(out, "{line}").expect("a string takes all");
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
            realtime_ns: 1_700_000_000_000_000_000,
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
fn version_1_reads_for_ever() {
    let capture = Capture::open(&golden("v1.flc")).expect("opens");
    assert!(verify(&capture).is_intact());
    let expected = fs::read_to_string(golden("v1.txt")).expect("is there");
    assert!(
        describe(&capture) == expected,
        "v1.flc does not read as v1.txt says"
    );
}

#[test]
#[ignore = "writes the golden files of a new version, once"]
fn write_golden() {
    let create = |name: &str| {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(golden(name))
            .expect("is not there yet")
    };
    let bytes = build();
    create("v1.flc").write_all(&bytes).expect("writes");
    let text = describe(&Capture::from_bytes(bytes).expect("opens"));
    create("v1.txt").write_all(text.as_bytes()).expect("writes");
}
