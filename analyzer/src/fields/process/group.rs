//! Sessions and process groups, and who leads them.

use falco_rules::{FieldArgument, FieldType, Value};

use crate::fields::EventContext;
use crate::fields::declare::{self, Extract, Field};
use crate::fields::limits;
use crate::state::Thread;
use crate::state::facets::Facets;

use super::{Fact, fact_exe, fact_exe_path, fact_name, number, unless_nobodys};

use FieldType::{Bool, Charbuf, Int64};

/// A field of this file: the numbers of groups, which births and calls give.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc).reads(Facets::ANCESTRY)
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
    .reads(Facets::PROGRAM)
    .limited_to(limits::program_name),
    field(
        "proc.sid.exe",
        Charbuf,
        session_exe,
        "First argument of the session leader's command line.",
    )
    .reads(Facets::PROGRAM),
    field(
        "proc.sid.exepath",
        Charbuf,
        session_exe_path,
        "Path of the session leader's executable.",
    )
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
    .reads(Facets::PROGRAM),
    field(
        "proc.vpgid.exe",
        Charbuf,
        vgroup_exe,
        "First argument of that leader's command line.",
    )
    .reads(Facets::PROGRAM),
    field(
        "proc.vpgid.exepath",
        Charbuf,
        vgroup_exe_path,
        "Path of that leader's executable.",
    )
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
    .reads(Facets::PROGRAM)
    .limited_to(limits::program_name),
    field(
        "proc.pgid.exe",
        Charbuf,
        group_exe,
        "First argument of the group leader's command line.",
    )
    .reads(Facets::PROGRAM),
    field(
        "proc.pgid.exepath",
        Charbuf,
        group_exe_path,
        "Path of the group leader's executable.",
    )
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

fn sid_of(thread: &Thread) -> Option<i64> {
    thread.ids.vsid.or(thread.ids.sid)
}

fn vpgid_of(thread: &Thread) -> Option<i64> {
    thread.ids.vpgid
}

fn pgid_of(thread: &Thread) -> Option<i64> {
    thread.ids.pgid
}

fn sid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    number(event, sid_of)
}

fn vpgid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    number(event, vpgid_of)
}

fn pgid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    number(event, pgid_of)
}

/// A fact of the leader of a group: the process whose id the group has, else the eldest ancestor in the group.
fn of_group<'e>(
    event: &'e EventContext<'_>,
    group: fn(&Thread) -> Option<i64>,
    fact: Fact,
) -> Value<'e> {
    let Some(leader) = event.leader() else {
        return Value::Absent;
    };
    let Some(number) = group(leader) else {
        return Value::Absent;
    };
    // Whoever has the number led the group, though it may be in another one by now.
    // But what a process in a namespace of its own calls by this number is somebody else here.
    let is_elsewhere = leader
        .ids
        .vpid
        .is_some_and(|vpid| vpid >= 0 && vpid != leader.shown_pid());
    let named = u32::try_from(number)
        .ok()
        .and_then(|pid| event.state.thread_of_tid(pid))
        .filter(|thread| !is_elsewhere || group(thread) == Some(number));
    let eldest = || {
        let line = std::iter::once(leader).chain(event.state.ancestors(leader));
        line.take_while(|thread| group(thread) == Some(number))
            .last()
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

/// Whether the process has the number of a group of its own.
fn leads<'e>(
    event: &'e EventContext<'_>,
    own: fn(&Thread) -> Option<i64>,
    group: fn(&Thread) -> Option<i64>,
) -> Value<'e> {
    let Some(thread) = event.thread else {
        return unless_nobodys(event, Value::Bool(false));
    };
    let unknown = event.row.manner().unknown_number();
    let own = own(thread).or(unknown);
    Value::Bool(own.is_some() && own == group(thread).or(unknown))
}

fn is_session_leader<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    leads(event, |thread| thread.ids.vpid, sid_of)
}

fn is_vgroup_leader<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    leads(event, |thread| thread.ids.vpid, vpgid_of)
}

fn is_group_leader<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    leads(event, |thread| Some(thread.shown_pid()), pgid_of)
}
