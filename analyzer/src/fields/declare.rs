//! How a field is declared: what rules may know of it, and the function that extracts it, side by side.

use falco_rules::{ArgumentKind, FieldArgument, FieldDef, FieldType, Multiplicity, Value};

use super::EventContext;

/// Extracts a field of an event. Never fails: what cannot be known is [`Value::Absent`].
pub(super) type Extract = for<'e, 'a> fn(&'e EventContext<'a>, &FieldArgument) -> Value<'e>;

/// One declaration.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) def: FieldDef,
    pub(super) extract: Extract,
    /// Extracts what outputs print, where that is not what conditions compare.
    pub(super) printed: Extract,
}

/// A field without argument and with one value.
pub(super) const fn field(
    name: &'static str,
    ty: FieldType,
    extract: Extract,
    doc: &'static str,
) -> Field {
    Field {
        def: FieldDef {
            name,
            ty,
            argument: ArgumentKind::None,
            multiplicity: Multiplicity::One,
            doc,
        },
        extract,
        printed: extract,
    }
}

impl Field {
    /// With something else to print than to compare.
    pub(super) const fn printed_as(mut self, printed: Extract) -> Field {
        self.printed = printed;
        self
    }

    /// With this kind of argument.
    pub(super) const fn takes(mut self, argument: ArgumentKind) -> Field {
        self.def.argument = argument;
        self
    }

    /// With several values.
    pub(super) const fn many(mut self, multiplicity: Multiplicity) -> Field {
        self.def.multiplicity = multiplicity;
        self
    }

    /// A field over all ancestors, or over one of them by index.
    pub(super) const fn of_ancestors(self) -> Field {
        self.takes(ArgumentKind::IndexOptional)
            .many(Multiplicity::Any)
    }
}

/// A string, or nothing.
pub(super) fn string<'e>(text: Option<&'e (impl AsRef<[u8]> + ?Sized)>) -> Value<'e> {
    text.map_or(Value::Absent, |text| Value::Str(text.as_ref()))
}

/// A signed number, or nothing.
pub(super) fn signed<'e>(value: Option<i64>) -> Value<'e> {
    value.map_or(Value::Absent, Value::Int)
}

/// An unsigned number, or nothing.
pub(super) fn unsigned<'e>(value: Option<u64>) -> Value<'e> {
    value.map_or(Value::Absent, Value::Uint)
}

/// A boolean, or nothing.
pub(super) fn boolean<'e>(value: Option<bool>) -> Value<'e> {
    value.map_or(Value::Absent, Value::Bool)
}

/// The index of an argument, if it is one.
pub(super) fn index(argument: &FieldArgument) -> Option<usize> {
    match argument {
        FieldArgument::Index(index) => usize::try_from(*index).ok(),
        FieldArgument::Key(key) => key.parse().ok(),
        FieldArgument::None => None,
    }
}

/// The key of an argument, if it is one.
pub(super) fn key(argument: &FieldArgument) -> Option<&str> {
    match argument {
        FieldArgument::Key(key) => Some(key),
        FieldArgument::None | FieldArgument::Index(_) => None,
    }
}
