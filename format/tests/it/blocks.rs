//! What goes into a block comes out of it: every value, in its order, with its position.

use falco_abi::{EventId, FrameHeader, ParamStatus, events, view};
use falco_format::{
    Block, BlockBuilder, BlockError, BlockLimits, FrameError, Pid, Projection, RawParam, RowError,
    RowMeta, RowOrder, Rows, Schema, Tid,
};
use proptest::prelude::*;

use crate::rows::{Row, any_row, encode, opened, rows_of};

/// All that waits in a builder, as a reader decodes it.
fn decoded(mut builder: BlockBuilder) -> Rows {
    let block = builder.finish(1).expect("rows").into_block();
    let rows = block.expect("parses").decode(&Projection::all());
    rows.expect("decodes")
}

fn decode(rows: &[Row], order: RowOrder, projection: &Projection) -> Vec<Row> {
    let block = encode(rows, order).into_block().expect("the head parses");
    assert_eq!(block.rows(), rows.len());
    assert_eq!(
        block
            .event_counts()
            .map(|(_, count)| count as usize)
            .sum::<usize>(),
        rows.len()
    );
    assert_eq!(
        block.first_time(),
        rows.iter().map(|row| row.meta.time).min().unwrap_or(0)
    );
    assert_eq!(
        block.last_time(),
        rows.iter().map(|row| row.meta.time).max().unwrap_or(0)
    );
    rows_of(&block.decode(projection).expect("decodes"))
}

fn in_order(rows: &[Row]) -> Vec<Row> {
    let mut sorted: Vec<Row> = rows.iter().cloned().map(Row::filled).collect();
    sorted.sort_by_key(|row| (row.meta.time, row.meta.cpu));
    sorted
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rows_of_the_whole_table_come_back_in_order(rows in prop::collection::vec(any_row(), 1..80)) {
        prop_assert_eq!(decode(&rows, RowOrder::TimeCpu, &Projection::all()), in_order(&rows));
        let pushed: Vec<Row> = rows.iter().cloned().map(Row::filled).collect();
        prop_assert_eq!(decode(&rows, RowOrder::AsPushed, &Projection::all()), pushed);
    }

    #[test]
    fn a_projection_leaves_out_and_changes_nothing_else(rows in prop::collection::vec(any_row(), 1..60), wanted: u64, columns: u64) {
        let mut projection = Projection::none();
        for event in events().filter(|event| wanted >> (event.id.0 % 64) & 1 == 1) {
            projection.add(event.id, columns);
        }
        let expected: Vec<Row> = in_order(&rows).into_iter().filter(|row| projection.includes(row.event)).map(|mut row| {
            for (index, param) in row.params.iter_mut().enumerate() {
                if columns >> index & 1 == 0 {
                    *param = (ParamStatus::Absent, Vec::new());
                }
            }
            row
        }).collect();
        prop_assert_eq!(decode(&rows, RowOrder::TimeCpu, &projection), expected);
    }

    #[test]
    fn positions_count_the_rows_that_were_left_out(rows in prop::collection::vec(any_row(), 1..60)) {
        let all = in_order(&rows);
        let block = encode(&rows, RowOrder::TimeCpu).into_block().expect("parses");
        for event in block.event_counts().map(|(event, _)| event) {
            let some = block.decode(&Projection::none().with_params(event, 0)).expect("decodes");
            for view in some.iter() {
                let row = &all[view.position() as usize];
                prop_assert_eq!((view.event(), view.meta()), (row.event, row.meta));
            }
        }
    }

    #[test]
    fn blocks_closed_at_watermarks_are_disjoint_and_hold_every_row_once(
        rows in prop::collection::vec((any_row(), 0usize..3), 1..100),
        mut marks in prop::collection::vec(0u64..1 << 40, 0..5),
        limit in 1usize..50,
    ) {
        marks.sort_unstable();
        marks.push(u64::MAX);
        let mut builder = BlockBuilder::new(RowOrder::TimeCpu, BlockLimits { rows: limit, ..BlockLimits::default() });
        let (mut pushed, mut out) = (0, Vec::new());
        for (round, mark) in marks.iter().enumerate() {
            // Every row arrives before its own watermark, and some earlier than that.
            for (row, early) in &rows {
                let due = marks.iter().position(|mark| row.meta.time <= *mark).unwrap_or(0);
                if due.saturating_sub(*early) == round {
                    row.push(&mut builder);
                    pushed += 1;
                }
            }
            while let Some(block) = builder.take_until(*mark).map(|rows| rows.encode(1)) {
                prop_assert!(block.rows <= limit && block.last_time <= *mark);
                let block = block.into_block().expect("parses");
                out.extend(rows_of(&block.decode(&Projection::all()).expect("decodes")));
            }
        }
        prop_assert_eq!((pushed, builder.rows()), (rows.len(), 0));
        let key = |row: &Row| (row.meta.time, row.meta.cpu);
        let all: Vec<Row> = rows.into_iter().map(|(row, _)| row).collect();
        prop_assert!(out.iter().map(key).eq(in_order(&all).iter().map(key)));
    }

    #[test]
    fn flipped_bits_and_garbage_never_panic(rows in prop::collection::vec(any_row(), 1..30), bits in prop::collection::vec(any::<usize>(), 1..20)) {
        let bytes = encode(&rows, RowOrder::TimeCpu).bytes;
        for bit in bits {
            let mut damaged = bytes.clone();
            let bit = bit % (bytes.len() * 8);
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(block) = Block::from_bytes(damaged, Schema::native()) {
                let _ = block.sequences();
                let _ = block.decode(&Projection::all()).map(|rows| rows_of(&rows));
            }
        }
    }
}

#[test]
fn a_block_takes_no_more_rows_than_its_limit_and_leaves_the_rest() {
    let limits = BlockLimits {
        rows: 10,
        raw_bytes: 1 << 20,
    };
    let mut builder = BlockBuilder::new(RowOrder::TimeCpu, limits);
    (0..25)
        .rev()
        .for_each(|time| opened(time, 0, time, "/etc/passwd").push(&mut builder));
    assert!(builder.is_full());
    let sizes: Vec<_> = std::iter::from_fn(|| builder.finish(1))
        .map(|block| (block.rows, block.first_time))
        .collect();
    assert_eq!(sizes, [(10, 0), (10, 10), (5, 20)]);
    assert!(builder.finish(1).is_none());

    let limits = BlockLimits {
        rows: 100,
        raw_bytes: 150,
    };
    let mut builder = BlockBuilder::new(RowOrder::AsPushed, limits);
    (0..7).for_each(|time| opened(time, 0, time, "/etc/passwd").push(&mut builder));
    let sizes: Vec<_> = std::iter::from_fn(|| builder.finish(1))
        .map(|block| block.rows)
        .collect();
    assert_eq!(sizes, [3, 3, 1]);
}

#[test]
fn younger_rows_stay_behind_the_watermark() {
    let mut builder = BlockBuilder::new(RowOrder::TimeCpu, BlockLimits::default());
    for (time, cpu) in [(30, 0), (10, 1), (20, 0), (10, 0)] {
        opened(time, cpu, time, "x").push(&mut builder);
    }
    assert!(builder.take_until(9).is_none());
    let mut times = |mark| {
        let block = builder
            .take_until(mark)
            .and_then(|rows| rows.encode(1).into_block().ok())?;
        let rows = block.decode(&Projection::all()).ok()?;
        Some(
            rows.iter()
                .map(|row| (row.meta().time, row.meta().cpu))
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(times(20), Some(vec![(10, 0), (10, 1), (20, 0)]));
    assert_eq!(times(20), None);
    assert_eq!(times(u64::MAX), Some(vec![(30, 0)]));
}

#[test]
fn sequence_numbers_say_exactly_what_is_missing() {
    let rows = [
        (10, 0, 5),
        (11, 1, 100),
        (12, 0, 6),
        (13, 0, 9),
        (14, 1, 101),
        (15, 0, 12),
    ];
    let rows: Vec<_> = rows
        .map(|(time, cpu, sequence)| opened(time, cpu, sequence, "x"))
        .into();
    let block = encode(&rows, RowOrder::TimeCpu)
        .into_block()
        .expect("parses");
    let spans = block.sequences().expect("decodes");
    let found: Vec<_> = spans
        .iter()
        .map(|span| (span.cpu, span.first, span.last, span.rows, span.missing))
        .collect();
    assert_eq!(found, [(0, 5, 12, 4, 4), (1, 100, 101, 2, 0)]);
}

#[test]
fn integers_are_read_by_their_sign() {
    let meta = RowMeta::default();
    let mut builder = BlockBuilder::new(RowOrder::AsPushed, BlockLimits::default());
    let (result, dirfd, flags, ino) = (
        (-2i64).to_le_bytes(),
        (-100i32).to_le_bytes(),
        u32::MAX.to_le_bytes(),
        u64::MAX.to_le_bytes(),
    );
    let mut params = [RawParam::ABSENT; 8];
    params[events::openat::fd] = RawParam::present(&result);
    params[events::openat::dirfd] = RawParam::present(&dirfd);
    params[events::openat::flags] = RawParam::present(&flags);
    params[events::openat::ino] = RawParam::present(&ino);
    builder
        .push(events::openat::EVENT, &meta, &params)
        .expect("fits");
    let rows = decoded(builder);
    let row = rows.get(0).expect("a row");
    let check = |param, int, uint| assert_eq!((row.int(param), row.uint(param)), (int, uint));
    check(events::openat::fd, Some(-2), None);
    check(events::openat::dirfd, Some(-100), None);
    check(
        events::openat::flags,
        Some(i64::from(u32::MAX)),
        Some(u64::from(u32::MAX)),
    );
    check(events::openat::ino, None, Some(u64::MAX));
    check(events::openat::name, None, None);
    check(99, None, None);
}

#[test]
fn rows_that_do_not_fit_the_table_are_refused() {
    let mut builder = BlockBuilder::new(RowOrder::AsPushed, BlockLimits::default());
    let mut push =
        |event, params: &[RawParam<'_>]| builder.push(event, &RowMeta::default(), params);
    assert_eq!(
        push(EventId(9_999), &[]),
        Err(RowError::UnknownEvent(EventId(9_999)))
    );
    let close = events::close::EVENT;
    let too_many = [RawParam::ABSENT; 40];
    assert!(matches!(
        push(close, &too_many),
        Err(RowError::TooManyParams { found: 40, .. })
    ));
    assert!(matches!(
        push(close, &[RawParam::present(&[1, 2, 3])]),
        Err(RowError::BadLength { length: 3, .. })
    ));
    assert!(matches!(
        push(close, &[RawParam::present(&[])]),
        Err(RowError::BadLength { length: 0, .. })
    ));
    assert_eq!(builder.rows(), 0);
}

#[test]
fn a_block_of_another_table_is_not_decoded_by_ours() {
    let mut bytes = encode(&[opened(1, 0, 0, "x")], RowOrder::AsPushed).bytes;
    bytes[1] ^= 1;
    let error = Block::from_bytes(bytes, Schema::native()).expect_err("the fingerprint differs");
    assert!(matches!(error, BlockError::OtherSchema { .. }), "{error}");
}

/// A frame as the probe sends it.
fn frame(event: EventId, params: &[(ParamStatus, &[u8])]) -> Vec<u8> {
    let header = FrameHeader {
        time: 11,
        start: 22,
        sequence: 33,
        tid: 44,
        pid: 55,
        event: event.0,
        cpu: 6,
        abi: 1,
        ..FrameHeader::EMPTY
    };
    let mut out = Vec::new();
    view::write(header, params, |part| out.extend_from_slice(part));
    out
}

#[test]
fn a_frame_becomes_a_row_of_wire_widths() {
    let mut builder = BlockBuilder::new(RowOrder::TimeCpu, BlockLimits::default());
    let (fd, dirfd) = ((-2i64).to_le_bytes(), (-100i64).to_le_bytes());
    let values = [
        (ParamStatus::Present, &fd[..]),
        (ParamStatus::Present, &dirfd[..]),
        (ParamStatus::Truncated, b"/etc"),
        (ParamStatus::Fault, &[]),
    ];
    let mut bytes = frame(events::openat::EVENT, &values);
    bytes.extend_from_slice(b"padding of the ring");
    builder.push_frame(&bytes).expect("a good frame");
    let rows = decoded(builder);
    let row = rows.get(0).expect("a row");
    let meta = RowMeta {
        time: 11,
        start: 22,
        sequence: 33,
        tid: Tid(44),
        pid: Pid(55),
        cpu: 6,
        abi: 1,
    };
    assert_eq!((row.event(), row.meta()), (events::openat::EVENT, meta));
    assert_eq!((row.int(0), row.int(1)), (Some(-2), Some(-100)));
    assert_eq!(row.param(1).bytes, (-100i32).to_le_bytes());
    assert_eq!(row.param(2), RawParam::truncated(b"/etc"));
    assert_eq!(row.param(3).status, ParamStatus::Fault);
    assert_eq!(row.param(4), RawParam::ABSENT);
}

#[test]
fn frames_that_lie_are_refused_and_leave_nothing() {
    let mut builder = BlockBuilder::new(RowOrder::TimeCpu, BlockLimits::default());
    let good = frame(events::close::EVENT, &[(ParamStatus::Present, &[0; 8])]);
    for length in 0..good.len() {
        let error = builder.push_frame(&good[..length]).expect_err("cut");
        assert!(matches!(error, FrameError::Short { .. }), "{error}");
    }
    let short_integer = frame(events::close::EVENT, &[(ParamStatus::Present, &[0; 4])]);
    assert!(matches!(
        builder.push_frame(&short_integer),
        Err(FrameError::BadInteger { length: 4, .. })
    ));
    let absent_with_value = frame(events::close::EVENT, &[(ParamStatus::Absent, &[0; 8])]);
    assert!(builder.push_frame(&absent_with_value).is_err());
    let unknown = frame(EventId(9_999), &[]);
    assert!(matches!(
        builder.push_frame(&unknown),
        Err(FrameError::Row(RowError::UnknownEvent(_)))
    ));
    assert_eq!(builder.rows(), 0);
    builder.push_frame(&good).expect("a good one still goes in");
}
