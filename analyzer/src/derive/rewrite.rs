//! Who decides of each row what becomes of it.

use std::sync::Arc;

use falco_abi::ParamStatus;
use falco_format::{DerivationStep, EventView, RawParam, RowMeta, Schema, SegmentHeader};

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays as it is.
    Keep,
    /// An event stays for the state alone: readers apply it and show it to nobody. A row of a snapshot stays as it is.
    ForState,
    /// It is left out.
    Drop,
    /// Another one of the same event stands in its place.
    Change(ChangedRow),
}

/// A row that owns its values, to be written in the place of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedRow {
    /// Time, CPU, thread and number: those of the row that it stands for, unless they are what is changed.
    pub meta: RowMeta,
    /// Its parameters, in order: those of the event, with what became of each.
    pub params: Vec<(ParamStatus, Vec<u8>)>,
}

impl ChangedRow {
    /// The row as it is, to be changed.
    #[must_use]
    pub fn of(view: &EventView<'_>) -> ChangedRow {
        let params = (0..view.params()).map(|index| view.param(index));
        ChangedRow {
            meta: view.meta(),
            params: params
                .map(|param| (param.status, param.bytes.to_vec()))
                .collect(),
        }
    }

    pub(super) fn params(&self) -> impl Iterator<Item = RawParam<'_>> {
        self.params.iter().map(|(status, bytes)| RawParam {
            status: *status,
            bytes,
        })
    }
}

/// Decides of every row of a capture. Rows come in stream order.
pub trait Rewriter {
    /// May change what a segment says of itself: its node, when it was begun. Its number and chain are the writer's.
    fn header(&mut self, _header: &mut SegmentHeader) {}

    /// May change names in the table of the rows that follow; its ids and types are the rows' and stay.
    fn schema(&mut self, schema: &Arc<Schema>) -> Arc<Schema> {
        Arc::clone(schema)
    }

    /// May change what is said of an earlier step: its arguments hold names and conditions as they were typed.
    fn step(&mut self, _step: &mut DerivationStep) {}

    /// May change the name of a directory below a root, that of a boot's segments.
    fn place(&mut self, _directory: &mut String) {}

    /// Decides of an event. `row` counts all rows of events that were read, from 0, also those of types that nobody knows.
    fn event(&mut self, view: &EventView<'_>, row: u64) -> Fate;

    /// Decides of a row of a snapshot that stands behind so many rows of events.
    fn entry(&mut self, view: &EventView<'_>, rows: u64) -> Fate;

    /// May change the words of a note about damage, and the name of the file that it is in.
    fn note(&mut self, _words: &mut String, _file: &mut String) {}
}
