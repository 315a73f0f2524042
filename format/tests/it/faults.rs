//! Writing while the medium fails: what was there stays, and what is written afterwards is good.

use std::io;

use falco_format::{
    Capture, ClockPair, EpochKey, Fault, Item, MemoryIo, RowOrder, Schema, SegmentIo,
    SegmentWriter, Sequel, UnixNanos, WriteError, verify,
};

use crate::rows::{encode, header, opened};

/// Writes a segment of ten one-row blocks, going on after every failed append, and returns what failed.
fn write(io: MemoryIo) -> Vec<String> {
    let mut failures = Vec::new();
    let mut note = |result: Result<(), WriteError>| {
        failures.extend(result.err().map(|error| error.to_string()))
    };
    match SegmentWriter::new(io, header(1)) {
        Err(error) => note(Err(error)),
        Ok(mut writer) => {
            note(writer.schema(&Schema::native()));
            note(writer.clock(&[ClockPair {
                boottime_ns: 0,
                realtime_ns: UnixNanos(1_000),
            }]));
            for time in 0..10 {
                note(writer.events(&encode(
                    &[opened(time, 0, time, "/etc/hosts")],
                    RowOrder::TimeCpu,
                )));
                note(writer.sync());
            }
            note(writer.finish().map(drop));
        }
    }
    failures
}

/// The times of all events, how many pieces of damage there are, and whether it is sealed.
fn read(bytes: Vec<u8>) -> (Vec<u64>, usize, bool) {
    let Ok(capture) = Capture::from_bytes(bytes) else {
        return (Vec::new(), 0, false);
    };
    let times = capture.items().filter_map(|item| match item {
        Item::Events(block) => Some(block.first_time()),
        _ => None,
    });
    let damage = capture
        .items()
        .filter(|item| matches!(item, Item::Damage(_)))
        .count();
    (times.collect(), damage, capture.segments()[0].is_sealed())
}

#[test]
fn a_crash_at_any_byte_leaves_everything_before_it() {
    let whole = MemoryIo::new();
    assert_eq!(write(whole.clone()), [""; 0]);
    let length = whole.bytes().len() as u64;
    assert_eq!(read(whole.bytes()), ((0..10).collect(), 0, true));
    let mut last = 0;
    for at in 0..length {
        let io = MemoryIo::with_fault(Fault::CrashAt(at));
        assert!(!write(io.clone()).is_empty());
        assert_eq!(io.bytes().len() as u64, at);
        let (times, damage, is_sealed) = read(io.bytes());
        assert!(
            times.iter().copied().eq(0..times.len() as u64),
            "crash at {at}"
        );
        assert!(
            times.len() >= last && damage <= 1 && !is_sealed,
            "crash at {at}"
        );
        last = times.len();
    }
    assert_eq!(last, 10);
}

#[test]
fn a_full_medium_keeps_what_it_has() {
    for room in (1_000..5_000).step_by(37) {
        let io = MemoryIo::with_fault(Fault::NoSpaceAfter(room));
        write(io.clone());
        let (times, damage, _) = read(io.bytes());
        assert!(times.is_sorted() && damage == 0, "room for {room}");
        assert!(io.bytes().len() as u64 <= room);
    }
    let mut io = MemoryIo::with_fault(Fault::NoSpaceAfter(0));
    let error = SegmentWriter::new(io.clone(), header(1)).expect_err("no room");
    assert!(error.is_no_space(), "{error}");
    assert_eq!(
        io.append(&[1]).map_err(|error| error.kind()),
        Err(io::ErrorKind::StorageFull)
    );
}

/// What the next segment names as the one before it, where this one found no room for its end.
#[test]
fn an_end_that_finds_no_room_leaves_the_digest_of_what_is_there() {
    let key = EpochKey::kept(0, &[7; 32], None);
    let (mut failed, mut sealed) = (0, 0);
    for room in (3_000..8_000).step_by(41) {
        let io = MemoryIo::with_fault(Fault::NoSpaceAfter(room));
        let Ok(mut writer) = SegmentWriter::new(io.clone(), header(1)) else {
            continue;
        };
        writer.list_for_signatures();
        if writer.schema(&Schema::native()).is_err() {
            continue;
        }
        match writer.finish_signed(Sequel::GoesOn, Some(&key)) {
            Ok(_) => sealed += 1,
            Err(_) => failed += 1,
        }
        let capture = Capture::from_bytes(io.bytes()).expect("opens");
        assert_eq!(capture.segments()[0].digest(), writer.digest(), "{room}");
    }
    assert!(failed > 1 && sealed > 1, "{failed} {sealed}");
}

#[test]
fn a_short_write_costs_its_own_item_alone() {
    let io = MemoryIo::new();
    write(io.clone());
    let whole = io.bytes();
    let index = Capture::from_bytes(whole.clone())
        .expect("opens")
        .segments()[0]
        .index()
        .expect("sealed");
    let events_start = index.entries[3].offset;
    let events_end = index
        .entries
        .last()
        .map_or(0, |entry| entry.offset + entry.length);
    for at in (events_start..whole.len() as u64).step_by(11) {
        let io = MemoryIo::with_fault(Fault::ShortWriteAt(at));
        assert_eq!(write(io.clone()).len(), 1, "at {at}");
        let (times, damage, is_sealed) = read(io.bytes());
        if at < events_end {
            assert_eq!((times.len(), damage, is_sealed), (9, 0, true), "at {at}");
        } else {
            // Half of the seal is left behind: it is told, and every event is there.
            assert_eq!((times.len(), damage, is_sealed), (10, 1, false), "at {at}");
        }
    }
}

#[test]
fn a_failed_sync_is_told() {
    let io = MemoryIo::with_fault(Fault::FailedSync(3));
    assert_eq!(write(io.clone()), ["the segment cannot be synced"]);
    assert_eq!(read(io.bytes()).0.len(), 10);
}

#[test]
fn a_bit_that_the_medium_flips_is_found() {
    let io = MemoryIo::with_fault(Fault::FlippedBit(20_000));
    write(io.clone());
    let capture = Capture::from_bytes(io.bytes()).expect("opens");
    assert!(!verify(&capture).is_intact());
}

#[test]
fn a_block_without_its_table_is_refused() {
    let mut writer = SegmentWriter::new(MemoryIo::new(), header(1)).expect("writes");
    let error = writer
        .events(&encode(&[opened(1, 0, 1, "x")], RowOrder::TimeCpu))
        .expect_err("no SCHEMA yet");
    assert!(matches!(error, WriteError::NoSchema));
}
