//! The plain head of a block: what is known of it without decompressing anything.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use falco_abi::EventId;

use super::builder::RowBatch;
use super::decode::{self, BlockError};
use super::memory;
use super::{EncodedBlock, FLAG_AS_PUSHED, RowOrder, Rows, SequenceSpan};
use crate::bytes::{Cursor, Malformed};
use crate::limits::{BLOCK_DECODED_MAX, BLOCK_ROWS_MAX, DEFAULT_LEVEL, SCHEMA_EVENTS_MAX};
use crate::projection::Projection;
use crate::schema::{Schema, SchemaFingerprint};
use crate::shared::SharedBytes;

/// A zstd frame: where it lies in the block, and how long it is decompressed.
#[derive(Clone, Debug)]
pub(super) struct FramePlace {
    pub(super) stored: Range<usize>,
    pub(super) raw_len: usize,
}

/// A decoded head.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) order: RowOrder,
    pub(super) schema: SchemaFingerprint,
    pub(super) rows: usize,
    pub(super) first_time: u64,
    pub(super) last_time: u64,
    pub(super) raw_bytes: u64,
    pub(super) events: Vec<(EventId, u32)>,
    pub(super) threads: usize,
    pub(super) order_frame: FramePlace,
    pub(super) threads_frame: FramePlace,
    pub(super) directory_frame: FramePlace,
    /// Where the frames of large columns start.
    pub(super) large_at: usize,
}

impl Head {
    pub(super) fn parse(bytes: &[u8]) -> Result<Head, Malformed> {
        let mut cursor = Cursor::new(bytes);
        let at = cursor.malformed();
        let flags = cursor.varint()?;
        if flags & !FLAG_AS_PUSHED != 0 {
            return Err(at);
        }
        let schema = SchemaFingerprint(cursor.u32()?);
        let rows = cursor.length(BLOCK_ROWS_MAX)?;
        let first_time = cursor.u64()?;
        let at = cursor.malformed();
        let last_time = first_time.checked_add(cursor.varint()?).ok_or(at)?;
        let raw_bytes = cursor.varint()?;
        let events = parse_events(&mut cursor, rows)?;
        let threads = cursor.length(rows)?;
        let [order_frame, threads_frame, directory_frame] = parse_frames(&mut cursor, bytes.len())?;
        Ok(Head {
            order: if flags & FLAG_AS_PUSHED != 0 {
                RowOrder::AsPushed
            } else {
                RowOrder::TimeCpu
            },
            schema,
            rows,
            first_time,
            last_time,
            raw_bytes,
            events,
            threads,
            large_at: directory_frame.stored.end,
            order_frame,
            threads_frame,
            directory_frame,
        })
    }
}

/// The three frames of every block. They follow the head one after the other.
fn parse_frames(cursor: &mut Cursor<'_>, end: usize) -> Result<[FramePlace; 3], Malformed> {
    let mut lengths = [(0, 0); 3];
    for (raw_len, stored_len) in &mut lengths {
        *raw_len = cursor.length(BLOCK_DECODED_MAX)?;
        *stored_len = cursor.length(end)?;
    }
    let mut next = cursor.offset();
    let places = lengths.map(|(raw_len, stored_len)| {
        let start = next;
        next = start.saturating_add(stored_len);
        FramePlace {
            stored: start..next,
            raw_len,
        }
    });
    if next > end {
        return Err(cursor.malformed());
    }
    Ok(places)
}

/// The events with their counts: ids ascend, no count is zero, and the counts are the rows.
fn parse_events(cursor: &mut Cursor<'_>, rows: usize) -> Result<Vec<(EventId, u32)>, Malformed> {
    let count = cursor.length(SCHEMA_EVENTS_MAX.min(rows))?;
    let mut events: Vec<(EventId, u32)> = Vec::with_capacity(count);
    let mut left = rows;
    for _ in 0..count {
        let at = cursor.malformed();
        let last = events.last().map(|(event, _)| event.0);
        let step = cursor.varint_u16()?;
        let id = last.unwrap_or(0).checked_add(step).ok_or(at)?;
        if last == Some(id) {
            return Err(at);
        }
        let rows = cursor.length(left)?;
        if rows == 0 {
            return Err(at);
        }
        left = left.saturating_sub(rows);
        events.push((EventId(id), rows as u32));
    }
    if left == 0 {
        Ok(events)
    } else {
        Err(cursor.malformed())
    }
}

/// A block: cheap to clone, decoded as far as is asked for. Its rows lie in bytes, or in memory as they were pushed.
#[derive(Clone, Debug)]
pub struct Block {
    pub(super) bytes: SharedBytes,
    pub(super) schema: Arc<Schema>,
    pub(super) head: Arc<Head>,
    /// Rows that never were bytes.
    memory: Option<Arc<RowBatch>>,
    /// Held for what happens when the last clone goes.
    _leaving: Option<Arc<Leaving>>,
}

/// The bytes of a block that was read: when nobody has it any more, its pages need not stay in memory.
#[derive(Debug)]
struct Leaving(SharedBytes);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Block {
    /// A block in memory, to be decoded by this schema.
    pub fn from_bytes(bytes: Vec<u8>, schema: Arc<Schema>) -> Result<Block, BlockError> {
        Block::parse(SharedBytes::from_vec(bytes), schema)
    }

    /// A block whose schema is among these.
    pub(crate) fn parse(bytes: SharedBytes, schema: Arc<Schema>) -> Result<Block, BlockError> {
        let head = Head::parse(bytes.as_slice()).map_err(|at| BlockError::malformed("head", at))?;
        if head.schema != schema.fingerprint() {
            return Err(BlockError::OtherSchema {
                found: schema.fingerprint(),
                expected: head.schema,
            });
        }
        let leaving = Leaving(bytes.clone());
        Ok(Block {
            bytes,
            schema,
            head: Arc::new(head),
            memory: None,
            _leaving: Some(Arc::new(leaving)),
        })
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.head.rows
    }

    /// The smallest time among its rows.
    pub fn first_time(&self) -> u64 {
        self.head.first_time
    }

    /// The largest time among its rows.
    pub fn last_time(&self) -> u64 {
        self.head.last_time
    }

    /// Which order its rows have.
    pub fn order(&self) -> RowOrder {
        self.head.order
    }

    /// How many rows each event has, by ascending id.
    pub fn event_counts(&self) -> impl Iterator<Item = (EventId, u32)> + '_ {
        self.head.events.iter().copied()
    }

    /// Bytes of its rows before encoding.
    pub fn raw_bytes(&self) -> u64 {
        self.head.raw_bytes
    }

    /// Bytes it takes: as it is encoded, or in memory.
    pub fn encoded_bytes(&self) -> usize {
        match &self.memory {
            Some(batch) => batch.raw_bytes(),
            None => self.bytes.as_slice().len(),
        }
    }

    /// The block as it is written. Rows in memory are encoded for it, at the level that blocks have by default.
    pub fn to_encoded(&self) -> EncodedBlock {
        if let Some(batch) = &self.memory {
            return batch.encode(DEFAULT_LEVEL);
        }
        EncodedBlock {
            bytes: self.bytes.as_slice().to_vec(),
            rows: self.rows(),
            raw_bytes: usize::try_from(self.raw_bytes()).unwrap_or(usize::MAX),
            first_time: self.first_time(),
            last_time: self.last_time(),
            event_counts: self.head.events.clone(),
            schema: self.head.schema,
        }
    }

    /// The table it was encoded by.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Decodes the events and columns of a projection.
    pub fn decode(&self, projection: &Projection) -> Result<Rows, BlockError> {
        match &self.memory {
            Some(batch) => Ok(memory::rows(batch, &self.head, projection)),
            None => decode::decode(self, projection),
        }
    }

    /// How many bytes each part takes as it is stored: the head, the frames that every block has, and each column that has a frame of its own. For figures, not for reading.
    pub fn sizes(&self) -> Result<Vec<(String, usize)>, BlockError> {
        let block = self.as_bytes()?;
        decode::sizes(&block)
    }

    /// The sequence numbers of every CPU, from the order record alone: what LOST intervals are compared with.
    pub fn sequences(&self) -> Result<Vec<SequenceSpan>, BlockError> {
        let block = self.as_bytes()?;
        decode::sequences(&block)
    }

    /// The block with its rows in bytes.
    fn as_bytes(&self) -> Result<Cow<'_, Block>, BlockError> {
        match &self.memory {
            None => Ok(Cow::Borrowed(self)),
            Some(_) => {
                let encoded = self.to_encoded();
                Block::from_bytes(encoded.bytes, Arc::clone(&self.schema)).map(Cow::Owned)
            }
        }
    }
}

impl RowBatch {
    /// The block of these rows, to be read where it is: what is asked of it costs, and nothing before.
    pub fn into_block(self) -> Block {
        Block {
            bytes: SharedBytes::from_vec(Vec::new()),
            schema: Arc::clone(&self.schema),
            head: Arc::new(memory::head(&self)),
            memory: Some(Arc::new(self)),
            _leaving: None,
        }
    }
}

impl EncodedBlock {
    /// The block to be read back, where it was encoded by this build's own table.
    pub fn into_block(self) -> Result<Block, BlockError> {
        Block::from_bytes(self.bytes, Schema::native())
    }
}
