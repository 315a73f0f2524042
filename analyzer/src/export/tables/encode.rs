//! Columns of a row group, encoded by several threads.
//!
//! In: the rows of a row group, a writer for each leaf of each column. Out: the encoded columns, in order.
//! A column is encoded by one thread from its first row to its last, so its bytes are the same for any number of threads.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::thread;

use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, FieldRef};
use arrow_select::concat::concat;
use arrow_select::interleave::interleave;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::errors::ParquetError;

/// A column of a row group.
pub(super) struct Work {
    pub(super) field: FieldRef,
    /// Its rows, in parts.
    pub(super) parts: Vec<ArrayRef>,
    /// One for each of its leaves.
    pub(super) writers: Vec<ArrowColumnWriter>,
}

type Done = Result<Vec<ArrowColumnChunk>, ParquetError>;

/// Encodes columns, with their rows in the order given.
///
/// # Errors
/// When Arrow or Parquet refuse a column, which would be a defect of this program.
pub(super) fn encode(
    columns: Vec<Work>,
    order: Option<&[(usize, usize)]>,
    threads: NonZeroUsize,
) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
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
    let array = gathered(&column.parts, order)?;
    // What was gathered is all that is still needed.
    drop(column.parts);
    let mut writers = column.writers;
    for (leaf, writer) in compute_leaves(&column.field, &array)?
        .iter()
        .zip(&mut writers)
    {
        writer.write(leaf)?;
    }
    writers.into_iter().map(ArrowColumnWriter::close).collect()
}

/// The rows in one array: pages are counted from where a write begins, so the whole group is one.
fn gathered(parts: &[ArrayRef], order: Option<&[(usize, usize)]>) -> Result<ArrayRef, ArrowError> {
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    match order {
        Some(order) => interleave(&parts, order),
        None => concat(&parts),
    }
}
