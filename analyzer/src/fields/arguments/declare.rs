//! Which arguments an event shows: Falco's, derived from the rows of the event table.
//!
//! Most parameters are arguments as they stand. Some of Falco's arguments are parts of one of ours (`exe` and `args` of `argv`), and some of our parameters are for the state alone.

use std::sync::LazyLock;

use falco_abi::limits::EVENT_IDS;
use falco_abi::{EventDef, EventId, ParamDef, Role, Wire, events};
use falco_rules::FieldType;

/// Which part of its parameter an argument shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// The first string.
    FirstString,
    /// The strings after the first.
    OtherStrings,
    /// Of an exit status: what the program returned.
    ExitCode,
    /// Of an exit status: the signal that ended it.
    ExitSignal,
    /// Of an exit status: whether core was dumped.
    ExitCore,
    /// Of a socket's type: its flags.
    SocketFlags,
    /// The flags of an open, with what the open found or made (parameter of this index).
    OpenFlags(Option<usize>),
    /// What a `creat` found or made.
    CreatFlags,
    /// Both ends of a socket, if the call that connects them did not fail.
    Connected,
    /// The value of a socket option, which is a number where it has four bytes.
    OptionValue,
    /// Nothing of it: a fact of the thread.
    Fact(Fact),
}

/// What Falco's driver adds to births and execs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// Not recorded.
    Unknown,
    Exe,
    Args,
    Tid,
    Pid,
    Ppid,
    FdLimit,
    Comm,
    Cgroups,
    Uid,
    Gid,
    Vtid,
    Vpid,
    ExeFlags,
    Loginuid,
    Tty,
    Vpgid,
    Pgid,
    CapInheritable,
    CapPermitted,
    CapEffective,
    ExeInode,
    ExeCtime,
    ExeMtime,
    ExePath,
}

/// The base in which a number prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Decimal,
    Hexadecimal,
    Octal,
}

/// One argument of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Argument {
    pub(super) name: &'static str,
    /// The index of the parameter it comes from.
    pub(super) param: usize,
    pub(super) part: Part,
    pub(super) ty: FieldType,
    pub(super) role: Role,
    pub(super) base: Base,
    /// The parameter with the directory that a relative path starts from.
    pub(super) directory: Option<usize>,
}

static ARGUMENTS: LazyLock<Vec<Vec<Argument>>> = LazyLock::new(|| {
    let mut all = vec![Vec::new(); EVENT_IDS];
    for event in events() {
        if let Some(place) = all.get_mut(usize::from(event.id.0)) {
            *place = derive(event);
        }
    }
    all
});

/// The arguments of an event, in order.
pub(super) fn arguments(event: EventId) -> &'static [Argument] {
    ARGUMENTS
        .get(usize::from(event.0))
        .map_or(&[], Vec::as_slice)
}

/// The type of the argument of this name, where some event has it.
pub(crate) fn parameter_type(name: &str) -> Option<FieldType> {
    let mut all = ARGUMENTS.iter().flatten();
    all.find(|argument| argument.name == name)
        .map(|argument| argument.ty)
}

fn derive(event: &EventDef) -> Vec<Argument> {
    let mut arguments = Vec::new();
    // Calls without a row of their own print nothing, as in Falco.
    if event.id == events::syscall::EVENT {
        return arguments;
    }
    if let Some(shown) = shown_of(event.id) {
        return shown
            .iter()
            .filter_map(|shown| shown.argument(event))
            .collect();
    }
    for (index, param) in event.params.iter().enumerate() {
        if is_for_state_alone(event, param) {
            continue;
        }
        let whole = Argument {
            name: param.name,
            param: index,
            part: Part::Whole,
            ty: field_type(event, param),
            role: param.role,
            base: base(event, param),
            directory: directory(event, index),
        };
        push_parts(&mut arguments, event, whole);
    }
    arguments
}

/// Adds an argument, or the arguments of Falco's that its parameter holds.
fn push_parts(arguments: &mut Vec<Argument>, event: &EventDef, whole: Argument) {
    let part = |name, part, ty| Argument {
        name,
        part,
        ty,
        role: Role::Plain,
        base: Base::Decimal,
        ..whole
    };
    match (event.id, whole.name) {
        (_, "argv") => {
            arguments.push(part("exe", Part::FirstString, FieldType::Charbuf));
            arguments.push(part("args", Part::OtherStrings, FieldType::Bytebuf));
        }
        (events::procexit::EVENT, "status") => {
            arguments.push(whole);
            arguments.push(part("ret", Part::ExitCode, FieldType::Errno));
            arguments.push(Argument {
                role: Role::Signal,
                ..part("sig", Part::ExitSignal, FieldType::Sigtype)
            });
            arguments.push(part("core", Part::ExitCore, FieldType::Uint8));
        }
        (events::socket::EVENT, "proto") => {
            arguments.push(whole);
            arguments.push(Argument {
                param: events::socket::r#type,
                ..part("flags", Part::SocketFlags, FieldType::Flags)
            });
        }
        (events::creat::EVENT, "opened") => {
            arguments.push(part("creat_flags", Part::CreatFlags, FieldType::Flags));
        }
        (events::accept4::EVENT, "flags") => arguments.push(Argument {
            base: Base::Hexadecimal,
            ..part("flags", Part::SocketFlags, FieldType::Uint32)
        }),
        (events::connect::EVENT, "tuple") => {
            arguments.push(Argument {
                part: Part::Connected,
                ..whole
            });
        }
        (events::getsockopt::EVENT | events::setsockopt::EVENT, "val") => {
            arguments.push(Argument {
                part: Part::OptionValue,
                ..whole
            });
        }
        (_, "opened") => {}
        (_, "flags") if whole.role == Role::OpenFlags => {
            let part = Part::OpenFlags(event.param("opened"));
            arguments.push(Argument { part, ..whole });
        }
        _ => arguments.push(whole),
    }
}

/// One of Falco's arguments of an event whose parameters are not as Falco shows them.
enum Shown {
    /// A parameter of ours, under Falco's name.
    Param(&'static str),
    /// A fact of the thread.
    Fact(&'static str, FieldType, Fact),
    /// A part of the argument vector.
    Argv(&'static str, FieldType, Part),
}

impl Shown {
    fn argument(&self, event: &EventDef) -> Option<Argument> {
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
                    base: base(event, param),
                    directory: directory(event, index),
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
                base: if name.starts_with("cap_") {
                    Base::Hexadecimal
                } else {
                    Base::Decimal
                },
                directory: None,
            }),
            Shown::Argv(name, ty, part) => Some(Argument {
                name,
                param: event.param("argv")?,
                part: *part,
                ty: *ty,
                role: Role::Plain,
                base: Base::Decimal,
                directory: None,
            }),
        }
    }
}

/// What Falco shows of some events, in its order: parameters of ours, and facts that its driver adds and the state knows.
fn shown_of(event: EventId) -> Option<&'static [Shown]> {
    Some(match event {
        events::execve::EVENT => EXEC,
        events::execveat::EVENT => EXEC_AT,
        events::clone::EVENT | events::clone3::EVENT => BIRTH,
        events::fork::EVENT | events::vfork::EVENT => PLAIN_BIRTH,
        events::getrlimit::EVENT | events::setrlimit::EVENT => LIMIT,
        events::prlimit::EVENT => LIMIT_OF,
        events::procfork::EVENT => CHILD,
        _ => return None,
    })
}

/// Parameters that tell the state what became of a thread, and that Falco has no argument for.
fn is_for_state_alone(event: &EventDef, param: &ParamDef) -> bool {
    let of_transfer = matches!(param.role, Role::Sockaddr)
        && !matches!(event.id, events::connect::EVENT | events::bind::EVENT);
    let of_call = match event.id {
        events::bind::EVENT | events::listen::EVENT => param.name == "tuple",
        events::accept::EVENT | events::accept4::EVENT => param.name == "listenfd",
        events::memfd_create::EVENT => matches!(param.name, "ino" | "dev"),
        events::setsid::EVENT => param.name == "sid",
        events::prctl::EVENT | events::procexit::EVENT => param.name == "comm",
        events::setns::EVENT | events::unshare::EVENT => param.name.ends_with("_ns"),
        _ => false,
    };
    of_transfer
        || of_call
        || param.name.starts_with("after_")
        || matches!(
            param.name,
            "parent_start" | "kernel_flags" | "threads_live" | "old_tid"
        )
}

fn field_type(event: &EventDef, param: &ParamDef) -> FieldType {
    match param.role {
        Role::Errno => FieldType::Errno,
        // Falco takes these results for plain ones.
        Role::Fd if param.name == "res" && is_plain_result(event) => FieldType::Errno,
        Role::Fd => FieldType::Fd,
        Role::Pid => FieldType::Pid,
        Role::Uid => FieldType::Uid,
        Role::Gid => FieldType::Gid,
        // Falco leaves these as the program gave them.
        Role::Path if matches!(param.name, "target" | "cwd") || is_directory_change(event) => {
            FieldType::Charbuf
        }
        Role::Path => FieldType::Fspath,
        Role::RelPath => FieldType::Fsrelpath,
        Role::Sockaddr => FieldType::Sockaddr,
        Role::Tuple => FieldType::Socktuple,
        Role::Strings | Role::Payload => FieldType::Bytebuf,
        Role::Mode
            if matches!(
                event.id,
                events::chmod::EVENT | events::fchmod::EVENT | events::fchmodat::EVENT
            ) =>
        {
            FieldType::Mode
        }
        Role::Signal => FieldType::Sigtype,
        Role::AbsTime => FieldType::Abstime,
        Role::SocketFamily
        | Role::FcntlCommand
        | Role::PtraceRequest
        | Role::PrctlOption
        | Role::BpfCommand
        | Role::ShutdownHow
        | Role::Rlimit
        | Role::SockoptLevel
        | Role::SockoptName => FieldType::Enumflags,
        Role::OpenFlags
        | Role::CloneFlags
        | Role::UnlinkatFlags
        | Role::RenameFlags
        | Role::AtFlags
        | Role::MountFlags
        | Role::UmountFlags
        | Role::ResolveFlags
        | Role::MmapProt
        | Role::MmapFlags
        | Role::CallFlags
        | Role::ExeFlags => FieldType::Flags,
        _ => number_type(param.wire),
    }
}

fn is_plain_result(event: &EventDef) -> bool {
    matches!(
        event.id,
        events::epoll_create::EVENT
            | events::epoll_create1::EVENT
            | events::io_uring_setup::EVENT
            | events::userfaultfd::EVENT
    )
}

fn is_directory_change(event: &EventDef) -> bool {
    matches!(event.id, events::chdir::EVENT | events::getcwd::EVENT)
}

fn number_type(wire: Wire) -> FieldType {
    match wire {
        Wire::U8 => FieldType::Uint8,
        Wire::U16 => FieldType::Uint16,
        Wire::U32 => FieldType::Uint32,
        Wire::U64 => FieldType::Uint64,
        Wire::I32 => FieldType::Int32,
        Wire::I64 => FieldType::Int64,
        Wire::Str => FieldType::Charbuf,
        Wire::Bytes => FieldType::Bytebuf,
    }
}

fn base(event: &EventDef, param: &ParamDef) -> Base {
    match param.role {
        Role::Mode => Base::Octal,
        Role::Dev | Role::Capabilities => Base::Hexadecimal,
        Role::SocketType if param.name == "flags" => Base::Hexadecimal,
        Role::Plain if matches!(param.name, "addr" | "arg") => Base::Hexadecimal,
        Role::Plain if event.id == events::brk::EVENT => Base::Hexadecimal,
        _ => Base::Decimal,
    }
}

/// The nearest descriptor before a path that is relative to one.
fn directory(event: &EventDef, index: usize) -> Option<usize> {
    let relative = event
        .params
        .get(index)
        .is_some_and(|param| param.role == Role::RelPath);
    if !relative {
        return None;
    }
    let before = event.params.get(..index)?;
    before.iter().rposition(|param| param.role == Role::Fd)
}

const EXE: Shown = Shown::Fact("exe", FieldType::Charbuf, Fact::Exe);
const ARGS: Shown = Shown::Fact("args", FieldType::Bytebuf, Fact::Args);
const TID: Shown = Shown::Fact("tid", FieldType::Pid, Fact::Tid);
const PID: Shown = Shown::Fact("pid", FieldType::Pid, Fact::Pid);
const PTID: Shown = Shown::Fact("ptid", FieldType::Pid, Fact::Ppid);
const CWD: Shown = Shown::Fact("cwd", FieldType::Charbuf, Fact::Unknown);
const FDLIMIT: Shown = Shown::Fact("fdlimit", FieldType::Int64, Fact::FdLimit);
const PGFT_MAJ: Shown = Shown::Fact("pgft_maj", FieldType::Uint64, Fact::Unknown);
const PGFT_MIN: Shown = Shown::Fact("pgft_min", FieldType::Uint64, Fact::Unknown);
const VM_SIZE: Shown = Shown::Fact("vm_size", FieldType::Uint32, Fact::Unknown);
const VM_RSS: Shown = Shown::Fact("vm_rss", FieldType::Uint32, Fact::Unknown);
const VM_SWAP: Shown = Shown::Fact("vm_swap", FieldType::Uint32, Fact::Unknown);
const COMM: Shown = Shown::Fact("comm", FieldType::Charbuf, Fact::Comm);
const CGROUPS: Shown = Shown::Fact("cgroups", FieldType::Bytebuf, Fact::Cgroups);
// Births print ids as numbers, execs by name.
const NUMERIC_UID: Shown = Shown::Fact("uid", FieldType::Uint32, Fact::Uid);
const NUMERIC_GID: Shown = Shown::Fact("gid", FieldType::Uint32, Fact::Gid);
const VTID: Shown = Shown::Fact("vtid", FieldType::Pid, Fact::Vtid);
const VPID: Shown = Shown::Fact("vpid", FieldType::Pid, Fact::Vpid);

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
    COMM, CGROUPS, Shown::Param("flags"), NUMERIC_UID, NUMERIC_GID, VTID, VPID,
];

/// The child's side, which has no result.
#[rustfmt::skip]
const CHILD: &[Shown] = &[
    EXE, ARGS, TID, PID, Shown::Param("ptid"), CWD, FDLIMIT, PGFT_MAJ, PGFT_MIN, VM_SIZE, VM_RSS, VM_SWAP,
    COMM, CGROUPS, Shown::Param("flags"), NUMERIC_UID, NUMERIC_GID, VTID, VPID,
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
    COMM, CGROUPS, Shown::Fact("flags", FieldType::Flags, Fact::Unknown), NUMERIC_UID, NUMERIC_GID, VTID, VPID,
];

#[rustfmt::skip]
const LIMIT: &[Shown] = &[
    Shown::Param("res"), Shown::Param("cur"), Shown::Param("max"), Shown::Param("resource"),
];

#[rustfmt::skip]
const LIMIT_OF: &[Shown] = &[
    Shown::Param("res"), Shown::Param("newcur"), Shown::Param("newmax"), Shown::Param("oldcur"), Shown::Param("oldmax"),
    Shown::Param("pid"), Shown::Param("resource"),
];
