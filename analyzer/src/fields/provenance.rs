//! Where a field's value comes from: the event itself, or what was seen, read or told before it.
//!
//! In: an event and a field. Out: a word for the source, as far as the state knows it; nothing is guessed.
//! Whether the value may be stale is asked apart ([`State::doubt`]): a loss says of no single fact that it was lost.

use falco_format::UnixNanos;
use falco_rules::{BoundField, Event as _, FieldArgument, Schema as _, Value};

use super::EventContext;
use super::declare::Whose;
use super::schema::{SCHEMA, nature};
use crate::state::facets::Facets;
use crate::state::{Slot, State, Thread};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// The event itself carries it.
    Event,
    /// The process executed its program at this time, in this capture.
    Executed(UnixNanos),
    /// An ancestor executed the program at this time, and the process has it from its birth.
    InheritedProgram(UnixNanos),
    /// The descriptor was made by an event of this time.
    Opened(UnixNanos),
    /// An ancestor's event made the descriptor at this time, and the process has it from its birth.
    InheritedDescriptor(UnixNanos),
    /// A snapshot, and nothing since.
    Snapshot,
    /// A snapshot, or an event since that changed it.
    SnapshotOrSince,
    /// Events before this one, and no snapshot.
    Events,
    /// A container's runtime said it before.
    Runtime,
    /// A container's runtime said it later: the value was healed.
    Healed,
    /// The event has no value, or it is not known; some fields are an empty text then.
    Unknown,
}

impl Provenance {
    /// What the state says rests on the state's evidence; only what the event carries does not.
    #[must_use]
    pub fn is_of_state(self) -> bool {
        !matches!(self, Provenance::Event | Provenance::Unknown)
    }
}

/// Whose fact a field of processes is.
enum Subject<'s> {
    One(Option<&'s Thread>),
    /// All ancestors, or a leader who may be any of them.
    Several,
}

impl EventContext<'_> {
    /// Where the value of a field comes from. What was healed is told as a runtime's: [`EventContext::unhealed`] tells it apart.
    #[must_use]
    pub fn provenance(&self, field: &BoundField) -> Provenance {
        let nature = nature(field.field);
        let reads = nature.reads;
        let def = SCHEMA.fields().get(usize::from(field.field.0));
        let name = def.map_or("", |def| def.name);
        if self.extract(field) == Value::Absent {
            return Provenance::Unknown;
        }
        // Arguments are the event's own, though the state makes names of their numbers.
        let is_argument = name.starts_with("evt.") || name.starts_with("fs.path.");
        if reads == Facets::NONE || is_argument {
            return Provenance::Event;
        }
        if reads.meets(Facets::CONTAINERS) && name != "container.id" {
            return self.of_container();
        }
        if name.starts_with("fd.") {
            return self.of_descriptor(name);
        }
        match self.subject(name, nature.whose, &field.argument) {
            Subject::Several => Provenance::SnapshotOrSince,
            Subject::One(None) => Provenance::Unknown,
            Subject::One(Some(thread)) if reads.meets(Facets::PROGRAM) => self.of_program(thread),
            Subject::One(Some(thread)) => self.of_thread(thread),
        }
    }

    fn of_container(&self) -> Provenance {
        match super::container::reference(self) {
            Some(_) => Provenance::Runtime,
            // That it is none is known from the cgroups.
            None => self
                .thread
                .map_or(Provenance::Unknown, |thread| self.of_thread(thread)),
        }
    }

    fn of_descriptor(&self, name: &str) -> Provenance {
        let Some(fd) = self.fd() else {
            return Provenance::Event;
        };
        let slot = |thread: &Thread| -> Option<&Slot> {
            self.state.fd(thread, i32::try_from(fd.number).ok()?)
        };
        let Some((thread, slot)) = self.thread.and_then(|thread| Some((thread, slot(thread)?)))
        else {
            // The number is the event's; what it stands for, nobody knows, though it may be an empty text.
            return if name == "fd.num" {
                Provenance::Event
            } else {
                Provenance::Unknown
            };
        };
        if slot.is_from_snapshot() {
            return Provenance::Snapshot;
        }
        if slot.time == self.row.time() {
            return Provenance::Event;
        }
        let born = self.leader().unwrap_or(thread).start;
        if slot.time < born {
            Provenance::InheritedDescriptor(self.realtime(slot.time))
        } else {
            Provenance::Opened(self.realtime(slot.time))
        }
    }

    fn of_program(&self, thread: &Thread) -> Provenance {
        match thread.program.executed {
            Some(time) if time == self.row.time() => Provenance::Event,
            Some(time) if time < thread.start => Provenance::InheritedProgram(self.realtime(time)),
            Some(time) => Provenance::Executed(self.realtime(time)),
            // Without an exec in the capture, only a snapshot can have told it: of this process, or of the one that gave birth to it.
            None => Provenance::Snapshot,
        }
    }

    fn of_thread(&self, thread: &Thread) -> Provenance {
        let tells_snapshots = self.row.manner().tells_threads_of_snapshots();
        let is_from_events = tells_snapshots && !thread.was_in_snapshot();
        if is_from_events {
            Provenance::Events
        } else {
            Provenance::SnapshotOrSince
        }
    }

    /// Who the field tells of: `proc.pname` of the parent, `proc.aname[2]` of the grandparent, and fields that are none of a process of the thread.
    fn subject(&self, name: &str, whose: Whose, argument: &FieldArgument) -> Subject<'_> {
        let ancestor = |level: usize| {
            let state: &State = self.state;
            let leader = self.leader()?;
            state.ancestors(leader).nth(level)
        };
        match whose {
            // Whoever that is now, and nobody's exec in particular.
            Whose::Leader => Subject::Several,
            Whose::Parent => Subject::One(ancestor(0)),
            Whose::Ancestor => match super::declare::index(argument) {
                Some(0) => Subject::One(self.leader()),
                Some(level) => Subject::One(ancestor(level - 1)),
                None => Subject::Several,
            },
            Whose::Own if name.starts_with("proc.") => Subject::One(self.leader()),
            Whose::Own => Subject::One(self.thread),
        }
    }
}
