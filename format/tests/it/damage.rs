//! Whatever happens to the bytes of a segment, what is whole is read and what is not is told.

use std::sync::Arc;

use falco_abi::events::openat;
use falco_abi::{Lane, LossReason};
use falco_format::{
    Capture, ClockPair, DamageKind, Item, ItemKind, LostInterval, MemoryIo, OpenError, Projection,
    RowOrder, Schema, SegmentWriter, UnixNanos, verify,
};
use proptest::prelude::*;

use crate::rows::{encode, encode_by, header, opened, rows_of};

/// How many EVENTS blocks of how many rows the test segment has.
const BLOCKS: u64 = 4;
const ROWS: u64 = 3;
/// Bytes of an END item.
const END_BYTES: usize = 40 + 80 + 16;

/// A small sealed segment with every kind of item, by a table of one event: a short one, so that every bit of it can be tried.
fn segment() -> Vec<u8> {
    segment_by(&Arc::new(
        Schema::native().subset(|event| event == openat::EVENT),
    ))
}

fn segment_by(schema: &Arc<Schema>) -> Vec<u8> {
    let io = MemoryIo::new();
    let mut writer =
        SegmentWriter::with_tag(io.clone(), header(1), 0x1234_5678_9abc_def0).expect("writes");
    writer.schema(schema).expect("writes");
    let pair = ClockPair {
        boottime_ns: 5,
        realtime_ns: UnixNanos(1_000),
    };
    writer.clock(&[pair]).expect("writes");
    writer
        .state(&encode_by(
            schema,
            &[opened(1, 0, 0, "/state")],
            RowOrder::AsPushed,
        ))
        .expect("writes");
    for block in 0..BLOCKS {
        let rows: Vec<_> = (0..ROWS)
            .map(|row| block * ROWS + row)
            .map(|time| opened(time, 0, time, "/etc/hosts"))
            .collect();
        writer
            .events(&encode_by(schema, &rows, RowOrder::TimeCpu))
            .expect("writes");
    }
    writer.lost(&[interval()]).expect("writes");
    writer.finish().expect("seals");
    io.bytes()
}

fn interval() -> LostInterval {
    LostInterval {
        cpu: 3,
        lane: Lane::Bulk,
        reason: LossReason::RingFull,
        count: 9,
        last_good_time: 7,
        next_good_time: 8,
    }
}

/// The times of all events that can be read, and the damage.
fn read(capture: &Capture) -> (Vec<u64>, Vec<DamageKind>) {
    let (mut times, mut damage) = (Vec::new(), Vec::new());
    for item in capture.items() {
        match item {
            Item::Events(block) => match block.decode(&Projection::all()) {
                Ok(rows) => times.extend(rows_of(&rows).iter().map(|row| row.meta.time)),
                Err(error) => damage.push(DamageKind::Block(error)),
            },
            Item::Damage(found) => damage.push(found.what),
            _ => {}
        }
    }
    (times, damage)
}

/// The items' starts and ends, by the index of the undamaged segment.
fn items(bytes: &[u8]) -> Vec<(ItemKind, usize, usize)> {
    let capture = Capture::from_bytes(bytes.to_vec()).expect("opens");
    let index = capture.segments()[0].index().expect("sealed");
    let place = |entry: &falco_format::IndexEntry| {
        (
            entry.kind,
            entry.offset as usize,
            (entry.offset + entry.length) as usize,
        )
    };
    index.entries.iter().map(place).collect()
}

#[test]
fn an_undamaged_segment_reads_whole() {
    let capture = Capture::from_bytes(segment()).expect("opens");
    let all: Vec<u64> = (0..BLOCKS * ROWS).collect();
    assert_eq!(read(&capture), (all, vec![]));
    let kinds: Vec<_> = capture
        .items()
        .map(|item| match item {
            Item::Segment(header) => {
                format!("segment {} of {}", header.segment_number, header.node)
            }
            Item::Schema(schema) => format!("schema of {} event", schema.events().count()),
            Item::Clock(pairs) => format!("clock {}", pairs[0].realtime_ns.0),
            Item::State(block) => format!("state {}", block.rows()),
            Item::Lost(lost) => format!("lost {}", lost == [interval()]),
            Item::Events(block) => format!("events {}", block.rows()),
            Item::End(end) => format!(
                "end {} items {} rows {}..{}",
                end.items, end.rows, end.first_time, end.last_time
            ),
            other => format!("{other:?}"),
        })
        .collect();
    let expected = [
        "segment 1 of node",
        "schema of 1 event",
        "clock 1000",
        "state 1",
        "events 3",
        "events 3",
        "events 3",
        "events 3",
        "lost true",
        "end 10 items 12 rows 0..11",
    ];
    assert_eq!(kinds, expected);
    let report = verify(&capture);
    assert!(report.is_intact(), "{report:?}");
    assert_eq!(report.rows, BLOCKS * ROWS + 1);
}

#[test]
fn every_truncation_reads_up_to_the_damage() {
    let bytes = segment();
    let items = items(&bytes);
    // The index does not name itself; it ends where the last item starts.
    let end_item = bytes.len() - END_BYTES;
    for end in 0..bytes.len() {
        let whole = items
            .iter()
            .filter(|(kind, _, stop)| *kind == ItemKind::EVENTS && *stop <= end)
            .count() as u64;
        let capture = match Capture::from_bytes(bytes[..end].to_vec()) {
            Ok(capture) => capture,
            Err(OpenError::Empty { .. }) if end == 0 => continue,
            Err(OpenError::NotACapture { .. }) if end < items[0].2 => continue,
            Err(error) => panic!("cut at {end}: {error}"),
        };
        let (times, damage) = read(&capture);
        assert_eq!(times, (0..whole * ROWS).collect::<Vec<_>>(), "cut at {end}");
        let is_border = end == end_item
            || items
                .iter()
                .any(|(_, start, stop)| *start == end || *stop == end);
        assert_eq!(
            damage,
            if is_border {
                vec![]
            } else {
                vec![DamageKind::TornTail]
            },
            "cut at {end}"
        );
        assert!(!capture.segments()[0].is_sealed());
        assert!(
            capture
                .items()
                .any(|item| matches!(item, Item::NotSealed { .. })),
            "cut at {end}"
        );
    }
}

#[test]
fn every_flipped_bit_is_told_and_costs_one_item_at_most() {
    let bytes = segment();
    let items = items(&bytes);
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let capture = Capture::from_bytes(damaged).expect("the other items are there");
        let (times, damage) = read(&capture);
        assert!(!damage.is_empty(), "bit {bit}");
        assert!(bit % 16 != 0 || !verify(&capture).is_intact(), "bit {bit}");
        let hit = items
            .iter()
            .filter(|(kind, ..)| *kind == ItemKind::EVENTS)
            .position(|(_, start, end)| (*start..*end).contains(&(bit / 8)));
        let lost = hit.map_or(0..0, |block| block as u64 * ROWS..(block as u64 + 1) * ROWS);
        // Without their table the blocks are there and cannot be read.
        let (_, table_start, table_end) = items[1];
        let is_table = (table_start..table_end).contains(&(bit / 8));
        let expected: Vec<u64> = (0..BLOCKS * ROWS)
            .filter(|time| !lost.contains(time) && !is_table)
            .collect();
        assert_eq!(times, expected, "bit {bit}");
    }
}

#[test]
fn items_cut_out_repeated_or_reordered_are_told() {
    let bytes = segment();
    let items = items(&bytes);
    let piece = |place: usize| &bytes[items[place].1..items[place].2];
    let check = |order: &[usize], expected: &[DamageKind]| {
        let mut built: Vec<u8> = order
            .iter()
            .flat_map(|place| piece(*place))
            .copied()
            .collect();
        built.extend_from_slice(&bytes[items[items.len() - 1].2..]);
        let capture = Capture::from_bytes(built).expect("opens");
        let (_, damage) = read(&capture);
        assert_eq!(damage, expected);
        assert!(!verify(&capture).is_intact());
    };
    check(&[0, 1, 2, 3, 5, 6, 7, 8], &[DamageKind::MissingItems(1)]);
    check(
        &[0, 1, 2, 3, 4, 4, 5, 6, 7, 8],
        &[DamageKind::RepeatedItem(ItemKind::EVENTS)],
    );
    check(
        &[0, 1, 2, 3, 5, 4, 6, 7, 8],
        &[
            DamageKind::MissingItems(1),
            DamageKind::RepeatedItem(ItemKind::EVENTS),
        ],
    );
}

#[test]
fn a_block_whose_own_table_is_damaged_is_read_by_an_equal_one_or_not_at_all() {
    let check = |schema: &Arc<Schema>, rows: u64, others: &[DamageKind]| {
        let mut bytes = segment_by(schema);
        let (_, start, _) = items(&bytes)[1];
        bytes[start + 60] ^= 0xff;
        let (times, damage) = read(&Capture::from_bytes(bytes).expect("opens"));
        assert_eq!(times.len() as u64, rows);
        let expected = [&[DamageKind::Checksum(ItemKind::SCHEMA)], others].concat();
        assert_eq!(damage, expected);
    };
    check(&Schema::native(), BLOCKS * ROWS, &[]);
    let foreign = Arc::new(Schema::native().subset(|event| event == openat::EVENT));
    // The snapshot's block is lost as well.
    check(
        &foreign,
        0,
        &vec![DamageKind::NoSchema; BLOCKS as usize + 1],
    );
}

#[test]
fn items_of_another_segment_are_no_items_of_this_one() {
    // A recorded program that writes a segment's bytes into a parameter must not have them read as items when the block around them is damaged.
    let io = MemoryIo::new();
    let mut writer = SegmentWriter::with_tag(io.clone(), header(1), 1).expect("writes");
    writer.schema(&Schema::native()).expect("writes");
    let pair = ClockPair {
        boottime_ns: 1,
        realtime_ns: UnixNanos(1_000),
    };
    writer.clock(&[pair]).expect("writes");
    let mut forged = opened(1, 0, 1, "x");
    let foreign = segment();
    forged.params[2].1 = foreign;
    writer
        .events(&encode(&[forged], RowOrder::AsPushed))
        .expect("writes");
    writer
        .events(&encode(&[opened(2, 0, 2, "x")], RowOrder::AsPushed))
        .expect("writes");
    writer.finish().expect("seals");
    let mut bytes = io.bytes();
    let (_, start, _) = items(&bytes)[3];
    bytes[start] ^= 1;
    let (times, damage) = read(&Capture::from_bytes(bytes).expect("opens"));
    assert_eq!(times, [2]);
    assert_eq!(damage, [DamageKind::NoItem, DamageKind::MissingItems(1)]);
}

#[test]
fn a_segment_without_its_end_reads_the_same() {
    let bytes = segment();
    let end = items(&bytes).last().expect("items").2;
    let capture = Capture::from_bytes(bytes[..end].to_vec()).expect("opens");
    assert_eq!(read(&capture).0.len() as u64, BLOCKS * ROWS);
    assert!(capture.segments()[0].index().is_none());
    assert!(
        capture
            .items()
            .any(|item| matches!(item, Item::NotSealed { .. }))
    );
}

proptest! {
    #[test]
    fn garbage_is_refused_or_read_and_never_panics(garbage in prop::collection::vec(any::<u8>(), 0..300), at: usize, cut: usize) {
        prop_assert!(Capture::from_bytes(garbage.clone()).is_err());
        let mut bytes = segment();
        let at = at % bytes.len();
        let cut = cut % 200;
        bytes.splice(at..(at + cut).min(bytes.len()), garbage);
        if let Ok(capture) = Capture::from_bytes(bytes) {
            let _ = read(&capture);
            let _ = verify(&capture);
        }
    }

    #[test]
    fn bytes_overwritten_anywhere_leave_the_rest(at: usize, length in 1usize..400, with: u8) {
        let mut bytes = segment();
        let items = items(&bytes);
        let at = at % bytes.len();
        let end = (at + length).min(bytes.len());
        let before = bytes.clone();
        bytes[at..end].fill(with);
        prop_assume!(bytes != before);
        let untouched = items.iter().filter(|(kind, start, stop)| *kind == ItemKind::EVENTS && before[*start..*stop] == bytes[*start..*stop]).count();
        // Without the table, no block can be read.
        let (_, table_start, table_end) = items[1];
        let has_table = before[table_start..table_end] == bytes[table_start..table_end];
        match Capture::from_bytes(bytes) {
            Ok(capture) => {
                let (times, damage) = read(&capture);
                prop_assert!(!damage.is_empty());
                let expected = if has_table { untouched } else { 0 };
                prop_assert_eq!(times.len(), expected * ROWS as usize);
            }
            Err(error) => {
                let is_refused = matches!(error, OpenError::NotACapture { .. });
                prop_assert!(is_refused && untouched == 0);
            }
        }
    }
}
