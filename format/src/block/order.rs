//! The order record of a block: which event, which CPU and which sequence number each row has.
//!
//! It is all that is needed to place the rows of one event among those of the others, and to compare gaps in sequence numbers with what LOST items say.

use std::collections::BTreeMap;

use falco_abi::EventId;
use hashbrown::HashMap;

use super::builder::RowBatch;
use super::{SequenceSpan, numbers};
use crate::bytes::{Cursor, Malformed, put_length, put_varint, unzigzag, zigzag};

/// The order record: which event and which CPU each row has, and the sequence numbers as a base per CPU and the gaps.
pub(super) fn encode(batch: &RowBatch, events: &[(EventId, u32)]) -> Vec<u8> {
    let event_places: HashMap<u16, u64> = (0..)
        .zip(events)
        .map(|(place, (event, _))| (event.0, place))
        .collect();
    let mut bases: BTreeMap<u16, u64> = BTreeMap::new();
    for row in batch.iter() {
        bases.entry(row.meta.cpu).or_insert(row.meta.sequence);
    }
    let cpu_places: HashMap<u16, u64> = (0..)
        .zip(bases.keys())
        .map(|(place, cpu)| (*cpu, place))
        .collect();

    let mut out = Vec::new();
    put_length(&mut out, bases.len());
    for (cpu, base) in &bases {
        put_varint(&mut out, u64::from(*cpu));
        put_varint(&mut out, *base);
    }
    let place = |places: &HashMap<u16, u64>, of: u16| places.get(&of).copied().unwrap_or(0);
    let types: Vec<u64> = batch
        .iter()
        .map(|row| place(&event_places, row.event.0))
        .collect();
    numbers::encode(&mut out, &types);
    let cpus: Vec<u64> = batch
        .iter()
        .map(|row| place(&cpu_places, row.meta.cpu))
        .collect();
    numbers::encode(&mut out, &cpus);

    put_gaps(&mut out, batch, bases);
    out
}

/// Appends the rows whose sequence number is not the next one of their CPU: how far apart they are, and how far off.
fn put_gaps(out: &mut Vec<u8>, batch: &RowBatch, mut next: BTreeMap<u16, u64>) {
    let (mut distances, mut jumps, mut last_gap) = (Vec::new(), Vec::new(), 0u64);
    for (position, row) in (0u64..).zip(batch.iter()) {
        let Some(expected) = next.get_mut(&row.meta.cpu) else {
            continue;
        };
        if row.meta.sequence != *expected {
            distances.push(position - last_gap);
            jumps.push(zigzag(row.meta.sequence.wrapping_sub(*expected) as i64));
            last_gap = position;
        }
        *expected = row.meta.sequence.wrapping_add(1);
    }
    put_length(out, jumps.len());
    numbers::encode(out, &distances);
    numbers::encode(out, &jumps);
}

/// The order record.
pub(super) struct Order {
    /// Per CPU: its number and the sequence number of its first row.
    cpus: Vec<(u16, u64)>,
    /// Per row: the place of its event in the head.
    types: Vec<u64>,
    /// Per row: the place of its CPU.
    cpu_places: Vec<u64>,
    /// Rows whose sequence number is not the next one, by position, and how far off it is.
    gaps: Vec<(u64, i64)>,
}

impl Order {
    pub(super) fn parse(raw: &[u8], rows: usize) -> Result<Order, Malformed> {
        let mut cursor = Cursor::new(raw);
        let count = cursor.length(rows)?;
        let mut cpus = Vec::new();
        for _ in 0..count {
            cpus.push((cursor.varint_u16()?, cursor.varint()?));
        }
        let types = numbers::decode(&mut cursor, rows)?;
        let cpu_places = numbers::decode(&mut cursor, rows)?;
        let count = cursor.length(rows)?;
        let distances = numbers::decode(&mut cursor, count)?;
        let jumps = numbers::decode(&mut cursor, count)?;
        cursor.finish()?;
        let mut position = 0u64;
        let gaps = distances.into_iter().zip(jumps).map(|(distance, jump)| {
            position = position.saturating_add(distance);
            (position, unzigzag(jump))
        });
        Ok(Order {
            gaps: gaps.collect(),
            cpus,
            types,
            cpu_places,
        })
    }

    /// Calls `each` with every row's event place, CPU and sequence number, in order.
    pub(super) fn walk(&self, mut each: impl FnMut(u64, u16, u64) -> Option<()>) -> Option<()> {
        let mut next = self.cpus.clone();
        let mut gaps = self.gaps.iter().peekable();
        for (position, (place, cpu_place)) in (0u64..).zip(self.types.iter().zip(&self.cpu_places))
        {
            let (cpu, expected) = next.get_mut(usize::try_from(*cpu_place).ok()?)?;
            if let Some((_, jump)) = gaps.next_if(|(gap, _)| *gap == position) {
                *expected = expected.wrapping_add(*jump as u64);
            }
            each(*place, *cpu, *expected)?;
            *expected = expected.wrapping_add(1);
        }
        Some(())
    }

    /// The sequence numbers of every CPU, by CPU.
    pub(super) fn sequences(&self) -> Option<Vec<SequenceSpan>> {
        let mut spans: BTreeMap<u16, SequenceSpan> = BTreeMap::new();
        self.walk(|_, cpu, sequence| {
            let span = spans.entry(cpu).or_insert(SequenceSpan {
                cpu,
                first: sequence,
                last: sequence,
                rows: 0,
                missing: 0,
            });
            let step = sequence.saturating_sub(span.last);
            span.missing = span.missing.saturating_add(step.saturating_sub(1));
            span.last = sequence;
            span.rows = span.rows.saturating_add(1);
            Some(())
        })?;
        Some(spans.into_values().collect())
    }
}
