//! Bytes to rows: decompresses the columns a projection wants, and no others.
//!
//! What is decompressed stays as it is, in one arena, and rows say where in it their values are.
//! Everything here is hostile. Counts come from the head, which is bounded; every length is checked where it is used; the sum of all decompressed bytes has a limit.

use std::ops::Range;
use std::sync::Arc;

use falco_abi::EventId;

use super::column::Column;
use super::firsts::Part;
use super::head::{Block, FramePlace};
use super::numbers::{self, Numbers};
use super::order::{Order, SequenceSpan};
use super::places::{self, Shred};
use super::rows::{Rows, ShredRows, Thread};
use super::values;
use super::{FIXED_CHUNKS, times};
use crate::bytes::{Cursor, Malformed, unzigzag};
use crate::compress::unpack_onto;
use crate::ids::{Pid, Tid};
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

/// Decompresses frames of one block within its limit, one behind the other.
struct Source<'a> {
    bytes: &'a [u8],
    arena: Vec<u8>,
    budget: usize,
}

impl<'a> Source<'a> {
    fn new(block: &'a Block) -> Self {
        Source {
            bytes: block.bytes.as_slice(),
            arena: Vec::new(),
            budget: BLOCK_DECODED_MAX,
        }
    }

    /// Decompresses a frame, and says where in the arena it is now.
    fn frame(
        &mut self,
        place: &FramePlace,
        part: &'static str,
    ) -> Result<Range<usize>, BlockError> {
        self.budget = self
            .budget
            .checked_sub(place.raw_len)
            .ok_or(BlockError::TooLarge)?;
        let stored = self
            .bytes
            .get(place.stored.clone())
            .ok_or(BlockError::BadFrame { part })?;
        let start = self.arena.len();
        unpack_onto(stored, place.raw_len, &mut self.arena)
            .map_err(|_| BlockError::BadFrame { part })?;
        Ok(start..self.arena.len())
    }

    /// Takes memory for the columns of these events that are wanted, as far as the limit goes.
    fn make_room(&mut self, chunks: &[Vec<Chunk>], wanted: &[Option<u64>]) {
        let mut length = 0usize;
        for (chunks, columns) in chunks.iter().zip(wanted) {
            let Some(columns) = columns else { continue };
            for (index, chunk) in chunks.iter().enumerate() {
                let param = index.checked_sub(FIXED_CHUNKS);
                let is_wanted = param.is_none_or(|param| columns >> (param & 63) & 1 == 1);
                if let (true, Chunk::Large(place)) = (is_wanted, chunk) {
                    length = length.saturating_add(place.raw_len);
                }
            }
        }
        self.arena.reserve(length.min(self.budget));
    }

    /// Something that is read from a part of the arena.
    fn read<T>(
        &self,
        range: Range<usize>,
        part: &'static str,
        read: impl FnOnce(&[u8], Range<usize>) -> Result<T, Malformed>,
    ) -> Result<T, BlockError> {
        let start = range.start;
        read(&self.arena, range).map_err(|at| BlockError::Malformed {
            part,
            offset: at.offset.saturating_sub(start),
        })
    }
}

fn order_of(block: &Block, source: &mut Source<'_>) -> Result<Order, BlockError> {
    let part = "order record";
    let range = source.frame(&block.head.order_frame, part)?;
    let (rows, events) = (block.head.rows, block.head.events.len());
    source.read(range, part, |arena, range| {
        Order::parse(arena, range, rows, events)
    })
}

fn directory_of(block: &Block, source: &mut Source<'_>) -> Result<Vec<Vec<Chunk>>, BlockError> {
    let part = "directory";
    let range = source.frame(&block.head.directory_frame, part)?;
    source.read(range, part, |arena, range| {
        parse_directory(Cursor::within(arena, range), block)
    })
}

/// See [`Block::sequences`].
pub(super) fn sequences(block: &Block) -> Result<Vec<SequenceSpan>, BlockError> {
    let mut source = Source::new(block);
    let order = order_of(block, &mut source)?;
    Ok(order.sequences(&source.arena))
}

/// See [`Block::sizes`].
pub(super) fn sizes(block: &Block) -> Result<Vec<(String, usize)>, BlockError> {
    let head = &*block.head;
    let places = directory_of(block, &mut Source::new(block))?;
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
    let mut events = head.events.iter();
    let is_left_out = |event| !Part::of(event, projection).is_told;
    if wanted.iter().all(Option::is_none) && events.all(|(event, _)| is_left_out(*event)) {
        return Ok(rows);
    }
    let mut source = Source::new(block);
    let order = order_of(block, &mut source)?;
    let part = "thread table";
    let range = source.frame(&head.threads_frame, part)?;
    rows.threads = source.read(range, part, |arena, range| {
        parse_threads(Cursor::within(arena, range), head.threads)
    })?;
    let chunks = directory_of(block, &mut source)?;
    source.make_room(&chunks, &wanted);

    let mut shreds = Vec::with_capacity(wanted.len());
    for (((event, count), columns), chunks) in head.events.iter().zip(wanted).zip(&chunks) {
        let slot = columns.map(|_| rows.shreds.len() as u16);
        let mut reader = ShredReader {
            source: &mut source,
            chunks,
            rows: *count as usize,
            threads: rows.threads.len(),
        };
        let part = Part::of(*event, projection);
        shreds.push(Shred::new(slot, part, reader.told(part)?));
        if let Some(columns) = columns {
            rows.shreds.push(reader.read(block, *event, columns)?);
        }
    }
    places::place_rows(&order, &source.arena, shreds, &mut rows).ok_or(BAD_ORDER)?;
    rows.arena = source.arena;
    rows.order = Some(order);
    Ok(rows)
}

/// The order record has other rows than the events.
const BAD_ORDER: BlockError = BlockError::Malformed {
    part: "order record",
    offset: 0,
};

fn parse_threads(mut cursor: Cursor<'_>, count: usize) -> Result<Vec<Thread>, Malformed> {
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
                tid: Tid(tid),
                pid: Pid::told(pid).ok_or(at)?,
                start,
            })
        })
        .collect()
}

/// Where a column's bytes are.
enum Chunk {
    /// In the directory frame: its place in the arena.
    Small(Range<usize>),
    /// In a frame of its own.
    Large(FramePlace),
}

/// Where the columns of every event are, in the order of the head.
fn parse_directory(mut cursor: Cursor<'_>, block: &Block) -> Result<Vec<Vec<Chunk>>, Malformed> {
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
    chunks: &'a [Chunk],
    rows: usize,
    /// How many threads the block has.
    threads: usize,
}

impl ShredReader<'_, '_> {
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
        let (times_at, abis_at) = (0, 2);
        let base = block.head.first_time;
        let times = self.column(times_at, "times", |cursor, rows| {
            times::decode(cursor, rows, base)
        })?;
        Ok(ShredRows {
            event,
            threads: self.threads()?,
            abis: self.column(abis_at, "ABIs", Numbers::parse)?,
            times,
            columns: self.params(layout, wanted)?,
            wires: Vec::new(),
        })
    }

    /// Whose the rows are, by places in the block's table.
    fn threads(&mut self) -> Result<Vec<u16>, BlockError> {
        let threads_at = 1;
        let threads = self.column(threads_at, "threads", Numbers::parse)?;
        if !threads.are_below(&self.source.arena, self.threads as u64) {
            return Err(BlockError::Malformed {
                part: "threads",
                offset: 0,
            });
        }
        Ok(threads.to_places(&self.source.arena, self.rows))
    }

    /// The same of an event that is left out, where it is to be told.
    fn told(&mut self, part: Part) -> Result<Vec<u16>, BlockError> {
        if part.is_told {
            self.threads()
        } else {
            Ok(Vec::new())
        }
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
            let range = self.chunk(index.saturating_add(FIXED_CHUNKS), "column")?;
            columns.push(self.source.read(range, "column", |arena, range| {
                values::decode(arena, range, param.wire, self.rows)
            })?);
        }
        Ok(columns)
    }

    /// A column of one number per row, with nothing behind it.
    fn column<T>(
        &mut self,
        index: usize,
        part: &'static str,
        decode: impl Fn(&mut Cursor<'_>, usize) -> Result<T, Malformed>,
    ) -> Result<T, BlockError> {
        let range = self.chunk(index, part)?;
        self.source.read(range, part, |arena, range| {
            let mut cursor = Cursor::within(arena, range);
            let values = decode(&mut cursor, self.rows)?;
            cursor.finish().map(|()| values)
        })
    }

    /// Where in the arena a column's bytes are.
    fn chunk(&mut self, index: usize, part: &'static str) -> Result<Range<usize>, BlockError> {
        match self.chunks.get(index) {
            None => Err(BlockError::Malformed {
                part: "directory",
                offset: 0,
            }),
            Some(Chunk::Small(range)) => Ok(range.clone()),
            Some(Chunk::Large(place)) => self.source.frame(place, part),
        }
    }
}
