//! Blocks that never were bytes: rows that wait, and are read by a projection as those of an encoded block are.
//!
//! In: a [`RowBatch`]. Out: its head, and [`Rows`]. Who reads another format and asks rules at once saves encoding and decoding this way.

use std::sync::Arc;

use falco_abi::{EventId, Wire};

use super::RowOrder;
use super::builder::RowBatch;
use super::firsts::{First, Firsts, Part, Tids};
use super::head::{FramePlace, Head};
use super::rows::{Place, Rows, ShredRows};
use crate::projection::Projection;

/// What the head of these rows would say, had they been encoded.
pub(super) fn head(batch: &RowBatch) -> Head {
    let mut counts: Vec<u32> = Vec::new();
    let (mut first_time, mut last_time) = (u64::MAX, 0);
    for row in batch.iter() {
        let place = usize::from(row.event.0);
        if place >= counts.len() {
            counts.resize(place + 1, 0);
        }
        if let Some(count) = counts.get_mut(place) {
            *count += 1;
        }
        first_time = row.meta.time.min(first_time);
        last_time = row.meta.time.max(last_time);
    }
    let nowhere = || FramePlace {
        stored: 0..0,
        raw_len: 0,
    };
    Head {
        order: if batch.as_pushed {
            RowOrder::AsPushed
        } else {
            RowOrder::TimeCpu
        },
        schema: batch.schema.fingerprint(),
        rows: batch.rows(),
        first_time: first_time.min(last_time),
        last_time,
        raw_bytes: batch.raw_bytes() as u64,
        events: (0u16..)
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(|(event, count)| (EventId(event), count))
            .collect(),
        threads: 0,
        order_frame: nowhere(),
        threads_frame: nowhere(),
        directory_frame: nowhere(),
        large_at: 0,
    }
}

/// The wanted rows with the wanted columns. They stay where they are.
pub(super) fn rows(batch: &Arc<RowBatch>, head: &Head, projection: &Projection) -> Rows {
    let mut rows = Rows::empty(Arc::clone(&batch.schema));
    // By event: ids are small numbers, and this is asked for every row.
    let last = head
        .events
        .last()
        .map_or(0, |(event, _)| usize::from(event.0));
    let mut slots: Vec<Option<u16>> = vec![None; last + 1];
    for (event, _) in &head.events {
        let Some(columns) = projection.columns(*event) else {
            continue;
        };
        if let Some(place) = slots.get_mut(usize::from(event.0)) {
            *place = u16::try_from(rows.shreds.len()).ok();
        }
        let wires = wires(batch, *event, columns);
        rows.shreds.push(ShredRows::in_memory(*event, wires));
    }
    for (position, index) in (0u32..).zip(&batch.order) {
        let Some(row) = batch.store.rows.get(*index as usize) else {
            continue;
        };
        if let Some(Some(shred)) = slots.get(usize::from(row.event.0)) {
            rows.places.push(Place {
                position,
                row: *index,
                shred: *shred,
                cpu: row.meta.cpu,
            });
        }
    }
    rows.firsts = firsts(batch, head, projection);
    rows.memory = Some(Arc::clone(batch));
    rows
}

/// The first rows of threads among those that are left out, where somebody asks for them.
fn firsts(batch: &RowBatch, head: &Head, projection: &Projection) -> Vec<First> {
    let last = head.events.last().map_or(0, |(event, _)| event.0);
    let mut parts = vec![Part::default(); usize::from(last) + 1];
    for (event, _) in &head.events {
        if let Some(part) = parts.get_mut(usize::from(event.0)) {
            *part = Part::of(*event, projection);
        }
    }
    if parts.iter().all(|part| !part.is_told) {
        return Vec::new();
    }
    let (mut firsts, mut tids) = (Firsts::new(), Tids::default());
    for row in batch.iter() {
        let part = parts.get(usize::from(row.event.0)).copied();
        // A row always has its part, and a block has no more threads than its table may.
        let _ = firsts.see(part.unwrap_or_default(), || tids.place(row.meta.tid));
    }
    firsts.found(|place| tids.tid(place)).unwrap_or_default()
}

/// The wire type of each parameter of an event, none where it is not wanted.
fn wires(batch: &RowBatch, event: EventId, columns: u64) -> Vec<Option<Wire>> {
    let layout = batch.schema.event(event);
    let params = layout.map_or(&[][..], |layout| layout.params.as_slice());
    let wires = params.iter().enumerate().map(|(index, param)| {
        let is_wanted = columns.checked_shr(index as u32).unwrap_or(0) & 1 == 1;
        is_wanted.then_some(param.wire)
    });
    wires.collect()
}

#[cfg(test)]
mod tests {
    use falco_abi::events::{close, openat};

    use super::super::{Block, BlockBuilder, BlockLimits};
    use super::*;
    use crate::ids::{Pid, Tid};
    use crate::row::{RawParam, RowMeta};
    use crate::schema::Schema;

    fn batch() -> RowBatch {
        let mut builder = BlockBuilder::new(RowOrder::AsPushed, BlockLimits::default());
        let fd = 3i64.to_le_bytes();
        for number in 0..50u32 {
            let meta = RowMeta {
                time: u64::from(1_000 - number),
                cpu: (number % 2) as u16,
                abi: (number % 3) as u8,
                tid: Tid(7 + number % 4),
                pid: Pid(7),
                start: 5,
                sequence: u64::from(number / 2),
            };
            let path = vec![b'x'; number as usize];
            let params = [
                RawParam::present(&fd),
                RawParam::ABSENT,
                RawParam::truncated(&path),
            ];
            let is_open = number % 3 > 0;
            let (event, params) = if is_open {
                (openat::EVENT, &params[..])
            } else {
                (close::EVENT, &params[..1])
            };
            builder.push(event, &meta, params).expect("takes");
        }
        builder.take().expect("rows")
    }

    fn lines(block: &Block, projection: &Projection) -> Vec<String> {
        let rows = block.decode(projection).expect("decodes");
        rows.iter()
            .map(|view| {
                let params: Vec<_> = (0..view.params()).map(|index| view.param(index)).collect();
                let (event, position) = (view.event(), view.position());
                format!("{event:?} {position} {:?} {params:?}", view.meta())
            })
            .chain(rows.firsts().iter().map(|first| format!("{first:?}")))
            .collect()
    }

    /// A block in memory reads like the same block encoded.
    fn check(projection: &Projection) {
        let encoded = batch().encode(1).into_block().expect("decodes");
        let memory = batch().into_block();
        assert_eq!(lines(&memory, projection), lines(&encoded, projection));
        assert_eq!(memory.rows(), encoded.rows());
        assert_eq!(memory.order(), encoded.order());
        assert_eq!(memory.raw_bytes(), encoded.raw_bytes());
        assert_eq!(memory.first_time(), encoded.first_time());
        assert_eq!(memory.last_time(), encoded.last_time());
        assert!(memory.event_counts().eq(encoded.event_counts()));
        assert_eq!(memory.sequences(), encoded.sequences());
        assert_eq!(memory.to_encoded(), encoded.to_encoded());
        assert_eq!(
            memory.schema().fingerprint(),
            Schema::native().fingerprint()
        );
    }

    #[test]
    fn rows_in_memory_are_those_that_encoding_would_give() {
        check(&Projection::all());
        check(&Projection::none());
        check(&Projection::none().with_event(close::EVENT));
        check(&Projection::none().with_params(openat::EVENT, 0b100));
        check(&Projection::none().with_params(openat::EVENT, 0));
        let firsts = |forgets: &[EventId]| {
            let events = [close::EVENT, openat::EVENT];
            Projection::none().with_firsts(events, forgets.iter().copied())
        };
        check(&firsts(&[]));
        check(&firsts(&[close::EVENT]).with_event(close::EVENT));
        check(&firsts(&[openat::EVENT]).with_event(openat::EVENT));
    }

    /// Four threads take turns, and every third row is a close.
    #[test]
    fn the_first_rows_of_threads_are_told_where_they_are_left_out() {
        let tids = |projection: &Projection| -> Vec<(u32, u32)> {
            let block = batch().encode(1).into_block().expect("decodes");
            let rows = block.decode(projection).expect("decodes");
            let firsts = rows.firsts().iter();
            firsts.map(|first| (first.tid.0, first.before)).collect()
        };
        let events = [close::EVENT, openat::EVENT];
        let all = Projection::none().with_firsts(events, []);
        assert_eq!(tids(&all), [(7, 0), (8, 0), (9, 0), (10, 0)]);
        let closes = Projection::none().with_event(openat::EVENT);
        let closes = closes.with_firsts(events, []);
        // Rows 0, 3, 6 and 9 are closes, and all between them stand before.
        assert_eq!(tids(&closes), [(7, 0), (10, 2), (9, 4), (8, 6)]);
        assert_eq!(tids(&Projection::all().with_firsts(events, [])), []);
        let forgetful = Projection::none().with_firsts(events, [close::EVENT]);
        // After each close everybody is new: the closer's own row is told before that.
        assert_eq!(tids(&forgetful).len(), 50);
    }
}
