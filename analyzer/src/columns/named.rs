//! Texts by name, row by row.
//!
//! In: names with bytes, or with nothing where the value is not known. Out: a map array.

use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder as _, StringBuilder};
use arrow_array::{ArrayRef, MapArray, StringArray, StructArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, FieldRef, Fields};

use super::escape::{plain, write_escaped};

/// Rows of named texts in the making.
pub(super) struct Named {
    names: StringBuilder,
    values: StringBuilder,
    pairs: i32,
    /// How many pairs there are up to each row's beginning, and up to the last one's end.
    ends: Vec<i32>,
}

impl Default for Named {
    fn default() -> Self {
        Self {
            names: StringBuilder::new(),
            values: StringBuilder::new(),
            pairs: 0,
            ends: vec![0],
        }
    }
}

/// The type of the names and values; Arrow's own builder calls them so.
fn pair() -> Fields {
    [
        Field::new("keys", DataType::Utf8, false),
        Field::new("values", DataType::Utf8, true),
    ]
    .into_iter()
    .collect()
}

fn entries() -> FieldRef {
    Arc::new(Field::new("entries", DataType::Struct(pair()), false))
}

/// The Arrow type.
pub(super) fn data_type() -> DataType {
    DataType::Map(entries(), false)
}

/// The texts so far; the builder is empty after it, with room for as many.
pub(super) fn finish_texts(builder: &mut StringBuilder) -> StringArray {
    let next = StringBuilder::with_capacity(builder.len(), builder.values_slice().len());
    std::mem::replace(builder, next).finish()
}

impl Named {
    /// Adds one named text to the row that [`end_row`](Self::end_row) ends.
    pub(super) fn push(&mut self, name: &str, value: Option<&[u8]>) {
        self.names.append_value(name);
        match value.map(|bytes| (bytes, plain(bytes))) {
            Some((_, Some(text))) => self.values.append_value(text),
            Some((bytes, None)) => {
                // Writing to a builder cannot fail.
                let _ = write_escaped(bytes, &mut self.values);
                self.values.append_value("");
            }
            None => self.values.append_null(),
        }
        // A batch has far fewer than there are numbers.
        self.pairs = self.pairs.saturating_add(1);
    }

    /// Ends a row.
    pub(super) fn end_row(&mut self) {
        self.ends.push(self.pairs);
    }

    /// Bytes of text so far. Names are of a few words.
    pub(super) fn text_bytes(&self) -> usize {
        self.values.values_slice().len()
    }

    /// The rows; it is empty after it.
    pub(super) fn finish(&mut self) -> ArrayRef {
        let mut next = Vec::with_capacity(self.ends.len());
        next.push(0);
        let ends = std::mem::replace(&mut self.ends, next);
        self.pairs = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(finish_texts(&mut self.names)),
            Arc::new(finish_texts(&mut self.values)),
        ];
        let pairs = StructArray::new(pair(), columns, None);
        let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
        Arc::new(MapArray::new(entries(), ends, pairs, None, false))
    }
}
