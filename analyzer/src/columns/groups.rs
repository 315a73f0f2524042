//! Columns whose values are functions of the same state: made once for each state that the rows of a batch meet.
//!
//! In: events, one row each. Out: for each row the number of the state that it met, and whether that is met for the first time; at the end the columns, spread over the rows.
//! How columns are grouped follows from the declarations of their fields: by what a value is a function of, and then by the parts of state that it reads.
//! Nothing is kept from one batch to the next, so that batches do not depend on how the stream is cut.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{Array as _, ArrayRef, DictionaryArray, Int32Array};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::ArrowError;
use arrow_select::take::take;
use hashbrown::HashMap;

use super::made::Made;
use super::{Column, ColumnSource, ColumnType, TableLayout};
use crate::fields::{Basis, EventContext, nature};
use crate::state::facets::Facets;
use crate::state::{Fd, State};

/// Columns whose values are functions of the same state.
pub(super) struct Group {
    basis: Basis,
    /// What their fields read of the counted parts of state.
    reads: Facets,
    /// Their places in the layout.
    pub(super) columns: Vec<usize>,
    /// The key of the last row, and that of the next one.
    key: Vec<u64>,
    next: Vec<u64>,
    states: HashMap<Box<[u64]>, usize>,
    /// Bytes of text of each state's values.
    sizes: Vec<usize>,
    /// For each row the number of its state.
    rows: Vec<i32>,
    /// What keys name by where it lies.
    files: Vec<Arc<Fd>>,
}

/// What a column's value is a function of; none where it is the event's own.
fn basis_of(column: &Column) -> Option<(Basis, Facets)> {
    let (ColumnSource::Field(field, _) | ColumnSource::Bytes(field, _)) = &column.source else {
        return None;
    };
    let nature = nature(field.field);
    let reads = match nature.basis {
        Basis::Event | Basis::Word => return None,
        // What stands behind a descriptor was found when that was opened.
        Basis::Descriptor => Facets::NONE,
        _ => nature.reads.common(State::COUNTED),
    };
    Some((nature.basis, reads))
}

/// What a value's basis has in common with that of others: a thread's own facts are facts of it and its leader too, and so on up to all ancestors. One that is a function of less shares the states of the one that is a function of most: they are hardly more, and each row is looked up once.
fn is_chain(basis: Basis) -> bool {
    matches!(
        basis,
        Basis::Thread | Basis::Process | Basis::Parent | Basis::Lineage
    )
}

/// The groups of a layout's columns.
pub(super) fn groups(layout: &TableLayout, of: &[Made]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for ((place, column), made) in layout.columns().iter().enumerate().zip(of) {
        let Some((basis, reads)) = basis_of(column).filter(|_| *made == Made::Itself) else {
            continue;
        };
        // Directories change far more often than what else is counted: columns that do not read them do not share their changes.
        let moves = |reads: Facets| reads.meets(Facets::DIRECTORIES);
        let is_alike = |group: &&mut Group| {
            let is_same = group.basis == basis || is_chain(group.basis) && is_chain(basis);
            is_same && moves(group.reads) == moves(reads)
        };
        match groups.iter_mut().find(is_alike) {
            Some(group) => {
                group.columns.push(place);
                group.reads = group.reads.and(reads);
                // Bases are in the order of what they are functions of.
                group.basis = group.basis.max(basis);
            }
            None => groups.push(Group {
                basis,
                reads,
                columns: vec![place],
                key: Vec::new(),
                next: Vec::new(),
                states: HashMap::new(),
                sizes: Vec::new(),
                rows: Vec::new(),
                files: Vec::new(),
            }),
        }
    }
    groups
}

impl Group {
    /// Takes the row of an event. Whether its state is met for the first time, so that its values are still to be made.
    pub(super) fn meet(&mut self, event: &EventContext<'_>) -> bool {
        let has_key = event.key_of(self.basis, self.reads, &mut self.next);
        if has_key && self.next == self.key && !self.key.is_empty() {
            let last = self.rows.last().copied().unwrap_or_default();
            self.rows.push(last);
            return false;
        }
        let known = self.states.get(&self.next[..]).filter(|_| has_key);
        let state = known.copied().unwrap_or(self.sizes.len());
        self.rows.push(i32::try_from(state).unwrap_or(i32::MAX));
        let is_new = known.is_none();
        if has_key {
            std::mem::swap(&mut self.key, &mut self.next);
            if is_new {
                self.states.insert(self.key.as_slice().into(), state);
                self.files.extend(
                    event
                        .file()
                        .filter(|_| self.basis == Basis::Descriptor)
                        .cloned(),
                );
            }
        } else {
            self.key.clear();
        }
        is_new
    }

    /// Notes how much text the values of a new state are.
    pub(super) fn made(&mut self, text_bytes: usize) {
        self.sizes.push(text_bytes);
    }

    /// Bytes of text of the last row, were each of its values spelt out.
    pub(super) fn last_text_bytes(&self) -> usize {
        let state = self
            .rows
            .last()
            .and_then(|state| usize::try_from(*state).ok());
        state
            .and_then(|state| self.sizes.get(state))
            .copied()
            .unwrap_or_default()
    }

    /// How many states were met.
    pub(super) fn states(&self) -> usize {
        self.sizes.len()
    }

    /// Ends the batch.
    pub(super) fn finish(&mut self) -> Spread {
        self.key.clear();
        self.states.clear();
        self.sizes.clear();
        self.files.clear();
        let next = Vec::with_capacity(self.rows.len());
        Spread {
            rows: ScalarBuffer::from(std::mem::replace(&mut self.rows, next)),
            masks: Vec::new(),
        }
    }
}

/// The states that the rows of a batch met.
pub(super) struct Spread {
    rows: ScalarBuffer<i32>,
    /// Rows with those left out whose state has no value: columns often have the same.
    masks: Vec<(NullBuffer, Int32Array)>,
}

impl Spread {
    /// A column over the rows, of its values for each state.
    pub(super) fn column(
        &mut self,
        ty: ColumnType,
        values: ArrayRef,
    ) -> Result<ArrayRef, ArrowError> {
        let nulls = values
            .nulls()
            .filter(|nulls| nulls.null_count() > 0)
            .cloned();
        if ty != ColumnType::SharedText {
            return take(&values, &Int32Array::new(self.rows.clone(), None), None);
        }
        let keys = match nulls {
            None => Int32Array::new(self.rows.clone(), None),
            Some(nulls) => self.masked(nulls),
        };
        // Where a value is missing its key is: readers look at keys alone.
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(
            keys, values,
        )?))
    }

    fn masked(&mut self, nulls: NullBuffer) -> Int32Array {
        let known = self.masks.iter().find(|(known, _)| *known == nulls);
        if let Some((_, rows)) = known {
            return rows.clone();
        }
        let is_there = |row: usize| {
            let state = self
                .rows
                .get(row)
                .and_then(|state| usize::try_from(*state).ok());
            state.is_some_and(|state| state < nulls.len() && nulls.is_valid(state))
        };
        let mask = BooleanBuffer::collect_bool(self.rows.len(), is_there);
        let rows = Int32Array::new(self.rows.clone(), Some(NullBuffer::new(mask)));
        self.masks.push((nulls, rows.clone()));
        rows
    }
}
