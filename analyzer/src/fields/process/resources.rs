//! Descriptors and threads of the process.

use falco_format::Pid;
use falco_rules::{FieldArgument, FieldType, Value};

use crate::fields::EventContext;
use crate::fields::declare::{self, Extract, Field, signed, string, unsigned};
use crate::state::facets::Facets;
use crate::state::{FdTable, Slot, UNKNOWN_PID};

use FieldType::{Charbuf, Double, Int64, Uint64};

/// A field of this file: of the process.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc).reads(Facets::ANCESTRY)
}

pub(super) const FIELDS: &[Field] = &[
    field(
        "proc.fdopencount",
        Uint64,
        fd_count,
        "How many descriptors are open.",
    )
    .reads(Facets::DESCRIPTORS),
    field("proc.fdlimit", Int64, fd_limit, "How many may be open.").reads(Facets::DESCRIPTORS),
    field(
        "proc.fdusage",
        Double,
        fd_usage,
        "Open descriptors in percent of the limit.",
    )
    .reads(Facets::DESCRIPTORS),
    field(
        "proc.nthreads",
        Uint64,
        threads,
        "How many threads of the process live, the leader among them.",
    ),
    field(
        "proc.nchilds",
        Uint64,
        other_threads,
        "How many threads of the process live beside the leader.",
    ),
    field(
        "proc.stdin.type",
        Charbuf,
        stdin_type,
        "Type of descriptor 0.",
    )
    .reads(Facets::SOCKETS)
    .reads(Facets::DESCRIPTORS),
    field(
        "proc.stdout.type",
        Charbuf,
        stdout_type,
        "Type of descriptor 1.",
    )
    .reads(Facets::SOCKETS)
    .reads(Facets::DESCRIPTORS),
    field(
        "proc.stderr.type",
        Charbuf,
        stderr_type,
        "Type of descriptor 2.",
    )
    .reads(Facets::SOCKETS)
    .reads(Facets::DESCRIPTORS),
    field(
        "proc.stdin.name",
        Charbuf,
        stdin_name,
        "Name of descriptor 0.",
    )
    .reads(Facets::SOCKETS)
    .reads(Facets::DESCRIPTORS),
    field(
        "proc.stdout.name",
        Charbuf,
        stdout_name,
        "Name of descriptor 1.",
    )
    .reads(Facets::SOCKETS)
    .reads(Facets::DESCRIPTORS),
    field(
        "proc.stderr.name",
        Charbuf,
        stderr_name,
        "Name of descriptor 2.",
    )
    .reads(Facets::SOCKETS)
    .reads(Facets::DESCRIPTORS),
];

fn open_fds(event: &EventContext<'_>) -> Option<usize> {
    let thread = event.thread?;
    if !event.row.manner().counts_descriptors_of_leader() {
        return Some(event.state.fds(thread)?.len());
    }
    let main = event.state.main_thread(thread);
    let table = main.and_then(|main| event.state.fds(main));
    Some(table.map_or(0, FdTable::len))
}

fn fd_count<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    unsigned(open_fds(event).map(|count| count as u64))
}

/// How many descriptors there may be, for whoever answers for their count.
fn limit_of(event: &EventContext<'_>) -> Option<u64> {
    if event.row.manner().counts_descriptors_of_leader() {
        return event.leader()?.fdlimit;
    }
    event.thread?.fdlimit
}

fn fd_limit<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let limit = limit_of(event);
    signed(limit.map(|limit| i64::try_from(limit).unwrap_or(-1)))
}

fn fd_usage<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let limit = limit_of(event);
    match (open_fds(event), limit) {
        (Some(count), Some(limit)) if limit > 0 => {
            Value::Double(count as f64 * 100.0 / limit as f64)
        }
        _ => Value::Absent,
    }
}

/// The process of the event, as its row names it or its thread knows it.
fn process_of(event: &EventContext<'_>) -> Option<Pid> {
    if !event.row.manner().has_process_in_rows() || event.is_nobodys() {
        return event.thread.map(|thread| thread.pid);
    }
    Some(event.row.pid())
}

fn threads<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    match process_of(event) {
        // A process that is not known has no threads that are.
        Some(UNKNOWN_PID) => Value::Uint(0),
        Some(pid) => Value::Uint(event.state.live_threads(pid) as u64),
        None => Value::Absent,
    }
}

fn other_threads<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let Some(pid) = process_of(event) else {
        return Value::Absent;
    };
    if pid == UNKNOWN_PID {
        return Value::Uint(0);
    }
    let live = event.state.live_threads(pid);
    let leader = event.state.thread_of_tid(pid.leader());
    let leads = leader.is_some_and(|leader| leader.is_leader() && !leader.is_dead);
    Value::Uint((live - usize::from(leads && live > 0)) as u64)
}

fn standard<'e>(event: &'e EventContext<'_>, number: i32) -> Option<&'e Slot> {
    event.state.fd(event.thread?, number)
}

fn type_of_standard<'e>(event: &'e EventContext<'_>, number: i32) -> Value<'e> {
    let kind = standard(event, number).and_then(|slot| slot.file.kind.name());
    string(kind)
}

fn name_of_standard<'e>(event: &'e EventContext<'_>, number: i32) -> Value<'e> {
    string(standard(event, number).map(|slot| &slot.file.name))
}

fn stdin_type<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    type_of_standard(event, 0)
}

fn stdout_type<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    type_of_standard(event, 1)
}

fn stderr_type<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    type_of_standard(event, 2)
}

fn stdin_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    name_of_standard(event, 0)
}

fn stdout_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    name_of_standard(event, 1)
}

fn stderr_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    name_of_standard(event, 2)
}
