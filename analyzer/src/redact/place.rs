//! What every kind of parameter holds, and so what becomes of it.
//!
//! In: a parameter of a table of events: its wire type and role, or Falco's type. Out: a [`Place`].
//! The matches name every type and every role, so that a new one does not compile before it is said here what becomes of it.
//! Where a table says less than it should, because it is another version's or was forged, a text is replaced as a text and bytes as bytes: numbers alone are taken as they are.

use falco_abi::events::{
    container, getsockopt, setsockopt, state_container, state_fd, state_host, state_interface,
    state_listen, state_thread,
};
use falco_abi::{EventId, Role, Wire};
use falco_format::{Dialect, SchemaParam};

use crate::dialect::catalog::ParamType;
use crate::dialect::falco_event;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A number.
    Number,
    /// A text: a name, a path, a line.
    Text,
    /// The name of a machine.
    Host,
    /// Texts that a NUL follows.
    Texts,
    /// Lines of `/proc/PID/cgroup`: a number, controllers, a path.
    Cgroups,
    /// What a descriptor is called: a path, or the numbers of both ends of a unix socket and its path.
    Descriptor,
    /// A `struct sockaddr`.
    Sockaddr,
    /// Both ends of a socket as a recorder wrote them.
    Ends,
    /// An address as Falco writes it.
    FalcoSockaddr,
    /// Both ends as Falco writes them.
    FalcoEnds,
    /// An address alone.
    Address,
    /// A mask of a network, as bytes.
    Mask,
    /// What was read, written, sent, received.
    Payload,
    /// What came beside a message: descriptors, credentials, and what protocols add.
    Control,
    /// The value of an option of a socket, which the row names.
    Option,
    /// A number or bytes of a kind that its first byte tells.
    FalcoDynamic,
    /// A list of descriptors and flags.
    FalcoDescriptors,
    /// A container, as JSON.
    Container,
    /// Falco's block about a machine.
    Machine,
    /// Bytes of an unknown kind.
    Bytes,
}

/// What a parameter of an event holds.
pub(super) fn place(dialect: Dialect, event: EventId, index: usize, param: &SchemaParam) -> Place {
    let is_number = match param.wire {
        Wire::U8 | Wire::U16 | Wire::U32 | Wire::U64 | Wire::I32 | Wire::I64 => true,
        Wire::Str | Wire::Bytes => false,
    };
    if is_number {
        return Place::Number;
    }
    let falco = match dialect {
        Dialect::Native => None,
        Dialect::Falco => falco_event(event).and_then(|event| event.params.get(index)),
    };
    match falco {
        // A name that differs is another table's.
        Some(falco) if falco.name == param.name => of_falco(falco.ty, falco.name, param.wire),
        _ => special(event, &param.name).unwrap_or_else(|| of_role(param)),
    }
}

/// Parameters of which their role does not say what they are.
fn special(event: EventId, name: &str) -> Option<Place> {
    Some(match (event, name) {
        (container::EVENT | state_container::EVENT, "json") => Place::Container,
        (state_interface::EVENT, "address" | "broadcast") => Place::Address,
        (state_interface::EVENT, "netmask") => Place::Mask,
        (state_listen::EVENT, "address") => Place::Address,
        (state_fd::EVENT, "name") => Place::Descriptor,
        (state_fd::EVENT, "sip" | "dip") => Place::Address,
        (state_thread::EVENT, "cgroups") => Place::Cgroups,
        (state_host::EVENT, "hostname") => Place::Host,
        (state_host::EVENT, "machine_info") => Place::Machine,
        (getsockopt::EVENT | setsockopt::EVENT, "val") => Place::Option,
        (_, "msgcontrol") => Place::Control,
        _ => return None,
    })
}

/// What a text or bytes of a role are.
fn of_role(param: &SchemaParam) -> Place {
    let plain = if param.wire == Wire::Str {
        Place::Text
    } else {
        Place::Bytes
    };
    // A role of another version's is not known.
    let Some(role) = param.role else {
        return plain;
    };
    match role {
        Role::Path | Role::RelPath | Role::RealPath => Place::Text,
        Role::Sockaddr => Place::Sockaddr,
        Role::Tuple => Place::Ends,
        Role::Strings => Place::Texts,
        Role::Payload => Place::Payload,
        // These are roles of numbers: where a table gives one to a text or to bytes, it is replaced as such.
        Role::Plain
        | Role::Errno
        | Role::Fd
        | Role::Pid
        | Role::Uid
        | Role::Gid
        | Role::OpenFlags
        | Role::Mode
        | Role::CloneFlags
        | Role::Dev
        | Role::SocketFamily
        | Role::SocketType
        | Role::FcntlCommand
        | Role::PtraceRequest
        | Role::PrctlOption
        | Role::BpfCommand
        | Role::UnlinkatFlags
        | Role::RenameFlags
        | Role::AtFlags
        | Role::MountFlags
        | Role::UmountFlags
        | Role::ResolveFlags
        | Role::ShutdownHow
        | Role::Rlimit
        | Role::MmapProt
        | Role::MmapFlags
        | Role::Capabilities
        | Role::Signal
        | Role::CallFlags
        | Role::AbsTime
        | Role::SockoptLevel
        | Role::SockoptName
        | Role::OpenedFlags
        | Role::ExeFlags
        | Role::PathFlags => plain,
    }
}

/// What a text or bytes of a type of Falco's are.
fn of_falco(ty: ParamType, name: &str, wire: Wire) -> Place {
    use ParamType as T;
    match ty {
        T::CharBuf if name == "json" => Place::Container,
        T::CharBuf | T::FsPath | T::FsRelPath => Place::Text,
        T::CharBufArray | T::CharBufPairArray => match name {
            "cgroups" => Place::Cgroups,
            _ => Place::Texts,
        },
        T::ByteBuf => match name {
            "args" | "argv" | "env" => Place::Texts,
            "cgroups" => Place::Cgroups,
            "msgcontrol" => Place::Control,
            _ => Place::Payload,
        },
        T::SockAddr => Place::FalcoSockaddr,
        T::SockTuple => Place::FalcoEnds,
        T::FdList => Place::FalcoDescriptors,
        T::Dyn if name == "val" => Place::Option,
        T::Dyn => Place::FalcoDynamic,
        T::Ipv4Addr | T::Ipv6Addr | T::IpAddr => Place::Address,
        T::Ipv4Net | T::Ipv6Net | T::IpNet => Place::Bytes,
        // These are numbers; where a table has one as text or bytes, it is replaced as such.
        T::Int8
        | T::Int16
        | T::Int32
        | T::Int64
        | T::UInt8
        | T::UInt16
        | T::UInt32
        | T::UInt64
        | T::Errno
        | T::Fd
        | T::Pid
        | T::SyscallId
        | T::SigType
        | T::RelTime
        | T::AbsTime
        | T::Port
        | T::L4Proto
        | T::SockFamily
        | T::Bool
        | T::Flags8
        | T::Flags16
        | T::Flags32
        | T::Uid
        | T::Gid
        | T::Double
        | T::SigSet
        | T::Mode
        | T::EnumFlags8
        | T::EnumFlags16
        | T::EnumFlags32
        | T::Fd32
        | T::Pid32 => {
            if wire == Wire::Str {
                Place::Text
            } else {
                Place::Bytes
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use falco_format::Schema;

    use super::*;
    use crate::dialect::falco_schema;

    /// Every text and every run of bytes of both tables, with what it is taken for.
    fn inventory() -> Vec<(Dialect, String, Place)> {
        let tables = [
            (Dialect::Native, Schema::native()),
            (Dialect::Falco, falco_schema()),
        ];
        let mut found = Vec::new();
        for (dialect, schema) in tables {
            for event in schema.events() {
                for (index, param) in event.params.iter().enumerate() {
                    let place = place(dialect, event.id, index, param);
                    if param.wire.width().is_none() {
                        found.push((dialect, format!("{}.{}", event.name, param.name), place));
                    } else {
                        assert_eq!(place, Place::Number);
                    }
                }
            }
        }
        found
    }

    #[test]
    fn no_text_and_no_bytes_are_taken_for_a_number() {
        for (dialect, name, place) in inventory() {
            assert_ne!(place, Place::Number, "{dialect:?} {name}");
        }
    }

    /// What is replaced without its structure: so few that each is named here.
    #[test]
    fn bytes_of_an_unknown_kind_are_few() {
        let of = |wanted: Dialect| {
            let inventory = inventory().into_iter();
            let mut names: Vec<String> = inventory
                .filter(|(dialect, _, place)| *dialect == wanted && *place == Place::Bytes)
                .map(|(_, name, _)| name)
                .collect();
            names.sort();
            names.dedup();
            names
        };
        assert_eq!(of(Dialect::Native), Vec::<String>::new());
        assert_eq!(of(Dialect::Falco), ["unknown.bytes"]);
    }

    #[test]
    fn what_needs_more_than_its_type_is_known() {
        let inventory = inventory();
        let check = |name: &str, expected: Place| {
            let mut found = inventory.iter().filter(|(_, known, _)| known == name);
            assert!(found.clone().next().is_some(), "{name}");
            assert!(found.all(|(.., place)| *place == expected), "{name}");
        };
        check("state_container.json", Place::Container);
        check("container.json", Place::Container);
        check("state_interface.address", Place::Address);
        check("state_listen.address", Place::Address);
        check("state_fd.name", Place::Descriptor);
        check("state_host.machine_info", Place::Machine);
        check("state_host.hostname", Place::Host);
        check("state_user.name", Place::Text);
        check("state_mount.source", Place::Text);
        check("execve.env", Place::Texts);
        check("init_module.img", Place::Payload);
        check("recvmsg.msgcontrol", Place::Control);
    }
}
