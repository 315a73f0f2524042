//! Fields that Falco takes in rules and does not list any more.

use falco_rules::{FieldArgument, FieldType, Value};

use crate::dialect::catalog::{Direction, Origin};
use crate::fields::declare::{Field, field};
use crate::fields::{Basis, EventContext};
use crate::state::Thread;

use super::kind::type_name;

use FieldType::{Charbuf, Reltime, Uint32, Uint64};

pub(super) const FIELDS: &[Field] = &[
    field(
        "evt.dir",
        Charbuf,
        direction,
        "Deprecated: `<` for calls, which are recorded when they end, `>` for all other events.",
    )
    .of(Basis::Word),
    field(
        "evt.latency",
        Reltime,
        latency,
        "Deprecated: always 0, since beginnings of calls are not recorded.",
    )
    .duration(),
    field("evt.latency.s", Reltime, latency, "Deprecated: always 0."),
    field("evt.latency.ns", Reltime, latency, "Deprecated: always 0."),
    field(
        "evt.latency.quantized",
        Uint64,
        latency,
        "Deprecated: always 0.",
    ),
    field(
        "evt.count.procinfo",
        Uint32,
        count_process,
        "1 for `procinfo` events of main threads, else 0.",
    ),
    field(
        "evt.count.threadinfo",
        Uint32,
        count_thread,
        "1 for `procinfo` events, else 0.",
    ),
];

fn direction<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    // Calls of ours that Falco knows by their numbers alone have no type of its.
    let is_nameless_call = |event: &EventContext<'_>| {
        let call = event.def.filter(|_| !event.row.manner().has_falcos_types());
        call.is_some_and(|def| def.tracepoint.is_none() && !def.syscalls.is_empty())
    };
    let is_call = event.is_generic()
        || is_nameless_call(event)
        || event
            .falco_type()
            .is_some_and(|ty| ty.origin == Origin::Syscall || ty.direction == Direction::Exit);
    Value::Str(if is_call { b"<" } else { b">" })
}

fn latency<'e>(_: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Uint(0)
}

fn is_process_info(event: &EventContext<'_>) -> bool {
    type_name(event) == "procinfo"
}

fn count_process<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let is_main = event.thread.is_some_and(Thread::is_leader);
    Value::Uint(u64::from(is_process_info(event) && is_main))
}

fn count_thread<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    Value::Uint(u64::from(is_process_info(event)))
}
