//! `proc.*`: the process, what it runs, and its ancestors.

mod command;
mod executable;
mod group;
mod identity;
mod resources;

use falco_rules::{FieldArgument, Value};

use super::EventContext;
use super::declare::{Field, NOT_KNOWN, index, signed};
use crate::state::Thread;

/// Fields of ours, behind all of Falco's.
pub(super) const OURS: &[Field] = executable::OURS;

/// The declarations, in the order of the reference.
pub(super) const FIELDS: [&[Field]; 8] = [
    command::FIELDS,
    identity::FIELDS,
    group::FIELDS,
    identity::TIMES,
    executable::FLAGS,
    group::LEADERS,
    executable::FIELDS,
    resources::FIELDS,
];

/// What Falco prints for the name of a thread that it does not know.
pub(super) const NO_NAME: &[u8] = &NOT_KNOWN;

/// A thread's fact as a value of the event.
pub(super) type Fact = for<'e, 'a> fn(&'e EventContext<'a>, &'e Thread) -> Value<'e>;

pub(super) fn fact_name<'e>(_: &'e EventContext<'_>, thread: &'e Thread) -> Value<'e> {
    Value::Str(thread.comm.as_deref().unwrap_or(NO_NAME))
}

pub(super) fn fact_exe<'e>(_: &'e EventContext<'_>, thread: &'e Thread) -> Value<'e> {
    Value::Str(thread.program.exe.as_deref().unwrap_or(NO_NAME))
}

/// Empty where it is not known, as in Falco.
pub(super) fn fact_exe_path<'e>(_: &'e EventContext<'_>, thread: &'e Thread) -> Value<'e> {
    Value::Str(thread.program.exepath.as_deref().unwrap_or_default())
}

/// A fact of the thread; of a thread that is not known, this.
pub(super) fn own<'e>(event: &'e EventContext<'_>, fact: Fact, unknown: Value<'e>) -> Value<'e> {
    match event.thread {
        Some(thread) => fact(event, thread),
        None => unless_nobodys(event, unknown),
    }
}

/// What is said of a thread that is not known; of none where no thread made the event.
pub(super) fn unless_nobodys<'e>(event: &'e EventContext<'_>, unknown: Value<'e>) -> Value<'e> {
    if event.is_nobodys() {
        Value::Absent
    } else {
        unknown
    }
}

/// A number of the thread, or what stands for one that is not known.
pub(super) fn number<'e>(
    event: &'e EventContext<'_>,
    number: fn(&Thread) -> Option<i64>,
) -> Value<'e> {
    let Some(thread) = event.thread else {
        return Value::Absent;
    };
    let unknown = event.row.manner().unknown_number();
    signed(number(thread).or(unknown))
}

/// A fact of the parent.
pub(super) fn of_parent<'e>(event: &'e EventContext<'_>, fact: Fact) -> Value<'e> {
    let parent = event.leader().and_then(|leader| event.state.parent(leader));
    parent.map_or(Value::Absent, |parent| fact(event, parent))
}

/// A fact of one ancestor, or of all of them from the parent up.
pub(super) fn of_ancestors<'e>(
    event: &'e EventContext<'_>,
    argument: &FieldArgument,
    fact: Fact,
) -> Value<'e> {
    let Some(leader) = event.leader() else {
        return Value::Absent;
    };
    match index(argument) {
        Some(0) => fact(event, leader),
        Some(level) => {
            let ancestor = event.state.ancestors(leader).nth(level - 1);
            ancestor.map_or(Value::Absent, |ancestor| fact(event, ancestor))
        }
        None => {
            let ancestors = event.state.ancestors(leader);
            let values: Vec<Value<'e>> = ancestors.map(|thread| fact(event, thread)).collect();
            if values.is_empty() {
                return Value::Absent;
            }
            event.list(&values)
        }
    }
}
