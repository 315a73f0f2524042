//! Decoded rows, and the view of one of them.
//!
//! What a block decompressed to stays as it is, in one arena; a view puts a value together when it is asked for.
//! Rows that never were bytes are read where they wait.

use std::sync::{Arc, OnceLock};

use falco_abi::{EventId, ParamStatus, Wire};

use super::builder::{RowBatch, StoredRow};
use super::column::Column;
use super::firsts::First;
use super::numbers::Numbers;
use super::order::Order;
use crate::ids::{Pid, Tid};
use crate::row::{RawParam, RowMeta};
use crate::schema::{Schema, SchemaEvent};

/// A thread of the block's table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Thread {
    pub(super) tid: Tid,
    pub(super) pid: Pid,
    pub(super) start: u64,
}

/// The decoded rows of one event.
#[derive(Debug)]
pub(super) struct ShredRows {
    pub(super) event: EventId,
    pub(super) times: Vec<u64>,
    /// The place of each row's thread in the block's table, which has no more threads than a block has rows.
    pub(super) threads: Vec<u16>,
    pub(super) abis: Numbers,
    pub(super) columns: Vec<Column>,
    /// Of rows in memory: the wire type of each parameter, none where it is not wanted.
    pub(super) wires: Vec<Option<Wire>>,
}

impl ShredRows {
    const NONE: ShredRows = ShredRows {
        event: EventId(0),
        times: Vec::new(),
        threads: Vec::new(),
        abis: Numbers::Each(Vec::new()),
        columns: Vec::new(),
        wires: Vec::new(),
    };

    /// Of rows in memory.
    pub(super) fn in_memory(event: EventId, wires: Vec<Option<Wire>>) -> ShredRows {
        ShredRows {
            event,
            wires,
            ..ShredRows::NONE
        }
    }
}

/// Where a row is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Its position among all rows of the block.
    pub(super) position: u32,
    /// Its number in its shred; of rows in memory, where it waits.
    pub(super) row: u32,
    pub(super) shred: u16,
    pub(super) cpu: u16,
}

/// The decoded rows of a block, in stream order.
#[derive(Debug)]
pub struct Rows {
    pub(super) schema: Arc<Schema>,
    /// What was decompressed, one frame after the other.
    pub(super) arena: Vec<u8>,
    pub(super) threads: Vec<Thread>,
    pub(super) shreds: Vec<ShredRows>,
    pub(super) places: Vec<Place>,
    pub(super) firsts: Vec<First>,
    /// Tells sequence numbers, when somebody asks for them.
    pub(super) order: Option<Order>,
    pub(super) sequences: OnceLock<Vec<u64>>,
    /// The rows, where they never were bytes.
    pub(super) memory: Option<Arc<RowBatch>>,
}

impl Rows {
    pub(super) fn empty(schema: Arc<Schema>) -> Self {
        Rows {
            schema,
            arena: Vec::new(),
            threads: Vec::new(),
            shreds: Vec::new(),
            places: Vec::new(),
            firsts: Vec::new(),
            order: None,
            sequences: OnceLock::new(),
            memory: None,
        }
    }

    /// How many rows were decoded.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether none were.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Bytes that were decompressed for them; none of rows that never were bytes.
    pub fn decompressed_bytes(&self) -> u64 {
        self.arena.len() as u64
    }

    /// Of rows that were left out, the first of each thread, [as it was asked for](crate::Projection::with_firsts), in stream order.
    pub fn firsts(&self) -> &[First] {
        &self.firsts
    }

    /// The table they were written by.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The row at this place among the decoded ones.
    pub fn get(&self, index: usize) -> Option<EventView<'_>> {
        self.places.get(index).map(|place| self.view(*place))
    }

    /// The rows in stream order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = EventView<'_>> + '_ {
        self.places.iter().map(|place| self.view(*place))
    }

    #[inline]
    fn view(&self, place: Place) -> EventView<'_> {
        EventView {
            rows: self,
            // Every place was made for a shred that is there.
            shred: self
                .shreds
                .get(usize::from(place.shred))
                .unwrap_or(&NO_ROWS),
            place,
        }
    }

    /// The sequence number of the row at a position. Few ask for it, and then of all rows.
    fn sequence(&self, position: u32) -> Option<u64> {
        let sequences = self.sequences.get_or_init(|| {
            let positions = self.places.iter().map(|place| place.position);
            let order = self.order.as_ref();
            order.map_or_else(Vec::new, |order| order.sequences_at(&self.arena, positions))
        });
        let key = |place: &Place| place.position;
        let index = self.places.binary_search_by_key(&position, key).ok()?;
        sequences.get(index).copied()
    }
}

static NO_ROWS: ShredRows = ShredRows::NONE;

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    rows: &'a Rows,
    shred: &'a ShredRows,
    place: Place,
}

impl<'a> EventView<'a> {
    /// Its event.
    #[inline]
    pub fn event(&self) -> EventId {
        self.shred.event
    }

    /// The event's row in the table it was written by.
    pub fn layout(&self) -> Option<&'a SchemaEvent> {
        self.rows.schema.event(self.shred.event)
    }

    /// The event's name, as the table it was written by has it.
    pub fn name(&self) -> &'a str {
        self.layout().map_or("", |event| event.name.as_str())
    }

    /// Its position in the block, counted over all of the block's rows, decoded or not.
    #[inline]
    pub fn position(&self) -> u32 {
        self.place.position
    }

    /// `CLOCK_BOOTTIME`, nanoseconds.
    #[inline]
    pub fn time(&self) -> u64 {
        match self.shred.times.get(self.row()) {
            Some(time) => *time,
            None => self.waiting().map_or(0, |row| row.meta.time),
        }
    }

    /// The CPU.
    #[inline]
    pub fn cpu(&self) -> u16 {
        self.place.cpu
    }

    /// The `falco_abi::Abi` of the call as its number.
    #[inline]
    pub fn abi(&self) -> u8 {
        match self.shred.abis.get(&self.rows.arena, self.row()) {
            Some(abi) => abi as u8,
            None => self.waiting().map_or(0, |row| row.meta.abi),
        }
    }

    /// Thread id, initial pid namespace.
    #[inline]
    pub fn tid(&self) -> Tid {
        self.thread().tid
    }

    /// Process id, initial pid namespace.
    #[inline]
    pub fn pid(&self) -> Pid {
        self.thread().pid
    }

    /// When the thread started, nanoseconds of `CLOCK_BOOTTIME`.
    #[inline]
    pub fn start(&self) -> u64 {
        self.thread().start
    }

    /// Its meta data, the sequence number included, which takes looking at all rows of the block once.
    pub fn meta(&self) -> RowMeta {
        if let Some(row) = self.waiting() {
            return row.meta;
        }
        let thread = self.thread();
        RowMeta {
            time: self.time(),
            cpu: self.cpu(),
            abi: self.abi(),
            tid: thread.tid,
            pid: thread.pid,
            start: thread.start,
            sequence: self.rows.sequence(self.place.position).unwrap_or(0),
        }
    }

    /// How many parameters the event has in the table it was written by.
    pub fn params(&self) -> usize {
        self.layout().map_or(0, |event| event.params.len())
    }

    /// A parameter: absent where the row, the projection or the event has none.
    #[inline]
    pub fn param(&self, index: usize) -> RawParam<'a> {
        match self.shred.columns.get(index) {
            Some(column) => column.get(&self.rows.arena, self.row()),
            None => {
                let waiting = self.waiting_param(index);
                waiting.map_or(RawParam::ABSENT, |(_, param)| param)
            }
        }
    }

    /// An integer parameter that is present, of either sign; `None` above `i64::MAX`.
    pub fn int(&self, index: usize) -> Option<i64> {
        if let Some(Column::Fixed(column)) = self.shred.columns.get(index) {
            return column.int(&self.rows.arena, self.row());
        }
        let (value, signed) = self.number(index)?;
        if signed {
            Some(value as i64)
        } else {
            i64::try_from(value).ok()
        }
    }

    /// An integer parameter that is present; `None` where it is negative.
    pub fn uint(&self, index: usize) -> Option<u64> {
        if let Some(Column::Fixed(column)) = self.shred.columns.get(index) {
            return column.uint(&self.rows.arena, self.row());
        }
        let (value, signed) = self.number(index)?;
        if signed {
            u64::try_from(value as i64).ok()
        } else {
            Some(value)
        }
    }

    /// An integer parameter that is present, extended to 64 bits by its sign where its type has one, and how many bytes it takes.
    pub fn wide(&self, index: usize) -> Option<(u64, usize)> {
        let (value, _) = self.number(index)?;
        let width = match self.shred.columns.get(index) {
            Some(Column::Fixed(column)) => column.width,
            _ => (*self.shred.wires.get(index)?)?.width()?,
        };
        Some((value, width))
    }

    /// The bytes of a parameter that is present, whole or truncated; of integers as well.
    #[inline]
    pub fn bytes(&self, index: usize) -> Option<&'a [u8]> {
        if let Some(Column::Variable(variable)) = self.shred.columns.get(index) {
            return variable.whole_or_truncated(&self.rows.arena, self.row());
        }
        let param = self.param(index);
        matches!(param.status, ParamStatus::Present | ParamStatus::Truncated).then_some(param.bytes)
    }

    #[inline]
    fn row(&self) -> usize {
        self.place.row as usize
    }

    #[inline]
    fn number(&self, index: usize) -> Option<(u64, bool)> {
        match self.shred.columns.get(index) {
            Some(Column::Fixed(column)) => column.number(&self.rows.arena, self.row()),
            Some(_) => None,
            None => self.waiting_number(index),
        }
    }

    #[inline]
    fn thread(&self) -> Thread {
        let Some(place) = self.shred.threads.get(self.row()) else {
            return self.waiting_thread();
        };
        let thread = self.rows.threads.get(usize::from(*place));
        thread.copied().unwrap_or_default()
    }

    /// The thread of a row in memory.
    #[inline(never)]
    fn waiting_thread(&self) -> Thread {
        let row = self.waiting();
        row.map_or_else(Thread::default, |row| Thread {
            tid: row.meta.tid,
            pid: row.meta.pid,
            start: row.meta.start,
        })
    }

    /// The row, where it waits in memory.
    fn waiting(&self) -> Option<&'a StoredRow> {
        let batch = self.rows.memory.as_deref()?;
        batch.store.rows.get(self.row())
    }

    /// A wanted parameter of a row in memory.
    #[inline(never)]
    fn waiting_param(&self, index: usize) -> Option<(Wire, RawParam<'a>)> {
        let wire = (*self.shred.wires.get(index)?)?;
        let batch = self.rows.memory.as_deref()?;
        let row = batch.store.rows.get(self.row())?;
        Some((wire, batch.store.params(row).nth(index)?))
    }

    #[inline(never)]
    fn waiting_number(&self, index: usize) -> Option<(u64, bool)> {
        let (wire, param) = self.waiting_param(index)?;
        let is_whole = matches!(param.status, ParamStatus::Present | ParamStatus::Truncated);
        wire.width().filter(|_| is_whole)?;
        let is_signed = wire.is_signed();
        Some((integer(param.bytes, is_signed), is_signed))
    }
}

/// The integer that little-endian bytes are, extended to 64 bits by its sign where it has one.
fn integer(bytes: &[u8], is_signed: bool) -> u64 {
    let value = match bytes.first_chunk() {
        Some(whole) => u64::from_le_bytes(*whole),
        None => bytes
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)),
    };
    let spare = 64usize
        .saturating_sub(bytes.len().saturating_mul(8))
        .min(63);
    if is_signed {
        ((value << spare).cast_signed() >> spare).cast_unsigned()
    } else {
        value
    }
}
