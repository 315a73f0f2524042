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
use super::entries::Entries;
use super::levels::{Leaf, Lists};
use super::lists::Flattened;
use super::named::NamedTexts;
use super::numbers::AnyNumbers;
use super::shared::{self, SharedChunk};

/// How much pages are compressed: the least.
pub(super) fn level() -> ZstdLevel {
    ZstdLevel::default()
}

/// Bytes of the texts of a leaf that are held beside the rows; a row group whose column has more is written by the library.
const TEXTS_BYTES_MAX: usize = 128 << 20;

/// A column of a row group.
pub(super) struct Work {
    pub(super) field: FieldRef,
    /// Its rows, in parts.
    pub(super) parts: Vec<ArrayRef>,
    /// One for each of its leaves.
    pub(super) writers: Vec<ArrowColumnWriter>,
    /// Its leaves.
    pub(super) leaves: Vec<ColumnDescPtr>,
    /// Whether each value is another one.
    pub(super) is_unlike: bool,
}

/// An encoded leaf of a column.
pub(super) enum Chunk {
    /// By the library.
    Whole(ArrowColumnChunk),
    /// With each value once.
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

/// The leaves of a column whose rows share values, each where its values are few. None of other columns.
fn shared_leaves(
    column: &Work,
    order: Option<&[(usize, usize)]>,
) -> Result<Vec<Option<Chunk>>, ParquetError> {
    let parts = &column.parts;
    let ty = parts.first().map(|part| part.data_type());
    match (&column.leaves[..], ty) {
        ([leaf], Some(DataType::Dictionary(..))) => {
            let texts = Dictionary::of(parts, order, TEXTS_BYTES_MAX);
            Ok(vec![texts_leaf(texts.as_ref(), None, leaf)?])
        }
        ([leaf], Some(DataType::List(_))) => {
            let Some(flat) = Flattened::of(parts, order) else {
                return Ok(Vec::new());
            };
            let (lists, order) = (Some(&flat.lists), flat.order.as_deref());
            let texts = Dictionary::of_texts(&flat.values, order, TEXTS_BYTES_MAX);
            if texts.is_some() {
                return Ok(vec![texts_leaf(texts.as_ref(), lists, leaf)?]);
            }
            let numbers = AnyNumbers::of(&flat.values, order);
            Ok(vec![numbers_leaf(numbers.as_ref(), lists, leaf)?])
        }
        ([names, texts], Some(DataType::Map(..))) => {
            let Some(named) = NamedTexts::of(parts, order, TEXTS_BYTES_MAX) else {
                return Ok(Vec::new());
            };
            let lists = Some(&named.lists);
            Ok(vec![
                texts_leaf(Some(&named.names), lists, names)?,
                texts_leaf(named.texts.as_ref(), lists, texts)?,
            ])
        }
        ([leaf], Some(DataType::Utf8)) => {
            let texts = Dictionary::of_texts(parts, order, TEXTS_BYTES_MAX);
            Ok(vec![texts_leaf(texts.as_ref(), None, leaf)?])
        }
        ([leaf], Some(_)) if !column.is_unlike => {
            let numbers = AnyNumbers::of(parts, order);
            Ok(vec![numbers_leaf(numbers.as_ref(), None, leaf)?])
        }
        _ => Ok(Vec::new()),
    }
}

fn texts_leaf(
    texts: Option<&Dictionary>,
    lists: Option<&Lists>,
    leaf: &ColumnDescPtr,
) -> Result<Option<Chunk>, ParquetError> {
    let of = |texts: &Dictionary| encode_leaf(texts, (&texts.numbers, lists), leaf);
    texts.map(of).transpose()
}

fn numbers_leaf(
    numbers: Option<&AnyNumbers>,
    lists: Option<&Lists>,
    leaf: &ColumnDescPtr,
) -> Result<Option<Chunk>, ParquetError> {
    let of = |numbers: &AnyNumbers| match numbers {
        AnyNumbers::Signed(all) => encode_leaf(all, (&all.numbers, lists), leaf),
        AnyNumbers::Unsigned(all) => encode_leaf(all, (&all.numbers, lists), leaf),
        AnyNumbers::Flags(all) => encode_leaf(all, (&all.numbers, lists), leaf),
    };
    numbers.map(of).transpose()
}

fn encode_leaf(
    entries: &impl Entries,
    (numbers, lists): (&[u32], Option<&Lists>),
    leaf: &ColumnDescPtr,
) -> Result<Chunk, ParquetError> {
    let values = Leaf {
        numbers,
        lists,
        whole: u32::from(leaf.max_def_level().unsigned_abs()),
    };
    let chunk = shared::write(entries, &values, (Arc::clone(leaf), level()))?;
    Ok(Chunk::Shared(chunk))
}

/// The rows in one array: pages are counted from where a write begins, so the whole group is one.
fn gathered(parts: &[ArrayRef], order: Option<&[(usize, usize)]>) -> Result<ArrayRef, ArrowError> {
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    match order {
        Some(order) => interleave(&parts, order),
        None => concat(&parts),
    }
}
