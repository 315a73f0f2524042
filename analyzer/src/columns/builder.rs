//! Rows into a record batch.
//!
//! In: events of a pass, one row each. Out: a batch when asked for.
//! A value that is a function of state alone is made once for each state that the rows meet; everything else row by row.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::ArrowError;
use falco_format::BootId;
use falco_rules::Event as _;

use super::groups::{Group, groups};
use super::made::{Made, fill, made};
use super::value::ValueBuilder;
use super::{Column, ColumnSource, ColumnType, TableLayout};
use crate::alert::Origin;
use crate::fields::{Known, Names};
use crate::pipeline::Seen;

/// The most rows of one batch: what query engines work on at a time.
pub const BATCH_ROWS_MAX: usize = 8_192;
/// The bytes of text after which a batch is full: hostile rows may carry kilobytes in each column.
pub const BATCH_TEXT_BYTES_MAX: usize = 16 << 20;
/// The bytes of text after which a batch is full where each row is counted with all that it shares with others: whoever spells shared text out, row by row, must find room for it.
pub const BATCH_SPELT_BYTES_MAX: usize = 256 << 20;
/// How many rows go by between two looks at the bytes of text.
const ROWS_PER_LOOK: usize = 64;

/// Collects rows of a layout.
pub struct BatchBuilder {
    layout: TableLayout,
    capture: String,
    builders: Vec<ValueBuilder>,
    /// Which columns are made.
    made: Vec<Made>,
    /// Columns whose values rows share.
    groups: Vec<Group>,
    /// The places of all others.
    own: Vec<usize>,
    rows: usize,
    /// Bytes of the text that rows share, as often as they do.
    spelt_bytes: usize,
    /// Where the last row came from.
    origin: Option<Arc<Origin>>,
    scratch: Scratch,
}

/// Kept between values so that text does not allocate for each.
#[derive(Default)]
struct Scratch {
    text: String,
    bytes: Vec<u8>,
    names: Names,
}

impl BatchBuilder {
    /// An empty batch of rows that were found in `capture`.
    #[must_use]
    pub fn new(layout: TableLayout, capture: &str) -> Self {
        let made = made(&layout);
        let groups = groups(&layout, &made);
        let is_grouped = |place: usize| groups.iter().any(|group| group.columns.contains(&place));
        let builder = |(place, column): (usize, &Column)| match column.ty {
            // The states of a group are the dictionary.
            ColumnType::SharedText if is_grouped(place) => ValueBuilder::new(ColumnType::Text),
            ty => ValueBuilder::new(ty),
        };
        let columns = layout.columns().iter().enumerate();
        Self {
            builders: columns.map(builder).collect(),
            own: (0..layout.columns().len())
                .filter(|place| !is_grouped(*place) && made.get(*place) == Some(&Made::Itself))
                .collect(),
            made,
            groups,
            layout,
            capture: capture.to_owned(),
            rows: 0,
            spelt_bytes: 0,
            origin: None,
            scratch: Scratch::default(),
        }
    }

    /// Rows so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many states they met, each counted for each group of columns that it has values for.
    #[must_use]
    pub fn states(&self) -> usize {
        self.groups.iter().map(Group::states).sum()
    }

    /// Whether the batch is as large as it may be.
    #[must_use]
    pub fn is_full(&mut self) -> bool {
        self.rows >= BATCH_ROWS_MAX
            || self.spelt_bytes >= BATCH_SPELT_BYTES_MAX
            || (self.rows.is_multiple_of(ROWS_PER_LOOK)
                && self.text_bytes() >= BATCH_TEXT_BYTES_MAX)
    }

    /// Appends an event.
    pub fn push(&mut self, seen: &Seen<'_>) {
        let columns = self.layout.columns();
        for group in &mut self.groups {
            if group.meet(seen.context) {
                let mut made = 0_usize;
                for place in &group.columns {
                    if let (Some(builder), Some(column)) =
                        (self.builders.get_mut(*place), columns.get(*place))
                    {
                        let before = builder.text_bytes();
                        push_field(builder, column, seen, &mut self.scratch);
                        made = made.saturating_add(builder.text_bytes().saturating_sub(before));
                    }
                }
                group.made(made);
            }
            self.spelt_bytes = self.spelt_bytes.saturating_add(group.last_text_bytes());
        }
        let origin = self.origin.as_ref();
        let is_new = origin.is_none_or(|known| !Arc::ptr_eq(known, seen.origin));
        if is_new {
            self.origin = Some(Arc::clone(seen.origin));
        }
        for place in &self.own {
            if let (Some(builder), Some(column)) =
                (self.builders.get_mut(*place), columns.get(*place))
            {
                match &column.source {
                    ColumnSource::Capture if is_new => builder.push_text(Some(&self.capture)),
                    ColumnSource::BootId | ColumnSource::Node | ColumnSource::Capture
                        if !is_new =>
                    {
                        builder.repeat();
                    }
                    _ => push_own(builder, column, seen, &mut self.scratch),
                }
            }
        }
        self.rows += 1;
    }

    /// The rows as a batch; the builder is empty after it.
    ///
    /// # Errors
    /// When Arrow refuses the columns, which would be a defect of this module.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> =
            self.builders.iter_mut().map(ValueBuilder::finish).collect();
        for group in &mut self.groups {
            let mut spread = group.finish();
            for place in &group.columns {
                if let (Some(values), Some(column)) =
                    (columns.get_mut(*place), self.layout.columns().get(*place))
                {
                    *values = spread.column(column.ty, Arc::clone(values))?;
                }
            }
        }
        let rows = std::mem::take(&mut self.rows);
        fill(&mut columns, &self.layout, &self.made, rows);
        self.spelt_bytes = 0;
        self.origin = None;
        // A query such as `count(*)` asks for rows without columns.
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.layout.schema(), columns, &options)
    }

    fn text_bytes(&self) -> usize {
        self.builders.iter().map(ValueBuilder::text_bytes).sum()
    }
}

/// A field's value, or its bytes.
fn push_field(builder: &mut ValueBuilder, column: &Column, seen: &Seen<'_>, scratch: &mut Scratch) {
    if let ColumnSource::Field(field, def) | ColumnSource::Bytes(field, def) = &column.source {
        let value = seen.context.known(field, seen.context.extract(field));
        builder.push(value, def, &mut scratch.text);
    }
}

/// A value of the event's own.
fn push_own(builder: &mut ValueBuilder, column: &Column, seen: &Seen<'_>, scratch: &mut Scratch) {
    match &column.source {
        ColumnSource::Field(..) | ColumnSource::Bytes(..) => {
            push_field(builder, column, seen, scratch);
        }
        ColumnSource::Arguments(..) => push_arguments(builder, seen, scratch),
        // What nobody wrote down is no time.
        ColumnSource::Time => {
            builder.push_uint(Some(seen.time.0).filter(|_| seen.time.is_known()));
        }
        ColumnSource::BootId => {
            let boot = seen.origin.boot_id.map(BootId::text);
            builder.push_text(Some(boot.as_deref().unwrap_or_default()));
        }
        ColumnSource::Node => builder.push_text(Some(&seen.origin.node)),
        ColumnSource::Cpu => builder.push_uint(Some(u64::from(seen.view.cpu()))),
        ColumnSource::Boottime => builder.push_uint(Some(seen.view.time())),
        ColumnSource::Complete => builder.push_bool(seen.is_complete()),
        ColumnSource::Segment => builder.push_uint(Some(seen.segment)),
        ColumnSource::Position => builder.push_uint(Some(seen.number)),
        // The one is known to the builder alone; tables that are declared by hand have builders of their own.
        ColumnSource::Capture | ColumnSource::Place(_) => {}
    }
}

/// The event's arguments by name, those that it has.
fn push_arguments(builder: &mut ValueBuilder, seen: &Seen<'_>, scratch: &mut Scratch) {
    let arguments = seen.context.arguments();
    let Scratch { bytes, names, .. } = scratch;
    for (place, name) in arguments.names().enumerate() {
        bytes.clear();
        match arguments.known_text(place, names, bytes) {
            Known::Value => builder.push_named(name, Some(bytes)),
            Known::Nothing => builder.push_named(name, None),
            Known::Lacking => break,
        }
    }
    builder.end_named();
}
