//! Rows to bytes: the rows of one event stand together, column by column.
//!
//! A block is a plain head, three frames that every block has (order, threads, directory), and one frame for each column of each large event.
//! `FORMAT.md` draws it.

use std::collections::BTreeMap;

use falco_abi::{EventId, Wire};
use hashbrown::HashMap;

use super::builder::{RowBatch, StoredRow};
use super::{EncodedBlock, FIXED_CHUNKS, FLAG_AS_PUSHED, numbers, order, times, values};
use crate::bytes::{put_length, put_varint, zigzag};
use crate::compress::Packer;
use crate::limits::SMALL_SHRED_BYTES;
use crate::row::RawParam;

/// The rows of one event, each with the index of its thread.
struct Shred<'a> {
    event: EventId,
    rows: Vec<(&'a StoredRow, u64)>,
}

/// Encodes the rows of a batch.
pub(super) fn encode(batch: &RowBatch, level: i32) -> EncodedBlock {
    let mut threads = Threads::default();
    let mut shreds: BTreeMap<EventId, Shred<'_>> = BTreeMap::new();
    for row in batch.iter() {
        let thread = threads.index(row);
        let shred = shreds.entry(row.event).or_insert_with(|| Shred {
            event: row.event,
            rows: Vec::new(),
        });
        shred.rows.push((row, thread));
    }
    let shreds: Vec<Shred<'_>> = shreds.into_values().collect();
    let first_time = batch.iter().map(|row| row.meta.time).min().unwrap_or(0);
    let last_time = batch.iter().map(|row| row.meta.time).max().unwrap_or(0);

    let mut packer = Packer::new(level);
    let (directory, large) = encode_shreds(batch, &shreds, first_time, &mut packer);
    let event_counts: Vec<(EventId, u32)> = shreds
        .iter()
        .map(|shred| (shred.event, shred.rows.len() as u32))
        .collect();

    let mut bytes = Vec::new();
    put_head(&mut bytes, batch, (first_time, last_time), &event_counts);
    put_length(&mut bytes, threads.rows.len());
    let mut bodies = Vec::new();
    for raw in [
        order::encode(batch, &event_counts),
        threads.encode(),
        directory,
    ] {
        let stored = packer.pack(&raw, &mut bodies);
        put_length(&mut bytes, raw.len());
        put_length(&mut bytes, stored);
    }
    bytes.extend_from_slice(&bodies);
    bytes.extend_from_slice(&large);
    EncodedBlock {
        rows: batch.rows(),
        raw_bytes: batch.raw_bytes(),
        first_time,
        last_time,
        event_counts,
        schema: batch.schema.fingerprint(),
        bytes,
    }
}

/// Appends the head up to the events' counts.
fn put_head(
    out: &mut Vec<u8>,
    batch: &RowBatch,
    (first_time, last_time): (u64, u64),
    events: &[(EventId, u32)],
) {
    put_varint(out, if batch.as_pushed { FLAG_AS_PUSHED } else { 0 });
    out.extend_from_slice(&batch.schema.fingerprint().0.to_le_bytes());
    put_length(out, batch.rows());
    out.extend_from_slice(&first_time.to_le_bytes());
    put_varint(out, last_time.saturating_sub(first_time));
    put_length(out, batch.raw_bytes());
    put_length(out, events.len());
    let mut last_id = 0;
    for (event, count) in events {
        put_varint(out, u64::from(event.0).saturating_sub(last_id));
        put_varint(out, u64::from(*count));
        last_id = u64::from(event.0);
    }
}

/// The threads of a block in the order of their first rows.
#[derive(Default)]
struct Threads {
    places: HashMap<(u32, u32, u64), u64>,
    rows: Vec<(u32, u32, u64)>,
}

impl Threads {
    fn index(&mut self, row: &StoredRow) -> u64 {
        let thread = (row.meta.tid.0, row.meta.pid.0, row.meta.start);
        let next = self.rows.len() as u64;
        let index = *self.places.entry(thread).or_insert(next);
        if index == next {
            self.rows.push(thread);
        }
        index
    }

    /// Thread ids, then how far each process id is from them, then start times.
    fn encode(&self) -> Vec<u8> {
        let column = |of: fn(&(u32, u32, u64)) -> u64| self.rows.iter().map(of).collect::<Vec<_>>();
        let mut out = Vec::new();
        numbers::encode(&mut out, &column(|thread| u64::from(thread.0)));
        numbers::encode(
            &mut out,
            &column(|thread| zigzag(i64::from(thread.1) - i64::from(thread.0))),
        );
        numbers::encode(&mut out, &column(|thread| thread.2));
        out
    }
}

/// Every event's columns: the directory frame, which small events' columns follow within the frame, and the frames of the large ones.
fn encode_shreds(
    batch: &RowBatch,
    shreds: &[Shred<'_>],
    base: u64,
    packer: &mut Packer,
) -> (Vec<u8>, Vec<u8>) {
    let (mut directory, mut small, mut large) = (Vec::new(), Vec::new(), Vec::new());
    for shred in shreds {
        let (data, lengths) = shred_columns(batch, shred, base);
        let is_large = data.len() >= SMALL_SHRED_BYTES;
        directory.push(u8::from(is_large));
        put_length(&mut directory, lengths.len());
        let mut rest = data.as_slice();
        for length in lengths {
            put_length(&mut directory, length);
            let (column, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            rest = behind;
            if is_large && length > 0 {
                let stored = packer.pack(column, &mut large);
                put_length(&mut directory, stored);
            } else {
                small.extend_from_slice(column);
            }
        }
    }
    directory.extend_from_slice(&small);
    (directory, large)
}

/// The columns of one event one after the other, and the length of each. Absent columns at the end are left out.
fn shred_columns(batch: &RowBatch, shred: &Shred<'_>, base: u64) -> (Vec<u8>, Vec<usize>) {
    let mut data = Vec::new();
    let mut ends = Vec::new();
    let times: Vec<u64> = shred.rows.iter().map(|(row, _)| row.meta.time).collect();
    times::encode(&mut data, &times, base);
    ends.push(data.len());
    let threads: Vec<u64> = shred.rows.iter().map(|(_, thread)| *thread).collect();
    numbers::encode(&mut data, &threads);
    ends.push(data.len());
    let abis: Vec<u64> = shred
        .rows
        .iter()
        .map(|(row, _)| u64::from(row.meta.abi))
        .collect();
    numbers::encode(&mut data, &abis);
    ends.push(data.len());

    for (wire, column) in param_columns(batch, shred) {
        values::encode(&mut data, wire, &column);
        ends.push(data.len());
    }
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let mut lengths: Vec<usize> = starts.zip(&ends).map(|(start, end)| end - start).collect();
    while lengths.len() > FIXED_CHUNKS && lengths.last() == Some(&0) {
        lengths.pop();
    }
    (data, lengths)
}

/// Every parameter's wire type and values. One pass over the rows fills all columns, since a row's values stand together.
fn param_columns<'a>(
    batch: &'a RowBatch,
    shred: &Shred<'_>,
) -> impl Iterator<Item = (Wire, Vec<RawParam<'a>>)> {
    let event = batch.schema.event(shred.event);
    let params = event.map_or(&[][..], |event| event.params.as_slice());
    let empty = || Vec::with_capacity(shred.rows.len());
    let mut columns: Vec<Vec<RawParam<'a>>> = params.iter().map(|_| empty()).collect();
    for (row, _) in &shred.rows {
        let absent = std::iter::repeat(RawParam::ABSENT);
        let values = batch.store.params(row).chain(absent);
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
    params.iter().map(|param| param.wire).zip(columns)
}
