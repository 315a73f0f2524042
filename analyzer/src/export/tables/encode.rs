//! Columns of a row group, encoded by several threads.
//!
//! In: the rows of a row group, a writer for each leaf of each column. Out: the encoded columns, in order.
//! A column is encoded by one thread from its first row to its last, so its bytes are the same for any number of threads.

use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType, FieldRef};
use arrow_select::concat::concat;
use arrow_select::interleave::interleave;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::basic::ZstdLevel;
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::ColumnDescPtr;

use super::dictionary::Dictionary;
use super::levels::Leaf;
use super::named::NamedTexts;
use super::shared::{self, SharedChunk};

/// How much pages are compressed: the least.
pub(super) fn level() -> ZstdLevel {
    ZstdLevel::default()
}

/// Bytes of the texts of a column of a row group that are written each once; where they are more, most rows have a text of their own.
const TEXTS_BYTES_MAX: usize = 8 << 20;

/// A column of a row group.
pub(super) struct Work {
    pub(super) field: FieldRef,
    /// Its rows, in parts.
    pub(super) parts: Vec<ArrayRef>,
    /// One for each of its leaves.
    pub(super) writers: Vec<ArrowColumnWriter>,
    /// Its leaves.
    pub(super) leaves: Vec<ColumnDescPtr>,
}

/// An encoded leaf of a column.
pub(super) enum Chunk {
    /// By the library.
    Whole(ArrowColumnChunk),
    /// With each text once.
    Shared(SharedChunk),
}

impl Chunk {
    /// Puts it behind those that are in the row group.
    pub(super) fn append_to<W: Write + Send>(
        self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        match self {
            Self::Whole(chunk) => chunk.append_to_row_group(group),
            Self::Shared(chunk) => group.append_column(&chunk.bytes, chunk.close),
        }
    }
}

type Done = Result<Vec<Chunk>, ParquetError>;

/// Encodes columns, with their rows in the order given.
///
/// # Errors
/// When Arrow or Parquet refuse a column, which would be a defect of this program.
pub(super) fn encode(
    columns: Vec<Work>,
    order: Option<&[(usize, usize)]>,
    threads: NonZeroUsize,
) -> Result<Vec<Chunk>, ParquetError> {
    let helpers = threads.get().min(columns.len()).saturating_sub(1);
    let mut done: Vec<Option<Done>> = columns.iter().map(|_| None).collect();
    let waiting = Mutex::new(columns.into_iter().zip(&mut done));
    let work = || {
        loop {
            // The lock is let go before the column is worked on.
            let next = waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .next();
            let Some((column, done)) = next else { break };
            *done = Some(encode_column(column, order));
        }
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            // A machine that gives no thread has it done by those that are there.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    drop(waiting);
    let mut chunks = Vec::new();
    for column in done.into_iter().flatten() {
        chunks.extend(column?);
    }
    Ok(chunks)
}

fn encode_column(column: Work, order: Option<&[(usize, usize)]>) -> Done {
    let mut chunks = shared_leaves(&column, order)?;
    if chunks.iter().all(Option::is_some) && !chunks.is_empty() {
        return Ok(chunks.into_iter().flatten().collect());
    }
    chunks.resize_with(column.writers.len(), || None);
    let array = gathered(&column.parts, order)?;
    // What was gathered is all that is still needed.
    drop(column.parts);
    let leaves = compute_leaves(&column.field, &array)?;
    let by_leaf = leaves.iter().zip(column.writers).zip(chunks);
    let encode = |((leaf, mut writer), chunk): ((_, ArrowColumnWriter), Option<Chunk>)| match chunk
    {
        Some(chunk) => Ok(chunk),
        None => {
            writer.write(leaf)?;
            writer.close().map(Chunk::Whole)
        }
    };
    by_leaf.map(encode).collect()
}

/// The leaves of a column whose rows share texts, each where its texts are few. None of other columns.
fn shared_leaves(
    column: &Work,
    order: Option<&[(usize, usize)]>,
) -> Result<Vec<Option<Chunk>>, ParquetError> {
    let parts = &column.parts;
    match (
        &column.leaves[..],
        parts.first().map(|part| part.data_type()),
    ) {
        ([leaf], Some(DataType::Dictionary(..))) => {
            let dictionary = Dictionary::of(parts, order, TEXTS_BYTES_MAX);
            Ok(vec![encode_leaf(dictionary.as_ref(), None, leaf)?])
        }
        ([names, texts], Some(DataType::Map(..))) => {
            let Some(named) = NamedTexts::of(parts, order, TEXTS_BYTES_MAX) else {
                return Ok(Vec::new());
            };
            let ends = Some(&named.ends[..]);
            Ok(vec![
                encode_leaf(Some(&named.names), ends, names)?,
                encode_leaf(named.texts.as_ref(), ends, texts)?,
            ])
        }
        _ => Ok(Vec::new()),
    }
}

/// A leaf of few texts.
fn encode_leaf(
    dictionary: Option<&Dictionary>,
    ends: Option<&[usize]>,
    leaf: &ColumnDescPtr,
) -> Result<Option<Chunk>, ParquetError> {
    let Some(dictionary) = dictionary else {
        return Ok(None);
    };
    let values = Leaf {
        numbers: &dictionary.numbers,
        ends,
        whole: u32::from(leaf.max_def_level().unsigned_abs()),
    };
    let chunk = shared::write(dictionary, &values, (Arc::clone(leaf), level()))?;
    Ok(Some(Chunk::Shared(chunk)))
}

/// The rows in one array: pages are counted from where a write begins, so the whole group is one.
fn gathered(parts: &[ArrayRef], order: Option<&[(usize, usize)]>) -> Result<ArrayRef, ArrowError> {
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    match order {
        Some(order) => interleave(&parts, order),
        None => concat(&parts),
    }
}
