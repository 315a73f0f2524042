//! Rows of small tables into batches.
//!
//! In: columns that are declared, and cells. Out: batches of a bounded number of rows.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Int64Builder, ListBuilder, MapBuilder, RecordBatch, StringBuilder,
    TimestampNanosecondBuilder, UInt64Builder,
};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use falco_analyze::columns::{ColumnType, escaped};
use falco_format::UnixNanos;

const ZONE: &str = "UTC";

/// A column: its name and its type.
pub(super) type Column = (&'static str, ColumnType);

/// A value.
pub(super) enum Cell {
    Null,
    Text(String),
    Int(i64),
    Uint(u64),
    Bool(bool),
    Time(UnixNanos),
    Texts(Vec<String>),
    Ints(Vec<i64>),
    Named(Vec<(String, Option<String>)>),
}

impl Cell {
    /// Bytes as text, in the one form that all tables have.
    pub(super) fn text(bytes: &[u8]) -> Cell {
        Cell::Text(text(bytes))
    }

    pub(super) fn optional(bytes: Option<&[u8]>) -> Cell {
        bytes.map_or(Cell::Null, Cell::text)
    }

    pub(super) fn word(word: Option<&str>) -> Cell {
        word.map_or(Cell::Null, |word| Cell::Text(word.to_owned()))
    }

    pub(super) fn uint(value: Option<impl Into<u64>>) -> Cell {
        value.map_or(Cell::Null, |value| Cell::Uint(value.into()))
    }

    pub(super) fn int(value: Option<i64>) -> Cell {
        value.map_or(Cell::Null, Cell::Int)
    }

    pub(super) fn time(value: Option<UnixNanos>) -> Cell {
        value.map_or(Cell::Null, Cell::Time)
    }
}

/// Bytes as the text of a column.
pub(super) fn text(bytes: &[u8]) -> String {
    escaped(bytes)
}

/// The schema of some columns.
pub(super) fn schema(columns: &[Column]) -> SchemaRef {
    let fields = columns
        .iter()
        .map(|(name, ty)| Field::new(*name, ty.data_type(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

enum Builder {
    Text(StringBuilder),
    Int(Int64Builder),
    Uint(UInt64Builder),
    Bool(BooleanBuilder),
    Time(TimestampNanosecondBuilder),
    Texts(ListBuilder<StringBuilder>),
    Ints(ListBuilder<Int64Builder>),
    Named(MapBuilder<StringBuilder, StringBuilder>),
}

impl Builder {
    fn new(ty: ColumnType) -> Self {
        match ty {
            ColumnType::Int => Self::Int(Int64Builder::new()),
            ColumnType::Uint => Self::Uint(UInt64Builder::new()),
            ColumnType::Bool => Self::Bool(BooleanBuilder::new()),
            ColumnType::Time => Self::Time(TimestampNanosecondBuilder::new().with_timezone(ZONE)),
            ColumnType::Texts => Self::Texts(ListBuilder::new(StringBuilder::new())),
            ColumnType::Ints => Self::Ints(ListBuilder::new(Int64Builder::new())),
            ColumnType::Named => Self::Named(MapBuilder::new(
                None,
                StringBuilder::new(),
                StringBuilder::new(),
            )),
            _ => Self::Text(StringBuilder::new()),
        }
    }

    /// A cell of another type than its column is NULL.
    fn push(&mut self, cell: Cell) -> Result<(), ArrowError> {
        match (self, cell) {
            (Self::Text(builder), Cell::Text(value)) => builder.append_value(value),
            (Self::Text(builder), _) => builder.append_null(),
            (Self::Int(builder), Cell::Int(value)) => builder.append_value(value),
            (Self::Int(builder), _) => builder.append_null(),
            (Self::Uint(builder), Cell::Uint(value)) => builder.append_value(value),
            (Self::Uint(builder), _) => builder.append_null(),
            (Self::Bool(builder), Cell::Bool(value)) => builder.append_value(value),
            (Self::Bool(builder), _) => builder.append_null(),
            (Self::Time(builder), Cell::Time(value)) => {
                builder.append_option(i64::try_from(value.0).ok());
            }
            (Self::Time(builder), _) => builder.append_null(),
            (Self::Texts(builder), Cell::Texts(values)) => {
                builder.append_value(values.into_iter().map(Some));
            }
            (Self::Texts(builder), _) => builder.append_null(),
            (Self::Ints(builder), Cell::Ints(values)) => {
                builder.append_value(values.into_iter().map(Some));
            }
            (Self::Ints(builder), _) => builder.append_null(),
            (Self::Named(builder), Cell::Named(values)) => {
                for (name, value) in values {
                    builder.keys().append_value(name);
                    builder.values().append_option(value);
                }
                builder.append(true)?;
            }
            (Self::Named(builder), _) => builder.append(false)?,
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Int(builder) => Arc::new(builder.finish()),
            Self::Uint(builder) => Arc::new(builder.finish()),
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Texts(builder) => Arc::new(builder.finish()),
            Self::Ints(builder) => Arc::new(builder.finish()),
            Self::Named(builder) => Arc::new(builder.finish()),
        }
    }
}

/// Collects rows.
pub(super) struct Rows {
    schema: SchemaRef,
    builders: Vec<Builder>,
    rows: usize,
}

impl Rows {
    pub(super) fn new(columns: &[Column]) -> Self {
        Rows {
            schema: schema(columns),
            builders: columns.iter().map(|(_, ty)| Builder::new(*ty)).collect(),
            rows: 0,
        }
    }

    /// Appends a row; its cells are those of the columns, in order.
    pub(super) fn push(&mut self, cells: Vec<Cell>) -> Result<(), ArrowError> {
        debug_assert_eq!(cells.len(), self.builders.len(), "a cell for each column");
        for (builder, cell) in self.builders.iter_mut().zip(cells) {
            builder.push(cell)?;
        }
        self.rows = self.rows.saturating_add(1);
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// What was collected since the last time.
    pub(super) fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}
