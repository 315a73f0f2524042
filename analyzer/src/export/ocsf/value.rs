//! Values of attributes, and how they are made of what is known.
//!
//! In: texts and numbers, where there are any. Out: values.

/// Nanoseconds of a millisecond, in which the schema counts time.
const NANOS_PER_MILLI: i64 = 1_000_000;

/// The type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    Int,
    Text,
    Bool,
    Texts,
}

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bool(bool),
    Texts(Vec<String>),
}

pub(super) fn text(text: Option<impl Into<String>>) -> Value {
    text.map_or(Value::Null, |text| Value::Text(text.into()))
}

pub(super) fn int(number: Option<i64>) -> Value {
    number.map_or(Value::Null, Value::Int)
}

pub(super) fn word(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A point in time as the schema has it.
pub(super) fn milliseconds(nanos: Option<i64>) -> Value {
    int(nanos.map(|nanos| nanos / NANOS_PER_MILLI))
}
