//! Rows into a record batch.
//!
//! In: events of a pass, one row each. Out: a batch when asked for.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::ArrowError;
use falco_format::BootId;
use falco_rules::Event as _;

use super::value::ValueBuilder;
use super::{ColumnSource, TableLayout};
use crate::alert::Origin;
use crate::fields::Known;
use crate::pipeline::Seen;

/// The most rows of one batch: what query engines work on at a time.
pub const BATCH_ROWS_MAX: usize = 8_192;
/// The bytes of text after which a batch is full: hostile rows may carry kilobytes in each column.
pub const BATCH_TEXT_BYTES_MAX: usize = 16 << 20;
/// How many rows go by between two looks at the bytes of text.
const ROWS_PER_LOOK: usize = 64;

/// Collects rows of a layout.
pub struct BatchBuilder {
    layout: TableLayout,
    capture: String,
    builders: Vec<ValueBuilder>,
    rows: usize,
    /// Where the last row came from.
    origin: Option<Arc<Origin>>,
    /// Kept between values so that text does not allocate for each.
    text: String,
    bytes: Vec<u8>,
}

impl BatchBuilder {
    /// An empty batch of rows that were found in `capture`.
    #[must_use]
    pub fn new(layout: TableLayout, capture: &str) -> Self {
        let builders = layout
            .columns()
            .iter()
            .map(|column| ValueBuilder::new(column.ty))
            .collect();
        Self {
            layout,
            capture: capture.to_owned(),
            builders,
            rows: 0,
            origin: None,
            text: String::new(),
            bytes: Vec::new(),
        }
    }

    /// Rows so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether the batch is as large as it may be.
    #[must_use]
    pub fn is_full(&mut self) -> bool {
        self.rows >= BATCH_ROWS_MAX
            || (self.rows.is_multiple_of(ROWS_PER_LOOK)
                && self.text_bytes() >= BATCH_TEXT_BYTES_MAX)
    }

    /// Appends an event.
    pub fn push(&mut self, seen: &Seen<'_>) {
        let is_new = self
            .origin
            .as_ref()
            .is_none_or(|known| !Arc::ptr_eq(known, seen.origin));
        if is_new {
            self.origin = Some(Arc::clone(seen.origin));
        }
        for (builder, column) in self.builders.iter_mut().zip(self.layout.columns()) {
            match &column.source {
                ColumnSource::Field(field, def) | ColumnSource::Bytes(field, def) => {
                    let value = seen.context.known(field, seen.context.extract(field));
                    builder.push(value, def, &mut self.text);
                }
                ColumnSource::Arguments(..) => push_arguments(builder, seen, &mut self.bytes),
                ColumnSource::Time => builder.push_uint(Some(seen.time.0)),
                ColumnSource::BootId if is_new => {
                    let boot = seen.origin.boot_id.map(BootId::text);
                    builder.push_text(Some(boot.as_deref().unwrap_or_default()));
                }
                ColumnSource::Node if is_new => builder.push_text(Some(&seen.origin.node)),
                ColumnSource::Capture if is_new => builder.push_text(Some(&self.capture)),
                ColumnSource::BootId | ColumnSource::Node | ColumnSource::Capture => {
                    builder.repeat();
                }
                ColumnSource::Cpu => builder.push_uint(Some(u64::from(seen.view.cpu()))),
                ColumnSource::Boottime => builder.push_uint(Some(seen.view.time())),
                ColumnSource::Complete => builder.push_bool(seen.is_complete()),
                ColumnSource::Segment => builder.push_uint(Some(seen.segment)),
                ColumnSource::Position => builder.push_uint(Some(seen.number)),
                // Tables that are declared by hand have builders of their own.
                ColumnSource::Place(_) => {}
            }
        }
        self.rows += 1;
    }

    /// The rows as a batch; the builder is empty after it.
    ///
    /// # Errors
    /// When Arrow refuses the columns, which would be a defect of this module.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let columns: Vec<ArrayRef> = self.builders.iter_mut().map(ValueBuilder::finish).collect();
        let rows = std::mem::take(&mut self.rows);
        self.origin = None;
        // A query such as `count(*)` asks for rows without columns.
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.layout.schema(), columns, &options)
    }

    fn text_bytes(&mut self) -> usize {
        self.builders.iter_mut().map(ValueBuilder::text_bytes).sum()
    }
}

/// The event's arguments by name, those that it has.
fn push_arguments(builder: &mut ValueBuilder, seen: &Seen<'_>, bytes: &mut Vec<u8>) {
    let arguments = seen.context.arguments();
    for (place, name) in arguments.names().enumerate() {
        bytes.clear();
        match arguments.known_text(place, bytes) {
            Known::Value => builder.push_named(name, Some(bytes)),
            Known::Nothing => builder.push_named(name, None),
            Known::Lacking => break,
        }
    }
    builder.end_named();
}
