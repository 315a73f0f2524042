//! Blocks that never were bytes: rows that wait, and are read by a projection as those of an encoded block are.
//!
//! In: a [`RowBatch`]. Out: its head, and [`Rows`]. Who reads another format and asks rules at once saves encoding and decoding this way.

use std::sync::Arc;

use falco_abi::{EventId, Wire};

use super::RowOrder;
use super::builder::{RowBatch, StoredRow};
use super::head::{FramePlace, Head};
use super::rows::{Rows, ShredRows, Thread};
use super::values::{Column, Statuses, code_of};
use crate::projection::Projection;
use crate::row::RawParam;

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

/// The wanted rows with the wanted columns.
pub(super) fn rows(batch: &RowBatch, head: &Head, projection: &Projection) -> Rows {
    let mut rows = Rows::empty(Arc::clone(&batch.schema));
    // By event: ids are small numbers, and this is asked for every row.
    let last = head
        .events
        .last()
        .map_or(0, |(event, _)| usize::from(event.0));
    let mut slots: Vec<Option<Slot>> = Vec::new();
    slots.resize_with(last + 1, || None);
    for (event, count) in &head.events {
        let Some(columns) = projection.columns(*event) else {
            continue;
        };
        let slot = Slot::new(batch, *event, columns, rows.shreds.len());
        rows.shreds.push(slot.shred(*event, *count as usize));
        if let Some(place) = slots.get_mut(usize::from(event.0)) {
            *place = Some(slot);
        }
    }
    for (position, row) in (0u32..).zip(batch.iter()) {
        if let Some(Some(slot)) = slots.get(usize::from(row.event.0)) {
            slot.take(batch, (position, row), &mut rows);
        }
    }
    rows
}

/// Where the rows of an event go.
struct Slot {
    shred: usize,
    /// The wire type of each parameter, up to the last one that is wanted; none where it is not.
    wires: Vec<Option<Wire>>,
}

impl Slot {
    fn new(batch: &RowBatch, event: EventId, columns: u64, shred: usize) -> Self {
        let layout = batch.schema.event(event);
        let params = layout.map_or(&[][..], |layout| layout.params.as_slice());
        let mut wires: Vec<Option<Wire>> = params
            .iter()
            .enumerate()
            .map(|(index, param)| {
                let is_wanted = columns.checked_shr(index as u32).unwrap_or(0) & 1 == 1;
                is_wanted.then_some(param.wire)
            })
            .collect();
        while let Some(None) = wires.last() {
            wires.pop();
        }
        Slot { shred, wires }
    }

    /// Room for the rows.
    fn shred(&self, event: EventId, count: usize) -> ShredRows {
        let column = |wire: &Option<Wire>| match wire.map(|wire| (wire, wire.width())) {
            None => Column::Absent,
            Some((wire, Some(width))) => Column::Fixed {
                statuses: Statuses::Each(Vec::with_capacity(count)),
                values: Vec::with_capacity(count),
                width,
                signed: wire.is_signed(),
            },
            Some((_, None)) => Column::Variable {
                statuses: Statuses::Each(Vec::with_capacity(count)),
                ranges: Vec::with_capacity(count),
                data: Vec::new(),
            },
        };
        ShredRows {
            event,
            positions: Vec::with_capacity(count),
            times: Vec::with_capacity(count),
            threads: Vec::with_capacity(count),
            abis: Vec::with_capacity(count),
            cpus: Vec::with_capacity(count),
            sequences: Vec::with_capacity(count),
            columns: self.wires.iter().map(column).collect(),
        }
    }

    fn take(&self, batch: &RowBatch, (position, row): (u32, &StoredRow), rows: &mut Rows) {
        let Some(shred) = rows.shreds.get_mut(self.shred) else {
            return;
        };
        // A block has at most as many threads and shreds as rows, and those fit.
        rows.order
            .push((self.shred as u16, shred.positions.len() as u32));
        shred.positions.push(position);
        shred.times.push(row.meta.time);
        shred.threads.push(rows.threads.len() as u32);
        rows.threads.push(Thread {
            tid: row.meta.tid,
            pid: row.meta.pid,
            start: row.meta.start,
        });
        shred.abis.push(row.meta.abi);
        shred.cpus.push(row.meta.cpu);
        shred.sequences.push(row.meta.sequence);
        let values = batch
            .store
            .params(row)
            .chain(std::iter::repeat(RawParam::ABSENT));
        for ((column, wire), value) in shred.columns.iter_mut().zip(&self.wires).zip(values) {
            if let Some(wire) = wire {
                push_value(column, *wire, &value);
            }
        }
    }
}

fn push_value(column: &mut Column, wire: Wire, value: &RawParam<'_>) {
    let code = code_of(wire, value);
    let statuses = match column {
        Column::Absent => return,
        Column::Fixed {
            statuses, values, ..
        } => {
            let mut number = [0; 8];
            if let Some(bytes) = number.get_mut(..value.bytes.len()) {
                bytes.copy_from_slice(value.bytes);
            }
            values.push(number);
            statuses
        }
        Column::Variable {
            statuses,
            ranges,
            data,
        } => {
            let start = data.len() as u32;
            data.extend_from_slice(value.bytes);
            ranges.push((start, data.len() as u32));
            statuses
        }
    };
    if let Statuses::Each(codes) = statuses {
        codes.push(code);
    }
}

#[cfg(test)]
mod tests {
    use falco_abi::events::{close, openat};

    use super::super::{Block, BlockBuilder, BlockLimits};
    use super::*;
    use crate::row::RowMeta;
    use crate::schema::Schema;

    fn batch() -> RowBatch {
        let mut builder = BlockBuilder::new(RowOrder::AsPushed, BlockLimits::default());
        let fd = 3i64.to_le_bytes();
        for number in 0..50u32 {
            let meta = RowMeta {
                time: u64::from(1_000 - number),
                cpu: (number % 2) as u16,
                abi: (number % 3) as u8,
                tid: 7 + number % 4,
                pid: 7,
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
    }
}
