//! What an event has of one side of a comparison, as outputs print it.

use super::parts::FoundValue;
use crate::fields::{ABSENT_TEXT, value_to_text};
use crate::ir::{Term, TermKind};
use crate::template::push_computed;
use crate::{Event, FieldDef, Value};

/// The values of a term, as a text.
pub(super) fn found<E: Event + ?Sized>(term: &Term, event: &E, defs: &[FieldDef]) -> FoundValue {
    let mut text = String::new();
    let is_present = match &term.kind {
        TermKind::Field(field) | TermKind::EventType(field) => {
            match defs.get(usize::from(field.field.0)) {
                Some(def) => value_to_text(event.printed(field), def, &mut text),
                None => text.push_str(ABSENT_TEXT),
            }
            event.extract(field) != Value::Absent
        }
        _ => push_computed(term, event, &mut text),
    };
    FoundValue {
        text,
        is_absent: !is_present,
    }
}
