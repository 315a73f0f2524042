//! No condition may make the parser, the checker or the evaluation panic.

#![no_main]

#[path = "../../tests/schema/mod.rs"]
mod schema;

use falco_rules::{BoundField, Event, EventTypeId, Filter, Template, Value};
use libfuzzer_sys::fuzz_target;

struct Fixed;

impl Event for Fixed {
    fn event_type(&self) -> EventTypeId {
        EventTypeId(0)
    }

    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        match field.slot % 4 {
            0 => Value::Str(b"/etc/passwd\0x"),
            1 => Value::Int(-1),
            2 => Value::List(&[Value::Str(b""), Value::Str(b"bash")]),
            _ => Value::Absent,
        }
    }
}

fuzz_target!(|text: &str| {
    if let Ok(filter) = Filter::compile(&schema::TestSchema, text) {
        let _ = filter.matches(&Fixed);
    }
    if let Ok(template) = Template::compile(&schema::TestSchema, text) {
        let mut line = String::new();
        template.render(&Fixed, &mut line);
        let _ = template.render_complete(&Fixed, &mut line);
    }
});
