//! The executable of the process.

use falco_abi::frame::exe_flags;
use falco_rules::{FieldArgument, FieldType, Value};

use crate::fields::declare::{self, Extract, Field, boolean, signed, string, unsigned};
use crate::fields::{Basis, EventContext};
use crate::state::Thread;
use crate::state::facets::Facets;

use super::unless_nobodys;

use FieldType::{Abstime, Bool, Charbuf, Int64, Uint32, Uint64};

/// A field of this file: of what the thread runs.
const fn field(name: &'static str, ty: FieldType, extract: Extract, doc: &'static str) -> Field {
    declare::field(name, ty, extract, doc)
        .reads(Facets::ANCESTRY.and(Facets::PROGRAM))
        .of(Basis::Thread)
}

pub(super) const FLAGS: &[Field] = &[
    field(
        "proc.is_exe_writable",
        Bool,
        is_exe_writable,
        "Whether the process's user may write its executable.",
    ),
    field(
        "proc.is_exe_upper_layer",
        Bool,
        is_exe_upper,
        "Whether the executable lies in the upper layer of an overlay.",
    ),
    field(
        "proc.is_exe_lower_layer",
        Bool,
        is_exe_lower,
        "Whether the executable lies in a lower layer of an overlay.",
    ),
    field(
        "proc.is_exe_from_memfd",
        Bool,
        is_exe_memfd,
        "Whether the executable is an anonymous file in memory.",
    ),
];

pub(super) const FIELDS: &[Field] = &[
    field("proc.exe_ino", Int64, exe_inode, "Inode of the executable."),
    field(
        "proc.exe_ino.ctime",
        Abstime,
        exe_ctime,
        "Change time of the executable, nanoseconds since the epoch.",
    )
    .instant(),
    field(
        "proc.exe_ino.mtime",
        Abstime,
        exe_mtime,
        "Modification time of the executable, nanoseconds since the epoch.",
    )
    .instant(),
    field(
        "proc.exe_ino.ctime_duration_proc_start",
        Abstime,
        ctime_to_start,
        "Nanoseconds from the executable's change to the start of the process.",
    )
    .duration(),
    field(
        "proc.exe_ino.ctime_duration_pidns_start",
        Abstime,
        pidns_to_ctime,
        "Nanoseconds from the start of the pid namespace to the executable's change, where the namespace is older.",
    )
    .duration(),
    field(
        "proc.pidns_init_start_ts",
        Uint64,
        pidns_start,
        "Start of the pid namespace, nanoseconds since the epoch.",
    )
    .instant(),
];

/// Fields of ours: what the kernel executed, beside the name that was asked for.
pub(super) const OURS: &[Field] = &[
    field(
        "proc.exe_inner_path",
        Charbuf,
        exe_inner_path,
        "Path of the executable inside its file system, where its mount shows a part of it.",
    ),
    field(
        "proc.exe_nlink",
        Uint32,
        exe_links,
        "How many names the executable had when it was executed.",
    ),
    field(
        "proc.exe_mount_id",
        Uint32,
        exe_mount,
        "The mount that the executable was found in, as mountinfo numbers it.",
    ),
    field(
        "proc.is_exe_deleted",
        Bool,
        is_exe_deleted,
        "Whether the name that the executable was found under had been removed.",
    ),
    field(
        "proc.is_exe_unreachable",
        Bool,
        is_exe_unreachable,
        "Whether the executable lies outside the process's mount namespace: in a detached mount, in another namespace, or under no directory at all.",
    ),
];

fn is_exe_writable<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let can_write = |thread: &Thread| {
        if event.row.manner().has_told_facts_of_exec() {
            thread.falco.exe_writable
        } else {
            thread.program.writable
        }
    };
    boolean(event.thread.map(can_write))
}

/// Whether a bit of the executable's facts is set.
fn exe_flag<'e>(event: &'e EventContext<'_>, bit: u32) -> Value<'e> {
    let Some(thread) = event.thread else {
        return unless_nobodys(event, Value::Bool(false));
    };
    Value::Bool(thread.program.flags.unwrap_or(0) & bit != 0)
}

fn is_exe_upper<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    exe_flag(event, exe_flags::UPPER_LAYER)
}

fn is_exe_lower<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    exe_flag(event, exe_flags::LOWER_LAYER)
}

fn is_exe_memfd<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    exe_flag(event, exe_flags::MEMFD)
}

fn is_exe_deleted<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    exe_flag(event, exe_flags::DELETED)
}

fn is_exe_unreachable<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    exe_flag(event, exe_flags::UNREACHABLE)
}

fn exe_inner_path<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let path = event
        .thread
        .and_then(|thread| thread.program.inner_path.as_ref());
    string(path)
}

fn exe_links<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let links = event.thread.and_then(|thread| thread.program.links);
    unsigned(links.map(u64::from))
}

fn exe_mount<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let mount = event.thread.and_then(|thread| thread.program.mount);
    unsigned(mount.map(u64::from))
}

fn exe_inode<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let inode = event.thread.and_then(|thread| thread.program.inode);
    // No file has the number 0: it stands for one that was not told.
    let inode = inode.filter(|&inode| inode != 0);
    signed(inode.and_then(|inode| i64::try_from(inode).ok()))
}

fn exe_ctime<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let ctime = event.thread.and_then(|thread| thread.program.ctime);
    unsigned(ctime.map(|time| time.0))
}

fn exe_mtime<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    let mtime = event.thread.and_then(|thread| thread.program.mtime);
    unsigned(mtime.map(|time| time.0))
}

fn ctime_to_start<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.row.manner().has_told_facts_of_exec() {
        let told = |thread: &Thread| Some(thread.falco.ctime_to_birth.cast_unsigned());
        return unsigned(event.thread.and_then(told));
    }
    let distance = |thread: &Thread| {
        let start = event.realtime(thread.start);
        start.checked_since(thread.program.ctime?)
    };
    unsigned(event.thread.and_then(distance))
}

fn pidns_to_ctime<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.row.manner().has_told_facts_of_exec() {
        return unsigned(event.thread.map(|thread| thread.falco.pidns_to_ctime));
    }
    let distance = |thread: &Thread| {
        let start = event.realtime(thread.pidns_start?);
        thread.program.ctime?.checked_since(start)
    };
    unsigned(event.thread.and_then(distance))
}

fn pidns_start<'e>(event: &'e EventContext<'_>, _: &FieldArgument) -> Value<'e> {
    if event.row.manner().has_told_facts_of_exec() {
        return unsigned(event.thread.map(|thread| thread.falco.pidns_start.0));
    }
    let start = event.thread.and_then(|thread| thread.pidns_start);
    unsigned(start.map(|start| event.realtime(start).0))
}
