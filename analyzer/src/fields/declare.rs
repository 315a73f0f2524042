//! How a field is declared: what rules may know of it, and the function that extracts it, side by side.

use falco_rules::{ArgumentKind, FieldArgument, FieldDef, FieldType, Multiplicity, Value};

use super::EventContext;
use super::basis::Basis;
use super::limits::Limit;
use crate::state::facets::Facets;

/// Extracts a field of an event. Never fails: what cannot be known is [`Value::Absent`].
pub(super) type Extract = for<'e, 'a> fn(&'e EventContext<'a>, &FieldArgument) -> Value<'e>;

/// What Falco prints for what it does not know. It is one place in memory, so that a program that calls itself so is told apart from one without a name.
pub(super) static NOT_KNOWN: [u8; 4] = *b"<NA>";

/// One declaration.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) def: FieldDef,
    pub(super) extract: Extract,
    /// Extracts what outputs print, where that is not what conditions compare.
    pub(super) printed: Extract,
    pub(super) nature: Nature,
}

/// What is true of a field's values, whatever the event; rules do not ask for it.
#[derive(Clone, Copy, Debug)]
pub struct Nature {
    /// The parts of state that the values come from, beside the event itself.
    pub reads: Facets,
    /// Which time it is, if it is one. Falco's own type names do not tell: durations are `ABSTIME` too, and starts of processes are `RELTIME`.
    pub time: Option<TimeKind>,
    /// It looks at the event before, whatever its type: every event must be there.
    pub is_since_event_before: bool,
    /// Falco still takes it and never has a value for it.
    pub is_always_absent: bool,
    /// The value for an unknown user, group or thread is the string `<NA>`.
    pub(super) is_na_where_unknown: bool,
    /// What no value can be.
    pub(super) limit: Option<Limit>,
    /// What its values hardly ever are.
    pub(super) seldom: Option<Limit>,
    /// Whose fact it is, where it is one of a process.
    pub(super) whose: Whose,
    /// What it is a function of.
    pub basis: Basis,
    /// Of an event it looks at its place, its thread and its result, and at no other parameter.
    pub(super) is_of_result: bool,
}

/// Whose fact a field of processes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// That of whoever made the event.
    Own,
    /// The parent's.
    Parent,
    /// An ancestor's by index, or all ancestors'.
    Ancestor,
    /// That of the leader of a session or a group, whoever it is now.
    Leader,
}

/// Which time a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeKind {
    /// A point in time, in nanoseconds since the epoch.
    Instant,
    /// The event's own time, as a text.
    OfEvent,
    /// A length of time, in nanoseconds.
    Duration,
}

impl Nature {
    /// A value of the event alone, that is no time.
    pub const PLAIN: Nature = Nature {
        reads: Facets::NONE,
        time: None,
        is_since_event_before: false,
        is_always_absent: false,
        is_na_where_unknown: false,
        limit: None,
        seldom: None,
        whose: Whose::Own,
        basis: Basis::Event,
        is_of_result: false,
    };

    /// Whether no parameter of the event is looked at but its result: what is of threads alone is told by the state.
    #[must_use]
    pub fn spares_parameters(&self) -> bool {
        let is_of_threads = matches!(
            self.basis,
            Basis::Thread | Basis::Process | Basis::Parent | Basis::Lineage | Basis::Threads
        );
        self.is_of_result || is_of_threads
    }

    /// Whether it may become known later than the event, when a runtime answers.
    #[must_use]
    pub fn is_told_by_runtimes(&self) -> bool {
        self.reads.meets(Facets::CONTAINERS)
    }
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
        nature: Nature::PLAIN,
    }
}

impl Field {
    /// With something else to print than to compare.
    pub(super) const fn printed_as(mut self, printed: Extract) -> Field {
        self.printed = printed;
        self
    }

    /// Whose values come from these parts of state too.
    pub(super) const fn reads(mut self, facets: Facets) -> Field {
        self.nature.reads = self.nature.reads.and(facets);
        self
    }

    /// Whose values are points in time.
    pub(super) const fn instant(mut self) -> Field {
        self.nature.time = Some(TimeKind::Instant);
        self
    }

    /// Whose value is the event's time.
    pub(super) const fn time_of_event(mut self) -> Field {
        self.nature.time = Some(TimeKind::OfEvent);
        self
    }

    /// Whose values are lengths of time.
    pub(super) const fn duration(mut self) -> Field {
        self.nature.time = Some(TimeKind::Duration);
        self
    }

    /// Whose value is a function of this alone.
    pub(super) const fn of(mut self, basis: Basis) -> Field {
        self.nature.basis = basis;
        self
    }

    /// Which looks at no parameter of the event but its result.
    pub(super) const fn of_result(mut self) -> Field {
        self.nature.is_of_result = true;
        self
    }

    /// Which looks at the event before.
    pub(super) const fn since_event_before(mut self) -> Field {
        self.nature.is_since_event_before = true;
        self
    }

    /// Which never has a value.
    pub(super) const fn always_absent(mut self) -> Field {
        self.nature.is_always_absent = true;
        self
    }

    /// Which is `<NA>` for an unknown user, group or thread.
    pub(super) const fn unknown_is_na(mut self) -> Field {
        self.nature.is_na_where_unknown = true;
        self
    }

    /// Which is never what this says.
    pub(super) const fn limited_to(mut self, limit: Limit) -> Field {
        self.nature.limit = Some(limit);
        self
    }

    /// Which is hardly ever what this says.
    pub(super) const fn seldom(mut self, seldom: Limit) -> Field {
        self.nature.seldom = Some(seldom);
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
            .whose(Whose::Ancestor)
            .of(Basis::Lineage)
    }

    /// A fact of the parent.
    pub(super) const fn of_parent(self) -> Field {
        self.whose(Whose::Parent).of(Basis::Parent)
    }

    /// A fact of the leader of a session or a group.
    pub(super) const fn of_group_leader(self) -> Field {
        self.whose(Whose::Leader).of(Basis::Threads)
    }

    /// A fact of somebody else than who made the event.
    pub(super) const fn whose(mut self, whose: Whose) -> Field {
        self.nature.whose = whose;
        self
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
