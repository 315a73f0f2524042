//! Values as JSON, the way Falco's alerts carry them in `output_fields`.
//!
//! In: a [`Value`] and its declaration. Out: a typed JSON value; absent is `null`, several values are an array.

use serde_json::Value as Json;

use super::{FieldDef, Multiplicity, Value, value_to_text};

/// The JSON form of `value`: numbers and booleans typed, strings with unprintable characters replaced, absent as `null`.
///
/// The values of a list field are an array; those of other fields with several values are their text, as printed.
#[must_use]
pub fn value_to_json(value: Value<'_>, field: &FieldDef) -> Json {
    match value {
        Value::Absent => Json::Null,
        Value::Bool(value) => Json::Bool(value),
        Value::Int(value) => Json::from(value),
        Value::Uint(value) => Json::from(value),
        Value::Double(value) => Json::from(value),
        Value::List(values) if field.multiplicity == Multiplicity::List => values
            .iter()
            .map(|value| value_to_json(*value, field))
            .collect(),
        Value::List(_) | Value::Str(_) | Value::Bytes(_) | Value::Ip(_) => {
            let mut text = String::new();
            value_to_text(value, field, &mut text);
            Json::String(text)
        }
    }
}
