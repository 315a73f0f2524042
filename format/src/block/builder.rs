//! Collects rows until a block is due.
//!
//! Rows go in one by one, as values or as the probe's frames; a [`RowBatch`] comes out, whose encoding can happen on another thread.
//! The builder decides order and borders of blocks; what the bytes of a block look like is `encode`'s matter.

use std::sync::Arc;

use falco_abi::{EventId, ParamStatus, Wire};

use super::EncodedBlock;
use super::frame::split_frame;
use super::values::fits;
use crate::limits::{BLOCK_RAW_BYTES, BLOCK_ROWS_MAX, PARAMS_MAX, ROW_BYTES_MAX};
use crate::row::{FrameError, RawParam, RowError, RowMeta};
use crate::schema::Schema;

/// Which order the rows of a block have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOrder {
    /// By time, then CPU, then as pushed: a recording.
    TimeCpu,
    /// As pushed: an import whose times may run backwards, or a snapshot.
    AsPushed,
}

/// When a block is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockLimits {
    /// The most rows; at most [`BLOCK_ROWS_MAX`].
    pub rows: usize,
    /// The raw bytes that are enough; at most [`BLOCK_RAW_BYTES`].
    pub raw_bytes: usize,
}

impl Default for BlockLimits {
    fn default() -> Self {
        BlockLimits {
            rows: BLOCK_ROWS_MAX,
            raw_bytes: BLOCK_RAW_BYTES,
        }
    }
}

/// Bytes that a row counts beside its values: those of its meta data.
const ROW_META_BYTES: usize = 40;

/// A row as it waits: its meta data, and where its values are.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredRow {
    pub(super) event: EventId,
    pub(super) meta: RowMeta,
    params_at: usize,
    params: u8,
    data_at: usize,
    data_len: usize,
}

/// Rows and their values, in the order in which they were pushed.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    pub(super) rows: Vec<StoredRow>,
    params: Vec<(ParamStatus, u32)>,
    data: Vec<u8>,
}

impl Store {
    fn add<'a>(
        &mut self,
        event: EventId,
        meta: &RowMeta,
        params: impl Iterator<Item = RawParam<'a>>,
    ) {
        let (params_at, data_at) = (self.params.len(), self.data.len());
        for param in params {
            self.params.push((param.status, param.bytes.len() as u32));
            self.data.extend_from_slice(param.bytes);
        }
        self.rows.push(StoredRow {
            event,
            meta: *meta,
            params_at,
            params: (self.params.len() - params_at) as u8,
            data_at,
            data_len: self.data.len() - data_at,
        });
    }

    /// The parameters of a row.
    pub(super) fn params(&self, row: &StoredRow) -> impl Iterator<Item = RawParam<'_>> {
        let end = row.params_at.saturating_add(usize::from(row.params));
        let params = self.params.get(row.params_at..end).unwrap_or_default();
        let mut at = row.data_at;
        params.iter().map(move |(status, length)| {
            let end = at.saturating_add(*length as usize);
            let bytes = self.data.get(at..end).unwrap_or_default();
            at = end;
            RawParam {
                status: *status,
                bytes,
            }
        })
    }

    fn raw_bytes(&self) -> usize {
        self.data.len() + self.rows.len() * ROW_META_BYTES
    }
}

/// Collects rows and hands them out as blocks that are disjoint in order.
#[derive(Debug)]
pub struct BlockBuilder {
    schema: Arc<Schema>,
    order: RowOrder,
    limits: BlockLimits,
    store: Store,
}

impl BlockBuilder {
    /// An empty builder of rows of this build's own table.
    pub fn new(order: RowOrder, limits: BlockLimits) -> Self {
        BlockBuilder::with_schema(Schema::native(), order, limits)
    }

    /// An empty builder of rows of another table. The segment must carry the same.
    pub fn with_schema(schema: Arc<Schema>, order: RowOrder, limits: BlockLimits) -> Self {
        BlockBuilder {
            schema,
            order,
            limits: BlockLimits {
                rows: limits.rows.clamp(1, BLOCK_ROWS_MAX),
                raw_bytes: limits.raw_bytes.clamp(1, BLOCK_RAW_BYTES),
            },
            store: Store::default(),
        }
    }

    /// Takes a row. Parameters that are left out at the end are absent.
    pub fn push(
        &mut self,
        event: EventId,
        meta: &RowMeta,
        params: &[RawParam<'_>],
    ) -> Result<(), RowError> {
        let layout = self
            .schema
            .event(event)
            .ok_or(RowError::UnknownEvent(event))?;
        if params.len() > layout.params.len() {
            return Err(RowError::TooManyParams {
                event,
                expected: layout.params.len(),
                found: params.len(),
            });
        }
        let mut length = 0usize;
        for (index, (param, column)) in params.iter().zip(&layout.params).enumerate() {
            length = length.saturating_add(param.bytes.len());
            if !fits(column.wire, param) {
                return Err(RowError::BadLength {
                    event,
                    param: index,
                    length: param.bytes.len(),
                    status: param.status,
                });
            }
        }
        if length > ROW_BYTES_MAX {
            return Err(RowError::TooLong { event, length });
        }
        self.store.add(event, meta, params.iter().copied());
        Ok(())
    }

    /// Takes a frame of the probe. Integers lose the bytes that their wire type does not have; no value is interpreted.
    pub fn push_frame(&mut self, frame: &[u8]) -> Result<(), FrameError> {
        let split = split_frame(frame)?;
        let event = split.event;
        let layout = self
            .schema
            .event(event)
            .ok_or(RowError::UnknownEvent(event))?;
        let mut params = [RawParam::ABSENT; PARAMS_MAX];
        let too_many = || RowError::TooManyParams {
            event,
            expected: layout.params.len(),
            found: split.params,
        };
        if split.params > layout.params.len() {
            return Err(too_many().into());
        }
        let mut used = 0usize;
        for ((index, param), slot) in split.values().enumerate().zip(&mut params) {
            let wire = layout.params.get(index).ok_or_else(too_many)?.wire;
            *slot = narrowed(event, index, wire, param?)?;
            used = index.saturating_add(1);
        }
        let params = params.get(..used).unwrap_or_default();
        self.store.add(event, &split.meta, params.iter().copied());
        Ok(())
    }

    /// How many rows wait.
    pub fn rows(&self) -> usize {
        self.store.rows.len()
    }

    /// Raw bytes of the rows that wait: their values and forty bytes for each.
    pub fn raw_bytes(&self) -> usize {
        self.store.raw_bytes()
    }

    /// Whether a block of what waits would reach a limit.
    pub fn is_full(&self) -> bool {
        self.rows() >= self.limits.rows || self.raw_bytes() >= self.limits.raw_bytes
    }

    /// Takes out the first block of what waits, or `None` when nothing does. Call until `None`: what exceeds the limits stays for the next block.
    pub fn take(&mut self) -> Option<RowBatch> {
        self.take_until(u64::MAX)
    }

    /// Takes out the first block of the rows with `time <= watermark`. Younger rows stay. Call until `None`.
    pub fn take_until(&mut self, watermark: u64) -> Option<RowBatch> {
        let old = |row: &StoredRow| row.meta.time <= watermark;
        let mut chosen: Vec<u32> = (0u32..)
            .zip(&self.store.rows)
            .filter(|(_, row)| old(row))
            .map(|(index, _)| index)
            .collect();
        if self.order == RowOrder::TimeCpu {
            let key = |index: &u32| {
                self.row(*index)
                    .map(|row| (row.meta.time, row.meta.cpu, *index))
            };
            chosen.sort_unstable_by_key(key);
        }
        let cut = self.rows_within_limits(&chosen);
        chosen.truncate(cut);
        if chosen.is_empty() {
            return None;
        }
        let rest = self.without(&chosen);
        Some(RowBatch {
            schema: Arc::clone(&self.schema),
            as_pushed: self.order == RowOrder::AsPushed,
            store: std::mem::replace(&mut self.store, rest),
            order: chosen,
        })
    }

    /// Makes room for so many rows with so many bytes of values, so that it is not grown step by step, each of which takes half as much again for a moment.
    pub fn reserve(&mut self, rows: usize, bytes: usize) {
        self.store.rows.reserve_exact(rows);
        self.store.data.reserve_exact(bytes);
    }

    /// Takes back the memory of rows that are encoded, for those that follow, unless it is more than a block takes.
    pub fn recycle(&mut self, batch: RowBatch) {
        let mut store = batch.store;
        let is_usual = store.data.capacity() <= self.limits.raw_bytes
            && store.rows.capacity() <= self.limits.rows.saturating_mul(2);
        if self.store.rows.is_empty() && is_usual {
            store.rows.clear();
            store.params.clear();
            store.data.clear();
            self.store = store;
        }
    }

    /// Takes out and encodes one block, as [`take`](Self::take) does.
    pub fn finish(&mut self, level: i32) -> Option<EncodedBlock> {
        self.take().map(|batch| batch.encode(level))
    }

    fn row(&self, index: u32) -> Option<&StoredRow> {
        self.store.rows.get(index as usize)
    }

    /// How many of these rows one block takes: at least one.
    fn rows_within_limits(&self, chosen: &[u32]) -> usize {
        let mut raw_bytes = 0usize;
        let fitting = chosen.iter().take(self.limits.rows).take_while(|index| {
            let fits = raw_bytes < self.limits.raw_bytes;
            let data = self.row(**index).map_or(0, |row| row.data_len);
            raw_bytes = raw_bytes
                .saturating_add(data)
                .saturating_add(ROW_META_BYTES);
            fits
        });
        fitting.count()
    }

    /// What waits when the chosen rows are gone.
    fn without(&self, chosen: &[u32]) -> Store {
        let mut rest = Store::default();
        if chosen.len() == self.store.rows.len() {
            return rest;
        }
        let mut taken = vec![false; self.store.rows.len()];
        for index in chosen {
            if let Some(flag) = taken.get_mut(*index as usize) {
                *flag = true;
            }
        }
        for (row, _) in self
            .store
            .rows
            .iter()
            .zip(taken)
            .filter(|(_, taken)| !taken)
        {
            rest.add(row.event, &row.meta, self.store.params(row));
        }
        rest
    }
}

/// The value of a frame's parameter at its wire type's width.
fn narrowed(
    event: EventId,
    param: usize,
    wire: Wire,
    value: RawParam<'_>,
) -> Result<RawParam<'_>, FrameError> {
    let length = value.bytes.len();
    let bad = FrameError::BadInteger {
        event,
        param,
        length,
    };
    let bytes = match wire.width() {
        _ if length == 0 => value.bytes,
        None => value.bytes,
        Some(width) if length == 8 => value.bytes.get(..width).ok_or(bad)?,
        Some(_) => return Err(bad),
    };
    let narrow = RawParam { bytes, ..value };
    if fits(wire, &narrow) {
        Ok(narrow)
    } else {
        Err(bad)
    }
}

/// The rows of one block in their order, not yet encoded.
#[derive(Debug)]
pub struct RowBatch {
    pub(super) schema: Arc<Schema>,
    pub(super) as_pushed: bool,
    pub(super) store: Store,
    pub(super) order: Vec<u32>,
}

impl RowBatch {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.order.len()
    }

    /// Encodes the block at this zstd level.
    pub fn encode(&self, level: i32) -> EncodedBlock {
        super::encode::encode(self, level)
    }

    /// Its rows in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &StoredRow> {
        self.order
            .iter()
            .filter_map(|index| self.store.rows.get(*index as usize))
    }

    /// Raw bytes of its rows.
    pub(super) fn raw_bytes(&self) -> usize {
        self.iter()
            .map(|row| row.data_len.saturating_add(ROW_META_BYTES))
            .sum()
    }
}
