//! The order record of a block: which event, which CPU and which sequence number each row has.
//!
//! It is all that is needed to place the rows of one event among those of the others, and to compare gaps in sequence numbers with what LOST items say.

use std::collections::BTreeMap;
use std::ops::Range;

use falco_abi::EventId;
use hashbrown::HashMap;

use super::builder::RowBatch;
use super::numbers::{self, Numbers};
use crate::bytes::{Cursor, Malformed, put_length, put_varint, unzigzag, zigzag};

/// The sequence numbers of one CPU in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceSpan {
    /// The CPU.
    pub cpu: u16,
    /// The first row's number.
    pub first: u64,
    /// The last row's number.
    pub last: u64,
    /// How many rows the CPU has.
    pub rows: u64,
    /// How many numbers are missing between the first and the last.
    pub missing: u64,
}

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

/// The order record. What it says of rows stays in the arena that it was read from.
#[derive(Debug)]
pub(super) struct Order {
    /// Rows of the block.
    rows: usize,
    /// Per CPU: its number and the sequence number of its first row.
    cpus: Vec<(u16, u64)>,
    /// Per row: the place of its event in the head.
    types: Numbers,
    /// Per row: the place of its CPU.
    cpu_places: Numbers,
    /// Rows whose sequence number is not the next one, by position, and how far off it is.
    gaps: Vec<(u64, i64)>,
}

impl Order {
    /// Reads the record from a part of its arena. Every row has an event of the head and a CPU, else there is none.
    pub(super) fn parse(
        arena: &[u8],
        part: Range<usize>,
        rows: usize,
        events: usize,
    ) -> Result<Order, Malformed> {
        let mut cursor = Cursor::within(arena, part);
        let count = cursor.length(rows)?;
        let mut cpus = Vec::new();
        for _ in 0..count {
            cpus.push((cursor.varint_u16()?, cursor.varint()?));
        }
        let at = cursor.malformed();
        let types = Numbers::parse(&mut cursor, rows)?;
        let cpu_places = Numbers::parse(&mut cursor, rows)?;
        if !types.are_below(arena, events as u64) || !cpu_places.are_below(arena, count as u64) {
            return Err(at);
        }
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
            rows,
            gaps: gaps.collect(),
            cpus,
            types,
            cpu_places,
        })
    }

    /// Per row, in order: the place of its event in the head, and of its CPU.
    pub(super) fn places(&self, arena: &[u8]) -> (Vec<u16>, Vec<u16>) {
        let types = self.types.to_places(arena, self.rows);
        (types, self.cpu_places.to_places(arena, self.rows))
    }

    /// The CPU of a place.
    pub(super) fn cpu(&self, place: u16) -> u16 {
        self.cpus.get(usize::from(place)).map_or(0, |(cpu, _)| *cpu)
    }

    /// Calls `each` with every row's CPU and sequence number, in order.
    fn walk(&self, arena: &[u8], mut each: impl FnMut(u16, u64)) {
        let mut next = self.cpus.clone();
        let mut gaps = self.gaps.iter().peekable();
        let cpu_places = self.cpu_places.to_places(arena, self.rows);
        for (position, cpu_place) in (0u64..).zip(cpu_places) {
            let Some((cpu, expected)) = next.get_mut(usize::from(cpu_place)) else {
                continue;
            };
            if let Some((_, jump)) = gaps.next_if(|(gap, _)| *gap == position) {
                *expected = expected.wrapping_add(*jump as u64);
            }
            each(*cpu, *expected);
            *expected = expected.wrapping_add(1);
        }
    }

    /// The sequence numbers of the rows at these positions, which ascend.
    pub(super) fn sequences_at(
        &self,
        arena: &[u8],
        positions: impl Iterator<Item = u32>,
    ) -> Vec<u64> {
        let mut positions = positions.peekable();
        let (mut sequences, mut position) = (Vec::new(), 0u32);
        self.walk(arena, |_, sequence| {
            if positions.next_if_eq(&position).is_some() {
                sequences.push(sequence);
            }
            position = position.saturating_add(1);
        });
        sequences
    }

    /// The sequence numbers of every CPU, by CPU.
    pub(super) fn sequences(&self, arena: &[u8]) -> Vec<SequenceSpan> {
        let mut spans: BTreeMap<u16, SequenceSpan> = BTreeMap::new();
        self.walk(arena, |cpu, sequence| {
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
        });
        spans.into_values().collect()
    }
}
