//! Blocks: up to 65,536 rows that stand together, shredded by event and column.
//!
//! Rows flow in through [`BlockBuilder`] and out through [`Block::decode`].
//! A block knows the layout of values by their wire types alone, and nothing of files: its bytes are the payload of an item.

mod builder;
mod column;
mod decode;
mod encode;
mod firsts;
mod frame;
mod head;
mod memory;
mod numbers;
mod order;
mod places;
mod rows;
mod times;
mod values;

pub use builder::{BlockBuilder, BlockLimits, RowBatch, RowOrder};
pub use decode::BlockError;
pub use firsts::First;
pub use head::Block;
pub use order::SequenceSpan;
pub use rows::{EventView, Rows};

use falco_abi::EventId;

use crate::schema::SchemaFingerprint;

/// Head flag: rows stand as they were pushed, and times may run backwards.
const FLAG_AS_PUSHED: u64 = 1;

/// The columns that every event has before its parameters: times, threads, ABIs.
const FIXED_CHUNKS: usize = 3;

/// A block's bytes and what an index says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedBlock {
    /// The payload of a STATE or EVENTS item.
    pub bytes: Vec<u8>,
    /// How many rows it has.
    pub rows: usize,
    /// Bytes of its rows before encoding.
    pub raw_bytes: usize,
    /// The smallest time among its rows.
    pub first_time: u64,
    /// The largest time among its rows.
    pub last_time: u64,
    /// How many rows each event has, by ascending id.
    pub event_counts: Vec<(EventId, u32)>,
    /// Which table it was encoded by.
    pub schema: SchemaFingerprint,
}
