//! Numbers, terminal, directory and times of the process and its parent.

use falco_rules::{FieldArgument, FieldType, Value};

use crate::fields::declare::{self, Extract, Field, Whose, signed, unsigned};
use crate::fields::{Basis, EventContext};
use crate::state::facets::Facets;
use crate::state::path::UNKNOWN_CWD;
use crate::state::{Thread, Vpid};

use super::{Fact, of_ancestors, of_parent, own};

use FieldType::{Charbuf, Int64, Reltime, Uint32};

/// A field of this file: who the thread is, and who its parents are.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc).reads(Facets::ANCESTRY)
}

pub(super) const FIELDS: &[Field] = &[
    field(
        "proc.cwd",
        Charbuf,
        cwd,
        "Working directory, with a trailing slash.",
    )
    .reads(Facets::DIRECTORIES)
    .of(Basis::Process),
    field(
        "proc.loginshellid",
        Int64,
        login_shell,
        "Process id of the oldest shell among the process and its ancestors.",
    )
    .reads(Facets::PROGRAM)
    .of(Basis::Lineage),
    field(
        "proc.tty",
        Uint32,
        tty,
        "Number of the controlling terminal; 0 for none.",
    )
    .of(Basis::Thread),
    field("proc.pid", Int64, pid, "Process id.").of_result(),
    field("proc.ppid", Int64, parent_pid, "Process id of the parent.").of(Basis::Parent),
    field(
        "proc.apid",
        Int64,
        ancestor_pid,
        "Process id of an ancestor; the parent is 1.",
    )
    .of_ancestors(),
    field(
        "proc.vpid",
        Int64,
        vpid,
        "Process id in the process's own pid namespace.",
    )
    .of(Basis::Thread),
    field(
        "proc.pvpid",
        Int64,
        parent_vpid,
        "Process id of the parent in its own pid namespace.",
    )
    .of_parent(),
];

pub(super) const TIMES: &[Field] = &[
    field(
        "proc.duration",
        Reltime,
        duration,
        "Nanoseconds since the process started.",
    )
    .duration(),
    field(
        "proc.ppid.duration",
        Reltime,
        parent_duration,
        "Nanoseconds since the parent started.",
    )
    .whose(Whose::Parent)
    .duration(),
    field(
        "proc.pid.ts",
        Reltime,
        start_time,
        "Start of the process, nanoseconds since the epoch.",
    )
    .of(Basis::Thread)
    .instant(),
    field(
        "proc.ppid.ts",
        Reltime,
        parent_start_time,
        "Start of the parent, nanoseconds since the epoch.",
    )
    .whose(Whose::Parent)
    .instant(),
];

fn fact_pid<'e>(_: &'e EventContext<'_>, thread: &'e Thread) -> Value<'e> {
    Value::Int(thread.shown_pid())
}

fn cwd<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let fact: Fact = |event, thread| Value::Str(event.state.cwd(thread));
    own(event, fact, Value::Str(UNKNOWN_CWD))
}

fn login_shell<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let Some(leader) = event.leader() else {
        return Value::Absent;
    };
    let is_shell = |thread: &&Thread| {
        let name = thread.comm.as_deref();
        name.is_some_and(|name| name.ends_with(b"sh"))
    };
    let line = std::iter::once(leader).chain(event.state.ancestors(leader));
    signed(
        line.filter(is_shell)
            .last()
            .map(|shell| i64::from(shell.pid)),
    )
}

fn tty<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let fact: Fact = |_, thread| Value::Uint(u64::from(thread.tty.unwrap_or(0)));
    own(event, fact, Value::Uint(0))
}

/// A row that names its process says it, whether or not the thread is known.
fn pid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if !event.row.manner().has_process_in_rows() || event.is_nobodys() {
        return own(event, fact_pid, Value::Absent);
    }
    Value::Int(i64::from(event.row.pid()))
}

fn parent_pid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.row.manner().has_threads_for_parents() {
        return of_parent(event, fact_pid);
    }
    let ptid = event.leader().and_then(|leader| leader.ids.ptid);
    signed(ptid.map(i64::from))
}

fn ancestor_pid<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    of_ancestors(event, argument, fact_pid)
}

fn vpid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    signed(event.thread.and_then(vpid_of))
}

/// Falco's captures say −1 where it is not known.
fn vpid_of(thread: &Thread) -> Option<i64> {
    let known = thread.ids.vpid.filter(|&vpid| vpid != Vpid(-1));
    known.map(i64::from)
}

fn parent_vpid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_parent(event, |_, parent| signed(vpid_of(parent)))
}

fn fact_duration<'e>(event: &'e EventContext<'_>, thread: &'e Thread) -> Value<'e> {
    let known = Some(thread.start).filter(|&start| start != 0);
    unsigned(known.map(|start| event.row.time().saturating_sub(start)))
}

fn fact_start<'e>(event: &'e EventContext<'_>, thread: &'e Thread) -> Value<'e> {
    let known = Some(thread.start).filter(|&start| start != 0);
    unsigned(known.map(|start| event.realtime(start).0))
}

fn duration<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    own(event, fact_duration, Value::Absent)
}

/// A fact of the parent; where its number is that of the very thread that gave birth, of that thread.
fn of_birth<'e>(event: &'e EventContext<'_>, fact: Fact) -> Value<'e> {
    if !event.row.manner().has_threads_for_parents() {
        return of_parent(event, fact);
    }
    let ptid = event.leader().and_then(|leader| leader.ids.ptid);
    let parent = ptid.and_then(|ptid| event.state.thread_of_tid(ptid.tid()?));
    parent.map_or(Value::Absent, |parent| fact(event, parent))
}

fn parent_duration<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_birth(event, fact_duration)
}

fn start_time<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    own(event, fact_start, Value::Absent)
}

fn parent_start_time<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_birth(event, fact_start)
}
