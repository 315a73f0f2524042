//! Values into arrays: one builder per column.
//!
//! In: values as fields give them. Out: an Arrow array.
//! A value that does not fit its column's type becomes NULL, as an absent one does: a column never changes its type for one event.
//! Text is what Falco's field holds, byte for byte, in the one form of [`escape`](super::escape): nothing is replaced and nothing is cut, and whoever prints to a terminal cleans.

use std::net::IpAddr;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{
    ArrayBuilder as _, BinaryBuilder, BooleanBuilder, DurationNanosecondBuilder, Float64Builder,
    Int64Builder, ListBuilder, PrimitiveBuilder, StringBuilder, TimestampNanosecondBuilder,
    UInt64Builder,
};
use arrow_array::types::ArrowPrimitiveType;
use arrow_schema::{DataType, Field, TimeUnit};
use falco_rules::{FieldDef, Value, value_to_text};

use super::escape::{plain, push_escaped};
use super::named::{self, Named, finish_texts};
use super::words::Words;

/// The zone of every point in time.
const ZONE: &str = "UTC";

/// What the values of a column are.
///
/// Integers are 64 bits wide whatever the field's own width: queries then compare and join them without casts, and Parquet stores small ones small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// True or false.
    Bool,
    /// A signed number.
    Int,
    /// An unsigned number.
    Uint,
    /// A floating point number.
    Double,
    /// A point in time, nanoseconds since the epoch, UTC.
    Time,
    /// A length of time in nanoseconds.
    Duration,
    /// Text.
    Text,
    /// Text that many rows share: a dictionary, whose entries may repeat each other. Files and other readers see plain text.
    SharedText,
    /// Bytes.
    Bytes,
    /// Several texts.
    Texts,
    /// Several numbers. Those of fields are ports and ids, which fit; queries compare lists of signed numbers with constants.
    Ints,
    /// Texts by name.
    Named,
}

impl ColumnType {
    /// The Arrow type.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int => DataType::Int64,
            Self::Uint => DataType::UInt64,
            Self::Double => DataType::Float64,
            Self::Time => DataType::Timestamp(TimeUnit::Nanosecond, Some(ZONE.into())),
            Self::Duration => DataType::Duration(TimeUnit::Nanosecond),
            Self::Text => DataType::Utf8,
            Self::SharedText => shared_text(),
            Self::Bytes => DataType::Binary,
            Self::Texts => list_of(DataType::Utf8),
            Self::Ints => list_of(DataType::Int64),
            Self::Named => named::data_type(),
        }
    }

    /// The type of a list of such values; lists of what has none are lists of text.
    pub(super) fn listed(self) -> Self {
        match self {
            Self::Int | Self::Uint => Self::Ints,
            _ => Self::Texts,
        }
    }
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

fn shared_text() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Collects the values of one column.
pub(super) enum ValueBuilder {
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Uint(UInt64Builder),
    Double(Float64Builder),
    Time(TimestampNanosecondBuilder),
    Duration(DurationNanosecondBuilder),
    Text(StringBuilder),
    Shared(Box<Words>),
    Bytes(BinaryBuilder),
    Texts(ListBuilder<StringBuilder>),
    Ints(ListBuilder<Int64Builder>),
    Named(Named),
}

impl ValueBuilder {
    pub(super) fn new(ty: ColumnType) -> Self {
        match ty {
            ColumnType::Bool => Self::Bool(BooleanBuilder::new()),
            ColumnType::Int => Self::Int(Int64Builder::new()),
            ColumnType::Uint => Self::Uint(UInt64Builder::new()),
            ColumnType::Double => Self::Double(Float64Builder::new()),
            ColumnType::Time => Self::Time(TimestampNanosecondBuilder::new().with_timezone(ZONE)),
            ColumnType::Duration => Self::Duration(DurationNanosecondBuilder::new()),
            ColumnType::Text => Self::Text(StringBuilder::new()),
            ColumnType::SharedText => Self::Shared(Box::default()),
            ColumnType::Bytes => Self::Bytes(BinaryBuilder::new()),
            ColumnType::Texts => Self::Texts(ListBuilder::new(StringBuilder::new())),
            ColumnType::Ints => Self::Ints(ListBuilder::new(Int64Builder::new())),
            ColumnType::Named => Self::Named(Named::default()),
        }
    }

    /// Appends the value of a field. `text` is scratch, kept between values so that text does not allocate for each.
    pub(super) fn push(&mut self, value: Value<'_>, def: &FieldDef, text: &mut String) {
        match self {
            Self::Bool(builder) => builder.append_option(match value {
                Value::Bool(value) => Some(value),
                _ => None,
            }),
            Self::Int(builder) => builder.append_option(as_int(value)),
            Self::Uint(builder) => builder.append_option(as_uint(value)),
            Self::Time(_) => self.push_uint(as_uint(value)),
            // A duration may be negative, as clocks may run backwards.
            Self::Duration(builder) => builder.append_option(as_int(value)),
            Self::Double(builder) => builder.append_option(match value {
                Value::Double(value) => Some(value),
                _ => None,
            }),
            Self::Text(builder) => builder.append_option(as_text(value, def, text)),
            Self::Shared(words) => push_word(words, value, def, text),
            Self::Bytes(builder) => push_bytes(builder, value, def, text),
            Self::Texts(_) | Self::Ints(_) => self.push_list(value, def, text),
            // Named texts have more than one source and come through `push_named`.
            Self::Named(_) => {}
        }
    }

    fn push_list(&mut self, value: Value<'_>, def: &FieldDef, text: &mut String) {
        let single = [value];
        let values = match value {
            Value::List(values) => values,
            _ => single.as_slice(),
        };
        let is_there = value != Value::Absent;
        let values = if is_there { values } else { &[] };
        match self {
            Self::Texts(builder) => {
                for value in values {
                    builder.values().append_option(as_text(*value, def, text));
                }
                builder.append(is_there);
            }
            Self::Ints(builder) => {
                values
                    .iter()
                    .for_each(|value| builder.values().append_option(as_int(*value)));
                builder.append(is_there);
            }
            _ => {}
        }
    }

    pub(super) fn push_uint(&mut self, value: Option<u64>) {
        match self {
            Self::Uint(builder) => builder.append_option(value),
            Self::Duration(builder) => {
                builder.append_option(value.and_then(|value| i64::try_from(value).ok()));
            }
            // Times beyond the year 2262 do not fit Arrow's nanoseconds; they are NULL.
            Self::Time(builder) => {
                builder.append_option(value.and_then(|value| i64::try_from(value).ok()))
            }
            _ => {}
        }
    }

    pub(super) fn push_text(&mut self, value: Option<&str>) {
        match self {
            Self::Text(builder) => builder.append_option(value),
            Self::Shared(words) => words.push(value.map(str::as_bytes)),
            _ => {}
        }
    }

    /// Adds a row that is like the one before, where texts are shared.
    pub(super) fn repeat(&mut self) {
        if let Self::Shared(words) = self {
            words.repeat();
        }
    }

    pub(super) fn push_bool(&mut self, value: bool) {
        if let Self::Bool(builder) = self {
            builder.append_value(value);
        }
    }

    /// Adds one named text to the row that [`end_named`](Self::end_named) ends.
    pub(super) fn push_named(&mut self, name: &str, value: Option<&[u8]>) {
        if let Self::Named(named) = self {
            named.push(name, value);
        }
    }

    /// Ends a row of named texts.
    pub(super) fn end_named(&mut self) {
        if let Self::Named(named) = self {
            named.end_row();
        }
    }

    /// The rows; it is empty after it, with room for as many.
    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Bool(builder) => {
                let next = BooleanBuilder::with_capacity(builder.len());
                Arc::new(std::mem::replace(builder, next).finish())
            }
            Self::Int(builder) => finish_numbers(builder),
            Self::Uint(builder) => finish_numbers(builder),
            Self::Double(builder) => finish_numbers(builder),
            Self::Time(builder) => {
                let next = TimestampNanosecondBuilder::with_capacity(builder.len());
                Arc::new(std::mem::replace(builder, next.with_timezone(ZONE)).finish())
            }
            Self::Duration(builder) => finish_numbers(builder),
            Self::Text(builder) => Arc::new(finish_texts(builder)),
            Self::Shared(words) => Arc::new(words.finish()),
            Self::Bytes(builder) => {
                let bytes = builder.values_slice().len();
                let next = BinaryBuilder::with_capacity(builder.len(), bytes);
                Arc::new(std::mem::replace(builder, next).finish())
            }
            Self::Texts(builder) => Arc::new(builder.finish()),
            Self::Ints(builder) => Arc::new(builder.finish()),
            Self::Named(named) => named.finish(),
        }
    }

    /// Bytes of text so far: what may grow without bound within a bounded number of rows.
    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::Text(builder) => builder.values_slice().len(),
            Self::Shared(words) => words.text_bytes(),
            Self::Bytes(builder) => builder.values_slice().len(),
            Self::Texts(builder) => builder.values_ref().values_slice().len(),
            Self::Named(named) => named.text_bytes(),
            _ => 0,
        }
    }
}

/// Batches follow each other and are of one size: what the last one took, the next one has from its beginning, and is not moved while it grows.
fn finish_numbers<T: ArrowPrimitiveType>(builder: &mut PrimitiveBuilder<T>) -> ArrayRef {
    let next = PrimitiveBuilder::with_capacity(builder.len());
    Arc::new(std::mem::replace(builder, next).finish())
}

fn as_int(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Int(value) => Some(value),
        Value::Uint(value) => i64::try_from(value).ok(),
        _ => None,
    }
}

fn as_uint(value: Value<'_>) -> Option<u64> {
    match value {
        Value::Uint(value) => Some(value),
        Value::Int(value) => u64::try_from(value).ok(),
        _ => None,
    }
}

fn push_word(words: &mut Words, value: Value<'_>, def: &FieldDef, text: &mut String) {
    match value {
        Value::Str(bytes) => words.push(Some(bytes)),
        _ => words.push(as_text(value, def, text).map(str::as_bytes)),
    }
}

/// The bytes behind a text; of an address those of the address.
fn push_bytes(builder: &mut BinaryBuilder, value: Value<'_>, def: &FieldDef, text: &mut String) {
    match value {
        Value::Bytes(bytes) | Value::Str(bytes) => builder.append_value(bytes),
        Value::Ip(IpAddr::V4(address)) => builder.append_value(address.octets()),
        Value::Ip(IpAddr::V6(address)) => builder.append_value(address.octets()),
        _ => builder.append_option(as_text(value, def, text)),
    }
}

/// The value as text; `None` where there is none.
pub(super) fn as_text<'t>(
    value: Value<'t>,
    def: &FieldDef,
    text: &'t mut String,
) -> Option<&'t str> {
    text.clear();
    match value {
        Value::Absent => return None,
        Value::Str(bytes) => match plain(bytes) {
            Some(text) => return Some(text),
            None => push_escaped(bytes, text),
        },
        other => value_to_text(other, def, text),
    }
    Some(text)
}
