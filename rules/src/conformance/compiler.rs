//! 263 conditions against Falco's real fields and against mock fields.

use super::reference::Reference;
use super::{Tally, open_reference};
use crate::{
    ArgumentKind, BoundField, Event, EventTypeDef, EventTypeId, FieldDef, FieldType, Filter,
    Multiplicity, Schema, Value,
};

/// The mock fields of Falco's own test.
struct Mock;

const TEXT: FieldDef = FieldDef {
    name: "c.true",
    ty: FieldType::Charbuf,
    argument: ArgumentKind::None,
    multiplicity: Multiplicity::One,
    doc: "",
};

const FIELDS: &[FieldDef] = &[
    TEXT,
    FieldDef {
        name: "c.false",
        ..TEXT
    },
    FieldDef {
        name: "c.doublequote",
        ..TEXT
    },
    FieldDef {
        name: "c.singlequote",
        ..TEXT
    },
    FieldDef {
        name: "c.buffer",
        ty: FieldType::Bytebuf,
        ..TEXT
    },
];

impl Schema for Mock {
    fn source(&self) -> &'static str {
        "mock"
    }

    fn fields(&self) -> &'static [FieldDef] {
        FIELDS
    }

    fn event_types(&self) -> &[EventTypeDef] {
        &[EventTypeDef {
            name: "mock",
            codes: 1,
            has_params: true,
        }]
    }

    fn parameter_type(&self, _: &str) -> Option<FieldType> {
        None
    }

    fn service_port(&self, _: &str) -> Option<u16> {
        None
    }
}

impl Event for Mock {
    fn event_type(&self) -> EventTypeId {
        EventTypeId(0)
    }

    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        match field.field.0 {
            0 => Value::Str(b"1"),
            1 => Value::Str(b"0"),
            2 => Value::Str(b"hello \"quoted\""),
            3 => Value::Str(b"hello 'quoted'"),
            _ => Value::Absent,
        }
    }
}

#[test]
fn conditions_compile_as_in_falco() {
    if let Some(reference) = open_reference("conditions_compile_as_in_falco") {
        tally(&reference).finish("filter_compiler");
    }
}

pub(super) fn tally(reference: &Reference) -> Tally {
    let mut tally = Tally::default();
    for case in reference.cases("conformance/filter_compiler.jsonl") {
        let filter = case["filter"].as_str().unwrap_or_default();
        let schema: &dyn Schema = if filter.contains("c.") && !filter.contains("proc.") {
            &Mock
        } else {
            reference
        };
        let compiled = Filter::compile(schema, filter);
        let difference = if case["kind"] == "run_mock" {
            let found = compiled.ok().map(|filter| filter.matches(&Mock));
            let expected = case["result"].as_bool();
            (found != expected).then(|| format!("{found:?} instead of {expected:?}"))
        } else {
            compare(&case, compiled)
        };
        tally.count(filter, difference);
    }
    tally
}

fn compare(
    case: &serde_json::Value,
    compiled: Result<Filter, Vec<crate::Diagnostic>>,
) -> Option<String> {
    match (compiled, case["expect"] == "accept") {
        (Ok(filter), true) => {
            let found: Vec<_> = filter
                .warnings()
                .iter()
                .map(|warning| warning.message.as_str())
                .collect();
            let expected: Vec<_> = case["warnings"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|text| text.as_str())
                .collect();
            (found != expected).then(|| format!("warnings {found:?} instead of {expected:?}"))
        }
        (Err(errors), true) => Some(format!("rejected: {}", errors[0].message)),
        (Ok(_), false) => Some(format!("accepted, not rejected: {}", case["error"])),
        (Err(errors), false) => {
            let expected = case["error"]
                .as_str()
                .or(case["expect_msg"].as_str())
                .unwrap_or_default();
            let same = errors
                .iter()
                .any(|error| expected.ends_with(&error.message));
            (!same).then(|| format!("{:?} instead of {expected:?}", errors[0].message))
        }
    }
}
