//! What can be asked of a door.

use falco_analyze::source::Source;
use falco_rules::{ArgumentKind, EventTypeDef, FieldDef, FieldType, Multiplicity, Schema};

/// The source `doors`.
pub(super) struct Doors;

const fn field(name: &'static str, ty: FieldType) -> FieldDef {
    FieldDef {
        name,
        ty,
        argument: ArgumentKind::None,
        multiplicity: Multiplicity::One,
        doc: "",
    }
}

impl Schema for Doors {
    fn source(&self) -> &'static str {
        "doors"
    }

    fn fields(&self) -> &'static [FieldDef] {
        const {
            &[
                field("evt.type", FieldType::Charbuf),
                field("door.name", FieldType::Charbuf),
                field("door.by", FieldType::Charbuf),
                field("door.inside", FieldType::Uint64),
            ]
        }
    }

    fn event_types(&self) -> &[EventTypeDef] {
        &[EventTypeDef {
            name: "opened",
            codes: 1,
            has_params: false,
        }]
    }

    fn parameter_type(&self, _: &str) -> Option<FieldType> {
        None
    }

    fn service_port(&self, _: &str) -> Option<u16> {
        None
    }
}

impl Source for Doors {
    fn evidence_keys(&self) -> &'static [&'static str] {
        &["evidence.line"]
    }
}
