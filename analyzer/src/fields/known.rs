//! Values as tables hold them: nothing where nothing is known.
//!
//! In: a value as rules see it. Out: the same, or none where it is what Falco prints for what it does not know.

use falco_rules::{BoundField, Value};

use super::declare::NOT_KNOWN;
use super::schema::nature;
use super::{Basis, EventContext};

impl EventContext<'_> {
    /// A value of a field as tables hold it: what Falco prints as `<NA>` because it is not known is absent, and a program that calls itself so keeps its name.
    ///
    /// Captures of Falco's have the words themselves where it did not know, and so have descriptors whose names could not be read.
    #[inline]
    pub(crate) fn known<'e>(&'e self, field: &BoundField, value: Value<'e>) -> Value<'e> {
        match value {
            Value::Str(text) if *text == NOT_KNOWN && !self.is_name(field, text) => Value::Absent,
            Value::List(values) => self.known_of(field, values),
            _ => value,
        }
    }

    /// Whether something calls itself by the words for what is not known.
    #[cold]
    fn is_name(&self, field: &BoundField, text: &[u8]) -> bool {
        let is_file = nature(field.field).basis == Basis::Descriptor;
        let says_so = is_file || self.row.manner().writes_what_is_not_known();
        text.as_ptr() != NOT_KNOWN.as_ptr() && !says_so
    }

    fn known_of<'e>(&'e self, field: &BoundField, values: &'e [Value<'e>]) -> Value<'e> {
        let says_nothing =
            |value: &Value<'e>| matches!(value, Value::Str(text) if **text == NOT_KNOWN);
        if !values.iter().any(says_nothing) {
            return Value::List(values);
        }
        let known: Vec<Value<'e>> = values
            .iter()
            .map(|value| self.known(field, *value))
            .collect();
        self.list(&known)
    }
}
