//! A small source of events for tests of this crate, so that they stand alone.

use crate::{
    ArgumentKind, BoundField, Event, EventTypeDef, EventTypeId, FieldDef, FieldType, Multiplicity,
    Schema, Value, field_key,
};

pub(crate) struct TestSchema;

const TEXT: FieldDef = FieldDef {
    name: "proc.name",
    ty: FieldType::Charbuf,
    argument: ArgumentKind::None,
    multiplicity: Multiplicity::One,
    doc: "",
};

pub(crate) const FIELDS: &[FieldDef] = &[
    TEXT,
    FieldDef {
        name: "proc.cmdline",
        ..TEXT
    },
    FieldDef {
        name: "proc.pname",
        ..TEXT
    },
    FieldDef {
        name: "proc.exepath",
        ..TEXT
    },
    FieldDef {
        name: "proc.aname",
        argument: ArgumentKind::IndexOptional,
        multiplicity: Multiplicity::Any,
        ..TEXT
    },
    FieldDef {
        name: "proc.env",
        argument: ArgumentKind::KeyOptional,
        ..TEXT
    },
    FieldDef {
        name: "proc.pid",
        ty: FieldType::Int64,
        ..TEXT
    },
    FieldDef {
        name: "proc.args",
        multiplicity: Multiplicity::List,
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
        name: "fd.ip",
        ty: FieldType::Ipaddr,
        multiplicity: Multiplicity::EitherEnd,
        ..TEXT
    },
    FieldDef {
        name: "fd.net",
        ty: FieldType::Ipnet,
        multiplicity: Multiplicity::EitherEnd,
        ..TEXT
    },
    FieldDef {
        name: "fd.sport",
        ty: FieldType::Port,
        ..TEXT
    },
    FieldDef {
        name: "fd.types",
        multiplicity: Multiplicity::List,
        ..TEXT
    },
    FieldDef {
        name: "user.uid",
        ty: FieldType::Uint32,
        ..TEXT
    },
    FieldDef {
        name: "user.name",
        ..TEXT
    },
    FieldDef {
        name: "evt.type",
        ..TEXT
    },
    FieldDef {
        name: "syscall.type",
        ..TEXT
    },
    FieldDef {
        name: "evt.dir",
        ..TEXT
    },
    FieldDef {
        name: "evt.num",
        ty: FieldType::Uint64,
        ..TEXT
    },
    FieldDef {
        name: "evt.buffer",
        ty: FieldType::Bytebuf,
        ..TEXT
    },
    FieldDef {
        name: "evt.is_open_write",
        ty: FieldType::Bool,
        ..TEXT
    },
    FieldDef {
        name: "evt.arg",
        argument: ArgumentKind::EventParameter,
        ..TEXT
    },
    FieldDef {
        name: "evt.rawarg",
        argument: ArgumentKind::RawEventParameter,
        ..TEXT
    },
    FieldDef {
        name: "thread.cpu",
        ty: FieldType::Double,
        ..TEXT
    },
    FieldDef {
        name: "container.image",
        ..TEXT
    },
    FieldDef {
        name: "thread.cgroup",
        argument: ArgumentKind::KeyRequired,
        ..TEXT
    },
];

const EVENT_TYPES: &[EventTypeDef] = &[
    EventTypeDef {
        name: "open",
        codes: 2,
        has_params: true,
    },
    EventTypeDef {
        name: "openat",
        codes: 4,
        has_params: true,
    },
    EventTypeDef {
        name: "close",
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
        name: "syncfs",
        codes: 2,
        has_params: false,
    },
    EventTypeDef {
        name: "asyncevent",
        codes: 1,
        has_params: true,
    },
    EventTypeDef {
        name: "many",
        codes: 200,
        has_params: true,
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
        EVENT_TYPES
    }

    fn parameter_type(&self, name: &str) -> Option<FieldType> {
        match name {
            "flags" => Some(FieldType::Flags),
            "path" => Some(FieldType::Fspath),
            "res" => Some(FieldType::Errno),
            _ => None,
        }
    }

    fn service_port(&self, name: &str) -> Option<u16> {
        (name == "ssh").then_some(22)
    }
}

/// An event with the values it is given, by the names that outputs have for them.
#[derive(Debug, Default)]
pub(crate) struct TestEvent {
    event_type: u16,
    values: Vec<(String, Value<'static>)>,
}

impl TestEvent {
    pub(crate) fn new(event_type: &str) -> Self {
        let index = EVENT_TYPES.iter().position(|def| def.name == event_type);
        let event_type = u16::try_from(index.expect("the type is declared")).unwrap_or(0);
        let name = EVENT_TYPES[usize::from(event_type)].name;
        Self {
            event_type,
            values: Vec::new(),
        }
        .with("evt.type", Value::Str(name.as_bytes()))
    }

    pub(crate) fn with(mut self, key: &str, value: Value<'static>) -> Self {
        self.values.push((key.to_owned(), value));
        self
    }

    pub(crate) fn text(self, key: &str, value: &'static str) -> Self {
        self.with(key, Value::Str(value.as_bytes()))
    }

    pub(crate) fn texts(self, key: &str, values: &[&'static str]) -> Self {
        let values: Vec<_> = values
            .iter()
            .map(|value| Value::Str(value.as_bytes()))
            .collect();
        self.with(key, Value::List(values.leak()))
    }
}

impl Event for TestEvent {
    fn event_type(&self) -> EventTypeId {
        EventTypeId(self.event_type)
    }

    fn extract<'e>(&'e self, field: &BoundField) -> Value<'e> {
        let key = field_key(&FIELDS[usize::from(field.field.0)], &field.argument);
        let found = self.values.iter().find(|(name, _)| *name == key);
        found.map_or(Value::Absent, |(_, value)| *value)
    }
}
