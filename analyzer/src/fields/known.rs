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
    pub(crate) fn known<'e>(&'e self, field: &BoundField, value: Value<'e>) -> Value<'e> {
        let is_file = || nature(field.field).basis == Basis::Descriptor;
        let says_so = || self.row.manner().writes_what_is_not_known() || is_file();
        let is_known = |value: &Value<'e>| match value {
            Value::Str(text) if text.as_ptr() == NOT_KNOWN.as_ptr() => false,
            Value::Str(text) => **text != NOT_KNOWN || !says_so(),
            _ => true,
        };
        match value {
            Value::Str(_) if !is_known(&value) => Value::Absent,
            Value::List(values) if !values.iter().all(is_known) => {
                let known = |value: &Value<'e>| {
                    if is_known(value) {
                        *value
                    } else {
                        Value::Absent
                    }
                };
                let known: Vec<Value<'e>> = values.iter().map(known).collect();
                self.list(&known)
            }
            _ => value,
        }
    }
}
