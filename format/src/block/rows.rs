//! Decoded rows, and the view of one of them.

use std::sync::Arc;

use falco_abi::{EventId, ParamStatus};

use super::values::Column;
use crate::row::{RawParam, RowMeta};
use crate::schema::{Schema, SchemaEvent};

/// A thread of the block's table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Thread {
    pub(super) tid: u32,
    pub(super) pid: u32,
    pub(super) start: u64,
}

/// The decoded rows of one event.
#[derive(Debug)]
pub(super) struct ShredRows {
    pub(super) event: EventId,
    pub(super) positions: Vec<u32>,
    pub(super) times: Vec<u64>,
    pub(super) threads: Vec<u32>,
    pub(super) abis: Vec<u8>,
    pub(super) cpus: Vec<u16>,
    pub(super) sequences: Vec<u64>,
    pub(super) columns: Vec<Column>,
}

/// The decoded rows of a block, in stream order.
#[derive(Debug)]
pub struct Rows {
    pub(super) schema: Arc<Schema>,
    pub(super) threads: Vec<Thread>,
    pub(super) shreds: Vec<ShredRows>,
    /// Bytes that were decompressed for them.
    pub(super) decompressed: u64,
    /// Per row: which shred, and which row of it.
    pub(super) order: Vec<(u16, u32)>,
}

impl Rows {
    pub(super) fn empty(schema: Arc<Schema>) -> Self {
        Rows {
            schema,
            threads: Vec::new(),
            decompressed: 0,
            shreds: Vec::new(),
            order: Vec::new(),
        }
    }

    /// How many rows were decoded.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether none were.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Bytes that were decompressed for them; none of rows that never were bytes.
    pub fn decompressed_bytes(&self) -> u64 {
        self.decompressed
    }

    /// The table they were written by.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The row at this place among the decoded ones.
    pub fn get(&self, index: usize) -> Option<EventView<'_>> {
        let (shred, row) = *self.order.get(index)?;
        Some(EventView {
            rows: self,
            shred: self.shreds.get(usize::from(shred))?,
            row: row as usize,
        })
    }

    /// The rows in stream order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = EventView<'_>> + '_ {
        self.order.iter().map(|(shred, row)| EventView {
            rows: self,
            // Every place was made for a shred that is there.
            shred: self.shreds.get(usize::from(*shred)).unwrap_or(&NO_ROWS),
            row: *row as usize,
        })
    }
}

static NO_ROWS: ShredRows = ShredRows {
    event: EventId(0),
    positions: Vec::new(),
    times: Vec::new(),
    threads: Vec::new(),
    abis: Vec::new(),
    cpus: Vec::new(),
    sequences: Vec::new(),
    columns: Vec::new(),
};

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct EventView<'a> {
    rows: &'a Rows,
    shred: &'a ShredRows,
    row: usize,
}

impl<'a> EventView<'a> {
    /// Its event.
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
    pub fn position(&self) -> u32 {
        self.shred.positions.get(self.row).copied().unwrap_or(0)
    }

    /// Its meta data.
    pub fn meta(&self) -> RowMeta {
        let (shred, row) = (self.shred, self.row);
        let thread = shred
            .threads
            .get(row)
            .and_then(|thread| self.rows.threads.get(*thread as usize));
        let thread = thread.copied().unwrap_or_default();
        RowMeta {
            time: shred.times.get(row).copied().unwrap_or(0),
            cpu: shred.cpus.get(row).copied().unwrap_or(0),
            abi: shred.abis.get(row).copied().unwrap_or(0),
            tid: thread.tid,
            pid: thread.pid,
            start: thread.start,
            sequence: shred.sequences.get(row).copied().unwrap_or(0),
        }
    }

    /// How many parameters the event has in the table it was written by.
    pub fn params(&self) -> usize {
        self.layout().map_or(0, |event| event.params.len())
    }

    /// A parameter: absent where the row, the projection or the event has none.
    pub fn param(&self, index: usize) -> RawParam<'a> {
        self.shred
            .columns
            .get(index)
            .map_or(RawParam::ABSENT, |column| column.get(self.row))
    }

    /// An integer parameter that is present, of either sign; `None` above `i64::MAX`.
    pub fn int(&self, index: usize) -> Option<i64> {
        let (value, signed) = self.number(index)?;
        if signed {
            Some(value as i64)
        } else {
            i64::try_from(value).ok()
        }
    }

    /// An integer parameter that is present; `None` where it is negative.
    pub fn uint(&self, index: usize) -> Option<u64> {
        let (value, signed) = self.number(index)?;
        if signed {
            u64::try_from(value as i64).ok()
        } else {
            Some(value)
        }
    }

    /// The bytes of a parameter that is present, whole or truncated; of integers as well.
    pub fn bytes(&self, index: usize) -> Option<&'a [u8]> {
        let param = self.param(index);
        matches!(param.status, ParamStatus::Present | ParamStatus::Truncated).then_some(param.bytes)
    }

    fn number(&self, index: usize) -> Option<(u64, bool)> {
        self.shred.columns.get(index)?.number(self.row)
    }
}
