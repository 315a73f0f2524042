//! Bytes to rows: decompresses the columns a projection wants, and no others.
//!
//! Everything here is hostile. Counts come from the head, which is bounded; every length is checked where it is used; the sum of all decompressed bytes has a limit.

use std::borrow::Cow;
use std::sync::Arc;

use falco_abi::EventId;

use super::head::{Block, FramePlace, SequenceSpan};
use super::order::Order;
use super::rows::{Rows, ShredRows, Thread};
use super::values::{self, Column};
use super::{FIXED_CHUNKS, numbers, times};
use crate::bytes::{Cursor, Malformed, unzigzag};
use crate::compress::Unpacker;
use crate::limits::{BLOCK_DECODED_MAX, PARAMS_MAX};
use crate::projection::Projection;
use crate::schema::{SchemaEvent, SchemaFingerprint};

/// Why a block cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Bytes that cannot be.
    #[error("the block's {part} is malformed at its byte {offset}")]
    Malformed {
        /// Which part.
        part: &'static str,
        /// Offset within that part.
        offset: usize,
    },
    /// A zstd frame that does not decompress to its declared size.
    #[error("the block's {part} does not decompress")]
    BadFrame {
        /// Which part.
        part: &'static str,
    },
    /// It would decompress to more than [`BLOCK_DECODED_MAX`] bytes.
    #[error("the block would decompress to more than {BLOCK_DECODED_MAX} bytes")]
    TooLarge,
    /// It was encoded by another table than the one at hand.
    #[error("the block was encoded by another event table ({expected:?}, at hand is {found:?})")]
    OtherSchema {
        /// The table at hand.
        found: SchemaFingerprint,
        /// The table it was encoded by.
        expected: SchemaFingerprint,
    },
    /// It has rows of an event that its table does not declare.
    #[error("the block has rows of event {}, which its table does not declare", .0.0)]
    UnknownEvent(EventId),
}

impl BlockError {
    pub(super) fn malformed(part: &'static str, at: Malformed) -> Self {
        BlockError::Malformed {
            part,
            offset: at.offset,
        }
    }
}

/// Decompresses frames of one block within its limit.
struct Source<'a> {
    bytes: &'a [u8],
    unpacker: Unpacker,
    budget: usize,
}

impl<'a> Source<'a> {
    fn new(block: &'a Block) -> Result<Self, BlockError> {
        Ok(Source {
            bytes: block.bytes.as_slice(),
            unpacker: Unpacker::new().map_err(|_| BlockError::BadFrame {
                part: "decompressor",
            })?,
            budget: BLOCK_DECODED_MAX,
        })
    }

    fn frame(&mut self, place: &FramePlace, part: &'static str) -> Result<Vec<u8>, BlockError> {
        self.budget = self
            .budget
            .checked_sub(place.raw_len)
            .ok_or(BlockError::TooLarge)?;
        let stored = self
            .bytes
            .get(place.stored.clone())
            .ok_or(BlockError::BadFrame { part })?;
        self.unpacker
            .unpack(stored, place.raw_len)
            .map_err(|_| BlockError::BadFrame { part })
    }
}

/// The order record names an event or a CPU that is not there.
const BAD_ORDER: BlockError = BlockError::Malformed {
    part: "order record",
    offset: 0,
};

fn order_of(block: &Block, source: &mut Source<'_>) -> Result<Order, BlockError> {
    let raw = source.frame(&block.head.order_frame, "order record")?;
    Order::parse(&raw, block.head.rows).map_err(|at| BlockError::malformed("order record", at))
}

/// See [`Block::sequences`].
pub(super) fn sequences(block: &Block) -> Result<Vec<SequenceSpan>, BlockError> {
    let order = order_of(block, &mut Source::new(block)?)?;
    order.sequences().ok_or(BAD_ORDER)
}

/// See [`Block::sizes`].
pub(super) fn sizes(block: &Block) -> Result<Vec<(String, usize)>, BlockError> {
    let head = &*block.head;
    let directory = Source::new(block)?.frame(&head.directory_frame, "directory")?;
    let places =
        parse_directory(&directory, block).map_err(|at| BlockError::malformed("directory", at))?;
    let mut sizes = vec![
        ("head".to_owned(), head.order_frame.stored.start),
        ("order record".to_owned(), head.order_frame.stored.len()),
        ("thread table".to_owned(), head.threads_frame.stored.len()),
        (
            "directory and small events".to_owned(),
            head.directory_frame.stored.len(),
        ),
    ];
    for ((event, _), chunks) in head.events.iter().zip(&places) {
        let layout = block
            .schema
            .event(*event)
            .ok_or(BlockError::UnknownEvent(*event))?;
        let fixed = ["time", "thread", "abi"].into_iter();
        let columns = fixed.chain(layout.params.iter().map(|param| param.name.as_str()));
        for (column, chunk) in columns.zip(chunks) {
            if let Chunk::Large(place) = chunk {
                sizes.push((format!("{}.{column}", layout.name), place.stored.len()));
            }
        }
    }
    Ok(sizes)
}

/// See [`Block::decode`].
pub(super) fn decode(block: &Block, projection: &Projection) -> Result<Rows, BlockError> {
    let head = &*block.head;
    let wanted: Vec<Option<u64>> = head
        .events
        .iter()
        .map(|(event, _)| projection.columns(*event))
        .collect();
    let mut rows = Rows::empty(Arc::clone(&block.schema));
    if wanted.iter().all(Option::is_none) {
        return Ok(rows);
    }
    let mut source = Source::new(block)?;
    let order = order_of(block, &mut source)?;
    let threads = source.frame(&head.threads_frame, "thread table")?;
    rows.threads = parse_threads(&threads, head.threads)
        .map_err(|at| BlockError::malformed("thread table", at))?;
    let directory = source.frame(&head.directory_frame, "directory")?;
    let places =
        parse_directory(&directory, block).map_err(|at| BlockError::malformed("directory", at))?;

    let mut slots = Vec::with_capacity(wanted.len());
    for (((event, count), columns), chunks) in head.events.iter().zip(wanted).zip(&places) {
        slots.push(columns.map(|_| rows.shreds.len()));
        let Some(columns) = columns else { continue };
        let mut reader = ShredReader {
            source: &mut source,
            directory: &directory,
            chunks,
            rows: *count as usize,
            threads: rows.threads.len(),
        };
        rows.shreds.push(reader.read(block, *event, columns)?);
    }
    place_rows(&order, &slots, &mut rows).ok_or(BAD_ORDER)?;
    rows.decompressed = BLOCK_DECODED_MAX.saturating_sub(source.budget) as u64;
    let mut shreds = rows.shreds.iter();
    if shreds.all(|shred| shred.positions.len() == shred.times.len()) {
        Ok(rows)
    } else {
        Err(BAD_ORDER)
    }
}

/// Gives every wanted row its position, CPU and sequence number.
fn place_rows(order: &Order, slots: &[Option<usize>], rows: &mut Rows) -> Option<()> {
    let (shreds, places) = (&mut rows.shreds, &mut rows.order);
    let mut position = 0u32;
    order.walk(|place, cpu, sequence| {
        if let Some(slot) = slots.get(usize::try_from(place).ok()?)? {
            let shred = shreds.get_mut(*slot)?;
            places.push((*slot as u16, shred.positions.len() as u32));
            shred.positions.push(position);
            shred.cpus.push(cpu);
            shred.sequences.push(sequence);
        }
        position = position.checked_add(1)?;
        Some(())
    })
}

fn parse_threads(raw: &[u8], count: usize) -> Result<Vec<Thread>, Malformed> {
    let mut cursor = Cursor::new(raw);
    let tids = numbers::decode(&mut cursor, count)?;
    let pids = numbers::decode(&mut cursor, count)?;
    let starts = numbers::decode(&mut cursor, count)?;
    cursor.finish()?;
    let at = cursor.malformed();
    tids.into_iter()
        .zip(pids)
        .zip(starts)
        .map(|((tid, pid), start)| {
            let tid = u32::try_from(tid).map_err(|_| at)?;
            let pid = i64::from(tid).checked_add(unzigzag(pid)).ok_or(at)?;
            Ok(Thread {
                tid,
                pid: u32::try_from(pid).map_err(|_| at)?,
                start,
            })
        })
        .collect()
}

/// Where a column's bytes are.
enum Chunk {
    /// In the directory frame.
    Small(std::ops::Range<usize>),
    /// In a frame of its own.
    Large(FramePlace),
}

/// Where the columns of every event are, in the order of the head.
fn parse_directory(raw: &[u8], block: &Block) -> Result<Vec<Vec<Chunk>>, Malformed> {
    let mut cursor = Cursor::new(raw);
    let stored_end = block.bytes.as_slice().len();
    let mut next_large = block.head.large_at;
    let mut next_small = 0usize;
    let mut shreds = Vec::with_capacity(block.head.events.len());
    for _ in &block.head.events {
        let at = cursor.malformed();
        let is_large = match cursor.u8()? {
            0 => false,
            1 => true,
            _ => return Err(at),
        };
        let count = cursor.length(PARAMS_MAX.saturating_add(FIXED_CHUNKS))?;
        let mut chunks = Vec::with_capacity(count);
        for _ in 0..count {
            let raw_len = cursor.length(BLOCK_DECODED_MAX)?;
            if !is_large || raw_len == 0 {
                let end = next_small.checked_add(raw_len).ok_or(at)?;
                chunks.push(Chunk::Small(next_small..end));
                next_small = end;
                continue;
            }
            let length = cursor.length(stored_end)?;
            let end = next_large
                .checked_add(length)
                .filter(|end| *end <= stored_end)
                .ok_or(at)?;
            chunks.push(Chunk::Large(FramePlace {
                stored: next_large..end,
                raw_len,
            }));
            next_large = end;
        }
        shreds.push(chunks);
    }
    // The small columns stand behind the directory, and nothing behind them.
    let small_at = cursor.offset();
    if next_small != cursor.remaining() || next_large != stored_end {
        return Err(cursor.malformed());
    }
    for chunk in shreds.iter_mut().flatten() {
        if let Chunk::Small(range) = chunk {
            *range = range.start.saturating_add(small_at)..range.end.saturating_add(small_at);
        }
    }
    Ok(shreds)
}

/// Reads the columns of one event.
struct ShredReader<'a, 'b> {
    source: &'a mut Source<'b>,
    directory: &'a [u8],
    chunks: &'a [Chunk],
    rows: usize,
    /// How many threads the block has.
    threads: usize,
}

impl<'a> ShredReader<'a, '_> {
    fn read(
        &mut self,
        block: &Block,
        event: EventId,
        wanted: u64,
    ) -> Result<ShredRows, BlockError> {
        let layout: &SchemaEvent = block
            .schema
            .event(event)
            .ok_or(BlockError::UnknownEvent(event))?;
        let (times_at, threads_at, abis_at) = (0, 1, 2);
        let base = block.head.first_time;
        let times = self.column(times_at, "times", |cursor, rows| {
            times::decode(cursor, rows, base)
        })?;
        let threads = self.column(threads_at, "threads", numbers::decode)?;
        let known = |thread: u64| {
            u32::try_from(thread)
                .ok()
                .filter(|_| thread < self.threads as u64)
        };
        let threads: Option<Vec<u32>> = threads.into_iter().map(known).collect();
        let abis = self.column(abis_at, "ABIs", numbers::decode)?;
        Ok(ShredRows {
            event,
            threads: threads.ok_or(BlockError::Malformed {
                part: "threads",
                offset: 0,
            })?,
            abis: abis.into_iter().map(|abi| abi as u8).collect(),
            positions: Vec::with_capacity(times.len()),
            cpus: Vec::with_capacity(times.len()),
            sequences: Vec::with_capacity(times.len()),
            times,
            columns: self.params(layout, wanted)?,
        })
    }

    /// The columns of the parameters that are wanted; absent ones in place of the others.
    fn params(&mut self, layout: &SchemaEvent, wanted: u64) -> Result<Vec<Column>, BlockError> {
        let params = self.chunks.len().saturating_sub(FIXED_CHUNKS);
        if params > layout.params.len() {
            return Err(BlockError::Malformed {
                part: "directory",
                offset: 0,
            });
        }
        let mut columns = Vec::with_capacity(params);
        for (index, param) in layout.params.iter().take(params).enumerate() {
            if wanted >> index & 1 == 0 {
                columns.push(Column::Absent);
                continue;
            }
            let bytes = self.chunk(index.saturating_add(FIXED_CHUNKS), "column")?;
            let column = values::decode(&bytes, param.wire, self.rows);
            columns.push(column.map_err(|at| BlockError::malformed("column", at))?);
        }
        Ok(columns)
    }

    /// A column of one number per row, with nothing behind it.
    fn column(
        &mut self,
        index: usize,
        part: &'static str,
        decode: impl Fn(&mut Cursor<'_>, usize) -> Result<Vec<u64>, Malformed>,
    ) -> Result<Vec<u64>, BlockError> {
        let bytes = self.chunk(index, part)?;
        let mut cursor = Cursor::new(&bytes);
        let values = decode(&mut cursor, self.rows);
        let values = values.and_then(|values| cursor.finish().map(|()| values));
        values.map_err(|at| BlockError::malformed(part, at))
    }

    fn chunk(&mut self, index: usize, part: &'static str) -> Result<Cow<'a, [u8]>, BlockError> {
        match self.chunks.get(index) {
            None => Err(BlockError::Malformed {
                part: "directory",
                offset: 0,
            }),
            Some(Chunk::Small(range)) => {
                let bytes = self.directory.get(range.clone());
                Ok(bytes
                    .ok_or(BlockError::Malformed { part, offset: 0 })?
                    .into())
            }
            Some(Chunk::Large(place)) => Ok(self.source.frame(place, part)?.into()),
        }
    }
}
