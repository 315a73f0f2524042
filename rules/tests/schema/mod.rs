//! A small schema for tests from outside the crate.

use falco_rules::{
    ArgumentKind, EventTypeDef, EventTypeId, FieldArgument, FieldDef, FieldId, FieldType,
    ImpossibleText, Multiplicity, Schema,
};

/// A few of Falco's fields and events.
pub(crate) struct TestSchema;

const TEXT: FieldDef = FieldDef {
    name: "proc.name",
    ty: FieldType::Charbuf,
    argument: ArgumentKind::None,
    multiplicity: Multiplicity::One,
    doc: "",
};

const FIELDS: &[FieldDef] = &[
    TEXT,
    FieldDef {
        name: "proc.pname",
        ..TEXT
    },
    FieldDef {
        name: "proc.cmdline",
        ..TEXT
    },
    FieldDef {
        name: "fd.name",
        ..TEXT
    },
    FieldDef {
        name: "fd.num",
        ty: FieldType::Int64,
        ..TEXT
    },
    FieldDef {
        name: "fd.sport",
        ty: FieldType::Port,
        ..TEXT
    },
    FieldDef {
        name: "user.uid",
        ty: FieldType::Uint32,
        ..TEXT
    },
    FieldDef {
        name: "evt.type",
        ..TEXT
    },
    FieldDef {
        name: "evt.dir",
        ..TEXT
    },
    FieldDef {
        name: "evt.arg",
        argument: ArgumentKind::EventParameter,
        ..TEXT
    },
    FieldDef {
        name: "container.id",
        ..TEXT
    },
    FieldDef {
        name: "container.image.repository",
        ..TEXT
    },
    FieldDef {
        name: "container.healthcheck",
        ..TEXT
    },
];

impl Schema for TestSchema {
    fn source(&self) -> &'static str {
        "syscall"
    }

    fn fields(&self) -> &'static [FieldDef] {
        FIELDS
    }

    fn event_types(&self) -> &[EventTypeDef] {
        &[
            EventTypeDef {
                name: "open",
                codes: 2,
                has_params: true,
            },
            EventTypeDef {
                name: "execve",
                codes: 16,
                has_params: true,
            },
            EventTypeDef {
                name: "connect",
                codes: 2,
                has_params: true,
            },
            EventTypeDef {
                name: "accept",
                codes: 2,
                has_params: true,
            },
            EventTypeDef {
                name: "accept4",
                codes: 2,
                has_params: true,
            },
            EventTypeDef {
                name: "others",
                codes: 300,
                has_params: true,
            },
        ]
    }

    fn parameter_type(&self, name: &str) -> Option<FieldType> {
        matches!(name, "flags" | "addr").then_some(FieldType::Charbuf)
    }

    fn service_port(&self, name: &str) -> Option<u16> {
        (name == "https").then_some(443)
    }

    /// `open` has flags, `connect` an address, the others nothing.
    fn never_has(&self, event_type: EventTypeId, _: FieldId, argument: &FieldArgument) -> bool {
        let FieldArgument::Key(name) = argument else {
            return false;
        };
        !matches!((&**name, event_type.0), ("flags", 0) | ("addr", 2))
    }

    fn has_na_value(&self, field: FieldId) -> bool {
        let def = FIELDS.get(usize::from(field.0));
        def.is_some_and(|def| def.name == "proc.pname")
    }

    /// As of the kernel's names of programs.
    fn never_holds(&self, field: FieldId, text: &[u8]) -> Option<ImpossibleText> {
        let def = FIELDS.get(usize::from(field.0))?;
        (def.name == "proc.name" && text.len() > 15).then(|| ImpossibleText {
            reason: "names have 15 bytes",
            help: "write less".to_owned(),
        })
    }

    /// As of images, which have a tag.
    fn seldom_holds(&self, field: FieldId, text: &[u8]) -> Option<ImpossibleText> {
        let def = FIELDS.get(usize::from(field.0))?;
        (def.name == "container.image.repository" && text == b"bare").then(|| ImpossibleText {
            reason: "it has more",
            help: "write more".to_owned(),
        })
    }

    fn is_always_absent(&self, field: FieldId) -> bool {
        let def = FIELDS.get(usize::from(field.0));
        def.is_some_and(|def| def.name == "container.healthcheck")
    }
}
