//! Of which of Falco's types a parameter of ours is, and the directory that its path is relative to.
//!
//! In: a row of the event table and one of its parameters. Out: what an argument made of it is declared with.

use falco_abi::{EventDef, ParamDef, Role, Wire, events};
use falco_rules::FieldType;

/// The type of a parameter's argument.
pub(super) fn field_type(event: &EventDef, param: &ParamDef) -> FieldType {
    match param.role {
        Role::Errno => FieldType::Errno,
        // Falco takes these results for plain ones.
        Role::Fd if param.name == "res" && is_plain_result(event) => FieldType::Errno,
        Role::Fd => FieldType::Fd,
        Role::Pid => FieldType::Pid,
        // To Falco new owners of files and new accounts are plain numbers.
        Role::Uid | Role::Gid if has_plain_ids(event) => FieldType::Uint32,
        Role::Uid => FieldType::Uid,
        Role::Gid => FieldType::Gid,
        // Falco leaves these as the program gave them.
        Role::Path if matches!(param.name, "target" | "cwd") || is_directory_change(event) => {
            FieldType::Charbuf
        }
        Role::Path => FieldType::Fspath,
        // The kernel's own, which nobody resolves again.
        Role::RealPath => FieldType::Charbuf,
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

fn has_plain_ids(event: &EventDef) -> bool {
    matches!(
        event.id,
        events::chown::EVENT
            | events::lchown::EVENT
            | events::fchown::EVENT
            | events::fchownat::EVENT
            | events::useradded::EVENT
            | events::groupadded::EVENT
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

/// The nearest descriptor before a path that is relative to one.
pub(super) fn directory(event: &EventDef, index: usize) -> Option<usize> {
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
