//! Events whose parameters are not as Falco shows them: its arguments in its order, from parameters of ours and from facts that its driver adds and the state knows.

use falco_abi::{EventDef, EventId, Role, events};
use falco_rules::FieldType;

use super::argument::{Argument, Fact, Part};
use super::falco;
use super::types::{directory, field_type};

/// One of Falco's arguments of an event whose parameters are not as Falco shows them.
pub(super) enum Shown {
    /// A parameter of ours, under Falco's name.
    Param(&'static str),
    /// A fact of the thread.
    Fact(&'static str, FieldType, Fact),
    /// A part of the argument vector.
    Argv(&'static str, FieldType, Part),
}

impl Shown {
    pub(super) fn argument(&self, event: &EventDef) -> Option<Argument> {
        match self {
            Shown::Param(name) => {
                let index = event.param(name)?;
                let param = event.params.get(index)?;
                Some(Argument {
                    name,
                    param: index,
                    part: Part::Whole,
                    ty: field_type(event, param),
                    role: param.role,
                    base: falco::base(event.id, param.name),
                    directory: directory(event, index),
                    words: &[],
                })
            }
            Shown::Fact(name, ty, fact) => Some(Argument {
                name,
                // A failed exec has no such value: the thread keeps what it had.
                param: event.param(name).unwrap_or(usize::MAX),
                part: Part::Fact(*fact),
                ty: *ty,
                role: if *fact == Fact::ExeFlags {
                    Role::ExeFlags
                } else {
                    Role::Plain
                },
                base: falco::base(event.id, name),
                directory: None,
                words: &[],
            }),
            Shown::Argv(name, ty, part) => Some(Argument {
                name,
                param: event.param("argv")?,
                part: *part,
                ty: *ty,
                role: Role::Plain,
                base: falco::base(event.id, name),
                directory: None,
                words: &[],
            }),
        }
    }
}

/// What Falco shows of some events, in its order: parameters of ours, and facts that its driver adds and the state knows.
pub(super) fn shown_of(event: EventId) -> Option<&'static [Shown]> {
    Some(match event {
        events::execve::EVENT => EXEC,
        events::execveat::EVENT => EXEC_AT,
        events::clone::EVENT | events::clone3::EVENT => BIRTH,
        events::fork::EVENT | events::vfork::EVENT => PLAIN_BIRTH,
        events::procfork::EVENT => CHILD,
        _ => return None,
    })
}

const EXE: Shown = Shown::Fact("exe", FieldType::Charbuf, Fact::Exe);
const ARGS: Shown = Shown::Fact("args", FieldType::Bytebuf, Fact::Args);
const TID: Shown = Shown::Fact("tid", FieldType::Pid, Fact::Tid);
const PID: Shown = Shown::Fact("pid", FieldType::Pid, Fact::Pid);
const PTID: Shown = Shown::Fact("ptid", FieldType::Pid, Fact::Ppid);
const CWD: Shown = Shown::Fact("cwd", FieldType::Charbuf, Fact::Unknown);
const FDLIMIT: Shown = Shown::Fact("fdlimit", FieldType::Int64, Fact::FdLimit);
const PGFT_MAJ: Shown = Shown::Fact("pgft_maj", FieldType::Uint64, Fact::FaultsMajor);
const PGFT_MIN: Shown = Shown::Fact("pgft_min", FieldType::Uint64, Fact::FaultsMinor);
const VM_SIZE: Shown = Shown::Fact("vm_size", FieldType::Uint32, Fact::VmSize);
const VM_RSS: Shown = Shown::Fact("vm_rss", FieldType::Uint32, Fact::VmRss);
const VM_SWAP: Shown = Shown::Fact("vm_swap", FieldType::Uint32, Fact::VmSwap);
const COMM: Shown = Shown::Fact("comm", FieldType::Charbuf, Fact::Comm);
const CGROUPS: Shown = Shown::Fact("cgroups", FieldType::Bytebuf, Fact::Cgroups);
// Births print ids as numbers, execs by name.
const NUMERIC_UID: Shown = Shown::Fact("uid", FieldType::Uint32, Fact::Uid);
const NUMERIC_GID: Shown = Shown::Fact("gid", FieldType::Uint32, Fact::Gid);
const VTID: Shown = Shown::Fact("vtid", FieldType::Pid, Fact::Vtid);
const VPID: Shown = Shown::Fact("vpid", FieldType::Pid, Fact::Vpid);
const PIDNS_START: Shown = Shown::Fact("pidns_init_start_ts", FieldType::Uint64, Fact::PidnsStart);

#[rustfmt::skip]
const EXEC: &[Shown] = &[
    Shown::Param("res"),
    Shown::Argv("exe", FieldType::Charbuf, Part::FirstString),
    Shown::Argv("args", FieldType::Bytebuf, Part::OtherStrings),
    TID, PID, PTID, CWD, FDLIMIT, PGFT_MAJ, PGFT_MIN, VM_SIZE, VM_RSS, VM_SWAP,
    Shown::Param("comm"), CGROUPS, Shown::Param("env"), Shown::Fact("tty", FieldType::Uint32, Fact::Tty), Shown::Fact("vpgid", FieldType::Pid, Fact::Vpgid),
    Shown::Fact("loginuid", FieldType::Uid, Fact::Loginuid), Shown::Fact("flags", FieldType::Flags, Fact::ExeFlags),
    Shown::Fact("cap_inheritable", FieldType::Uint64, Fact::CapInheritable), Shown::Fact("cap_permitted", FieldType::Uint64, Fact::CapPermitted), Shown::Fact("cap_effective", FieldType::Uint64, Fact::CapEffective),
    Shown::Fact("exe_ino", FieldType::Uint64, Fact::ExeInode), Shown::Fact("exe_ino_ctime", FieldType::Abstime, Fact::ExeCtime), Shown::Fact("exe_ino_mtime", FieldType::Abstime, Fact::ExeMtime),
    Shown::Fact("uid", FieldType::Uid, Fact::Uid), Shown::Fact("trusted_exepath", FieldType::Fspath, Fact::ExePath), Shown::Fact("pgid", FieldType::Pid, Fact::Pgid), Shown::Fact("gid", FieldType::Gid, Fact::Gid),
    Shown::Param("filename"),
];

#[rustfmt::skip]
const BIRTH: &[Shown] = &[
    Shown::Param("res"), EXE, ARGS, TID, PID, PTID, CWD, FDLIMIT, PGFT_MAJ, PGFT_MIN, VM_SIZE, VM_RSS, VM_SWAP,
    COMM, CGROUPS, Shown::Param("flags"), NUMERIC_UID, NUMERIC_GID, VTID, VPID, PIDNS_START,
];

/// The child's side, whose result is zero.
#[rustfmt::skip]
const CHILD: &[Shown] = &[
    Shown::Fact("res", FieldType::Pid, Fact::Zero), EXE, ARGS, TID, PID, Shown::Param("ptid"), CWD, FDLIMIT, PGFT_MAJ, PGFT_MIN, VM_SIZE, VM_RSS, VM_SWAP,
    COMM, CGROUPS, Shown::Param("flags"), NUMERIC_UID, NUMERIC_GID, VTID, VPID, PIDNS_START,
];

/// An `execveat` that failed: facts of the thread as it was. What the call named comes behind Falco's arguments.
#[rustfmt::skip]
const EXEC_AT: &[Shown] = &[
    Shown::Param("res"),
    Shown::Argv("exe", FieldType::Charbuf, Part::FirstString),
    Shown::Argv("args", FieldType::Bytebuf, Part::OtherStrings),
    TID, PID, PTID, CWD, FDLIMIT, PGFT_MAJ, PGFT_MIN, VM_SIZE, VM_RSS, VM_SWAP,
    Shown::Param("comm"), CGROUPS,
    Shown::Fact("env", FieldType::Bytebuf, Fact::Unknown),
    Shown::Fact("tty", FieldType::Uint32, Fact::Tty),
    Shown::Fact("vpgid", FieldType::Pid, Fact::Vpgid),
    Shown::Fact("loginuid", FieldType::Uid, Fact::Loginuid),
    Shown::Fact("flags", FieldType::Flags, Fact::ExeFlags),
    Shown::Fact("cap_inheritable", FieldType::Uint64, Fact::CapInheritable),
    Shown::Fact("cap_permitted", FieldType::Uint64, Fact::CapPermitted),
    Shown::Fact("cap_effective", FieldType::Uint64, Fact::CapEffective),
    Shown::Fact("exe_ino", FieldType::Uint64, Fact::ExeInode),
    Shown::Fact("exe_ino_ctime", FieldType::Abstime, Fact::ExeCtime),
    Shown::Fact("exe_ino_mtime", FieldType::Abstime, Fact::ExeMtime),
    Shown::Fact("uid", FieldType::Uid, Fact::Uid),
    Shown::Fact("trusted_exepath", FieldType::Fspath, Fact::ExePath),
    Shown::Fact("pgid", FieldType::Pid, Fact::Pgid),
    Shown::Fact("gid", FieldType::Gid, Fact::Gid),
    Shown::Param("dirfd"), Shown::Param("pathname"),
];

/// Calls whose flags are what their names say.
#[rustfmt::skip]
const PLAIN_BIRTH: &[Shown] = &[
    Shown::Param("res"), EXE, ARGS, TID, PID, PTID, CWD, FDLIMIT, PGFT_MAJ, PGFT_MIN, VM_SIZE, VM_RSS, VM_SWAP,
    COMM, CGROUPS, Shown::Fact("flags", FieldType::Flags, Fact::Zero), NUMERIC_UID, NUMERIC_GID, VTID, VPID, PIDNS_START,
];
