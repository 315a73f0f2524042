//! Rows into a record batch.
//!
//! In: events of a pass, one row each. Out: a batch when asked for.

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::ArrowError;
use falco_format::BootId;
use falco_rules::{BoundField, Event as _, FieldArgument, FieldDef, FieldId};

use super::value::{ValueBuilder, as_text};
use super::{ColumnSource, TableLayout};
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
    /// Kept between values so that text does not allocate for each.
    text: String,
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
            text: String::new(),
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
        for (builder, column) in self.builders.iter_mut().zip(self.layout.columns()) {
            match &column.source {
                ColumnSource::Field(field, def) => {
                    builder.push(seen.context.extract(field), def, &mut self.text);
                }
                ColumnSource::Arguments(field, def) => {
                    push_arguments(builder, seen, (*field, def), &mut self.text);
                }
                ColumnSource::Time => builder.push_uint(Some(seen.time.0)),
                ColumnSource::BootId => {
                    let boot = seen.origin.boot_id.map(BootId::text);
                    builder.push_text(Some(boot.as_deref().unwrap_or_default()));
                }
                ColumnSource::Node => builder.push_text(Some(&seen.origin.node)),
                ColumnSource::Cpu => builder.push_uint(Some(u64::from(seen.view.cpu()))),
                ColumnSource::Boottime => builder.push_uint(Some(seen.view.time())),
                ColumnSource::Complete => builder.push_bool(seen.is_complete()),
                ColumnSource::Capture => builder.push_text(Some(&self.capture)),
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
        // A query such as `count(*)` asks for rows without columns.
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.layout.schema(), columns, &options)
    }

    fn text_bytes(&mut self) -> usize {
        self.builders.iter_mut().map(ValueBuilder::text_bytes).sum()
    }
}

/// The event's parameters by name, those that it has.
fn push_arguments(
    builder: &mut ValueBuilder,
    seen: &Seen<'_>,
    (field, def): (FieldId, &FieldDef),
    text: &mut String,
) {
    let params = falco_abi::event(seen.view.event()).map_or(&[][..], |event| event.params);
    for param in params {
        let argument = FieldArgument::Key(param.name.into());
        // Values by name are not cached: slots of their own would have to be as many as there are names.
        let bound = BoundField {
            field,
            argument,
            slot: u32::MAX,
        };
        if let Some(value) = as_text(seen.context.extract(&bound), def, text) {
            builder.push_named(param.name, value);
        }
    }
    builder.end_named();
}
