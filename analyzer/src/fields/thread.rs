//! `thread.*`: the thread that made the event.

use falco_rules::{ArgumentKind, FieldArgument, FieldType, Value};

use super::declare::{self, Extract, Field, key, signed, string};
use super::{Basis, EventContext};
use crate::state::Vtid;
use crate::state::facets::Facets;

use FieldType::{Bool, Charbuf, Int64};

/// A field of this file: of the thread.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc).reads(Facets::ANCESTRY)
}

pub(super) const FIELDS: &[Field] = &[
    field(
        "thread.cap_permitted",
        Charbuf,
        permitted,
        "Permitted capabilities by name, joined by blanks.",
    )
    .reads(Facets::CREDENTIALS)
    .of(Basis::Thread),
    field(
        "thread.cap_inheritable",
        Charbuf,
        inheritable,
        "Inheritable capabilities by name, joined by blanks.",
    )
    .reads(Facets::CREDENTIALS)
    .of(Basis::Thread),
    field(
        "thread.cap_effective",
        Charbuf,
        effective,
        "Effective capabilities by name, joined by blanks.",
    )
    .reads(Facets::CREDENTIALS)
    .of(Basis::Thread),
    field("thread.tid", Int64, tid, "Thread id.").of_result(),
    field(
        "thread.ismain",
        Bool,
        is_leader,
        "Whether the thread is the first of its process.",
    ),
    field(
        "thread.vtid",
        Int64,
        vtid,
        "Thread id in the thread's own pid namespace.",
    )
    .of(Basis::Thread),
    field(
        "thread.cgroups",
        Charbuf,
        cgroups,
        "Paths of all cgroups as `controller=path`, joined by blanks.",
    )
    .reads(Facets::CGROUPS)
    .of(Basis::Thread),
    field(
        "thread.cgroup",
        Charbuf,
        cgroup,
        "Path of the cgroup of the controller named after the dot.",
    )
    .reads(Facets::CGROUPS)
    .takes(ArgumentKind::KeyRequired),
];

/// Capabilities by number.
const CAPABILITIES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

fn capabilities<'e>(event: &'e EventContext<'_>, set: Option<u64>) -> Value<'e> {
    if event.is_nobodys() {
        return Value::Absent;
    }
    let held: Vec<&str> = capability_names(set.unwrap_or(0)).collect();
    event.composed(held.join(" ").as_bytes())
}

/// The names of the capabilities of a set.
pub(crate) fn capability_names(set: u64) -> impl Iterator<Item = &'static str> {
    let names = CAPABILITIES.iter().enumerate();
    let held = names.filter(move |(number, _)| set >> number & 1 != 0);
    held.map(|(_, name)| *name)
}

fn permitted<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let set = event
        .thread
        .and_then(|thread| thread.credentials.cap_permitted);
    capabilities(event, set)
}

fn inheritable<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let set = event
        .thread
        .and_then(|thread| thread.credentials.cap_inheritable);
    capabilities(event, set)
}

fn effective<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let set = event
        .thread
        .and_then(|thread| thread.credentials.cap_effective);
    capabilities(event, set)
}

fn tid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let row = event.row;
    Value::Int(row.manner().shown_tid(row.tid()))
}

fn is_leader<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    match event.thread {
        Some(thread) if !event.row.manner().has_process_in_rows() => {
            Value::Bool(thread.is_leader())
        }
        None if event.is_nobodys() => Value::Absent,
        _ => Value::Bool(event.row.tid() == event.row.pid().leader()),
    }
}

fn vtid<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let vtid = event.thread.and_then(|thread| thread.ids.vtid);
    let known = vtid.filter(|&vtid| vtid != Vtid(-1));
    signed(known.map(i64::from))
}

/// Every controller with its path. Hierarchies with several controllers count once for each.
fn by_controller<'e>(event: &'e EventContext<'_>) -> impl Iterator<Item = (&'e [u8], &'e [u8])> {
    let entries = event.thread.map(|thread| thread.cgroups.entries());
    entries.unwrap_or_default().iter().flat_map(|entry| {
        let names = entry.controllers.split(|&byte| byte == b',');
        names.map(|name| (name, &entry.path[..]))
    })
}

fn cgroups<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let mut text = Vec::new();
    for (name, path) in by_controller(event) {
        if !text.is_empty() {
            text.push(b' ');
        }
        text.extend_from_slice(name);
        text.push(b'=');
        text.extend_from_slice(path);
    }
    if text.is_empty() {
        return Value::Absent;
    }
    event.composed(&text)
}

fn cgroup<'e>(event: &'e EventContext<'_>, argument: &FieldArgument) -> Value<'e> {
    let wanted = key(argument).unwrap_or_default().as_bytes();
    let found = by_controller(event).find(|(name, _)| *name == wanted);
    string(found.map(|(_, path)| path))
}
