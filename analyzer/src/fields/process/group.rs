//! Sessions and process groups, and who leads them.

use falco_format::Pid;
use falco_rules::{FieldArgument, FieldType, Value};

use crate::fields::declare::{self, Extract, Field};
use crate::fields::limits;
use crate::fields::{Basis, EventContext};
use crate::state::facets::Facets;
use crate::state::{Thread, Vpid};

use super::{Fact, fact_exe, fact_exe_path, fact_name, number, unless_nobodys};

use FieldType::{Bool, Charbuf, Int64};

/// A field of this file: the numbers of groups, which births and calls give.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc)
        .reads(Facets::ANCESTRY)
        .of(Basis::Thread)
}

pub(super) const FIELDS: &[Field] = &[
    field(
        "proc.sid",
        Int64,
        sid,
        "Session, in the process's own pid namespace.",
    ),
    field(
        "proc.sname",
        Charbuf,
        session_name,
        "Name of the session's leader, or of the eldest ancestor in the session.",
    )
    .of_group_leader()
    .reads(Facets::PROGRAM)
    .limited_to(limits::program_name),
    field(
        "proc.sid.exe",
        Charbuf,
        session_exe,
        "First argument of the session leader's command line.",
    )
    .of_group_leader()
    .reads(Facets::PROGRAM),
    field(
        "proc.sid.exepath",
        Charbuf,
        session_exe_path,
        "Path of the session leader's executable.",
    )
    .of_group_leader()
    .reads(Facets::PROGRAM),
    field(
        "proc.vpgid",
        Int64,
        vpgid,
        "Process group, in the process's own pid namespace.",
    ),
    field(
        "proc.vpgid.name",
        Charbuf,
        vgroup_name,
        "Name of the leader of the process group in the own namespace.",
    )
    .of_group_leader()
    .reads(Facets::PROGRAM),
    field(
        "proc.vpgid.exe",
        Charbuf,
        vgroup_exe,
        "First argument of that leader's command line.",
    )
    .of_group_leader()
    .reads(Facets::PROGRAM),
    field(
        "proc.vpgid.exepath",
        Charbuf,
        vgroup_exe_path,
        "Path of that leader's executable.",
    )
    .of_group_leader()
    .reads(Facets::PROGRAM),
    field(
        "proc.pgid",
        Int64,
        pgid,
        "Process group, in the initial pid namespace.",
    ),
    field(
        "proc.pgid.name",
        Charbuf,
        group_name,
        "Name of the leader of the process group.",
    )
    .of_group_leader()
    .reads(Facets::PROGRAM)
    .limited_to(limits::program_name),
    field(
        "proc.pgid.exe",
        Charbuf,
        group_exe,
        "First argument of the group leader's command line.",
    )
    .of_group_leader()
    .reads(Facets::PROGRAM),
    field(
        "proc.pgid.exepath",
        Charbuf,
        group_exe_path,
        "Path of the group leader's executable.",
    )
    .of_group_leader()
    .reads(Facets::PROGRAM),
];

pub(super) const LEADERS: &[Field] = &[
    field(
        "proc.is_sid_leader",
        Bool,
        is_session_leader,
        "Whether the process leads its session.",
    ),
    field(
        "proc.is_vpgid_leader",
        Bool,
        is_vgroup_leader,
        "Whether the process leads its process group, by the numbers of its own namespace.",
    ),
    field(
        "proc.is_pgid_leader",
        Bool,
        is_group_leader,
        "Whether the process leads its process group.",
    ),
];

/// The number of a group: that of the process which it is named after, and where it is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    /// In the initial pid namespace.
    Host(i64),
    /// In the process's own.
    Own(Vpid),
}

impl From<Number> for i64 {
    fn from(number: Number) -> i64 {
        match number {
            Number::Host(number) => number,
            Number::Own(number) => number.into(),
        }
    }
}

fn sid_of(thread: &Thread) -> Option<Number> {
    let own = thread.ids.vsid.map(Number::Own);
    own.or(thread.ids.sid.map(Number::Host))
}

fn vpgid_of(thread: &Thread) -> Option<Number> {
    thread.ids.vpgid.map(Number::Own)
}

fn pgid_of(thread: &Thread) -> Option<Number> {
    thread.ids.pgid.map(Number::Host)
}

fn sid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    number(event, |thread| sid_of(thread).map(i64::from))
}

fn vpgid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    number(event, |thread| vpgid_of(thread).map(i64::from))
}

fn pgid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    number(event, |thread| pgid_of(thread).map(i64::from))
}

/// Whether a process goes by another number in its own namespace.
fn is_elsewhere(thread: &Thread) -> bool {
    let own = thread.ids.vpid.map(i64::from);
    own.is_some_and(|own| own >= 0 && own != thread.shown_pid())
}

/// Whether the same number is the same process to both, as far as it is known.
fn counts_like(thread: &Thread, other: &Thread) -> bool {
    let namespaces = thread.pid_ns.zip(other.pid_ns);
    let is_same = namespaces.is_none_or(|(one, other)| one == other);
    is_same && is_elsewhere(thread) == is_elsewhere(other)
}

/// A fact of the leader of a group: the process whose id the group has, else the eldest ancestor in the group.
fn of_group<'e>(
    event: &'e EventContext<'_>,
    group: fn(&Thread) -> Option<Number>,
    fact: Fact,
) -> Value<'e> {
    let Some(leader) = event.leader() else {
        return Value::Absent;
    };
    let Some(number) = group(leader) else {
        return Value::Absent;
    };
    let named = match number {
        // What a process in a namespace of its own calls by this number is somebody else here.
        Number::Own(_) if is_elsewhere(leader) => None,
        // Whoever has the number led the group, though it may be in another one by now.
        number => Pid::told(number.into()).and_then(|pid| event.state.thread_of_tid(pid.leader())),
    };
    let is_in_group = |thread: &Thread| {
        let is_host = matches!(number, Number::Host(_));
        group(thread) == Some(number) && (is_host || counts_like(thread, leader))
    };
    let eldest = || {
        let line = std::iter::once(leader).chain(event.state.ancestors(leader));
        line.take_while(|thread| is_in_group(thread)).last()
    };
    named
        .or_else(eldest)
        .map_or(Value::Absent, |thread| fact(event, thread))
}

fn session_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_group(event, sid_of, fact_name)
}

fn session_exe<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_group(event, sid_of, fact_exe)
}

fn session_exe_path<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_group(event, sid_of, fact_exe_path)
}

fn vgroup_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_group(event, vpgid_of, fact_name)
}

fn vgroup_exe<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_group(event, vpgid_of, fact_exe)
}

fn vgroup_exe_path<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_group(event, vpgid_of, fact_exe_path)
}

fn group_name<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_group(event, pgid_of, fact_name)
}

fn group_exe<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_group(event, pgid_of, fact_exe)
}

fn group_exe_path<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    of_group(event, pgid_of, fact_exe_path)
}

fn vpid_of(thread: &Thread) -> Option<i64> {
    thread.ids.vpid.map(i64::from)
}

/// Whether the process has the number of a group of its own.
fn leads<'e>(
    event: &'e EventContext<'_>,
    own: fn(&Thread) -> Option<i64>,
    group: fn(&Thread) -> Option<Number>,
) -> Value<'e> {
    let Some(thread) = event.thread else {
        return unless_nobodys(event, Value::Bool(false));
    };
    let unknown = event.row.manner().unknown_number();
    let own = own(thread).or(unknown);
    Value::Bool(own.is_some() && own == group(thread).map(i64::from).or(unknown))
}

fn is_session_leader<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    leads(event, vpid_of, sid_of)
}

fn is_vgroup_leader<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    leads(event, vpid_of, vpgid_of)
}

fn is_group_leader<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    leads(event, |thread| Some(thread.shown_pid()), pgid_of)
}
